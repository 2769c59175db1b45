"""Arrow arrays to Python values; vectors and matrices become linalg values, checked on the way."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow as pa
from pyarrow import types

from sparklet.linalg import DenseMatrix, DenseVector, SparseMatrix, SparseVector
from sparklet.saved.types import spark_type

__all__ = ["as_numpy", "decode", "decode_nullable", "elements", "offsets_of", "without_nulls"]


def decode(array: pa.Array) -> list[Any]:
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
        rows = [dict(zip(names, row, strict=True)) for row in zip(*fields, strict=True)]
        return _masked(array, rows)
    if types.is_map(kind):
        bounds = offsets_of(array).tolist()
        keys, items = decode(array.keys), decode(array.items)
        pairs = [dict(zip(keys[start:end], items[start:end], strict=True)) for start, end in pairwise(bounds)]
        return _masked(array, pairs)
    if types.is_list(kind) or types.is_large_list(kind):
        bounds = offsets_of(array).tolist()
        first = bounds[0]
        inner = decode(elements(array))
        return _masked(array, [inner[start - first : end - first] for start, end in pairwise(bounds)])
    if types.is_floating(kind) and not array.null_count:
        floats: list[float] = as_numpy(array).tolist()
        return floats
    leaf: list[Any] = array.to_pylist()
    return leaf


def decode_nullable(array: pa.Array) -> list[Any]:
    """Return the values of an Arrow array; unlike `decode`, vectors may be null and times lose their zone.

    A time without zone means the session's, as everywhere in sparklet.
    """
    if types.is_timestamp(array.type):
        moments = array.cast(pa.timestamp("us", array.type.tz)).to_pylist()
        return [moment and moment.replace(tzinfo=None) for moment in moments]
    if not array.null_count or spark_type(array.type) not in ("vector", "matrix"):
        return decode(array)
    values = iter(decode(array.drop_null()))
    return [next(values) if valid else None for valid in array.is_valid().to_pylist()]


def elements(array: pa.Array) -> pa.Array:
    """Return what the lists of an array hold, in one array.

    Arrow's own `flatten` imports pyarrow.compute, which takes longer than loading any model.
    """
    offsets = offsets_of(array)
    return array.values[int(offsets[0]) : int(offsets[-1])]


def as_numpy(array: pa.Array) -> np.ndarray:
    """Return numbers or booleans without nulls as a read-only array.

    Arrow's own `to_numpy` imports pandas, which takes longer than loading any model.
    """
    if types.is_boolean(array.type):
        return _bits(array.buffers()[1], array)
    return np.from_dlpack(array)


def _bits(buffer: pa.Buffer, array: pa.Array) -> np.ndarray:
    """Return a bitmap of the array, one boolean per value."""
    bytes_ = np.frombuffer(buffer, np.uint8) if buffer is not None else np.empty(0, np.uint8)
    bits = np.unpackbits(bytes_, count=array.offset + len(array), bitorder="little")
    return bits[array.offset :].astype(bool)


def offsets_of(array: pa.Array) -> np.ndarray:
    """Return the offsets of a list or map array: one more than it has rows."""
    found = as_numpy(array.offsets)
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
        return without_nulls(elements(array))
    return True


def _masked(array: pa.Array, rows: list[Any]) -> list[Any]:
    if not array.null_count:
        return rows
    # Arrow's own is_valid would import its compute functions, another quarter of a second.
    valid = _bits(array.buffers()[0], array).tolist()
    return [row if good else None for row, good in zip(rows, valid, strict=True)]


def _check(good: bool, problem: str) -> None:
    if not good:
        raise ValueError(problem)


def _column(array: pa.Array, name: str) -> list[Any]:
    return decode(array.field(name))


def _lists(array: pa.Array, name: str) -> list[Any]:
    """Return a list field of the struct; a null among the elements is an error, a null list is not."""
    field = array.field(name)
    _check(not elements(field).null_count, f"{name} holds nulls")
    return decode(field)


def _vectors(array: pa.Array) -> list[DenseVector | SparseVector]:
    """Decode `VectorUDT`: type 0 is sparse, type 1 dense (then size and indices are null)."""
    _check(not array.null_count, "a vector is null")
    fields = zip(
        _column(array, "type"),
        _column(array, "size"),
        _lists(array, "indices"),
        _lists(array, "values"),
        strict=True,
    )
    return [_vector(*row) for row in fields]


def _vector(
    kind: object, size: object, indices: list[int] | None, values: list[float] | None
) -> DenseVector | SparseVector:
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
        _check(order[0] >= 0 and order[-1] < size, f"indices reach outside the size of {size}")
    return SparseVector(size, tuple(indices), tuple(values))


def _matrices(array: pa.Array) -> list[DenseMatrix | SparseMatrix]:
    """Decode `MatrixUDT`: type 0 sparse (CSC, transposed CSR), 1 dense (by columns, transposed by rows)."""
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
    pointers: list[int] | None,
    indices: list[int] | None,
    values: list[float] | None,
    transposed: bool | None,
) -> DenseMatrix | SparseMatrix:
    if not isinstance(rows, int) or not isinstance(columns, int):
        raise ValueError("a matrix lacks numRows or numCols")  # noqa: TRY004 - the file's fault
    if values is None or transposed is None:
        raise ValueError("a matrix lacks values or isTransposed")
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
