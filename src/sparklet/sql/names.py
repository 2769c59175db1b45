"""The names that Spark gives to expressions without an alias, where they are simple."""

from __future__ import annotations

from sparklet.sql.casts import type_named
from sparklet.sql.nodes import Call, Literal, Name, Node
from sparklet.types import INTEGER, LONG, STRING

__all__ = ["column_name"]

_INFIX = {"+", "-", "*", "/", "%", "=", "<", "<=", ">", ">=", "<=>", "and", "or", "div"}
_FRAMED = {"isnull": "({} IS NULL)", "not": "(NOT {})", "unary -": "(- {})"}
_CAPITAL = {"ceil", "exp", "floor", "sqrt"}
_CASTS = {
    "bigint", "boolean", "cast", "date", "decimal", "double", "float", "int", "smallint", "string",
    "timestamp", "tinyint", "try_cast",
}  # fmt: skip
# Functions that Spark shows as they are written.
_PLAIN = {
    "abs", "coalesce", "concat", "concat_ws", "dayofmonth", "dayofweek", "dayofyear", "greatest", "hour",
    "initcap", "instr", "isnan", "least", "length", "lower", "ltrim", "minute", "month", "negative", "nullif",
    "nvl", "quarter", "rtrim", "second", "size", "trim", "upper", "weekofyear", "year",
}  # fmt: skip


def column_name(node: Node, release: str) -> str | None:
    """Return what Spark calls the column that an expression makes where nobody names it, None if not sure.

    >>> from sparklet.sql.nodes import Call, Name
    >>> column_name(Call("cast", (Name("a"),), to="int"), "4.1+")
    'a'
    """
    if (
        isinstance(node, Call)
        and node.name in _CASTS
        and len(node.args) == 1
        and isinstance(node.args[0], Name)
    ):
        return node.args[0].name
    return pretty(node, release)


def pretty(node: Node, release: str) -> str | None:
    """Return an expression as Spark writes it in names, None if it is not sure.

    Follows Spark's `catalyst/util/package.scala` (`toPrettySQL`).

    >>> from sparklet.sql.nodes import Call, Name
    >>> pretty(Call("+", (Name("a"), Name("b"))), "4.1+")
    '(a + b)'
    """
    if isinstance(node, Name):
        return node.name
    if isinstance(node, Literal):
        if node.type in (INTEGER, LONG, STRING):
            return str(node.value)
        return "NULL" if node.value is None else None
    parts = [pretty(arg, release) for arg in node.args]
    texts = [part for part in parts if part is not None]
    if len(texts) < len(parts):
        return None
    return _call(node, texts, release)


def _call(node: Call, texts: list[str], release: str) -> str | None:
    name = node.name
    if name == "cast":
        to = str(type_named(node.to))
        return f"CAST({texts[0]} AS {to.upper()})" if to.isalpha() else None
    if name in ("=", "<>", "<=>") and ("1" in texts or "0" in texts):
        return None  # beside a boolean, Spark shows what it made of it
    if name == "not" and isinstance(node.args[0], Call) and node.args[0].name == "isnull":
        return None  # IS NOT NULL, or NOT ... IS NULL
    if name in _INFIX and len(texts) == 2:
        return f"({texts[0]} {name.upper() if name in ('and', 'or') else name} {texts[1]})"
    if name == "between":
        value, low, high = texts
        between = f"(({value} >= {low}) AND ({value} <= {high}))"
        return f"between({value}, {low}, {high})" if release != "3.5" else between
    if name == "<>":
        return f"(NOT ({texts[0]} = {texts[1]}))"
    if name in _FRAMED:
        return _FRAMED[name].format(*texts)
    if name in _CAPITAL or name in _PLAIN:
        return f"{name.upper() if name in _CAPITAL else name}({', '.join(texts)})"
    return None
