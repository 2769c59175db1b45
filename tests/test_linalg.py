"""Vectors and matrices: layout, equality, kinds, and Spark's rules for `compressed` and `argmax`."""

from __future__ import annotations

import copy
import math
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sparklet.errors import ColumnTypeError, InvalidValueError
from sparklet.linalg import (
    DenseMatrix,
    DenseVector,
    SparseMatrix,
    SparseVector,
    argmax,
    compressed,
    to_dense,
    to_sparse,
    vector,
)

NAN = math.nan
DENSE = DenseMatrix(2, 3, (1.0, 2.0, 3.0, 4.0, 5.0, 6.0))
CSC = SparseMatrix(3, 2, (0, 2, 3), (0, 2, 1), (2.0, 3.0, 4.0))
VALUES = [
    DenseVector(()),
    DenseVector((1.0, -0.0, 2.5)),
    SparseVector(0, (), ()),
    SparseVector(4, (1, 3), (1.0, 5.5)),
    DENSE,
    DenseMatrix(2, 3, (1.0, 2.0, 3.0, 4.0, 5.0, 6.0), True),
    CSC,
    SparseMatrix(2, 3, (0, 2, 3), (0, 2, 1), (2.0, 3.0, 4.0), True),
]
floats = st.floats(width=32) | st.sampled_from([0.0, -0.0, 1.0, -1.0, NAN, math.inf])


@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_values_are_frozen_hashable_and_travel(value):
    for duplicate in (pickle.loads(pickle.dumps(value)), copy.deepcopy(value), copy.copy(value)):
        assert duplicate == value
        assert type(duplicate) is type(value)
        assert hash(duplicate) == hash(value)
        assert duplicate.values == value.values
    with pytest.raises(AttributeError, match="frozen"):
        value.values = ()
    with pytest.raises(AttributeError, match="frozen"):
        del value.values
    assert not hasattr(value, "__dict__")
    assert value != "something else"
    assert value != None  # noqa: E711 - the operator is what is tested


def test_vector_equality_is_by_contents():
    dense, sparse = DenseVector((0.0, 3.0, -0.0)), SparseVector(3, (1,), (3.0,))
    assert dense == sparse
    assert sparse == dense
    assert hash(dense) == hash(sparse)
    assert dense != SparseVector(4, (1,), (3.0,))
    assert DenseVector((NAN,)) != DenseVector((NAN,))
    assert DenseVector((0.0,)) == DenseVector((-0.0,))
    # as pyspark: two sparse vectors are compared as they are stored
    assert SparseVector(2, (0,), (0.0,)) != SparseVector(2, (), ())


def test_vector_access():
    sparse = SparseVector(4, (1, 3), (1.0, 5.5))
    assert [sparse[i] for i in range(-4, 4)] == [0.0, 1.0, 0.0, 5.5] * 2
    assert list(sparse) == sparse.toArray().tolist() == [0.0, 1.0, 0.0, 5.5]
    with pytest.raises(IndexError):
        sparse[4]
    dense = DenseVector((1.0, 2.0))
    assert (len(dense), dense.size, dense[-1], list(dense)) == (2, 2, 2.0, [1.0, 2.0])
    assert (str(dense), str(sparse)) == ("[1.0,2.0]", "(4,[1,3],[1.0,5.5])")


def test_matrix_layouts():
    assert DENSE.rows() == [(1.0, 3.0, 5.0), (2.0, 4.0, 6.0)]
    transposed = DenseMatrix(3, 2, DENSE.values, True)
    assert transposed.rows() == [(1.0, 2.0), (3.0, 4.0), (5.0, 6.0)]
    assert CSC.rows() == [(2.0, 0.0), (0.0, 4.0), (3.0, 0.0)]
    csr = SparseMatrix(3, 2, (0, 1, 2, 3), (0, 1, 0), (2.0, 4.0, 3.0), True)
    assert csr == CSC
    assert hash(csr) == hash(CSC) == hash(DenseMatrix(3, 2, (2.0, -0.0, 3.0, 0.0, 4.0, 0.0)))
    for matrix in (DENSE, transposed, CSC, csr):
        rows = matrix.rows()
        assert matrix.toArray().tolist() == [list(row) for row in rows]
        places = [(i, j) for i in range(matrix.numRows) for j in range(matrix.numCols)]
        assert all(matrix[i, j] == rows[i][j] for i, j in places)
        for place in ((-1, 0), (0, -1), (matrix.numRows, 0), (0, matrix.numCols)):
            with pytest.raises(IndexError):
                matrix[place]
    assert transposed != DENSE


@pytest.mark.parametrize("size", range(40))
@pytest.mark.parametrize("nonzeros", range(12))
def test_compressed_follows_the_line(size, nonzeros):
    if nonzeros > size:
        return
    data = DenseVector((1.0,) * nonzeros + (0.0,) * (size - nonzeros))
    for given_kind in (data, to_sparse(data)):
        old, same, new = (compressed(given_kind, line) for line in ("3.5", "4.0", "4.1+"))
        assert (
            isinstance(old, SparseVector) == isinstance(same, SparseVector) == (1.5 * (nonzeros + 1) < size)
        )
        assert isinstance(new, SparseVector) == (12 * nonzeros + 28 < 8 * size + 12)


def test_compressed_counts_nan_and_drops_negative_zero():
    few = DenseVector((NAN, -0.0, 0.0, 0.0, 0.0, 0.0, -0.0, 0.0))
    for line in ("3.5", "4.1+"):
        sparse = compressed(few, line)
        assert isinstance(sparse, SparseVector)
        assert sparse.indices == (0,)
    assert compressed(SparseVector(9, (1, 2), (0.0, 1.0)), "4.0").indices == (2,)


@given(st.lists(floats, max_size=9))
def test_kinds_convert(values):
    dense = DenseVector(tuple(values))
    sparse = to_sparse(dense)
    assert all(value != 0.0 for value in sparse.values)
    assert to_dense(dense) is dense
    assert to_sparse(sparse) is sparse
    back = to_dense(sparse).values
    assert all(a == b or (a != a and b != b) for a, b in zip(back, values, strict=True))


# Every answer is live Spark's: test_against_spark asks again.
ARGMAX = [
    (DenseVector(()), -1),
    (DenseVector((NAN, 5.0)), 0),
    (DenseVector((1.0, NAN, 2.0)), 2),
    (DenseVector((-0.0, 0.0)), 0),
    (SparseVector(0, (), ()), -1),
    (SparseVector(3, (), ()), 0),
    (SparseVector(3, (2,), (1.0,)), 2),
    (SparseVector(3, (0, 1), (-1.0, -2.0)), 2),
    (SparseVector(3, (1, 2), (-1.0, -2.0)), 0),
    (SparseVector(2, (0, 1), (-3.0, -2.0)), 1),
    (SparseVector(4, (0, 2), (-1.0, 0.0)), 1),
    (SparseVector(4, (0, 1), (-1.0, 0.0)), 1),
    (SparseVector(4, (0, 1), (0.0, -1.0)), 0),
    (SparseVector(4, (1, 2), (NAN, 2.0)), 1),
]


@pytest.mark.parametrize(("data", "index"), ARGMAX)
def test_argmax(data, index):
    assert argmax(data) == index


def test_vector_checks():
    assert vector((1, 2.5)) == DenseVector((1.0, 2.5))
    sparse = SparseVector(3, (0, 2), (1.0, 2.0))
    assert vector(sparse) is sparse
    assert type(vector(DenseVector((1,))).values[0]) is float
    for wrong in (None, "12", b"12", 3.0, [True], ["1"], [[1.0]], {1: 2.0}, [None]):
        with pytest.raises(ColumnTypeError):
            vector(wrong)
    for parts in (
        (3, (0, 3), (1.0, 1.0)),
        (3, (1, 1), (1.0, 1.0)),
        (3, (-1,), (1.0,)),
        (3, (0,), ()),
        (0, (0,), (1.0,)),
    ):
        with pytest.raises(InvalidValueError):
            vector(SparseVector(*parts))
    with pytest.raises(InvalidValueError):
        vector([10**400])


def test_numpy_comes_in():
    import numpy as np

    assert vector(np.array([1.5, 2.0], dtype=np.float32)) == DenseVector((1.5, 2.0))
    assert type(vector([np.float64(1.5)]).values[0]) is float
    with pytest.raises(ColumnTypeError):
        vector(np.eye(2))


def test_pyspark_twins():
    theirs = pytest.importorskip("pyspark.ml.linalg")
    dense, sparse = DenseVector((1.0, 0.0, 2.123456)), SparseVector(3, (0, 2), (1.0, 2.123456))
    for ours in (dense, sparse):
        for other in (
            theirs.Vectors.dense([1.0, 0.0, 2.123456]),
            theirs.Vectors.sparse(3, [0, 2], [1.0, 2.123456]),
        ):
            assert ours == other
            assert hash(ours) == hash(other)
            assert vector(other) == ours
    assert repr(dense) == repr(theirs.Vectors.dense(dense.values))
    assert repr(sparse) == repr(theirs.Vectors.sparse(3, sparse.indices, sparse.values))
    assert theirs.DenseMatrix(2, 3, list(DENSE.values)) == DENSE
    assert repr(DENSE) == repr(theirs.DenseMatrix(2, 3, list(DENSE.values)))
    other = theirs.SparseMatrix(3, 2, CSC.colPtrs, CSC.rowIndices, CSC.values)
    assert other.toArray().tolist() == CSC.toArray().tolist()
    assert other == CSC
    assert other == CSC
    long = DenseMatrix(5, 5, tuple(map(float, range(25))), True)
    assert repr(long) == repr(theirs.DenseMatrix(5, 5, list(range(25)), True))


@pytest.mark.spark
def test_against_spark(spark):
    from tests.java.jvm import Jvm

    jvm = Jvm(spark)
    for data, index in ARGMAX:
        assert jvm.vector(data).argmax() == index, data
    line = "4.1+" if tuple(map(int, spark.version.split(".")[:2])) >= (4, 1) else "3.5"
    pool = [0.0, -0.0, 1.0, -1.0, NAN, 2.0, -2.0, 0.0, 0.0, 0.0]
    for case in range(600):
        # a linear congruence, so that each run sees the same vectors
        size = case % 13
        values = tuple(pool[(case * 31 + k * k * 17 + k * case) // 7 % 10] for k in range(size))
        indices = tuple(k for k in range(size) if (case * 7 + k * 5) // 3 % 3)
        for data in (DenseVector(values), SparseVector(size, indices, tuple(values[k] for k in indices))):
            theirs = jvm.vector(data)
            assert argmax(data) == theirs.argmax(), data
            packed = theirs.compressed()
            ours = compressed(data, line)
            assert packed.getClass().getSimpleName() == type(ours).__name__, data
            if isinstance(ours, SparseVector):
                assert list(packed.indices()) == list(ours.indices), data
