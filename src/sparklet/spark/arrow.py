"""Between Spark's types, Arrow arrays and the Python values of rows."""

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
    """Return the Arrow type in which Spark exchanges a column; `SchemaError` for one that cannot be made.

    >>> from sparklet.types import DOUBLE
    >>> arrow_type(ArrayType(DOUBLE))
    ListType(list<element: double>)
    """
    innermost = type
    while isinstance(innermost, ArrayType):
        innermost = innermost.elementType
    if innermost == TIMESTAMP:
        raise SchemaError(str(type), "is a type that an output cannot have; for times declare timestamp_ntz")
    return to_arrow(type)


def encode(values: Sequence[Any], type: DataType) -> pa.Array:
    """Return values of a row's column, already of that type, as an Arrow array; None is null."""
    if type == VECTOR:
        return vectors(values)
    if type == TIMESTAMP:
        return pa.array(values, pa.timestamp("us"))
    return pa.array(values, arrow_type(type), from_pandas=False)


def to_array(given: Any, column: Column, rows: int) -> pa.Array:
    """Return what `scoreBatch` gave for a column as an Arrow array of exactly the declared type.

    Arrow and numpy arrays, pandas Series and lists are taken; a 2-d numpy array is dense vectors. Numbers are
    converted where no value changes. Raises a `RowError` that names the column.
    """
    try:
        array = _to_array(given, column)
    except (pa.ArrowException, TypeError, ValueError, OverflowError) as error:
        if isinstance(error, RowError):
            error.column = column.name
            raise
        problem = f"is not {column.type}: {error}"
        raise InvalidValueError(problem, given, column=column.name, hint="scoreBatch gave it") from error
    if len(array) != rows:
        problem = f"has {len(array)} values for {rows} rows"
        raise InvalidValueError(problem, column=column.name, hint="scoreBatch gave it")
    return array


def _to_array(given: Any, column: Column) -> pa.Array:
    if type(given).__module__.partition(".")[0] == "pandas":
        given = given.to_numpy()
    if isinstance(given, np.ndarray):
        if column.type == VECTOR and given.ndim == 2:
            return _dense(given, column)
        if given.dtype.kind in "biuf" and given.ndim == 1:
            given = pa.array(given, from_pandas=False)
        else:
            given = list(given)
    if isinstance(given, pa.ChunkedArray):
        given = given.combine_chunks()
        if isinstance(given, pa.ChunkedArray):  # of no chunk at all
            given = pa.array([], given.type)
    if isinstance(given, pa.Array):
        return _cast(given, column)
    if isinstance(given, str) or not isinstance(given, Sequence):
        raise ColumnTypeError(given, f"an array of {column.type}", hint="scoreBatch gave it")
    coerce = coercer(column)
    return encode([coerce(value) for value in given], column.type)


def _cast(array: pa.Array, column: Column) -> pa.Array:
    wanted = arrow_type(column.type)
    found = array.type
    if found == wanted:
        return array
    numbers = (types.is_integer(found) or types.is_floating(found)) and (
        types.is_integer(wanted) or types.is_floating(wanted)
    )
    if numbers:
        # A double made a float loses digits by intent; an integer made of 1.5 would be another number.
        return array.cast(wanted, safe=not types.is_floating(wanted))
    if types.is_large_string(found) and types.is_string(wanted):
        return array.cast(wanted)
    if column.type == VECTOR or types.is_null(found) or types.is_nested(found) or found.id == wanted.id:
        return array.cast(wanted)
    raise ColumnTypeError(found, str(column.type), hint="scoreBatch gave an array of another type")


def _dense(values: np.ndarray, column: Column) -> pa.Array:
    """Return the rows of a matrix as dense vectors."""
    rows, size = values.shape
    if column.size is not None and size != column.size:
        raise ColumnTypeError(size, f"vectors of {column.size} elements", hint="scoreBatch gave it")
    return dense_vectors(np.ascontiguousarray(values, np.float64).reshape(-1), rows, size)
