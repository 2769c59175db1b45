"""Spark's JSON of types, read and written, with the metadata of fields."""

from __future__ import annotations

import json
import time

import pytest
from hypothesis import given

from sparklet.errors import OptionError
from sparklet.types import (
    DOUBLE,
    MATRIX,
    STRING,
    VECTOR,
    DecimalType,
    StringType,
    StructField,
    StructType,
    UserDefinedType,
    parse_ddl,
    parse_json,
    parse_json_value,
    to_json,
)
from tests.types.texts import DDL, LEAVES, ML, NEWER_DDL, nested

ML_ATTR = {"ml_attr": {"attrs": {"nominal": [{"vals": ["a", "b"], "idx": 0, "name": "x"}]}, "num_attrs": 1}}
WITH_METADATA = StructType(
    (
        StructField("v", VECTOR, True, ML_ATTR),
        StructField("m", MATRIX, False),
        StructField("s", StructType((StructField("t", STRING, True, {"ml_attr": {"type": "nominal"}}),))),
    )
)


@given(nested(LEAVES | ML))
def test_any_type_is_written_and_read_again(type):
    assert parse_json(to_json(type)) == type
    assert parse_json_value(json.loads(to_json(type))) == type


@pytest.mark.parametrize("text", [*DDL, *NEWER_DDL])
def test_schemas_of_ddl(text):
    schema = parse_ddl(text)
    assert parse_json(to_json(schema)) == schema


def test_metadata_is_kept():
    found = parse_json(to_json(WITH_METADATA))
    assert found == WITH_METADATA
    assert found.fields[0].metadata == ML_ATTR
    assert hash(found) == hash(WITH_METADATA)


def test_collations_stand_in_the_metadata_of_the_field():
    schema = StructType((StructField("a", StringType("UTF8_LCASE"), True, {"comment": "c"}),))
    written = json.loads(to_json(schema))["fields"][0]
    assert written["metadata"] == {"comment": "c", "__COLLATIONS": {"a": "spark.UTF8_LCASE"}}
    assert parse_json(to_json(schema)) == schema


@pytest.mark.parametrize(
    ("text", "type"),
    [
        ('"null"', "void"),
        ('"decimal"', "decimal(10,0)"),
        ('"decimal( 5 , -2 )"', "decimal(5,-2)"),
        ('"timestamp_ltz"', "timestamp"),
        ('"string collate UTF8_BINARY"', "string"),
        ('"interval day to second"', "interval day to second"),
    ],
)
def test_older_and_other_names(text, type):
    assert str(parse_json(text)) == type


def test_other_user_defined_types_are_kept():
    value = {
        "type": "udt",
        "pyClass": "shop.Point",
        "serializedClass": "gASV",
        "sqlType": {"type": "array", "elementType": "double", "containsNull": False},
    }
    found = parse_json_value(value)
    assert isinstance(found, UserDefinedType)
    assert json.loads(to_json(found)) == value


REFUSED = [
    "",
    "int",
    "{",
    "null",
    "5",
    "[]",
    '"int"',
    '"vector"',
    '"decimal(39,0)"',
    '"decimal(2,3)"',
    '"char(0)"',
    '"interval second to day"',
    "{}",
    '{"type":"array"}',
    '{"type":"array","elementType":"double"}',
    '{"type":"array","elementType":"double","containsNull":1}',
    '{"type":"array","elementType":null,"containsNull":true}',
    '{"type":"map","keyType":"string","valueType":"x","valueContainsNull":true}',
    '{"type":"struct","fields":{}}',
    '{"type":"struct","fields":["a"]}',
    '{"type":"struct","fields":[{"name":1,"type":"string","nullable":true}]}',
    '{"type":"struct","fields":[{"name":"a","type":"string"}]}',
    '{"type":"struct","fields":[{"name":"a","type":"string","nullable":true,"metadata":5}]}',
    '{"type":"struct","fields":[{"name":"a","type":"string","nullable":true,"metadata":{"__COLLATIONS":5}}]}',
    '{"type":"udt","class":5,"sqlType":"string"}',
    '{"type":"udt","pyClass":"x"}',
    '{"type":["array"]}',
    '{"type":{"type":"array"}}',
    "[" * 1_000_000,
    '{"type":"array","elementType":' * 200 + '"int"' + "}" * 200,
    '{"a":' * 50_000,
    " " * (1 << 22) + "  ",
    "\ud800",
    None,
    5,
    b'"integer"',
    DOUBLE,
]


@pytest.mark.parametrize("number", range(len(REFUSED)))
def test_what_is_no_type_is_refused_soon_and_in_few_words(number):
    start = time.process_time()
    with pytest.raises(OptionError) as caught:
        parse_json(REFUSED[number])
    assert time.process_time() - start < 5
    assert len(str(caught.value)) < 600


def test_a_value_that_holds_itself_is_refused():
    value = {"type": "array", "containsNull": True}
    value["elementType"] = value
    with pytest.raises(OptionError, match="nested deeper"):
        parse_json_value(value)


def test_a_decimal_is_checked_wherever_it_is_made():
    with pytest.raises(OptionError, match="at most 38 digits"):
        DecimalType(39, 0)


@pytest.mark.spark
def test_spark_writes_and_reads_the_same(spark):
    from pyspark.sql.types import StructType as Theirs

    jvm = spark._jvm.org.apache.spark.sql.types.DataType
    for schema in (WITH_METADATA, *map(parse_ddl, DDL)):
        text = to_json(schema)
        # Spark's metadata is a map without order.
        assert json.loads(jvm.fromJson(text).json()) == json.loads(text)
        if spark.version < "4" and "interval" in text:
            continue  # PySpark 3.5 does not read it, its JVM does
        theirs = Theirs.fromJson(json.loads(text))
        assert parse_json_value(theirs.jsonValue()) == schema
        assert parse_json(theirs.json()) == schema
        assert theirs.simpleString() == str(schema)


@pytest.mark.spark
def test_the_schema_of_a_live_table(spark):
    from pyspark.ml.feature import StringIndexer, VectorAssembler

    frame = spark.createDataFrame([("a", 1.0), ("b", 2.0)], "city string, x double")
    frame = StringIndexer(inputCol="city", outputCol="i").fit(frame).transform(frame)
    frame = VectorAssembler(inputCols=["i", "x"], outputCol="f").transform(frame)
    found = parse_json_value(frame.schema.jsonValue())
    by_name = {field.name: field for field in found}
    assert by_name["f"].dataType == VECTOR
    assert by_name["f"].metadata["ml_attr"]["num_attrs"] == 2
    assert by_name["i"].metadata["ml_attr"]["vals"] == ["a", "b"]
    assert json.loads(to_json(found)) == frame.schema.jsonValue()
