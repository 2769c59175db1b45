"""Functions of dates and times, on the clock of the session's time zone.

Follows Spark's `catalyst/expressions/datetimeExpressions.scala` and `catalyst/util/DateTimeUtils.scala`
(4.2).
"""

from __future__ import annotations

import calendar
import datetime as dt
import math
from collections.abc import Callable

from sparklet.errors import InvalidValueError
from sparklet.java.zones import Zone, beyond
from sparklet.profile import Profile
from sparklet.sql.casts import cast
from sparklet.sql.functions import function, map1, map2, maps, refuse_types, zone_for
from sparklet.sql.nodes import Refused
from sparklet.sql.typed import Typed
from sparklet.types import (
    BYTE,
    DATE,
    DOUBLE,
    INTEGER,
    NULL,
    SHORT,
    STRING,
    TIMESTAMP,
    TIMESTAMP_NTZ,
    IntegralType,
)

__all__ = ["date", "field", "local", "timestamp"]


def date(name: str, operand: Typed, profile: Profile) -> Typed:
    """Return the operand as a date."""
    if operand.type not in (DATE, TIMESTAMP, TIMESTAMP_NTZ, STRING, NULL):
        raise refuse_types(name, operand)
    return cast(operand, DATE, profile)


def timestamp(name: str, operand: Typed, profile: Profile) -> Typed:
    """Return the operand as a timestamp."""
    if operand.type not in (DATE, TIMESTAMP, TIMESTAMP_NTZ, STRING, NULL):
        raise refuse_types(name, operand)
    return cast(operand, TIMESTAMP, profile)


def local(name: str, operand: Typed, profile: Profile) -> Typed:
    """Return the operand as a time on the clock of the session's zone."""
    if operand.type == TIMESTAMP_NTZ:
        return operand
    return cast(timestamp(name, operand, profile), TIMESTAMP_NTZ, profile)


# --- parts -----------------------------------------------------------------------------------------

_OF_DATE: dict[str, Callable[[dt.date], int]] = {
    "year": lambda day: day.year,
    "quarter": lambda day: (day.month + 2) // 3,
    "month": lambda day: day.month,
    "day": lambda day: day.day,
    "dayofweek": lambda day: day.isoweekday() % 7 + 1,  # Sunday is 1
    "weekday": dt.date.weekday,  # Monday is 0
    "dayofyear": lambda day: day.timetuple().tm_yday,
    "weekofyear": lambda day: day.isocalendar().week,
}
_OF_TIME: dict[str, Callable[[dt.datetime], int]] = {
    "hour": lambda time: time.hour,
    "minute": lambda time: time.minute,
    "second": lambda time: time.second,
}
_ALSO = {"day": ("dayofmonth",)}


def field(name: str, operand: Typed, profile: Profile) -> Typed:
    """Return a field of a date or time, such as its year."""
    return _of_date(name)(profile, operand) if name in _OF_DATE else _of_time(name)(profile, operand)


def _of_date(name: str) -> Callable[[Profile, Typed], Typed]:
    return lambda profile, operand: map1(_OF_DATE[name], date(name, operand, profile), INTEGER)


def _of_time(name: str) -> Callable[[Profile, Typed], Typed]:
    return lambda profile, operand: map1(_OF_TIME[name], local(name, operand, profile), INTEGER)


for _name in _OF_DATE:
    function(_name, *_ALSO.get(_name, ()), takes="d", gives="n")(_of_date(_name))
for _name in _OF_TIME:
    function(_name, takes="t", gives="n")(_of_time(_name))

_SHORT_DAYS = "Mon Tue Wed Thu Fri Sat Sun".split()
_SHORT_MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()


@function("dayname", takes="d", gives="s", since="4.0")
def dayname(profile: Profile, operand: Typed) -> Typed:
    """Return the day of the week in three letters."""
    return map1(lambda day: _SHORT_DAYS[day.weekday()], date("dayname", operand, profile), STRING)


@function("monthname", takes="d", gives="s", since="4.0")
def monthname(profile: Profile, operand: Typed) -> Typed:
    """Return the month in three letters."""
    return map1(lambda day: _SHORT_MONTHS[day.month - 1], date("monthname", operand, profile), STRING)


# --- arithmetic ------------------------------------------------------------------------------------


def _shifted(day: dt.date, days: int) -> dt.date:
    try:
        return day + dt.timedelta(days=days)
    except OverflowError:
        raise beyond(f"{day} + {days} days") from None


def _shift(name: str, sign: int) -> Callable[[Profile, Typed, Typed], Typed]:
    def build(profile: Profile, start: Typed, days: Typed) -> Typed:
        if days.type not in (BYTE, SHORT, INTEGER, NULL):
            raise refuse_types(name, start, days)
        return map2(
            lambda day, count: _shifted(day, sign * count),
            date(name, start, profile),
            cast(days, INTEGER, profile),
            DATE,
        )

    return build


function("date_add", "dateadd", takes="dn", gives="d")(_shift("date_add", 1))
function("date_sub", takes="dn", gives="d")(_shift("date_sub", -1))


@function("datediff", "date_diff", takes="dd", gives="n")
def datediff(profile: Profile, end: Typed, start: Typed) -> Typed:
    """Return the days from the second date to the first."""
    dates = date("datediff", end, profile), date("datediff", start, profile)
    return map2(lambda one, other: (one - other).days, *dates, INTEGER)


def _months_later(day: dt.date, months: int) -> dt.date:
    count = day.year * 12 + day.month - 1 + months
    year, month = divmod(count, 12)
    if not dt.MINYEAR <= year <= dt.MAXYEAR:
        raise beyond(f"{day} + {months} months")
    return dt.date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


@function("add_months", takes="dn", gives="d")
def add_months(profile: Profile, start: Typed, months: Typed) -> Typed:
    """Return the date so many months later, no later than the end of its month."""
    if months.type not in (BYTE, SHORT, INTEGER):
        raise refuse_types("add_months", start, months)
    return map2(_months_later, date("add_months", start, profile), cast(months, INTEGER, profile), DATE)


_DAYS = {day: number for number, names in enumerate(
    ("mo mon monday", "tu tue tuesday", "we wed wednesday", "th thu thursday", "fr fri friday",
     "sa sat saturday", "su sun sunday")) for day in names.split()}  # fmt: skip


@function("next_day", takes="ds", gives="d")
def next_day(profile: Profile, start: Typed, name: Typed) -> Typed:
    """Return the first date later than this one that is on the day of the week."""
    if name.type not in (STRING, NULL):
        raise refuse_types("next_day", start, name)
    ansi = profile.ansi

    def later(day: dt.date, text: str) -> dt.date | None:
        wanted = _DAYS.get(text.strip(" ").lower())
        if wanted is None:
            if ansi:
                raise InvalidValueError(f"is no day of the week: {text[:80]!r}", text)
            return None
        return _shifted(day, (wanted - day.weekday() - 1) % 7 + 1)

    return map2(later, date("next_day", start, profile), name, DATE)


@function("last_day", takes="d", gives="d")
def last_day(profile: Profile, operand: Typed) -> Typed:
    """Return the last day of the month."""
    return map1(
        lambda day: day.replace(day=calendar.monthrange(day.year, day.month)[1]),
        date("last_day", operand, profile),
        DATE,
    )


def _is_last(day: dt.date) -> bool:
    return day.day == calendar.monthrange(day.year, day.month)[1]


SECONDS_IN_31_DAYS = 31 * 86400


def _months_between(end: dt.datetime, start: dt.datetime, zone: Zone) -> float:
    one, other = zone.local(end).date(), zone.local(start).date()
    months = (one.year - other.year) * 12 + one.month - other.month
    if one.day == other.day or (_is_last(one) and _is_last(other)):
        return float(months)
    # Spark counts the seconds that have passed since the day began, not those on the clock.
    passed = [
        (instant - zone.start_of_day(day)) // dt.timedelta(seconds=1)
        for instant, day in ((end, one), (start, other))
    ]
    seconds = (one.day - other.day) * 86400 + passed[0] - passed[1]
    exact = months + seconds / SECONDS_IN_31_DAYS
    return math.floor(exact * 1e8 + 0.5) / 1e8


@function("months_between", takes="tt", gives="n")
def months_between(profile: Profile, end: Typed, start: Typed) -> Typed:
    """Return the months between two times, a month being 31 days, to eight places."""
    times = timestamp("months_between", end, profile), timestamp("months_between", start, profile)
    zone = zone_for(profile)
    return map2(lambda one, other: _months_between(one, other, zone), *times, DOUBLE)


# --- cutting off -----------------------------------------------------------------------------------

_CUTS: dict[str, Callable[[dt.date], dt.date]] = {
    **dict.fromkeys(("year", "yyyy", "yy"), lambda day: day.replace(month=1, day=1)),
    "quarter": lambda day: day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1),
    **dict.fromkeys(("month", "mon", "mm"), lambda day: day.replace(day=1)),
    "week": lambda day: _shifted(day, -day.weekday()),
}
_TIME_CUTS: dict[str, Callable[[dt.datetime], dt.datetime]] = {
    **dict.fromkeys(("day", "dd"), lambda time: time.replace(hour=0, minute=0, second=0, microsecond=0)),
    "hour": lambda time: time.replace(minute=0, second=0, microsecond=0),
    "minute": lambda time: time.replace(second=0, microsecond=0),
}
# Offsets are whole seconds, so these need no zone.
_INSTANT_CUTS: dict[str, Callable[[dt.datetime], dt.datetime]] = {
    "second": lambda time: time.replace(microsecond=0),
    "millisecond": lambda time: time.replace(microsecond=time.microsecond // 1000 * 1000),
}


def _unit(name: str, operand: Typed) -> str:
    if not operand.constant or not isinstance(operand.value, str):
        raise Refused(f"{name} to a unit that is no constant")
    return operand.value.lower()


@function("trunc", takes="ds", gives="d")
def trunc(profile: Profile, operand: Typed, unit: Typed) -> Typed:
    """Return the first day of the date's year, quarter, month or week; null for another unit."""
    cut = _CUTS.get(_unit("trunc", unit))
    return map1(cut or (lambda _: None), date("trunc", operand, profile), DATE)


def _day_cut(
    cut: Callable[[dt.date], dt.date], zone: Zone, *, keeps: bool
) -> Callable[[dt.datetime], dt.datetime]:
    """Return the function that cuts an instant off to a day's start.

    `keeps` tells that of a day that the zone had twice, the start with the offset of the instant is taken.
    """
    midnight = dt.time()

    def first(value: dt.datetime) -> dt.datetime:
        return zone.start_of_day(cut(zone.local(value).date()))

    def with_offset(value: dt.datetime) -> dt.datetime:
        local = dt.datetime.combine(cut(zone.local(value).date()), midnight)
        start = zone.keeping(local, zone.offset(value))
        return start if zone.local(start) == local else zone.start_of_day(local)

    return with_offset if keeps else first


@function("date_trunc", takes="st", gives="t")
def date_trunc(profile: Profile, unit: Typed, operand: Typed) -> Typed:
    """Return the time cut off to a unit from second to year; null for another unit."""
    name, time = _unit("date_trunc", unit), timestamp("date_trunc", operand, profile)
    if name == "microsecond":
        return time
    if name in _INSTANT_CUTS:
        return map1(_INSTANT_CUTS[name], time, TIMESTAMP)
    zone = zone_for(profile)
    if name in _CUTS:
        return map1(_day_cut(_CUTS[name], zone, keeps=profile.at_least("4.1+")), time, TIMESTAMP)
    cut = _TIME_CUTS.get(name)
    if cut is None:
        return map1(lambda _: None, time, TIMESTAMP)
    if zone.is_utc:
        return map1(cut, time, TIMESTAMP)
    return map1(lambda value: zone.keeping(cut(zone.local(value)), zone.offset(value)), time, TIMESTAMP)


@function("make_date", takes="nnn", gives="d")
def make_date(profile: Profile, year: Typed, month: Typed, day: Typed) -> Typed:
    """Return the date of these numbers; where there is none, null, under ANSI an error."""
    parts = [year, month, day]
    if any(part.type not in (BYTE, SHORT, INTEGER) for part in parts):
        raise refuse_types("make_date", *parts)
    ansi = profile.ansi

    def made(*numbers: int) -> dt.date | None:
        try:
            return dt.date(*numbers)
        except ValueError:
            if not dt.MINYEAR <= numbers[0] <= dt.MAXYEAR:
                raise beyond(numbers) from None
            if ansi:
                raise InvalidValueError("is no date", numbers) from None
            return None

    return maps(made, parts, DATE)


def plus_days(start: Typed, days: Typed, sign: int, profile: Profile) -> Typed | None:
    """Return what + and - make of a date and a number of days, None for other operands."""
    if start.type != DATE or days.type not in (BYTE, SHORT, INTEGER):
        return None
    return _shift("+", sign)(profile, start, days)


# --- seconds ---------------------------------------------------------------------------------------


def _seconds(operand: Typed, profile: Profile) -> Typed:
    if not isinstance(operand.type, IntegralType):
        raise refuse_types("timestamp_seconds", operand)
    return cast(operand, TIMESTAMP, profile)


function("timestamp_seconds", takes="n", gives="t")(lambda profile, operand: _seconds(operand, profile))
