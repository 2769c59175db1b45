"""Random expressions and the tree in which Spark's parser reads each, in the form of its `toString`."""

from __future__ import annotations

import random

from sparklet.sql.nodes import Call, Lambda, Literal, Node, Path
from sparklet.types import BOOLEAN

VALUES = [
    "a", "b", "`x y`", "s.f", "1", "2L", "-3", "1.5", "1e3", "'t'", "'u' 'v'", "NULL", "true", "date", "year",
    "(a)", "f(a, b)", "if(a, 1, 2)", "m['k']", "w[0]", "w[0].f", "CASE WHEN a THEN 1 ELSE b END",
    "CASE a WHEN 1 THEN b END", "CAST(a AS INT)", "CAST(a AS DECIMAL(10, 2))", "g(x -> x + 1)", "(a + 1)",
    "g(w, (x, y) -> x > y)", "TRY_CAST(a AS STRING)", "CAST(a AS ARRAY<ARRAY<INT>>)",
]  # fmt: skip
BINARY = [
    "+", "-", "*", "/", "%", "DIV", "||", "&", "|", "^", "<<", ">>", ">>>", "=", "==", "<>", "!=", "<", "<=",
    ">", ">=", "<=>", "!<", "!>", "AND", "OR",
]  # fmt: skip
BEHIND = [
    "IS NULL", "IS NOT NULL", "IS TRUE", "IS NOT FALSE", "IN (1, a)", "NOT IN (b)", "::int",
    "::decimal(5,1)", "[a]", "! IN (1)", "IS ! NULL",
]  # fmt: skip
BETWEEN = [
    "IS DISTINCT FROM", "IS NOT DISTINCT FROM", "LIKE", "NOT LIKE", "RLIKE", "NOT REGEXP", "ILIKE",
]  # fmt: skip
BEFORE = ["-", "+", "~", "NOT", "!"]


def random_expressions(count: int) -> list[str]:
    """Return the expressions that both Sparks are asked."""
    rng = random.Random("trees")
    return [random_expression(rng) for _ in range(count)]


def random_expression(rng: random.Random, depth: int = 2) -> str:
    """Return values with operators between, not all of which belong together."""
    parts = []
    for place in range(rng.choice([1, 2, 2, 3, 3, 4])):
        if place:
            parts.append(rng.choice(BINARY if rng.random() < 0.85 else BETWEEN))
        while rng.random() < 0.15:
            parts.append(rng.choice(BEFORE))
        if depth and rng.random() < 0.15:
            parts.append(f"({random_expression(rng, depth - 1)})")
        else:
            parts.append(rng.choice(VALUES))
        if rng.random() < 0.2:
            parts.append(rng.choice(BEHIND))
        elif rng.random() < 0.07:
            parts.append(f"BETWEEN {rng.choice(VALUES)} AND {rng.choice(VALUES)}")
    return " ".join(parts)


_INFIX = "+ - * / % & | ^ div << >> >>> = < <= > >= <=>".split()
_PREFIX = {"unary -": "-{}", "positive": "positive({})", "~": "~{}", "not": "NOT {}"}


def spark_text(node: Node, release: str, parameters: frozenset[str] = frozenset()) -> str:
    """Return what Spark's `toString` of an expression is; `parameters` are those of lambda functions."""
    match node:
        case Literal():
            value = node.value
            if node.type == BOOLEAN:
                return str(value).lower()
            return "null" if value is None else str(value)
        case Path():
            known = node.parts[0] in parameters
            return f"{'lambda ' if known else ''}'{'.'.join(node.parts)}"
        case Lambda():
            body = spark_text(node.body, release, parameters | set(node.parameters))
            names = ", ".join(f"lambda '{name}" for name in node.parameters)
            return f"lambdafunction({body}, {names}, false)"
        case Call():
            return _call(node, [spark_text(arg, release, parameters) for arg in node.args], release)
    raise TypeError(node)


def _call(node: Call, args: list[str], release: str) -> str:
    name = node.name
    if name in (*_INFIX, "and", "or"):
        return f"({args[0]} {name if name in _INFIX else name.upper()} {args[1]})"
    if name in _PREFIX:
        return _PREFIX[name].format(args[0])
    match name:
        case "<>":
            return f"NOT ({args[0]} = {args[1]})"
        case "cast" | "try_cast":
            return f"{name}({args[0]} as {node.to})"
        case "[]" | ".":
            return f"{args[0]}[{args[1]}]"
        case "in":
            return f"{args[0]} IN ({','.join(args[1:])})"
        case "isnull" | "isnotnull":
            return f"{name}({args[0]})"
        case "like":
            return f"{args[0]} LIKE {args[1]}"
        case "ilike":
            return f"ilike({args[0]}, {args[1]}, \\)"
        case "rlike":
            return f"RLIKE({args[0]}, {args[1]})"
        case "||":
            return f"concat({', '.join(args)})"
        case "case":
            pairs = "".join(f" WHEN {args[at]} THEN {args[at + 1]}" for at in range(0, len(args) - 1, 2))
            return f"CASE{pairs}{f' ELSE {args[-1]}' if len(args) % 2 else ''} END"
        case "between" if release == "3.5":
            return f"(({args[0]} >= {args[1]}) AND ({args[0]} <= {args[2]}))"
        case "between":
            return f"'between({', '.join(args)})"
    return f"'{name}({', '.join(args)})"
