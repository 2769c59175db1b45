"""The table between Spark types and Arrow types."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sparklet.errors import OptionError
from sparklet.types import (
    BINARY,
    BOOLEAN,
    BYTE,
    DATE,
    DOUBLE,
    FLOAT,
    INTEGER,
    LONG,
    MATRIX,
    NULL,
    SHORT,
    STRING,
    TIMESTAMP,
    TIMESTAMP_NTZ,
    VECTOR,
    ArrayType,
    CalendarIntervalType,
    DecimalType,
    StructField,
    StructType,
    VectorUDT,
)
from sparklet.types.arrow import arrow_name, from_arrow, to_arrow
from tests.types.texts import ML, nested

SCALARS = [
    *(BOOLEAN, BYTE, SHORT, INTEGER, LONG, FLOAT, DOUBLE, STRING, BINARY, DATE, TIMESTAMP),
    *(TIMESTAMP_NTZ, DecimalType(10, 2), DecimalType(38, 38)),
]


@given(nested(st.sampled_from(SCALARS) | ML, metadata=st.just({})))
def test_any_type_is_what_it_was_after_arrow(type):
    assert from_arrow(to_arrow(type)) == type


def test_nulls_alone():
    assert from_arrow(to_arrow(NULL)) is NULL
    assert from_arrow(to_arrow(ArrayType(NULL, containsNull=False))) == ArrayType(NULL)


def test_other_arrow_types_of_the_same_values():
    assert from_arrow(pa.large_string()) == STRING
    assert from_arrow(pa.large_list(pa.int8())) == ArrayType(BYTE)
    assert from_arrow(pa.timestamp("ns", "Europe/Berlin")) == TIMESTAMP
    assert to_arrow(VectorUDT(3)) == to_arrow(VECTOR)


def test_a_struct_is_a_vector_by_names_and_types_not_by_nullability():
    fields = [pa.field(f.name, f.type, nullable=True) for f in to_arrow(VECTOR)]
    assert from_arrow(pa.struct(fields)) == VECTOR
    assert from_arrow(pa.struct(fields[:3])) != VECTOR
    other = [*fields[:3], pa.field("values", pa.list_(pa.float32()))]
    assert isinstance(from_arrow(pa.struct(other)), StructType)
    assert from_arrow(to_arrow(MATRIX)) is MATRIX


@pytest.mark.parametrize("type", [pa.uint8(), pa.time64("us"), pa.duration("s"), pa.list_(pa.uint16())])
def test_arrow_types_that_spark_lacks(type):
    with pytest.raises(OptionError, match="Spark has no type for"):
        from_arrow(type)
    assert arrow_name(type) == str(type)


def test_spark_types_without_arrow_type():
    for type in (CalendarIntervalType(), StructType((StructField("a", CalendarIntervalType()),))):
        with pytest.raises(OptionError, match="no Arrow type"):
            to_arrow(type)


@pytest.mark.spark
def test_pyspark_gives_the_same_arrow_types(spark):
    from pyspark.sql.pandas.types import to_arrow_type
    from pyspark.sql.types import _parse_datatype_json_string

    from sparklet.types import to_json

    # PySpark 4 asks for the session's time zone to give a timestamp's type.
    types = [type for type in SCALARS if type != TIMESTAMP]
    theirs = [to_arrow_type(_parse_datatype_json_string(to_json(type))) for type in types]
    assert theirs == list(map(to_arrow, types))
