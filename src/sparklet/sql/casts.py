"""CAST between the types that rows carry, with Spark's two readings: ANSI raises, otherwise null or wrapped.

Follows Spark's `catalyst/expressions/Cast.scala`, `unsafe/types/UTF8String.java` and
`catalyst/util/SparkDateTimeUtils.scala` (4.2).
"""

from __future__ import annotations

import datetime as dt
import math
import re
import struct
from collections.abc import Callable
from dataclasses import replace
from decimal import ROUND_HALF_UP, Context, Decimal, InvalidOperation
from fractions import Fraction
from typing import Any, TypeAlias

from sparklet.columns import parse_type
from sparklet.errors import InvalidValueError, OptionError
from sparklet.java import double_to_string, to_string
from sparklet.java.casts import from_double
from sparklet.profile import Profile
from sparklet.sql.functions import check_profile, function, map1, refuse_types
from sparklet.sql.nodes import Refused
from sparklet.sql.times import EPOCH, parse_date, parse_timestamp, to_seconds
from sparklet.sql.types import INTEGRAL, Typed, always, is_decimal, is_numeric, precision

__all__ = ["cast", "fit_decimal", "nearest_float", "to_text"]

Convert: TypeAlias = Callable[[Any], Any]

WIDE = Context(prec=400, rounding=ROUND_HALF_UP)
FLOATS = ("float", "double")


def cast(operand: Typed, to: str, profile: Profile) -> Typed:
    """Return the operand cast to another type.

    Raises `Refused` for types that Spark does not cast, or casts by rules that are not listed.
    """
    if operand.type == to:
        return operand
    if operand.type == "void":
        return always(None, to)
    if to == "double" and operand.whole is not None:
        operand = operand.whole
    convert = _converter(operand.type, to, profile)
    if convert is None:
        raise Refused(f"a cast of {operand.type} to {to}")
    made = map1(convert, operand, to)
    if to == "float" and operand.type in INTEGRAL and not operand.constant:
        return replace(made, whole=operand)
    return made


def _converter(source: str, to: str, profile: Profile) -> Convert | None:
    if to == "string":
        return to_text(source, profile)
    if source == "string":
        return _from_string(to, profile)
    if source == "boolean":
        return _from_boolean(to, profile)
    if source in ("date", "timestamp"):
        return _from_time(source, to, profile)
    if is_numeric(source):
        return _from_number(source, to, profile)
    return None


def _from_number(source: str, to: str, profile: Profile) -> Convert | None:
    if to == "boolean":
        return lambda value: value != 0
    if to == "timestamp":
        return _seconds_to_timestamp(source, profile)
    if not is_numeric(to):
        return None
    if source in INTEGRAL:
        return _from_integral(source, to, profile)
    if is_decimal(source):
        return _from_decimal(to, profile)
    return _from_floating(to, profile)


def overflow(value: object, to: str) -> InvalidValueError:
    """Return the error of a value that its new type does not hold."""
    return InvalidValueError(f"overflows {to}: {value}", value)


# --- numbers ----------------------------------------------------------------------------------------


def wrapped(value: int, bits: int) -> int:
    """Return the value that is left in so many bits.

    >>> wrapped(2**31, 32)
    -2147483648
    """
    half = 1 << (bits - 1)
    return (value + half) % (half << 1) - half


def to_integral(to: str, profile: Profile) -> Convert:
    """Return the function that narrows a whole number."""
    bits = INTEGRAL[to]
    bound = 1 << (bits - 1)

    def exact(value: int) -> int:
        if -bound <= value < bound:
            return value
        raise overflow(value, to)

    return exact if profile.ansi else lambda value: wrapped(value, bits)


def _from_integral(source: str, to: str, profile: Profile) -> Convert:
    if to == "double":
        return float
    if to == "float":
        return nearest_float
    if is_decimal(to):
        return fit_decimal(to, profile)
    return to_integral(to, profile) if INTEGRAL[to] < INTEGRAL[source] else int


def fit_decimal(to: str, profile: Profile) -> Convert:
    """Return the function that rounds an exact number into a decimal type: half up, null or error outside."""
    digits, scale = precision(to)
    step, limit = Decimal(1).scaleb(-scale), Decimal(10) ** (digits - scale)
    ansi = profile.ansi

    def fit(value: Decimal | int) -> Decimal | None:
        number = WIDE.quantize(Decimal(value), step)
        if -limit < number < limit:
            return number or abs(number)
        if ansi:
            raise overflow(value, to)
        return None

    return fit


def _from_decimal(to: str, profile: Profile) -> Convert:
    if to == "double":
        return float
    if to == "float":
        return nearest_float
    if is_decimal(to):
        return fit_decimal(to, profile)
    narrow = to_integral(to, profile)
    return lambda value: narrow(int(value))


def _from_floating(to: str, profile: Profile) -> Convert:
    if to in FLOATS:
        return float if to == "double" else from_double("float", profile.ansi)
    if is_decimal(to):
        fit = fit_decimal(to, profile)

        def to_decimal(value: float) -> Decimal | None:
            if math.isfinite(value):
                # The decimal has the digits that Java prints, not those that the double stands for.
                return fit(Decimal(double_to_string(value)))  # type: ignore[no-any-return]
            return None

        return to_decimal
    return from_double(to, profile.ansi)


def nearest_float(value: Decimal | int) -> float:
    """Return the float32 nearest to an exact number, rounded once.

    >>> nearest_float(16777217), nearest_float(Decimal("0.1"))
    (16777216.0, 0.10000000149011612)
    """
    double = float(value)
    single = _to_single(double)
    if not math.isfinite(single) or single == double:
        # The double may have been rounded onto a float, or half-way between two: no harm in the first.
        return single
    exact = Fraction(value)
    if Fraction(double) == exact:
        return single
    other = _neighbour(single, double)
    if math.isfinite(other) and abs(exact - Fraction(other)) < abs(exact - Fraction(single)):
        return other
    return single


def _to_single(value: float) -> float:
    try:
        return struct.unpack("<f", struct.pack("<f", value))[0]  # type: ignore[no-any-return]
    except OverflowError:
        return math.copysign(math.inf, value)


def _neighbour(single: float, towards: float) -> float:
    (bits,) = struct.unpack("<i", struct.pack("<f", single))
    away = (towards > single) == (single > 0) if single else True
    return struct.unpack("<f", struct.pack("<i", bits + (1 if away else -1)))[0]  # type: ignore[no-any-return]


# --- from strings -----------------------------------------------------------------------------------

# What `Character.isWhitespace` or `isISOControl` says of a byte.
BLANK = "".join(map(chr, [*range(33), 127]))
JAVA_BLANK = "".join(map(chr, range(33)))  # what `String.trim` takes away

_WHOLE = re.compile(r"[+-]?[0-9]+")
_WHOLE_WITH_FRACTION = re.compile(r"([+-]?[0-9]*)(?:\.[0-9]*)?")
_DOUBLE = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?[dDfF]?")
_HEXADECIMAL = re.compile(r"[+-]?0[xX][0-9a-fA-F]*\.?[0-9a-fA-F]*[pP][+-]?[0-9]+[dDfF]?")
_DECIMAL = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")
_SPECIAL = {
    **dict.fromkeys(("inf", "+inf", "infinity", "+infinity"), math.inf),
    **dict.fromkeys(("-inf", "-infinity"), -math.inf),
    "nan": math.nan,
}
_JAVA_SPECIAL = {"NaN": math.nan, "+NaN": math.nan, "-NaN": math.nan}
TRUE, FALSE = frozenset({"t", "true", "y", "yes", "1"}), frozenset({"f", "false", "n", "no", "0"})


def _from_string(to: str, profile: Profile) -> Convert | None:
    if to in INTEGRAL:
        parse: Convert = _whole_parser(to, fraction=not profile.ansi)
    elif to == "double":
        parse = _to_double
    elif to == "float":
        parse = _to_float
    elif is_decimal(to):
        return _decimal_parser(to, profile)
    elif to == "boolean":
        parse = _to_boolean
    elif to == "date":
        parse = parse_date
    elif to == "timestamp":
        check_profile(profile)
        parse = parse_timestamp
    else:
        return None
    return strict(parse, to) if profile.ansi else parse


def strict(parse: Convert, to: str) -> Convert:
    """Return the parser that raises where `parse` gives null."""

    def parsed(text: str) -> Any:
        value = parse(text)
        if value is None:
            raise InvalidValueError(f"is no {to}: {text[:80]!r}", text)
        return value

    return parsed


def _whole_parser(to: str, *, fraction: bool) -> Convert:
    bound = 1 << (INTEGRAL[to] - 1)

    def parse(text: str) -> int | None:
        text = text.strip(BLANK)
        if not _WHOLE.fullmatch(text):
            match = _WHOLE_WITH_FRACTION.fullmatch(text) if fraction and text not in ("", "+", "-") else None
            if match is None:
                return None
            # "." and "-.5" are zero to Spark.
            text = match[1].rstrip("+-") or "0"
        digits = text.lstrip("+-").lstrip("0")
        if len(digits) > 19:
            return None
        value = int(text)
        return value if -bound <= value < bound else None

    return parse


def _number_text(text: str) -> float | str | None:
    """Return what Java's `Double.parseDouble` reads: a special value, or the text of the number."""
    text = text.strip(JAVA_BLANK)
    if _DOUBLE.fullmatch(text):
        return text.rstrip("dDfF")
    if _HEXADECIMAL.fullmatch(text):
        raise InvalidValueError(f"is a hexadecimal number: {text[:80]!r}", text)
    return _JAVA_SPECIAL[text] if text in _JAVA_SPECIAL else _SPECIAL.get(text.lower())


def _to_double(text: str) -> float | None:
    found = _number_text(text)
    return float(found) if isinstance(found, str) else found


def _to_float(text: str) -> float | None:
    found = _number_text(text)
    if not isinstance(found, str):
        return found
    number = Decimal(found)
    if not number:
        return float(found)
    if number.adjusted() > 50 or number.adjusted() < -60:
        return math.copysign(math.inf if number.adjusted() > 0 else 0.0, float(found))
    return nearest_float(number)


def _decimal_parser(to: str, profile: Profile) -> Convert:
    fit, ansi = fit_decimal(to, profile), profile.ansi

    def parse(text: str) -> Decimal | None:
        stripped = text.strip(JAVA_BLANK)
        try:
            number = Decimal(stripped) if _DECIMAL.fullmatch(stripped) else None
        except InvalidOperation:
            number = None
        if number is None:
            if ansi:
                raise InvalidValueError(f"is no {to}: {text[:80]!r}", text)
            return None
        if number.adjusted() >= 38:
            if ansi and number:
                raise overflow(text[:80], to)
            return None if number else fit(Decimal(0))
        return fit(number if number.adjusted() > -60 else Decimal(0))  # type: ignore[no-any-return]

    return parse


def _to_boolean(text: str) -> bool | None:
    folded = text.strip(BLANK).lower()
    return True if folded in TRUE else False if folded in FALSE else None


def _from_boolean(to: str, profile: Profile) -> Convert | None:
    if to in FLOATS:
        return float
    if to in INTEGRAL:
        return int
    if is_decimal(to):
        fit = fit_decimal(to, profile)
        return lambda value: fit(int(value))
    return None


# --- dates and times --------------------------------------------------------------------------------


def _from_time(source: str, to: str, profile: Profile) -> Convert | None:
    if source == "date":
        return _midnight if to == "timestamp" else None
    check_profile(profile)
    if to == "date":
        return dt.datetime.date
    if to == "double":
        return lambda value: _micros(value) / 1_000_000
    if to in INTEGRAL:
        narrow = to_integral(to, profile)
        return lambda value: narrow(to_seconds(value))
    return None


def _midnight(value: dt.date) -> dt.datetime:
    return dt.datetime(value.year, value.month, value.day)  # noqa: DTZ001 - times are of the session's zone


def _micros(value: dt.datetime) -> int:
    return (value - EPOCH) // dt.timedelta(microseconds=1)


def _seconds_to_timestamp(source: str, profile: Profile) -> Convert | None:
    check_profile(profile)
    if source not in INTEGRAL:
        return None

    def convert(value: int) -> dt.datetime:
        try:
            return EPOCH + dt.timedelta(seconds=value)
        except OverflowError:
            raise InvalidValueError("is beyond the times that Python holds", value) from None

    return convert


def to_text(source: str, profile: Profile) -> Convert | None:
    """Return the cast to string, None for a type that has none here."""
    if source == "string":
        return str
    if source == "timestamp":
        check_profile(profile)
    if not (is_numeric(source) or source in ("boolean", "date", "timestamp")):
        return None
    release, ansi = profile.release, profile.ansi
    if source == "double":
        return double_to_string
    if source in INTEGRAL:
        return str
    return lambda value: to_string(value, source, release, ansi=ansi)


# --- written casts ----------------------------------------------------------------------------------

_WRITTEN = ("boolean", "string", "date", "timestamp", *INTEGRAL, *FLOATS)
_NAMES = {"integer": "int", "long": "bigint", "short": "smallint", "byte": "tinyint", "real": "float"}


def type_named(name: str) -> str:
    """Return the type that a cast names; `Refused` for one that rows do not carry.

    >>> type_named("Integer"), type_named("DECIMAL(10, 2)"), type_named("dec")
    ('int', 'decimal(10,2)', 'decimal(10,0)')
    """
    folded = re.sub(r"\s+", "", name.lower())
    folded = _NAMES.get(folded, folded)
    folded = re.sub(r"^(?:numeric|dec)(?=$|\()", "decimal", folded)
    folded = re.sub(r"^decimal\((\d+)\)$", r"decimal(\1,0)", folded)
    try:
        found, _ = parse_type("decimal(10,0)" if folded == "decimal" else folded)
    except OptionError:
        found = ""
    if found not in _WRITTEN and not is_decimal(found):
        raise Refused(f"a cast to {name.upper()}")
    return found


def written_cast(profile: Profile, operand: Typed, to: str, *, lenient: bool = False) -> Typed:
    """Return CAST(operand AS to); `lenient` is TRY_CAST."""
    target = type_named(to)
    if not lenient or operand.type == target:
        return cast(operand, target, profile)
    if operand.type != "string":
        raise Refused(f"TRY_CAST of {operand.type}")
    return _tried(cast(operand, target, profile.with_(ansi=True)))


def _tried(made: Typed) -> Typed:
    run = made.run

    def tried(row: tuple[Any, ...]) -> Any:
        try:
            return run(row)
        except InvalidValueError:
            return None

    return Typed(made.type, tried)


def _register(name: str, to: str) -> None:
    @function(
        name, takes=".", gives={"string": "s", "boolean": "b", "date": "d", "timestamp": "t"}.get(to, "n")
    )
    def build(profile: Profile, operand: Typed) -> Typed:
        return cast(operand, to, profile)


for _name in _WRITTEN:
    _register(_name, _name)
_register("decimal", "decimal(10,0)")


@function("typed_date", takes="s", gives="d")
def typed_date(_profile: Profile, operand: Typed) -> Typed:
    """DATE '...'."""
    value = parse_date(operand.value)
    if value is None:
        raise Refused(f"the date {operand.value!r}")
    return always(value, "date")


@function("typed_timestamp", takes="s", gives="t")
def typed_timestamp(profile: Profile, operand: Typed) -> Typed:
    """TIMESTAMP '...'."""
    check_profile(profile)
    value = parse_timestamp(operand.value)
    if value is None:
        raise Refused(f"the timestamp {operand.value!r}")
    return always(value, "timestamp")


__all__ += ["refuse_types", "strict", "to_integral", "type_named", "wrapped", "written_cast"]
