"""Spark's casts of a double to the other numeric types; `text.to_string` has the cast to string."""

from __future__ import annotations

import decimal
import math
import struct
from collections.abc import Callable
from typing import Any

from sparklet.errors import InvalidValueError, OptionError
from sparklet.types import DataType, DecimalType, DoubleType, FloatType, IntegralType

__all__ = ["from_double"]

_WIDE = decimal.Context(prec=400, rounding=decimal.ROUND_HALF_UP)


def from_double(type: DataType, ansi: bool) -> Callable[[float], Any]:
    """Return Spark's `CAST(double AS type)` for a numeric Spark type.

    Under ANSI a value out of range raises `InvalidValueError`; otherwise integers saturate as in the JVM,
    and a decimal becomes null. Follows Spark's `sql/catalyst/expressions/Cast.scala` (4.2).

    >>> from sparklet.types import FLOAT, INTEGER
    >>> from_double(INTEGER, ansi=False)(1.67), from_double(INTEGER, ansi=False)(float("nan"))
    (1, 0)
    >>> from_double(FLOAT, ansi=True)(1.55)
    1.5499999523162842
    """
    match type:
        case DoubleType():
            return float
        case FloatType():
            return _to_float
        case IntegralType():
            return _to_integral(type, ansi)
        case DecimalType():
            return _to_decimal(type, ansi)
    raise OptionError("type", str(type), "Spark has no cast of a double to it here")


def _to_float(value: float) -> float:
    try:
        return struct.unpack("f", struct.pack("f", value))[0]  # type: ignore[no-any-return]
    except OverflowError:
        return math.copysign(math.inf, value)


def _to_integral(type: IntegralType, ansi: bool) -> Callable[[float], int]:
    bits = type.bits
    lowest, highest = -(1 << (bits - 1)), (1 << (bits - 1)) - 1
    # Spark casts a double to the types narrower than int through int.
    bottom, top = (lowest, highest) if bits > 32 else (-(1 << 31), (1 << 31) - 1)

    def saturating(value: float) -> int:
        if value != value:
            return 0
        integer = bottom if value <= bottom else top if value >= top else int(value)
        return (integer - lowest) % (1 << bits) + lowest

    def exact(value: float) -> int:
        # Spark compares the bounds as doubles, so 2**63 is in range for a bigint and saturates.
        if math.isfinite(value) and math.floor(value) <= float(top) and math.ceil(value) >= float(bottom):
            integer = saturating(value)
            if bits >= 32 or integer == int(value):
                return integer
        raise InvalidValueError(f"overflows {type}: {value}", value)

    return exact if ansi else saturating


def _to_decimal(type: DecimalType, ansi: bool) -> Callable[[float], decimal.Decimal | None]:
    precision, scale = type.precision, type.scale
    step, limit = decimal.Decimal(1).scaleb(-scale), decimal.Decimal(10) ** (precision - scale)

    def cast(value: float) -> decimal.Decimal | None:
        if math.isfinite(value):
            # Scala's BigDecimal is made from the double's decimal text, not from its binary value.
            number = decimal.Decimal(repr(value)).quantize(step, context=_WIDE)
            if abs(number) < limit:
                return number
        if ansi and math.isfinite(value):
            raise InvalidValueError(f"overflows {type}: {value}", value)
        return None

    return cast
