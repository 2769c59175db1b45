"""Arrow arrays to Python values; vectors and matrices become linalg values, checked on the way."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
from pyarrow import types

from sparklet.linalg import DenseMatrix, DenseVector, SparseMatrix, SparseVector
from sparklet.saved.types import spark_type

__all__ = ["decode", "offsets_of", "without_nulls"]


def decode(array: pa.Array) -> list[object]:
    """Return the values of an Arrow array; None for null, dict for map and struct.

    Raise ValueError for nulls or contradictions inside a vector or matrix.
    """
    kind = array.type
    if types.is_struct(kind):
        name = spark_type(kind)
        if name == "vector":
            return list(_vectors(array))
        if name == "matrix":
            return list(_matrices(array))
        fields = [decode(array.field(place)) for place in range(kind.num_fields)]
        names = [field.name for field in kind]
        rows: list[object] = [dict(zip(names, row, strict=True)) for row in zip(*fields, strict=True)]
        return _masked(array, rows)
    if types.is_map(kind):
        bounds = offsets_of(array).tolist()
        keys, items = decode(array.keys), decode(array.items)
        pairs: list[object] = [
            dict(zip(keys[start:end], items[start:end], strict=True)) for start, end in _spans(bounds)
        ]
        return _masked(array, pairs)
    if types.is_list(kind) or types.is_large_list(kind):
        bounds = offsets_of(array).tolist()
        first = bounds[0]
        inner = decode(array.values[first : bounds[-1]])
        return _masked(array, [inner[start - first : end - first] for start, end in _spans(bounds)])
    if types.is_floating(kind) and not array.null_count:
        floats: list[object] = array.to_numpy().tolist()
        return floats
    leaf: list[object] = array.to_pylist()
    return leaf


def offsets_of(array: pa.Array) -> np.ndarray:
    """Return the offsets of a list or map array: one more than it has rows."""
    found: np.ndarray = array.offsets.to_numpy()
    return found if len(found) else np.zeros(1, found.dtype)


def without_nulls(array: pa.Array) -> bool:
    """Return whether neither the array nor anything inside its lists, maps and structs is null."""
    kind = array.type
    if array.null_count:
        return False
    if types.is_struct(kind):
        # The unused halves of these two are null by design; decode checks them.
        return spark_type(kind) in ("vector", "matrix") or all(
            without_nulls(array.field(place)) for place in range(kind.num_fields)
        )
    if types.is_map(kind):
        return without_nulls(array.keys) and without_nulls(array.items)
    if types.is_list(kind) or types.is_large_list(kind):
        return without_nulls(array.flatten())
    return True


def _spans(bounds: Sequence[int]) -> zip[tuple[int, int]]:
    return zip(bounds[:-1], bounds[1:], strict=True)


def _masked(array: pa.Array, rows: list[object]) -> list[object]:
    if not array.null_count:
        return rows
    valid = array.is_valid().to_pylist()
    return [row if good else None for row, good in zip(rows, valid, strict=True)]


def _check(good: bool, problem: str) -> None:
    if not good:
        raise ValueError(problem)


def _column(array: pa.Array, name: str) -> list[object]:
    """Return a scalar field of the struct, which must not be null where the struct is read."""
    return decode(array.field(name))


def _lists(array: pa.Array, name: str) -> list[list[object] | None]:
    """Return a list field of the struct; a null among the elements is an error, a null list is not."""
    field = array.field(name)
    _check(not field.flatten().null_count, f"{name} holds nulls")
    return decode(field)  # type: ignore[return-value]


def _vectors(array: pa.Array) -> list[DenseVector | SparseVector]:
    """Decode `VectorUDT`: type 0 is sparse, type 1 dense (then size and indices are null)."""
    _check(not array.null_count, "a vector is null")
    fields = zip(
        _column(array, "type"), _column(array, "size"), _lists(array, "indices"), _lists(array, "values"), strict=True
    )
    return [_vector(*row) for row in fields]


def _vector(kind: object, size: object, indices: list[object] | None, values: list[object] | None) -> DenseVector | SparseVector:
    if values is None:
        raise ValueError("values are null")
    if kind == 1:
        _check(size is None or size == len(values), f"a dense vector of size {size} has {len(values)} values")
        _check(not indices, "a dense vector has indices")
        return DenseVector(tuple(values))
    _check(kind == 0, f"vector type {kind} is neither 0 (sparse) nor 1 (dense)")
    if not isinstance(size, int) or indices is None:
        raise ValueError("a sparse vector lacks its size or indices")
    _check(len(indices) == len(values), f"{len(indices)} indices but {len(values)} values")
    order = np.asarray(indices, np.int64)
    _check(size >= 0, f"size {size} is negative")
    if len(order):
        _check(bool((order[1:] > order[:-1]).all()), "indices are not strictly increasing")
        _check(0 <= order[0] and order[-1] < size, f"indices reach outside the size of {size}")
    return SparseVector(size, tuple(indices), tuple(values))


def _matrices(array: pa.Array) -> list[DenseMatrix | SparseMatrix]:
    """Decode `MatrixUDT`: type 0 is sparse (CSC, or CSR if transposed), type 1 dense (column-major, or row-major)."""
    _check(not array.null_count, "a matrix is null")
    fields = zip(
        _column(array, "type"),
        _column(array, "numRows"),
        _column(array, "numCols"),
        _lists(array, "colPtrs"),
        _lists(array, "rowIndices"),
        _lists(array, "values"),
        _column(array, "isTransposed"),
        strict=True,
    )
    return [_matrix(*row) for row in fields]


def _matrix(
    kind: object,
    rows: object,
    columns: object,
    pointers: list[object] | None,
    indices: list[object] | None,
    values: list[object] | None,
    transposed: object,
) -> DenseMatrix | SparseMatrix:
    if not isinstance(rows, int) or not isinstance(columns, int) or not isinstance(transposed, bool) or values is None:
        raise ValueError("a matrix lacks numRows, numCols, values or isTransposed")
    _check(rows >= 0 and columns >= 0, f"a matrix is {rows} by {columns}")
    if kind == 1:
        _check(len(values) == rows * columns, f"a dense {rows} by {columns} matrix has {len(values)} values")
        return DenseMatrix(rows, columns, tuple(values), transposed)
    _check(kind == 0, f"matrix type {kind} is neither 0 (sparse) nor 1 (dense)")
    if pointers is None or indices is None:
        raise ValueError("a sparse matrix lacks colPtrs or rowIndices")
    major, minor = (rows, columns) if transposed else (columns, rows)
    starts, places = np.asarray(pointers, np.int64), np.asarray(indices, np.int64)
    _check(len(starts) == major + 1, f"colPtrs has {len(starts)} entries for {major} columns or rows")
    _check(len(places) == len(values), f"{len(places)} rowIndices but {len(values)} values")
    _check(bool(starts[0] == 0 and starts[-1] == len(values)), "colPtrs do not span the values")
    _check(bool((starts[1:] >= starts[:-1]).all()), "colPtrs decrease")
    _check(bool(((places >= 0) & (places < minor)).all()), "rowIndices reach outside the matrix")
    return SparseMatrix(rows, columns, tuple(pointers), tuple(indices), tuple(values), transposed)
