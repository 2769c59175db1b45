"""Spark's DDL: what Spark reads is read, what it refuses is refused, and what is written is read again."""

from __future__ import annotations

import contextlib
import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sparklet.errors import OptionError
from sparklet.types import (
    DOUBLE,
    INTEGER,
    STRING,
    ArrayType,
    StringType,
    VectorUDT,
    parse_ddl,
    parse_type,
    to_ddl,
    to_json,
    to_sql,
)
from sparklet.types.ddl import MAX_DEPTH, MAX_TEXT
from tests.types.texts import DDL, LEAVES, ML, NEWER_DDL, REFUSED, nested, structs

COMMENTS = st.fixed_dictionaries({}, optional={"comment": st.text(st.characters(exclude_categories=("Cs",)))})


@pytest.mark.parametrize("text", [*DDL, *NEWER_DDL])
def test_what_is_written_is_read_again(text):
    schema = parse_ddl(text)
    assert parse_ddl(to_ddl(schema)) == schema
    assert parse_type(to_sql(schema)) == schema


@given(structs(nested(LEAVES | ML, st.just(True), COMMENTS), COMMENTS).filter(len))
def test_any_schema_is_written_and_read_again(schema):
    assert parse_ddl(to_ddl(schema)) == schema


@pytest.mark.parametrize(
    ("text", "simple"),
    [
        ("vector", "vector"),
        ("VECTOR(3)", "vector(3)"),
        ("array<vector>", "array<vector>"),
        ("Matrix", "matrix"),
        ("bool", "boolean"),
        ("str", "string"),
        ("numeric", "decimal(10,0)"),
        (" int ", "int"),
        ("string collate utf8_binary", "string"),
    ],
)
def test_short_forms(text, simple):
    assert str(parse_type(text)) == simple


def test_types_without_parameters_are_singletons():
    assert parse_type("array<double>").elementType is DOUBLE
    assert type(DOUBLE)() is DOUBLE


@pytest.mark.parametrize("text", REFUSED)
def test_what_is_no_schema(text):
    with pytest.raises(OptionError, match=r"^schema=|^type="):
        parse_ddl(text)


@pytest.mark.parametrize("value", [None, 5, b"a int", ["a int"], {"a": "int"}, INTEGER])
def test_only_a_text_is_ddl(value):
    for parse in (parse_ddl, parse_type):
        with pytest.raises(OptionError, match="a text such as"):
            parse(value)


HOSTILE = [
    "array<" * 100_000,
    "array<" * 100_000 + "int" + ">" * 100_000,
    "struct<a:" * (MAX_DEPTH + 5) + "int" + ">" * (MAX_DEPTH + 5),
    "map<int," * 500 + "int" + ">" * 500,
    "int" + " " * 1_000_000 + "x",
    "/*" * 500_000,
    "--" * 500_000 + "\n",
    "'" * 500_001,
    "`" * 500_001,
    "`" + "``" * 200_000,
    "'" + "\\'" * 200_000,
    "decimal(" + "9" * 500_000 + ")",
    "decimal(999999999,999999999)",
    "x" * 1_000_000,
    "int," * 200_000,
    "a" * (MAX_TEXT + 1),
    "\0",
    "\ud800",
    "a \ud800 int",
    "int\u2028x",
    "\u0661 int",
    "decimal(\u0661)",
]


@pytest.mark.parametrize("number", range(len(HOSTILE)))
def test_hostile_texts_are_refused_soon_and_in_few_words(number):
    for parse in (parse_type, parse_ddl):
        start = time.process_time()
        with pytest.raises(OptionError) as caught:
            parse(HOSTILE[number])
        assert time.process_time() - start < 5
        assert len(str(caught.value)) < 600


@given(st.text(alphabet="abint<>(),:`'\"\\-/* 09\n_ré", max_size=40))
def test_any_text_is_read_or_refused(text):
    for parse in (parse_type, parse_ddl):
        with contextlib.suppress(OptionError):
            parse(text)


def test_wide_and_deep_schemas_are_read():
    wide = parse_ddl(", ".join(f"c{number} struct<a: int, b: array<string>>" for number in range(5_000)))
    assert len(wide) == 5_000
    deep = parse_type("array<" * MAX_DEPTH + "int" + ">" * MAX_DEPTH)
    assert parse_type(str(deep)) == deep


@pytest.mark.spark
@pytest.mark.parametrize("text", DDL)
def test_spark_reads_the_same(spark, text):
    assert_spark_agrees(spark, text)


@pytest.mark.spark
@pytest.mark.parametrize("text", NEWER_DDL)
def test_spark_4_reads_the_same(spark, text):
    if spark.version < "4":
        pytest.skip("Spark 3.5 has no such types and rules")
    assert_spark_agrees(spark, text)


def assert_spark_agrees(spark, text):
    from pyspark.sql.types import StructType

    ours = parse_ddl(text)
    theirs = spark._jvm.org.apache.spark.sql.types.StructType.fromDDL(text)
    assert to_json(ours) == theirs.json()
    assert str(ours) == theirs.catalogString()
    if spark.version >= "4" or " interval" not in text:  # which PySpark 3.5 does not read
        assert str(ours) == StructType.fromJson(json.loads(theirs.json())).simpleString()
    if spark.version >= "4":
        assert to_ddl(ours) == theirs.toDDL()
        assert to_sql(ours) == theirs.sql()


@pytest.mark.spark
@pytest.mark.parametrize("text", REFUSED)
def test_spark_refuses_the_same(spark, text):
    with pytest.raises(Exception) as caught:
        spark._jvm.org.apache.spark.sql.types.StructType.fromDDL(text)
    assert type(caught.value).__name__ in ("ParseException", "ArithmeticException")


@pytest.mark.spark
def test_spark_reads_what_is_written(spark):
    for text in DDL:
        written = to_ddl(parse_ddl(text))
        assert spark._jvm.org.apache.spark.sql.types.StructType.fromDDL(written).json() == to_json(
            parse_ddl(text)
        )


def test_a_collation_is_part_of_the_type():
    assert parse_type("string collate utf8_lcase") == StringType("UTF8_LCASE") != STRING
    assert ArrayType(STRING) != ArrayType(STRING, containsNull=False)
    assert VectorUDT(3) != VectorUDT()
