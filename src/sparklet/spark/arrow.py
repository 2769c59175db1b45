"""Conversion between Spark's types, Arrow arrays and the Python values of rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from pyarrow import types

from sparklet.batch.writing import dense_vectors, vectors
from sparklet.columns import Column, coercer
from sparklet.errors import ColumnTypeError, InvalidValueError, RowError, SchemaError
from sparklet.types import TIMESTAMP, VECTOR, ArrayType, DataType
from sparklet.types.arrow import to_arrow

__all__ = ["arrow_type", "encode", "to_array"]


def arrow_type(type: DataType) -> pa.DataType:
    """Return the Arrow type in which Spark exchanges a column.

    Raises `SchemaError` for a type that an output cannot have.

    >>> from sparklet.types import DOUBLE
    >>> arrow_type(ArrayType(DOUBLE))
    ListType(list<element: double>)
    """
    innermost = type
    while isinstance(innermost, ArrayType):
        innermost = innermost.elementType
    if innermost == TIMESTAMP:
        raise SchemaError(str(type), "is not supported as an output type; declare timestamp_ntz for times")
    return to_arrow(type)


def encode(values: Sequence[Any], type: DataType) -> pa.Array:
    """Return values that already have the type of their column as an Arrow array; None is null."""
    if type == VECTOR:
        return vectors(values)
    if type == TIMESTAMP:
        return pa.array(values, pa.timestamp("us"))
    return pa.array(values, arrow_type(type), from_pandas=False)


def to_array(values: Any, column: Column, rows: int) -> pa.Array:
    """Return what `scoreBatch` returned for a column as an Arrow array of the declared type.

    `values` is an Arrow or numpy array, a pandas Series or a list; a 2-d numpy array holds dense vectors.
    Numbers are converted if no value changes. Raises a `RowError` that names the column.
    """
    try:
        array = _to_array(values, column)
    except (pa.ArrowException, TypeError, ValueError, OverflowError) as error:
        if isinstance(error, RowError):
            error.locate(column.name)
            raise
        problem = f"is not {column.type}: {error}"
        raise InvalidValueError(problem, values, column=column.name, hint="scoreBatch returned it") from error
    if len(array) != rows:
        problem = f"has {len(array)} values for {rows} rows"
        raise InvalidValueError(problem, column=column.name, hint="scoreBatch returned it")
    return array


def _to_array(values: Any, column: Column) -> pa.Array:
    if type(values).__module__.partition(".")[0] == "pandas":
        values = values.to_numpy()
    if isinstance(values, np.ndarray):
        if column.type == VECTOR and values.ndim == 2:
            return _dense(values, column)
        if values.dtype.kind in "biuf" and values.ndim == 1:
            values = pa.array(values, from_pandas=False)
        else:
            values = list(values)
    if isinstance(values, pa.ChunkedArray):
        values = values.combine_chunks()
        if isinstance(values, pa.ChunkedArray):  # without any chunk
            values = pa.array([], values.type)
    if isinstance(values, pa.Array):
        return _cast(values, column)
    if isinstance(values, str) or not isinstance(values, Sequence):
        raise ColumnTypeError(values, f"an array of {column.type}", hint="scoreBatch returned it")
    coerce = coercer(column)
    return encode([coerce(value) for value in values], column.type)


def _cast(array: pa.Array, column: Column) -> pa.Array:
    source, target = array.type, arrow_type(column.type)
    if source == target:
        return array
    numbers = (types.is_integer(source) or types.is_floating(source)) and (
        types.is_integer(target) or types.is_floating(target)
    )
    if numbers:
        # Rounding a double to float is intended; converting 1.5 to an integer would change the number.
        return array.cast(target, safe=not types.is_floating(target))
    if types.is_large_string(source) and types.is_string(target):
        return array.cast(target)
    if column.type == VECTOR or types.is_null(source) or types.is_nested(source) or source.id == target.id:
        return array.cast(target)
    raise ColumnTypeError(source, str(column.type), hint="scoreBatch returned an array of another type")


def _dense(values: np.ndarray, column: Column) -> pa.Array:
    """Return the rows of a matrix as dense vectors."""
    rows, size = values.shape
    if column.size is not None and size != column.size:
        raise ColumnTypeError(size, f"vectors of {column.size} elements", hint="scoreBatch returned it")
    return dense_vectors(np.ascontiguousarray(values, np.float64).reshape(-1), rows, size)
