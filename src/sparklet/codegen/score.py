"""The backend that scores rows: a program of the C module, or a generated Python function without it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sparklet._native import lazily
from sparklet.codegen.interpreter import Score, interpret
from sparklet.codegen.lower import Lowered
from sparklet.codegen.plan import readers_of
from sparklet.codegen.program import program
from sparklet.codegen.rows import rows
from sparklet.columns import ABSENT, RowReader

__all__ = ["score_rows"]


def score_rows(lowered: Lowered, missing: str) -> Score:
    """Return the function that scores one row.

    It returns None for a row that a stage drops, and raises a `RowError` that names stage, column and value.
    """
    plan = lowered.plan
    reader = RowReader(plan.inputs, plan.optional, missing, readers_of(plan))
    interpreted: Score = lazily(lambda: interpret(lowered, missing))

    def again(row: Mapping[str, Any]) -> dict[str, Any] | None:
        """Score a row on which the fast function failed: arranged if it needs that, else interpreted."""
        arranged = reader.arrange(row)
        if arranged is not row:
            return score(arranged)
        return interpreted({name: value for name, value in row.items() if value is not ABSENT})

    score = program(lowered, reader, again) or rows(lowered, reader, again)[0]
    return score
