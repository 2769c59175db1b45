"""Expressions with their types, and the types in which the operands of an operator meet.

Follows Spark's `catalyst/analysis/{TypeCoercion,AnsiTypeCoercion,DecimalPrecisionTypeCoercion}.scala` (4.2);
the rules that need the types alone are in `sparklet.types.coercion`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from sparklet.profile import Profile
from sparklet.sql.comparing import is_orderable
from sparklet.types import BOOLEAN, DOUBLE, NULL, STRING, DataType, DecimalType, is_floating, is_numeric
from sparklet.types.coercion import (
    decimal_of,
    is_comparable,
    tightest_common_type,
    wider_decimal,
    wider_type_for_string,
)

__all__ = ["Run", "Typed", "always", "in_arithmetic", "in_comparison", "same"]

Run: TypeAlias = Callable[[tuple[Any, ...]], Any]


@dataclass(frozen=True)
class Typed:
    """An expression: its Spark type, and the function from the values of a row's columns to its value.

    `constant` tells that the function needs no row. `written` is the value of a number that stands in the
    statement as it is, which Spark gives the fewest digits beside a decimal. `whole` is the whole number that
    was cast to float, which Spark's optimizer casts in its place where the float becomes a double. `parts`
    and `entries` are the fields of a struct and the keys and values of a map that the statement creates.
    `unread` tells that times in the value are still in the form that rows carry, because the session's time
    zone is unknown.
    """

    type: DataType
    run: Run
    constant: bool = False
    written: Any = None
    whole: Typed | None = None
    parts: Mapping[str, Typed] = field(default_factory=dict)
    entries: tuple[tuple[Typed, Typed], ...] = ()
    unread: bool = False

    @property
    def value(self) -> Any:
        """Return the value of a constant."""
        return self.run(())


def always(value: Any, type: DataType) -> Typed:
    """Return a constant."""
    return Typed(type, lambda _: value, constant=True)


def _decimal(operand: Typed) -> DecimalType:
    """Return the decimal type of an integer operand beside a decimal: a written one needs its digits only."""
    if operand.written is not None:
        return DecimalType(len(str(abs(operand.written))), 0)
    return decimal_of(operand.type)


def _beside_decimal(left: Typed, right: Typed) -> tuple[DataType, DataType] | None:
    """Return the types of an operator's operands where one is a decimal and the other another number."""
    types = left.type, right.type
    decimals = [isinstance(type, DecimalType) for type in types]
    if all(decimals) or not any(decimals) or not all(map(is_numeric, types)):
        return None
    if any(map(is_floating, types)):
        return DOUBLE, DOUBLE
    if isinstance(left.type, DecimalType):
        return left.type, _decimal(right)
    return _decimal(left), right.type


def in_comparison(left: Typed, right: Typed, profile: Profile, *, equality: bool) -> DataType | None:
    """Return the type in which two operands are compared, None where Spark does not compare them."""
    one, other = left.type, right.type
    if one == other:
        return one if is_orderable(one) or one == NULL else None
    if STRING in (one, other):
        rest = other if one == STRING else one
        if profile.ansi:
            return wider_type_for_string(rest)
        if rest == NULL:
            return STRING
        return DOUBLE if isinstance(rest, DecimalType) else rest if is_comparable(rest) else None
    if isinstance(one, DecimalType) and isinstance(other, DecimalType):
        return wider_decimal(one, other, profile)
    if (types := _beside_decimal(left, right)) is not None:
        return types[0] if types[0] == types[1] else wider_decimal(*types, profile)
    if BOOLEAN in (one, other) and equality and not profile.ansi and (is_numeric(one) or is_numeric(other)):
        return other if one == BOOLEAN else one
    found = tightest_common_type(one, other, profile)
    return found if found is not None and (is_orderable(found) or found == NULL) else None


def in_arithmetic(left: Typed, right: Typed, profile: Profile) -> tuple[DataType, DataType] | None:
    """Return the types to which the operands of + - * / % are cast, None where Spark refuses them."""
    one, other = left.type, right.type
    if STRING in (one, other):
        if profile.ansi:
            rest = other if one == STRING else one
            found = None if rest == STRING else wider_type_for_string(rest)
            return (found, found) if found is not None and is_numeric(found) else None
        left, right = (side if side.type != STRING else Typed(DOUBLE, side.run) for side in (left, right))
        one, other = left.type, right.type
    if isinstance(one, DecimalType) and isinstance(other, DecimalType):
        return one, other
    if (types := _beside_decimal(left, right)) is not None:
        return types
    common = tightest_common_type(one, other, profile)
    return (common, common) if common is not None and is_numeric(common) else None


def same(types: Sequence[DataType]) -> bool:
    """Tell whether the types are one."""
    return len(set(types)) <= 1
