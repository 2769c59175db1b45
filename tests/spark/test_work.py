"""An author's function on rows and on columns gives the same, whichever of the two was written. No Spark."""

from __future__ import annotations

import pytest

from sparklet.columns import Column, parse_row_type
from sparklet.errors import OptionError, RowError
from sparklet.linalg import DenseVector, SparseVector
from sparklet.saved.arrow import decode_nullable
from sparklet.spark.arrow import encode, to_array
from sparklet.spark.work import Work
from sparklet.testing import assert_same
from sparklet.types import DOUBLE, LONG, parse_type
from tests.spark.code.echoes import TYPES
from tests.spark.test_derive import VALUES


def vector(value):
    if value is None:
        return None
    return SparseVector(value[0], (1,), (2.0,)) if len(value) == 3 else DenseVector(value)


PLACES = list(TYPES)
ROWS = [
    [vector(value) if TYPES[name] == "vector" else value for name, value in zip(TYPES, row, strict=True)]
    for row in VALUES
]


def work(stage):
    inputs = tuple(
        (name, parse_type(TYPES[name]), parse_type(seen or TYPES[name]))
        for name, seen in stage.inputs().items()
    )
    outputs = tuple(Column.of(name, parse_row_type(kind), "x") for name, kind in stage.outputs().items())
    return Work(stage, inputs, outputs)


def widened(value, found, seen):
    return value if value is None or found == seen else {DOUBLE: float, LONG: int}[seen](value)


@pytest.mark.parametrize(
    "name", ["ByRow", "Untyped", "ByArrow", "ByTable", "ByList", "Widened", "Pandas", "Matrix"]
)
def test_columns_and_rows_agree(echoes, name):
    found = work(getattr(echoes, name)())
    columns = [[row[PLACES.index(name)] for row in ROWS] for name, _, _ in found.inputs]
    arrays = [
        encode([widened(value, one, two) for value in column], two)
        for column, (_, one, two) in zip(columns, found.inputs, strict=True)
    ]
    made = [decode_nullable(array) for array in found.on_arrays()(arrays)]
    single = found.on_values()
    for given, expected in zip(zip(*columns, strict=True), zip(*made, strict=True), strict=True):
        assert_same(expected, single(*given))
    nothing = found.on_arrays()([array[:0] for array in arrays])
    assert [len(array) for array in nothing] == [0] * len(found.outputs)
    assert [array.type for array in nothing] == [encode([], column.type).type for column in found.outputs]


@pytest.mark.parametrize(
    ("given", "kind", "problem"),
    [
        (["x", "y"], "double", "takes double, got 'x'"),
        ([1.5, 2.0], "int", "takes int, got 1.5"),
        ([1.0], "double", "has 1 values for 2 rows"),
        ("ab", "string", "takes an array of string"),
        (5, "double", "takes an array of double"),
        (None, "double", "takes an array of double"),
        ([[1.0], [1.0]], "vector(2)", "has 1 elements, expected 2"),
    ],
)
def test_wrong_columns(given, kind, problem):
    with pytest.raises(RowError, match=problem) as caught:
        to_array(given, Column.of("z", parse_row_type(kind), "x"), 2)
    assert caught.value.column == "z"


def test_wrong_arrays():
    import numpy as np
    import pyarrow as pa

    def made(given, kind):
        return to_array(given, Column.of("z", parse_row_type(kind), "x"), 2)

    for given, kind in [
        (np.array([1.5, 2.0]), "int"),
        (np.array([1, 1 << 40]), "int"),
        (np.array([True, False]), "double"),
        (pa.array(["1", "2"]), "double"),
        (pa.array([1.0, 2.0]), "string"),
        (np.ones((2, 3)), "vector(2)"),
        (np.array([1.0, float("nan")]), "bigint"),
    ]:
        with pytest.raises(RowError, match="column 'z'"):
            made(given, kind)
    assert_same([1.0, 2.0], made(np.array([1, 2]), "double").to_pylist())
    assert_same([1, 2], made(np.array([1.0, 2.0]), "int").to_pylist())
    assert_same([None, 2.0], made([None, 2], "double").to_pylist())
    assert_same([None, None], made(pa.nulls(2), "double").to_pylist())
    assert decode_nullable(made(np.array([[1, 2], [3, 4]]), "vector")) == [
        DenseVector((1.0, 2.0)),
        DenseVector((3.0, 4.0)),
    ]
    nan = made(np.array([float("nan"), 1.0]), "double")
    assert nan.null_count == 0


def test_a_stage_that_scores_nothing(echoes):
    with pytest.raises(OptionError, match="define it, or scoreBatch"):
        work(echoes.Echo())
