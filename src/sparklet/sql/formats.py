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
from sparklet.profile import Profile
from sparklet.sql.casts import cast
from sparklet.sql.dates import date, timestamp
from sparklet.sql.functions import check_profile, function, map1
from sparklet.sql.nodes import Refused
from sparklet.sql.strings import string
from sparklet.sql.times import beyond, to_seconds
from sparklet.sql.typed import Typed
from sparklet.types import DATE, LONG, STRING, TIMESTAMP, IntegralType

__all__ = ["formatter", "parser"]

MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
          "November", "December")  # fmt: skip
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@dataclass(frozen=True)
class _Part:
    """A run of one pattern letter, or literal text where the letter is empty."""

    letter: str
    count: int
    text: str = ""


_RUN = re.compile(r"([A-Za-z])\1*|'((?:[^']|'')*)'|([^A-Za-z'])")
_RESERVED = "{}#[]"


def _parts(pattern: str) -> Iterator[_Part]:
    place = 0
    while place < len(pattern):
        match = _RUN.match(pattern, place)
        if match is None or match[0] in _RESERVED:
            raise Refused(f"the pattern {pattern!r}")
        place = match.end()
        if match[1]:
            yield _Part(match[1], len(match[0]))
        else:
            yield _Part("", 0, match[3] or match[2].replace("''", "'") or "'")


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


def _writer(part: _Part) -> Write | None:
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
    of, most = _NUMBERS.get(letter, (None, 0))
    return _number(of, count) if of is not None and count <= most else None


def formatter(pattern: str) -> Write:
    """Return the function that writes a time; `Refused` for a letter that is not listed.

    >>> formatter("EEE, d MMM yyyy 'at' h:mm a")(dt.datetime(2024, 2, 29, 15, 5))
    'Thu, 29 Feb 2024 at 3:05 PM'
    """
    writers = []
    for part in _parts(pattern):
        writer = _writer(part)
        if writer is None:
            raise Refused(f"the letters {part.letter * part.count} in the pattern {pattern!r}")
        writers.append(writer)
    return lambda time: "".join([writer(time) for writer in writers])


# --- reading ---------------------------------------------------------------------------------------

_GROUPS = {"y": "year", "M": "month", "d": "day", "H": "hour", "h": "hour12", "m": "minute", "s": "second"}
_NAMES = {3: "|".join(month[:3] for month in MONTHS), 4: "|".join(MONTHS)}


def _reader(part: _Part, following: _Part | None) -> str | None:
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
    if group and letter != "y" and count == 1 and not numeric:
        return f"(?P<{group}>[0-9]{{1,19}}|-[0-9]{{1,19}})"
    return None


Read = Callable[[str], "dt.datetime | None"]


def parser(pattern: str, profile: Profile) -> Read:
    """Return the function that reads a time from a whole text, null where the text does not fit.

    Raises `InvalidValueError` for texts on which Spark raises: under ANSI all that do not fit, on Spark 3
    those that Spark 2 would have read. `Refused` for a letter that is not listed.
    """
    parts = list(_parts(pattern))
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
    ansi, old = profile.ansi, None if profile.at_least("4.0") else _old_reader(parts)

    def read(text: str) -> dt.datetime | None:
        found = match(text)
        time = None if found is None else _resolved(found.groupdict(), two_digits)
        if time is None and ansi:
            raise InvalidValueError(f"is not written as {pattern!r}: {text[:80]!r}", text)
        if time is None and old is not None and old(text):
            raise InvalidValueError(
                f"is not written as {pattern!r}, though Spark 2 would read it: {text[:80]!r}", text
            )
        return time

    return read


def _resolved(found: dict[str, str | None], two_digits: bool) -> dt.datetime | None:
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
        return dt.datetime(year, month, day, hour, minute, second, micros)  # noqa: DTZ001 - the session's zone
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
_OLD_HALF = re.compile("AM|PM", re.IGNORECASE)


def _old_reader(parts: list[_Part]) -> Callable[[str], bool]:
    """Return whether `SimpleDateFormat`, not lenient, finds the pattern at the start of a text."""

    def reads(text: str) -> bool:
        place, found = 0, dict[str, int]()
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
            reader = _OLD_HALF if part.letter == "a" else _OLD_NUMBER
            if part.letter == "M" and part.count >= 3:
                reader = _OLD_NAME
            match = reader.match(text, place, end)
            if match is None:
                return False
            if reader is _OLD_NUMBER:
                found[part.letter] = int(match[0])
            elif reader is _OLD_NAME:
                found["M"] = 1 + [each[:3].lower() for each in MONTHS].index(match[0][:3].lower())
            place = match.end()
        return _old_date(found)

    return reads


def _old_date(found: dict[str, int]) -> bool:
    for letter, value in found.items():
        low, high = _OLD_RANGES.get(letter, (1, 292278994))
        if not low <= value <= high:
            return False
    year, month, day = found.get("y", 1970), found.get("M", 1), found.get("d", 1)
    try:
        dt.date(min(year, dt.MAXYEAR) if year > 99 else 2000 + year % 100, month, day)
    except ValueError:
        return False
    return True


# --- functions -------------------------------------------------------------------------------------

DEFAULT = "yyyy-MM-dd HH:mm:ss"


def _constant(name: str, pattern: Typed) -> str:
    if not pattern.constant or pattern.type != STRING or pattern.value is None:
        raise Refused(f"{name} with a pattern that is no constant")
    return str(pattern.value)


@function("date_format", takes="ts", gives="s")
def date_format(profile: Profile, operand: Typed, pattern: Typed) -> Typed:
    """Return the time written by a pattern."""
    write = formatter(_constant("date_format", pattern))
    return map1(write, timestamp("date_format", operand, profile), STRING)


@function("from_unixtime", takes="n[s]", gives="s")
def from_unixtime(profile: Profile, operand: Typed, pattern: Typed | None = None) -> Typed:
    """Return the seconds since 1970 written by a pattern."""
    check_profile(profile)
    if not isinstance(operand.type, IntegralType):
        raise Refused(f"from_unixtime of {operand.type}")
    write = formatter(DEFAULT if pattern is None else _constant("from_unixtime", pattern))
    return map1(write, cast(operand, TIMESTAMP, profile), STRING)


def _towards_1970(time: dt.datetime) -> int:
    seconds = to_seconds(time)
    return seconds + 1 if seconds < 0 and time.microsecond else seconds


def _read(name: str, operand: Typed, pattern: Typed, profile: Profile) -> Typed:
    check_profile(profile)
    if operand.type in (DATE, TIMESTAMP):
        return timestamp(name, operand, profile)
    return map1(parser(_constant(name, pattern), profile), string(name, operand, profile), TIMESTAMP)


@function("to_timestamp", takes="s[s]", gives="t")
def to_timestamp(profile: Profile, operand: Typed, pattern: Typed | None = None) -> Typed:
    """Return the time that a text stands for, by a pattern if one is given."""
    if pattern is None:
        return timestamp("to_timestamp", operand, profile)
    return _read("to_timestamp", operand, pattern, profile)


@function("to_date", takes="s[s]", gives="d")
def to_date(profile: Profile, operand: Typed, pattern: Typed | None = None) -> Typed:
    """Return the date that a text stands for, by a pattern if one is given."""
    if pattern is None:
        return date("to_date", operand, profile)
    return cast(_read("to_date", operand, pattern, profile), DATE, profile)


@function("unix_timestamp", "to_unix_timestamp", takes="t[s]", gives="n")
def unix_timestamp(profile: Profile, operand: Typed, pattern: Typed | None = None) -> Typed:
    """Return the seconds since 1970 of a time, or of a text by a pattern."""
    if operand.type in (DATE, TIMESTAMP):
        return map1(_towards_1970, timestamp("unix_timestamp", operand, profile), LONG)
    check_profile(profile)
    read = parser(DEFAULT if pattern is None else _constant("unix_timestamp", pattern), profile)
    text = string("unix_timestamp", operand, profile)
    return map1(lambda time: None if time is None else to_seconds(time), map1(read, text, TIMESTAMP), LONG)
