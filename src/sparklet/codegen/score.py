"""Choose the backend that scores rows: a program of the C module, or else a generated Python function."""

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

    The function returns None for a row that a stage drops. It raises a `RowError` that names the stage,
    column and value.
    """
    plan = lowered.plan
    reader = RowReader(plan.inputs, plan.optional, missing, readers_of(plan))
    interpreted: Score = lazily(lambda: interpret(lowered, missing))

    def fall_back(row: Mapping[str, Any]) -> dict[str, Any] | None:
        """Score a row that the fast function cannot score: arrange it and retry, or else interpret it."""
        arranged = reader.arrange(row)
        if arranged is not row:
            return score(arranged)
        return interpreted({name: value for name, value in row.items() if value is not ABSENT})

    score = program(lowered, reader, fall_back) or rows(lowered, reader, fall_back)[0]
    return score
