"""`model.transform(table)`: score a table in memory, as Spark's `transform` does."""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import replace
from typing import Any

from rich.console import Console
from rich.progress import track

from sparklet.batch.frames import Frame
from sparklet.batch.reading import values_of
from sparklet.codegen import Plan, readers_of
from sparklet.codegen.arrays import column_of
from sparklet.codegen.columns import ScoreColumns, Scored
from sparklet.columns import ABSENT, RowReader, holds_instants, inward
from sparklet.errors import AmbiguousColumnError, RowError

__all__ = ["transform"]

_CHUNK = 1 << 14
"""Rows per chunk: enough to amortize the cost of a chunk, few enough for the processor's cache."""
_LONG_WORK = 1 << 20


def transform(frame: Frame, plan: Plan, score: ScoreColumns, missing: str) -> Any:
    """Return the table with the model's outputs appended, without the rows that a stage drops.

    The result is of the kind of the caller's table. Raises `RowError` for the first row that cannot be
    scored.
    """
    columns = _columns(frame, plan, missing)
    starts = range(0, frame.count, _CHUNK)

    def chunk(start: int) -> Scored:
        count = min(_CHUNK, frame.count - start)
        try:
            values = [
                column_of([source] * count, column.type)
                if source is None or source is ABSENT
                else values_of(source.slice(start, count), column)
                for column, source in zip(plan.inputs, columns, strict=True)
            ]
            return _in_utc(score(values, count), plan)
        except RowError as error:
            error.row = start + (error.row or 0)
            raise

    chunks = list(_shown(_mapped(chunk, starts), starts))
    dropped = {start + row for start, done in zip(starts, chunks, strict=True) for row in done.dropped}
    kept = [row for row in range(frame.count) if row not in dropped] if dropped else None
    # An optional output is present in all rows or in none.
    present = [
        number
        for number, _ in enumerate(plan.outputs)
        if not (plan.optional and any(ABSENT in done.columns[number][:1] for done in chunks))
    ]
    outputs = [plan.outputs[number] for number in present]
    return frame.result(kept, outputs, [done.only(present) for done in chunks])


def _in_utc(scored: Scored, plan: Plan) -> Scored:
    """Return the result with timestamps as instants of UTC, which an Arrow column of timestamps holds."""
    converts = {
        number: inward(column.type, plan.profile.zone)
        for number, column in enumerate(plan.outputs)
        if holds_instants(column.type)
    }
    if not converts:
        return scored
    columns = [
        [value if value is ABSENT else converts[number](value) for value in values]
        if number in converts
        else values
        for number, values in enumerate(scored.columns)
    ]
    return replace(scored, columns=tuple(columns))


def _columns(frame: Frame, plan: Plan, missing: str) -> list[Any]:
    """Return the table's column for each input, or None or ABSENT for a missing column."""
    reader = RowReader(plan.inputs, plan.optional, missing, readers_of(plan))
    names: Mapping[str, Any] = reader.arrange({name: name for name in frame.names})
    columns: list[Any] = []
    counts = Counter(frame.names)
    for column in plan.inputs:
        name = names[column.name]
        if isinstance(name, str) and counts[name] > 1:
            raise AmbiguousColumnError(name, [name, name])
        columns.append(frame.column(name) if isinstance(name, str) else name)
    return columns


def _mapped(function: Any, starts: Sequence[int]) -> Iterator[Scored]:
    """Apply a function to chunks, in parallel threads when Python runs without the GIL."""
    if getattr(sys, "_is_gil_enabled", lambda: True)() or len(starts) < 2:
        return map(function, starts)
    workers = ThreadPoolExecutor(os.cpu_count())
    with workers:
        context = copy_context()  # with the moment of the call
        return iter(list(workers.map(lambda start: context.copy().run(function, start), starts)))


def _shown(chunks: Iterator[Scored], starts: range) -> Iterator[Scored]:
    """Yield the chunks; show the progress of long work on a terminal."""
    console = Console(stderr=True)
    quiet = not console.is_terminal or len(starts) * _CHUNK < _LONG_WORK
    return iter(track(chunks, "scoring", total=len(starts), console=console, transient=True, disable=quiet))
