"""Convert the columns of a table to the types of the model's input columns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sparklet.codegen.arrays import Columnar, Numbers, Texts, column_of
from sparklet.columns import Column, coercer
from sparklet.errors import RowError
from sparklet.types import DOUBLE, STRING

if TYPE_CHECKING:
    import pyarrow

__all__ = ["Objects", "values_of"]


class Objects:
    """A column of Python objects without an Arrow type."""

    def __init__(self, values: list[Any]) -> None:
        self.values = values

    def slice(self, start: int, length: int) -> Objects:
        """Return some of the rows."""
        return Objects(self.values[start : start + length])

    def to_pylist(self) -> list[Any]:
        """Return the values."""
        return self.values


def values_of(array: pyarrow.ChunkedArray | Objects, column: Column) -> Columnar:
    """Return the values of a table's column, converted to the type of a model's column.

    Raises a `RowError` with column, value and row for every value that `scoreInstance` refuses.
    """
    import pyarrow.types as kinds

    if not isinstance(array, Objects):
        type_ = array.type.value_type if kinds.is_dictionary(array.type) else array.type
        if column.type == DOUBLE and (kinds.is_floating(type_) or kinds.is_integer(type_)):
            return _numbers(array)
        if column.type == STRING and (kinds.is_string(type_) or kinds.is_large_string(type_)):
            return _texts(array)
    coerce, values = coercer(column), array.to_pylist()
    converted: list[Any] = []
    add = converted.append
    try:
        for value in values:
            add(coerce(value))
    except RowError as error:
        error.locate(column.name)
        error.row = len(converted)
        raise
    return column_of(converted, column.type)


def _numbers(array: pyarrow.ChunkedArray) -> Numbers:
    import numpy
    import pyarrow as pa

    if not pa.types.is_float64(array.type):
        # Integers beyond 2**53 are rounded, as by float(); only an unsafe cast allows that.
        array = array.cast(pa.float64(), safe=False)
    doubles = _one(array)
    if not doubles.null_count:
        return Numbers(doubles.to_numpy())
    # Nothing reads the numbers in the place of nulls.
    numbers = numpy.frombuffer(doubles.buffers()[1])[doubles.offset :][: len(doubles)]
    return Numbers(numbers, doubles.is_valid().to_numpy(zero_copy_only=False))


def _texts(array: pyarrow.ChunkedArray) -> Texts:
    import numpy
    import pyarrow.types as kinds

    # Create the Python string of each distinct word once.
    encoded = _one(array if kinds.is_dictionary(array.type) else array.dictionary_encode())
    words = [*encoded.dictionary.to_pylist(), None]
    if not encoded.indices.null_count:
        return Texts(words, encoded.indices.to_numpy())
    # Arrow returns NaN for null here, and takes much longer to fill in a number.
    indices = encoded.indices.to_numpy(zero_copy_only=False)
    return Texts(words, numpy.where(numpy.isnan(indices), len(words) - 1, indices).astype(numpy.int64))


def _one(array: pyarrow.ChunkedArray) -> pyarrow.Array:
    """Return the chunks of a column, which usually is one chunk, as one array."""
    if array.num_chunks == 1:
        return array.chunk(0)
    import pyarrow as pa

    return array.unify_dictionaries().combine_chunks() if array.num_chunks else pa.array([], array.type)
