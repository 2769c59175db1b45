"""Parse the types that callers declare for the columns of rows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sparklet.columns.rows import is_carried
from sparklet.errors import OptionError
from sparklet.types import (
    ArrayType,
    DataType,
    MapType,
    StructField,
    StructType,
    VectorUDT,
    parse_json_value,
    parse_type,
)

__all__ = ["parse_row_type", "parse_schema"]


def parse_row_type(source: Any) -> DataType:
    """Return the type that a string, a PySpark type or a `DataType` declares for a column of rows.

    The returned type allows nulls in all its parts. Raises `OptionError` for a type that rows cannot contain.

    >>> [str(parse_row_type(text)) for text in ("Integer", "vector(3)", "array<long>")]
    ['int', 'vector(3)', 'array<bigint>']
    """
    try:
        type = _parsed(source)
    except OptionError as error:
        problem = f"not a Spark type that rows can carry: {error.problem}"
        raise OptionError("type", source, problem) from None
    if not is_carried(type):
        raise OptionError("type", str(type), "not a Spark type that rows can carry")
    return _for_rows(type)


def _parsed(source: Any) -> DataType:
    if isinstance(source, DataType):
        return source
    return parse_json_value(source.jsonValue()) if hasattr(source, "jsonValue") else parse_type(source)


def _for_rows(type: DataType) -> DataType:
    """Return the type with nulls allowed and without the size of vectors inside arrays, maps and structs."""
    match type:
        case ArrayType(element):
            return ArrayType(_without_size(_for_rows(element)))
        case MapType(key, value):
            return MapType(_for_rows(key), _without_size(_for_rows(value)))
        case StructType(fields):
            return StructType(
                tuple([StructField(field.name, _without_size(_for_rows(field.dataType))) for field in fields])
            )
    return type


def _without_size(type: DataType) -> DataType:
    return VectorUDT() if isinstance(type, VectorUDT) else type


def parse_schema(schema: Any) -> dict[str, DataType]:
    """Return the type of each column of a mapping from names to types, or of a PySpark StructType.

    Raises `OptionError` for anything else, and for types that rows cannot contain.
    """
    if hasattr(schema, "fields") and not isinstance(schema, Mapping):
        schema = {field.name: field.dataType for field in schema.fields}
    if not isinstance(schema, Mapping):
        raise OptionError(
            "schema", schema, "a mapping of column names to Spark types, such as {'age': 'int'}"
        )
    for name in schema:
        if not isinstance(name, str):
            raise OptionError("schema", name, "column names are strings")
    return {name: parse_row_type(type) for name, type in schema.items()}
