"""Numbers as the JVM writes them, Spark's cast to string, Java's split and length."""

from __future__ import annotations

import datetime as dt
import math
import random
import struct
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sparklet.errors import OptionError
from sparklet.java import (
    double_to_string,
    float_to_string,
    java_split_whitespace,
    to_string,
    utf16_length,
)
from sparklet.java.zones import zone_of
from sparklet.types import DecimalType, parse_type

# value, Double.toString of JDK 17, the same of JDK 25
DOUBLES = [
    (0.0, "0.0", "0.0"),
    (-0.0, "-0.0", "-0.0"),
    (1.0, "1.0", "1.0"),
    (-123.0, "-123.0", "-123.0"),
    (0.001, "0.001", "0.001"),
    (0.000999, "9.99E-4", "9.99E-4"),
    (9999999.0, "9999999.0", "9999999.0"),
    (1e7, "1.0E7", "1.0E7"),
    (123456789.0, "1.23456789E8", "1.23456789E8"),
    (0.1 + 0.2, "0.30000000000000004", "0.30000000000000004"),
    (2e-3, "0.002", "0.002"),
    (2e23, "1.9999999999999998E23", "2.0E23"),
    (2.0**-44, "5.6843418860808015E-14", "5.684341886080802E-14"),
    (2.3851136372966235e25, "2.3851136372966234E25", "2.3851136372966235E25"),
    (5e-324, "4.9E-324", "4.9E-324"),
    (2.2250738585072014e-308, "2.2250738585072014E-308", "2.2250738585072014E-308"),
    (1.7976931348623157e308, "1.7976931348623157E308", "1.7976931348623157E308"),
    (9007199254740993.0, "9.007199254740992E15", "9.007199254740992E15"),
    (2.0**62, "4.6116860184273879E18", "4.611686018427388E18"),
    (math.nan, "NaN", "NaN"),
    (math.inf, "Infinity", "Infinity"),
    (-math.inf, "-Infinity", "-Infinity"),
]
FLOATS = [
    (0.1, "0.1", "0.1"),
    (-0.0, "-0.0", "-0.0"),
    (3.4e38, "3.4E38", "3.4E38"),
    (1.17549435e-38, "1.17549435E-38", "1.1754944E-38"),
    (1e-45, "1.4E-45", "1.4E-45"),
    (16777216.0, "1.6777216E7", "1.6777216E7"),
    (5.0476844e25, "5.0476844E25", "5.0476845E25"),
    (2.0**-96, "1.26217745E-29", "1.2621775E-29"),
    (1e39, "Infinity", "Infinity"),
    (math.nan, "NaN", "NaN"),
]


@pytest.mark.parametrize(("value", "jdk17", "jdk25"), DOUBLES)
def test_double_to_string(value, jdk17, jdk25):
    assert double_to_string(value) == jdk17
    assert double_to_string(value, jdk=19) == jdk25


@pytest.mark.parametrize(("value", "jdk17", "jdk25"), FLOATS)
def test_float_to_string(value, jdk17, jdk25):
    assert float_to_string(value) == jdk17
    assert float_to_string(value, jdk=19) == jdk25


@given(st.floats(allow_nan=False))
def test_text_reads_back(value):
    for jdk in (17, 19):
        assert float(double_to_string(value, jdk)) == value


@given(st.floats(width=32, allow_nan=False))
def test_single_text_reads_back(value):
    for jdk in (17, 19):
        read = float(float_to_string(value, jdk))
        assert math.isinf(read) or struct.unpack("<f", struct.pack("<f", read))[0] == value


UTC = dt.UTC
# value, Spark type, line, timezone, text; the texts are live Spark's (3.5.9 and 4.3.0)
CASTS = [
    (None, "int", "3.5", "UTC", None),
    (True, "boolean", "3.5", "UTC", "true"),
    (False, "boolean", "4.1+", "UTC", "false"),
    (-7, "tinyint", "3.5", "UTC", "-7"),
    (2**62, "bigint", "3.5", "UTC", "4611686018427387904"),
    (3, "double", "3.5", "UTC", "3.0"),
    (0.1, "float", "3.5", "UTC", "0.1"),
    ("x", "string", "3.5", "UTC", "x"),
    (Decimal("1E-8"), "decimal(10,8)", "3.5", "UTC", "1E-8"),
    (Decimal("1E-8"), "decimal(10,8)", "4.0", "UTC", "0.00000001"),
    (Decimal(0), "decimal(10,8)", "3.5", "UTC", "0E-8"),
    (Decimal(0), "decimal(10,8)", "4.1+", "UTC", "0.00000000"),
    (Decimal("-0.0"), "decimal(3,2)", "3.5", "UTC", "0.00"),
    (Decimal("1.5"), "decimal(10,2)", "3.5", "UTC", "1.50"),
    (Decimal("-0.000001"), "decimal(10,6)", "3.5", "UTC", "-0.000001"),
    (Decimal("-0.0000001"), "decimal(10,7)", "3.5", "UTC", "-1E-7"),
    (Decimal(12), "decimal(10,0)", "3.5", "UTC", "12"),
    (dt.date(5, 1, 2), "date", "3.5", "UTC", "0005-01-02"),
    (dt.date(2024, 12, 31), "date", "4.1+", "UTC", "2024-12-31"),
    (dt.datetime(2024, 1, 2, 3, 4, 5), "timestamp", "3.5", "UTC", "2024-01-02 03:04:05"),
    (dt.datetime(2024, 1, 2, 3, 4, 5, 120000), "timestamp_ntz", "3.5", "UTC", "2024-01-02 03:04:05.12"),
    (dt.datetime(2024, 1, 2, 3, 4, 5, 1, UTC), "timestamp", "4.1+", "UTC", "2024-01-02 03:04:05.000001"),
    (dt.datetime(2024, 7, 2, 22, 4, 0, 0, UTC), "timestamp", "4.1+", "Europe/Athens", "2024-07-03 01:04:00"),
]


@pytest.mark.parametrize(("value", "type_", "line", "timezone", "text"), CASTS)
def test_to_string(value, type_, line, timezone, text):
    if type_ == "timestamp" and value.tzinfo is not None:
        value = zone_of(timezone).local(value.replace(tzinfo=None))
    assert to_string(value, parse_type(type_), line) == text


def test_to_string_refuses_and_ansi_overrides():
    assert to_string(Decimal("1E-8"), DecimalType(10, 8), "3.5", ansi=True) == "0.00000001"
    assert to_string(Decimal("1E-8"), DecimalType(10, 8), "4.1+", ansi=False) == "1E-8"
    for value, type_ in (((1.0,), "vector"), ([1], "array<int>"), ("2024-01-01", "date")):
        with pytest.raises(OptionError):
            to_string(value, parse_type(type_), "3.5")


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("", [""]),
        (" ", []),
        ("  \t\n", []),
        ("a", ["a"]),
        (" a  b ", ["", "a", "", "b"]),
        ("a\x0bb\x0cc\rd", ["a", "b", "c", "d"]),
        ("a\u00a0b\x1cc\u2003d\x85", ["a\u00a0b\x1cc\u2003d\x85"]),
    ],
)
def test_java_split_whitespace(text, parts):
    assert java_split_whitespace(text) == parts


def test_utf16_length():
    assert [utf16_length(text) for text in ("", "ab", "é", "\U0001f600", "\ud83d")] == [0, 2, 1, 2, 1]


# --- live ---------------------------------------------------------------------------------------------


def doubles(draw, count):
    """Yield doubles of all magnitudes: random bits, decimals, integers, neighbours of powers of two."""

    def of_bits(bits):
        return struct.unpack("<d", struct.pack("<Q", bits))[0]

    for exponent in range(-1074, 1024):
        power = 2.0**exponent
        yield from (power, math.nextafter(power, 0.0), math.nextafter(power, math.inf))
    for _ in range(count // 5):
        yield of_bits(draw.getrandbits(64))
        yield draw.gauss(0, 1)
        yield round(draw.uniform(-1e9, 1e9), draw.randrange(6))
        yield float(draw.getrandbits(draw.randrange(1, 64)))
        yield float(f"{draw.randrange(1, 10 ** draw.randrange(1, 6))}e{draw.randrange(-330, 300)}")


def jdk_of(spark):
    """Return which of the two algorithms the live JVM has."""
    version = spark.sparkContext._jvm.java.lang.System.getProperty("java.specification.version")
    return 17 if version.startswith("1.") or int(version) < 19 else 19


@pytest.mark.spark
@pytest.mark.parametrize("kind", ["double", "float"])
def test_live_numbers(spark, kind):
    values = list(doubles(random.Random(5), 200_000))
    if kind == "float":
        values = [value for value in values if abs(value) < 3.4e38 or value != value]
        values = [struct.unpack("<f", struct.pack("<f", value))[0] for value in values]
    text = double_to_string if kind == "double" else float_to_string
    rows = spark.createDataFrame([(value,) for value in values], f"x {kind}").selectExpr(
        "cast(x as string) s"
    )
    jdk = jdk_of(spark)
    wrong = [
        (value, text(value, jdk), row.s)
        for value, row in zip(values, rows.collect(), strict=True)
        if text(value, jdk) != row.s
    ]
    assert wrong == []


@pytest.mark.spark
def test_live_casts(spark):
    line = "3.5" if spark.version.startswith("3.5") else "4.1+"
    before = spark.conf.get("spark.sql.session.timeZone")
    try:
        for value, type_, case_line, timezone, text in CASTS:
            if type_ == "string" or (type_.startswith("decimal") and (case_line == "3.5") != (line == "3.5")):
                continue
            spark.conf.set("spark.sql.session.timeZone", timezone)
            sent = value
            if type_ == "timestamp" and value.tzinfo is None:
                sent = value.replace(tzinfo=UTC)
            sent = float(value) if type_ == "double" else sent
            row = spark.createDataFrame([(sent,)], f"x {type_}").selectExpr("cast(x as string) s").first()
            assert row.s == text, (value, type_)
        for ansi in (True, False):
            spark.conf.set("spark.sql.ansi.enabled", str(ansi).lower())
            data = spark.createDataFrame([(Decimal("1E-8"),)], "x decimal(10,8)")
            expected = to_string(Decimal("1E-8"), DecimalType(10, 8), line, ansi=ansi)
            assert data.selectExpr("cast(x as string) s").first().s == expected
    finally:
        spark.conf.set("spark.sql.session.timeZone", before)
        spark.conf.unset("spark.sql.ansi.enabled")


@pytest.mark.spark
def test_live_split(spark):
    from pyspark.ml.feature import Tokenizer

    draw = random.Random(6)
    alphabet = "ab \t\n\x0b\x0c\r\x1c\x85\u00a0\u2003\u3000"
    texts = ["".join(draw.choice(alphabet) for _ in range(draw.randrange(9))) for _ in range(3000)]
    data = spark.createDataFrame([(text,) for text in texts], "s string")
    rows = Tokenizer(inputCol="s", outputCol="t").transform(data).collect()
    assert [row.t for row in rows] == [java_split_whitespace(text) for text in texts]
