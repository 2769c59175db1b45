"""Compile stages to a scoring function: the plan, its expression graph, and one module for each backend."""

from sparklet.codegen.interpreter import Score, interpret
from sparklet.codegen.lower import Lowered, lower
from sparklet.codegen.plan import Plan, Step, make_plan, readers_of
from sparklet.codegen.score import score_rows

__all__ = [
    "Lowered",
    "Plan",
    "Score",
    "Step",
    "interpret",
    "lower",
    "make_plan",
    "readers_of",
    "score_rows",
]
