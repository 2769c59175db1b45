"""Spark's column types, written as Spark's own short strings (`double`, `array<string>` ...)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache

from sparklet.errors import OptionError, did_you_mean

__all__ = ["INTEGRAL", "Want", "element_type", "is_numeric", "parse_schema", "parse_type", "wants"]

INTEGRAL = {"tinyint": 8, "smallint": 16, "int": 32, "bigint": 64}
_SCALARS = frozenset(
    {*INTEGRAL, "float", "double", "boolean", "string", "date", "timestamp", "timestamp_ntz", "vector"}
)
_ALIASES = {
    "integer": "int",
    "long": "bigint",
    "short": "smallint",
    "byte": "tinyint",
    "real": "float",
    "bool": "boolean",
    "str": "string",
    "numeric": "decimal(10,0)",
    "decimal": "decimal(10,0)",
}
_DECIMAL = re.compile(r"decimal\((\d{1,2}),(\d{1,2})\)")
_VECTOR = re.compile(r"vector\((\d{1,9})\)")
_LONGEST_TYPE = 200


def parse_type(text: object) -> tuple[str, int | None]:
    """Return a type's canonical name and, for `vector(n)`, its size.

    Raises `OptionError` for a type that rows cannot carry.

    >>> parse_type("Integer"), parse_type("vector(3)"), parse_type("array<long>")
    (('int', None), ('vector', 3), ('array<bigint>', None))
    """
    short = text if isinstance(text, str) and len(text) <= _LONGEST_TYPE else ""
    name = re.sub(r"\s+", "", short.lower())
    name = _ALIASES.get(name, name)
    if name in _SCALARS:
        return name, None
    if match := _VECTOR.fullmatch(name):
        return "vector", int(match[1])
    if match := _DECIMAL.fullmatch(name):
        precision, scale = int(match[1]), int(match[2])
        if 1 <= precision <= 38 and scale <= precision:
            return name, None
    if name.startswith("array<") and name.endswith(">"):
        return f"array<{parse_type(name[6:-1])[0]}>", None
    raise OptionError("type", text, "not a Spark type that rows can carry" + did_you_mean(name, _SCALARS))


def parse_schema(schema: object) -> dict[str, tuple[str, int | None]]:
    """Return `{column: (type, vector size)}` of a mapping of names to types, or of a PySpark StructType."""
    if hasattr(schema, "fields") and not isinstance(schema, Mapping):
        schema = {field.name: field.dataType.simpleString() for field in schema.fields}
    if not isinstance(schema, Mapping):
        raise OptionError(
            "schema", schema, "a mapping of column names to Spark types, such as {'age': 'int'}"
        )
    for name in schema:
        if not isinstance(name, str):
            raise OptionError("schema", name, "column names are strings")
    return {name: parse_type(text) for name, text in schema.items()}


def element_type(type: str) -> str | None:
    """Return the element type of an array type, else None.

    >>> element_type("array<string>"), element_type("string")
    ('string', None)
    """
    return type[6:-1] if type.startswith("array<") else None


def is_numeric(type: str) -> bool:
    """Tell whether Spark's `NumericType` covers the type.

    >>> is_numeric("decimal(10,2)"), is_numeric("boolean")
    (True, False)
    """
    return type in INTEGRAL or type in ("float", "double") or type.startswith("decimal(")


@dataclass(frozen=True)
class Want:
    """Say which types a stage takes a column for, and which to infer where nothing declares the column.

    `any` tells that the stage does not care: what another stage infers comes first.
    """

    words: str
    inferred: str
    accepts: Callable[[str], bool]
    casts: bool = False
    any: bool = False


def _anything(_type: str) -> bool:
    return True


class wants:  # noqa: N801 - a namespace, read as `wants.NUMBER`
    """The ways in which stages take their columns."""

    NUMBER = Want("a number", "double", is_numeric)
    DOUBLE = Want("a double", "double", lambda t: t == "double")
    FLOATING = Want("a float or double", "double", lambda t: t in ("float", "double"))
    DOUBLE_OR_VECTOR = Want("a double or a vector", "double", lambda t: t in ("double", "vector"))
    ASSEMBLED = Want(
        "a number, boolean or vector", "double", lambda t: is_numeric(t) or t in ("boolean", "vector")
    )
    HASHED = Want(
        "a number, boolean or string", "string", lambda t: is_numeric(t) or t in ("boolean", "string"), True
    )
    NUMBER_OR_BOOLEAN = Want("a number or boolean", "double", lambda t: is_numeric(t) or t == "boolean")
    LABEL = Want("a string or a number", "string", lambda t: t == "string" or is_numeric(t), True)
    STRING = Want("a string", "string", lambda t: t == "string")
    VECTOR = Want("a vector", "vector", lambda t: t == "vector")
    POINT = Want(
        "a vector or an array of numbers",
        "vector",
        lambda t: t in ("vector", "array<double>", "array<float>"),
    )
    TOKENS = Want("an array of strings", "array<string>", lambda t: t == "array<string>")
    ARRAY = Want("an array", "array<string>", lambda t: t.startswith("array<"))
    ANY = Want("anything", "string", _anything, any=True)

    @staticmethod
    def like(type: str) -> Want:
        """Return the want of a stage that takes any type, and supposes this one."""
        return Want(f"what may be {type}", type, _anything)

    @staticmethod
    @cache
    def items(type_: str) -> Want:
        """Return the want of an array with elements of a type."""
        return Want(f"an array of {type_}", f"array<{type_}>", lambda t: t == f"array<{type_}>")
