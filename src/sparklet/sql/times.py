"""Dates and times as Spark reads them from text, and the epoch that they are counted from.

A timestamp is a `datetime` without timezone that means the session's, which is UTC.
"""

from __future__ import annotations

import datetime as dt
import re
import zoneinfo

from sparklet.errors import InvalidValueError

__all__ = ["EPOCH", "beyond", "parse_date", "parse_timestamp", "to_seconds"]

EPOCH = dt.datetime(1970, 1, 1)  # noqa: DTZ001 - the session's timezone is UTC
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
_LARGEST_OFFSET = dt.timedelta(hours=18)
_OFFSET = re.compile(r"(?:UTC|GMT|UT)?([+-])([0-9]{1,2})(?::?([0-9]{1,2}))?(?::?([0-9]{2}))?")


def beyond(text: object) -> InvalidValueError:
    """Return the error of a date that Spark holds and Python does not."""
    return InvalidValueError("is beyond the dates that Python holds, years 1 to 9999", text)


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


def parse_timestamp(text: str) -> dt.datetime | None:
    """Return Spark's cast of a string to timestamp, null where it is none.

    >>> parse_timestamp("2024-02-29 10:30"), parse_timestamp("2024-02-29T10:30:05.25+02:00")
    (datetime.datetime(2024, 2, 29, 10, 30), datetime.datetime(2024, 2, 29, 8, 30, 5, 250000))
    """
    text = text.strip(BLANK)
    only_time = text.removeprefix("T")
    if (":" in only_time[:3] or only_time != text) and _parse_time(only_time) is not None:
        raise InvalidValueError("is a time without a date, which Spark takes for today", text)
    match = _TIMESTAMP.fullmatch(text)
    if match is None:
        return None
    year = -int(match["year"]) if match["sign"] == "-" else int(match["year"])
    time = _parse_time(match["rest"])
    if time is None:
        return None
    clock, zone = time
    date = _date(year, int(match["month"] or 1), int(match["day"] or 1))
    if date is None:
        return None
    offset = _utc_offset(zone, date, clock)
    if offset is None:
        return None
    try:
        return dt.datetime.combine(date, clock) - offset
    except OverflowError:
        raise beyond(text) from None


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


def _utc_offset(zone: str, date: dt.date, clock: dt.time) -> dt.timedelta | None:
    """Return how far a zone is from UTC at a local time, None where there is no such zone."""
    if zone in ("", "Z", "UTC", "GMT", "UT"):
        return dt.timedelta()
    if match := _OFFSET.fullmatch(zone):
        sign, hours, minutes, seconds = match.groups()
        size = dt.timedelta(hours=int(hours), minutes=int(minutes or 0), seconds=int(seconds or 0))
        if size > _LARGEST_OFFSET or int(minutes or 0) > 59 or int(seconds or 0) > 59:
            return None
        return -size if sign == "-" else size
    try:
        return dt.datetime.combine(date, clock, zoneinfo.ZoneInfo(zone)).utcoffset()
    except (ValueError, OSError, zoneinfo.ZoneInfoNotFoundError):
        return None


def to_seconds(value: dt.datetime) -> int:
    """Return the whole seconds since 1970, rounded down."""
    return (value - EPOCH) // dt.timedelta(seconds=1)
