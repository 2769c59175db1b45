"""Columns of an Arrow table as lists of values that are what the model's columns say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sparklet.columns import Column, coercer
from sparklet.errors import RowError

if TYPE_CHECKING:
    import pyarrow

__all__ = ["Objects", "values_of"]


class Objects:
    """A column of Python objects, which has no Arrow type of its own."""

    def __init__(self, values: list[Any]) -> None:
        self.values = values

    def slice(self, start: int, length: int) -> Objects:
        """Return some of the rows."""
        return Objects(self.values[start : start + length])

    def to_pylist(self) -> list[Any]:
        """Return the values."""
        return self.values


def values_of(array: pyarrow.ChunkedArray | Objects, column: Column) -> list[Any]:
    """Return the values of an Arrow column, null as None.

    What `scoreInstance` would refuse is refused: the `RowError` names the column, the value and the row.
    """
    import pyarrow.types as kinds

    if not isinstance(array, Objects):
        type_ = array.type.value_type if kinds.is_dictionary(array.type) else array.type
        if column.type == "double" and (kinds.is_floating(type_) or kinds.is_integer(type_)):
            return _numbers(array)
        if column.type == "string" and (kinds.is_string(type_) or kinds.is_large_string(type_)):
            return _texts(array)
    coerce, values = coercer(column), array.to_pylist()
    found: list[Any] = []
    add = found.append
    try:
        for value in values:
            add(coerce(value))
    except RowError as error:
        error.column, error.row = column.name, len(found)
        raise
    return found


def _numbers(array: pyarrow.ChunkedArray) -> list[float | None]:
    import pyarrow as pa
    import pyarrow.compute as pc

    # A whole number beyond 2**53 is rounded, as float() does; an unsafe cast is the one that may.
    doubles = array.cast(pa.float64(), safe=False)
    if not doubles.null_count:
        return doubles.to_numpy().tolist()  # type: ignore[no-any-return]
    values: list[float | None] = doubles.fill_null(0.0).to_numpy().tolist()
    for place in pc.indices_nonzero(doubles.is_null()).to_numpy().tolist():
        values[place] = None
    return values


def _texts(array: pyarrow.ChunkedArray) -> list[str | None]:
    import pyarrow.types as kinds

    found: list[str | None] = []
    for chunk in array.chunks:
        # Each word becomes a Python string once.
        encoded = chunk if kinds.is_dictionary(chunk.type) else chunk.dictionary_encode()
        words = [*encoded.dictionary.to_pylist(), None]
        places = encoded.indices.fill_null(len(words) - 1) if encoded.indices.null_count else encoded.indices
        found += map(words.__getitem__, places.to_numpy(zero_copy_only=False).tolist())
    return found
