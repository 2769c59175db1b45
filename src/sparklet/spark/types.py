"""Column types between PySpark's objects and sparklet's."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from sparklet.columns import Column, Want, parse_row_type, wants
from sparklet.errors import OptionError, SchemaError
from sparklet.types import DOUBLE, LONG, DataType, IntegralType, VectorUDT, is_numeric, to_json

__all__ = ["carried", "data_type", "seen", "vector_size", "want"]


def data_type(type: DataType) -> Any:
    """Return PySpark's object of a type."""
    from pyspark.sql.types import _parse_datatype_json_string

    return _parse_datatype_json_string(to_json(type))


def carried(schema: Any) -> dict[str, DataType]:
    """Return the columns of a PySpark schema whose types rows can carry, by name."""
    found = {}
    for field in schema.fields:
        try:
            type = parse_row_type(field.dataType)
        except OptionError:
            continue
        found[field.name] = VectorUDT(vector_size(field)) if isinstance(type, VectorUDT) else type
    return found


def vector_size(field: Any) -> int | None:
    """Return how many elements the ML attributes of a vector column say that it has."""
    told = (field.metadata or {}).get("ml_attr", {})
    if not isinstance(told, Mapping):
        return None
    if isinstance(told.get("num_attrs"), int):
        return int(told["num_attrs"])
    groups = told.get("attrs")
    return sum(map(len, groups.values())) if isinstance(groups, Mapping) else None


_UNTOLD = Want("anything", DOUBLE, lambda _: True, any=True)


@cache
def want(declared: DataType | None) -> Want:
    """Return what columns a stage takes that declares this type; a wider number takes narrower ones.

    Undeclared, it takes anything, which is supposed to be a number where nothing else tells.
    """
    if declared is None:
        return _UNTOLD
    if declared == DOUBLE:
        return wants.NUMBER
    if declared == LONG:
        return Want("an integer", LONG, lambda each: isinstance(each, IntegralType))
    return Want(f"of type {declared}", declared, lambda each: each == declared)


def seen(column: Column, declared: DataType | None, stage: str) -> DataType:
    """Return the type in which the author sees a column."""
    if declared is None or declared == column.type:
        return column.type
    if is_numeric(declared) and want(declared).accepts(column.type):
        return declared
    raise SchemaError(column.name, f"must be {want(declared).words}, it is {column.type}", stage)
