"""Time zones as `java.time` resolves them: which ids exist, and what a local time means in a gap or overlap.

Follows `java.time.ZoneId.of`, `ZonedDateTime.ofLocal` and Spark's `SparkDateTimeUtils.getZoneId` (4.2). An
instant is a `datetime` without tzinfo in UTC; a local time is one on the zone's clock, whose `fold` tells the
second pass through an overlap. The rules of regions are those of `zoneinfo`.
"""

from __future__ import annotations

import datetime as dt
import re
from bisect import bisect_right
from functools import lru_cache
from typing import TypeAlias

from sparklet.errors import InvalidValueError

__all__ = ["Zone", "beyond", "zone_of"]

# ZoneId.SHORT_IDS of Java 17.
_SHORT = {
    "ACT": "Australia/Darwin", "AET": "Australia/Sydney", "AGT": "America/Argentina/Buenos_Aires",
    "ART": "Africa/Cairo", "AST": "America/Anchorage", "BET": "America/Sao_Paulo", "BST": "Asia/Dhaka",
    "CAT": "Africa/Harare", "CNT": "America/St_Johns", "CST": "America/Chicago", "CTT": "Asia/Shanghai",
    "EAT": "Africa/Addis_Ababa", "ECT": "Europe/Paris", "IET": "America/Indiana/Indianapolis",
    "IST": "Asia/Kolkata", "JST": "Asia/Tokyo", "MIT": "Pacific/Apia", "NET": "Asia/Yerevan",
    "NST": "Pacific/Auckland", "PLT": "Asia/Karachi", "PNT": "America/Phoenix", "PRT": "America/Puerto_Rico",
    "PST": "America/Los_Angeles", "SST": "Pacific/Guadalcanal", "VST": "Asia/Ho_Chi_Minh",
    "EST": "-05:00", "MST": "-07:00", "HST": "-10:00",
    # Regions of Java 17, of which zoneinfo has none.
    "SystemV/AST4": "-04:00", "SystemV/EST5": "-05:00", "SystemV/CST6": "-06:00", "SystemV/MST7": "-07:00",
    "SystemV/PST8": "-08:00", "SystemV/YST9": "-09:00", "SystemV/HST10": "-10:00",
}  # fmt: skip
# Files of zoneinfo that are no ids of Java.
_NO_REGION = {"ROC", "Factory", "localtime", "posixrules"}
_REGION = re.compile(r"(?!posix/|right/)[A-Za-z0-9][A-Za-z0-9/~._+-]+")
_OFFSET = re.compile(
    r"([+-])(?:([0-9]{1,2})|([0-9]{2}):?([0-9]{2})|([0-9]{2})([0-9]{2})([0-9]{2})"
    r"|([0-9]{2}):([0-9]{2}):([0-9]{2}))"
)
_PREFIXED = re.compile(r"(UTC|GMT|UT)([+-].*)?", re.DOTALL)
# Ids that Spark accepted before 3.0: +h:mm and +hh:m.
_ONE_DIGIT_HOUR = re.compile(r"([+-])([0-9]):")
_ONE_DIGIT_MINUTE = re.compile(r"([+-][0-9]{2}):([0-9])$")

_MOST_HOURS = 18
_SECOND, _DAY = dt.timedelta(seconds=1), dt.timedelta(days=1)
# No zone has changed its offset and changed it back within so many days.
_STEP = 5 * _DAY
_ZERO = dt.timedelta()


def beyond(value: object) -> InvalidValueError:
    """Return the error of a date that Spark holds and Python does not."""
    return InvalidValueError("is beyond the dates that Python holds, years 1 to 9999", value)


# The transitions of about one year: instants, the offsets before, between and after them, and the local times
# at which the gap or overlap of each is over.
_Year: TypeAlias = tuple[list[dt.datetime], list[dt.timedelta], list[dt.datetime]]


class Zone:
    """A time zone with a fixed offset, and the base of those with transitions.

    >>> zone_of("UTC+5").local(dt.datetime(2024, 1, 1))
    datetime.datetime(2024, 1, 1, 5, 0)
    """

    __slots__ = ("_fixed", "id")

    def __init__(self, id: str, offset: dt.timedelta = _ZERO) -> None:
        self.id = id
        self._fixed = offset

    @property
    def is_utc(self) -> bool:
        """Return whether local times are those of UTC, always."""
        return type(self) is Zone and not self._fixed

    def offset(self, instant: dt.datetime) -> dt.timedelta:
        """Return how far local times are ahead of UTC at an instant."""
        return self._fixed

    def local(self, instant: dt.datetime) -> dt.datetime:
        """Return the local time of an instant; `InvalidValueError` beyond the years that Python holds."""
        try:
            return instant + self.offset(instant)
        except OverflowError:
            raise beyond(instant) from None

    def folded(self, instant: dt.datetime) -> dt.datetime:
        """Return the local time of an instant, with `fold` set where that time comes a second time."""
        return self.local(instant)

    def instant(self, local: dt.datetime) -> dt.datetime:
        """Return the instant of a local time.

        A time in a gap is moved forward by the length of the gap; a time in an overlap is the first of its
        two instants, the second if `fold` is set.
        """
        try:
            return local - self._fixed
        except OverflowError:
            raise beyond(local) from None

    def keeping(self, local: dt.datetime, offset: dt.timedelta) -> dt.datetime:
        """Return the instant of a local time, in an overlap the one that has `offset`."""
        return self.instant(local)

    def start_of_day(self, day: dt.date) -> dt.datetime:
        """Return the first instant of a day, which a gap may delay."""
        return self.instant(dt.datetime(day.year, day.month, day.day))  # noqa: DTZ001 - a local time

    def __repr__(self) -> str:
        return f"Zone({self.id})"


class _Region(Zone):
    """A zone with transitions, which are found once for each year that is asked for."""

    __slots__ = ("_info", "_years")

    def __init__(self, id: str, info: dt.tzinfo) -> None:
        super().__init__(id)
        self._info = info
        self._years: dict[int, _Year] = {}

    def offset(self, instant: dt.datetime) -> dt.timedelta:
        starts, offsets, _ = self._years.get(instant.year) or self._learn(instant.year)
        return offsets[bisect_right(starts, instant)] if starts else offsets[0]

    def folded(self, instant: dt.datetime) -> dt.datetime:
        starts, offsets, ends = self._years.get(instant.year) or self._learn(instant.year)
        passed = bisect_right(starts, instant)
        try:
            local = instant + offsets[passed]
        except OverflowError:
            raise beyond(instant) from None
        again = passed and offsets[passed] < offsets[passed - 1] and local < ends[passed - 1]
        return local.replace(fold=1) if again else local

    def instant(self, local: dt.datetime) -> dt.datetime:
        starts, offsets, ends = year = self._years.get(local.year) or self._learn(local.year)
        passed = bisect_right(ends, local) if starts else 0
        if local.fold and passed < len(starts) and _repeats(year, passed, local):
            passed += 1
        try:
            return local - offsets[passed]
        except OverflowError:
            raise beyond(local) from None

    def keeping(self, local: dt.datetime, offset: dt.timedelta) -> dt.datetime:
        starts, offsets, ends = year = self._years.get(local.year) or self._learn(local.year)
        passed = bisect_right(ends, local) if starts else 0
        if passed < len(starts) and offsets[passed + 1] == offset and _repeats(year, passed, local):
            return local - offset
        return self.instant(local)

    def start_of_day(self, day: dt.date) -> dt.datetime:
        local = dt.datetime(day.year, day.month, day.day)  # noqa: DTZ001 - a local time
        starts, offsets, ends = self._years.get(local.year) or self._learn(local.year)
        passed = bisect_right(ends, local) if starts else 0
        if passed < len(starts):
            before, after = offsets[passed : passed + 2]
            if before < after and local >= starts[passed] + before:
                # A gap from 23:30 to 0:30 starts the day at 0:30, not at 1:00 as a local time would.
                return starts[passed]
        return self.instant(local)

    def _learn(self, year: int) -> _Year:
        """Find the transitions of a year and of the days around it, where other zones are in the year."""
        # The margins avoid local times beyond the years that Python has.
        first = dt.datetime(year, 1, 1) + (3 if year == dt.MINYEAR else -3) * _DAY  # noqa: DTZ001
        last = dt.datetime(year, 12, 31) + (-3 if year == dt.MAXYEAR else 4) * _DAY  # noqa: DTZ001
        starts, offsets = list[dt.datetime](), [self._ask(first)]
        day = first
        while day < last:
            following = min(day + _STEP, last)
            target = self._ask(following)
            while offsets[-1] != target:
                start = self._transition(day, following, offsets[-1])
                starts.append(start)
                offsets.append(self._ask(start))
                day = start
            day = following
        ends = [
            start + max(before, after)
            for start, before, after in zip(starts, offsets, offsets[1:], strict=False)
        ]
        self._years[year] = found = starts, offsets, ends
        return found

    def _transition(self, early: dt.datetime, late: dt.datetime, offset: dt.timedelta) -> dt.datetime:
        """Return the first second after `early` at which the offset is another."""
        while late - early > _SECOND:
            middle = early + (late - early) // (2 * _SECOND) * _SECOND
            if self._ask(middle) == offset:
                early = middle
            else:
                late = middle
        return late

    def _ask(self, instant: dt.datetime) -> dt.timedelta:
        offset = self._info.fromutc(instant.replace(tzinfo=self._info)).utcoffset()
        return _ZERO if offset is None else offset


def _repeats(year: _Year, passed: int, local: dt.datetime) -> bool:
    """Return whether a local time before the end of a transition is in its overlap."""
    starts, offsets, _ = year
    before, after = offsets[passed : passed + 2]
    return after < before and local >= starts[passed] + after


@lru_cache(maxsize=1024)
def zone_of(name: str) -> Zone | None:
    """Return the zone of an id that Spark accepts, None for any other text.

    >>> [zone_of(name).id for name in ("Z", "UTC", "+5:30", "GMT-3", "PST", "Europe/Paris")]
    ['Z', 'UTC', '+05:30', 'GMT-03:00', 'America/Los_Angeles', 'Europe/Paris']
    >>> zone_of("europe/paris"), zone_of("+19:00")
    (None, None)
    """
    name = _ONE_DIGIT_HOUR.sub(r"\g<1>0\2:", name, count=1)
    name = _ONE_DIGIT_MINUTE.sub(r"\1:0\2", name, count=1)
    name = _SHORT.get(name, name)
    if name == "Z":
        return Zone("Z")
    if name.startswith(("+", "-")):
        return _fixed("", name)
    if prefixed := _PREFIXED.fullmatch(name):
        return _fixed(prefixed[1], prefixed[2] or "+00")
    return _region(name)


def _fixed(prefix: str, offset: str) -> Zone | None:
    match = _OFFSET.fullmatch(offset)
    if match is None:
        return None
    hours, minutes, seconds = ([int(part) for part in match.groups()[1:] if part is not None] + [0, 0])[:3]
    if minutes > 59 or seconds > 59 or (hours, minutes, seconds) > (_MOST_HOURS, 0, 0):
        return None
    size = dt.timedelta(hours=hours, minutes=minutes, seconds=seconds)
    shown = f"{match[1]}{hours:02d}:{minutes:02d}" + (f":{seconds:02d}" if seconds else "")
    return Zone(prefix + shown if size else prefix or "Z", -size if match[1] == "-" else size)


def _region(name: str) -> Zone | None:
    import zoneinfo

    if name in _NO_REGION or not _REGION.fullmatch(name):
        return None
    try:
        info = zoneinfo.ZoneInfo(name)
    except (ValueError, OSError, zoneinfo.ZoneInfoNotFoundError):
        return None
    region = _Region(name, info)
    if name.partition("/")[0] == "Etc" or name in _ALWAYS_UTC:
        return Zone(name, region.offset(dt.datetime(1970, 1, 1)))  # noqa: DTZ001 - an instant
    return region


_ALWAYS_UTC = {"GMT0", "Greenwich", "UCT", "Universal", "Zulu"}
