"""Hostile rows against stored models: a dict, a dropped row or a SparkletError, and the same answer twice."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sparklet.errors import SchemaError, SparkletError
from sparklet.linalg import DenseVector, SparseVector
from sparklet.testing import assert_same, outcome
from tests.conftest import GOLDEN
from tests.oracle import Golden, goldens

# One case of each stage, and every pipeline, as the newest Spark scores them.
CHOSEN = [
    golden
    for golden in goldens(GOLDEN)
    if golden.release != "3.5"
    and golden.failure is None
    and (golden.facts["case"] == "default" or golden.stage == "PipelineModel")
]

floats = st.floats(width=64) | st.sampled_from(
    [0.0, -0.0, 1.0, float("nan"), float("inf"), float("-inf"), 5e-324, 1e308]
)
texts = st.text(max_size=20) | st.sampled_from(
    ["", " ", "SF", "LA", "\U0001f600", "\ud800", "a\x00b", "x" * 3000]
)
integers = st.integers() | st.integers(-3, 3)


@st.composite
def vectors(draw: st.DrawFn, size: int) -> DenseVector | SparseVector:
    """Draw a dense or sparse vector of about the right size."""
    size = draw(st.sampled_from([size, size, size, max(0, size - 1), size + 1]))
    if draw(st.booleans()):
        return DenseVector(draw(st.lists(floats, min_size=size, max_size=size)))
    indices = sorted(draw(st.sets(st.integers(0, size - 1)))) if size else []
    return SparseVector(size, indices, draw(st.lists(floats, min_size=len(indices), max_size=len(indices))))


WRONG = st.one_of(
    st.none(),
    st.booleans(),
    integers,
    floats,
    texts,
    st.binary(max_size=4),
    st.complex_numbers(),
    st.dates(),
    st.decimals(),
    st.lists(floats | texts | st.none(), max_size=4),
    st.dictionaries(texts, floats, max_size=2),
    st.tuples(floats),
    vectors(3),
    st.builds(object),
)


def values(kind: str, size: int) -> st.SearchStrategy[Any]:
    """Return a strategy for a column: mostly of its type, sometimes of any other."""
    if kind == "vector":
        right: st.SearchStrategy[Any] = vectors(size)
    elif kind == "string":
        right = texts
    elif kind == "boolean":
        right = st.booleans()
    elif kind.startswith("array<"):
        right = st.lists(values(kind[6:-1], size), max_size=5)
    elif kind in ("double", "float") or kind.startswith("decimal"):
        right = floats | integers
    elif kind in ("tinyint", "smallint", "int", "bigint"):
        right = integers
    else:
        right = WRONG
    return st.one_of(right, right, right, st.none(), WRONG)


def _size(golden: Golden, name: str) -> int:
    sizes = [len(row[name]) for row in golden.rows if hasattr(row[name], "toArray")]
    return sizes[0] if sizes else 3


@pytest.mark.parametrize("golden", CHOSEN, ids=lambda golden: golden.id)
def test_any_row_is_scored_dropped_or_refused(golden: Golden) -> None:
    """Never raise anything but a SparkletError, whatever a row holds; score it alike twice."""
    model = golden.load()
    try:
        untyped = golden.load(schema=None)
    except SchemaError:  # a stage that asks for the types of its inputs
        untyped = model
    columns = {
        column.name: values(str(column.type), _size(golden, column.name))
        for column in model.inputs
        if column.name in golden.schema
    }

    @given(row=st.fixed_dictionaries({}, optional=columns))
    def score(row: dict[str, Any]) -> None:
        for loaded in (model, untyped):
            first, second = outcome(loaded, row), outcome(loaded, row)
            if isinstance(first, SparkletError):
                assert type(first) is type(second)
                assert str(first) == str(second)
            else:
                assert_same(first, second)

    score()
