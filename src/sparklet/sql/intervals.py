"""INTERVAL literals, the functions that make intervals, and dates and times that are moved by them.

Follows Spark's `catalyst/util/IntervalUtils.scala`, `catalyst/expressions/intervalExpressions.scala` and
`catalyst/analysis/BinaryArithmeticWithDatetimeResolver.scala` (3.5 and 4.3).
"""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Callable, Iterable
from decimal import Decimal
from fractions import Fraction
from typing import Any, NamedTuple

from sparklet.errors import InvalidValueError
from sparklet.java.zones import Zone
from sparklet.profile import Profile
from sparklet.sql.casts import cast
from sparklet.sql.functions import function, map1, map2, maps, refuse_types, zone_for
from sparklet.sql.instants import added
from sparklet.sql.nodes import Refused
from sparklet.sql.typed import Typed, always
from sparklet.types import (
    BYTE,
    DATE,
    INTEGER,
    NULL,
    SHORT,
    STRING,
    TIMESTAMP,
    TIMESTAMP_NTZ,
    CalendarIntervalType,
    DataType,
    DayTimeIntervalType,
    DecimalType,
    YearMonthIntervalType,
    is_numeric,
)

__all__ = ["INTERVALS", "Span", "are_ordered_intervals", "between", "moved", "negated", "scaled"]

_MICROS = 1_000_000
_HOUR = 3600 * _MICROS
_DAY = 24 * _HOUR
_OF_MONTHS = {"month": 1, "year": 12}
_OF_MICROS = {
    "microsecond": 1, "millisecond": 1000, "second": _MICROS, "minute": 60 * _MICROS, "hour": _HOUR,
    "day": _DAY, "week": 7 * _DAY,
}  # fmt: skip
_WHOLE = re.compile(r"\s*([+-]?[0-9]{1,9})\s*")
_SECONDS = re.compile(r"\s*([+-]?[0-9]{1,9}(?:\.[0-9]{1,6})?)\s*")
_CALENDAR = CalendarIntervalType()
_MONTHS = YearMonthIntervalType("year", "month")
_TIME = DayTimeIntervalType("day", "second")
_DAYS = DayTimeIntervalType("day", "day")
_UTC = Zone("UTC")

INTERVALS = (CalendarIntervalType, DayTimeIntervalType, YearMonthIntervalType)
"""The types of intervals, which no column has."""


def are_ordered_intervals(*types: DataType) -> bool:
    """Return whether the types are intervals that Spark compares: all of months, or all of days and times."""
    return any(all(isinstance(type, kind) for type in types) for kind in INTERVALS[1:])


class Span(NamedTuple):
    """The value of an interval; one of days and times has all of them in `micros`."""

    months: int
    days: int
    micros: int


# --- literals ---------------------------------------------------------------------------------------


def _amount(text: str, unit: str) -> int:
    match = (_SECONDS if unit == "second" else _WHOLE).fullmatch(text)
    if match is None or (unit not in _OF_MONTHS and unit not in _OF_MICROS):
        raise Refused(f"INTERVAL '{text[:40]}' {unit.upper()}")
    if unit in _OF_MONTHS:
        return int(match[1]) * _OF_MONTHS[unit]
    return int(Decimal(match[1]) * _OF_MICROS[unit])


@function("interval", takes=".*", gives=".")
def interval(_profile: Profile, *parts: Typed) -> Typed:
    """Return the sum of amounts of units: INTERVAL 1 DAY 12 HOURS."""
    written = [
        (str(amount.value), str(unit.value)) for amount, unit in zip(parts[::2], parts[1::2], strict=True)
    ]
    if len(written) == 1 and " to " in written[0][1]:
        return _range(*written[0])
    units = {unit for _, unit in written}
    total = sum(_amount(*part) for part in written)
    if units <= _OF_MONTHS.keys():
        return always(Span(total, 0, 0), YearMonthIntervalType(*_bounds(units, ("year", "month"))))
    if not units.isdisjoint(_OF_MONTHS):
        raise Refused("an INTERVAL of months and days")
    fields = {"day" if unit == "week" else "second" if unit.endswith("second") else unit for unit in units}
    return always(Span(0, 0, total), DayTimeIntervalType(*_bounds(fields, _ORDER)))


def _bounds(fields: Iterable[str], order: tuple[str, ...]) -> tuple[str, str]:
    """Return the largest and the smallest of the fields of an interval."""
    places = sorted([order.index(field) for field in fields])
    return order[places[0]], order[places[-1]]


_ORDER = ("day", "hour", "minute", "second")
_BETWEEN = (" +", ":", ":")
_MOST = {"hour": 23, "minute": 59, "second": 59}


def _range(text: str, units: str) -> Typed:
    """Return INTERVAL '1 02:03:04' DAY TO SECOND, or INTERVAL '1-2' YEAR TO MONTH."""
    refused = Refused(f"INTERVAL '{text[:40]}' {units.upper()}")
    if units == "year to month":
        match = re.fullmatch(r"\s*([+-]?)([0-9]{1,4})-([0-9]{1,2})\s*", text)
        if match is None or int(match[3]) > 11:
            raise refused
        months = int(match[2]) * 12 + int(match[3])
        return always(Span(-months if match[1] == "-" else months, 0, 0), _MONTHS)
    first, last = units.split(" to ")
    if first not in _ORDER or last not in _ORDER or _ORDER.index(first) >= _ORDER.index(last):
        raise refused
    start, end = _ORDER.index(first), _ORDER.index(last)
    pattern = r"\s*([+-]?)([0-9]{1,9}(?:\.[0-9]{1,6})?)"
    for place in range(start, end):
        pattern += _BETWEEN[place] + r"([0-9]{1,2}(?:\.[0-9]{1,6})?)"
    match = re.fullmatch(pattern + r"\s*", text)
    if match is None:
        raise refused
    micros = 0
    for unit, digits in zip(_ORDER[start : end + 1], match.groups()[1:], strict=True):
        if ("." in digits and unit != "second") or (unit != first and Decimal(digits) >= _MOST[unit] + 1):
            raise refused
        micros += int(Decimal(digits) * _OF_MICROS[unit])
    return always(Span(0, 0, -micros if match[1] == "-" else micros), DayTimeIntervalType(first, last))


# --- functions that make intervals ------------------------------------------------------------------

_AMOUNT = DecimalType(18, 6)


def _fits(value: int, bits: int) -> int:
    if not -(1 << (bits - 1)) <= value < 1 << (bits - 1):
        raise InvalidValueError("is more than an interval holds", value)
    return value


def _calendar(
    years: int, months: int, weeks: int, days: int, hours: int, minutes: int, seconds: Decimal
) -> Span:
    micros = int(seconds * _MICROS) + hours * _HOUR + minutes * 60 * _MICROS
    return Span(_fits(years * 12 + months, 32), _fits(weeks * 7 + days, 32), _fits(micros, 64))


def _day_time(days: int, hours: int, minutes: int, seconds: Decimal) -> Span:
    micros = days * _DAY + hours * _HOUR + minutes * 60 * _MICROS + int(seconds * _MICROS)
    return Span(0, 0, _fits(micros, 64))


def _year_month(years: int, months: int) -> Span:
    return Span(_fits(years * 12 + months, 32), 0, 0)


def _makes(name: str, of: Callable[..., Span], count: int, type: DataType) -> Callable[..., Typed]:
    """Return the builder of a function of that many numbers, of which the seventh or fourth is seconds."""
    # Where it is not told otherwise by the session or the name, an interval that does not fit is an error.
    lenient = name == "try_make_interval"

    def build(profile: Profile, *operands: Typed) -> Typed:
        seconds = operands[count - 1 :] if count > 2 else ()
        whole = operands[: count - len(seconds)] if count > 2 else operands
        if not all(each.type in (BYTE, SHORT, INTEGER, NULL) for each in whole):
            raise refuse_types(name, *whole)
        if not all(is_numeric(each.type) or each.type == NULL for each in seconds):
            raise refuse_types(name, *seconds)
        numbers = [cast(each, INTEGER, profile) for each in whole]
        numbers += [always(0, INTEGER)] * (count - len(numbers) - (count > 2))
        if count > 2:
            numbers.append(cast(seconds[0], _AMOUNT, profile) if seconds else always(Decimal(0), _AMOUNT))
        null = lenient or (type == _CALENDAR and not profile.ansi)

        def made(*values: Any) -> Span | None:
            try:
                return of(*values)
            except InvalidValueError:
                if null:
                    return None
                raise

        return maps(made, numbers, type)

    return build


function("make_interval", takes="[nnnnnnn]", gives=".")(_makes("make_interval", _calendar, 7, _CALENDAR))
function("try_make_interval", takes="[nnnnnnn]", gives=".", since="4.0")(
    _makes("try_make_interval", _calendar, 7, _CALENDAR)
)
function("make_dt_interval", takes="[nnnn]", gives=".")(_makes("make_dt_interval", _day_time, 4, _TIME))
function("make_ym_interval", takes="[nn]", gives=".")(_makes("make_ym_interval", _year_month, 2, _MONTHS))


# --- arithmetic -------------------------------------------------------------------------------------


def _combined(one: Span, other: Span, sign: int = 1) -> Span:
    months, days, micros = (a + sign * b for a, b in zip(one, other, strict=True))
    return Span(_fits(months, 32), _fits(days, 32), _fits(micros, 64))


def negated(operand: Typed) -> Typed:
    """Return the interval of the other sign."""
    return map1(lambda span: _combined(Span(0, 0, 0), span, -1), operand, operand.type)


def _rounded(value: Fraction | float) -> int:
    """Return the nearest whole number, of two the one farther from zero."""
    if isinstance(value, float) and not math.isfinite(value):
        raise InvalidValueError("is more than an interval holds", value)
    exact = Fraction(value)
    whole = math.floor(abs(exact) + Fraction(1, 2))
    return whole if exact >= 0 else -whole


def _times(amount: int, factor: Any, *, divides: bool) -> int:
    if divides and not factor:
        raise InvalidValueError("divides an interval, and is zero", factor)
    number = factor if isinstance(factor, float) else Fraction(factor)
    return _rounded(amount / number if divides else amount * number)


def scaled(left: Typed, right: Typed, *, divides: bool = False) -> Typed | None:
    """Return the product, or the quotient, of an interval and a number; None for other operands."""
    span, number = (left, right) if divides or isinstance(left.type, INTERVALS) else (right, left)
    if not isinstance(span.type, INTERVALS):
        return None
    if span.type == _CALENDAR or not is_numeric(number.type):
        raise Refused(f"{left.type} {'/' if divides else '*'} {right.type}")

    def product(value: Span, factor: Any) -> Span:
        months, micros = (_times(part, factor, divides=divides) for part in (value.months, value.micros))
        return Span(_fits(months, 32), 0, _fits(micros, 64))

    return map2(product, span, number, _MONTHS if isinstance(span.type, YearMonthIntervalType) else _TIME)


def moved(start: Typed, span: Typed, sign: int, profile: Profile) -> Typed | None:
    """Return what + and - make of a date, time or INTERVAL and an INTERVAL, None for other operands."""
    if not isinstance(span.type, INTERVALS):
        return None
    if isinstance(start.type, INTERVALS):
        if start.type.__class__ is not span.type.__class__:
            raise Refused(f"{start.type} and {span.type} as operands")
        return map2(
            lambda one, other: _combined(one, other, sign), start, span, _united(start.type, span.type)
        )
    if start.type == STRING and not isinstance(span.type, YearMonthIntervalType):
        time = _moved(cast(start, TIMESTAMP, profile), span, sign, zone_for(profile))
        return cast(time, STRING, profile)
    if start.type not in (DATE, TIMESTAMP, TIMESTAMP_NTZ):
        raise Refused(f"{start.type} and an INTERVAL as operands")
    if start.type == DATE and span.type == _CALENDAR:
        return _date_moved(start, span, sign, profile)
    if start.type == DATE and (span.type == _DAYS or isinstance(span.type, YearMonthIntervalType)):
        return cast(_moved(cast(start, TIMESTAMP_NTZ, profile), span, sign, _UTC), DATE, profile)
    if start.type == TIMESTAMP_NTZ:
        return _moved(start, span, sign, _UTC)
    return _moved(cast(start, TIMESTAMP, profile), span, sign, zone_for(profile))


def _united(one: DataType, other: DataType) -> DataType:
    """Return the type of a sum of two intervals, which has the fields of both."""
    if isinstance(one, DayTimeIntervalType) and isinstance(other, DayTimeIntervalType):
        return DayTimeIntervalType(*_bounds((one.start, one.end, other.start, other.end), _ORDER))
    if isinstance(one, YearMonthIntervalType) and isinstance(other, YearMonthIntervalType):
        return YearMonthIntervalType(
            *_bounds((one.start, one.end, other.start, other.end), ("year", "month"))
        )
    return one


def between(end: Typed, start: Typed, profile: Profile) -> Typed | None:
    """Return the interval from a date or time to another, None for other operands.

    Times are subtracted on the clock of the session's zone.
    """
    types = {end.type, start.type}
    if types == {DATE}:
        return map2(lambda one, other: Span(0, 0, (one - other).days * _DAY), end, start, _DAYS)
    if types <= {DATE, TIMESTAMP}:
        zone = zone_for(profile)
        ends = cast(end, TIMESTAMP, profile), cast(start, TIMESTAMP, profile)
        return map2(lambda one, other: _distance(zone.local(one), zone.local(other)), *ends, _TIME)
    if types <= {DATE, TIMESTAMP_NTZ}:
        return map2(_distance, cast(end, TIMESTAMP_NTZ, profile), cast(start, TIMESTAMP_NTZ, profile), _TIME)
    return None


def _distance(end: dt.datetime, start: dt.datetime) -> Span:
    return Span(0, 0, (end - start) // dt.timedelta(microseconds=1))


def _moved(start: Typed, span: Typed, sign: int, zone: Zone) -> Typed:
    of_days = isinstance(span.type, DayTimeIntervalType)

    def later(time: dt.datetime, value: Span) -> dt.datetime:
        months, days, micros = (sign * part for part in value)
        if of_days:
            # Whole days are days of the calendar, also where hours amount to them.
            days = micros // _DAY if micros >= 0 else -(-micros // _DAY)
            micros -= days * _DAY
        return added(zone, time, months, days, micros)

    return map2(later, start, span, start.type)


def _date_moved(start: Typed, span: Typed, sign: int, profile: Profile) -> Typed:
    """Return the date later by an interval of months, days and microseconds, of which ANSI allows none."""
    zone = zone_for(profile)
    ansi = profile.ansi

    def later(day: dt.date, value: Span) -> dt.date:
        months, days, micros = (sign * part for part in value)
        if not micros:
            midnight = dt.datetime.combine(day, dt.time())
            return added(_UTC, midnight, months, days, 0).date()
        if ansi:
            raise InvalidValueError("is added to a date, and has microseconds", value)
        return zone.local(added(zone, zone.start_of_day(day), months, days, micros)).date()

    return map2(later, start, span, DATE)
