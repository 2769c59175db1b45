"""Parquet folders as Spark writes them: any number of files, rows in any order."""

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

__all__ = ["Table", "parquet_files", "read_table"]

Columns: TypeAlias = list[tuple[str, tuple[Array, ...]]]
"""Columns with their names, each in one or several chunks."""

_NUMBER_LISTS = ("array<double>", "array<float>", "array<int>", "array<bigint>")


def parquet_files(store: Store, folder: str) -> list[str]:
    """Return the files of a Parquet folder; raise MissingDataError where there is none."""
    files = part_files(store, folder)
    if not files:
        problem = "is absent" if files is None else "holds no Parquet file"
        raise MissingDataError(store.shown(folder), problem, COPIED)
    return files


def read_table(store: Store, folder: str, columns: Sequence[str] | None = None) -> Table:
    """Read every Parquet file of a folder: all columns, or those named that are there.

    Raise MissingDataError where there is none, CorruptModelError naming the file that cannot be read.
    """
    files = parquet_files(store, folder)
    rows, merged = _read_file(store, files[0], columns)
    for path in files[1:]:
        more, found = _read_file(store, path, columns)
        if [(name, chunks[0].type) for name, chunks in found] != [(n, c[0].type) for n, c in merged]:
            raise CorruptModelError(
                store.shown(path), f"has other columns than {files[0].rpartition('/')[2]}"
            )
        rows += more
        merged = [(name, chunks + added) for (name, chunks), (_, added) in zip(merged, found, strict=True)]
    return Table(store.shown(files[0] if len(files) == 1 else folder), rows, merged)


def _read_file(store: Store, path: str, columns: Sequence[str] | None) -> tuple[int, Columns]:
    native = kernels()
    if native is not None and (data := store.small(path)):
        found = native.parquet(data, None if columns is None else tuple(columns))
        if found is not None:
            return found[0], [(name, (array,)) for name, array in map(array_of, found[1])]
    # Arrow takes longer to import than most models to load.
    from sparklet.saved.arrow import columns_of, read_file

    table = read_file(store, path, columns)
    return table.num_rows, columns_of(table)


class Table:
    """Hold the rows of one Parquet folder and hand them out by column.

    A column is named by its name, its position (an int), or a dotted path into structs such as
    `nodeData.split.featureIndex`. Where `type` is given, in Spark's notation with `vector` and `matrix`,
    another type or any null is a CorruptModelError, as is an absent column.
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
        # Which row comes first, second ...; None for the order in which they are stored.
        self._order = order

    @property
    def names(self) -> tuple[str, ...]:
        """Return the names of the columns."""
        return tuple(name for name, _ in self._columns)

    @property
    def types(self) -> dict[str, str]:
        """Return the name of every column's Spark type."""
        return {name: chunks[0].type for name, chunks in self._columns}

    def type(self, path: str | int) -> DataType:
        """Return the Spark type of a column."""
        found = self._find(path)[0].type
        try:
            return parse_type(found)
        except OptionError:
            self._fail(path, f"has type {found}, which Spark does not write")

    def has(self, path: str | int) -> bool:
        """Return whether there is such a column."""
        try:
            self._find(path)
        except CorruptModelError:
            return False
        return True

    def column(self, path: str | int, type: str | None = None) -> list[Any]:
        """Return a column as Python values: vectors and matrices from linalg, maps and structs as dicts.

        Vectors and matrices with many more elements than stored values are a CorruptModelError.
        """
        chunks = self._find(path, type)
        values = self._decoded(path, chunks, lambda chunk: chunk.decode())
        if "vector" in chunks[0].type or "matrix" in chunks[0].type:
            try:
                check_expansion(values)
            except ValueError as error:
                self._fail(path, str(error), error)
        return values

    def nullable(self, path: str | int) -> list[Any]:
        """Return a column as `column` does, where any value may be null and times are without zone."""
        return self._decoded(path, self._find(path), lambda chunk: chunk.decode_nullable())

    def _decoded(
        self, path: str | int, chunks: tuple[Array, ...], decode: Callable[[Array], list[Any]]
    ) -> list[Any]:
        try:
            values = [value for chunk in chunks for value in decode(chunk)]
        except (ValueError, TypeError) as error:
            self._fail(path, str(error), error)
        return values if self._order is None else [values[row] for row in self._order.tolist()]

    def numpy(self, path: str | int, type: str | None = None) -> np.ndarray:
        """Return a column of numbers or booleans, without nulls, as an array."""
        chunks = self._find(path, type)
        values = self._joined([self._numbers(path, chunk, "numbers") for chunk in chunks])
        return values if self._order is None else values[self._order]

    def flat(self, path: str | int, type: str | None = None) -> tuple[np.ndarray, np.ndarray]:
        """Return number lists as (values, offsets): row i is `values[offsets[i]:offsets[i + 1]]`."""
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
        # Where each value lies now: the start of its list, and its place in there.
        places = numpy.arange(bounds[-1]) + numpy.repeat(offsets[self._order] - bounds[:-1], ordered)
        return joined[places], bounds

    def row(self, **types: str) -> dict[str, Any]:
        """Return the only row as a dict: the columns named in `types`, each checked, or all of them.

        Raise CorruptModelError unless there is exactly one row.
        """
        if self.num_rows != 1:
            raise CorruptModelError(self.path, f"has {self.num_rows} rows, expected 1")
        if types:
            return {name: self.column(name, kind)[0] for name, kind in types.items()}
        return {name: self.column(index)[0] for index, name in enumerate(self.names)}

    def sorted_by(self, *paths: str | int) -> Table:
        """Return the rows ordered by number columns, the first counting most; ties keep their order."""
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
            if any(chunk.has_nulls() for chunk in chunks):
                self._fail(path, "holds nulls")
        return chunks

    def _at(self, index: int) -> tuple[Array, ...]:
        if not 0 <= index < len(self._columns):
            raise CorruptModelError(self.path, f"has {len(self._columns)} columns, lacks column {index}")
        return self._columns[index][1]

    def _named(self, path: str) -> tuple[Array, ...]:
        names = self.names
        # An Imputer's columns are named by the user, dots and all.
        if path in names:
            return self._at(names.index(path))
        name, *fields = path.split(".")
        if name not in names:
            raise CorruptModelError(self.path, f"lacks column {path!r}{did_you_mean(path, names)}")
        chunks = self._at(names.index(name))
        for field in fields:
            inner = [chunk.fields.get(field) if isinstance(chunk, Structs) else None for chunk in chunks]
            found = tuple(chunk for chunk in inner if chunk is not None)
            if len(found) < len(chunks):
                raise CorruptModelError(self.path, f"lacks column {path!r}")
            if any(chunk.mask is not None for chunk in chunks):
                self._fail(path, "lies inside a null struct")
            chunks = found
        return chunks

    def _fail(self, path: str | int, problem: str, cause: BaseException | None = None) -> NoReturn:
        raise CorruptModelError(self.path, f"column {path!r} {problem}") from cause


def _ascending(keys: Sequence[np.ndarray]) -> bool:
    """Return whether rows are in the order of keys, the last counting most, as Spark mostly wrote them."""
    import numpy

    sorted_so_far = numpy.ones(max(len(keys[0]) - 1, 0), bool)
    for key in keys:
        before, after = key[:-1], key[1:]
        sorted_so_far = (before < after) | ((before == after) & sorted_so_far)
    return bool(sorted_so_far.all())


def _ends(lengths: np.ndarray) -> np.ndarray:
    """Return the offsets of lists of these lengths: one more than there are."""
    import numpy

    offsets = numpy.zeros(len(lengths) + 1, numpy.int64)
    numpy.cumsum(lengths, out=offsets[1:])
    return offsets
