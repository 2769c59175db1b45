"""Patterns of dates and times (`yyyy-MM-dd`), as Spark's formatters read and write them, in English.

Follows Spark's `catalyst/util/{DateTimeFormatterHelper,TimestampFormatter}.scala` (4.2), which use
`java.time.format.DateTimeFormatter`, strictly. Where it fails, Spark 3 asks Java's old `SimpleDateFormat` too
and raises if that understands the text: so its rules are here as well.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from sparklet.errors import InvalidValueError
from sparklet.java.zones import Zone, beyond, zone_of
from sparklet.profile import Profile
from sparklet.sql.casts import cast
from sparklet.sql.dates import date, timestamp
from sparklet.sql.functions import function, map1, refuse_types, zone_for
from sparklet.sql.nodes import Refused
from sparklet.sql.strings import string
from sparklet.sql.times import to_seconds
from sparklet.sql.typed import Typed
from sparklet.types import DATE, LONG, NULL, STRING, TIMESTAMP, TIMESTAMP_NTZ, IntegralType

__all__ = ["DAYS", "MONTHS", "Part", "formatter", "parser", "parts_of"]

MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
          "November", "December")  # fmt: skip
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@dataclass(frozen=True)
class Part:
    """A run of one pattern letter, or literal text where the letter is empty."""

    letter: str
    count: int
    text: str = ""


_RUN = re.compile(r"([A-Za-z])\1*|'((?:[^']|'')*)'|([^A-Za-z'])")
_RESERVED = "{}#[]"


def parts_of(pattern: str) -> Iterator[Part]:
    """Yield the parts of a pattern; `Refused` for optional parts and what Spark reserves."""
    place = 0
    while place < len(pattern):
        match = _RUN.match(pattern, place)
        if match is None or match[0] in _RESERVED:
            raise Refused(f"the pattern {pattern!r}")
        place = match.end()
        if match[1]:
            yield Part(match[1], len(match[0]))
        else:
            yield Part("", 0, match[3] or match[2].replace("''", "'") or "'")


# --- writing ---------------------------------------------------------------------------------------

Write = Callable[[dt.datetime], str]


def _number(of: Callable[[dt.datetime], int], count: int) -> Write:
    return lambda time: f"{of(time):0{count}d}"


_NUMBERS: dict[str, tuple[Callable[[dt.datetime], int], int]] = {
    "M": (lambda time: time.month, 2),
    "d": (lambda time: time.day, 2),
    "H": (lambda time: time.hour, 2),
    "h": (lambda time: (time.hour + 11) % 12 + 1, 2),
    "k": (lambda time: (time.hour + 23) % 24 + 1, 2),
    "K": (lambda time: time.hour % 12, 2),
    "m": (lambda time: time.minute, 2),
    "s": (lambda time: time.second, 2),
}
MOST_DIGITS_OF_SECOND = 6


def _writer(part: Part) -> Write | None:
    letter, count, text = part.letter, part.count, part.text
    if not letter:
        return lambda _: text
    if letter == "y" and count == 2:
        return lambda time: f"{time.year % 100:02d}"
    if letter == "y" and count <= 4:
        return _number(lambda time: time.year, count)
    if letter == "M" and count in (3, 4):
        return lambda time: MONTHS[time.month - 1][: 3 if count == 3 else None]
    if letter == "E" and count <= 4:
        return lambda time: DAYS[time.weekday()][: 3 if count <= 3 else None]
    if letter == "a" and count == 1:
        return lambda time: "AM" if time.hour < 12 else "PM"
    if letter == "S" and count <= MOST_DIGITS_OF_SECOND:
        return lambda time: f"{time.microsecond:06d}"[:count]
    if letter in _OFFSETS and count <= _MOST_OF_OFFSET:
        return _offset_writer(letter, count)
    of, most = _NUMBERS.get(letter, (None, 0))
    return _number(of, count) if of is not None and count <= most else None


_OFFSETS = "XxZO"
_MOST_OF_OFFSET = 5


def _offset_writer(letter: str, count: int) -> Write | None:
    """Return the function that writes how far an aware time is ahead of UTC."""
    if letter == "O" or (letter == "Z" and count == 4):
        return _localized(short=letter == "O" and count == 1) if count in (1, 4) else None
    if letter == "Z":
        letter, count = ("X", 5) if count == 5 else ("x", 2)
    colon = ":" if count in (3, 5) else ""
    zero = "Z" if letter == "X" else None

    def write(time: dt.datetime) -> str:
        sign, hours, minutes, seconds = _offset_parts(time)
        if not (hours or minutes or (seconds and count >= 4)):
            if zero:
                return zero
            sign = "+"
        text = f"{sign}{hours:02d}"
        if count > 1 or minutes:
            text += f"{colon}{minutes:02d}"
        return f"{text}{colon}{seconds:02d}" if seconds and count >= 4 else text

    return write


def _offset_parts(time: dt.datetime) -> tuple[str, int, int, int]:
    offset = time.utcoffset() or dt.timedelta()
    minutes, seconds = divmod(int(abs(offset).total_seconds()), 60)
    return "-" if offset < dt.timedelta() else "+", *divmod(minutes, 60), seconds


def _localized(*, short: bool) -> Write:
    def write(time: dt.datetime) -> str:
        sign, hours, minutes, seconds = _offset_parts(time)
        if not (hours or minutes or seconds):
            return "GMT"
        if not short:
            return f"GMT{sign}{hours:02d}:{minutes:02d}" + (f":{seconds:02d}" if seconds else "")
        text = f"GMT{sign}{hours}"
        return (
            text + (f":{minutes:02d}" if minutes or seconds else "") + (f":{seconds:02d}" if seconds else "")
        )

    return write


def formatter(pattern: str, zone: Zone) -> Write:
    """Return the function that writes an instant in a zone; `Refused` for a letter that is not listed.

    >>> formatter("EEE, d MMM yyyy 'at' h:mm a XXX", zone_of("GMT+2"))(dt.datetime(2024, 2, 29, 15, 5))
    'Thu, 29 Feb 2024 at 5:05 PM +02:00'
    """
    writers = []
    parts = list(parts_of(pattern))
    for part in parts:
        writer = (lambda _: zone.id) if (part.letter, part.count) == ("V", 2) else _writer(part)
        if writer is None:
            raise Refused(f"the letters {part.letter * part.count} in the pattern {pattern!r}")
        writers.append(writer)
    if any(part.letter in _OFFSETS for part in parts if part.letter):

        def with_offset(instant: dt.datetime) -> str:
            time = zone.local(instant).replace(tzinfo=dt.timezone(zone.offset(instant)))
            return "".join([writer(time) for writer in writers])

        return with_offset
    if zone.is_utc:
        return lambda time: "".join([writer(time) for writer in writers])

    def write(instant: dt.datetime) -> str:
        time = zone.local(instant)
        return "".join([writer(time) for writer in writers])

    return write


# --- reading ---------------------------------------------------------------------------------------

_GROUPS = {"y": "year", "M": "month", "d": "day", "H": "hour", "h": "hour12", "m": "minute", "s": "second"}
_OFFSETS_READ = {1: "[+-][0-9]{2}(?:[0-9]{2})?", 2: "[+-][0-9]{4}", 3: "[+-][0-9]{2}:[0-9]{2}"}
_NAMES = {3: "|".join(month[:3] for month in MONTHS), 4: "|".join(MONTHS)}


def _reader(part: Part, following: Part | None) -> str | None:
    """Return the regular expression of what java.time reads for a part of a pattern."""
    letter, count = part.letter, part.count
    if not letter:
        return re.escape(part.text)
    numeric = following is not None and following.letter in {*_GROUPS, "S"} and following.count != 3
    group = _GROUPS.get(letter, "")
    if letter == "y" and count == 4:
        # Longer years bear a sign, and Python holds none of them.
        return f"(?P<{group}>-?[0-9]{{4}})" if numeric else f"(?P<{group}>-?[0-9]{{4}}|[+-][0-9]{{5,}})"
    if letter == "y" and count == 2:
        return f"(?P<{group}>[0-9]{{2}})"
    if letter == "M" and count in _NAMES:
        return f"(?P<name>{_NAMES[count]})"
    if letter == "a" and count == 1:
        return "(?P<half>AM|PM)"
    if letter == "S" and count <= MOST_DIGITS_OF_SECOND:
        return f"(?P<fraction>[0-9]{{{count}}})"
    if group and letter != "y" and count == 2:
        return f"(?P<{group}>[0-9]{{2}})"
    if letter in "Xx" and count in _OFFSETS_READ:
        return f"(?P<offset>{'Z|' if letter == 'X' else ''}{_OFFSETS_READ[count]})"
    if letter == "Z" and count <= 3:
        return r"(?P<offset>[+-][0-9]{4})"
    if group and letter != "y" and count == 1 and not numeric:
        return f"(?P<{group}>[0-9]{{1,19}}|-[0-9]{{1,19}})"
    return None


Read = Callable[[str], "dt.datetime | None"]


def parser(pattern: str, profile: Profile, zone: Zone) -> Read:
    """Return the function that reads an instant from a whole text, null where the text does not fit.

    A text without an offset or a zone is on the clock of `zone`.

    Raises `InvalidValueError` for texts on which Spark raises: under ANSI all that do not fit, on Spark 3
    those that Spark 2 would have read. `Refused` for a letter that is not listed.
    """
    parts = list(parts_of(pattern))
    letters = [part.letter for part in parts if part.letter]
    kinds = {"h" if letter in "hH" else letter for letter in letters}
    if len(kinds) < len(letters) or ("h" in letters) != ("a" in letters) or "E" in kinds:
        raise Refused(f"reading by the pattern {pattern!r}")
    expressions = []
    for part, following in zip(parts, [*parts[1:], None], strict=True):
        expression = _reader(part, following)
        if expression is None:
            raise Refused(f"reading the letters {part.letter * part.count} in the pattern {pattern!r}")
        expressions.append(expression)
    match = re.compile("".join(expressions), re.IGNORECASE | re.ASCII).fullmatch
    two_digits = any(part.letter == "y" and part.count == 2 for part in parts)
    # Spark 2 did not know the letter x.
    old = None if profile.at_least("4.0") or "x" in letters else _old_reader(parts, zone)
    ansi = profile.ansi

    def read(text: str) -> dt.datetime | None:
        found = match(text)
        time = None if found is None else _resolved(found.groupdict(), two_digits, zone)
        if time is None and ansi:
            raise InvalidValueError(f"is not written as {pattern!r}: {text[:80]!r}", text)
        if time is None and old is not None and old(text):
            raise InvalidValueError(
                f"is not written as {pattern!r}, though Spark 2 would read it: {text[:80]!r}", text
            )
        return time

    return read


def _resolved(found: dict[str, str | None], two_digits: bool, zone: Zone) -> dt.datetime | None:
    offset = found.get("offset")
    own = zone if offset is None else zone_of(offset.upper())
    local = None if own is None else _resolved_local(found, two_digits)
    return None if own is None or local is None else own.instant(local)


def _resolved_local(found: dict[str, str | None], two_digits: bool) -> dt.datetime | None:
    hour, minute, second = (int(found.get(name) or 0) for name in ("hour", "minute", "second"))
    if (half := found.get("half")) is not None:
        hour = int(found["hour12"] or 0)
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if half.upper() == "PM" else 0)
    year = int(found.get("year") or 1970) + (2000 if two_digits else 0)
    month = int(found.get("month") or 1)
    if (name := found.get("name")) is not None:
        month = 1 + [each[:3].lower() for each in MONTHS].index(name[:3].lower())
    micros = int(((found.get("fraction") or "") + "000000")[:6])
    day = int(found.get("day") or 1)
    try:
        return dt.datetime(year, month, day, hour, minute, second, micros)  # noqa: DTZ001 - a local time
    except (ValueError, OverflowError):
        if not dt.MINYEAR <= year <= dt.MAXYEAR and 1 <= month <= 12 and 1 <= day <= 31:
            raise beyond(year) from None
        return None


# --- what Spark 2 would have read ------------------------------------------------------------------

_OLD_RANGES = {
    "M": (1, 12),
    "d": (1, 31),
    "H": (0, 23),
    "h": (1, 12),
    "m": (0, 59),
    "s": (0, 59),
    "S": (0, 999),
}
_OLD_NUMBER = re.compile(r"-?[0-9]+")
_OLD_NAME = re.compile("|".join([*MONTHS, *(month[:3] for month in MONTHS)]), re.IGNORECASE)
_OLD_OTHER = {
    ("a", 1): re.compile("AM|PM", re.IGNORECASE),
    ("X", 1): re.compile("Z|[+-][0-9]{2}"),
    ("X", 2): re.compile("Z|[+-][0-9]{4}"),
    ("X", 3): re.compile("Z|[+-][0-9]{2}:[0-9]{2}"),
    **dict.fromkeys(
        (("Z", 1), ("Z", 2), ("Z", 3)), re.compile("[+-][0-9]{4}|[A-Za-z]{3,}(?:[+-][0-9]{1,2}:[0-9]{2})?")
    ),
}
_OLD_OFFSETS = dt.timedelta(hours=-13), dt.timedelta(hours=14)


def _old_zone(text: str) -> Zone | None:
    """Return the zone of an offset, None for one that `GregorianCalendar` does not take."""
    zone = zone_of(text)
    if zone is None:
        # Spark 2 knew more names of zones, and raises rather than give null for them.
        return None if text[0] in "+-" else Zone(text)
    low, high = _OLD_OFFSETS
    return zone if low <= zone.offset(dt.datetime(1970, 1, 1)) <= high else None  # noqa: DTZ001


def _old_reader(parts: list[Part], zone: Zone) -> Callable[[str], bool]:
    """Return whether `SimpleDateFormat`, not lenient, finds the pattern at the start of a text."""

    def reads(text: str) -> bool:
        place, found = 0, dict[str, int]()
        own: Zone | None = zone
        for part, following in zip(parts, [*parts[1:], None], strict=True):
            if not part.letter:
                if not text.startswith(part.text, place):
                    return False
                place += len(part.text)
                continue
            while place < len(text) and text[place] in " \t":
                place += 1
            numeric = (
                following is not None and following.letter in {*_OLD_RANGES, "y"} and following.count < 3
            )
            end = place + part.count if numeric else len(text)
            if end > len(text):
                return False
            reader = _OLD_OTHER.get((part.letter, part.count), _OLD_NUMBER)
            if part.letter == "M" and part.count >= 3:
                reader = _OLD_NAME
            match = reader.match(text, place, end)
            if match is None:
                return False
            if reader is _OLD_NUMBER:
                found[part.letter] = int(match[0])
            elif reader is _OLD_NAME:
                found["M"] = 1 + [each[:3].lower() for each in MONTHS].index(match[0][:3].lower())
            elif part.letter == "a":
                found["a"] = 12 if match[0].upper() == "PM" else 0
            else:
                own = _old_zone(match[0])
            place = match.end()
        return own is not None and _old_date(found, own)

    return reads


def _old_date(found: dict[str, int], zone: Zone) -> bool:
    for letter, value in found.items():
        low, high = _OLD_RANGES.get(letter, (1, 292278994))
        if not low <= value <= high:
            return False
    year, month, day = found.get("y", 1970), found.get("M", 1), found.get("d", 1)
    hour = found["H"] if "H" in found else found.get("h", 0) % 12 + found.get("a", 0)
    try:
        date = dt.date(min(year, dt.MAXYEAR) if year > 99 else 2000 + year % 100, month, day)
    except ValueError:
        return False
    local = dt.datetime.combine(date, dt.time(hour, found.get("m", 0), found.get("s", 0)))
    return zone.local(zone.instant(local)) == local  # not in a gap


# --- functions -------------------------------------------------------------------------------------

DEFAULT = "yyyy-MM-dd HH:mm:ss"


def _constant(name: str, pattern: Typed) -> str:
    if not pattern.constant or pattern.type != STRING or pattern.value is None:
        raise Refused(f"{name} with a pattern that is no constant")
    return str(pattern.value)


# Days that are absent from the calendar of some zone, which went over the date line.
_SKIPPED = frozenset(
    {
        dt.date(1844, 12, 31),  # Asia/Manila
        dt.date(1993, 8, 21),  # Pacific/Kwajalein
        dt.date(1994, 12, 31),  # Pacific/Kanton and Kiritimati
        dt.date(2011, 12, 30),  # Pacific/Apia and Fakaofo
    }
)
_OF_DAYS = frozenset("yMdE")
_UTC = Zone("UTC")


def _zone_of_days(profile: Profile, pattern: str) -> tuple[Zone, bool]:
    """Return the zone for reading or writing days by a pattern, and whether it is the session's.

    In every zone the first instant of a day is on that day, but for `_SKIPPED`, so a pattern of days alone
    needs no zone. `NeedsZone` for other patterns when the session's zone is unknown.
    """
    if profile.zone is None and {part.letter for part in parts_of(pattern)} - {""} <= _OF_DAYS:
        return _UTC, False
    return zone_for(profile), True


def _everywhere(day: dt.date) -> dt.date:
    if day in _SKIPPED:
        raise InvalidValueError(
            "is absent from the calendar of some time zones",
            day,
            hint="pass the session's: load(timezone=...)",
        )
    return day


@function("date_format", takes="ts", gives="s")
def date_format(profile: Profile, operand: Typed, pattern: Typed) -> Typed:
    """Return the time written by a pattern."""
    written = _constant("date_format", pattern)
    if operand.type == DATE:
        zone, known = _zone_of_days(profile, written)
        if not known:
            days = map1(_everywhere, operand, DATE)
            return map1(formatter(written, zone), cast(days, TIMESTAMP_NTZ, profile), STRING)
    moment = timestamp("date_format", operand, profile)
    return map1(formatter(written, zone_for(profile)), moment, STRING)


@function("from_unixtime", takes="n[s]", gives="s")
def from_unixtime(profile: Profile, operand: Typed, pattern: Typed | None = None) -> Typed:
    """Return the seconds since 1970 written by a pattern."""
    if not isinstance(operand.type, IntegralType):
        raise Refused(f"from_unixtime of {operand.type}")
    write = formatter(DEFAULT if pattern is None else _constant("from_unixtime", pattern), zone_for(profile))
    return map1(write, cast(operand, TIMESTAMP, profile), STRING)


def _towards_1970(time: dt.datetime) -> int:
    seconds = to_seconds(time)
    return seconds + 1 if seconds < 0 and time.microsecond else seconds


_ZONE_LETTERS = frozenset("VzOXxZ")


def _read(name: str, operand: Typed, pattern: Typed, profile: Profile) -> Typed:
    if operand.type in (DATE, TIMESTAMP, TIMESTAMP_NTZ):
        return timestamp(name, operand, profile)
    read = parser(_constant(name, pattern), profile, zone_for(profile))
    return map1(read, string(name, operand, profile), TIMESTAMP)


@function("to_timestamp", "to_timestamp_ltz", takes="s[s]", gives="t")
def to_timestamp(profile: Profile, operand: Typed, pattern: Typed | None = None) -> Typed:
    """Return the time that a text stands for, by a pattern if one is given."""
    if pattern is None:
        return timestamp("to_timestamp", operand, profile)
    return _read("to_timestamp", operand, pattern, profile)


@function("to_timestamp_ntz", takes="s[s]", gives="t")
def to_timestamp_ntz(profile: Profile, operand: Typed, pattern: Typed | None = None) -> Typed:
    """Return the time on a clock that a text stands for, by a pattern if one is given."""
    if operand.type not in (DATE, TIMESTAMP, TIMESTAMP_NTZ, STRING, NULL):
        raise refuse_types("to_timestamp_ntz", operand)
    if pattern is None or operand.type != STRING:
        return cast(operand, TIMESTAMP_NTZ, profile)
    written = _constant("to_timestamp_ntz", pattern)
    if not _ZONE_LETTERS.isdisjoint(written):
        raise Refused(f"to_timestamp_ntz with the pattern {written!r}, which has a zone")
    return map1(parser(written, profile, Zone("UTC")), operand, TIMESTAMP_NTZ)


@function("to_date", takes="s[s]", gives="d")
def to_date(profile: Profile, operand: Typed, pattern: Typed | None = None) -> Typed:
    """Return the date that a text stands for, by a pattern if one is given."""
    if pattern is None or operand.type in (TIMESTAMP, TIMESTAMP_NTZ):
        return date("to_date", operand, profile)
    written = _constant("to_date", pattern)
    zone, known = _zone_of_days(profile, written)
    if known:
        return cast(_read("to_date", operand, pattern, profile), DATE, profile)
    if operand.type == STRING:
        read = parser(written, profile, zone)
        operand = cast(map1(read, operand, TIMESTAMP_NTZ), DATE, profile)
    return map1(_everywhere, date("to_date", operand, profile), DATE)


@function("unix_timestamp", "to_unix_timestamp", takes="t[s]", gives="n")
def unix_timestamp(profile: Profile, operand: Typed, pattern: Typed | None = None) -> Typed:
    """Return the seconds since 1970 of a time, or of a text by a pattern."""
    if operand.type in (DATE, TIMESTAMP, TIMESTAMP_NTZ):
        return map1(_towards_1970, timestamp("unix_timestamp", operand, profile), LONG)
    written = DEFAULT if pattern is None else _constant("unix_timestamp", pattern)
    read = parser(written, profile, zone_for(profile))
    text = string("unix_timestamp", operand, profile)
    return map1(to_seconds, map1(read, text, TIMESTAMP), LONG)
