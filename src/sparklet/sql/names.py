"""The names that Spark gives to expressions without an alias.

Follows Spark's `catalyst/util/package.scala` (`toPrettySQL`) and the `sql` of each expression (4.2).
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from sparklet.java import double_to_string, to_string
from sparklet.sql.casts import nearest_float, type_named
from sparklet.sql.nodes import Call, Lambda, Literal, Name, Node, Path
from sparklet.types import BOOLEAN, DOUBLE, FLOAT, ArrayType, MapType, StructType, quoted_name

__all__ = ["column_name"]

_INFIX = frozenset("+ - * / % = < <= > >= <=> and or div & | ^ << >> >>>".split())
_FRAMES = {
    "isnull": "({} IS NULL)", "isnotnull": "({} IS NOT NULL)",
    "not": "(NOT {})", "unary -": "(- {})", "positive": "(+ {})",
    "~": "~{}", "<>": "(NOT ({} = {}))", "[]": "{}[{}]", "like": "{} LIKE {}", "if": "(IF({}, {}, {}))",
    "typed_date": "DATE '{}'", "typed_timestamp": "TIMESTAMP '{}'", "extract": "extract({} FROM {})",
    "datepart": "datepart({} FROM {})",
    "btrim_of": "TRIM(BOTH {} FROM {})", "ltrim_of": "TRIM(LEADING {} FROM {})",
    "rtrim_of": "TRIM(TRAILING {} FROM {})",
}  # fmt: skip
_CAPITAL = frozenset(
    """
    acos asin atan atan2 cbrt ceil cos cosh degrees e exp expm1 floor log log10 log1p log2 pi power radians
    regexp regexp_like rlike signum sin sinh sqrt tan tanh acosh asinh atanh hypot cot csc sec
    """.split()
)
_OTHERWISE = {"||": "concat", "dateadd": "date_add", "to_varchar": "to_char"}
_IDENTITY = "lambdafunction(namedlambdavariable(), namedlambdavariable())"
_TIME_FORMAT = "yyyy-MM-dd HH:mm:ss"
# What Spark shows for arguments that are left out: by the function and how many there are.
_DEFAULTS: dict[tuple[str, int], tuple[str, ...]] = {
    **{(name, 1): ("0",) for name in ("round", "bround")},
    **{(name, 2): ("2147483647",) for name in ("substring", "substr")},
    **{(name, 2): (" ",) for name in ("lpad", "rpad")},
    **{(name, 1): (_TIME_FORMAT,) for name in ("unix_timestamp", "to_unix_timestamp", "from_unixtime")},
    **{(name, 2): ("1",) for name in ("locate", "position", "regexp_extract")},
    **{(name, 3): (_IDENTITY,) for name in ("aggregate", "reduce")},
    ("overlay", 3): ("-1",), ("regexp_extract_all", 2): ("1",), ("sort_array", 1): ("true",),
    ("replace", 2): ("",), ("months_between", 2): ("true",), ("regexp_replace", 3): ("1",),
    ("split", 2): ("-1",), ("regexp_instr", 2): ("0",),
    **{("mask", count): ("X", "x", "n", "NULL")[count - 1 :] for count in (1, 2, 3, 4)},
    ("str_to_map", 1): (",", ":"), ("str_to_map", 2): (":",),
}  # fmt: skip
# Spark shows what it rewrites these to.
_WITHOUT_NAMES = frozenset(
    (
        "array_sort",
        "assert_true",
        "interval",
        "raise_error",
        *(f"{no}{word}_{all}" for no in ("", "not_") for word in ("like", "ilike") for all in ("any", "all")),
    )
)
_CASTS = frozenset(
    "bigint boolean date decimal double float int smallint string timestamp tinyint binary".split()
)


def column_name(node: Node, release: str) -> str | None:
    """Return what Spark calls the column that an expression makes where nobody names it, None if not sure.

    >>> from sparklet.types import INTEGER
    >>> column_name(Call("cast", (Name("a"),), to="int"), "4.1+")
    'a'
    >>> column_name(Call("if", (Call("=", (Name("a"), Literal(1, INTEGER))), Name("b"), Name("c"))), "4.1+")
    '(IF((a = 1), b, c))'
    """
    if isinstance(node, Call) and node.name in ("cast", "try_cast") and isinstance(node.args[0], Name):
        return node.args[0].name
    return _Names(release).text(node)


class _Names:
    def __init__(self, release: str) -> None:
        self._before_4 = release == "3.5"

    def text(self, node: Node) -> str | None:
        """Return an expression as Spark writes it in names, None if it is not sure."""
        if isinstance(node, Name):
            return node.name
        if isinstance(node, Literal):
            return _literal(node)
        if isinstance(node, Path):
            return "namedlambdavariable()"
        if isinstance(node, Lambda):
            body = self.text(node.body)
            shown = ", ".join(["namedlambdavariable()"] * len(node.parameters))
            return None if body is None else f"lambdafunction({body}, {shown})"
        if not isinstance(node, Call):
            return None
        parts = [self.text(arg) for arg in node.args]
        texts = [part for part in parts if part is not None]
        return self._call(node, texts) if len(texts) == len(parts) else None

    def _call(self, node: Call, texts: list[str]) -> str | None:
        name = node.name
        if name in _CASTS and len(texts) == 1:
            return texts[0]  # only a CAST that is written as one is shown
        if name in _INFIX and len(texts) == 2:
            return f"({texts[0]} {name.upper() if name in ('and', 'or') else name} {texts[1]})"
        frame = _FRAMES.get(name)
        if frame is not None and frame.count("{}") == len(texts):
            return frame.format(*texts)
        if name == "." and len(texts) == 2:
            return ".".join(texts)
        if name == "as":
            return f"{texts[0]} AS {quoted_name(texts[1], before_4=self._before_4)}"
        if name == "row":
            return None
        special: Callable[[Call, list[str]], str | None] | None = getattr(self, f"_name_{name}", None)
        if special is not None and (text := special(node, texts)) is not None:
            return text
        shown = name.upper() if name in _CAPITAL else _OTHERWISE.get(name, name)
        if not shown[0].isalpha() or name in _WITHOUT_NAMES:
            return None
        return f"{shown}({', '.join((*texts, *_DEFAULTS.get((name, len(texts)), ())))})"

    def _name_cast(self, node: Call, texts: list[str]) -> str | None:
        type = type_named(node.to)
        if isinstance(type, (ArrayType, MapType, StructType)):
            return texts[0]
        return f"{node.name.upper()}({texts[0]} AS {str(type).upper()})"

    _name_try_cast = _name_cast

    def _name_log(self, _node: Call, texts: list[str]) -> str | None:
        return f"LOG(E(), {texts[0]})" if len(texts) == 1 else None

    def _name_typed_x(self, _node: Call, texts: list[str]) -> str | None:
        return f"X'{'0' * (len(texts[0]) % 2)}{texts[0].upper()}'"

    def _name_try_make_timestamp(self, _node: Call, texts: list[str]) -> str | None:
        return f"try_make_timestamp({', '.join(texts[:6])})"  # without the zone

    def _name_in(self, _node: Call, texts: list[str]) -> str | None:
        return f"({texts[0]} IN ({', '.join(texts[1:])}))"

    def _name_like(self, node: Call, texts: list[str]) -> str | None:
        escape = "" if self._before_4 or texts[2] == "\\" else f" ESCAPE '{texts[2]}'"
        return f"{texts[0]} LIKE {texts[1]}{escape}"

    def _name_ilike(self, _node: Call, texts: list[str]) -> str | None:
        return f"ilike({texts[0]}, {texts[1]})" if len(texts) == 2 else None

    def _name_between(self, _node: Call, texts: list[str]) -> str | None:
        value, low, high = texts
        return f"(({value} >= {low}) AND ({value} <= {high}))" if self._before_4 else None

    def _name_case(self, _node: Call, texts: list[str]) -> str | None:
        pairs = "".join(f" WHEN {texts[at]} THEN {texts[at + 1]}" for at in range(0, len(texts) - 1, 2))
        return f"CASE{pairs}{f' ELSE {texts[-1]}' if len(texts) % 2 else ''} END"

    _name_when = _name_case

    def _name_from_json(self, node: Call, texts: list[str]) -> str | None:
        schema = node.args[1]
        if isinstance(schema, Call):
            return f"from_json({texts[0]})" if schema.name == "schema_of_json" else None
        if not isinstance(schema, Literal):
            return None
        is_map = str(schema.value).lstrip().lower().startswith(("map<", "map <"))
        return "entries" if is_map else f"from_json({texts[0]})"

    def _name_to_json(self, node: Call, texts: list[str]) -> str:
        return f"{node.name}({texts[0]})"  # without the options

    _name_schema_of_json = _name_to_json


def _literal(node: Literal) -> str | None:
    if node.value is None:
        return "NULL"
    if node.type == BOOLEAN:
        return str(node.value).lower()
    if node.type == DOUBLE:
        return double_to_string(node.value)
    if node.type == FLOAT:
        return to_string(nearest_float(Decimal(node.value)), FLOAT, "4.1+")
    return str(node.value)
