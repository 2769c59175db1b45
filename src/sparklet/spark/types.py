"""Column types between PySpark's objects and sparklet's short names."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from sparklet.columns import INTEGRAL, Column, Want, is_numeric, parse_type, wants
from sparklet.errors import OptionError, SchemaError

__all__ = ["carried", "data_type", "seen", "short", "vector_size", "want"]


def short(type_: Any) -> str:
    """Return sparklet's name of a type that an author declared, as PySpark's object or as text."""
    return type_ if isinstance(type_, str) else str(type_.simpleString())


def data_type(type_: str) -> Any:
    """Return PySpark's type of a name that `parse_type` gave."""
    from pyspark.ml.linalg import VectorUDT
    from pyspark.sql.types import ArrayType, StructType

    if type_ == "vector":
        return VectorUDT()
    if type_.startswith("array<"):
        return ArrayType(data_type(type_[6:-1]))
    return (
        StructType.fromDDL(f"x {type_}").fields[0].dataType if hasattr(StructType, "fromDDL") else _ddl(type_)
    )


def _ddl(type_: str) -> Any:
    from pyspark.sql.types import _parse_datatype_string

    return _parse_datatype_string(type_)


def carried(schema: Any) -> dict[str, str]:
    """Return the columns of a PySpark schema whose types rows can carry, by name."""
    found = {}
    for field in schema.fields:
        name = short(field.dataType)
        try:
            type_, _ = parse_type(name)
        except OptionError:
            continue
        size = vector_size(field) if type_ == "vector" else None
        found[field.name] = type_ if size is None else f"{type_}({size})"
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


_UNTOLD = Want("anything", "double", lambda _: True, any=True)


@cache
def want(declared: str | None) -> Want:
    """Return what columns a stage takes that declares this type; a wider number takes narrower ones.

    Undeclared, it takes anything, which is supposed to be a number where nothing else tells.
    """
    if declared is None:
        return _UNTOLD
    if declared == "double":
        return wants.NUMBER
    if declared == "bigint":
        return Want("an integer", "bigint", lambda type_: type_ in INTEGRAL)
    return Want(f"of type {declared}", declared, lambda type_: type_ == declared)


def seen(column: Column, declared: str | None, stage: str) -> str:
    """Return the type in which the author sees a column."""
    if declared is None or declared == column.type:
        return column.type
    if is_numeric(declared) and want(declared).accepts(column.type):
        return declared
    raise SchemaError(column.name, f"must be {want(declared).words}, it is {column.type}", stage)
