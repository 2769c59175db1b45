"""Time zones: the ids that Java accepts, and local times at each transition of ten zones, 1900 to 2100."""

from __future__ import annotations

import datetime as dt
import random
import re

import pytest

from sparklet.java.zones import zone_of

TEN = (
    *("America/New_York", "Europe/London", "Europe/Berlin", "Asia/Kolkata", "Asia/Tokyo", "Australia/Sydney"),
    *("America/St_Johns", "Pacific/Auckland", "Pacific/Apia", "Australia/Lord_Howe"),
)
ONE_ZONE = (
    *(
        "UTC",
        "Etc/UTC",
        "GMT",
        "Z",
        "UT",
        "UCT",
        "Zulu",
        "Etc/GMT",
        "Etc/UCT",
        "Greenwich",
        "GMT0",
        "Universal",
    ),
    *("+00:00", "-00:00", "+0", "+00", "UTC+0", "GMT-0", "UTC+00:00", "GMT+0000", "UT+0", "Etc/Greenwich"),
)
ODD = (
    *(
        "+5",
        "+05",
        "-3",
        "+0530",
        "+05:30",
        "+5:30",
        "+05:3",
        "+5:3",
        "+053000",
        "+05:30:15",
        "GMT+5",
        "UTC-3",
    ),
    *(
        "UT+05:30",
        "GMT+5:30",
        "UTC+18",
        "UTC+18:01",
        "+18:00",
        "-18:00",
        "+18:00:01",
        "+19",
        "+05:60",
        "05:00",
    ),
    *("PST", "EST", "MST", "HST", "IST", "CTT", "BST", "ECT", "PLT", "CET", "EET", "EST5EDT", "WET", "ROC"),
    *("gmt", "utc", "z", "", "+", "UTC+", "GMT5", "Europe/Berlin", "europe/berlin", "Europe", "Etc/GMT-14"),
    *(
        "Etc/GMT+5",
        "US/Eastern",
        "Asia/Calcutta",
        "GB",
        "Cuba",
        "posix/UTC",
        "right/UTC",
        "localtime",
        "Factory",
    ),
    *("../UTC", "/UTC", "UTC ", " UTC", "America/Argentina/Buenos_Aires", "+1:1:1", "GMT+01:1", "UTC+1:00"),
)


@pytest.mark.parametrize("name", ONE_ZONE)
def test_one_zone_has_many_names(name: str) -> None:
    zone = zone_of(name)
    assert zone is not None
    assert zone.is_utc


@pytest.fixture(scope="module")
def java(spark):
    jvm = spark.sparkContext._jvm
    return jvm.java.time, jvm.org.apache.spark.sql.catalyst.util.DateTimeUtils


def _in_java(java, name):
    try:
        return java[1].getZoneId(name)
    except Exception:  # PySpark converts it to a class of its own, another in each release
        return None


@pytest.mark.spark
def test_ids_as_spark_resolves_them(java) -> None:
    found, expected = {}, {}
    at = java[0].Instant.parse("2024-07-01T00:00:00Z")
    for name in (*ONE_ZONE, *ODD, *TEN):
        zone, known = zone_of(name), _in_java(java, name)
        found[name] = zone and zone.offset(dt.datetime(2024, 7, 1)).total_seconds()
        expected[name] = known and known.getRules().getOffset(at).getTotalSeconds()
    assert found == expected


def _time(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text.removesuffix("Z"))


def _offset(text: str) -> dt.timedelta:
    if text == "Z":
        return dt.timedelta()
    hours, minutes, seconds = [*map(int, text[1:].split(":")), 0, 0][:3]
    size = dt.timedelta(hours=hours, minutes=minutes, seconds=seconds)
    return -size if text[0] == "-" else size


def _transitions(java, name):
    """Yield the local time, the offset before and the offset after each transition from 1900 to 2100."""
    rules, at = java[1].getZoneId(name).getRules(), java[0].Instant.parse("1900-01-01T00:00:00Z")
    end = java[0].Instant.parse("2100-01-01T00:00:00Z")
    while (following := rules.nextTransition(at)) is not None and following.getInstant().isBefore(end):
        at = following.getInstant()
        match = re.search(r"at ([-0-9T:]+?)([+-][0-9:]{5,8}|Z) to (\S+)\]", following.toString())
        assert match is not None
        yield _time(match[1]), _offset(match[2]), _offset(match[3])


SECOND = dt.timedelta(seconds=1)


@pytest.mark.spark
@pytest.mark.parametrize("name", TEN)
def test_local_times_as_java_resolves_them(java, name: str) -> None:
    zone = zone_of(name)
    assert zone is not None
    count = 0
    for local, before, after in _transitions(java, name):
        count += 1
        start = local - before
        assert (zone.offset(start - SECOND), zone.offset(start)) == (before, after), start
        size = abs(after - before)
        first = local if after > before else local + (after - before)
        for step in (dt.timedelta(), size / 2, size - SECOND):
            # In a gap the time moves forward, in an overlap the earlier offset is taken: either is `before`.
            assert zone.instant(first + step) == first + step - before
            if after < before:
                assert zone.instant((first + step).replace(fold=1)) == first + step - after
                assert zone.keeping(first + step, after) == first + step - after
                assert zone.folded(first + step - after).fold == 1
                assert zone.folded(first + step - before).fold == 0
        assert zone.instant(first - SECOND) == first - SECOND - before
        assert zone.instant(first + size) == first + size - after
    assert count


@pytest.mark.parametrize("name", TEN)
def test_there_and_back(name: str) -> None:
    zone, rng = zone_of(name), random.Random(name)
    assert zone is not None
    first = dt.datetime(1900, 1, 1)
    for _ in range(2000):
        instant = first + dt.timedelta(seconds=rng.randrange(200 * 31_556_952))
        assert zone.instant(zone.folded(instant)) == instant


@pytest.mark.parametrize("year", [1, 9999])
def test_at_the_ends_of_years(year: int) -> None:
    zone = zone_of("America/New_York")
    assert zone is not None
    middle = dt.datetime(year, 7, 1)
    assert zone.instant(zone.local(middle)) == middle


def test_a_day_that_begins_late() -> None:
    toronto, apia = zone_of("America/Toronto"), zone_of("Pacific/Apia")
    assert toronto is not None
    assert apia is not None
    assert toronto.local(toronto.start_of_day(dt.date(1919, 3, 31))).time() == dt.time(0, 30)
    assert apia.local(apia.start_of_day(dt.date(2011, 12, 30))) == dt.datetime(2011, 12, 31)


# The dates that `sparklet.sql.formats` treats as absent from the calendar of some zone.
@pytest.mark.spark
def test_the_skipped_days_are_all(java) -> None:
    from sparklet.sql.formats import _SKIPPED

    found = set()
    for name in java[0].ZoneId.getAvailableZoneIds():
        for text in re.findall(r"Gap at (\S+?)(?:[+-][0-9:]{5,8}|Z) to", _gaps(java, name)):
            start = _time(text)
            zone = java[0].ZoneId.of(name).getRules()
            gap = zone.getTransition(java[0].LocalDateTime.parse(start.isoformat()))
            size = dt.timedelta(seconds=gap.getDuration().getSeconds())
            days = {start.date() + dt.timedelta(days=shift) for shift in range(2)}
            midnight = dt.time()
            found |= {
                day
                for day in days
                if start <= dt.datetime.combine(day, midnight)
                and dt.datetime.combine(day, midnight) + dt.timedelta(days=1) <= start + size
            }
    assert found == set(_SKIPPED)


def _gaps(java, name) -> str:
    return str(java[0].ZoneId.of(name).getRules().getTransitions().toString())
