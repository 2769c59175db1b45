"""Conversion of column types between PySpark and sparklet."""

from __future__ import annotations

from functools import cache
from typing import Any

from sparklet.columns import Column, Schema, Want, parse_schema, wants
from sparklet.errors import SchemaError
from sparklet.types import DOUBLE, LONG, DataType, IntegralType, is_numeric, to_json

__all__ = ["carried", "data_type", "seen", "want"]


def data_type(type: DataType) -> Any:
    """Return a type as an object of PySpark."""
    from pyspark.sql.types import _parse_datatype_json_string

    return _parse_datatype_json_string(to_json(type))


def carried(schema: Any) -> Schema:
    """Return the types of the columns of a PySpark schema, without those that rows do not support."""
    return parse_schema(schema)


_ANY = Want("anything", DOUBLE, lambda _: True, any=True)


@cache
def want(declared: DataType | None) -> Want:
    """Return which columns an input of a declared type accepts; a number accepts narrower numbers.

    An input without a declared type accepts any column; it defaults to double if nothing declares the type.
    """
    if declared is None:
        return _ANY
    if declared == DOUBLE:
        return wants.NUMBER
    if declared == LONG:
        return Want("an integer", LONG, lambda each: isinstance(each, IntegralType))
    return Want(f"of type {declared}", declared, lambda each: each == declared)


def seen(column: Column, declared: DataType | None, stage: str) -> DataType:
    """Return the type in which a user-written stage receives a column.

    Raises `SchemaError` if the stage does not accept the column's type.
    """
    if declared is None or declared == column.type:
        return column.type
    if is_numeric(declared) and want(declared).accepts(column.type):
        return declared
    raise SchemaError(column.name, f"must be {want(declared).words}, it is {column.type}", stage)
