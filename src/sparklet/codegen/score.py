"""The backend that scores rows: a program of the C module, or a generated Python function without it."""

from __future__ import annotations

from sparklet._native import lazily
from sparklet.codegen.interpreter import Score, interpret
from sparklet.codegen.lower import Lowered
from sparklet.codegen.rows import rows

__all__ = ["score_rows"]


def score_rows(lowered: Lowered, missing: str) -> Score:
    """Return the function that scores one row, see `rows`."""
    interpreted: Score = lazily(lambda: interpret(lowered, missing))
    return rows(lowered, missing, interpreted)[0]
