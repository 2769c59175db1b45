"""Vector and matrix structs, as Spark writes them and as nobody should."""

import pyarrow as pa
import pytest

from sparklet.errors import CorruptModelError
from sparklet.linalg import DenseMatrix, DenseVector, SparseMatrix, SparseVector
from tests.saved.folders import MATRIX, VECTOR, dense, dense_matrix, of_arrow, sparse, sparse_matrix


def decoded(kind, *rows):
    return of_arrow(pa.array(rows, kind)).column("c")


def same(left, right):
    """Compare kind and contents: linalg's == takes a dense and a sparse vector as equal."""
    names = type(left).__slots__
    return type(left) is type(right) and all(getattr(left, name) == getattr(right, name) for name in names)


def test_vectors():
    found = decoded(
        VECTOR, dense(1.0, -0.0), sparse(5, [1, 4], [2.0, 3.0]), dense(), sparse(3, [], []), sparse(0, [], [])
    )
    expected = [
        DenseVector((1.0, -0.0)),
        SparseVector(5, (1, 4), (2.0, 3.0)),
        DenseVector(()),
        SparseVector(3, (), ()),
        SparseVector(0, (), ()),
    ]
    assert all(map(same, found, expected))
    assert type(found[1].indices) is tuple
    assert type(found[1].indices[0]) is int
    assert type(found[0].values[0]) is float


def test_matrices():
    found = decoded(
        MATRIX,
        dense_matrix(2, 3, [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]),
        dense_matrix(1, 2, [1.0, 2.0], transposed=True),
        sparse_matrix(3, 2, [0, 1, 2], [2, 0], [1.0, 2.0]),
        sparse_matrix(1, 4, [0, 2], [0, 3], [1.0, 2.0], transposed=True),
        dense_matrix(0, 0, []),
    )
    expected = [
        DenseMatrix(2, 3, (1.0, 2.0, 3.0, 4.0, 5.0, 6.0), False),
        DenseMatrix(1, 2, (1.0, 2.0), True),
        SparseMatrix(3, 2, (0, 1, 2), (2, 0), (1.0, 2.0), False),
        SparseMatrix(1, 4, (0, 2), (0, 3), (1.0, 2.0), True),
        DenseMatrix(0, 0, (), False),
    ]
    assert all(map(same, found, expected))


def test_lists_of_them_and_slices():
    array = pa.array([[dense(1.0)], [dense(2.0), sparse(2, [0], [3.0])], [], None], pa.list_(VECTOR))
    table = of_arrow(array)
    assert table.column("c") == [
        [DenseVector((1.0,))],
        [DenseVector((2.0,)), SparseVector(2, (0,), (3.0,))],
        [],
        None,
    ]
    assert of_arrow(array.slice(1, 2)).column("c") == table.column("c")[1:3]


@pytest.mark.parametrize(
    ("row", "says"),
    [
        (None, "null"),
        (sparse(3, [1, 3], [1.0, 2.0]), "outside"),
        (sparse(3, [-1, 1], [1.0, 2.0]), "outside"),
        (sparse(3, [2, 1], [1.0, 2.0]), "strictly increasing"),
        (sparse(3, [1, 1], [1.0, 2.0]), "strictly increasing"),
        (sparse(3, [1], [1.0, 2.0]), "1 indices but 2 values"),
        (sparse(-1, [], []), "negative"),
        (sparse(None, [1], [1.0]), "lacks its size"),
        (sparse(3, None, [1.0]), "lacks its size or indices"),
        (sparse(3, [1], None), "values are null"),
        (sparse(3, [1], [None]), "values holds nulls"),
        (sparse(3, [None], [1.0]), "indices holds nulls"),
        ({**dense(1.0), "values": None}, "values are null"),
        ({**dense(1.0), "size": 2}, "size 2 has 1 values"),
        ({**dense(1.0), "indices": [0]}, "has indices"),
        ({**dense(1.0), "type": 2}, "type 2"),
        ({**dense(1.0), "type": None}, "type None"),
    ],
)
def test_contradictory_vectors(row, says):
    with pytest.raises(CorruptModelError, match=f"here: column 'c' .*{says}"):
        decoded(VECTOR, dense(1.0), row)


@pytest.mark.parametrize(
    ("row", "says"),
    [
        (None, "null"),
        (dense_matrix(2, 2, [1.0]), "has 1 values"),
        (dense_matrix(-1, -1, [1.0]), "-1 by -1"),
        (dense_matrix(None, 1, [1.0]), "lacks numRows"),
        (dense_matrix(1, 1, None), "lacks values"),
        (dense_matrix(1, 1, [None]), "values holds nulls"),
        (dense_matrix(1, 1, [1.0], None), "isTransposed"),
        (dense_matrix(2**31 - 1, 2**31 - 1, []), "has 0 values"),
        ({**dense_matrix(1, 1, [1.0]), "type": 7}, "type 7"),
        (sparse_matrix(2, 2, None, [0], [1.0]), "lacks colPtrs"),
        (sparse_matrix(2, 2, [0, 1], [0], [1.0]), "colPtrs has 2 entries"),
        (sparse_matrix(2, 2, [0, 1, 1], [0, 1], [1.0]), "2 rowIndices but 1"),
        (sparse_matrix(2, 2, [0, 1, 2], [0], [1.0]), "span"),
        (sparse_matrix(2, 2, [0, 2, 1], [0], [1.0]), "decrease"),
        (sparse_matrix(2, 2, [0, 0, 1], [2], [1.0]), "outside"),
        (sparse_matrix(3, 2, [0, 0, 0, 1], [2], [1.0], True), "outside"),
        (sparse_matrix(2, 2, [0, 0, 1], [None], [1.0]), "rowIndices holds nulls"),
    ],
)
def test_contradictory_matrices(row, says):
    with pytest.raises(CorruptModelError, match=f"here: column 'c' .*{says}"):
        decoded(MATRIX, row)


def test_a_struct_that_only_resembles_a_vector_is_none():
    kind = pa.struct([*list(VECTOR)[:3], pa.field("values", pa.list_(pa.string()))])
    table = of_arrow(pa.array([{**dense(), "values": ["x"]}], kind))
    with pytest.raises(CorruptModelError, match="expected vector"):
        table.row(c="vector")
