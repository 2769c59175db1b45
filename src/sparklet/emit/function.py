"""One stage's work as a function of its own: what the interpreter calls."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sparklet.emit.builder import Builder, Emit
from sparklet.emit.code import compiled
from sparklet.emit.symbols import Value

__all__ = ["function_of"]


def function_of(emit: Emit, inputs: int = 1, *, nulls: bool = True) -> Callable[..., Any]:
    """Return what a stage emits as a function from `inputs` values to a value.

    `nulls` tells whether None may be among the values.

    >>> double = function_of(lambda b, x: Value(b.let(f"{b.value(x)} * 2.0")))
    >>> double(4.0)
    8.0
    """
    builder = Builder()
    names = [f"a{i}" for i in range(inputs)]
    made = emit(builder, *[Value(name, null=nulls) for name in names])
    result = builder.value(made)
    body = "".join(f"    {line}\n" for line in [*builder.lines, f"return {result}"])
    return compiled(f"def stage({', '.join(names)}):\n{body}").run(builder.names, "stage")  # type: ignore[no-any-return]
