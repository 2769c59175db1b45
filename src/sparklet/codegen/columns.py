"""The column backend: compute each node for all rows before the next node.

`evaluation.py` computes the columns. Rows that a node refuses are marked and scored one by one afterwards.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeAlias

import numpy as np

from sparklet._native import lazily
from sparklet.codegen.arrays import Columnar, Matrix, Numbers, listed
from sparklet.codegen.evaluation import Evaluation
from sparklet.codegen.interpreter import Score, interpret
from sparklet.codegen.lower import Lowered
from sparklet.codegen.values import Batch
from sparklet.columns import ABSENT
from sparklet.errors import RowError
from sparklet.linalg import DenseVector

__all__ = ["ScoreColumns", "Scored", "score_columns"]

_FEWEST = 128
"""The smallest number of rows for which column operations are faster than rows one by one."""


@dataclass(frozen=True)
class Scored:
    """The result of scoring rows: the values of each output, and the indices of the dropped rows.

    The values of an output are a list or an array of doubles. When `widths` has a number for an output, its
    values are dense vectors of that size, stored as the array of all their elements.
    """

    columns: tuple[Any, ...]
    widths: tuple[int | None, ...]
    dropped: Sequence[int]

    def only(self, outputs: Sequence[int]) -> Scored:
        """Return the result with only the outputs at these indices."""
        return Scored(
            tuple([self.columns[index] for index in outputs]),
            tuple([self.widths[index] for index in outputs]),
            self.dropped,
        )


ScoreColumns: TypeAlias = Callable[[Sequence[Columnar], int], Scored]


def score_columns(lowered: Lowered, score: Score, missing: str, fewest: int = _FEWEST) -> ScoreColumns:
    """Return the function that scores columns, whose values already have the types of the plan's inputs.

    The function takes a column for each input of the plan and the number of rows; it uses column operations
    for `fewest` or more rows. It raises the `RowError` of the first row that fails, with its index as `row`.
    """
    by_rows = _ByRows(lowered, score, lazily(lambda: interpret(lowered, missing)))
    evaluation = cache(lambda: Evaluation(lowered))

    def run(columns: Sequence[Columnar], count: int) -> Scored:
        # Columns cannot represent absent values.
        if count >= fewest and not lowered.plan.optional:
            # After any exception, scoring the rows one by one raises the right error.
            with suppress(Exception):
                batch = evaluation().run(columns, count)
                if batch is not None:
                    return by_rows.complete(batch, columns, count)
        return by_rows.all(columns, count)

    return run


# --- rows one by one ------------------------------------------------------------------------------


class _ByRows:
    """Score rows of columns one by one."""

    def __init__(self, lowered: Lowered, score: Score, interpreted: Score) -> None:
        self._names = [column.name for column in lowered.plan.inputs]
        self._outputs = [name for name, _ in lowered.outputs]
        self._score, self._interpreted = score, interpreted

    def all(self, columns: Sequence[Columnar], count: int) -> Scored:
        """Score all rows one by one."""
        outputs, dropped = self._scored([listed(column) for column in columns], range(count), self._score)
        return Scored(tuple(outputs), (None,) * len(outputs), dropped)

    def complete(self, batch: Batch, columns: Sequence[Columnar], count: int) -> Scored:
        """Return the result of a batch without dropped rows, with failed rows scored one by one."""
        rows = np.flatnonzero(batch.fails)
        scored_outputs, dropped = self._scored(
            [listed(column, rows) for column in columns], rows.tolist(), self._interpreted
        )
        all_dropped = sorted(np.flatnonzero(batch.dropped).tolist() + dropped)
        scored = np.setdiff1d(rows, dropped)
        outputs, widths = [], []
        for column, values in zip(batch.outputs, scored_outputs, strict=True):
            merged, width = _merged(column, values, scored, all_dropped)
            outputs.append(merged)
            widths.append(width)
        return Scored(tuple(outputs), tuple(widths), all_dropped)

    def _scored(
        self, columns: Sequence[list[Any]], indices: Sequence[int], score: Score
    ) -> tuple[list[list[Any]], list[int]]:
        outputs: list[list[Any]] = [[] for _ in self._outputs]
        dropped = []
        for index, *values in zip(indices, *columns, strict=True):
            row = {
                name: value for name, value in zip(self._names, values, strict=True) if value is not ABSENT
            }
            try:
                scored = score(row)
            except RowError as error:
                error.row = index
                raise
            if scored is None:
                dropped.append(index)
                continue
            for name, output in zip(self._outputs, outputs, strict=True):
                output.append(scored.get(name, ABSENT))
        return outputs, dropped


def _merged(
    column: Any, values: list[Any], rows: np.ndarray, dropped: Sequence[int]
) -> tuple[Any, int | None]:
    """Return an output with `values` inserted at `rows` and without the dropped rows."""
    if isinstance(column, Matrix) and all(isinstance(value, DenseVector) for value in values):
        matrix = column.values
        if len(values):
            matrix = matrix.copy()
            matrix[rows] = np.array([value.values for value in values], np.float64)
        matrix = np.delete(matrix, dropped, 0) if len(dropped) else matrix
        return matrix.reshape(-1), matrix.shape[1]
    if (
        isinstance(column, Numbers)
        and column.valid is True
        and column.values.dtype == np.float64
        and all(value.__class__ is float for value in values)
    ):
        numbers = column.values
        if len(values):
            numbers = numbers.copy()
            numbers[rows] = values
        return (np.delete(numbers, dropped) if len(dropped) else numbers), None
    objects = list(map(DenseVector, column.tolist())) if isinstance(column, Matrix) else list(listed(column))
    for row, value in zip(rows.tolist(), values, strict=True):
        objects[row] = value
    removed = set(dropped)
    return ([value for row, value in enumerate(objects) if row not in removed] if removed else objects), None
