"""The types that Spark gives to two types that meet, beside what live Spark answers."""

from __future__ import annotations

from itertools import product

import pytest

from sparklet.profile import Profile
from sparklet.types import ArrayType, parse_type
from sparklet.types.coercion import is_comparable, wider_common_type, wider_type_without_string

NAMES = (
    "tinyint smallint int bigint float double decimal(10,2) decimal(38,10) decimal(3,3) decimal(20,0) "
    "boolean string date timestamp timestamp_ntz void"
).split()


def test_a_type_and_itself():
    for name in NAMES:
        type = parse_type(name)
        for line in ("3.5", "4.3"):
            assert wider_common_type([type, type], Profile.of(line)) == type


def test_arrays_are_joined_by_their_elements():
    one, two = (ArrayType(parse_type(name)) for name in ("int", "double"))
    assert wider_common_type([one, two], Profile.of("4.3")) == two
    assert wider_type_without_string([one, two], Profile.of("4.3")) == two


@pytest.mark.spark
@pytest.mark.parametrize("ansi", [False, True])
def test_coalesce_and_greatest_as_spark_types_them(spark, ansi):
    profile = Profile.of(spark.version).with_(ansi=ansi)
    before = spark.conf.get("spark.sql.ansi.enabled")
    spark.conf.set("spark.sql.ansi.enabled", str(ansi).lower())
    differing = []
    try:
        for one, other in product(NAMES, NAMES):
            types = [parse_type(one), parse_type(other)]
            ours = wider_common_type(types, profile)
            theirs = asked(spark, "coalesce", one, other)
            if theirs != ("refused" if ours is None else str(ours)):
                differing.append(("coalesce", one, other, theirs, str(ours)))
            ours = wider_type_without_string(types, profile)
            theirs = asked(spark, "greatest", one, other)
            known = ours is not None and (is_comparable(ours) or str(ours) == "void")
            if theirs != (str(ours) if known else "refused"):
                differing.append(("greatest", one, other, theirs, str(ours)))
    finally:
        spark.conf.set("spark.sql.ansi.enabled", before)
    assert not differing


def asked(spark, function, one, other):
    nothing = " ".join(["SELECT", f"{function}({null(one)}, {null(other)}) x"])
    try:
        return spark.sql(nothing).schema.fields[0].dataType.simpleString()
    except Exception:
        return "refused"


def null(name):
    return "NULL" if name == "void" else f"CAST(NULL AS {name})"
