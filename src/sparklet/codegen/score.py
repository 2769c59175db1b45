"""Choose the backend that scores rows: a program of the C module, or else a generated Python function."""

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

    The function returns None for a row that a stage drops. It raises a `RowError` that names the stage,
    column and value.
    """
    plan = lowered.plan
    reader = RowReader(plan.inputs, plan.optional, missing, readers_of(plan))
    # It does not refer to the function, so that a model is freed when its last reference goes.
    fallback: Score = lazily(lambda: interpret(lowered, missing))
    return program(lowered, reader, fallback) or rows(lowered, reader, fallback)[0]
