"""Read with Arrow: Parquet files that the C module does not read, and arrays of other packages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow import types

from sparklet.errors import CorruptModelError, MissingDataError
from sparklet.saved.arrays import FORMATS, Array, Lists, Maps, Numbers, Structs
from sparklet.saved.stores import Store
from sparklet.saved.text import LFS_HINT, LFS_PROBLEM, is_lfs_pointer
from sparklet.types.arrow import arrow_name

__all__ = ["as_numpy", "columns_of", "decode_nullable", "from_arrow", "read_file"]

# The exceptions that Arrow raises for damaged or hostile Parquet files.
_DAMAGE = (
    pa.ArrowException,
    OSError,
    ValueError,
    KeyError,
    TypeError,
    OverflowError,
    MemoryError,
    RecursionError,
)

# Runs of equal values compress well, so a small file may hold many rows; beyond both bounds it is refused.
_MANY_ROWS = 1 << 24
_ROWS_PER_BYTE = 1 << 10


def read_file(store: Store, path: str, columns: Sequence[str] | None = None) -> pa.Table:
    """Return the table of a Parquet file, with all columns or the existing ones of `columns`.

    Raises `CorruptModelError` for a file that cannot be read, `MissingDataError` for a Git LFS pointer.
    """
    shown = store.shown(path)
    source, size = store.source(path)
    if not size:
        raise CorruptModelError(shown, "is empty")
    try:
        # Spark writes page checksums, so Arrow detects changed bits.
        file = pq.ParquetFile(source, pre_buffer=False, page_checksum_verification=True)
        # Reading the columns of a damaged footer aborts the process; reading the number of rows does not.
        rows = file.metadata.num_rows
        if rows > _MANY_ROWS and rows > size * _ROWS_PER_BYTE:
            raise ValueError(f"{rows} rows in {size} bytes")
        # For small files a thread pool costs more time than it saves.
        table = file.read(columns, use_threads=size > 1 << 20)
        table.validate()
    except _DAMAGE as error:
        if size < 1024 and is_lfs_pointer(store.read(path, size)):
            raise MissingDataError(shown, LFS_PROBLEM, LFS_HINT) from None
        raise CorruptModelError(shown, f"is not readable as Parquet: {error}") from error
    return table


def from_arrow(array: pa.Array) -> Array:
    """Return the values of an Arrow array; numbers are not copied."""
    kind = array.type
    mask = None
    if array.null_count:
        # Arrow's is_valid imports its compute functions, which takes a quarter of a second.
        mask = _bits(array.buffers()[0], array).tobytes()
    if types.is_struct(kind):
        fields = {field.name: from_arrow(array.field(index)) for index, field in enumerate(kind)}
        return Structs(mask, fields)
    if types.is_map(kind):
        bounds = _offsets(array)
        start, end = int(bounds[0]), int(bounds[-1])
        keys, items = from_arrow(array.keys[start:end]), from_arrow(array.items[start:end])
        return Maps(mask, (bounds - start).data.cast("B"), keys, items)
    if types.is_list(kind) or types.is_large_list(kind):
        bounds = _offsets(array)
        # Arrow's flatten imports its compute functions.
        start, end = int(bounds[0]), int(bounds[-1])
        return Lists(mask, (bounds - start).data.cast("B"), from_arrow(array.values[start:end]))
    type = arrow_name(kind)
    if type in FORMATS:
        return Numbers(type, mask, _numbers(array).data.cast("B"))
    return _Objects(type, mask, array)


class _Objects(Array):
    """Strings, times and decimals, converted to Python objects on demand."""

    __slots__ = ("_array",)

    def __init__(self, type: str, mask: bytes | None, array: pa.Array) -> None:
        super().__init__(type, mask)
        self._array = array

    def _values(self) -> list[Any]:
        try:
            if not types.is_timestamp(self._array.type):
                values: list[Any] = self._array.to_pylist()
                return values
            zone = None if self._array.type.tz is None else "UTC"
            moments = self._array.cast(pa.timestamp("us", zone)).to_pylist()
            return [moment and moment.replace(tzinfo=None) for moment in moments]
        except (pa.ArrowException, OverflowError) as error:
            raise ValueError(str(error)) from error


def columns_of(table: pa.Table) -> list[tuple[str, tuple[Array, ...]]]:
    """Return the name and the chunks, at least one, of each column of a table."""
    return [
        (name, tuple(from_arrow(chunk) for chunk in column.chunks or [pa.array([], column.type)]))
        for name, column in zip(table.column_names, table.columns, strict=True)
    ]


def decode_nullable(array: pa.Array) -> list[Any]:
    """Return the values of an Arrow array, None for null; instants are in UTC, without tzinfo."""
    return from_arrow(array).decode_nullable()


def as_numpy(array: pa.Array) -> np.ndarray:
    """Return numbers or booleans without nulls as a read-only array.

    Arrow's `to_numpy` imports pandas, which takes longer than loading a model.
    """
    if types.is_boolean(array.type):
        return _bits(array.buffers()[1], array)
    return np.from_dlpack(array)


def _numbers(array: pa.Array) -> np.ndarray:
    """Return the buffer of an array, including its contents for null values."""
    if types.is_boolean(array.type):
        return _bits(array.buffers()[1], array)
    width = array.type.bit_width // 8
    return np.frombuffer(array.buffers()[1] or b"", np.uint8)[array.offset * width :][: len(array) * width]


def _bits(buffer: pa.Buffer, array: pa.Array) -> np.ndarray:
    """Return a bitmap of the array as one boolean per value."""
    bytes_ = np.frombuffer(buffer, np.uint8) if buffer is not None else np.empty(0, np.uint8)
    bits = np.unpackbits(bytes_, count=array.offset + len(array), bitorder="little")
    return bits[array.offset :].astype(bool)


def _offsets(array: pa.Array) -> np.ndarray:
    """Return the offsets of a list or map array, one more than it has rows."""
    offsets = as_numpy(array.offsets).astype(np.int64)
    return offsets if len(offsets) else np.zeros(1, np.int64)
