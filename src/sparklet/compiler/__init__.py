"""From stages to one function: the plan, the interpreter, and the compiler that fuses all steps into one.

`sparklet.compiler.loop` scores whole columns; it needs numpy, so it is imported when a table is scored.
"""

from sparklet.compiler.explain import explain
from sparklet.compiler.fuse import fuse
from sparklet.compiler.interpret import Score, interpret
from sparklet.compiler.plan import Plan, Step, make_plan, readers_of

__all__ = ["Plan", "Score", "Step", "explain", "fuse", "interpret", "make_plan", "readers_of"]
