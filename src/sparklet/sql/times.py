"""Dates and times as Spark reads them from text, and the epoch that they are counted from.

A timestamp is an instant: a `datetime` without timezone, in UTC.
"""

from __future__ import annotations

import datetime as dt
import re

from sparklet.java.clock import now
from sparklet.java.zones import Zone, beyond, zone_of

__all__ = ["EPOCH", "parse_date", "parse_local", "parse_timestamp", "to_micros", "to_seconds"]

EPOCH = dt.datetime(1970, 1, 1)  # noqa: DTZ001 - an instant
BLANK = "".join(map(chr, [*range(33), 127]))

_DATE = re.compile(r"([+-]?)([0-9]{4,7})(?:-([0-9]{1,2})(?:-([0-9]{1,2})(?:[ T].*)?)?)?", re.DOTALL)
_TIMESTAMP = re.compile(
    r"""(?:(?P<sign>[+-]?)(?P<year>[0-9]{4,6})(?:-(?P<month>[0-9]{1,2})(?:-(?P<day>[0-9]{1,2})(?:[ T]
    (?P<rest>.*))?)?)?)""",
    re.VERBOSE | re.DOTALL,
)
# An hour may stand alone, then minutes follow, then seconds; a zone only behind the seconds.
_TIME = re.compile(
    r"""(?P<hour>[0-9]{1,2})(?::(?P<minute>[0-9]{1,2})(?::(?P<second>[0-9]{1,2})
    (?:\.(?P<fraction>[0-9]*))?(?P<zone>[^0-9.].*)?)?)?""",
    re.VERBOSE | re.DOTALL,
)


def parse_date(text: str) -> dt.date | None:
    """Return Spark's cast of a string to date, null where it is none.

    >>> parse_date(" 2024-2-29T10:00 "), parse_date("2024"), parse_date("24-02-29")
    (datetime.date(2024, 2, 29), datetime.date(2024, 1, 1), None)
    """
    match = _DATE.fullmatch(text.strip(BLANK))
    if match is None:
        return None
    sign, year, month, day = match.groups()
    return _date(-int(year) if sign == "-" else int(year), int(month or 1), int(day or 1))


def _date(year: int, month: int, day: int) -> dt.date | None:
    try:
        return dt.date(year, month, day)
    except ValueError:
        if dt.MINYEAR <= year <= dt.MAXYEAR or not (1 <= month <= 12 and 1 <= day <= 31):
            return None
        raise beyond(f"{year}-{month}-{day}") from None


def parse_timestamp(text: str, session: Zone) -> dt.datetime | None:
    """Return Spark's cast of a string to timestamp, null where it is none.

    The session's zone is that of a text without one.

    >>> utc = zone_of("UTC")
    >>> parse_timestamp("2024-02-29 10:30", utc), parse_timestamp("2024-02-29T10:30:05.25+02:00", utc)
    (datetime.datetime(2024, 2, 29, 10, 30), datetime.datetime(2024, 2, 29, 8, 30, 5, 250000))
    """
    parts = _parse(text)
    if parts is None:
        return None
    date, clock, name = parts
    zone = zone_of(name) if name else session
    if zone is None:
        return None
    if date is None:
        date = zone.local(now()).date()
    return zone.instant(dt.datetime.combine(date, clock))


def parse_local(text: str, *, zones: bool = True) -> dt.datetime | None:
    """Return Spark's cast of a string to timestamp_ntz, which ignores a zone, null where it is none.

    Without `zones`, a text with a zone is none either.

    >>> parse_local("2024-02-29T10:30:05.25+02:00")
    datetime.datetime(2024, 2, 29, 10, 30, 5, 250000)
    """
    parts = _parse(text)
    if parts is None or parts[0] is None or (parts[2] and (not zones or zone_of(parts[2]) is None)):
        return None
    return dt.datetime.combine(parts[0], parts[1])


def _parse(text: str) -> tuple[dt.date | None, dt.time, str] | None:
    """Return the date, the time and the name of the zone in a text; without a date, it means today."""
    text = text.strip(BLANK)
    only_time = text.removeprefix("T")
    if (":" in only_time[:3] or only_time != text) and (time := _parse_time(only_time)) is not None:
        return None, *time
    match = _TIMESTAMP.fullmatch(text)
    if match is None:
        return None
    year = -int(match["year"]) if match["sign"] == "-" else int(match["year"])
    time = _parse_time(match["rest"])
    if time is None:
        return None
    date = _date(year, int(match["month"] or 1), int(match["day"] or 1))
    return None if date is None else (date, *time)


def _parse_time(text: str | None) -> tuple[dt.time, str] | None:
    if text is None:
        return dt.time(), ""
    match = _TIME.fullmatch(text)
    if match is None:
        return None
    micros = ((match["fraction"] or "") + "000000")[:6]
    try:
        clock = dt.time(int(match["hour"]), int(match["minute"] or 0), int(match["second"] or 0), int(micros))
    except ValueError:
        return None
    zone = (match["zone"] or "").strip(BLANK)
    return clock, zone


def to_seconds(value: dt.datetime) -> int:
    """Return the whole seconds since 1970, rounded down."""
    return (value - EPOCH) // dt.timedelta(seconds=1)


def to_micros(value: dt.datetime) -> int:
    """Return the microseconds since 1970."""
    return (value - EPOCH) // dt.timedelta(microseconds=1)
