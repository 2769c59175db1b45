"""One interface to the kinds of tables that callers pass: Arrow, pandas and polars."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol

from sparklet.batch.reading import Objects
from sparklet.batch.writing import array_of, objects_of
from sparklet.codegen.columns import Scored
from sparklet.columns import Column, parse_row_type
from sparklet.errors import OptionError
from sparklet.types import DATE, DOUBLE, TIMESTAMP, DataType, IntegralType

if TYPE_CHECKING:
    import pyarrow

__all__ = ["Frame", "opened"]


class Frame(Protocol):
    """A table of one kind, with its column names and number of rows."""

    names: list[str]
    count: int

    def column(self, name: str) -> pyarrow.ChunkedArray | Objects:
        """Return a column."""
        ...

    def type(self, name: str, stored: DataType | None) -> DataType | None:
        """Return the Spark type of a column, None if it has none that rows can carry.

        `stored` is the column's type in the example of the model; it decides where the table's own type
        stands for several types of Spark.
        """
        ...

    def result(self, kept: Sequence[int] | None, outputs: Sequence[Column], chunks: Sequence[Scored]) -> Any:
        """Return the kept rows (None: all) with the outputs; these replace columns of the same name."""
        ...


def opened(data: Any) -> Frame:
    """Return a caller's table as a `Frame`; raise `OptionError` for any other object."""
    import pyarrow as pa

    if isinstance(data, pa.Table):
        return _Arrow(data)
    if isinstance(data, pa.RecordBatch):
        return _Batch(pa.Table.from_batches([data]))
    library, name = type(data).__module__.partition(".")[0], type(data).__name__
    if (library, name) == ("pandas", "DataFrame"):
        return _Pandas(data)
    if (library, name) == ("polars", "DataFrame"):
        return _Polars(data)
    raise OptionError("data", name, "a pyarrow Table or RecordBatch, or a DataFrame of pandas or polars")


class _Arrow:
    def __init__(self, table: pyarrow.Table) -> None:
        self.table = table
        self.names, self.count = table.column_names, table.num_rows

    def column(self, name: str) -> pyarrow.ChunkedArray:
        return self.table.column(name)

    def type(self, name: str, stored: DataType | None) -> DataType | None:
        return _carried(self.table.schema.field(name).type)

    def result(self, kept: Sequence[int] | None, outputs: Sequence[Column], chunks: Sequence[Scored]) -> Any:
        import pyarrow as pa

        table = self.table if kept is None else self.table.take(pa.array(kept, pa.int64()))
        for number, column in enumerate(outputs):
            arrays = [array_of(chunk.columns[number], column, chunk.widths[number]) for chunk in chunks]
            values = pa.chunked_array(arrays, arrays[0].type if arrays else array_of([], column, None).type)
            index = table.schema.get_field_index(column.name)
            table = (
                table.append_column(column.name, values)
                if index < 0
                else table.set_column(index, column.name, values)
            )
        return table


class _Batch(_Arrow):
    def result(self, kept: Sequence[int] | None, outputs: Sequence[Column], chunks: Sequence[Scored]) -> Any:
        import pyarrow as pa

        table = super().result(kept, outputs, chunks).combine_chunks()
        batches = table.to_batches()
        return batches[0] if batches else pa.RecordBatch.from_pylist([], schema=table.schema)


class _Polars(_Arrow):
    def __init__(self, data: Any) -> None:
        super().__init__(data.to_arrow())
        self.kind = type(data)

    def result(self, kept: Sequence[int] | None, outputs: Sequence[Column], chunks: Sequence[Scored]) -> Any:
        return self.kind(super().result(kept, outputs, chunks))


class _Pandas:
    def __init__(self, data: Any) -> None:
        self.data = data
        self.names, self.count = list(data.columns), len(data)
        self._columns: dict[str, pyarrow.ChunkedArray | Objects] = {}

    def column(self, name: str) -> pyarrow.ChunkedArray | Objects:
        if name not in self._columns:
            self._columns[name] = self._converted(name)
        return self._columns[name]

    def type(self, name: str, stored: DataType | None) -> DataType | None:
        column = self.column(name)
        if isinstance(column, Objects):
            return None
        type = _carried(column.type)
        if type == TIMESTAMP and stored == DATE:
            return stored  # pandas has no type for dates
        if type == DOUBLE and isinstance(stored, IntegralType) and _is_whole(self.data[name]):
            return stored  # pandas stores integers with nulls as doubles
        return type

    def _converted(self, name: str) -> pyarrow.ChunkedArray | Objects:
        import pyarrow as pa

        series = self.data[name]
        try:
            # NaN is null in a column of objects and a number in a column of floats.
            return pa.chunked_array([pa.array(series, from_pandas=series.dtype.kind != "f")])
        except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError):
            # Objects of several types or without an Arrow type; the column's coercion converts each.
            return Objects(series.tolist())

    def result(self, kept: Sequence[int] | None, outputs: Sequence[Column], chunks: Sequence[Scored]) -> Any:
        result = self.data.copy() if kept is None else self.data.iloc[list(kept)].copy()
        for number, column in enumerate(outputs):
            values: list[Any] = []
            for chunk in chunks:
                values += objects_of(chunk.columns[number], chunk.widths[number])
            result[column.name] = _series(values, column, result.index)
        return result


def _carried(type: pyarrow.DataType) -> DataType | None:
    """Return the Spark type that `spark.createDataFrame` gives an Arrow type, None if it has none."""
    import pyarrow.types as kinds

    from sparklet.types.arrow import from_arrow

    if kinds.is_dictionary(type):
        type = type.value_type
    if kinds.is_timestamp(type):
        return TIMESTAMP
    try:
        return parse_row_type(from_arrow(type))
    except OptionError:
        return None


def _is_whole(series: Any) -> bool:
    return bool(series.isna().any() and (series.dropna() % 1 == 0).all())


def _series(values: list[Any], column: Column, index: Any) -> Any:
    import pandas

    dtype = "float64" if column.type == DOUBLE and None not in values else "object"
    return pandas.Series(values, index=index, dtype=dtype)
