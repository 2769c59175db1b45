"""Read the rows of a Parquet file, and score one Parquet file into another."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.progress import track

from sparklet.errors import OptionError, RowError

if TYPE_CHECKING:
    import pyarrow
    import pyarrow.parquet

__all__ = ["parquet_rows", "parquet_schema", "score_parquet"]

_BATCH = 1 << 16
_LONG_WORK = 1 << 18


def parquet_rows(path: str) -> Iterator[dict[str, Any]]:
    """Yield the rows of a Parquet file; raise `OptionError` when it cannot be read."""
    with _opened(path) as file:
        for batch in _batches(file, path):
            yield from batch.to_pylist()


def parquet_schema(path: str) -> pyarrow.Schema:
    """Return the columns of a Parquet file; raise `OptionError` when it cannot be read."""
    with _opened(path) as file:
        return file.schema_arrow


def score_parquet(transform: Callable[[Any], Any], source: str, target: str) -> tuple[int, int]:
    """Score the rows of a Parquet file with `transform` into another file; return the rows read and written.

    Only a batch of rows is in memory. The target file appears when it is complete, so a failed run leaves no
    file. Raises `OptionError` for files that cannot be read or written, `RowError` for a row that cannot be
    scored.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    unfinished = Path(f"{target}.unfinished")
    read = written = 0
    writer: Any = None
    try:
        with _opened(source) as file:
            empty = file.schema_arrow.empty_table()
            for batch in _batches(file, source):
                try:
                    table = transform(pa.Table.from_batches([batch]))
                except RowError as error:
                    error.row = read + (error.row or 0)
                    raise
                writer = writer or pq.ParquetWriter(unfinished, table.schema)
                writer.write_table(table)
                read, written = read + batch.num_rows, written + table.num_rows
            if writer is None:
                writer = pq.ParquetWriter(unfinished, transform(empty).schema)
        writer.close()
        unfinished.replace(target)
    except OSError as error:
        raise OptionError("file", target, error.strerror or str(error)) from None
    finally:
        if writer is not None:
            writer.close()
        unfinished.unlink(missing_ok=True)
    return read, written


def _opened(path: str) -> pyarrow.parquet.ParquetFile:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        return pq.ParquetFile(path)
    except (OSError, pa.ArrowException) as error:
        raise OptionError("file", path, f"cannot be read as Parquet: {error}") from None


def _batches(file: pyarrow.parquet.ParquetFile, path: str) -> Iterator[pyarrow.RecordBatch]:
    import pyarrow as pa

    rows = file.metadata.num_rows
    console = Console(stderr=True)
    quiet = not console.is_terminal or rows < _LONG_WORK
    steps = track(
        file.iter_batches(_BATCH),
        "scoring",
        total=-(-rows // _BATCH),
        console=console,
        transient=True,
        disable=quiet,
    )
    try:
        yield from steps
    except (OSError, pa.ArrowException) as error:
        raise OptionError("file", path, f"cannot be read as Parquet: {error}") from None
