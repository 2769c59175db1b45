"""EXTRACT, and intervals as numbers, as text and in comparisons.

Follows Spark's `catalyst/expressions/{datetimeExpressions,intervalExpressions,Cast}.scala` and
`catalyst/util/IntervalUtils.scala` (3.5 and 4.2).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from sparklet.errors import InvalidValueError
from sparklet.profile import Profile
from sparklet.sql.dates import field as date_field
from sparklet.sql.dates import local
from sparklet.sql.functions import function, map1, refuse_types
from sparklet.sql.intervals import INTERVALS, Span
from sparklet.sql.nodes import Refused
from sparklet.sql.typed import Typed
from sparklet.types import (
    BYTE,
    DATE,
    INTEGER,
    LONG,
    STRING,
    TIMESTAMP,
    TIMESTAMP_NTZ,
    DataType,
    DayTimeIntervalType,
    DecimalType,
    IntegralType,
    YearMonthIntervalType,
)

__all__ = ["cast_interval"]

_FIELDS = {
    **dict.fromkeys(("year", "y", "years", "yr", "yrs"), "year"),
    **dict.fromkeys(("quarter", "qtr"), "quarter"),
    **dict.fromkeys(("month", "mon", "mons", "months"), "month"),
    **dict.fromkeys(("week", "w", "weeks"), "weekofyear"),
    **dict.fromkeys(("day", "d", "days"), "day"),
    **dict.fromkeys(("dayofweek", "dow"), "dayofweek"),
    "doy": "dayofyear",
    **dict.fromkeys(("hour", "h", "hours", "hr", "hrs"), "hour"),
    **dict.fromkeys(("minute", "m", "min", "mins", "minutes"), "minute"),
}


_SECONDS = frozenset(("second", "s", "sec", "seconds", "secs"))


def _seconds_of(time: dt.datetime) -> Decimal:
    return Decimal(time.second * 1_000_000 + time.microsecond).scaleb(-6)


@function("extract", "date_part", "datepart", takes="sd", gives="n")
def extract(profile: Profile, wanted: Typed, operand: Typed) -> Typed:
    """Return a part of a date, time or interval: EXTRACT(year FROM d)."""
    if not wanted.constant:
        raise Refused("EXTRACT of a field that is no constant")
    field = str(wanted.value).lower()
    if isinstance(operand.type, INTERVALS):
        return _of_interval("second" if field in _SECONDS else _FIELDS.get(field, field), operand)
    if field in _SECONDS and operand.type in (DATE, TIMESTAMP, TIMESTAMP_NTZ):
        return map1(_seconds_of, local("EXTRACT", operand, profile), DecimalType(8, 6))
    name = _FIELDS.get(field)
    if name is None:
        raise Refused(f"EXTRACT({wanted.value} FROM ...)")
    if operand.type not in (DATE, TIMESTAMP, TIMESTAMP_NTZ):
        raise refuse_types("EXTRACT", operand)
    return date_field(name, operand, profile)


# --- intervals -------------------------------------------------------------------------------------

_MICROS = {"day": 86_400_000_000, "hour": 3_600_000_000, "minute": 60_000_000, "second": 1_000_000}
_UNITS = tuple(_MICROS)


def _toward_zero(number: int, by: int) -> int:
    return number // by if number >= 0 else -(-number // by)


def _rest(number: int, by: int) -> int:
    return number - by * _toward_zero(number, by)


def _of_interval(name: str, operand: Typed) -> Typed:
    """Return a field of an interval, which has its sign."""
    match operand.type:
        case YearMonthIntervalType(start, end) if name in (start, end):
            if name == "year":
                return map1(lambda span: _toward_zero(span.months, 12), operand, INTEGER)
            return map1(lambda span: _rest(span.months, 12), operand, BYTE)
        case DayTimeIntervalType(start, end) if name in _UNITS[_UNITS.index(start) : _UNITS.index(end) + 1]:
            unit = _MICROS[name]
            if name == "day":
                return map1(lambda span: _toward_zero(span.micros, unit), operand, INTEGER)
            above = _MICROS[_UNITS[_UNITS.index(name) - 1]]
            if name == "second":
                return map1(
                    lambda span: Decimal(_rest(span.micros, above)).scaleb(-6), operand, DecimalType(8, 6)
                )
            return map1(lambda span: _toward_zero(_rest(span.micros, above), unit), operand, BYTE)
    raise Refused(f"EXTRACT({name.upper()} FROM {operand.type})")


def cast_interval(operand: Typed, to: DataType) -> Typed:
    """Return an interval cast to another type: text, or the whole number of its smallest field."""
    convert: Callable[[Any], Any] | None = None
    match operand.type:
        case DayTimeIntervalType(start, end) if to == STRING:
            if (start, end) == ("day", "second"):
                convert = _day_time_text
            elif (start, end) == ("day", "day"):
                convert = lambda span: f"INTERVAL '{_toward_zero(span.micros, _MICROS['day'])}' DAY"  # noqa: E731
        case YearMonthIntervalType("year", "month") if to == STRING:
            convert = _year_month_text
        case DayTimeIntervalType(_, end) if to in (INTEGER, LONG):
            convert = _whole(_MICROS[end], to)
    if convert is None:
        raise Refused(f"a cast of {operand.type} to {to}")
    return map1(convert, operand, to)


def _whole(unit: int, to: DataType) -> Callable[[Span], int]:
    bits = to.bits if isinstance(to, IntegralType) else 0

    def convert(span: Span) -> int:
        count = _toward_zero(span.micros, unit)
        if not -(1 << (bits - 1)) <= count < 1 << (bits - 1):
            raise InvalidValueError(f"does not fit into {to}", count)
        return count

    return convert


def _day_time_text(span: Span) -> str:
    """Return `INTERVAL '1 02:03:04.5' DAY TO SECOND`."""
    sign, rest = "-" if span.micros < 0 else "", abs(span.micros)
    days, rest = divmod(rest, _MICROS["day"])
    hours, rest = divmod(rest, _MICROS["hour"])
    minutes, rest = divmod(rest, _MICROS["minute"])
    seconds, micros = divmod(rest, _MICROS["second"])
    fraction = f".{micros:06d}".rstrip("0") if micros else ""
    return f"INTERVAL '{sign}{days} {hours:02d}:{minutes:02d}:{seconds:02d}{fraction}' DAY TO SECOND"


def _year_month_text(span: Span) -> str:
    sign, months = "-" if span.months < 0 else "", abs(span.months)
    return f"INTERVAL '{sign}{months // 12}-{months % 12}' YEAR TO MONTH"
