"""Functions that move between instants and the clocks of zones, and that add to times and subtract them.

Follows Spark's `catalyst/util/DateTimeUtils.scala` and `catalyst/expressions/datetimeExpressions.scala`
(4.2).
"""

from __future__ import annotations

import calendar
import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from sparklet.errors import InvalidValueError
from sparklet.java.zones import Zone, beyond, zone_of
from sparklet.profile import Profile
from sparklet.sql.casts import cast, wrapped
from sparklet.sql.dates import local, timestamp
from sparklet.sql.functions import function, map1, map2, maps, refuse_types, zone_for
from sparklet.sql.nodes import Refused
from sparklet.sql.strings import string
from sparklet.sql.times import EPOCH, to_micros
from sparklet.sql.typed import Typed, always
from sparklet.types import (
    BYTE,
    DATE,
    INTEGER,
    LONG,
    NULL,
    SHORT,
    STRING,
    TIMESTAMP,
    TIMESTAMP_NTZ,
    DecimalType,
    IntegralType,
    is_numeric,
)

__all__ = ["added"]

_MICROSECOND = dt.timedelta(microseconds=1)


def _instant(micros: int) -> dt.datetime:
    try:
        return EPOCH + micros * _MICROSECOND
    except OverflowError:
        raise beyond(micros) from None


# --- numbers since 1970 -----------------------------------------------------------------------------


def _from_number(name: str, factor: int) -> None:
    @function(name, takes="n", gives="t")
    def build(_profile: Profile, operand: Typed) -> Typed:
        if not isinstance(operand.type, IntegralType):
            raise refuse_types(name, operand)
        return map1(lambda value: _instant(value * factor), operand, TIMESTAMP)


def _to_number(name: str, factor: int) -> None:
    @function(name, takes="t", gives="n")
    def build(profile: Profile, operand: Typed) -> Typed:
        moment = timestamp(name, operand, profile)
        return map1(lambda value: to_micros(value) // factor, moment, LONG)


for _name, _factor in {"millis": 1000, "micros": 1}.items():
    _from_number(f"timestamp_{_name}", _factor)
for _name, _factor in {"seconds": 1_000_000, "millis": 1000, "micros": 1}.items():
    _to_number(f"unix_{_name}", _factor)


@function("unix_date", takes="d", gives="n")
def unix_date(profile: Profile, operand: Typed) -> Typed:
    """Return the days since 1970."""
    return map1(lambda day: (day - EPOCH.date()).days, cast(operand, DATE, profile), INTEGER)


@function("date_from_unix_date", takes="n", gives="d")
def date_from_unix_date(_profile: Profile, operand: Typed) -> Typed:
    """Return the date so many days after 1970."""
    if operand.type not in (BYTE, SHORT, INTEGER):
        raise refuse_types("date_from_unix_date", operand)

    def made(days: int) -> dt.date:
        try:
            return EPOCH.date() + dt.timedelta(days=days)
        except OverflowError:
            raise beyond(days) from None

    return map1(made, operand, DATE)


# --- zones ------------------------------------------------------------------------------------------


def _zone(name: str) -> Zone:
    zone = zone_of(name)
    if zone is None:
        raise InvalidValueError(f"is no time zone: {name[:80]!r}", name)
    return zone


def _named_zone(function: str, operand: Typed, profile: Profile) -> Typed:
    """Return the operand as the name of a zone; a constant that names none is refused."""
    names = string(function, operand, profile)
    if names.constant and names.value is not None and zone_of(names.value) is None:
        raise Refused(f"the time zone {names.value!r:.80}")
    return names


@function("from_utc_timestamp", takes="ts", gives="t")
def from_utc_timestamp(profile: Profile, operand: Typed, zone: Typed) -> Typed:
    """Return the instant at which UTC's clock shows what the zone's clock shows at this instant."""
    names = _named_zone("from_utc_timestamp", zone, profile)
    moment = timestamp("from_utc_timestamp", operand, profile)
    return map2(lambda value, name: _zone(name).local(value), moment, names, TIMESTAMP)


@function("to_utc_timestamp", takes="ts", gives="t")
def to_utc_timestamp(profile: Profile, operand: Typed, zone: Typed) -> Typed:
    """Return the instant at which the zone's clock shows what UTC's clock shows at this instant."""
    names = _named_zone("to_utc_timestamp", zone, profile)
    moment = timestamp("to_utc_timestamp", operand, profile)
    return map2(lambda value, name: _zone(name).instant(value), moment, names, TIMESTAMP)


@function("convert_timezone", takes="st[t]", gives="t")
def convert_timezone(profile: Profile, *operands: Typed) -> Typed:
    """Return what the clock of one zone shows when the clock of another, or the session's, shows this."""
    *zones, time = operands
    source = zones[0] if len(zones) == 2 else current_timezone(profile)
    names = [_named_zone("convert_timezone", zone, profile) for zone in (source, zones[-1])]
    if time.type not in (DATE, TIMESTAMP, TIMESTAMP_NTZ, STRING, NULL):
        raise refuse_types("convert_timezone", time)
    clock = cast(time, TIMESTAMP_NTZ, profile)
    return maps(
        lambda of, to, value: _zone(to).local(_zone(of).instant(value)), [*names, clock], TIMESTAMP_NTZ
    )


@function("current_timezone", takes="", gives="s")
def current_timezone(profile: Profile) -> Typed:
    """Return the session's time zone as it is set."""
    zone_for(profile)
    return always(profile.timezone, STRING)


# --- from numbers -----------------------------------------------------------------------------------

_SECONDS = DecimalType(16, 6)
_MICROS = 1_000_000


def _clock(year: int, month: int, day: int, hour: int, minute: int, seconds: Decimal) -> dt.datetime | None:
    """Return the time with these parts, None where there is none; second 60 is the next minute's first."""
    whole, micros = divmod(wrapped(int(seconds * _MICROS), 32), _MICROS)
    if whole == 60 and micros:
        return None
    try:
        made = dt.datetime(year, month, day, hour, minute, 0 if whole == 60 else whole, micros)  # noqa: DTZ001
        return made + dt.timedelta(minutes=1) if whole == 60 else made
    except (ValueError, OverflowError):
        if not dt.MINYEAR <= year <= dt.MAXYEAR and 1 <= month <= 12 and 1 <= day <= 31:
            raise beyond(year) from None
        return None


def _made_of_numbers(name: str, *, zoned: bool) -> Callable[..., Typed]:
    lenient = name.startswith("try_")

    def build(profile: Profile, *operands: Typed) -> Typed:
        parts, zones = operands[:6], operands[6:]
        if not all(part.type in (BYTE, SHORT, INTEGER, NULL) for part in parts[:5]):
            raise refuse_types(name, *parts[:5])
        if not (is_numeric(parts[5].type) or parts[5].type == NULL):
            raise refuse_types(name, parts[5])
        seconds = cast(parts[5], _SECONDS, profile)
        ansi = profile.ansi and not lenient
        session = zone_for(profile) if zoned and not zones else None

        def made(*values: Any) -> dt.datetime | None:
            zone = zone_of(values[6]) if zones else session
            clock = _clock(*values[:6])
            if clock is None or (zones and zone is None):
                if ansi:
                    raise InvalidValueError("is no date and time", values)
                return None
            return clock if zone is None else zone.instant(clock)

        names = [_named_zone(name, zone, profile) for zone in zones]
        numbers = [cast(part, INTEGER, profile) for part in parts[:5]]
        return maps(made, [*numbers, seconds, *names], TIMESTAMP if zoned else TIMESTAMP_NTZ)

    return build


for _name in ("make_timestamp", "make_timestamp_ltz"):
    function(_name, takes="nnnnnn[s]", gives="t")(_made_of_numbers(_name, zoned=True))
for _name in ("try_make_timestamp", "try_make_timestamp_ltz"):
    function(_name, takes="nnnnnn[s]", gives="t", since="4.0")(_made_of_numbers(_name, zoned=True))
function("make_timestamp_ntz", takes="nnnnnn", gives="t")(_made_of_numbers("make_timestamp_ntz", zoned=False))
function("try_make_timestamp_ntz", takes="nnnnnn", gives="t", since="4.0")(
    _made_of_numbers("try_make_timestamp_ntz", zoned=False)
)


# --- sums and differences ---------------------------------------------------------------------------


def _months_later(time: dt.datetime, months: int) -> dt.datetime:
    year, month = divmod(time.year * 12 + time.month - 1 + months, 12)
    if not dt.MINYEAR <= year <= dt.MAXYEAR:
        raise beyond(f"{time} + {months} months")
    return time.replace(
        year=year, month=month + 1, day=min(time.day, calendar.monthrange(year, month + 1)[1])
    )


def added(zone: Zone, instant: dt.datetime, months: int, days: int, micros: int) -> dt.datetime:
    """Return the instant later by months and days of the zone's calendar, then by microseconds.

    >>> from sparklet.java.zones import zone_of
    >>> added(zone_of("Europe/Paris"), dt.datetime(2024, 3, 30, 1, 30), 0, 1, 0)
    datetime.datetime(2024, 3, 31, 1, 30)
    """
    try:
        if months:
            clock = _months_later(zone.local(instant), months)
            instant = zone.keeping(clock, zone.offset(instant))
        if days:
            clock = zone.local(instant) + dt.timedelta(days=days)
            instant = zone.keeping(clock, zone.offset(instant))
        return instant + micros * _MICROSECOND
    except OverflowError:
        raise beyond(instant) from None


# Of one unit: months, days, microseconds.
_UNITS = {
    "microsecond": (0, 0, 1), "millisecond": (0, 0, 1000), "second": (0, 0, _MICROS),
    "minute": (0, 0, 60 * _MICROS), "hour": (0, 0, 3600 * _MICROS), "day": (0, 1, 0), "dayofyear": (0, 1, 0),
    "week": (0, 7, 0), "month": (1, 0, 0), "quarter": (3, 0, 0), "year": (12, 0, 0),
}  # fmt: skip
_WHOLE = (BYTE, SHORT, INTEGER)
_UTC = Zone("UTC")


@function("timestampadd", takes="snt", gives="t")
def timestampadd(profile: Profile, unit: Typed, count: Typed, operand: Typed) -> Typed:
    """Return the time so many units later."""
    months, days, micros = _UNITS[unit.value.lower()]
    if count.type not in _WHOLE:
        raise refuse_types("timestampadd", count)
    # A time without zone is moved on UTC's clock, which has no gaps.
    moment = operand if operand.type == TIMESTAMP_NTZ else timestamp("timestampadd", operand, profile)
    exact = not (months or days) or operand.type == TIMESTAMP_NTZ
    zone = _UTC if exact else zone_for(profile)
    return map2(
        lambda number, time: added(zone, time, number * months, number * days, number * micros),
        count,
        moment,
        moment.type,
    )


def _whole_months(start: dt.datetime, end: dt.datetime) -> int:
    months = (end.year - start.year) * 12 + end.month - start.month
    rest = ((end.day, end.time()) > (start.day, start.time())) - (
        (end.day, end.time()) < (start.day, start.time())
    )
    return months - (months > 0 > rest) + (months < 0 < rest)


@function("timestampdiff", takes="stt", gives="n")
def timestampdiff(profile: Profile, unit: Typed, start: Typed, end: Typed) -> Typed:
    """Return the whole units from one time to another on the session's clock, rounded towards zero."""
    months, days, micros = _UNITS[unit.value.lower()]
    one, other = (timestamp("timestampdiff", each, profile) for each in (start, end))
    clocks = local("timestampdiff", one, profile), local("timestampdiff", other, profile)
    size = micros + days * 86400 * _MICROS

    def between(one: dt.datetime, other: dt.datetime) -> int:
        if months:
            whole = _whole_months(one, other)
            return whole // months if whole >= 0 else -(-whole // months)
        distance = (other - one) // _MICROSECOND
        return distance // size if distance >= 0 else -(-distance // size)

    return map2(between, *clocks, LONG)
