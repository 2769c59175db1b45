"""The types of expressions: what Spark makes of two types that meet, with ANSI mode and without.

Follows Spark's `catalyst/analysis/{TypeCoercion,AnsiTypeCoercion,DecimalPrecisionTypeCoercion}.scala` (4.2).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any, TypeAlias

from sparklet.columns import INTEGRAL, element_type, is_numeric
from sparklet.profile import Profile

__all__ = [
    "INTEGRAL",
    "Run",
    "Typed",
    "always",
    "bounded",
    "element_type",
    "in_arithmetic",
    "in_comparison",
    "is_decimal",
    "is_numeric",
    "joined",
    "joined_without_strings",
    "precision",
    "sum_type",
]

Run: TypeAlias = Callable[[tuple[Any, ...]], Any]

MOST_DIGITS = 38
LEAST_SCALE = 6
_NUMBERS = ("tinyint", "smallint", "int", "bigint", "float", "double")
_DIGITS = {"tinyint": 3, "smallint": 5, "int": 10, "bigint": 20}
DATETIMES = ("date", "timestamp")
# What can be compared and turned into text; arrays and vectors only pass through.
ATOMIC = frozenset({*_NUMBERS, "boolean", "string", *DATETIMES})


@dataclass(frozen=True)
class Typed:
    """An expression: its Spark type, and the function from the values of a row's columns to its value.

    `constant` tells that the function needs no row. `written` is the value of a number that stands in the
    statement as it is, which Spark gives the fewest digits beside a decimal. `whole` is the whole number that
    was cast to float, which Spark's optimizer casts in its place where the float becomes a double.
    """

    type: str
    run: Run
    constant: bool = False
    written: Any = None
    whole: Typed | None = None

    @property
    def value(self) -> Any:
        """Return the value of a constant."""
        return self.run(())


def always(value: Any, type: str) -> Typed:
    """Return a constant."""
    return Typed(type, lambda _: value, constant=True)


def is_decimal(type: str) -> bool:
    """Tell whether the type is a decimal."""
    return type.startswith("decimal(")


def is_atomic(type: str) -> bool:
    """Tell whether values of the type can be compared."""
    return type in ATOMIC or is_decimal(type)


def precision(type: str) -> tuple[int, int]:
    """Return precision and scale of a decimal, or of the decimal that holds an integer type.

    >>> precision("decimal(10,2)"), precision("int")
    ((10, 2), (10, 0))
    """
    if type in _DIGITS:
        return _DIGITS[type], 0
    digits, scale = type[len("decimal(") : -1].split(",")
    return int(digits), int(scale)


def bounded(digits: int, scale: int) -> str:
    """Return the decimal type with no more than 38 digits.

    >>> bounded(40, 2)
    'decimal(38,2)'
    """
    return f"decimal({min(digits, MOST_DIGITS)},{min(scale, MOST_DIGITS)})"


def adjusted(digits: int, scale: int) -> str:
    """Return the type of a decimal result that may need more than 38 digits: whole digits are kept first.

    Follows `DecimalType.adjustPrecisionScale`.

    >>> adjusted(12, 4), adjusted(50, 20)
    ('decimal(12,4)', 'decimal(38,8)')
    """
    if digits <= MOST_DIGITS:
        return f"decimal({digits},{scale})"
    return f"decimal({MOST_DIGITS},{max(MOST_DIGITS - (digits - scale), min(scale, LEAST_SCALE))})"


def wider_decimal(one: str, other: str, profile: Profile) -> str:
    """Return the decimal type that holds both."""
    (p1, s1), (p2, s2) = precision(one), precision(other)
    scale = max(s1, s2)
    digits = max(p1 - s1, p2 - s2) + scale
    if digits > MOST_DIGITS and profile.at_least("4.0"):
        return f"decimal({MOST_DIGITS},{max(0, scale - (digits - MOST_DIGITS))})"
    return bounded(digits, scale)


def sum_type(operator: str, one: str, other: str) -> str:
    """Return the type of decimal arithmetic, as `catalyst/expressions/arithmetic.scala` computes it.

    >>> sum_type("*", "decimal(10,2)", "decimal(3,1)"), sum_type("/", "decimal(10,2)", "decimal(3,1)")
    ('decimal(14,3)', 'decimal(15,6)')
    """
    (p1, s1), (p2, s2) = precision(one), precision(other)
    if operator == "*":
        return adjusted(p1 + p2 + 1, s1 + s2)
    if operator == "/":
        scale = max(LEAST_SCALE, s1 + p2 + 1)
        return adjusted(p1 - s1 + s2 + scale, scale)
    scale = max(s1, s2)
    if operator in ("%", "pmod"):
        return adjusted(min(p1 - s1, p2 - s2) + scale, scale)
    return adjusted(max(p1 - s1, p2 - s2) + scale + 1, scale)


# --- what two types have in common -----------------------------------------------------------------


def tightest(one: str, other: str, profile: Profile) -> str | None:
    """Return the common type without loss, None if there is none (`findTightestCommonType`)."""
    if other in (one, "void"):
        return one
    if one == "void":
        return other
    if one in _NUMBERS and other in _NUMBERS:
        wider = max(one, other, key=_NUMBERS.index)
        # An integer does not fit a float32: under ANSI both become doubles.
        return "double" if wider == "float" and profile.ansi else wider
    for integral, decimal in ((one, other), (other, one)):
        if integral in INTEGRAL and is_decimal(decimal):
            digits, scale = precision(decimal)
            return decimal if digits - scale >= _DIGITS[integral] else None
    if {one, other} == {"date", "timestamp"}:
        return "timestamp"
    return None


def _wider_number(one: str, other: str, profile: Profile) -> str | None:
    if not (is_decimal(one) or is_decimal(other)) or not (is_numeric(one) and is_numeric(other)):
        return None
    if "float" in (one, other) or "double" in (one, other):
        return "double"
    return wider_decimal(one, other, profile)


def with_string(other: str) -> str | None:
    """Return what a string and another type become under ANSI (`findWiderTypeForString`)."""
    if other in INTEGRAL:
        return "bigint"
    if is_numeric(other):
        return "double"
    return "string" if other == "void" else other if is_atomic(other) else None


def _for_two(one: str, other: str, profile: Profile) -> str | None:
    found = tightest(one, other, profile) or _wider_number(one, other, profile)
    if found is None and "string" in (one, other):
        rest = other if one == "string" else one
        if profile.ansi:
            return with_string(rest)
        return "string" if is_atomic(rest) and rest != "boolean" else None
    if found is None and (first := element_type(one)) and (second := element_type(other)):
        inner = _for_two(first, second, profile)
        return None if inner is None else f"array<{inner}>"
    return found


def joined(types: Iterable[str], profile: Profile) -> str | None:
    """Return the type of CASE, coalesce, IN ... over these types (`findWiderCommonType`)."""
    listed = list(types)
    if not profile.ansi:
        # Strings first, as the rule is not associative where they are.
        listed.sort(key=lambda each: "string" not in each)
    return _fold(listed, lambda one, other: _for_two(one, other, profile))


def joined_without_strings(types: Iterable[str], profile: Profile) -> str | None:
    """Return the type of greatest and least (`findWiderTypeWithoutStringPromotion`)."""
    return _fold(
        types, lambda one, other: tightest(one, other, profile) or _wider_number(one, other, profile)
    )


def _fold(types: Iterable[str], rule: Callable[[str, str], str | None]) -> str | None:
    start: str | None = "void"
    return reduce(lambda found, each: None if found is None else rule(found, each), types, start)


# --- operands of one operator -----------------------------------------------------------------------


def decimal_of(operand: Typed) -> str:
    """Return the decimal type of an integer operand beside a decimal: a written one needs its digits only."""
    if operand.written is not None:
        return f"decimal({len(str(abs(operand.written)))},0)"
    return f"decimal({_DIGITS[operand.type]},0)"


def _beside_decimal(left: Typed, right: Typed) -> tuple[str, str] | None:
    """Return the types of an operator's operands where one is a decimal and the other another number."""
    types = left.type, right.type
    if is_decimal(left.type) == is_decimal(right.type) or not all(map(is_numeric, types)):
        return None
    if "float" in types or "double" in types:
        return "double", "double"
    if is_decimal(left.type):
        return left.type, decimal_of(right)
    return decimal_of(left), right.type


def in_comparison(left: Typed, right: Typed, profile: Profile, *, equality: bool) -> str | None:
    """Return the type in which two operands are compared, None where Spark does not compare them."""
    one, other = left.type, right.type
    if one == other:
        return one if is_atomic(one) or one == "void" else None
    if "string" in (one, other):
        rest = other if one == "string" else one
        if profile.ansi:
            return with_string(rest)
        if rest == "void":
            return "string"
        return "double" if is_decimal(rest) else rest if is_atomic(rest) else None
    if is_decimal(one) and is_decimal(other):
        return wider_decimal(one, other, profile)
    if (types := _beside_decimal(left, right)) is not None:
        return types[0] if types[0] == types[1] else wider_decimal(*types, profile)
    if "boolean" in (one, other) and equality and not profile.ansi and (is_numeric(one) or is_numeric(other)):
        return other if one == "boolean" else one
    found = tightest(one, other, profile)
    return found if found is not None and (is_atomic(found) or found == "void") else None


def in_arithmetic(left: Typed, right: Typed, profile: Profile) -> tuple[str, str] | None:
    """Return the types to which the operands of + - * / % are cast, None where Spark refuses them."""
    one, other = left.type, right.type
    if "string" in (one, other):
        if profile.ansi:
            rest = other if one == "string" else one
            found = None if rest == "string" else with_string(rest)
            return (found, found) if found is not None and is_numeric(found) else None
        left, right = (side if side.type != "string" else Typed("double", side.run) for side in (left, right))
        one, other = left.type, right.type
    if is_decimal(one) and is_decimal(other):
        return one, other
    if (types := _beside_decimal(left, right)) is not None:
        return types
    common = tightest(one, other, profile)
    return (common, common) if common is not None and is_numeric(common) else None


def same(types: Sequence[str]) -> bool:
    """Tell whether the types are one."""
    return len(set(types)) <= 1
