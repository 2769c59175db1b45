"""Parse the types that callers declare for the columns of rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sparklet.columns.attributes import num_attributes
from sparklet.columns.declared import Schema
from sparklet.columns.rows import is_carried
from sparklet.errors import OptionError
from sparklet.types import (
    ArrayType,
    DataType,
    MapType,
    StructField,
    StructType,
    VectorUDT,
    parse_ddl,
    parse_json,
    parse_json_value,
    parse_type,
)

__all__ = ["parse_row_type", "parse_schema", "schema_of", "table_schema"]


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


def parse_schema(schema: Any) -> Schema:
    """Return the types of columns that a caller declares.

    `schema` is a mapping from names to types, DDL text, Spark's JSON of a struct, or a StructType of PySpark,
    whose metadata is kept. Raises `OptionError` for anything else, and for a mapping with types that rows
    cannot contain; the columns of a table that rows cannot contain are omitted.

    >>> parse_schema("age INT, period INTERVAL DAY TO SECOND")
    {'age': IntegerType()}
    """
    if isinstance(schema, str):
        parsed = parse_json(schema) if schema.lstrip().startswith("{") else parse_ddl(schema)
        if not isinstance(parsed, StructType):
            raise OptionError("schema", schema, "columns and their types, such as 'age INT, city STRING'")
        return schema_of(parsed.fields)
    if isinstance(schema, Schema):
        return schema
    if isinstance(schema, StructType):
        return schema_of(schema.fields)
    if hasattr(schema, "jsonValue"):
        parsed = parse_json_value(schema.jsonValue())
        if isinstance(parsed, StructType):
            return schema_of(parsed.fields)
    if not isinstance(schema, Mapping):
        raise OptionError(
            "schema", schema, "a mapping of column names to Spark types, such as {'age': 'int'}"
        )
    for name in schema:
        if not isinstance(name, str):
            raise OptionError("schema", name, "column names are strings")
    return Schema({name: parse_row_type(type) for name, type in schema.items()})


def table_schema(types: Mapping[str, Any]) -> Schema:
    """Return the schema of a table with these types, which may have more columns than a model."""
    schema = parse_schema(types)
    return Schema(schema, schema.metadata, whole=True)


def schema_of(fields: Iterable[StructField]) -> Schema:
    """Return the schema of a table, without the columns of types that rows cannot contain."""
    types: dict[str, DataType] = {}
    metadata: dict[str, Mapping[str, Any]] = {}
    for field in fields:
        try:
            type = parse_row_type(field.dataType)
        except OptionError:
            continue
        types[field.name] = VectorUDT(num_attributes(field.metadata)) if type == VectorUDT() else type
        if field.metadata:
            metadata[field.name] = field.metadata
    return Schema(types, metadata, whole=True)
