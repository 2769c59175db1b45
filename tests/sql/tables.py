"""What is asked of both Sparks, expression by expression: columns, hostile rows, and the expressions."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

NAN, INF = float("nan"), float("inf")

DOUBLES = [
    None, 0.0, -0.0, 1.0, -1.0, 0.5, 1.5, 2.5, -2.5, 2.0, 3.7, -3.7, 0.1, 1e-9, 1e7, 1e10, -1e10, 1e19,
    -1e300,
    2147483647.0, 2147483648.0, -2147483649.0, 9.223372036854775807e18, 1.005, 2.675, 123456789.125, 5e-324,
    1.7976931348623157e308, NAN, INF, -INF, 127.5, 128.0, 0.001, 2e23, 1e15 + 0.3,
]  # fmt: skip
FLOATS = [None, 0.0, -0.0, 1.5, -2.25, 0.10000000149011612, 16777216.0, 3.4028234663852886e38, NAN, INF, -INF,
          2147483648.0, 1.401298464324817e-45, 2.5, 1.0049999952316284]  # fmt: skip
INTS = [
    None,
    0,
    1,
    -1,
    2,
    3,
    7,
    -7,
    10,
    12,
    100,
    127,
    128,
    255,
    1999,
    46341,
    2147483647,
    -2147483648,
    65536,
    5,
]
LONGS = [None, 0, 1, -1, 5, -9, 1000, 2147483648, -2147483649, 9223372036854775807, -9223372036854775808,
         4294967296, 16777217, 9007199254740993, 1700000000]  # fmt: skip
TINIES = [None, 0, 1, -1, 5, 127, -128, 100]
BOOLEANS = [None, True, False]
TEXTS = [
    None, "", " ", "a", "abc", "ABC", "Hello World", "  padded  ", "\ttab\n", "x%y_z", "a\\b", "é",
    "e\u0301", "ß",
    "İI\u0131i", "ΑΣ ΑΣΣ", "\U0001f600smile", "日本語", "o'neil \"q\"", "1", "true", "one two  three-four",
    "aaa",
    "ǆungla", "ﬁsh", "a\x00b", "null", "abcabc", "ŉx",
]  # fmt: skip
NUMERIC_TEXTS = [
    None, "", " ", "1", " 1 ", "-1", "+5", "1.5", "-0.5", ".5", "5.", ".", "-", "+", "1e3", "1E-2", "1d",
    "2F", "1L",
    "NaN", "nan", "Infinity", "-inf", "+infinity", "inf", "0x1F", "1_000", "1,000", "abc", "2147483647",
    "2147483648",
    "-2147483648", "9223372036854775807", "9223372036854775808", "128", "00012", "1.5e400", "1e-400",
    "\t7\n", "7\x00",
    "\u00a08", "٣", "true", "T", " yes ", "n", "0", "FALSE", "tru",
    "12345678901234567890123456789012345678901",
    "0.1", "1.005", "99999999.995", "-99999999.995", "1e8", "16777217", "3.4028235e38", "1e39", "--1",
    "1.2.3", "- 1",
    "1.17549435E-38", "123456789.123456789123456789", "1e", "e5", "1.e2", "0e0", "-0", "-0.0", "NaNd",
    "Infinityd",
]  # fmt: skip
DATE_TEXTS = [
    None, "", "2024-02-29", "2023-02-29", " 2024-1-5 ", "2024", "2024-07", "2024-07-", "2024-07-15T",
    "2024-07-15 junk",
    "2024-07-15T10:20:30", "2024-07-15 10:20:30.123456", "2024-07-15 10:20", "2024-07-15 10",
    "2024-07-15 10:",
    "2024-07-15 10:20:30Z", "2024-07-15 10:20:30+02:00", "2024-07-15 10:20:30 UTC", "2024-07-15 10:20:30+2:0",
    "2024-07-15 10:20:30 Europe/Paris", "2024-07-15 10:20:30.1234567", "2024-07-15 25:00:00",
    "2024-7-5 1:2:3",
    "20240715", "15/07/2024", "2024-13-01", "2024-00-10", "0001-01-01", "9999-12-31", "24-01-01", "abc",
    "2024-07-15 10:20:30.", "2024-07-15 10:20:30.5", "2024/07/15", "+2024-01-01", "2024-07-15  10:00:00",
    "1969-12-31 23:59:59.999999", "2024-07-15 10:20:30+19:00", "2024-07-15 10:20:30GMT+1", "2024-07-15\n",
]  # fmt: skip
FORMATTED = [
    None, "", "2024-02-29", "2023-02-29", "2024-2-9", " 2024-02-29", "2024-02-29 ", "20240229", "29/02/2024",
    "9/2/2024", "2024-02-29 10:20:30", "2024-02-29 10:20", "2024-02-29 24:00:00", "2024-02-29T10:20:30.123",
    "2024-02-29 10:20:30.5", "02-29-24", "29 Feb 2024", "29 FEB 2024", "29 February 2024", "February 29",
    "March 5",
    "10:20", "1:05 PM", "13:05 PM", "01:05 am", "12:00 AM", "abc", "2024-13-01", "0000-01-01", "12024-01-01",
    "+12024-01-01", "-2024-01-01", "2024-02-29 1:2:3", "1/1/24", "31/04/2024", "2024-02-29junk", "2024",
    "99990101",
    "00-01-01", "2024-02-30 10:20:30",
]  # fmt: skip
DECIMALS = [None, *map(Decimal, ("0.00", "1.00", "-1.00", "0.01", "1.50", "2.50", "-2.55", "12345678.99",
                                 "99999999.99", "-99999999.99", "3.33", "7.00", "0.10"))]  # fmt: skip
WIDE_DECIMALS = [None, *map(Decimal, (
    "0", "1", "-1", "0.000000000000000001", "99999999999999999999.999999999999999999", "3.141592653589793238",
    "-12345678901234567890.123456789012345678", "0.5", "2.5", "1000000", "7.000000000000000007",
    "33333333333333333333.333333333333333333",
))]  # fmt: skip
DATES = [None, date(2024, 2, 29), date(2023, 12, 31), date(1970, 1, 1), date(1969, 12, 31), date(2024, 1, 1),
         date(2021, 1, 3), date(2020, 12, 27), date(2024, 3, 31), date(1, 1, 1), date(9999, 12, 31),
         date(1900, 2, 28), date(2024, 7, 15), date(2026, 1, 4), date(1582, 10, 15)]  # fmt: skip
TIMES = [None, datetime(2024, 2, 29, 12, 30, 15), datetime(1999, 12, 31, 23, 59, 59, 120000),
    datetime(1970, 1, 1),
         datetime(1969, 12, 31, 23, 59, 59, 999999), datetime(2024, 3, 31), datetime(2024, 7, 15, 0, 0, 0, 1),
         datetime(2024, 1, 31, 5, 6, 7, 890000), datetime(2001, 9, 9, 1, 46, 40)]  # fmt: skip
INT_ARRAYS = [None, [], [1], [1, 2, 3], [None], [5, None, -1], [2147483647]]
WORD_ARRAYS = [None, [], ["a"], ["a", "b", "a"], [None], ["x", None, ""], ["é", "日"]]
DOUBLE_ARRAYS = [None, [], [1.5], [NAN, -0.0, None], [0.0, INF]]


@dataclass(frozen=True)
class Table:
    """Expressions over the same rows; `ulps` is the slack of those that call transcendental functions."""

    name: str
    columns: dict[str, tuple[str, list[Any]]]
    expressions: tuple[str, ...]
    ulps: int = 0
    timezone: str = "UTC"

    @property
    def schema(self) -> dict[str, str]:
        return {name: type for name, (type, _) in self.columns.items()}

    @property
    def rows(self) -> list[dict[str, Any]]:
        """Return rows in which every value of every column stands, in seeded combinations."""
        rng = random.Random(self.name)
        count = max(len(values) for _, values in self.columns.values())
        drawn = {}
        for name, (_, values) in self.columns.items():
            filled = [*values, *rng.choices(values, k=count - len(values))]
            rng.shuffle(filled)
            drawn[name] = filled
        return [{name: values[place] for name, values in drawn.items()} for place in range(count)]


def table(name: str, text: str, ulps: int = 0, **columns: tuple[str, list[Any]]) -> Table:
    lines = (line.strip() for line in text.strip().splitlines())
    return Table(name, columns, tuple(line for line in lines if line), ulps)


NUMBERS = {
    "i": ("int", INTS), "j": ("int", INTS), "l": ("bigint", LONGS), "t": ("tinyint", TINIES),
    "d": ("double", DOUBLES), "e": ("double", DOUBLES), "f": ("float", FLOATS), "s": ("string",
    NUMERIC_TEXTS[:24]),
    "p": ("decimal(10,2)", DECIMALS), "q": ("decimal(38,18)", WIDE_DECIMALS), "b": ("boolean", BOOLEANS),
}  # fmt: skip

TABLES = [
    table(
        "tries",
        """
        try_add(i, j)
        try_add(l, l)
        try_add(t, t)
        try_add(d, e)
        try_add(p, p)
        try_add(q, q)
        try_add(i, d)
        try_add(i, f)
        try_add(i, 1)
        try_subtract(i, j)
        try_subtract(l, i)
        try_multiply(i, j)
        try_multiply(l, l)
        try_multiply(q, q)
        try_multiply(i, p)
        try_divide(i, j)
        try_divide(d, e)
        try_divide(p, q)
        try_divide(i, 0)
        try_divide(l, 2)
        try_divide(d, NULL)
        try_mod(i, j)
        try_mod(d, 0)
        try_cast(i as tinyint)
        try_cast(d as int)
        try_cast(l as int)
        try_cast(d as decimal(5,2))
        try_cast(p as int)
        try_cast(i as string)
        try_cast(b as int)
        s::int
        decode(i, 1, 'one', 2, 'two', 'many')
        decode(i, 1, 'one', 2, 'two')
        decode(s, 'a', 1, '1', 2, 0)
        decode(i, NULL, 'none', 'some')
        decode(d, 0, 'zero', e, 'same')
        decode(i, 1, 1, 2, 2.5, d)
        i & j
        i | j
        i ^ j
        ~i
        ~t
        l & i
        t | i
        i << 3
        i << j
        l << i
        l >> 2
        i >> 1
        i >> j
        i >>> 1
        l >>> 40
        t >> 1
        shiftleft(i, 2)
        shiftright(l, 3)
        shiftrightunsigned(i, 28)
        shiftrightunsigned(t, 28)
        bit_count(i)
        bit_count(l)
        bit_count(b)
        bit_get(i, 0)
        getbit(l, 40)
        i & 1 | j ^ 2
        d & 1
        bin(i)
        bin(l)
        bin(d)
        hex(i)
        hex(l)
        hex(s)
        factorial(i)
        factorial(t)
        width_bucket(d, 0, 10, 5)
        width_bucket(d, 10, 0, 4)
        width_bucket(i, 0, 100, 10)
        width_bucket(d, e, 10, 3)
        width_bucket(d, 0, 0, 3)
        width_bucket(d, 0, 10, i)
        width_bucket(p, 0, 10.5, 3)
        width_bucket(d, NULL, 10, 3)
        """,
        **NUMBERS,
    ),
    table(
        "hashes",
        """
        hash(i)
        hash(l)
        hash(t)
        hash(d)
        hash(f)
        hash(b)
        hash(s)
        hash(p)
        hash(q)
        hash(g)
        hash(z)
        hash(w)
        hash(v)
        hash(i, s, d)
        hash(NULL)
        hash(NULL, i)
        hash('Spark', array(123), 2)
        abs(hash(s)) % 10
        xxhash64(i)
        xxhash64(l)
        xxhash64(t)
        xxhash64(d)
        xxhash64(f)
        xxhash64(b)
        xxhash64(s)
        xxhash64(p)
        xxhash64(q)
        xxhash64(g)
        xxhash64(z)
        xxhash64(w)
        xxhash64(i, s, d)
        xxhash64(repeat(s, 9))
        xxhash64('Spark')
        xxhash64(1, 1L)
        md5(s)
        sha(s)
        sha1(s)
        sha2(s, 256)
        sha2(s, 0)
        sha2(s, 224)
        sha2(s, 384)
        sha2(s, 512)
        sha2(s, 1)
        sha2(s, i)
        crc32(s)
        md5(NULL)
        md5(i)
        """,
        i=("int", INTS),
        l=("bigint", LONGS),
        t=("tinyint", TINIES),
        d=("double", DOUBLES),
        f=("float", FLOATS),
        b=("boolean", BOOLEANS),
        s=("string", TEXTS),
        p=("decimal(10,2)", DECIMALS),
        q=("decimal(38,18)", WIDE_DECIMALS),
        g=("date", DATES),
        z=("timestamp", TIMES),
        w=("array<string>", WORD_ARRAYS),
        v=("array<double>", DOUBLE_ARRAYS),
    ),
    table(
        "texts",
        """
        substring_index(s, 'a', 1)
        substring_index(s, 'a', 2)
        substring_index(s, 'a', -1)
        substring_index(s, 'a', -2)
        substring_index(s, ' ', n)
        substring_index(s, '', 1)
        substring_index(s, 'aa', -1)
        substring_index(s, u, -1)
        split_part(s, ' ', 1)
        split_part(s, ' ', -1)
        split_part(s, 'a', 2)
        split_part(s, '', 1)
        split_part(s, '.', 1)
        split_part(s, 'a', n)
        split_part(s, 'b', 0)
        overlay(s PLACING '_' FROM 2)
        overlay(s PLACING 'xyz' FROM 2 FOR 1)
        overlay(s, 'xy', 3)
        overlay(s, 'xy', 1, 0)
        overlay(s, 'xy', n, 2)
        overlay(s, u, 2, n)
        find_in_set(u, 'a,abc,,ABC')
        find_in_set('a,b', s)
        find_in_set('', s)
        levenshtein(s, u)
        levenshtein(s, 'abc')
        levenshtein(s, u, 2)
        levenshtein(s, NULL)
        soundex(s)
        soundex(c)
        octet_length(s)
        bit_length(s)
        octet_length(n)
        space(2)
        space(n % 5)
        chr(n)
        chr(65)
        char(n + 200)
        regexp_count(s, 'a')
        regexp_count(s, '')
        regexp_count(s, '[a-z]+')
        regexp_count(s, NULL)
        regexp_substr(s, '[a-z]+')
        regexp_substr(s, 'x*')
        regexp_extract_all(s, '([a-z])([a-z])?')
        regexp_extract_all(s, '([a-z])([a-z])?', 2)
        regexp_extract_all(s, '[a-z]+', 0)
        s like any ('a%', '%c')
        s like all ('a%', '%c')
        s not like any ('a%', '%c')
        s not like all ('a%', '%c')
        s like any ('a%', NULL)
        s like all ('a%', NULL)
        s not like all ('a%', NULL)
        s ilike any ('A%', '%C')
        s not ilike all ('A%', '%C')
        s like some (u, 'a%')
        s ilike all ('A%', '%C')
        s not ilike any ('A%', NULL)
        """,
        s=("string", TEXTS),
        u=("string", TEXTS[:20]),
        c=(
            "string",
            [
                None,
                "Miller",
                "Robert",
                "Rupert",
                "Ashcraft",
                "Tymczak",
                "Pfister",
                "o'neil",
                "A-b",
                "bb",
                "H",
                "Jackson",
                "hhab",
                "LL0yd",
                "Rubin \u00e9",
                "z",
            ],
        ),
        n=("int", [None, 0, 1, 2, 3, -1, -2, 10, 5, 66, 300, -300]),
    ),
    table(
        "lambdas",
        """
        transform(a, x -> x + 1)
        transform(a, x -> x * i)
        transform(a, (x, k) -> x + k)
        transform(w, x -> upper(x))
        transform(w, x -> transform(a, y -> x))
        transform(a, x -> transform(a, y -> y - x))
        transform(a, x -> size(filter(a, y -> y > x)))
        filter(a, x -> x > 1)
        filter(a, (x, k) -> k > 0)
        filter(w, x -> x is not null and length(x) > 0)
        filter(a, x -> NULL)
        exists(a, x -> x > 1)
        exists(a, x -> x is null)
        exists(w, s -> s = 'a')
        forall(a, x -> x > 0)
        forall(w, x -> x is not null)
        aggregate(a, 0, (acc, x) -> acc + x)
        aggregate(a, 0, (acc, x) -> acc + coalesce(x, 0), acc -> acc * 10)
        aggregate(a, 1.0D, (acc, x) -> acc * x)
        reduce(x, 0D, (acc, y) -> acc + y)
        aggregate(w, '', (acc, x) -> concat(acc, x))
        aggregate(a, 0L, (acc, x) -> acc + x)
        array_distinct(a)
        array_distinct(x)
        array_distinct(w)
        array_sort(a)
        array_sort(w)
        array_sort(x)
        sort_array(a)
        sort_array(w, false)
        sort_array(x, false)
        sort_array(x, true)
        array_max(a)
        array_min(a)
        array_max(x)
        array_min(x)
        array_max(w)
        slice(a, 1, 2)
        slice(a, -2, 2)
        slice(a, i, 1)
        slice(a, 2, i)
        slice(w, 0, 1)
        try_element_at(a, i)
        try_element_at(w, -1)
        array_position(a, 1)
        array_position(w, s)
        array_position(x, 0D)
        array_remove(a, 1)
        array_remove(w, s)
        array_remove(x, 0D)
        array_union(a, array(1, 9))
        array_union(x, x)
        array_intersect(a, array(1, 2))
        array_intersect(x, array(0D, 1.5D))
        array_except(a, array(1, 2))
        array_except(w, array('a'))
        arrays_overlap(a, array(1, 2))
        arrays_overlap(w, array('q'))
        arrays_overlap(x, array(0D))
        array_repeat(i, 2)
        array_repeat(s, i)
        array_compact(a)
        array_compact(w)
        """,
        a=("array<int>", INT_ARRAYS),
        w=("array<string>", WORD_ARRAYS),
        x=("array<double>", [*DOUBLE_ARRAYS, [0.0, -0.0, NAN, NAN, 1.5], [-0.0, 0.0]]),
        i=("int", [None, 0, 1, 2, -1, 5]),
        s=("string", [None, "a", "", "\u00e9"]),
    ),
    table(
        "arithmetic",
        """
        i + j
        i - j
        i * j
        i / j
        i % j
        i div j
        mod(i, j)
        pmod(i, j)
        i + 1
        1 + i
        i - 2147483647
        i * 2
        -i

        - i - -j
        l + 1
        l * l
        -l
        l div i
        l % i
        i + l
        t + t
        t * t
        t + 1
        t + 1Y
        -t
        abs(t)
        t div t
        pmod(t, t)
        pmod(l, i)
        d + e
        d - e
        d * e
        d / e
        d % e
        pmod(d, e)
        d + 1
        d * 0.1
        d * 1e0
        d / 0
        d / 2
        d / i
        i / 2
        i / 0
        i % 0
        i div 0
        1 / 0
        1.0 / 0
        d % 3
        -d
        abs(d)
        abs(i)
        abs(l)
        abs(f)
        abs(p)
        -p
        -f
        f + f
        f * 2
        f / 3
        f % 2
        f + d
        f + i
        f + l
        l + d
        p + p
        p - p
        p * p
        p / p
        p % p
        p + 1
        p * 2
        p / 3
        p % 3
        p + i
        p * l
        p / i
        p - 0.001
        p + d
        p * 1.5
        p * f
        q + q
        q - q
        q * q
        q / q
        q % q
        q + p
        q * p
        q / p
        q / 3
        q * 2
        p / q
        1.5 + 2.25
        1.0 / 3
        2 / 3
        0.1 + 0.2
        5 / 2
        7 % 3
        -7 % 3
        -7 div 2
        2147483647 + 1
        2147483648
        -2147483648
        - 2147483648
        -9223372036854775808
        9223372036854775808
        9223372036854775807 + 1
        1e0 / 3
        1.5D * 2
        1.1F * 2
        1.1F + 1
        0.1BD + 1
        1L + 1
        5S + 1Y
        .5 + i
        5. + i
        i + NULL
        NULL + 1
        NULL / 2
        d + NULL
        p + NULL
        i + d * 2 - l / 3
        (i + j) * 2
        i - j - 1
        i + s
        s + 1
        s * 2.0
        s / 2
        s + s
        -s
        s % 2
        d * s
        p + s
        abs(s)
        negative(i)
        positive(d)
        i + true
        b + 1
        d div 2
        p div 2
        sign(i)
        signum(d)
        """,
        **NUMBERS,
    ),
    table(
        "math",
        """
        sqrt(d)
        sqrt(i)
        exp(d)
        ln(d)
        log(d)
        log(2, d)
        log(d, e)
        log(10, i)
        log2(d)
        log10(d)
        log1p(d)
        log1p(i)
        log(i + 1)
        degrees(d)
        radians(d)
        rint(d)
        sign(d)
        sign(f)
        sign(p)
        signum(i)
        pi()
        e()
        sqrt(s)
        log(s)
        sqrt(p)
        exp(b)
        log(NULL)
        sqrt(-1)
        exp(1)
        log10(i)
        exp(e / 1e3)
        log2(i)
        exp(-i)
        """,
        **NUMBERS,
    ),
    table(
        "transcendental",
        """
        expm1(d)
        pow(d, 2)
        pow(d, e)
        power(i, 2)
        power(i, 0.5)
        pow(0, 0)
        cbrt(d)
        sin(d)
        cos(d)
        tan(d)
        asin(d)
        acos(d)
        atan(d)
        atan2(d, e)
        sinh(d)
        cosh(d)
        tanh(d)
        """,
        ulps=1,
        **NUMBERS,
    ),
    table(
        "rounding",
        """
        round(d)
        round(d, 0)
        round(d, 1)
        round(d, 2)
        round(d, -1)
        round(d, 10)
        round(d, -400)
        round(e, 3)
        bround(d)
        bround(d, 1)
        bround(d, 2)
        round(f)
        round(f, 2)
        bround(f, 1)
        round(i)
        round(i, 2)
        round(i, -1)
        round(i, -2)
        bround(i, -1)
        round(l, -3)
        round(t, -1)
        round(t, -3)
        round(p)
        round(p, 1)
        round(p, 5)
        round(p, -1)
        bround(p, 1)
        round(q, 3)
        round(q, 0)
        round(s, 1)
        round(2.5)
        round(-2.5)
        round(2.675, 2)
        round(1.005e0, 2)
        round(NULL, 1)
        round(d, i)
        floor(d)
        ceil(d)
        ceiling(d)
        floor(f)
        floor(i)
        ceil(i)
        floor(l)
        ceil(l)
        floor(t)
        floor(p)
        ceil(p)
        floor(q)
        ceil(q)
        floor(s)
        floor(-1.5)
        ceil(1.2)
        floor(5)
        floor(NULL)
        floor(b)
        """,
        **NUMBERS,
    ),
    table(
        "comparisons",
        """
        i = j
        i == j
        i <> j
        i != j
        i < j
        i <= j
        i > j
        i >= j
        i <=> j
        NOT i > j
        !(i > j)
        d = e
        d <> e
        d < e
        d <= e
        d > e
        d >= e
        d <=> e
        f = f
        f < d
        f = 0.1
        f = 0.1D
        f > 1
        d = 0
        d = 0.1
        d > 1.5
        d > 1
        d <= 2.5BD
        i > 1.5
        i >= 1.5
        i = 1.0
        1.5 < i
        i < 2147483648
        i = d
        l = i
        l > d
        l = f
        t = i
        t < 200
        p = 1
        p > 1.5
        p = 1.50
        p > 1.555
        p < i
        p > d
        p = q
        q > p
        q > 0.0000000000000000001
        q = l
        s = 'a'
        s = '1'
        s < '2'
        s = 1
        s > 1
        s = i
        i = s
        s < 1.5
        s = d
        s = p
        s = b
        i = '1'
        d = '0.5'
        b = true
        b = 'true'
        b = 1
        b = 0
        b <> 1
        1 = b
        b <=> 1
        b = i
        b < true
        b > 0
        b = NULL
        i = NULL
        NULL = NULL
        NULL <=> NULL
        i <=> NULL
        s <=> NULL
        i is null
        i IS NOT NULL
        s is null
        b IS TRUE
        b IS NOT TRUE
        b IS FALSE
        (i > 1) IS TRUE
        i IS DISTINCT FROM j
        d IS NOT DISTINCT FROM e
        isnull(d)
        isnotnull(s)
        isnan(d)
        isnan(f)
        isnan(s)
        isnan(i)
        isnan(NULL)
        i between 1 and 10
        i not between 1 and 10
        d between 0 and 1
        d between e and 10
        p between 1 and 2.5
        s between 'a' and 'm'
        i between NULL and 10
        b and i > 1
        b or i > 1
        not b
        b and NULL
        b or NULL
        NULL and false
        true or NULL
        NOT NULL
        b and b or not b
        i > 1 and d > 1 or s = 'a'
        i + 1 > j * 2
        -i > 0
        i
        i = j = b
        i = j in (true)
        i = j is null
        i + 1 is not null and not i > 1
        i is distinct from j is null
        b is unknown
        b is not unknown
        i is unknown
        (i > 1) is unknown
        i between 1.5 and 2.5
        d > -1.5
        d between -.5 and +1
        i and b
        not i
        i > 1 and s
        true
        false
        NULL
        'text'
        1
        1.5
        """,
        **NUMBERS,
    ),
    table(
        "choices",
        """
        case when i > 1 then 'a' else 'b' end
        case when i > 1 then 'a' end
        case when i > 5 then 1 when i > 1 then 2.5 else d end
        case when i > 5 then 1 else 2.5 end
        case when b then i else l end
        case when b then i else d end
        case when b then i else f end
        case when b then l else f end
        case when b then p else i end
        case when b then p else q end
        case when b then p else d end
        case when b then 1 else 'x' end
        case when b then i else s end
        case when b then b else s end
        case when b then d else 'x' end
        case when b then NULL else i end
        case when b then 1.0 else 0.0 end
        case when b then 1 else 0.0 end
        case when b then 10.25 else 0.125 end
        case when b then NULL end
        case i when 1 then 'one' when 2 then 'two' else 'many' end
        case s when 'a' then 1 when '1' then 2 end
        case i when 1.0 then 'x' else 'y' end
        case when NULL then 1 else 2 end
        case when i > 1 then 1/0 else 0 end
        case when d is null then 0 else d end
        case when d > 1 then 1 else 0 end + 1
        case when i then 1 else 2 end
        if(i > 1, 'a', 'b')
        if(b, i, d)
        if(b, 1, 1.5)
        if(b, s, 1)
        if(b, s, d)
        if(NULL, 1, 2)
        if(d > 0, log(d), 0)
        if(i != 0, 10 / i, NULL)
        coalesce(i, 0)
        coalesce(i, j, 0)
        coalesce(i, d)
        coalesce(i, 1.5)
        coalesce(d, 0)
        coalesce(d, 'none')
        coalesce(s, 'none')
        coalesce(s, 0)
        coalesce(i, s)
        coalesce(p, 0)
        coalesce(p, 0.125)
        coalesce(f, d)
        coalesce(f, i)
        coalesce(l, f)
        coalesce(t, i)
        coalesce(b, false)
        coalesce(b, 's')
        coalesce(NULL, i)
        coalesce(NULL, NULL)
        coalesce(i)
        coalesce(i, 1/0)
        nvl(i, 0)
        nvl(s, 'x')
        nvl(d, 0)
        ifnull(i, 1.5)
        nvl2(i, 'has', 'none')
        nvl2(d, i, 1.5)
        nullif(i, 1)
        nullif(d, 0)
        nullif(s, 'a')
        nullif(i, 1.0)
        nullif(s, 1)
        nullif(d, e)
        i / nullif(j, 0)
        nanvl(d, 0)
        nanvl(d, e)
        nanvl(f, d)
        nanvl(d, f)
        nanvl(f, f)
        nanvl(d, NULL)
        greatest(i, j)
        least(i, j)
        greatest(d, e)
        least(d, e)
        least(d, 0)
        greatest(i, d, 1.5)
        greatest(i, 1.5)
        greatest(p, i)
        greatest(p, q)
        least(p, d)
        greatest(f, i)
        greatest(s, 'b')
        least(s, 'b')
        greatest(i, s)
        greatest(b, true)
        greatest(i, NULL)
        greatest(i)
        i in (1, 2, 3)
        i not in (1, 2)
        i in (1, NULL)
        i in (1.0, 2.5)
        i in ('1', '2')
        s in ('a', 'b')
        s in ('a', NULL)
        s in (1, 2)
        s in (1.5, '2')
        d in (0, 1.5)
        d in (0.1, 'NaN')
        d in (0, 0.5, 1, 1.5, 2, 2.5, 3, 3.5, 4, 4.5, 5, 5.5)
        d in (e)
        f in (0.1)
        b in (true)
        b in (1)
        l in (1, 5)
        p in (1, 1.5)
        NULL in (1)
        i in (j, 1, l)
        """,
        **NUMBERS,
    ),
    table(
        "casts",
        """
        cast(d as int)
        cast(d as bigint)
        cast(d as smallint)
        cast(d as tinyint)
        cast(d as float)
        cast(d as string)
        cast(d as boolean)
        cast(d as decimal(10,2))
        cast(d as decimal(38,10))
        cast(d as decimal)
        cast(f as double)
        cast(f as string)
        cast(f as int)
        cast(f as bigint)
        cast(f as smallint)
        cast(f as decimal(20,10))
        cast(f as boolean)
        cast(i as tinyint)
        cast(i as smallint)
        cast(i as bigint)
        cast(i as double)
        cast(i as float)
        cast(i as string)
        cast(i as boolean)
        cast(i as decimal(5,2))
        cast(i as decimal(12,2))
        cast(i as decimal)
        cast(l as int)
        cast(l as float)
        cast(l as double)
        cast(l as string)
        cast(l as decimal(10,0))
        cast(l as smallint)
        cast(l as timestamp)
        cast(i as timestamp)
        cast(i as date)
        cast(b as int)
        cast(b as double)
        cast(b as float)
        cast(b as bigint)
        cast(b as string)
        cast(b as decimal(5,2))
        cast(b as decimal(2,2))
        cast(b as timestamp)
        cast(p as int)
        cast(p as bigint)
        cast(p as tinyint)
        cast(p as double)
        cast(p as float)
        cast(p as string)
        cast(p as boolean)
        cast(p as decimal(5,1))
        cast(p as decimal(20,5))
        cast(p as decimal(3,2))
        cast(q as string)
        cast(q as double)
        cast(q as float)
        cast(q as bigint)
        cast(q as int)
        cast(q as decimal(10,2))
        cast(s as int)
        cast(s as bigint)
        cast(s as smallint)
        cast(s as tinyint)
        cast(s as double)
        cast(s as float)
        cast(s as boolean)
        cast(s as decimal(10,2))
        cast(s as decimal(38,18))
        cast(s as decimal(5,0))
        cast(s as string)
        try_cast(s as int)
        try_cast(s as double)
        try_cast(s as decimal(10,2))
        cast(NULL as int)
        cast('5' as int)
        cast('x' as int)
        cast(1.7 as int)
        cast(-1.7 as int)
        cast(1e10 as string)
        cast(0.00000001 as string)
        cast(cast(0.00000001 as double) as string)
        cast(cast('1' as int) as string)
        cast(1 as decimal(3,2)) / 3
        cast(d as long)
        cast(d as integer)
        cast(d as short)
        cast(d as byte)
        cast(d as real)
        cast(d as dec(5,1))
        cast(d as numeric(5))
        int(s)
        double(s)
        string(d)
        boolean(i)
        bigint(d)
        float(d)
        tinyint(i)
        smallint(i)
        decimal(i)
        decimal(s)
        int(d) + 1
        double(i) / 2
        cast(d * 100 as int) / 100
        """,
        **{**NUMBERS, "s": ("string", NUMERIC_TEXTS)},
    ),
    table(
        "strings",
        """
        upper(s)
        ucase(s)
        lower(s)
        lcase(s)
        upper(lower(s))
        lower(upper(s))
        initcap(s)
        length(s)
        char_length(s)
        character_length(s)
        len(s)
        reverse(s)
        ascii(s)
        trim(s)
        ltrim(s)
        rtrim(s)
        trim(BOTH 'a ' FROM s)
        trim(LEADING 'a' FROM s)
        trim(TRAILING 'c' FROM s)
        trim('a' FROM s)
        btrim(s)
        btrim(s, 'ab')
        substring(s, 1, 2)
        substring(s, 0, 2)
        substring(s, 2)
        substring(s, -2)
        substring(s, -2, 1)
        substring(s, -5, 3)
        substring(s, n, 2)
        substring(s, 2, n)
        substring(s, n)
        substr(s, 2, 3)
        substring(s FROM 2 FOR 2)
        substring(s FROM 2)
        substring(n, 1, 1)
        left(s, 2)
        left(s, n)
        right(s, 2)
        right(s, n)
        lpad(s, 5, '*')
        lpad(s, 5)
        lpad(s, 2, 'xyz')
        lpad(s, 8, 'xyz')
        rpad(s, 5, '*')
        rpad(s, 8, 'xyz')
        rpad(s, 0, 'x')
        lpad(s, -1, 'x')
        lpad(s, 6, '')
        repeat(s, 2)
        repeat(s, 0)
        repeat(s, -1)
        instr(s, 'a')
        instr(s, '')
        instr(s, u)
        locate('b', s)
        position('b' in s)
        position('b', s)
        replace(s, 'a', 'b')
        replace(s, 'a')
        replace(s, '', 'x')
        replace(s, 'aa', 'a')
        replace(s, ' ', '_')
        translate(s, 'abc', 'xy')
        startswith(s, 'a')
        endswith(s, 'c')
        contains(s, 'b')
        contains(s, u)
        concat(s, u)
        concat(s, '-', u)
        concat(s, 1, n)
        concat(s, NULL)
        concat(s)
        concat()
        s || u
        s || '-' || u
        s || n
        s || n + 1
        n - 1 || s
        trim(BOTH FROM s)
        trim(TRAILING FROM s)
        regexp(s, 'a')
        s::string || n::string
        n::double / 2
        concat_ws('-', s, u)
        concat_ws('-', s, NULL, n)
        concat_ws(s, 'a', 'b')
        concat_ws('-')
        concat_ws(',', w)
        concat_ws(',', s, w, u)
        s like 'a%'
        s like '%b%'
        s like 'a_c'
        s like '_'
        s like 'a'
        s like ''
        s like '%\\\\%%'
        s like 'x\\\\%y\\\\_z'
        s like 'x/%y/_z' escape '/'
        s not like '%a%'
        s like u
        s like NULL
        s ilike 'ABC'
        s ilike '%B%'
        s like 'a\\\\\\\\b'
        s = 'abc'
        s < 'b'
        s > u
        s = "abc"
        s = 'o\\'neil "q"'
        'a' 'b'
        'it''s'
        'tab\\tnl\\n'
        'u\\u00e9 \\141 \\% \\_ \\q'
        r'raw\\n'
        upper(n)
        length(n)
        length(x)
        upper(x)
        concat(x, '%')
        concat(s, x)
        lower(NULL)
        length(NULL)
        substring(NULL, 1, 2)
        concat_ws(NULL, 'a')
        upper(substring(s, 1, 1)) || lower(substring(s, 2))
        length(trim(s)) > 0
        trim(s) = ''
        case when lower(s) in ('abc', 'hello world') then 1 else 0 end
        substring(s, 1.5, 1)
        left(s, 1.5)
        substring(s, '1', 2)
        upper(w)
        upper(flag)
        concat(flag, s)
        """,
        s=("string", TEXTS),
        u=("string", TEXTS[:20]),
        n=("int", [None, 0, 1, 2, 3, -1, -2, 10, 2147483647, -2147483648]),
        x=("double", [None, 1.0, 0.1, 1e7, NAN]),
        w=("array<string>", WORD_ARRAYS),
        flag=("boolean", BOOLEANS),
    ),
    table(
        "dates",
        """
        year(d)
        quarter(d)
        month(d)
        day(d)
        dayofmonth(d)
        dayofweek(d)
        weekday(d)
        dayofyear(d)
        weekofyear(d)
        year(t)
        dayofmonth(t)
        dayofweek(t)
        weekofyear(t)
        hour(t)
        minute(t)
        second(t)
        hour(d)
        extract(year from d)
        extract(month from t)
        extract(week from d)
        extract(dow from d)
        extract(doy from d)
        extract(hour from t)
        extract(day from t)
        extract(YEAR from d)
        date_part('month', d)
        datepart('DAY', t)
        dateadd(d, 1)
        date_diff(d, e)
        date('2024-01-01')
        date(t)
        timestamp(d)
        date_add(d, 1)
        date_add(d, i)
        date_sub(d, 30)
        date_add(t, 1)
        d + 1
        datediff(d, e)
        datediff(t, d)
        datediff(d, '2024-01-01')
        add_months(d, 1)
        add_months(d, -13)
        add_months(d, i)
        last_day(d)
        last_day(t)
        trunc(d, 'year')
        trunc(d, 'MM')
        trunc(d, 'month')
        trunc(d, 'quarter')
        trunc(d, 'week')
        trunc(d, 'day')
        trunc(t, 'year')
        date_trunc('year', t)
        date_trunc('MONTH', t)
        date_trunc('week', t)
        date_trunc('day', t)
        date_trunc('hour', t)
        date_trunc('minute', t)
        date_trunc('second', t)
        date_trunc('quarter', d)
        date_trunc('nonsense', t)
        months_between(t, u)
        months_between(d, e)
        make_date(2024, 2, i)
        make_date(2024, 13, 1)
        cast(d as string)
        cast(t as string)
        cast(d as timestamp)
        cast(t as date)
        cast(t as bigint)
        cast(t as int)
        cast(t as double)
        cast(d as int)
        cast(d as boolean)
        to_date(t)
        to_date(d)
        to_timestamp(d)
        unix_timestamp(t)
        unix_timestamp(d)
        to_unix_timestamp(t)
        timestamp_seconds(i)
        d = e
        d < e
        t > u
        d < t
        d > '2023-06-01'
        d = '2024-02-29'
        t >= '2024-02-29 12:30:15'
        d > date '2023-06-01'
        t > timestamp '2000-01-01 00:00:00'
        d between '2020-01-01' and '2024-12-31'
        date '2024-02-29'
        timestamp '2024-02-29 10:00:00.5'
        greatest(d, e)
        coalesce(d, e)
        coalesce(d, t)
        coalesce(d, 'x')
        case when d > e then d else '2020-01-01' end
        d in (date '2024-02-29', date '1970-01-01')
        d in ('2024-02-29')
        upper(d)
        concat(d, ' ', t)
        year(NULL)
        month(d) in (12, 1, 2)
        dayofweek(d) in (1, 7)
        hour(t) between 9 and 17
        year(e) - year(d)
        cast(d as double)
        isnan(d)
        -d
        """,
        d=("date", DATES),
        e=("date", DATES),
        t=("timestamp", TIMES),
        u=("timestamp", TIMES),
        i=("int", [None, 0, 1, -1, 29, 30, 31, 365]),
    ),
    table(
        "date-texts",
        """
        cast(s as date)
        cast(s as timestamp)
        to_date(s)
        to_timestamp(s)
        year(s)
        month(s)
        dayofweek(s)
        hour(s)
        minute(s)
        second(s)
        date_add(s, 1)
        datediff(s, '2024-01-01')
        last_day(s)
        trunc(s, 'MM')
        date_format(s, 'yyyy-MM-dd')
        """,
        s=("string", DATE_TEXTS),
    ),
    table(
        "formats",
        """
        date_format(d, 'yyyy-MM-dd')
        date_format(t, 'yyyy-MM-dd HH:mm:ss')
        date_format(t, 'HH:mm')
        date_format(t, 'h:mm a')
        date_format(t, 'd/M/yy')
        date_format(t, 'EEE, d MMM yyyy')
        date_format(t, 'EEEE MMMM dd')
        date_format(t, 'E')
        date_format(t, "yyyy-MM-dd'T'HH:mm:ss.SSS")
        date_format(t, 'yyyyMMddHHmmssSSSSSS')
        date_format(t, 'k K s m H')
        date_format(t, 'y yyy')
        date_format(d, "''yyyy''")
        date_format(t, 'yyyy.MM.dd S')
        from_unixtime(i)
        from_unixtime(i, 'yyyy/MM/dd')
        to_date(s, 'yyyy-MM-dd')
        to_date(s, 'yyyyMMdd')
        to_date(s, 'dd/MM/yyyy')
        to_date(s, 'd/M/yyyy')
        to_date(s, 'MM-dd-yy')
        to_date(s, 'dd MMM yyyy')
        to_date(s, 'MMMM d')
        to_timestamp(s, 'yyyy-MM-dd HH:mm:ss')
        to_timestamp(s, "yyyy-MM-dd'T'HH:mm:ss.SSS")
        to_timestamp(s, 'yyyy-MM-dd')
        to_timestamp(s, 'HH:mm')
        to_timestamp(s, 'h:mm a')
        to_timestamp(d, 'yyyy')
        unix_timestamp(s)
        unix_timestamp(s, 'yyyy-MM-dd')
        unix_timestamp(s, 'yyyy-MM-dd HH:mm:ss')
        to_unix_timestamp(s, 'dd/MM/yyyy')
        unix_timestamp(t)
        unix_timestamp(d, 'yyyy')
        """,
        d=("date", DATES),
        t=("timestamp", TIMES),
        i=("bigint", [None, 0, 1, -1, 1700000000, 86399, -86401]),
        s=("string", FORMATTED),
    ),
    table(
        "patterns",
        """
        s rlike 'a'
        s rlike '^a'
        s rlike '^[a-z]+$'
        s rlike ''
        s rlike NULL
        s not rlike '\\\\d'
        s regexp '(?i)ABC'
        rlike(s, 'b.')
        regexp_like(s, 'o')
        regexp_replace(s, 'a', 'b')
        regexp_replace(s, '[^a-zA-Z0-9]', '')
        regexp_replace(s, '([a-z])([a-z])', '$2$1')
        regexp_replace(s, '\\\\s+', ' ')
        regexp_replace(s, '', '-')
        regexp_replace(s, 'x', '\\\\$')
        regexp_replace(s, 'a', '$1')
        regexp_replace(n, '0', 'o')
        regexp_replace(s, 'a', NULL)
        regexp_extract(s, '([a-z]+)')
        regexp_extract(s, '([a-z]+) ([a-z]+)', 2)
        regexp_extract(s, '[a-z]+', 0)
        regexp_extract(s, '(x)?b', 1)
        regexp_extract(s, 'b', 1)
        regexp_extract(s, '(b)', -1)
        split(s, ' ')
        split(s, '')
        split(s, '', 2)
        split(s, 'b')
        split(s, '[a-c]')
        split(s, 'a', 2)
        split(s, 'a', 0)
        split(s, 'a', -1)
        split(s, ' ')[0]
        size(split(s, ' '))
        split(s, NULL)
        """,
        s=("string", TEXTS),
        n=("int", INTS),
    ),
    table(
        "arrays",
        """
        size(a)
        size(w)
        cardinality(a)
        array_size(a)
        a[0]
        a[1]
        a[-1]
        a[i]
        w[0]
        w[i]
        element_at(a, 1)
        element_at(a, -1)
        element_at(a, 0)
        element_at(a, i)
        element_at(w, 2)
        element_at(a, -2147483648)
        array_contains(a, 1)
        array_contains(a, i)
        array_contains(w, 'a')
        array_contains(w, s)
        array_contains(x, 0.0D)
        array_contains(x, double('NaN'))
        concat(a, a)
        concat(w, w)
        concat(w, array('z'))
        array(i, 1)
        array(i, 1.5)
        array(s, 'x')
        array_join(w, ',')
        array_join(w, ',', '?')
        concat_ws('|', w, s)
        a is null
        size(a) > 1
        coalesce(a, array(0))
        case when size(w) > 0 then w[0] else 'none' end
        a
        x[0] + 1
        upper(w[0])
        size(s)
        element_at(a, NULL)
        if(size(w) > 1, w, array('d'))
        """,
        a=("array<int>", INT_ARRAYS),
        w=("array<string>", WORD_ARRAYS),
        x=("array<double>", DOUBLE_ARRAYS),
        i=("int", [None, 0, 1, 2, -1, 5]),
        s=("string", [None, "a", "", "é"]),
    ),
]

# What Spark answers and sparklet refuses, by expression: each names what is not listed.
REFUSED = frozenset(
    {
        # structs that a dict cannot hold, and maps whose keys a dict cannot hold
        ("structs", "named_struct('a', 1, 'a', 2)"),
        ("compared", "(i, i) = (i, i)"),
        ("maps", "map()"),
        ("maps", "map(NULL, 1)"),
        ("maps", "map(array(1), 2)"),
        # modes, options and patterns of JSON with which Spark fails on every row
        ("from_json", "from_json(s, 'a INT', map('mode', 'DROPMALFORMED'))"),
        ("from_json", "from_json(s, 'a INT', map('allowComments', 'perhaps'))"),
        ("to_json", "to_json(struct(day), map('dateFormat', 'HH'))"),
        # functions of JSON that Spark's optimizer combines
        (
            "from_json",
            "named_struct('a', from_json(s, 'a INT, b INT').a, 'b', from_json(s, 'a INT, b INT').b)",
        ),
        # intervals of two types as values of one expression, and texts as times that are subtracted
        ("differences", "coalesce(t - u, interval 0 seconds) = interval 0 seconds"),
        ("differences", "t - s > interval 1 day"),
        ("differences", "d - s > interval 1 day"),
        # casts that Spark 3.5 makes to give null, or that mean a moment
        ("casts", "cast(b as timestamp)"),
        ("dates", "cast(d as boolean)"),
        ("dates", "cast(d as double)"),
        ("dates", "cast(d as int)"),
        # charsets that only fail, and numbers as bytes, which Spark 4 refuses
        ("bytes", "hex(encode(s, 'nope'))"),
        ("bytes", "hex(binary(n))"),
    }
)
