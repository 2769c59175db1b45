"""The backend that scores rows: a program of the C module, or a generated Python function without it."""

from __future__ import annotations

from sparklet._native import lazily
from sparklet.codegen.interpreter import Score, interpret
from sparklet.codegen.lower import Lowered
from sparklet.codegen.plan import readers_of
from sparklet.codegen.program import program
from sparklet.codegen.rows import rows
from sparklet.columns import RowReader

__all__ = ["score_rows"]


def score_rows(lowered: Lowered, missing: str) -> Score:
    """Return the function that scores one row.

    It returns None for a row that a stage drops, and raises a `RowError` that names stage, column and value.
    """
    interpreted: Score = lazily(lambda: interpret(lowered, missing))
    plan = lowered.plan
    reader = RowReader(plan.inputs, plan.optional, missing, readers_of(plan))
    return program(lowered, reader, interpreted) or rows(lowered, missing, interpreted)[0]
