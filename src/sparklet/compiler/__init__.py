"""From stages to one function: the plan, and the ways to run it."""

from sparklet.compiler.interpret import Score, interpret
from sparklet.compiler.plan import Plan, Step, make_plan

__all__ = ["Plan", "Score", "Step", "interpret", "make_plan"]
