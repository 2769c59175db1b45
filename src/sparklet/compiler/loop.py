"""The same generated body for many rows: columns of values in, columns of values out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeAlias

import numpy as np

from sparklet._native import lazily
from sparklet.columns import ABSENT
from sparklet.compiler.arrays import Given, listed, taken
from sparklet.compiler.columnar import Columnar, Output, columnar
from sparklet.compiler.fuse import write
from sparklet.compiler.interpret import interpret
from sparklet.compiler.plan import Plan
from sparklet.emit import Builder, Segments, Symbol, Tuple, compiled
from sparklet.errors import RowError
from sparklet.linalg import to_dense
from sparklet.stages.stage import Dropped

__all__ = ["Loop", "Scored", "loop"]

Loop: TypeAlias = Callable[[Sequence[Given], int], "Scored"]

_FEWEST = 256
"""Rows below which it costs more to begin with whole columns than it gains."""
_MOST_FAILING = 0.25
"""Where a greater share of the rows cannot be scored by columns, all of them are scored one by one."""


@dataclass(frozen=True)
class Scored:
    """What became of some rows: the values of each output, and the places of rows that were dropped.

    Values are a list, or an array of floats. Where `widths` has a number, the output's vectors are dense and
    of that size, and their elements stand one after the other.
    """

    columns: tuple[Any, ...]
    widths: tuple[int | None, ...]
    dropped: Sequence[int]

    def only(self, places: Sequence[int]) -> Scored:
        """Return the outputs at these places."""
        return Scored(
            tuple([self.columns[place] for place in places]),
            tuple([self.widths[place] for place in places]),
            self.dropped,
        )


def loop(plan: Plan, fewest: int = _FEWEST) -> Loop:
    """Return the function that scores columns, whose values are already what the plan's inputs say.

    It takes a column for each input of the plan, and the number of rows; from `fewest` rows on the work is
    done by whole columns where that is quicker. Raises the `RowError` of the first row that fails, with its
    place among the rows as `row`.
    """
    body = write(plan, coerced=True)
    builder = body.builder
    outputs = [_output(builder, symbol) for _, symbol in body.outputs]
    widths = tuple([width for _, width in outputs])
    inputs = [(var, column.type) for var, column in zip(body.inputs, plan.inputs, strict=True)]

    @cache
    def by_columns() -> Columnar | None:
        # An absent column is neither null nor a number.
        return None if plan.optional else columnar(builder, inputs, outputs)

    appends = [
        f"add{n}({made})" if width is None else f"out{n} += {made if isinstance(made, str) else _tuple(made)}"
        for n, (made, width) in enumerate(outputs)
    ]
    made = ", ".join([f"out{n}" for n in range(len(outputs))])
    text = "\n".join(
        [
            "def score(columns, count):",
            "    dropped = []",
            *[f"    out{n} = []" for n in range(len(outputs))],
            *[f"    add{n} = out{n}.append" for n, width in enumerate(widths) if width is None],
            f"    for {', '.join(['at', *body.inputs])}, in zip(range(count), *columns):",
            "        try:",
            *[f"            {line}" for line in [*builder.lines, *appends] or ["pass"]],
            f"        except {builder.bind(Dropped)}:",
            "            dropped.append(at)",
            "        except Exception:",
            f"            if {builder.bind(_again(plan, widths))}(columns, at, [{made}]):",
            "                dropped.append(at)",
            f"    return [{made}], dropped",
            "",
        ]
    )
    by_rows: _ByRows = compiled(text).run(builder.names, "score")

    def run(columns: Sequence[Given], count: int) -> Scored:
        if count >= fewest and (score := by_columns()) is not None:
            # Whatever fails, the rows one by one tell what it is.
            with suppress(Exception):
                failing, found = score(columns, count)
                places = np.flatnonzero(failing)
                if places.size <= count * _MOST_FAILING:
                    return _mended(found, widths, columns, places, by_rows)
        found, dropped = by_rows([listed(column) for column in columns], count)
        return Scored(tuple(found), widths, dropped)

    return run


def _output(builder: Builder, symbol: Symbol) -> Output:
    if isinstance(symbol, Tuple):
        return symbol.var, symbol.size
    if isinstance(symbol, Segments) and symbol.kind == "dense" and symbol.numbers:
        return tuple([number.value for number in symbol.numbers]), len(symbol.numbers)
    return builder.value(symbol), None


def _tuple(elements: Sequence[str]) -> str:
    return f"({''.join([f'{element}, ' for element in elements])})"


_ByRows: TypeAlias = Callable[[Sequence[list[Any]], int], tuple[list[Any], list[int]]]


def _mended(
    found: list[Any],
    widths: tuple[int | None, ...],
    columns: Sequence[Given],
    places: np.ndarray,
    score: _ByRows,
) -> Scored:
    """Score the rows at some places one by one and put what they give where it belongs."""
    if not places.size:
        return Scored(tuple(found), widths, [])
    made, dropped = score([taken(column, places) for column in columns], len(places))
    gone = places[dropped]
    scored = np.delete(places, dropped)
    mended = [_put(*given, scored, gone) for given in zip(found, made, widths, strict=True)]
    return Scored(tuple(mended), widths, gone.tolist())


def _put(into: Any, values: list[Any], width: int | None, places: np.ndarray, gone: np.ndarray) -> Any:
    """Return values with some others in their places and without those that are gone."""
    if width is not None:
        rows = into.reshape(-1, width)
        rows[places] = np.array(values, np.float64).reshape(-1, width)
        return np.delete(rows, gone, 0).reshape(-1)
    if isinstance(into, np.ndarray) and all(value.__class__ is float for value in values):
        into[places] = values
        return np.delete(into, gone)
    into = listed(into)
    for place, value in zip(places.tolist(), values, strict=True):
        into[place] = value
    lost = set(gone.tolist())
    return [value for place, value in enumerate(into) if place not in lost] if lost else into


def _again(plan: Plan, widths: Sequence[int | None]) -> Callable[..., bool]:
    """Return the function that scores the row at a place once more, with all checks and errors.

    It appends the outputs and tells whether the row is dropped.
    """
    names = [column.name for column in plan.inputs]
    score = lazily(lambda: interpret(plan, "null"))

    def again(columns: Sequence[Sequence[Any]], at: int, outputs: Sequence[list[Any]]) -> bool:
        row = {
            name: values[at] for name, values in zip(names, columns, strict=True) if values[at] is not ABSENT
        }
        try:
            scored = score(row)
        except RowError as error:
            error.row = at
            raise
        if scored is None:
            return True
        for column, output, width in zip(plan.outputs, outputs, widths, strict=True):
            value = scored.get(column.name, ABSENT)
            if width is None:
                output.append(value)
            else:
                output.extend(to_dense(value).values)
        return False

    return again
