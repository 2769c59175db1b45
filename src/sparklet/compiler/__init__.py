"""From stages to one function: the plan, the interpreter, and the compiler that fuses all steps into one."""

from sparklet.compiler.arrays import Given, Numbers, Texts, given
from sparklet.compiler.explain import explain
from sparklet.compiler.fuse import fuse
from sparklet.compiler.interpret import Score, interpret
from sparklet.compiler.loop import Loop, Scored, loop
from sparklet.compiler.plan import Plan, Step, make_plan, readers_of

__all__ = [
    "Given",
    "Loop",
    "Numbers",
    "Plan",
    "Score",
    "Scored",
    "Step",
    "Texts",
    "explain",
    "fuse",
    "given",
    "interpret",
    "loop",
    "make_plan",
    "readers_of",
]
