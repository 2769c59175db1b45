"""What is asked of both Sparks of intervals beside dates and times."""

from __future__ import annotations

from datetime import date, datetime

from tests.sql.tables import table

DAYS = [None, date(2024, 1, 31), date(2024, 2, 29), date(1969, 12, 31), date(2023, 12, 1), date(1900, 3, 1)]
MOMENTS = [None, datetime(2024, 1, 31, 23, 59, 59, 999999), datetime(1969, 12, 31, 1), datetime(2000, 2, 29)]
COUNTS = [None, 0, 1, -1, 13, 400, -31, 2147483647]

SPANS = """
    d + interval 1 day 2 hours
    d + interval '1' day '2' hours
    d + interval '1' day 2 hours '30' minutes
    t + interval 1 day 2 hours 3 minutes 4.5 seconds
    t + interval '1' day '-2' hours
    t - interval 1 year 2 months
    d - interval '1' year '2' months
    d + interval '1 day'
    d + interval '1 day 2 hours'
    t + interval '1 week 2 days'
    t - interval '1 year 3 months'
    t + interval '-1 day'
    t + interval 'interval 2 hours'
    t + interval '1.5 seconds'
    d + interval '1-2' year to month
    t - interval '-1-2' year to month
    t + interval '1 02' day to hour
    t + interval '1 02:03' day to minute
    t + interval '1 02:03:04.5' day to second
    t + interval '-1 02:03:04.5' day to second
    t + interval '12:30' hour to minute
    t + interval '12:30:01.25' hour to second
    t - interval '30:01.25' minute to second
    d + interval '1 00' day to hour
    t + interval -'1' day
    t + interval - 2 hours
    t + interval '1' day + interval '2' hours
    d + interval 1 day + interval 1 month
    d + (interval 1 day + interval 2 days)
    t + (interval 3 hours - interval 1 day)
    d + (interval 1 month + interval 1 year)
    t + (- interval 1 day)
    d + interval 1 day * i
    t + i * interval 1 hour
    t - interval '1' month * i
    t + interval 1 day * 1.5
    t + interval 3 days / 2
    d + make_interval()
    d + make_interval(1)
    d + make_interval(0, i)
    d + make_interval(1, 2, 3, 4)
    d - make_interval(0, 1, 0, 1)
    d + make_interval(0, 0, 0, 0, 1)
    d + make_interval(0, 0, 0, i)
    t + make_interval(i, 0, 0, 0, 0, 0, 0)
    t + make_interval(0, 0, i)
    t + make_interval(0, 1, 0, 1, 1, 1, 1.5)
    t - make_interval(0, 1, 0, 1, 1, 1, 1.5)
    t + make_interval(0, 0, 0, 0, i)
    t + make_interval(0, 0, 0, 0, 0, i, 0.000001)
    t + make_interval(0, 0, 0, 0, 0, 0, i)
    d + try_make_interval(i)
    t + try_make_interval(i, i)
    t + try_make_interval(0, 0, i, 0)
    d + make_dt_interval(1)
    d + make_dt_interval(i % 1000)
    t + make_dt_interval()
    t + make_dt_interval(0, i)
    t + make_dt_interval(1, 2, 3, 4.000005)
    t - make_dt_interval(1, 2, 3, 4.000005)
    t + make_dt_interval(0, 0, i, 0.1)
    d + make_ym_interval()
    d + make_ym_interval(1)
    d + make_ym_interval(1, 2)
    d - make_ym_interval(0, i)
    t + make_ym_interval(i, 1)
    if(i > 0, t + interval 1 day, t - interval 1 day)
    t + if(i > 0, interval 1 day, interval 2 days)
    t > d + interval 1 day
    d BETWEEN d - interval 7 days AND d + interval 7 days
    t - interval 1 day < t
    datediff(d + interval 1 month, d)
    date_format(t + interval 1 hour, 'yyyy-MM-dd HH:mm')
    dayname(d)
    dayname(t)
    dayname('2024-02-29')
    monthname(d)
    monthname(t)
    monthname(NULL)
    to_timestamp_ltz('2024-02-29 10:20:30')
    to_timestamp_ltz('29/02/2024', 'dd/MM/yyyy')
    to_timestamp_ltz('nope')
    to_timestamp_ltz(d)
    to_timestamp_ltz(t)
    to_timestamp_ntz('29/02/2024 10:11', 'dd/MM/yyyy HH:mm')
    to_timestamp_ntz('nope', 'dd/MM/yyyy')
    try_make_timestamp(2024, 2, i, 1, 2, 3.5)
    try_make_timestamp(i, 1, 1, 0, 0, 60)
    try_make_timestamp(2024, 2, 29, 1, 2, 3.5, 'Asia/Tokyo')
    try_make_timestamp(2024, 2, 29, 25, 2, 3.5)
    try_make_timestamp_ltz(2024, 2, i, 1, 2, 3.5)
    try_make_timestamp_ltz(2024, 2, 29, 1, 2, 60.5)
    try_make_timestamp_ltz(2024, 2, 29, 1, 2, 3, 'Europe/Paris')
    try_make_timestamp_ntz(2024, 2, i, 1, 2, 3.5)
    try_make_timestamp_ntz(2024, i, 29, 1, 2, 60)
    try_to_timestamp('2024-02-30')
    try_to_timestamp('2024-02-29 10', 'yyyy-MM-dd HH')
"""

DIFFERENCES = """
    d - e > interval 7 days
    d - e = interval 0 days
    d - e <> e - d
    d - e <= interval 1 day 2 hours
    t - u > interval 1 hour
    t - u < interval '1 02:03' day to minute
    t - d > interval 1 day
    d - t < interval 1 day
    n - m >= interval 1 hour
    n - d > interval '1' day
    t - u BETWEEN interval -1 day AND interval 400 days
    u + (t - u)
    d + (d - e)
    t + (d - e)
    t - (t - u) / 2
    u + (t - u) * 0.5
    u + (t - u) * i
    cast(d - e as int)
    cast(d - e as bigint)
    cast(e - d as int) + 1
    cast(d - e as string)
    cast(t - u as string)
    cast(n - m as string)
    string(t - u)
    cast(t - u + interval 1 hour as string)
    cast(d - e + interval 1 day as string)
    cast(make_ym_interval(i % 100, 5) as string)
    cast(interval '1-2' year to month as string)
    cast(- (t - u) as string)
    cast((t - u) / 3 as string)
    concat('after ', cast(t - u as string))
    cast(t - u as int)
    cast(t - u as double)
    extract(day from d - e)
    extract(hour from d - e)
    extract(day from t - u)
    extract(hour from t - u)
    extract(minute from t - u)
    extract(second from t - u)
    extract(year from t - u)
    date_part('HOURS', t - u)
    datepart('s', n - m)
    extract(year from make_ym_interval(i % 100, 5))
    extract(month from make_ym_interval(i % 100, -5))
    extract(day from interval 1 day 2 hours)
    extract(hour from interval 26 hours)
    extract(minute from interval '1:30' hour to minute)
    (t - u) IS NULL
    isnotnull(d - e)
    if(t - u > interval 0 seconds, 1, 0)
    case when d - e > interval 30 days then 'old' else 'new' end
    if(i > 0, t - u, u - t) > interval 1 minute
    coalesce(t - u, interval 0 seconds) = interval 0 seconds
    t - u > d - e
    interval 1 year > interval 11 months
    interval 1 month = interval 30 days
    s + interval 1 day
    s + interval 1 hour
    s - interval 2 days
    s + interval 1 month
    interval 1 day + s
    t - s > interval 1 day
    d - s > interval 1 day
    interval 1 month 2 days
    t + interval '1 month 2 days'
    make_interval(1) = make_interval(1)
    unix_timestamp(t) - unix_timestamp(u)
"""
TEXTS = [None, "2024-01-31 10:00:00", "2024-02-29", "x", "2024-02-29 23:30:00+02:00"]

TABLES = [
    table("spans", SPANS, d=("date", DAYS), t=("timestamp", MOMENTS), i=("int", COUNTS)),
    table(
        "differences",
        DIFFERENCES,
        d=("date", DAYS),
        e=("date", DAYS),
        t=("timestamp", MOMENTS),
        u=("timestamp", MOMENTS),
        n=("timestamp_ntz", MOMENTS),
        m=("timestamp_ntz", MOMENTS),
        i=("int", COUNTS),
        s=("string", TEXTS),
    ),
]
