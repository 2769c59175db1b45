"""From stages to one function: the plan, the interpreter, and the compiler that fuses all steps into one."""

from sparklet.compiler.explain import explain
from sparklet.compiler.fuse import fuse
from sparklet.compiler.interpret import Score, interpret
from sparklet.compiler.loop import Loop, Scored, loop
from sparklet.compiler.plan import Plan, Step, make_plan, readers_of

__all__ = [
    "Loop",
    "Plan",
    "Score",
    "Scored",
    "Step",
    "explain",
    "fuse",
    "interpret",
    "loop",
    "make_plan",
    "readers_of",
]
