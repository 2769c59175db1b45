"""Convert the structs that Spark stores for vectors and matrices to checked values of linalg."""

from __future__ import annotations

import operator
from collections.abc import Iterable, Sequence
from typing import Any

from sparklet.linalg import DenseMatrix, DenseVector, Matrix, SparseMatrix, SparseVector, Vector

__all__ = ["MATRIX", "VECTOR", "matrices", "vectors"]

# `mllib-local/src/main/scala/org/apache/spark/ml/linalg/VectorUDT.scala` and `MatrixUDT.scala` (4.2).
VECTOR = "struct<type:tinyint,size:int,indices:array<int>,values:array<double>>"
MATRIX = (
    "struct<type:tinyint,numRows:int,numCols:int,colPtrs:array<int>,rowIndices:array<int>,"
    "values:array<double>,isTransposed:boolean>"
)


def _check(good: bool, problem: str) -> None:
    if not good:
        raise ValueError(problem)


def _rows(mask: bytes | None, *columns: Sequence[Any]) -> Iterable[tuple[Any, ...] | None]:
    """Return the fields of each struct, None for a null struct."""
    rows = zip(*columns, strict=True)
    return rows if mask is None else [row if valid else None for row, valid in zip(rows, mask, strict=True)]


def vectors(mask: bytes | None, *columns: Sequence[Any]) -> list[Vector | None]:
    """Return the vectors that `VectorUDT` stores in columns: type, size, indices, values.

    Raises `ValueError` for inconsistent fields.
    """
    return [None if row is None else _vector(*row) for row in _rows(mask, *columns)]


def _vector(kind: object, size: object, indices: list[int] | None, values: list[float] | None) -> Vector:
    """Return a vector: type 0 is sparse; type 1 is dense, with null size and indices."""
    if values is None:
        raise ValueError("values are null")
    _check(None not in values, "values holds nulls")
    if kind == 1:
        _check(size is None or size == len(values), f"a dense vector of size {size} has {len(values)} values")
        _check(not indices, "a dense vector has indices")
        return DenseVector(tuple(values))
    _check(kind == 0, f"vector type {kind} is neither 0 (sparse) nor 1 (dense)")
    if not isinstance(size, int) or indices is None:
        raise ValueError("a sparse vector lacks its size or indices")
    _check(None not in indices, "indices holds nulls")
    _check(len(indices) == len(values), f"{len(indices)} indices but {len(values)} values")
    _check(size >= 0, f"size {size} is negative")
    _check(all(map(operator.lt, indices, indices[1:])), "indices are not strictly increasing")
    _check(
        not indices or (indices[0] >= 0 and indices[-1] < size), f"indices reach outside the size of {size}"
    )
    return SparseVector(size, tuple(indices), tuple(values))


def matrices(mask: bytes | None, *columns: Sequence[Any]) -> list[Matrix | None]:
    """Return the matrices that `MatrixUDT` stores in columns.

    The columns are type, numRows, numCols, colPtrs, rowIndices, values and isTransposed. Raises `ValueError`
    for inconsistent fields.
    """
    return [None if row is None else _matrix(*row) for row in _rows(mask, *columns)]


def _matrix(
    kind: object,
    rows: object,
    columns: object,
    pointers: list[int] | None,
    indices: list[int] | None,
    values: list[float] | None,
    transposed: bool | None,
) -> Matrix:
    """Return a matrix: type 0 is sparse (CSC, or CSR when transposed), 1 is dense (column- or row-major)."""
    if not isinstance(rows, int) or not isinstance(columns, int):
        raise ValueError("a matrix lacks numRows or numCols")  # noqa: TRY004 - the file is invalid
    if values is None or transposed is None:
        raise ValueError("a matrix lacks values or isTransposed")
    _check(None not in values, "values holds nulls")
    _check(rows >= 0 and columns >= 0, f"a matrix is {rows} by {columns}")
    if kind == 1:
        _check(len(values) == rows * columns, f"a dense {rows} by {columns} matrix has {len(values)} values")
        return DenseMatrix(rows, columns, tuple(values), transposed)
    _check(kind == 0, f"matrix type {kind} is neither 0 (sparse) nor 1 (dense)")
    if pointers is None or indices is None:
        raise ValueError("a sparse matrix lacks colPtrs or rowIndices")
    _check(None not in pointers, "colPtrs holds nulls")
    _check(None not in indices, "rowIndices holds nulls")
    major, minor = (rows, columns) if transposed else (columns, rows)
    _check(len(pointers) == major + 1, f"colPtrs has {len(pointers)} entries for {major} columns or rows")
    _check(len(indices) == len(values), f"{len(indices)} rowIndices but {len(values)} values")
    _check(pointers[0] == 0 and pointers[-1] == len(values), "colPtrs do not span the values")
    _check(all(map(operator.le, pointers, pointers[1:])), "colPtrs decrease")
    _check(not indices or (min(indices) >= 0 and max(indices) < minor), "rowIndices reach outside the matrix")
    return SparseMatrix(rows, columns, tuple(pointers), tuple(indices), tuple(values), transposed)
