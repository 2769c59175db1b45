"""Parquet folders as Spark writes them: any number of files, rows in any order."""

from __future__ import annotations

from typing import Any, NoReturn

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow import types

from sparklet.errors import CorruptModelError, MissingDataError, did_you_mean
from sparklet.saved.stores import Store
from sparklet.saved.text import LFS_HINT, LFS_PROBLEM, is_lfs_pointer, part_files
from sparklet.saved.types import spark_type
from sparklet.saved.values import decode, offsets_of, without_nulls

__all__ = ["Table", "read_table"]

# What damaged or hostile Parquet makes Arrow raise.
_DAMAGE = (pa.ArrowException, OSError, ValueError, KeyError, TypeError, OverflowError, MemoryError, RecursionError)

# Runs of equal values pack well, so a small file may hold many; beyond both bounds it is a decompression bomb.
_MANY_VALUES = 1 << 26
_VALUES_PER_BYTE = 1 << 12


def read_table(store: Store, folder: str) -> Table:
    """Read every Parquet file of a folder.

    Raise MissingDataError where there is none, CorruptModelError naming the file that cannot be read.
    """
    shown = store.shown(folder)
    files = part_files(store, folder)
    if not files:
        problem = "is absent" if files is None else "holds no Parquet file"
        raise MissingDataError(shown, problem, "was the model copied or committed completely?")
    tables = [_read_file(store, path) for path in files]
    if len(tables) == 1:
        return Table(store.shown(files[0]), tables[0])
    first = tables[0].schema
    for path, table in zip(files, tables, strict=True):
        if not _same_columns(first, table.schema):
            raise CorruptModelError(store.shown(path), f"has other columns than {files[0].rpartition('/')[2]}")
    return Table(shown, pa.concat_tables([_plain(table) for table in tables]))


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


def _read_file(store: Store, path: str) -> pa.Table:
    shown = store.shown(path)
    source, size = store.source(path)
    if size < 1024 and is_lfs_pointer(store.read(path, 1024)):
        raise MissingDataError(shown, LFS_PROBLEM, LFS_HINT)
    if not size:
        raise CorruptModelError(shown, "is empty")
    try:
        # Spark writes checksums of pages: a flipped bit is found here rather than scored.
        file = pq.ParquetFile(source, pre_buffer=False, page_checksum_verification=True)
        facts = file.metadata
        values = sum(
            facts.row_group(group).column(column).num_values
            for group in range(facts.num_row_groups)
            for column in range(facts.num_columns)
        )
        if values > _MANY_VALUES and values > size * _VALUES_PER_BYTE:
            raise ValueError(f"{values} values in {size} bytes")
        # A thread pool costs more than it gains on small files.
        table = file.read(use_threads=size > 1 << 20)
        table.validate()
    except _DAMAGE as error:
        raise CorruptModelError(shown, f"is not readable as Parquet: {error}") from error
    return table


class Table:
    """Hold the rows of one Parquet folder and hand them out by column.

    A column is named by its name, by its position (an int), or by a dotted path into structs (`nodeData.split.featureIndex`).
    Where `type` is given, in Spark's notation with `vector` and `matrix`, another type or any null is a CorruptModelError.
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
        """Return a column as Python values: vectors and matrices as linalg values, maps and structs as dicts."""
        chunks = self._find(path, type)
        try:
            return [value for chunk in chunks.chunks for value in decode(chunk)]
        except _DAMAGE as error:
            self._fail(path, str(error), error)

    def numpy(self, path: str | int, type: str | None = None) -> np.ndarray:
        """Return a column of numbers or booleans, without nulls, as an array."""
        chunks = self._find(path, type)
        kind = chunks.type
        if not types.is_integer(kind) and not types.is_floating(kind) and not types.is_boolean(kind):
            self._fail(path, f"has type {spark_type(kind)}, expected numbers")
        if chunks.null_count:
            self._fail(path, "holds nulls")
        found: np.ndarray = chunks.to_numpy()
        return found

    def flat(self, path: str | int, type: str | None = None) -> tuple[np.ndarray, np.ndarray]:
        """Return a column of lists of numbers as (values, offsets): row i is `values[offsets[i]:offsets[i + 1]]`."""
        chunks = self._find(path, type)
        kind = chunks.type
        if not types.is_list(kind) or not (types.is_integer(kind.value_type) or types.is_floating(kind.value_type)):
            self._fail(path, f"has type {spark_type(kind)}, expected lists of numbers")
        values, offsets, end = [], [np.zeros(1, np.int64)], 0
        for chunk in chunks.chunks:
            inner = chunk.flatten()
            if chunk.null_count or inner.null_count:
                self._fail(path, "holds nulls")
            bounds = offsets_of(chunk).astype(np.int64)
            values.append(inner.to_numpy())
            offsets.append(bounds[1:] - bounds[0] + end)
            end += len(inner)
        if not values:
            values.append(pa.array([], kind.value_type).to_numpy())
        return (values[0] if len(values) == 1 else np.concatenate(values)), np.concatenate(offsets)

    def row(self, **types: str) -> dict[str, Any]:
        """Return the only row as a dict: the columns named in `types`, each checked, or all of them.

        Raise CorruptModelError unless there is exactly one row.
        """
        if self.num_rows != 1:
            raise CorruptModelError(self.path, f"has {self.num_rows} rows, expected 1")
        if types:
            return {name: self.column(name, type)[0] for name, type in types.items()}
        return {name: self.column(place)[0] for place, name in enumerate(self.names)}

    def sorted_by(self, *paths: str | int) -> Table:
        """Return the table in ascending order of number columns, the first one counting most; ties keep their order."""
        keys = [self.numpy(path) for path in reversed(paths)]
        order = np.lexsort(keys)
        if (order[1:] > order[:-1]).all():
            return self
        return Table(self.path, self._table.take(pa.array(order)))

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
