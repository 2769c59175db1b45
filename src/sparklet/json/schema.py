"""Describe the JSON of a row as JSON Schema."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from sparklet.columns import Column
from sparklet.json.write import FLOAT_WORDS
from sparklet.types import (
    STRING,
    ArrayType,
    BinaryType,
    BooleanType,
    DataType,
    DateType,
    DecimalType,
    DoubleType,
    FloatType,
    IntegralType,
    MapType,
    StructType,
    TimestampNTZType,
    TimestampType,
    VectorUDT,
)

__all__ = ["row_schema"]

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_WORDS = {"enum": list(FLOAT_WORDS)}
_NUMBER = {"anyOf": [{"type": "number"}, _WORDS]}
_INDICES = {"type": "array", "items": {"type": "integer", "minimum": 0}, "uniqueItems": True}
_DATE = r"^\d{4}-\d{2}-\d{2}$"
_TIMESTAMP = r"^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?(Z|[+-]\d{2}:\d{2})?)?$"


def row_schema(columns: Sequence[Column], required: Collection[str]) -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of an object with these columns, of which those in `required` must be.

    >>> from sparklet.types import BOOLEAN
    >>> schema = row_schema([Column("vip", BOOLEAN, origin="schema")], ["vip"])
    >>> schema["properties"], schema["$defs"]
    ({'vip': {'$ref': '#/$defs/boolean', 'description': 'boolean'}},
     {'boolean': {'type': ['boolean', 'null']}})
    """
    properties, definitions = {}, {}
    for column in columns:
        name = "label" if _casts_to_label(column) else str(column.declaration)
        definitions[name] = _LABEL if _casts_to_label(column) else _or_null(_typed(column.declaration))
        reference = f"#/$defs/{_pointer(name)}"
        properties[column.name] = {"$ref": reference, "description": str(column.declaration)}
    return {
        "$schema": _DIALECT,
        "type": "object",
        "properties": properties,
        "required": [column.name for column in columns if column.name in required],
        "$defs": definitions,
    }


# A column that only an indexer reads takes whatever Spark casts to a string.
_LABEL = {"type": ["string", "number", "boolean", "null"]}


def _casts_to_label(column: Column) -> bool:
    return column.casts and column.type == STRING


def _pointer(name: str) -> str:
    """Return a name for use in a JSON pointer in a URI fragment."""
    from urllib.parse import quote

    return quote(name.replace("~", "~0").replace("/", "~1"), safe="~")


def _or_null(schema: dict[str, Any]) -> dict[str, Any]:
    if "type" in schema:
        return {**schema, "type": [schema["type"], "null"]}
    return {"anyOf": [*schema.get("anyOf", [schema]), {"type": "null"}]}


def _typed(type: DataType) -> dict[str, Any]:
    """Return the schema of the JSON values, other than null, that a type takes."""
    match type:
        case DoubleType() | FloatType():
            return _NUMBER
        case IntegralType():
            bound = 1 << (type.bits - 1)
            return {"type": "integer", "minimum": -bound, "maximum": bound - 1}
        case BooleanType():
            return {"type": "boolean"}
        case DecimalType():
            return _decimal(type)
        case DateType():
            return {"type": "string", "pattern": _DATE}
        case TimestampType() | TimestampNTZType():
            return {"type": "string", "pattern": _TIMESTAMP}
        case BinaryType():
            return {"type": "string", "contentEncoding": "base64"}
        case ArrayType(element):
            return {"type": "array", "items": _or_null(_typed(element))}
        case StructType(fields):
            parts = {each.name: _or_null(_typed(each.dataType)) for each in fields}
            return {"type": "object", "properties": parts}
        case MapType(_, value):
            return {"type": "object", "additionalProperties": _or_null(_typed(value))}
        case VectorUDT(size):
            return _vector(size)
    return {"type": "string"}


def _decimal(type: DecimalType) -> dict[str, Any]:
    limit = 10 ** (type.precision - type.scale)
    digits = rf"0*\d{{0,{type.precision - type.scale}}}(\.\d{{0,{type.scale}}}0*)?"
    # Of numbers with an exponent, and of digits behind the point of a number, only the range is stated.
    number = "number" if type.scale else "integer"
    return {
        "anyOf": [
            {"type": number, "exclusiveMinimum": -limit, "exclusiveMaximum": limit},
            {"type": "string", "pattern": rf"^[+-]?(?=\.?\d)({digits}|\d+(\.\d*)?[eE][+-]?\d+)$"},
        ]
    }


def _vector(size: int | None) -> dict[str, Any]:
    """Return the schema of a vector: a list of all its elements, or the struct that Spark stores."""
    elements: dict[str, Any] = {"type": "array", "items": _NUMBER}
    of_size: dict[str, Any] = {"type": "integer", "minimum": 0}
    if size is not None:
        elements |= {"minItems": size, "maxItems": size}
        of_size = {"const": size}
    dense = {"type": {"const": 1}, "values": elements}
    sparse = {
        "type": {"const": 0},
        "size": of_size,
        "indices": _INDICES,
        "values": {"type": "array", "items": _NUMBER},
    }
    return {
        "anyOf": [
            elements,
            {"type": "object", "properties": dense, "required": list(dense)},
            {"type": "object", "properties": sparse, "required": list(sparse)},
        ]
    }
