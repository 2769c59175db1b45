"""`model.transform(table)`: what Spark's `transform` gives, for a table in memory."""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from rich.console import Console
from rich.progress import track

from sparklet.batch.frames import Frame, opened
from sparklet.batch.reading import values_of
from sparklet.codegen import Plan, readers_of
from sparklet.codegen.arrays import column_of
from sparklet.codegen.columns import ScoreColumns, Scored
from sparklet.columns import ABSENT, RowReader
from sparklet.errors import AmbiguousColumnError, RowError

__all__ = ["transform"]

_CHUNK = 1 << 14
"""Rows at a time: enough to forget what a chunk costs, few enough to stay in the processor's cache."""
_LONG_WORK = 1 << 20


def transform(data: Any, plan: Plan, score: ScoreColumns, missing: str) -> Any:
    """Return a table with the model's outputs after its own columns, without the rows that a stage drops.

    The result is of the same kind as `data`. Raises `OptionError` for what is no table, `RowError` for the
    first row that cannot be scored.
    """
    frame = opened(data)
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
            return score(values, count)
        except RowError as error:
            error.row = start + (error.row or 0)
            raise

    chunks = list(_shown(_mapped(chunk, starts), starts))
    dropped = {start + place for start, done in zip(starts, chunks, strict=True) for place in done.dropped}
    kept = [place for place in range(frame.count) if place not in dropped] if dropped else None
    # An optional output is there for all rows or for none.
    there = [
        number
        for number, _ in enumerate(plan.outputs)
        if not (plan.optional and any(ABSENT in done.columns[number][:1] for done in chunks))
    ]
    outputs = [plan.outputs[number] for number in there]
    return frame.result(kept, outputs, [done.only(there) for done in chunks])


def _columns(frame: Frame, plan: Plan, missing: str) -> list[Any]:
    """Return for each input the table's column, None or ABSENT where it has none that it needs."""
    reader = RowReader(plan.inputs, plan.optional, missing, readers_of(plan))
    found: Mapping[str, Any] = reader.arrange({name: name for name in frame.names})
    columns: list[Any] = []
    times = Counter(frame.names)
    for column in plan.inputs:
        name = found[column.name]
        if isinstance(name, str) and times[name] > 1:
            raise AmbiguousColumnError(name, [name, name])
        columns.append(frame.column(name) if isinstance(name, str) else name)
    return columns


def _mapped(function: Any, starts: Sequence[int]) -> Iterator[Scored]:
    """Apply a function to chunks: in threads where Python lets them run side by side."""
    if getattr(sys, "_is_gil_enabled", lambda: True)() or len(starts) < 2:
        return map(function, starts)
    workers = ThreadPoolExecutor(os.cpu_count())
    with workers:
        return iter(list(workers.map(function, starts)))


def _shown(chunks: Iterator[Scored], starts: range) -> Iterator[Scored]:
    """Show progress on a terminal where there is much to do."""
    console = Console(stderr=True)
    quiet = not console.is_terminal or len(starts) * _CHUNK < _LONG_WORK
    return iter(track(chunks, "scoring", total=len(starts), console=console, transient=True, disable=quiet))
