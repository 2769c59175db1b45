"""Spark's murmur3 and Java's String.hashCode."""

from __future__ import annotations

import math
import random

import pytest

from sparklet.errors import OptionError
from sparklet.java import hash_bytes, hash_int, hash_long, hash_term, java_string_hash, term_hasher
from sparklet.types import STRING, parse_type

TEXTS = ["", "a", "bc", "abc", "abcd", "hello world", "é", "\U0001f600", "x" * 33, "\u00ff\u00fe\u00fd"]
TERMS = [
    *((text, "string") for text in TEXTS),
    *((value, "double") for value in (0.0, -0.0, 1.5, math.inf, math.nan, 5e-324)),
    *((value, "float") for value in (0.0, -0.0, 1.5, math.inf, math.nan)),
    *((value, "int") for value in (0, 1, -1, 2**31 - 1, -(2**31))),
    *((value, "bigint") for value in (0, 1, -1, 2**63 - 1, -(2**63))),
    *((value, "smallint") for value in (0, -300)),
    *((value, "tinyint") for value in (5, -5)),
    *((value, "boolean") for value in (True, False)),
]


def test_constants():
    # Murmur3_x86_32 of Spark 4.3's own jar, seed 42
    assert (hash_bytes(b"hello"), hash_bytes(b"hello", legacy=True)) == (-488910111, -1008564952)
    assert (hash_int(1), hash_long(1)) == (-559580957, -1712319331)
    # HashingTF of Spark 4.3: 1000 features
    terms = ["a", "bc", "hello world", "é", None, "\U0001f600"]
    assert {hash_term(term, STRING) % 1000 for term in terms} == {42, 379, 467, 609, 659, 903}
    # HashingTF of Spark 4.3 and one that Spark 2.4 saved: 64 features
    words = ["the", "quick", "brown", "fox", "0", "y"]
    assert {hash_term(word, STRING) % 64 for word in words} == {17, 28, 33, 35, 57, 60}
    assert {hash_term(word, STRING, legacy=True) % 64 for word in words} == {0, 30, 35, 37, 43, 51}


def test_hash_codes():
    # java.lang.String.hashCode of JDK 17
    assert (java_string_hash("hello"), java_string_hash("\U0001f600"), java_string_hash("")) == (
        99162322,
        1772899,
        0,
    )


def test_null_and_refusals():
    assert [hash_term(None, parse_type(type_)) for type_ in ("string", "int", "double")] == [42, 42, 42]
    for type_ in ("date", "decimal(10,2)", "vector"):
        with pytest.raises(OptionError):
            term_hasher(parse_type(type_))


@pytest.mark.spark
def test_live_terms(spark):
    from pyspark.ml.feature import HashingTF

    draw = random.Random(8)
    texts = [
        "".join(chr(draw.choice([65, 97, 233, 0x3A3, 0x1F600])) for _ in range(k % 20)) for k in range(500)
    ]
    size = 2**31 - 1
    by_type = {}
    for value, type_ in [*TERMS, *((text, "string") for text in texts)]:
        by_type.setdefault(type_, []).append(value)
    for type_, values in by_type.items():
        data = spark.createDataFrame([([value],) for value in values], f"x array<{type_}>")
        rows = HashingTF(inputCol="x", outputCol="y", numFeatures=size).transform(data).collect()
        assert [int(row.y.indices[0]) for row in rows] == [
            hash_term(value, parse_type(type_)) % size for value in values
        ]


@pytest.mark.spark
def test_live_legacy(spark):
    # the SQL function `hash` still mixes bytes as HashingTF did before Spark 3.0
    draw = random.Random(9)
    texts = TEXTS + [
        "".join(chr(draw.choice([65, 97, 233, 0x3A3])) for _ in range(k % 20)) for k in range(500)
    ]
    rows = spark.createDataFrame([(text,) for text in texts], "s string").selectExpr("hash(s) h").collect()
    assert [row.h for row in rows] == [hash_term(text, STRING, legacy=True) for text in texts]


@pytest.mark.spark
def test_live_hash_codes(spark):
    jvm = spark.sparkContext._jvm
    for text in TEXTS:
        assert java_string_hash(text) == jvm.java.util.Objects.hashCode(text)
