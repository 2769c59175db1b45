"""Spark SQL expressions of SQLTransformer: parsed, typed and compiled here, or refused by name."""

from __future__ import annotations

from sparklet.sql import (  # noqa: F401 - each lists its functions
    areas,
    arithmetic,
    arrays,
    binary,
    casts,
    conditions,
    dates,
    extraction,
    formats,
    hashes,
    instants,
    intervals,
    json_infer,
    json_paths,
    json_read,
    json_write,
    lambdas,
    lookups,
    maps,
    moments,
    number_formats,
    numerals,
    printf,
    regex,
    sequences,
    similar,
    strings,
    structs,
    texts,
    tries,
    urls,
    words,
)
from sparklet.sql.casts import cast_value, type_named
from sparklet.sql.compile import Compiled, compile_node
from sparklet.sql.dependence import Dependence, dependence, lone_uses
from sparklet.sql.functions import functions
from sparklet.sql.infer import assumed
from sparklet.sql.moments import reads_clock
from sparklet.sql.nodes import Call, Literal, Name, NeedsZone, Node, Refused, describe
from sparklet.sql.statement import Item, Statement, parse, parse_expression

__all__ = [
    "Call",
    "Compiled",
    "Dependence",
    "Item",
    "Literal",
    "Name",
    "NeedsZone",
    "Node",
    "Refused",
    "Statement",
    "assumed",
    "cast_value",
    "compile_node",
    "dependence",
    "describe",
    "listed",
    "lone_uses",
    "parse",
    "parse_expression",
    "reads_clock",
    "type_named",
]


def listed() -> tuple[str, ...]:
    """Return the names of all functions and operators that are compiled, in order.

    >>> {"upper", "+", "coalesce"} <= set(listed())
    True
    """
    return tuple(sorted({*functions, "cast", "struct", "try_cast"}))
