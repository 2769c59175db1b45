"""CAST between the types that rows carry, with Spark's two readings: ANSI raises, otherwise null or wrapped.

Follows Spark's `catalyst/expressions/Cast.scala`, `unsafe/types/UTF8String.java` and
`catalyst/util/SparkDateTimeUtils.scala` (4.2).
"""

from __future__ import annotations

import datetime as dt
import math
import re
import struct
from collections.abc import Callable, Mapping
from dataclasses import replace
from decimal import ROUND_HALF_UP, Context, Decimal, InvalidOperation
from fractions import Fraction
from functools import cache
from typing import Any, TypeAlias

from sparklet.columns import parse_row_type
from sparklet.errors import ColumnTypeError, InvalidValueError, OptionError
from sparklet.java import double_to_string, local_to_string, to_string
from sparklet.java.casts import from_double
from sparklet.profile import Profile
from sparklet.sql.functions import function, map1, refuse_types, zone_for
from sparklet.sql.nested_casts import nested_converter
from sparklet.sql.nodes import Refused
from sparklet.sql.times import EPOCH, parse_date, parse_local, parse_timestamp, to_micros, to_seconds
from sparklet.sql.typed import Typed, always
from sparklet.types import (
    BINARY,
    BOOLEAN,
    BYTE,
    DATE,
    DOUBLE,
    FLOAT,
    INTEGER,
    LONG,
    NULL,
    SHORT,
    STRING,
    TIMESTAMP,
    TIMESTAMP_NTZ,
    ArrayType,
    DataType,
    DecimalType,
    IntegralType,
    MapType,
    StructType,
    is_floating,
    is_numeric,
)

__all__ = ["WIDE", "cast", "cast_value", "fit_decimal", "nearest_float", "to_text"]

Convert: TypeAlias = Callable[[Any], Any]

WIDE = Context(prec=400, rounding=ROUND_HALF_UP)


def cast(operand: Typed, to: DataType, profile: Profile) -> Typed:
    """Return the operand cast to another type.

    Raises `Refused` for types that Spark does not cast, or casts by rules that are not listed.
    """
    if operand.type == to:
        return operand
    if operand.type == NULL:
        # No constant is what fails instead of giving null: raise_error.
        return Typed(to, operand.run, operand.constant)
    if to == DOUBLE and operand.whole is not None:
        operand = operand.whole
    convert = _converter(operand.type, to, profile)
    if convert is None:
        raise Refused(f"a cast of {operand.type} to {to}")
    made = map1(convert, operand, to)
    if to == FLOAT and isinstance(operand.type, IntegralType) and not operand.constant:
        return replace(made, whole=operand)
    return made


def _converter(source: DataType, to: DataType, profile: Profile) -> Convert | None:
    if isinstance(source, (ArrayType, StructType, MapType)) or BINARY in (source, to):
        return nested_converter(source, to, profile, lambda one, other: _converter(one, other, profile))
    if to == STRING:
        return to_text(source, profile)
    if source == STRING:
        return _from_string(to, profile)
    if source == BOOLEAN:
        return _from_boolean(to, profile)
    if source in (DATE, TIMESTAMP, TIMESTAMP_NTZ):
        return _from_time(source, to, profile)
    if is_numeric(source):
        return _from_number(source, to, profile)
    return None


def _from_number(source: DataType, to: DataType, profile: Profile) -> Convert | None:
    if to == BOOLEAN:
        return lambda value: value != 0
    if to == TIMESTAMP:
        return _seconds_to_timestamp(source)
    if not is_numeric(to):
        return None
    if isinstance(source, IntegralType):
        return _from_integral(source, to, profile)
    if isinstance(source, DecimalType):
        return _from_decimal(to, profile)
    return _from_floating(to, profile)


def overflow(value: object, to: DataType) -> InvalidValueError:
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


def to_integral(to: IntegralType, profile: Profile) -> Convert:
    """Return the function that narrows a whole number."""
    bits = to.bits
    bound = 1 << (bits - 1)

    def exact(value: int) -> int:
        if -bound <= value < bound:
            return value
        raise overflow(value, to)

    return exact if profile.ansi else lambda value: wrapped(value, bits)


def _from_integral(source: IntegralType, to: DataType, profile: Profile) -> Convert | None:
    if to == DOUBLE:
        return float
    if to == FLOAT:
        return nearest_float
    if isinstance(to, DecimalType):
        return fit_decimal(to, profile)
    if not isinstance(to, IntegralType):
        return None
    return to_integral(to, profile) if to.bits < source.bits else int


def fit_decimal(to: DecimalType, profile: Profile) -> Convert:
    """Return the function that rounds an exact number into a decimal type: half up, null or error outside."""
    digits, scale = to.precision, to.scale
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


def _from_decimal(to: DataType, profile: Profile) -> Convert | None:
    if to == DOUBLE:
        return float
    if to == FLOAT:
        return nearest_float
    if isinstance(to, DecimalType):
        return fit_decimal(to, profile)
    if not isinstance(to, IntegralType):
        return None
    narrow = to_integral(to, profile)
    return lambda value: narrow(int(value))


def _from_floating(to: DataType, profile: Profile) -> Convert:
    if isinstance(to, DecimalType):
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


def _from_string(to: DataType, profile: Profile) -> Convert | None:
    if isinstance(to, IntegralType):
        parse: Convert = _whole_parser(to, fraction=not profile.ansi)
    elif to == DOUBLE:
        parse = _to_double
    elif to == FLOAT:
        parse = _to_float
    elif isinstance(to, DecimalType):
        return _decimal_parser(to, profile)
    elif to == BOOLEAN:
        parse = _to_boolean
    elif to == DATE:
        parse = parse_date
    elif to == TIMESTAMP:
        zone = zone_for(profile)
        parse = lambda text: parse_timestamp(text, zone)  # noqa: E731 - one of several parsers
    elif to == TIMESTAMP_NTZ:
        parse = parse_local
    else:
        return None
    return strict(parse, to) if profile.ansi else parse


def strict(parse: Convert, to: DataType) -> Convert:
    """Return the parser that raises where `parse` gives null."""

    def parsed(text: str) -> Any:
        value = parse(text)
        if value is None:
            raise InvalidValueError(f"is no {to}: {text[:80]!r}", text)
        return value

    return parsed


def _whole_parser(to: IntegralType, *, fraction: bool) -> Convert:
    bound = 1 << (to.bits - 1)

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


def _decimal_parser(to: DecimalType, profile: Profile) -> Convert:
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


def _from_boolean(to: DataType, profile: Profile) -> Convert | None:
    if is_floating(to):
        return float
    if isinstance(to, IntegralType):
        return int
    if isinstance(to, DecimalType):
        fit = fit_decimal(to, profile)
        return lambda value: fit(int(value))
    return None


# --- dates and times --------------------------------------------------------------------------------


def _from_time(source: DataType, to: DataType, profile: Profile) -> Convert | None:
    if source == DATE:
        if to == TIMESTAMP_NTZ:
            return _midnight
        return zone_for(profile).start_of_day if to == TIMESTAMP else None
    if source == TIMESTAMP_NTZ:
        if to == TIMESTAMP:
            return zone_for(profile).instant
        return dt.datetime.date if to == DATE else None
    if to == TIMESTAMP_NTZ:
        return zone_for(profile).local
    if to == DATE:
        zone = zone_for(profile)
        return dt.datetime.date if zone.is_utc else lambda value: zone.local(value).date()
    if to == DOUBLE:
        return lambda value: to_micros(value) / 1_000_000
    if isinstance(to, IntegralType):
        narrow = to_integral(to, profile)
        return lambda value: narrow(to_seconds(value))
    return None


def _midnight(value: dt.date) -> dt.datetime:
    return dt.datetime(value.year, value.month, value.day)  # noqa: DTZ001 - a local time


def _seconds_to_timestamp(source: DataType) -> Convert | None:
    if not isinstance(source, IntegralType):
        return None

    def convert(value: int) -> dt.datetime:
        try:
            return EPOCH + dt.timedelta(seconds=value)
        except OverflowError:
            raise InvalidValueError("is beyond the times that Python holds", value) from None

    return convert


def to_text(source: DataType, profile: Profile) -> Convert | None:
    """Return the cast to string, None for a type that has none here."""
    if source == STRING:
        return str
    if source == TIMESTAMP_NTZ:
        return local_to_string
    if source == TIMESTAMP:
        zone = zone_for(profile)
        return lambda value: local_to_string(zone.local(value))
    if not (is_numeric(source) or source in (BOOLEAN, DATE)):
        return None
    release, ansi = profile.release, profile.ansi
    if source == DOUBLE:
        return double_to_string
    if isinstance(source, IntegralType):
        return str
    return lambda value: to_string(value, source, release, ansi=ansi)


# --- written casts ----------------------------------------------------------------------------------

_WRITTEN: tuple[DataType, ...] = (
    *(BOOLEAN, STRING, BINARY, DATE, TIMESTAMP, TIMESTAMP_NTZ),
    *(BYTE, SHORT, INTEGER, LONG, FLOAT, DOUBLE),
)


def type_named(name: str) -> DataType:
    """Return the type that a cast names; `Refused` for one that rows do not carry.

    >>> [str(type_named(name)) for name in ("Integer", "DECIMAL(10, 2)", "dec")]
    ['int', 'decimal(10,2)', 'decimal(10,0)']
    """
    try:
        found = BINARY if name.lower() == "binary" else parse_row_type(name)
    except OptionError:
        found = NULL
    if not (found in _WRITTEN or isinstance(found, DecimalType | ArrayType | StructType | MapType)):
        raise Refused(f"a cast to {name.upper()}")
    return found


def written_cast(profile: Profile, operand: Typed, to: str, *, lenient: bool = False) -> Typed:
    """Return CAST(operand AS to); `lenient` is TRY_CAST."""
    target = type_named(to)
    if not lenient or operand.type == target:
        return cast(operand, target, profile)
    return _tried(operand, target, profile.with_(ansi=True))


_EXACT_DOUBLES = 1 << 53


@cache
def cast_value(to: DataType, profile: Profile) -> Convert:
    """Return the cast to a number or boolean of values whose Python class tells their type.

    The function raises `ColumnTypeError` for an integer that a bigint and a double column give different
    results for. Raises `Refused` for another type.
    """
    if not is_numeric(to) and to != BOOLEAN:
        raise Refused(f"a cast of values to {to}")
    sources = {str: STRING, bool: BOOLEAN, int: LONG, float: DOUBLE, Decimal: DecimalType(38, 18)}
    casts = {
        kind: cast(Typed(source, lambda row: row[0]), to, profile).run for kind, source in sources.items()
    }
    most = 1 << 63
    if isinstance(to, DecimalType):
        most = _EXACT_DOUBLES  # a double is cast by its shortest text
    elif isinstance(to, IntegralType) and to != LONG and not profile.ansi:
        most = 1 << 31  # a bigint wraps, a double saturates

    def convert(value: Any) -> Any:
        run = casts.get(value.__class__)
        if run is None:
            raise ColumnTypeError(value, "a number, text or boolean")
        if value.__class__ is int and not -most <= value < most:
            hint = "declare it: load(schema={...: 'bigint'})"
            raise ColumnTypeError(value, f"a smaller number for a cast to {to}", hint=hint)
        return run((value,))

    return convert


def _tried(operand: Typed, to: DataType, ansi: Profile) -> Typed:
    """Return the cast of a value, null where ANSI raises; an error of the operand itself is raised."""
    source = operand.type
    if isinstance(source, ArrayType) and isinstance(to, ArrayType):
        one = _tried(Typed(source.elementType, lambda row: row[0]), to.elementType, ansi).run
        return map1(lambda values: [one((value,)) for value in values], operand, to)
    if isinstance(source, StructType) and isinstance(to, StructType) and len(source) == len(to):
        parts = [
            (old.name, new.name, _tried(Typed(old.dataType, lambda row: row[0]), new.dataType, ansi).run)
            for old, new in zip(source, to, strict=True)
        ]
        return map1(lambda value: {name: run((value[field],)) for field, name, run in parts}, operand, to)
    get, convert = operand.run, cast(Typed(source, lambda row: row[0]), to, ansi).run

    def tried(row: tuple[Any, ...]) -> Any:
        value = get(row)
        try:
            return convert((value,))
        except InvalidValueError:
            return None

    return Typed(to, tried)


_LETTERS: Mapping[DataType, str] = {STRING: "s", BOOLEAN: "b", DATE: "d", TIMESTAMP: "t"}


def _register(name: str, to: DataType) -> None:
    @function(name, takes=".", gives=_LETTERS.get(to, "n"))
    def build(profile: Profile, operand: Typed) -> Typed:
        return cast(operand, to, profile)


for _type in _WRITTEN:
    if _type in (TIMESTAMP_NTZ, BINARY):  # a type that is no function, and one whose function is elsewhere
        continue
    _register(str(_type), _type)
_register("decimal", DecimalType())


@function("typed_date", takes="s", gives="d")
def typed_date(_profile: Profile, operand: Typed) -> Typed:
    """DATE '...'."""
    value = parse_date(operand.value)
    if value is None:
        raise Refused(f"the literal DATE {operand.value!r}, which is no date")
    return always(value, DATE)


@function("typed_timestamp", takes="s", gives="t")
def typed_timestamp(profile: Profile, operand: Typed) -> Typed:
    """TIMESTAMP '...'."""
    value = parse_timestamp(operand.value, zone_for(profile))
    if value is None:
        raise Refused(f"the literal TIMESTAMP {operand.value!r}, which is no timestamp")
    return always(value, TIMESTAMP)


__all__ += ["refuse_types", "strict", "to_integral", "type_named", "wrapped", "written_cast"]
