"""Spark's rules for the common type of two types, with and without ANSI mode.

Follows Spark's `catalyst/analysis/{TypeCoercion,AnsiTypeCoercion,DecimalPrecisionTypeCoercion}.scala` (4.2).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import reduce
from typing import Protocol

from sparklet.linalg import Release
from sparklet.types.datatypes import (
    BOOLEAN,
    BYTE,
    DATE,
    DOUBLE,
    FLOAT,
    INTEGER,
    LONG,
    MAX_PRECISION,
    NULL,
    SHORT,
    STRING,
    TIMESTAMP,
    TIMESTAMP_NTZ,
    ArrayType,
    DataType,
    DecimalType,
    IntegralType,
    StructField,
    StructType,
    is_floating,
    is_numeric,
)

__all__ = [
    "Mode",
    "adjusted",
    "arithmetic_decimal",
    "bounded",
    "decimal_of",
    "is_comparable",
    "tightest_common_type",
    "wider_common_type",
    "wider_decimal",
    "wider_type_for_string",
    "wider_type_without_string",
]


class Mode(Protocol):
    """The settings that affect coercion; a protocol, because this package must not import `Profile`."""

    @property
    def ansi(self) -> bool:
        """Return `spark.sql.ansi.enabled`."""
        ...

    def at_least(self, release: Release) -> bool:
        """Return whether the reproduced release is `release` or a newer one."""
        ...


_LEAST_SCALE = 6
_NUMBERS: tuple[DataType, ...] = (BYTE, SHORT, INTEGER, LONG, FLOAT, DOUBLE)
_COMPARABLE = frozenset({*_NUMBERS, BOOLEAN, STRING, DATE, TIMESTAMP, TIMESTAMP_NTZ})


def is_comparable(type: DataType) -> bool:
    """Return whether values of the type can be compared and cast to string."""
    return type in _COMPARABLE or isinstance(type, DecimalType)


# --- decimals ---------------------------------------------------------------------------------------


def decimal_of(type: DataType) -> DecimalType:
    """Return the decimal type that holds all values of a decimal or integer type (`DecimalType.forType`).

    >>> str(decimal_of(INTEGER))
    'decimal(10,0)'
    """
    if isinstance(type, DecimalType):
        return type
    if isinstance(type, IntegralType):
        return DecimalType(type.digits, 0)
    raise TypeError(f"{type} is not exact")


def bounded(digits: int, scale: int) -> DecimalType:
    """Return the decimal type with precision and scale limited to 38.

    >>> str(bounded(40, 2))
    'decimal(38,2)'
    """
    return DecimalType(min(digits, MAX_PRECISION), min(scale, MAX_PRECISION))


def adjusted(digits: int, scale: int) -> DecimalType:
    """Return the type of a decimal result, reducing the scale when it needs more than 38 digits.

    Follows `DecimalType.adjustPrecisionScale`.

    >>> str(adjusted(12, 4)), str(adjusted(50, 20))
    ('decimal(12,4)', 'decimal(38,8)')
    """
    if digits <= MAX_PRECISION:
        return DecimalType(digits, scale)
    return DecimalType(MAX_PRECISION, max(MAX_PRECISION - (digits - scale), min(scale, _LEAST_SCALE)))


def wider_decimal(one: DataType, other: DataType, profile: Mode) -> DecimalType:
    """Return the decimal type that holds the values of both types."""
    left, right = decimal_of(one), decimal_of(other)
    scale = max(left.scale, right.scale)
    digits = max(left.precision - left.scale, right.precision - right.scale) + scale
    if digits > MAX_PRECISION and profile.at_least("4.0"):
        return DecimalType(MAX_PRECISION, max(0, scale - (digits - MAX_PRECISION)))
    return bounded(digits, scale)


def arithmetic_decimal(operator: str, one: DataType, other: DataType) -> DecimalType:
    """Return the type of decimal arithmetic, as `catalyst/expressions/arithmetic.scala` computes it.

    >>> str(arithmetic_decimal("/", DecimalType(10, 2), DecimalType(3, 1)))
    'decimal(15,6)'
    """
    left, right = decimal_of(one), decimal_of(other)
    (p1, s1), (p2, s2) = (left.precision, left.scale), (right.precision, right.scale)
    if operator == "*":
        return adjusted(p1 + p2 + 1, s1 + s2)
    if operator == "/":
        scale = max(_LEAST_SCALE, s1 + p2 + 1)
        return adjusted(p1 - s1 + s2 + scale, scale)
    scale = max(s1, s2)
    if operator in ("%", "pmod"):
        return adjusted(min(p1 - s1, p2 - s2) + scale, scale)
    return adjusted(max(p1 - s1, p2 - s2) + scale + 1, scale)


# --- common types -----------------------------------------------------------------------------------


def tightest_common_type(one: DataType, other: DataType, profile: Mode) -> DataType | None:
    """Return the lossless common type, None when there is none (`findTightestCommonType`)."""
    if other in (one, NULL):
        return one
    if one == NULL:
        return other
    if one in _NUMBERS and other in _NUMBERS:
        wider = max(one, other, key=_NUMBERS.index)
        # float32 cannot hold all integers: under ANSI, an integer and a float become doubles.
        return DOUBLE if wider == FLOAT and profile.ansi else wider
    for integral, decimal in ((one, other), (other, one)):
        if isinstance(integral, IntegralType) and isinstance(decimal, DecimalType):
            return decimal if decimal.precision - decimal.scale >= integral.digits else None
    times = (DATE, TIMESTAMP_NTZ, TIMESTAMP)
    if one in times and other in times:
        return max(one, other, key=times.index)
    return _nested(one, other, lambda a, b: tightest_common_type(a, b, profile))


def _nested(
    one: DataType, other: DataType, rule: Callable[[DataType, DataType], DataType | None]
) -> DataType | None:
    """Return the common type of arrays, or of structs with the same names, by that of their parts."""
    if isinstance(one, ArrayType) and isinstance(other, ArrayType):
        element = rule(one.elementType, other.elementType)
        return None if element is None else ArrayType(element)
    if not isinstance(one, StructType) or not isinstance(other, StructType):
        return None
    if [field.name.lower() for field in one] != [field.name.lower() for field in other]:
        return None
    types = [rule(a.dataType, b.dataType) for a, b in zip(one, other, strict=True)]
    if any(type is None for type in types):
        return None
    return StructType(
        tuple([StructField(field.name, type) for field, type in zip(one, types, strict=True) if type])
    )


def _wider_number(one: DataType, other: DataType, profile: Mode) -> DataType | None:
    decimals = isinstance(one, DecimalType) or isinstance(other, DecimalType)
    if not decimals or not (is_numeric(one) and is_numeric(other)):
        return None
    if is_floating(one) or is_floating(other):
        return DOUBLE
    return wider_decimal(one, other, profile)


def wider_type_for_string(other: DataType) -> DataType | None:
    """Return the common type of a string and another type under ANSI (`findWiderTypeForString`)."""
    if isinstance(other, IntegralType):
        return LONG
    if is_numeric(other):
        return DOUBLE
    return STRING if other == NULL else other if is_comparable(other) else None


def _for_two(one: DataType, other: DataType, profile: Mode) -> DataType | None:
    common = tightest_common_type(one, other, profile) or _wider_number(one, other, profile)
    if common is None and STRING in (one, other):
        rest = other if one == STRING else one
        if profile.ansi:
            return wider_type_for_string(rest)
        return STRING if is_comparable(rest) and rest != BOOLEAN else None
    return common or _nested(one, other, lambda a, b: _for_two(a, b, profile))


def wider_common_type(types: Iterable[DataType], profile: Mode) -> DataType | None:
    """Return the common type of the operands of CASE, coalesce or IN (`findWiderCommonType`)."""
    listed = list(types)
    if not profile.ansi:
        # Strings come first, because the rule is not associative for strings.
        listed.sort(key=lambda each: not _has_strings(each))
    return _folded(listed, lambda one, other: _for_two(one, other, profile))


def _has_strings(type: DataType) -> bool:
    return type == STRING or (isinstance(type, ArrayType) and _has_strings(type.elementType))


def wider_type_without_string(types: Iterable[DataType], profile: Mode) -> DataType | None:
    """Return the common type of greatest and least (`findWiderTypeWithoutStringPromotion`)."""
    return _folded(
        types,
        lambda one, other: _without_string(one, other, profile),
    )


def _without_string(one: DataType, other: DataType, profile: Mode) -> DataType | None:
    common = tightest_common_type(one, other, profile) or _wider_number(one, other, profile)
    return common or _nested(one, other, lambda a, b: _without_string(a, b, profile))


def _folded(
    types: Iterable[DataType], rule: Callable[[DataType, DataType], DataType | None]
) -> DataType | None:
    start: DataType | None = NULL
    return reduce(lambda common, other: None if common is None else rule(common, other), types, start)
