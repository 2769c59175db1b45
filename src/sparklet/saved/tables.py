"""Read Parquet folders that Spark wrote: any number of files, with the rows in any order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NoReturn, TypeAlias

from sparklet._native import kernels
from sparklet.errors import CorruptModelError, MissingDataError, OptionError, did_you_mean
from sparklet.saved.arrays import Array, Lists, Numbers, Structs, array_of
from sparklet.saved.bounds import check_expansion
from sparklet.saved.stores import Store
from sparklet.saved.text import COPIED, part_files
from sparklet.types import DataType, parse_type

if TYPE_CHECKING:
    import numpy as np

__all__ = ["Table", "parquet_files", "read_parquet", "read_table"]

Columns: TypeAlias = list[tuple[str, tuple[Array, ...]]]
"""The name and the chunks of each column."""

_NUMBER_LISTS = ("array<double>", "array<float>", "array<int>", "array<bigint>")


def parquet_files(store: Store, folder: str) -> list[str]:
    """Return the files of a Parquet folder; raise MissingDataError when there are none."""
    files = part_files(store, folder)
    if not files:
        problem = "is absent" if files is None else "holds no Parquet file"
        raise MissingDataError(store.shown(folder), problem, COPIED)
    return files


def read_table(store: Store, folder: str, columns: Sequence[str] | None = None) -> Table:
    """Return the table of all Parquet files of a folder, with all columns or the existing ones of `columns`.

    Raises MissingDataError when there are no files, CorruptModelError for a file that cannot be read.
    """
    files = parquet_files(store, folder)
    rows, merged = _read_file(store, files[0], columns)
    for path in files[1:]:
        count, chunks_of_file = _read_file(store, path, columns)
        if [(name, chunks[0].type) for name, chunks in chunks_of_file] != [(n, c[0].type) for n, c in merged]:
            raise CorruptModelError(
                store.shown(path), f"has other columns than {files[0].rpartition('/')[2]}"
            )
        rows += count
        merged = [
            (name, chunks + added) for (name, chunks), (_, added) in zip(merged, chunks_of_file, strict=True)
        ]
    return Table(store.shown(files[0] if len(files) == 1 else folder), rows, merged)


def read_parquet(store: Store, path: str) -> Table:
    """Return the table of one Parquet file; raise CorruptModelError if it cannot be read."""
    rows, columns = _read_file(store, path, None)
    return Table(store.shown(path), rows, columns)


def _read_file(store: Store, path: str, columns: Sequence[str] | None) -> tuple[int, Columns]:
    native = kernels()
    if native is not None and (data := store.small(path)):
        result = native.parquet(data, None if columns is None else tuple(columns))
        if result is not None:
            return result[0], [(name, (array,)) for name, array in map(array_of, result[1])]
    # Importing Arrow takes longer than loading most models.
    from sparklet.saved.arrow import columns_of, read_file

    table = read_file(store, path, columns)
    return table.num_rows, columns_of(table)


class Table:
    """The rows of one Parquet folder, read by column.

    A column is selected by its name, its position (an int), or a dotted path into structs such as
    `nodeData.split.featureIndex`. An absent column raises CorruptModelError. When `type` is given (in Spark's
    notation plus `vector` and `matrix`), a column of another type or with nulls raises CorruptModelError too.
    """

    __slots__ = ("_columns", "_order", "num_rows", "path")

    path: str
    num_rows: int

    def __init__(
        self,
        path: str,
        num_rows: int,
        columns: Columns,
        order: np.ndarray | None = None,
    ) -> None:
        self.path, self.num_rows, self._columns = path, num_rows, columns
        # The row indices in the order of the table; None for the stored order.
        self._order = order

    @property
    def names(self) -> tuple[str, ...]:
        """Return the names of the columns."""
        return tuple(name for name, _ in self._columns)

    @property
    def types(self) -> dict[str, str]:
        """Return the Spark type of each column by name, as text."""
        return {name: chunks[0].type for name, chunks in self._columns}

    def type(self, path: str | int) -> DataType:
        """Return the Spark type of a column."""
        name = self._find(path)[0].type
        try:
            return parse_type(name)
        except OptionError:
            self._fail(path, f"has type {name}, which Spark does not write")

    def has(self, path: str | int) -> bool:
        """Return whether the column exists."""
        try:
            self._find(path)
        except CorruptModelError:
            return False
        return True

    def column(self, path: str | int, type: str | None = None) -> list[Any]:
        """Return a column as Python values; vectors and matrices are linalg's, maps and structs are dicts.

        Raises CorruptModelError for vectors and matrices with many more elements than stored values.
        """
        chunks = self._find(path, type)
        values = self._decoded(path, chunks, Array.decode)
        if "vector" in chunks[0].type or "matrix" in chunks[0].type:
            try:
                check_expansion(values)
            except ValueError as error:
                self._fail(path, str(error), error)
        return values

    def nullable(self, path: str | int) -> list[Any]:
        """Return a column as `column` does, but allow nulls; instants are in UTC, without tzinfo."""
        return self._decoded(path, self._find(path), Array.decode_nullable)

    def _decoded(
        self, path: str | int, chunks: tuple[Array, ...], decode: Callable[[Array], list[Any]]
    ) -> list[Any]:
        try:
            values = decode(chunks[0]) if len(chunks) == 1 else [v for chunk in chunks for v in decode(chunk)]
        except (ValueError, TypeError) as error:
            self._fail(path, str(error), error)
        return values if self._order is None else [values[row] for row in self._order.tolist()]

    def numpy(self, path: str | int, type: str | None = None) -> np.ndarray:
        """Return a column of numbers or booleans, without nulls, as an array."""
        chunks = self._find(path, type)
        values = self._joined([self._numbers(path, chunk, "numbers") for chunk in chunks])
        return values if self._order is None else values[self._order]

    def flat(self, path: str | int, type: str | None = None) -> tuple[np.ndarray, np.ndarray]:
        """Return lists of numbers as (values, offsets): row i is `values[offsets[i]:offsets[i + 1]]`."""
        import numpy

        chunks = self._find(path, type)
        values, lengths = [], []
        for chunk in chunks:
            if not isinstance(chunk, Lists) or chunk.type not in _NUMBER_LISTS:
                self._fail(path, f"has type {chunk.type}, expected lists of numbers")
            if chunk.mask is not None:
                self._fail(path, "holds nulls")
            values.append(self._numbers(path, chunk.elements, "lists of numbers"))
            lengths.append(numpy.diff(numpy.asarray(chunk.offsets)))
        joined, sizes = self._joined(values), self._joined(lengths)
        offsets = _ends(sizes)
        if self._order is None:
            return joined, offsets
        ordered = sizes[self._order]
        bounds = _ends(ordered)
        # The stored index of each value: the start of its list plus its index in the list.
        indices = numpy.arange(bounds[-1]) + numpy.repeat(offsets[self._order] - bounds[:-1], ordered)
        return joined[indices], bounds

    def row(self, **types: str) -> dict[str, Any]:
        """Return the only row as a dict: the columns of `types`, with their types checked, or all columns.

        Raises CorruptModelError unless there is exactly one row.
        """
        if self.num_rows != 1:
            raise CorruptModelError(self.path, f"has {self.num_rows} rows, expected 1")
        if types:
            return {name: self.column(name, kind)[0] for name, kind in types.items()}
        return {name: self.column(index)[0] for index, name in enumerate(self.names)}

    def sorted_by(self, *paths: str | int) -> Table:
        """Return the table sorted by number columns, the first being the primary key; the sort is stable."""
        import numpy

        keys = [self.numpy(path) for path in reversed(paths)]
        if _ascending(keys):
            return self
        order = numpy.lexsort(keys)
        return Table(
            self.path, self.num_rows, self._columns, order if self._order is None else self._order[order]
        )

    def _numbers(self, path: str | int, chunk: Array, expected: str) -> np.ndarray:
        if not isinstance(chunk, Numbers):
            self._fail(path, f"has type {chunk.type}, expected {expected}")
        if chunk.mask is not None:
            self._fail(path, "holds nulls")
        return chunk.numpy()

    @staticmethod
    def _joined(parts: list[np.ndarray]) -> np.ndarray:
        import numpy

        return parts[0] if len(parts) == 1 else numpy.concatenate(parts)

    def _find(self, path: str | int, type: str | None = None) -> tuple[Array, ...]:
        chunks = self._at(path) if isinstance(path, int) else self._named(path)
        if type is not None:
            if chunks[0].type != type:
                self._fail(path, f"has type {chunks[0].type}, expected {type}")
            for chunk in chunks:
                if chunk.has_nulls():
                    self._fail(path, "holds nulls")
        return chunks

    def _at(self, index: int) -> tuple[Array, ...]:
        if not 0 <= index < len(self._columns):
            raise CorruptModelError(self.path, f"has {len(self._columns)} columns, lacks column {index}")
        return self._columns[index][1]

    def _named(self, path: str) -> tuple[Array, ...]:
        # The columns of an Imputer have the user's names, which may contain dots.
        for name, chunks in self._columns:
            if name == path:
                return chunks
        names = self.names
        name, *fields = path.split(".")
        if name not in names:
            raise CorruptModelError(self.path, f"lacks column {path!r}{did_you_mean(path, names)}")
        chunks = self._at(names.index(name))
        for field in fields:
            inner = [chunk.fields.get(field) if isinstance(chunk, Structs) else None for chunk in chunks]
            parts = tuple(chunk for chunk in inner if chunk is not None)
            if len(parts) < len(chunks):
                raise CorruptModelError(self.path, f"lacks column {path!r}")
            if any(chunk.mask is not None for chunk in chunks):
                self._fail(path, "lies inside a null struct")
            chunks = parts
        return chunks

    def _fail(self, path: str | int, problem: str, cause: BaseException | None = None) -> NoReturn:
        raise CorruptModelError(self.path, f"column {path!r} {problem}") from cause


def _ascending(keys: Sequence[np.ndarray]) -> bool:
    """Return whether the rows are sorted by keys, the last being primary; Spark mostly writes them sorted."""
    import numpy

    sorted_so_far = numpy.ones(max(len(keys[0]) - 1, 0), bool)
    for key in keys:
        before, after = key[:-1], key[1:]
        sorted_so_far = (before < after) | ((before == after) & sorted_so_far)
    return bool(sorted_so_far.all())


def _ends(lengths: np.ndarray) -> np.ndarray:
    """Return the offsets of lists of these lengths, one more than there are lists."""
    import numpy

    offsets = numpy.zeros(len(lengths) + 1, numpy.int64)
    numpy.cumsum(lengths, out=offsets[1:])
    return offsets
