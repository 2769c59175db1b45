"""Which expressions give another value when an undeclared column has another type.

A number has the same value in every numeric type, so comparing it with a literal, or casting it to double, is
the same for all. Arithmetic, text and most functions are not: `grade + 1` of an integer is an integer, which
overflows, and whose text is `3`. A function that is not listed here is taken to depend on the types.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from sparklet.columns import Column, fold
from sparklet.sql.functions import functions
from sparklet.sql.nodes import Call, Lambda, Literal, Name, Node
from sparklet.types import DOUBLE, NULL, STRING, DecimalType, IntegralType

__all__ = ["Dependence", "dependence", "lone_uses"]

_COMPARISONS = frozenset("= <> < <= > >= <=> between in".split())
_TESTS = frozenset("isnull isnotnull isnan and or not".split())
# They cast their operands to double.
_DOUBLES = frozenset(
    """
    acos acosh asin asinh atan atan2 atanh cbrt cos cosh cot csc degrees exp expm1 hypot ln log log10 log1p
    log2 pow power radians rint sec sign signum sin sinh sqrt tan tanh double
    """.split()
)
_ARITHMETIC = frozenset("+ - * / % div mod pmod abs negative positive round bround try_add".split()) | {
    "unary -",
    "try_subtract",
    "try_multiply",
    "try_divide",
    "try_mod",
}
# The operands from which the result is chosen, as a slice of the operands; the others are conditions.
_CHOICES: Mapping[str, slice] = {
    "if": slice(1, None),
    "nvl2": slice(1, None),
    **dict.fromkeys(("coalesce", "nvl", "ifnull", "greatest", "least", "nullif"), slice(None)),
}
_MOST_EXACT = 1 << 24
"""Every integer up to this one is a float."""


@dataclass
class Dependence:
    """The columns whose types an expression depends on.

    `follows` are those that determine the type of the result, whose value is equal as a number. `asks` are
    those that determine more than that, with the reason.
    """

    follows: frozenset[Column] = frozenset()
    asks: dict[Column, str] = field(default_factory=dict)

    @property
    def undeclared(self) -> frozenset[str]:
        """Return the names of the undeclared inputs that determine the type of the result."""
        return frozenset().union(*[column.undeclared for column in self.follows])


def dependence(node: Node, inputs: Iterable[Column]) -> Dependence:
    """Return what the value of an expression depends on; `inputs` are the columns that it reads."""
    columns = {fold(column.name): column for column in inputs}
    found = Dependence()
    if any(column.undeclared for column in columns.values()):
        visitor = _Visitor(columns, found.asks)
        found.follows = visitor.visit(node)
    return found


@dataclass
class _Visitor:
    columns: Mapping[str, Column]
    asks: dict[Column, str]

    def visit(self, node: Node) -> frozenset[Column]:
        """Return the undeclared columns that determine the type of a node alone."""
        match node:
            case Name(name):
                column = self.columns.get(fold(name))
                return frozenset({column} if column is not None and column.undeclared else ())
            case Lambda(_, body):
                return self.visit(body)
            case Call("cast" | "try_cast", (operand,), to):
                return self._cast(self.visit(operand), to)
            case Call(name, args):
                return self._call(name, args)
        return frozenset()

    def _call(self, name: str, args: tuple[Node, ...]) -> frozenset[Column]:
        follows = [self.visit(arg) for arg in args]
        if not any(follows) or (name in _TESTS and not _bare(name, follows)):
            return frozenset()
        if name == ".":
            self._ask(follows, "its fields are read")
            return frozenset()
        if name == "[]" and isinstance(args[1], Literal) and args[1].type == STRING:
            self._ask(follows, "its values are read")
            return frozenset()
        if name in _DOUBLES:
            return frozenset()
        if name in _COMPARISONS:
            self._meet(args, follows, "its comparison depends on types")
            return frozenset()
        if name in ("floor", "ceil", "ceiling"):
            return follows[0]
        if name == "case":
            # Conditions and values alternate; the last operand of an odd number is the default.
            chosen = [*range(1, len(args), 2), *([len(args) - 1] if len(args) % 2 else [])]
            self._ask([each for place, each in enumerate(follows) if place not in chosen], "is a condition")
            return self._choice([args[place] for place in chosen], [follows[place] for place in chosen])
        if (part := _CHOICES.get(name)) is not None:
            if name == "if":
                self._ask(follows[:1], "is a condition")
            return self._choice(args[part], follows[part])
        listed = functions.get(name)
        for place, each in enumerate(follows):
            is_text = listed is not None and listed.kind_of(place) == "s"
            reason = (
                "arithmetic depends on its type"
                if name in _ARITHMETIC
                else "its text depends on its type"
                if is_text
                else f"{name} depends on its type"
            )
            self._ask([each], reason)
        return frozenset()

    def _cast(self, follows: frozenset[Column], to: str) -> frozenset[Column]:
        if to.lower() not in ("double", "boolean"):
            is_text = to.lower() == "string"
            self._ask([follows], f"its {'text' if is_text else f'cast to {to.lower()}'} depends on its type")
        return frozenset()

    def _choice(self, values: Iterable[Node], follows: Iterable[frozenset[Column]]) -> frozenset[Column]:
        values, follows = tuple(values), tuple(follows)
        if any(follows):
            self._meet(values, follows, "values of several types meet")
        return frozenset().union(*follows)

    def _meet(self, nodes: Iterable[Node], follows: Iterable[frozenset[Column]], reason: str) -> None:
        """Ask for the types of columns that meet anything but small literals and doubles."""
        pairs = list(zip(nodes, follows, strict=True))
        if sum([bool(each) for _, each in pairs]) > 1 or not all(
            each or self._is_exact(node) for node, each in pairs
        ):
            self._ask([each for _, each in pairs], reason)

    def _is_exact(self, node: Node) -> bool:
        """Return whether an operand has the same value in every numeric type that it is cast to."""
        match node:
            case Literal(value, type):
                if isinstance(type, IntegralType):
                    return bool(abs(value) <= _MOST_EXACT)
                return type in (DOUBLE, NULL) or (isinstance(type, DecimalType) and type.precision <= 15)
            case Call("unary -" | "negative", (Literal() as literal,)):
                return self._is_exact(literal)
            case Call("cast" | "try_cast", _, to):
                return to.lower() == "double"
            case Call(name, _):
                return name in _DOUBLES
            case Name(name):
                column = self.columns.get(fold(name))
                return column is not None and column.type == DOUBLE and not column.undeclared
        return False

    def _ask(self, follows: Iterable[frozenset[Column]], reason: str) -> None:
        for each in follows:
            for column in each:
                self.asks.setdefault(column, reason)


def _bare(name: str, follows: Iterable[frozenset[Column]]) -> bool:
    """Return whether an undeclared column itself is a condition, which only a boolean can be."""
    return name in ("and", "or", "not") and any(follows)


def lone_uses(nodes: Iterable[Node]) -> dict[str, str]:
    """Return, by folded name, the type to which a statement casts the columns that it only casts.

    The text is empty for a column that is only compared with null.

    >>> from sparklet.sql.statement import parse_expression
    >>> uses = lone_uses([parse_expression("CAST(a AS INT) + b"), parse_expression("c IS NULL")])
    >>> uses == {"a": "int", "c": ""}
    True
    """
    uses: dict[str, set[str]] = {}
    waiting: list[tuple[Node, str]] = [(node, "?") for node in nodes]
    while waiting:
        node, use = waiting.pop()
        match node:
            case Name(name):
                uses.setdefault(fold(name), set()).add(use)
            case Lambda(_, body):
                waiting.append((body, "?"))
            case Call("cast" | "try_cast" as name, args, to):
                # TRY_CAST gives null where a cast raises.
                waiting += [(arg, to.lower() if name == "cast" else "?") for arg in args]
            case Call("double" | "float" | "bigint" | "int" | "smallint" | "tinyint" as to, args):
                waiting += [(arg, to) for arg in args]
            case Call("isnull" | "isnotnull", args):
                waiting += [(arg, "") for arg in args]
            case Call(_, args):
                waiting += [(arg, "?") for arg in args]
    return {name: next(iter(found)) for name, found in uses.items() if len(found) == 1 and "?" not in found}
