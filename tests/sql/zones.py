"""Tables of expressions that depend on the time zone, on times around the transitions of the zone."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from typing import Any

from tests.sql.tables import Table, table

# Instants of transitions: each summer's, of war years, of a skipped day, of 30 minutes, from LMT.
TRANSITIONS = {
    "America/New_York": ["1883-11-18T17:00", "1918-03-31T07:00", "1942-02-09T07:00", "1945-08-14T23:00",
                         "1974-01-06T07:00", "2024-03-10T07:00", "2024-11-03T06:00", "2099-11-01T06:00"],
    "Pacific/Apia": ["1892-07-04T12:00", "1911-01-01T11:26:56", "1950-01-01T11:30", "2010-09-26T11:00",
                     "2011-04-02T14:00", "2011-12-30T10:00", "2021-04-03T14:00", "2011-09-24T14:00"],
    "Australia/Lord_Howe": ["1981-02-28T14:00", "1981-10-24T15:30", "1985-10-26T15:00", "2000-08-26T15:30",
                            "2024-04-06T15:00", "2024-10-05T15:30", "2099-10-03T15:30",
                            "1895-01-31T13:23:40"],
    "America/Toronto": ["1919-03-31T04:30", "1919-10-26T04:00", "1940-04-28T05:00", "1945-08-14T23:00",
                        "2024-03-10T07:00", "2024-11-03T06:00", "1974-04-28T07:00", "1918-04-14T07:00"],
}  # fmt: skip
AROUND = (-86400, -5400, -1800, -1, 0, 1799, 3600, 7200, 86399)


def instants(zone: str) -> list[Any]:
    """Return instants around the transitions of a zone, and others from 1900 to 2100."""
    rng = random.Random(zone)
    found: list[Any] = [None]
    for text in TRANSITIONS[zone]:
        start = datetime.fromisoformat(text).replace(tzinfo=UTC)
        found += [start + timedelta(seconds=shift) for shift in rng.sample(AROUND, 4)]
    first = datetime(1900, 1, 1, tzinfo=UTC)
    found += [
        first + timedelta(seconds=rng.randrange(200 * 31_556_952), microseconds=rng.randrange(10**6))
        for _ in range(7)
    ]
    return found


def clocks(zone: str) -> list[Any]:
    """Return times that the zone's clock shows twice, never or once."""
    rng = random.Random(zone + "clock")
    near = [datetime.fromisoformat(text) for text in TRANSITIONS[zone]]
    shifts = [
        timedelta(hours=hours, minutes=minutes) for hours in range(-12, 15) for minutes in (0, 15, 30, 59)
    ]
    return [None, *(time + rng.choice(shifts) for time in near for _ in range(4))]


TEXTS = [
    "2024-03-10 02:30:00", "2024-03-10 01:59:59.999999", "2024-11-03 01:30:00", "2024-11-03 02:00:00",
    "2011-12-30", "2011-12-30 12:00:00", "2011-12-29 23:59:59", "1919-03-30 23:45:00", "1919-03-31",
    "2024-10-06 02:15:00", "2024-04-07 01:45:00", "1883-11-18 12:00:30", "2024-03-10T02:30:00Z",
    "2024-03-10 02:30:00 America/Los_Angeles", "2024-03-10 02:30:00+05:30", "2024-03-10 02:30:00 PST",
    "2024-03-10 02:30:00 UTC+3", "2024-03-10 02:30:00 GMT-03:30", "2024-03-10 02:30:00 +5:3",
    "2024-07-01 00:00:00 Etc/UTC", "2024-07-01 00:00:00 EST", "2024-07-01 00:00:00 CET", "2024-07-01",
    "2024-07-01 12:00:00 SystemV/PST8", "2024-07-01 12:00:00 us/eastern", "2024-07-01 12:00:00 ROC",
    "2024-07-01 12:00:00 UT", "2024-07-01 12:00:00 +18:00", "2024-07-01 12:00:00 +18:01", "1900", None,
]  # fmt: skip

EXPRESSIONS = """
    t
    year(t)
    quarter(t)
    month(t)
    day(t)
    dayofweek(t)
    dayofyear(t)
    weekofyear(t)
    hour(t)
    minute(t)
    second(t)
    hour(n)
    minute(s)
    hour(d)
    extract(hour from t)
    extract(second from t)
    date_part('day', t)
    cast(t as string)
    cast(t as date)
    cast(t as bigint)
    cast(t as double)
    cast(t as timestamp_ntz)
    cast(n as timestamp)
    cast(n as string)
    cast(n as date)
    cast(s as timestamp)
    cast(s as timestamp_ntz)
    cast(s as date)
    cast(d as timestamp)
    cast(d as timestamp_ntz)
    cast(l as timestamp)
    to_date(t)
    to_timestamp(s)
    to_timestamp(d)
    to_timestamp_ntz(s)
    to_timestamp(s, 'yyyy-MM-dd HH:mm:ss')
    to_timestamp(s, "yyyy-MM-dd'T'HH:mm:ssX")
    to_timestamp(o, "yyyy-MM-dd'T'HH:mm:ssXXX")
    to_timestamp(o, "yyyy-MM-dd'T'HH:mm:ssXX")
    to_timestamp(o, "yyyy-MM-dd'T'HH:mm:ssZ")
    to_timestamp(o, "yyyy-MM-dd'T'HH:mm:ssx")
    to_date(o, "yyyy-MM-dd'T'HH:mm:ssXXX")
    to_date(s, 'yyyy-MM-dd HH:mm:ss')
    to_date(s, 'yyyy-MM-dd')
    unix_timestamp(t)
    unix_timestamp(d)
    unix_timestamp(s)
    unix_timestamp(s, 'yyyy-MM-dd HH:mm:ss')
    from_unixtime(l)
    from_unixtime(l, 'yyyy-MM-dd HH:mm XXX')
    date_format(t, 'yyyy-MM-dd HH:mm:ss.SSSSSS')
    date_format(t, "yyyy-MM-dd'T'HH:mm:ssXXX")
    date_format(t, 'X XX XXXX XXXXX')
    date_format(t, 'x xx xxx xxxx xxxxx')
    date_format(t, 'Z ZZ ZZZ ZZZZ ZZZZZ')
    date_format(t, 'O OOOO VV')
    date_format(d, 'yyyy-MM-dd HH')
    date_format(d, 'E d MMM yyyy')
    date_format(s, 'E HH:mm')
    date_format(n, 'E HH:mm XXX')
    date_trunc('year', t)
    date_trunc('quarter', t)
    date_trunc('month', t)
    date_trunc('week', t)
    date_trunc('day', t)
    date_trunc('hour', t)
    date_trunc('minute', t)
    date_trunc('second', t)
    date_trunc('millisecond', t)
    date_trunc('microsecond', t)
    date_trunc('day', s)
    date_trunc('hour', n)
    date_trunc('month', d)
    trunc(t, 'month')
    last_day(t)
    next_day(t, 'SUN')
    next_day(d, 'mo')
    add_months(t, 1)
    date_add(t, 1)
    datediff(t, u)
    months_between(t, u)
    months_between(t, d)
    months_between(n, u)
    from_utc_timestamp(t, 'Asia/Tokyo')
    from_utc_timestamp(t, 'America/New_York')
    from_utc_timestamp(s, 'PST')
    from_utc_timestamp(t, z)
    to_utc_timestamp(t, 'America/New_York')
    to_utc_timestamp(t, 'Australia/Lord_Howe')
    to_utc_timestamp(d, '+5:30')
    to_utc_timestamp(t, z)
    convert_timezone('America/New_York', n)
    convert_timezone('America/New_York', 'Asia/Kathmandu', n)
    convert_timezone('Europe/Paris', t)
    current_timezone()
    make_timestamp(2024, 3, 10, i, 30, 15.5)
    make_timestamp(2024, 11, 3, 1, i, 60)
    make_timestamp(2011, 12, 30, 1, 2, i)
    make_timestamp(2024, 2, 30, 1, 1, 1)
    make_timestamp(2024, 3, 10, 2, 30, 0, 'Europe/Paris')
    make_timestamp(2024, 3, 31, 2, 30, 59.999999, z)
    make_timestamp_ltz(2024, 3, 10, 2, 30, i)
    make_timestamp_ntz(2024, 3, 10, 2, 30, 1.25)
    timestampadd(MICROSECOND, i, t)
    timestampadd(SECOND, i, t)
    timestampadd(MINUTE, i, t)
    timestampadd(HOUR, i, t)
    timestampadd(DAY, i, t)
    timestampadd(WEEK, i, t)
    timestampadd(MONTH, i, t)
    timestampadd(QUARTER, i, t)
    timestampadd(YEAR, i, t)
    timestampadd(DAY, 1, s)
    timestampadd(HOUR, 1, n)
    timestampadd(MONTH, 1, d)
    dateadd(DAY, i, t)
    timestampdiff(MICROSECOND, t, u)
    timestampdiff(SECOND, t, u)
    timestampdiff(HOUR, t, u)
    timestampdiff(DAY, t, u)
    timestampdiff(WEEK, t, u)
    timestampdiff(MONTH, t, u)
    timestampdiff(QUARTER, t, u)
    timestampdiff(YEAR, t, u)
    timestampdiff(HOUR, d, t)
    datediff(HOUR, t, u)
    t + interval 1 day
    t + interval 24 hours
    t + interval 36 hours
    t - interval 1 day
    t - interval 90 minutes
    t + interval 1 month
    t - interval '3' months
    t + interval 1 year
    t + interval 2 weeks
    t + interval 1 day 2 hours
    t + interval '1.5' seconds
    interval 1 hour + t
    n + interval 1 day
    n - interval 2 hours
    d + interval 1 day
    d - interval 1 week
    d + interval 2 months
    d + interval 3 hours
    unix_seconds(t)
    unix_millis(t)
    unix_micros(t)
    timestamp_seconds(l)
    timestamp_millis(l)
    timestamp_micros(l)
    unix_date(d)
    date_from_unix_date(i)
    t > d
    t = u
    t > s
    t < n
    n > d
    t between timestamp '2000-01-01' and timestamp '2024-03-10 02:30:00'
    t >= '2024-03-10 02:30:00'
    t in (timestamp '2024-11-03 01:30:00', timestamp '2024-03-10 07:00:00Z')
    greatest(t, u)
    coalesce(t, d)
    coalesce(t, n)
    if(t > u, t, u)
    case when hour(t) < 6 then 'night' else date_format(t, 'HH') end
    timestamp '2024-03-10 02:30:00'
    timestamp '2011-12-30'
    timestamp '2024-03-10 02:30:00 Asia/Tokyo'
    concat(t, '|')
    hash(t)
    xxhash64(t, n)
    array(t, u)
"""


def of_zone(zone: str) -> Table:
    """Return the table of expressions in one zone."""
    offsets = [
        None,
        *(f"2024-03-10T02:30:00{it}" for it in "Z +02:00 -0330 +05 z +19:00".split()),
        *(
            "2024-03-10T02:30:00",
            "2024-03-10T02:30:00+00:00",
            "2024-03-10T02:30:00GMT",
            "2024-03-10T25:30:00Z",
        ),
    ]
    made = table(
        f"zone {zone.replace('/', '-')}",
        EXPRESSIONS,
        t=("timestamp", instants(zone)),
        u=("timestamp", instants(zone)[::-1]),
        n=("timestamp_ntz", clocks(zone)),
        d=(
            "date",
            [
                None,
                *(
                    date.fromisoformat(text[:10]) + timedelta(days=shift)
                    for text in TRANSITIONS[zone]
                    for shift in (-1, 0, 1)
                ),
            ],
        ),
        s=("string", TEXTS),
        o=("string", offsets),
        z=("string", [None, "America/New_York", "Pacific/Apia", "+05:30", "GMT-3", "Z", "nowhere"]),
        l=("bigint", [None, 0, -1, 1710054000, 1730613600, 1325239200, -2717650800, 4097000000]),
        i=("int", [None, 0, 1, 2, -1, 24, 25, 36, 59, 60, 366, -400]),
    )
    return Table(made.name, made.columns, made.expressions, timezone=zone)


ZONES = [of_zone(zone) for zone in TRANSITIONS]
