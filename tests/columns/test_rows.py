"""The table of what a row may hold."""

from __future__ import annotations

import datetime
import decimal
import math

import numpy
import pandas
import pytest

from sparklet.columns import Column, RowReader, coercer, parse_row_type
from sparklet.errors import (
    AmbiguousColumnError,
    ColumnTypeError,
    InvalidValueError,
    MissingColumnError,
    OptionError,
    SparkletError,
    VectorSizeError,
)
from sparklet.linalg import DenseVector, SparseVector
from sparklet.testing import assert_same
from sparklet.types import DOUBLE, STRING

D = decimal.Decimal
REFUSED = ColumnTypeError
NAN = math.nan


class NAType:
    """Looks like pandas.NA, which the core must know without importing pandas."""


TABLE = [
    # type, value, what it becomes
    ("double", 1.5, 1.5),
    ("double", 41, 41.0),
    ("double", None, None),
    ("double", NAN, NAN),
    ("double", numpy.float64(1.5), 1.5),
    ("double", numpy.float32(0.1), 0.10000000149011612),
    ("double", numpy.int64(3), 3.0),
    ("double", NAType(), None),
    ("double", True, REFUSED),
    ("double", "1.5", REFUSED),
    ("double", [1.0], REFUSED),
    ("double", 10**400, REFUSED),
    ("double", 1j, REFUSED),
    ("float", 0.1, 0.10000000149011612),
    ("float", 1e300, math.inf),
    ("float", "x", REFUSED),
    ("int", 7, 7),
    ("int", 7.0, 7),
    ("int", 7.5, REFUSED),
    ("int", NAN, None),
    ("int", True, REFUSED),
    ("int", numpy.int32(7), 7),
    ("int", 2**31, REFUSED),
    ("int", -(2**31), -(2**31)),
    ("bigint", 2**31, 2**31),
    ("bigint", 2**63, REFUSED),
    ("tinyint", 128, REFUSED),
    ("smallint", -32768, -32768),
    ("boolean", True, True),
    ("boolean", numpy.bool_(False), False),
    ("boolean", 1, REFUSED),
    ("boolean", "true", REFUSED),
    ("boolean", None, None),
    ("string", "x", "x"),
    ("string", numpy.str_("x"), "x"),
    ("string", NAN, None),
    ("string", 1, REFUSED),
    ("string", b"x", REFUSED),
    ("label", 1, "1"),
    ("label", 1.0, "1.0"),
    ("label", 1e7, "1.0E7"),
    ("label", True, "true"),
    ("label", NAN, None),
    ("label", "SF", "SF"),
    ("label", [1], REFUSED),
    ("label", 2**63, REFUSED),
    ("decimal(5,2)", D("1.005"), D("1.01")),
    ("decimal(5,2)", 7, D("7.00")),
    ("decimal(5,2)", D("1000"), REFUSED),
    ("decimal(5,2)", D("NaN"), REFUSED),
    ("decimal(5,2)", 1.5, D("1.50")),
    ("decimal(5,2)", 0.1, D("0.10")),
    ("decimal(5,2)", "1.25", D("1.25")),
    ("decimal(5,2)", "1e2", D("100.00")),
    ("decimal(5,2)", 1.005, REFUSED),
    ("decimal(5,2)", "1.255", REFUSED),
    ("decimal(5,2)", "x", REFUSED),
    ("decimal(5,2)", "NaN", REFUSED),
    ("decimal(5,2)", math.inf, REFUSED),
    ("decimal(5,2)", 1000.0, REFUSED),
    ("decimal(5,2)", True, REFUSED),
    ("date", datetime.date(2024, 2, 29), datetime.date(2024, 2, 29)),
    ("date", "2024-02-29", datetime.date(2024, 2, 29)),
    ("date", "2024-02-30", REFUSED),
    ("date", datetime.datetime(2024, 2, 29), datetime.date(2024, 2, 29)),
    ("date", datetime.datetime(2024, 2, 29, 1), REFUSED),
    ("date", pandas.Timestamp("2024-02-29"), datetime.date(2024, 2, 29)),
    ("date", numpy.datetime64("2024-02-29"), datetime.date(2024, 2, 29)),
    ("date", numpy.datetime64("2024-02-29", "ns"), datetime.date(2024, 2, 29)),
    ("date", pandas.NaT, None),
    ("timestamp", pandas.Timestamp("2024-02-29T01:02:03.5"), datetime.datetime(2024, 2, 29, 1, 2, 3, 500000)),
    ("timestamp", numpy.datetime64("2024-02-29T01", "ns"), datetime.datetime(2024, 2, 29, 1)),
    ("timestamp", "2024-02-29T01:02:03", datetime.datetime(2024, 2, 29, 1, 2, 3)),
    ("timestamp", 5, REFUSED),
    ("array<string>", ["a", None], ["a", None]),
    ("array<string>", ("a",), ["a"]),
    ("array<string>", "a", REFUSED),
    ("array<string>", [1], REFUSED),
    ("array<double>", numpy.array([1, 2]), [1.0, 2.0]),
    ("array<double>", None, None),
    ("vector", DenseVector((1.0,)), DenseVector((1.0,))),
    ("vector", [1, 2.5], DenseVector((1.0, 2.5))),
    ("vector", numpy.array([1.0, 2.0]), DenseVector((1.0, 2.0))),
    ("vector", numpy.array([[1.0]]), REFUSED),
    ("vector", {"type": 1, "values": [1, 2]}, DenseVector((1.0, 2.0))),
    ("vector", {"type": 0, "size": 3, "indices": [1], "values": [2.0]}, SparseVector(3, (1,), (2.0,))),
    ("vector", {"type": 0, "size": 3, "indices": [3], "values": [2.0]}, InvalidValueError),
    ("vector", {"type": 0, "size": 3, "indices": [1, 1], "values": [2.0, 3.0]}, InvalidValueError),
    ("vector", {"values": [1.0]}, REFUSED),
    ("vector", [True], REFUSED),
    ("vector", [None], REFUSED),
    ("vector", "12", REFUSED),
    ("vector", 1.0, REFUSED),
    ("vector", None, None),
    ("vector(2)", [1.0, 2.0], DenseVector((1.0, 2.0))),
    ("vector(2)", [1.0], VectorSizeError),
]


@pytest.mark.parametrize(("type_", "value", "expected"), TABLE, ids=lambda item: repr(item)[:40])
def test_coercion(type_, value, expected):
    if type_ == "label":
        column = Column("c", STRING, casts=True)
    else:
        column = Column.of("c", parse_row_type(type_), "schema")
    if isinstance(expected, type) and issubclass(expected, SparkletError):
        with pytest.raises(expected):
            coercer(column)(value)
    else:
        assert_same(expected, coercer(column)(value))


def test_numpy_scalars_become_python_values():
    found = coercer(Column("c", DOUBLE))(numpy.float64(2.0))
    assert type(found) is float


@pytest.mark.parametrize(
    "text", ["", "doubel", "decimal(39,0)", "decimal(2,3)", "array<x>", "array<", "map<a,b>", 5, "x" * 1000]
)
def test_types_that_rows_cannot_carry(text):
    with pytest.raises(OptionError):
        parse_row_type(text)


def read(row, *columns, optional=(), missing="error"):
    return RowReader(columns, frozenset(optional), missing)(row)


AGE, CITY = Column("age", DOUBLE), Column("city", STRING)


def test_names_are_resolved_without_regard_to_case():
    assert read({"AGE": 1, "City": "SF", "more": 2}, AGE, CITY) == [1.0, "SF"]


def test_an_absent_column_is_an_error_with_a_hint():
    with pytest.raises(MissingColumnError) as caught:
        read({"agee": 1, "city": "SF"}, AGE, CITY)
    assert isinstance(caught.value, KeyError)
    assert "column 'age'" in str(caught.value)
    assert "did you mean 'agee'?" in str(caught.value)
    assert "missing='null'" in str(caught.value)


def test_an_absent_column_may_be_null():
    assert read({"city": "SF"}, AGE, CITY, missing="null") == [None, "SF"]


@pytest.mark.parametrize("row", [{"age": 1, "Age": 2}, {"AGE": 1, "Age": 2}])
def test_keys_that_differ_in_case_only_are_ambiguous(row):
    with pytest.raises(AmbiguousColumnError, match="differ in case only"):
        read(row, AGE)


@pytest.mark.parametrize("row", [None, 5, "age", ["age"], {("age",): 1}, {1: 2}])
def test_what_is_no_row(row):
    with pytest.raises(SparkletError):
        read(row, AGE)


def test_layouts_are_bounded():
    reader = RowReader([AGE])
    for i in range(2000):
        reader({"age": 1, f"extra{i}": 0})
    assert len(reader._layouts) <= 256


def test_the_error_names_the_column():
    with pytest.raises(ColumnTypeError, match="column 'city': takes string, got 5 "):
        read({"age": 1, "city": 5}, AGE, CITY)
