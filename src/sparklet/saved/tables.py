"""Parquet folders as Spark writes them: any number of files, rows in any order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NoReturn

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow import types

from sparklet.errors import CorruptModelError, MissingDataError, did_you_mean
from sparklet.saved.stores import Store
from sparklet.saved.text import COPIED, LFS_HINT, LFS_PROBLEM, is_lfs_pointer, part_files
from sparklet.saved.types import spark_type
from sparklet.saved.values import as_numpy, decode, decode_nullable, elements, offsets_of, without_nulls

__all__ = ["Table", "read_table"]

# What damaged or hostile Parquet makes Arrow raise.
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

# Runs of equal values pack well, so a small file may hold many rows; beyond both bounds it is a bomb.
_MANY_ROWS = 1 << 24
_ROWS_PER_BYTE = 1 << 10

_NUMBER_LISTS = ("array<double>", "array<float>", "array<int>", "array<bigint>")


def read_table(store: Store, folder: str, columns: Sequence[str] | None = None) -> Table:
    """Read every Parquet file of a folder: all columns, or those named that are there.

    Raise MissingDataError where there is none, CorruptModelError naming the file that cannot be read.
    """
    shown = store.shown(folder)
    files = part_files(store, folder)
    if not files:
        problem = "is absent" if files is None else "holds no Parquet file"
        raise MissingDataError(shown, problem, COPIED)
    tables = [_read_file(store, path, columns) for path in files]
    if len(tables) == 1:
        return Table(store.shown(files[0]), tables[0])
    first = tables[0].schema
    if not all(table.schema.equals(first) for table in tables):
        for path, table in zip(files, tables, strict=True):
            if not _same_columns(first, table.schema):
                raise CorruptModelError(
                    store.shown(path), f"has other columns than {files[0].rpartition('/')[2]}"
                )
        tables = [_plain(table) for table in tables]
    return Table(shown, pa.concat_tables(tables))


def _same_columns(left: pa.Schema, right: pa.Schema) -> bool:
    """Compare names and types; files of one write may differ in what they declare nullable."""
    return left.names == right.names and all(
        spark_type(one) == spark_type(other) for one, other in zip(left.types, right.types, strict=True)
    )


def _plain(table: pa.Table) -> pa.Table:
    return table.cast(pa.schema([_nullable(field) for field in table.schema]))


def _nullable(field: pa.Field) -> pa.Field:
    kind = field.type
    if types.is_struct(kind):
        kind = pa.struct([_nullable(inner) for inner in kind])
    elif types.is_list(kind):
        kind = pa.list_(_nullable(kind.value_field))
    return pa.field(field.name, kind)


def _read_file(store: Store, path: str, columns: Sequence[str] | None) -> pa.Table:
    shown = store.shown(path)
    source, size = store.source(path)
    if not size:
        raise CorruptModelError(shown, "is empty")
    try:
        # Spark writes checksums of pages: a flipped bit is found here rather than scored.
        file = pq.ParquetFile(source, pre_buffer=False, page_checksum_verification=True)
        # Asking the footer for its columns would abort the whole process when it is damaged; rows are safe.
        rows = file.metadata.num_rows
        if rows > _MANY_ROWS and rows > size * _ROWS_PER_BYTE:
            raise ValueError(f"{rows} rows in {size} bytes")
        # A thread pool costs more than it gains on small files.
        table = file.read(columns, use_threads=size > 1 << 20)
        table.validate()
    except _DAMAGE as error:
        if size < 1024 and is_lfs_pointer(store.read(path, size)):
            raise MissingDataError(shown, LFS_PROBLEM, LFS_HINT) from None
        raise CorruptModelError(shown, f"is not readable as Parquet: {error}") from error
    return table


def _ascending(keys: Sequence[np.ndarray]) -> bool:
    """Return whether rows are in the order of keys, the last counting most, as Spark mostly wrote them."""
    sorted_so_far = np.ones(max(len(keys[0]) - 1, 0), bool)
    for key in keys:
        before, after = key[:-1], key[1:]
        sorted_so_far = (before < after) | ((before == after) & sorted_so_far)
    return bool(sorted_so_far.all())


def _nothing(kind: pa.DataType) -> np.ndarray:
    return as_numpy(pa.array([], kind))


class Table:
    """Hold the rows of one Parquet folder and hand them out by column.

    A column is named by its name, its position (an int), or a dotted path into structs such as
    `nodeData.split.featureIndex`. Where `type` is given, in Spark's notation with `vector` and `matrix`,
    another type or any null is a CorruptModelError, as is an absent column.
    """

    __slots__ = ("_table", "path")

    def __init__(self, path: str, table: pa.Table) -> None:
        self.path, self._table = path, table

    @property
    def num_rows(self) -> int:
        """Return the number of rows."""
        rows: int = self._table.num_rows
        return rows

    @property
    def names(self) -> tuple[str, ...]:
        """Return the names of the columns."""
        return tuple(self._table.column_names)

    @property
    def types(self) -> dict[str, str]:
        """Return the Spark type of every column."""
        return {field.name: spark_type(field.type) for field in self._table.schema}

    def has(self, path: str | int) -> bool:
        """Return whether there is such a column."""
        try:
            self._find(path)
        except CorruptModelError:
            return False
        return True

    def column(self, path: str | int, type: str | None = None) -> list[Any]:
        """Return a column as Python values: vectors and matrices from linalg, maps and structs as dicts."""
        chunks = self._find(path, type)
        try:
            return [value for chunk in chunks.chunks for value in decode(chunk)]
        except _DAMAGE as error:
            self._fail(path, str(error), error)

    def nullable(self, path: str | int) -> list[Any]:
        """Return a column as `column` does, where any value may be null and times are without zone."""
        chunks = self._find(path)
        try:
            return [value for chunk in chunks.chunks for value in decode_nullable(chunk)]
        except _DAMAGE as error:
            self._fail(path, str(error), error)

    @property
    def arrow(self) -> pa.Table:
        """Return the rows as Arrow holds them."""
        return self._table

    def numpy(self, path: str | int, type: str | None = None) -> np.ndarray:
        """Return a column of numbers or booleans, without nulls, as an array."""
        chunks = self._find(path, type)
        kind = chunks.type
        if not types.is_integer(kind) and not types.is_floating(kind) and not types.is_boolean(kind):
            self._fail(path, f"has type {spark_type(kind)}, expected numbers")
        if chunks.null_count:
            self._fail(path, "holds nulls")
        parts = [as_numpy(chunk) for chunk in chunks.chunks] or [_nothing(kind)]
        return parts[0] if len(parts) == 1 else np.concatenate(parts)

    def flat(self, path: str | int, type: str | None = None) -> tuple[np.ndarray, np.ndarray]:
        """Return number lists as (values, offsets): row i is `values[offsets[i]:offsets[i + 1]]`."""
        chunks = self._find(path, type)
        kind = chunks.type
        if spark_type(kind) not in _NUMBER_LISTS:
            self._fail(path, f"has type {spark_type(kind)}, expected lists of numbers")
        values, offsets, end = [], [np.zeros(1, np.int64)], 0
        for chunk in chunks.chunks:
            inner = elements(chunk)
            if chunk.null_count or inner.null_count:
                self._fail(path, "holds nulls")
            bounds = offsets_of(chunk).astype(np.int64)
            values.append(as_numpy(inner))
            offsets.append(bounds[1:] - bounds[0] + end)
            end += len(inner)
        if not values:
            values.append(_nothing(kind.value_type))
        return (values[0] if len(values) == 1 else np.concatenate(values)), np.concatenate(offsets)

    def row(self, **types: str) -> dict[str, Any]:
        """Return the only row as a dict: the columns named in `types`, each checked, or all of them.

        Raise CorruptModelError unless there is exactly one row.
        """
        if self.num_rows != 1:
            raise CorruptModelError(self.path, f"has {self.num_rows} rows, expected 1")
        if types:
            return {name: self.column(name, kind)[0] for name, kind in types.items()}
        return {name: self.column(place)[0] for place, name in enumerate(self.names)}

    def sorted_by(self, *paths: str | int) -> Table:
        """Return the rows ordered by number columns, the first counting most; ties keep their order."""
        keys = [self.numpy(path) for path in reversed(paths)]
        if _ascending(keys):
            return self
        order = np.lexsort(keys)
        # pa.array(order) would import pandas.
        places = pa.Array.from_buffers(pa.int64(), len(order), [None, pa.py_buffer(order.astype(np.int64))])
        return Table(self.path, self._table.take(places))

    def _find(self, path: str | int, type: str | None = None) -> pa.ChunkedArray:
        chunks = self._position(path) if isinstance(path, int) else self._named(path)
        if type is not None:
            found = spark_type(chunks.type)
            if found != type:
                self._fail(path, f"has type {found}, expected {type}")
            if not all(without_nulls(chunk) for chunk in chunks.chunks):
                self._fail(path, "holds nulls")
        return chunks

    def _position(self, place: int) -> pa.ChunkedArray:
        if not 0 <= place < self._table.num_columns:
            raise CorruptModelError(self.path, f"has {self._table.num_columns} columns, lacks column {place}")
        return self._table.column(place)

    def _named(self, path: str) -> pa.ChunkedArray:
        names = self._table.column_names
        # An Imputer's columns are named by the user, dots and all.
        if path in names:
            return self._position(names.index(path))
        name, *fields = path.split(".")
        if name not in names:
            raise CorruptModelError(self.path, f"lacks column {path!r}{did_you_mean(path, names)}")
        chunks = self._position(names.index(name))
        for field in fields:
            kind = chunks.type
            if not types.is_struct(kind) or (place := kind.get_field_index(field)) < 0:
                raise CorruptModelError(self.path, f"lacks column {path!r}")
            if chunks.null_count:
                self._fail(path, "lies inside a null struct")
            chunks = pa.chunked_array([chunk.field(place) for chunk in chunks.chunks], kind.field(place).type)
        return chunks

    def _fail(self, path: str | int, problem: str, cause: BaseException | None = None) -> NoReturn:
        raise CorruptModelError(self.path, f"column {path!r} {problem}") from cause
