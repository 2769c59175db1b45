"""Operators on numbers, rounding and `java.lang.Math`, with Spark's overflow and zero rules.

Follows Spark's `catalyst/expressions/{arithmetic,mathExpressions}.scala` (4.2).
"""

from __future__ import annotations

import math
import struct
from collections.abc import Callable
from decimal import ROUND_CEILING, ROUND_DOWN, ROUND_FLOOR, ROUND_HALF_EVEN, ROUND_HALF_UP, Context, Decimal
from typing import Any

from sparklet import java
from sparklet.errors import InvalidValueError
from sparklet.java import double_to_string
from sparklet.java.casts import from_double
from sparklet.java.strict import strict_exp, strict_log, strict_log10
from sparklet.profile import Profile
from sparklet.sql.casts import cast, fit_decimal, overflow, wrapped
from sparklet.sql.dates import plus_days
from sparklet.sql.functions import function, map1, map2, refuse_types
from sparklet.sql.intervals import INTERVALS, between, moved, negated, scaled
from sparklet.sql.nodes import Refused
from sparklet.sql.typed import Typed, always, in_arithmetic
from sparklet.types import DOUBLE, FLOAT, LONG, NULL, STRING, DataType, DecimalType, IntegralType, is_numeric
from sparklet.types.coercion import arithmetic_decimal, bounded, decimal_of

__all__ = ["numbers"]

EXACT = Context(prec=120, rounding=ROUND_HALF_UP)


def zero_divisor() -> InvalidValueError:
    """Return the error of a division by zero."""
    return InvalidValueError(
        "divides by zero", hint="DIVIDE_BY_ZERO under ANSI; NULLIF(divisor, 0) gives null"
    )


def numbers(name: str, left: Typed, right: Typed, profile: Profile) -> tuple[Typed, Typed]:
    """Return the operands of an arithmetic operator cast to the types in which Spark computes."""
    types = in_arithmetic(left, right, profile)
    if types is None:
        raise refuse_types(name, left, right)
    return cast(left, types[0], profile), cast(right, types[1], profile)


def to_float32(value: float) -> float:
    """Return the float32 that a float operation gives."""
    try:
        return struct.unpack("<f", struct.pack("<f", value))[0]  # type: ignore[no-any-return]
    except OverflowError:
        return math.copysign(math.inf, value)


def whole(type: IntegralType, profile: Profile) -> Callable[[int], int]:
    """Return what becomes of a result in an integer type: an error under ANSI, else the bits that fit."""
    bits = type.bits
    bound = 1 << (bits - 1)

    def exact(value: int) -> int:
        if -bound <= value < bound:
            return value
        raise overflow(value, type)

    return exact if profile.ansi else lambda value: wrapped(value, bits)


# --- + - * -----------------------------------------------------------------------------------------

_SUMS: dict[str, tuple[Callable[[Any, Any], Any], Callable[[Decimal, Decimal], Decimal]]] = {
    "+": (lambda a, b: a + b, EXACT.add),
    "-": (lambda a, b: a - b, EXACT.subtract),
    "*": (lambda a, b: a * b, EXACT.multiply),
}


def _shifted_date(name: str, left: Typed, right: Typed, profile: Profile) -> Typed | None:
    if name == "*":
        return scaled(left, right)
    orders = [(left, right)] if name == "-" else [(left, right), (right, left)]
    for start, change in orders:
        for shift in (plus_days, moved):
            found = shift(start, change, -1 if name == "-" else 1, profile)
            if found is not None:
                return found
    return between(left, right, profile) if name == "-" else None


def _sum(name: str) -> Callable[[Profile, Typed, Typed], Typed]:
    plain, exact = _SUMS[name]

    def build(profile: Profile, left: Typed, right: Typed) -> Typed:
        if (shifted := _shifted_date(name, left, right, profile)) is not None:
            return shifted
        left, right = numbers(name, left, right, profile)
        type = left.type
        if isinstance(type, DecimalType):
            result = arithmetic_decimal(name, type, right.type)
            fit = fit_decimal(result, profile)
            return map2(lambda a, b: fit(exact(a, b)), left, right, result)
        if isinstance(type, IntegralType):
            narrow = whole(type, profile)
            return map2(lambda a, b: narrow(plain(a, b)), left, right, type)
        if type == FLOAT:
            return map2(lambda a, b: to_float32(plain(a, b)), left, right, type)
        return map2(plain, left, right, type)

    return build


for _name in _SUMS:
    function(_name, takes="nn", gives="n")(_sum(_name))


# --- / % div ---------------------------------------------------------------------------------------


def divided(
    function: Callable[[Any, Any], Any], left: Typed, right: Typed, type: DataType, profile: Profile
) -> Typed:
    """Return a division: the divisor is asked first; zero gives null, under ANSI an error for a dividend."""
    first, second, ansi = left.run, right.run, profile.ansi

    def applied(row: tuple[Any, ...]) -> Any:
        divisor = second(row)
        if divisor is None or (divisor == 0 and not ansi):
            return None
        dividend = first(row)
        if dividend is None:
            return None
        if divisor == 0:
            raise zero_divisor()
        return function(dividend, divisor)

    return Typed(type, applied, left.constant and right.constant)


@function("/", takes="nn", gives="n")
def divide(profile: Profile, left: Typed, right: Typed) -> Typed:
    """Return the quotient: of decimals a decimal, of all other numbers a double; an interval is shortened."""
    if (shortened := scaled(left, right, divides=True)) is not None:
        return shortened
    left, right = numbers("/", left, right, profile)
    if not isinstance(left.type, DecimalType):
        left, right = cast(left, DOUBLE, profile), cast(right, DOUBLE, profile)
        return divided(lambda a, b: a / b, left, right, DOUBLE, profile)
    result = arithmetic_decimal("/", left.type, right.type)
    fit, places = fit_decimal(result, profile), Decimal(1).scaleb(-39 if profile.at_least("3.5") else -38)

    def quotient(a: Decimal, b: Decimal) -> Any:
        return fit(_quotient(a, b, places))

    return divided(quotient, left, right, result, profile)


def _quotient(a: Decimal, b: Decimal, places: Decimal) -> Decimal:
    """Return a / b cut off behind so many places, so that the rounding that follows is the only one."""
    exact = Context(prec=200, rounding=ROUND_DOWN)
    return exact.divide(a, b).quantize(places, rounding=ROUND_DOWN, context=exact)


@function("div", takes="nn", gives="n")
def divide_whole(profile: Profile, left: Typed, right: Typed) -> Typed:
    """Return the whole quotient of integers or decimals, a bigint."""
    left, right = numbers("div", left, right, profile)
    if isinstance(left.type, DecimalType):
        # What does not fit is cut to its lowest bits, under ANSI too.
        return divided(lambda a, b: wrapped(int(EXACT.divide_int(a, b)), 64), left, right, LONG, profile)
    if not isinstance(left.type, IntegralType):
        raise refuse_types("div", left, right)
    narrow = whole(LONG, profile)

    def quotient(a: int, b: int) -> int:
        return narrow(abs(a) // abs(b) if (a < 0) == (b < 0) else -(abs(a) // abs(b)))

    return divided(quotient, left, right, LONG, profile)


def _remainder(type: DataType) -> Callable[[Any, Any], Any]:
    if isinstance(type, IntegralType):
        return lambda a, b: abs(a) % abs(b) if a >= 0 else -(abs(a) % abs(b))
    if isinstance(type, DecimalType):
        return EXACT.remainder
    return lambda a, b: math.fmod(a, b) if math.isfinite(a) and b == b else math.nan


@function("%", "mod", takes="nn", gives="n")
def remainder(profile: Profile, left: Typed, right: Typed) -> Typed:
    """Return the remainder, with the sign of the dividend."""
    left, right = numbers("%", left, right, profile)
    rest = _remainder(left.type)
    if isinstance(left.type, DecimalType):
        result = arithmetic_decimal("%", left.type, right.type)
        fit = fit_decimal(result, profile)
        return divided(lambda a, b: fit(rest(a, b)), left, right, result, profile)
    return divided(rest, left, right, left.type, profile)


@function("pmod", takes="nn", gives="n")
def positive_remainder(profile: Profile, left: Typed, right: Typed) -> Typed:
    """Return the remainder, made positive by adding the divisor."""
    left, right = numbers("pmod", left, right, profile)
    type = left.type
    if isinstance(type, DecimalType):
        raise refuse_types("pmod", left, right)
    rest = _remainder(type)
    shift: Callable[[Any, Any], Any] = lambda a, b: a + b  # noqa: E731
    if type == FLOAT:
        shift = lambda a, b: to_float32(a + b)  # noqa: E731
    elif isinstance(type, IntegralType) and type.bits >= 32:
        shift = lambda a, b: wrapped(a + b, type.bits)  # noqa: E731

    def positive(a: Any, b: Any) -> Any:
        r = rest(a, b)
        return rest(shift(r, b), b) if r < 0 else r

    return divided(positive, left, right, type, profile)


# --- one operand -----------------------------------------------------------------------------------


def _number(name: str, operand: Typed, profile: Profile) -> Typed:
    if operand.type == STRING:
        return cast(operand, DOUBLE, profile)
    if operand.type == NULL:
        return always(None, DOUBLE)
    if not is_numeric(operand.type):
        raise refuse_types(name, operand)
    return operand


def _signed(name: str, of: Callable[[Any], Any]) -> Callable[[Profile, Typed], Typed]:
    def build(profile: Profile, operand: Typed) -> Typed:
        operand = _number(name, operand, profile)
        if not isinstance(operand.type, IntegralType):
            return map1(of, operand, operand.type)
        narrow = whole(operand.type, profile)
        return map1(lambda value: narrow(of(value)), operand, operand.type)

    return build


def _negated(value: Any) -> Any:
    # A decimal has no -0, a double has.
    return value if value == 0 and isinstance(value, Decimal) else -value


@function("negative", "unary -", takes="n", gives="n")
def negative(profile: Profile, operand: Typed) -> Typed:
    """Return the number, or the interval, of the other sign."""
    if isinstance(operand.type, INTERVALS):
        return negated(operand)
    return _signed("negative", _negated)(profile, operand)


function("abs", takes="n", gives="n")(_signed("abs", abs))


@function("positive", takes="n", gives="n")
def positive(profile: Profile, operand: Typed) -> Typed:
    """Return the number as it is."""
    return _number("positive", operand, profile)


# --- java.lang.Math --------------------------------------------------------------------------------


def double(name: str, operand: Typed, profile: Profile) -> Typed:
    """Return the operand as the double that a mathematical function takes."""
    if operand.type not in (STRING, NULL) and not is_numeric(operand.type):
        raise refuse_types(name, operand)
    return cast(operand, DOUBLE, profile)


def _math(name: str, of: Callable[[float], float | None]) -> Callable[[Profile, Typed], Typed]:
    return lambda profile, operand: map1(of, double(name, operand, profile), DOUBLE)


def _above(bound: float, of: Callable[[float], float]) -> Callable[[float], float | None]:
    """Return a logarithm, which is null up to its asymptote, and NaN of NaN."""
    return lambda value: None if value <= bound else of(value)


def _sign(value: float) -> float:
    return value if value != value or value == 0 else math.copysign(1.0, value)


def _nearest_whole(value: float) -> float:
    return math.copysign(float(round(value)), value) if math.isfinite(value) else value


LN2 = strict_log(2.0)
DEGREES, RADIANS = 57.29577951308232, 0.017453292519943295
_FUNCTIONS: dict[str, Callable[[float], float | None]] = {
    "acos": java.acos,
    "asin": java.asin,
    "atan": math.atan,
    "atanh": lambda value: 0.5 * (java.log1p(value) - java.log1p(-value)),
    "cbrt": math.cbrt,
    "cos": java.cos,
    "cosh": java.cosh,
    "cot": lambda value: java.div(1.0, java.tan(value)),
    "csc": lambda value: java.div(1.0, java.sin(value)),
    "degrees": lambda value: value * DEGREES,
    "exp": strict_exp,
    "expm1": java.expm1,
    "ln": _above(0.0, strict_log),
    "log10": _above(0.0, strict_log10),
    "log1p": _above(-1.0, java.log1p),
    "log2": _above(0.0, lambda value: strict_log(value) / LN2),
    "radians": lambda value: value * RADIANS,
    "rint": _nearest_whole,
    "sec": lambda value: java.div(1.0, java.cos(value)),
    "sign": _sign,
    "signum": _sign,
    "sin": java.sin,
    "sinh": java.sinh,
    "sqrt": java.sqrt,
    "tan": java.tan,
    "tanh": java.tanh,
}
for _name, _of in _FUNCTIONS.items():
    function(_name, takes="n", gives="n")(_math(_name, _of))


@function("log", takes="n[n]", gives="n")
def log(profile: Profile, base: Typed, operand: Typed | None = None) -> Typed:
    """Return the natural logarithm, or that of the second argument to the base of the first."""
    if operand is None:
        return map1(_above(0.0, strict_log), double("log", base, profile), DOUBLE)
    base, operand = double("log", base, profile), double("log", operand, profile)

    def logarithm(a: float, b: float) -> float | None:
        return None if a <= 0 or b <= 0 else java.div(strict_log(b), strict_log(a))

    return map2(logarithm, base, operand, DOUBLE)


def _two(name: str, of: Callable[[float, float], float]) -> Callable[[Profile, Typed, Typed], Typed]:
    return lambda profile, left, right: map2(
        of, double(name, left, profile), double(name, right, profile), DOUBLE
    )


function("pow", "power", takes="nn", gives="n")(_two("pow", java.pow))
function("hypot", takes="nn", gives="n")(_two("hypot", math.hypot))
# A negative zero counts as zero.
function("atan2", takes="nn", gives="n")(_two("atan2", lambda y, x: math.atan2(y + 0.0, x + 0.0)))


@function("pi", takes="", gives="n")
def pi(_profile: Profile) -> Typed:
    """Return the number pi."""
    return always(math.pi, DOUBLE)


@function("e", takes="", gives="n")
def euler(_profile: Profile) -> Typed:
    """Return Euler's number."""
    return always(math.e, DOUBLE)


# --- rounding --------------------------------------------------------------------------------------


def _checked(value: float) -> int:
    if abs(value) >= 2.0**63 and value != -(2.0**63):
        raise overflow(value, LONG)
    return 0 if value != value else int(value)


def _to_whole(name: str, of: Callable[[float], float], rounding: str) -> Callable[[Profile, Typed], Typed]:
    def build(profile: Profile, operand: Typed) -> Typed:
        if isinstance(operand.type, DecimalType):
            digits, scale = operand.type.precision, operand.type.scale
            type = operand.type if scale == 0 else bounded(digits - scale + 1, 0)
            one = Decimal(1)
            return map1(lambda value: value.quantize(one, rounding, EXACT), operand, type)
        if operand.type == LONG:
            return operand
        # Since 4.3 what overflows is an error; 4.1 and 4.2 saturate still.
        narrow = _checked if profile.ansi and profile.at_least("4.1+") else from_double(LONG, ansi=False)
        return map1(lambda value: narrow(of(value)), double(name, operand, profile), LONG)

    return build


def _floor(value: float) -> float:
    return float(math.floor(value)) if math.isfinite(value) and abs(value) < 2.0**53 else value


def _ceil(value: float) -> float:
    return float(math.ceil(value)) if math.isfinite(value) and abs(value) < 2.0**53 else value


function("floor", takes="n", gives="n")(_to_whole("floor", _floor, ROUND_FLOOR))
function("ceil", "ceiling", takes="n", gives="n")(_to_whole("ceil", _ceil, ROUND_CEILING))


def _rounder(name: str, rounding: str) -> Callable[..., Typed]:
    def build(profile: Profile, operand: Typed, places: Typed | None = None) -> Typed:
        scale = 0 if places is None else _written_places(name, places)
        operand = _number(name, operand, profile)
        if isinstance(operand.type, DecimalType):
            return _rounded_decimal(operand, scale, rounding, profile)
        if isinstance(operand.type, IntegralType):
            return _rounded_integer(operand, scale, rounding, whole(operand.type, profile))
        step = Decimal(1).scaleb(-scale)
        single = operand.type == FLOAT

        def rounded(value: float) -> float:
            if not math.isfinite(value):
                return value
            number = Decimal(double_to_string(value)).quantize(step, rounding, _WIDE)
            # BigDecimal has no negative zero.
            result = float(number) if number else 0.0
            return to_float32(result) if single else result

        return map1(rounded, operand, operand.type)

    return build


_WIDE = Context(prec=800)
_MOST_PLACES = 400


def _written_places(name: str, places: Typed) -> int:
    if not places.constant or not isinstance(places.type, IntegralType) or places.value is None:
        raise Refused(f"{name} to a number of places that is no constant")
    return max(-_MOST_PLACES, min(_MOST_PLACES, int(places.value)))


def _rounded_integer(operand: Typed, scale: int, rounding: str, narrow: Callable[[int], int]) -> Typed:
    if scale >= 0:
        return operand
    step = Decimal(1).scaleb(-scale)
    return map1(
        lambda value: narrow(int(Decimal(value).quantize(step, rounding, _WIDE))), operand, operand.type
    )


def _rounded_decimal(operand: Typed, scale: int, rounding: str, profile: Profile) -> Typed:
    decimal = decimal_of(operand.type)
    digits, had = decimal.precision, decimal.scale
    if scale < 0:
        type = bounded(max(digits - had + 1, -scale + 1), 0)
    else:
        kept = min(had, scale)
        type = bounded(digits - had + 1 + kept, kept)
    step, fit = Decimal(1).scaleb(-min(had, scale)), fit_decimal(type, profile)
    return map1(lambda value: fit(value.quantize(step, rounding, _WIDE)), operand, type)


function("round", takes="n[n]", gives="n")(_rounder("round", ROUND_HALF_UP))
function("bround", takes="n[n]", gives="n")(_rounder("bround", ROUND_HALF_EVEN))
