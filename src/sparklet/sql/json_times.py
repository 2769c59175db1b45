"""Dates and times in JSON.

Follows Spark's `catalyst/json/JacksonParser.scala` and `catalyst/util/{Date,Timestamp}Formatter.scala` (3.5
and 4.2). Where a text does not fit, Spark 3 asks Apache Commons' `FastDateFormat`, which takes month 13, and
raises if that reads the text: it would be another date.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from typing import Any, TypeAlias

from sparklet.errors import InvalidValueError
from sparklet.java.zones import Zone, beyond
from sparklet.profile import Profile
from sparklet.sql.formats import DAYS, MONTHS, formatter, parser, parts_of
from sparklet.sql.json_options import Options
from sparklet.sql.json_tokens import MismatchError
from sparklet.sql.nodes import Refused
from sparklet.sql.times import EPOCH, parse_date, parse_local, parse_timestamp
from sparklet.types import DATE, TIMESTAMP, TIMESTAMP_NTZ, DataType

__all__ = ["reader", "seconds", "writer"]

Read: TypeAlias = Callable[[str], Any]

_ISO: dict[DataType, str] = {
    DATE: "yyyy-MM-dd",
    TIMESTAMP: "yyyy-MM-dd'T'HH:mm:ss.SSSXXX",
    TIMESTAMP_NTZ: "yyyy-MM-dd'T'HH:mm:ss.SSS",
}
_OPTIONS: dict[DataType, str] = {
    DATE: "dateformat",
    TIMESTAMP: "timestampformat",
    TIMESTAMP_NTZ: "timestampntzformat",
}
_UTC = Zone("UTC")
_OF_DATES = frozenset("yMdE")
_OF_ZONES = frozenset("VzOXxZ")
_FIRST_GREGORIAN = -141427  # 1582-10-15


def _pattern(type: DataType, options: Options) -> str | None:
    """Return the pattern of an option, None where none is given; `Refused` for letters that Spark refuses."""
    pattern = options.text(_OPTIONS[type])
    letters = {part.letter for part in parts_of(pattern or "")} - {""}
    if (type == DATE and letters - _OF_DATES) or (type == TIMESTAMP_NTZ and letters & _OF_ZONES):
        raise Refused(f"the pattern {pattern!r} of a {type} in JSON")
    return pattern


def writer(type: DataType, options: Options, profile: Profile) -> Callable[[Any], str]:
    """Return the function that writes a date or time."""
    pattern = _pattern(type, options) or _ISO[type]
    if pattern == _ISO[TIMESTAMP] and profile.at_least("4.0") and options.text(_OPTIONS[type]) is None:
        pattern += "XX"  # with the seconds of offsets that have some
    if type == DATE:
        write = formatter(pattern, _UTC)
        return lambda day: write(dt.datetime(day.year, day.month, day.day))  # noqa: DTZ001 - a local time
    return formatter(pattern, options.zone(profile) if type == TIMESTAMP else _UTC)


def reader(type: DataType, options: Options, profile: Profile) -> Read:
    """Return the function that reads a date or time; it raises `MismatchError` for a text that is none.

    On Spark 3 it raises `InvalidValueError` for a text that Spark 2 would have read as another date.
    """
    pattern = _pattern(type, options)
    fallback = options.flag("enabledatetimeparsingfallback", default=pattern is None)
    zone = options.zone(profile) if type == TIMESTAMP else _UTC
    readers: list[Read] = []
    if pattern is not None:
        # What Spark 2 would have read is asked below.
        strict = parser(pattern, profile.with_(release="4.1+", ansi=False), zone)
        readers.append(strict if type != DATE else lambda text: _date(strict(text)))
    elif type == TIMESTAMP_NTZ:
        readers.append(_without_zone)
    elif type == DATE:
        readers.append(parse_date)
    else:
        readers.append(lambda text: parse_timestamp(text, zone))
    if fallback and type == DATE:
        readers += [lambda text: parse_date(text.replace("GMT", "")), _of_days]
    elif fallback and type == TIMESTAMP:
        readers.append(lambda text: parse_timestamp(text.replace("GMT", ""), zone))
    old = None
    if not profile.at_least("4.0") and (pattern is not None or type != TIMESTAMP_NTZ):
        old = _old_pattern(pattern or ("yyyy-MM-dd" if type == DATE else "yyyy-MM-dd HH:mm:ss"))

    def read(text: str) -> Any:
        for attempt in readers:
            value = attempt(text)
            if value is not None:
                return value
        if old is not None and old.match(text):
            raise InvalidValueError(f"is no {type}, though Spark 2 would read it: {text[:80]!r}", text)
        raise MismatchError(f"is no {type}: {text[:80]!r}")

    return read


def _date(value: dt.datetime | None) -> dt.date | None:
    return None if value is None else value.date()


def _without_zone(text: str) -> dt.datetime | None:
    return parse_local(text, zones=False)


def _of_days(text: str) -> dt.date | None:
    """Return the date of a count of days since 1970."""
    if not re.fullmatch(r"[+-]?\d{1,10}", text) or not -(1 << 31) <= int(text) < 1 << 31:
        return None
    days = int(text)
    try:
        if days >= _FIRST_GREGORIAN:
            return dt.date(1970, 1, 1) + dt.timedelta(days=days)
    except OverflowError:
        raise beyond(text) from None
    raise InvalidValueError("is a count of days before 1582-10-15, of the Julian calendar", text)


def seconds(count: int) -> dt.datetime:
    """Return the instant so many seconds after 1970, whose microseconds overflow as in Java."""
    micros = (count * 1_000_000 + (1 << 63)) % (1 << 64) - (1 << 63)
    try:
        return EPOCH + dt.timedelta(microseconds=micros)
    except OverflowError:
        raise beyond(count) from None


_OLD_NUMBERS = frozenset("yMdHhmsSkK")
_OLD_NAMES = {"M": MONTHS, "E": DAYS, "a": ("AM", "PM")}
_OLD_OFFSETS = {
    "X": "Z|[+-][0-9]{2}",
    "XX": "Z|[+-][0-9]{4}",
    "XXX": "Z|[+-][0-9]{2}:[0-9]{2}",
    "ZZ": "Z|[+-][0-9]{2}:[0-9]{2}",
}


def _old_pattern(pattern: str) -> re.Pattern[str] | None:
    """Return what `FastDateFormat` reads at the start of a text, None for a pattern that it refuses."""
    expressions = []
    parts = list(parts_of(pattern))
    for part, following in zip(parts, [*parts[1:], None], strict=True):
        letters = part.letter * part.count
        if not letters:
            expressions.append(re.escape(part.text))
        elif part.letter == "x":
            return None
        elif letters in _OLD_OFFSETS:
            expressions.append(f"(?:{_OLD_OFFSETS[letters]})")
        elif part.letter in _OLD_NAMES and (part.letter != "M" or part.count >= 3):
            names = [shown for name in _OLD_NAMES[part.letter] for shown in (name, name[:3])]
            expressions.append(f"(?i:{'|'.join(names)})")
        elif part.letter in "ZVzO":
            expressions.append(r"\S")
        else:
            is_number = following is not None and following.letter in _OLD_NUMBERS and following.count < 3
            expressions.append(rf"\d{{1,{part.count}}}+" if is_number else r"\s*\d+")
    return re.compile("".join(expressions))
