"""Read rows from JSON lines and CSV files."""

from __future__ import annotations

import csv
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from rich.console import Console
from rich.progress import Progress

from sparklet.batch import parquet_rows
from sparklet.columns import Column, fold
from sparklet.errors import JsonError, OptionError, RowError
from sparklet.json import Decoder, loads
from sparklet.types import (
    ArrayType,
    BooleanType,
    DecimalType,
    DoubleType,
    FloatType,
    IntegralType,
    VectorUDT,
)

__all__ = ["reading", "row_format", "rows_of", "writing"]

Row = Mapping[str, Any]


# A smaller file is read too fast for a progress bar to be useful.
_LONG_WORK = 1 << 20


@contextmanager
def reading(path: str) -> Iterator[IO[str]]:
    """Open a text file, or standard input for `-`; show a progress bar on the terminal for a large file.

    Raises `OptionError` if the file cannot be read.
    """
    if path == "-":
        yield sys.stdin
        return
    console = Console(stderr=True)
    try:
        quiet = not console.is_terminal or Path(path).stat().st_size < _LONG_WORK
        with (
            Progress(
                *Progress.get_default_columns(), console=console, transient=True, disable=quiet
            ) as progress,
            # An invalid byte becomes U+FFFD instead of ending the run; no label contains that character.
            progress.open(
                path, "r", encoding="utf-8-sig", errors="replace", newline="", description="scoring"
            ) as file,
        ):
            yield file
    except OSError as error:
        raise OptionError("file", path, error.strerror or str(error)) from None


@contextmanager
def writing(path: str) -> Iterator[IO[str]]:
    """Open a text file to write, or standard output for `-`.

    Raises `OptionError` if the file cannot be written.
    """
    if path == "-":
        yield sys.stdout
        return
    try:
        with Path(path).open("w", encoding="utf-8") as file:
            yield file
    except OSError as error:
        raise OptionError("file", path, error.strerror or str(error)) from None


def row_format(path: str) -> str:
    """Return the format of a file by its extension: csv, parquet, else jsonl."""
    ending = path.lower().rpartition(".")[2]
    return ending if ending in ("csv", "parquet") else "jsonl"


@contextmanager
def numbered(
    path: str, format: str, inputs: Iterable[Column]
) -> Iterator[Iterator[tuple[int, Row | RowError]]]:
    """Open a file and return an iterator over (line number, row); an invalid line has its error as row."""
    if format == "parquet":
        yield enumerate(parquet_rows(path), 1)
        return
    with reading(path) as file:
        yield rows_of(file, format, inputs)


def rows_of(file: IO[str], format: str, inputs: Iterable[Column]) -> Iterator[tuple[int, Row | RowError]]:
    """Yield (line number, row) of a file; an invalid line has its error as row."""
    return _json_rows(file, inputs) if format == "jsonl" else _csv_rows(file, inputs)


def _json_rows(file: IO[str], inputs: Iterable[Column]) -> Iterator[tuple[int, Row | RowError]]:
    decode = Decoder(tuple(inputs))
    for number, line in enumerate(file, 1):
        if not line.strip():
            continue
        try:
            row = decode(line)
        except RowError as error:
            yield number, error
            continue
        yield number, row if isinstance(row, dict) else JsonError("is not a JSON object", value=row)


def _csv_rows(file: IO[str], inputs: Iterable[Column]) -> Iterator[tuple[int, Row | RowError]]:
    parsers = {fold(column.name): _parser(column) for column in inputs}
    reader = csv.DictReader(file, restkey="", strict=True)
    rows = iter(reader)
    while True:
        try:
            row = next(rows)
        except StopIteration:
            return
        except csv.Error as error:
            yield reader.line_num, RowError(f"is not CSV: {error}")
            continue
        # As in Spark, the missing cells of a short line are null; the extra cells of a long line have no
        # name.
        row.pop("", None)
        try:
            yield reader.line_num, {name: _cell(name, text, parsers) for name, text in row.items()}
        except RowError as error:
            yield reader.line_num, error


def _cell(name: str, text: str | None, parsers: Mapping[str, Callable[[str], Any]]) -> Any:
    if not text:
        return None
    parse = parsers.get(fold(name))
    if parse is None:
        return text
    try:
        return parse(text)
    except ValueError:
        raise RowError(
            f"holds {text[:80]!r}, which cannot be read as its type", column=name, value=text
        ) from None


def _parser(column: Column) -> Callable[[str], Any]:
    if column.convert is not None:
        return str
    match column.type:
        case DoubleType() | FloatType():
            return float
        case DecimalType():
            return _decimal
        case IntegralType():
            return int
        case BooleanType():
            return _boolean
        case VectorUDT() | ArrayType():
            return loads
    return str


def _decimal(text: str) -> Any:
    from decimal import Decimal, InvalidOperation

    try:
        return Decimal(text)
    except InvalidOperation as error:
        raise ValueError from error


def _boolean(text: str) -> bool:
    words = {"true": True, "false": False}
    if text.lower() not in words:
        raise ValueError
    return words[text.lower()]
