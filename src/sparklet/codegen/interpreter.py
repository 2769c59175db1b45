"""The interpreter: evaluate the graph of a plan node by node, with errors that name stage, column and value.

The interpreter is the reference for the other backends. It also scores the rows that they cannot score, or
raises the error.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from sparklet.codegen.lower import Lowered, LoweredStep
from sparklet.codegen.plan import Step, readers_of
from sparklet.columns import ABSENT, RowReader
from sparklet.errors import InvalidValueError, RowError, SparkletError
from sparklet.ir import wire
from sparklet.stages.stage import Dropped

__all__ = ["Score", "interpret"]

Score: TypeAlias = Callable[[Mapping[str, Any]], "dict[str, Any] | None"]


def interpret(lowered: Lowered, missing: str) -> Score:
    """Return the function that scores one row.

    The function returns None for a row that a stage drops. It raises a `RowError` that names the stage,
    column and value.
    """
    plan = lowered.plan
    read = RowReader(plan.inputs, plan.optional, missing, readers_of(plan))
    wiring = wire(lowered.nodes, lowered.inputs, [node for _, node in lowered.outputs])
    outputs = [(name, wiring.slots[id(node)]) for name, node in lowered.outputs]
    constants, work = list(wiring.constants), wiring.work
    # The inputs come first among the nodes.
    ends = [step.end - len(lowered.inputs) for step in lowered.steps]

    def step_at(index: int) -> LoweredStep:
        return lowered.steps[bisect_right(ends, index)]

    def score(row: Mapping[str, Any]) -> dict[str, Any] | None:
        values = constants + read(row)
        index = 0
        try:
            for index, (function, operands) in enumerate(work):  # noqa: B007 - the error handlers read the index
                values.append(function(*[values[slot] for slot in operands]))
        except Dropped:
            return None
        except SparkletError as error:
            _name_step(error, step_at(index).step)
            raise
        except (TypeError, ValueError, AttributeError, IndexError, ArithmeticError, LookupError) as error:
            raise _unhandled(error, step_at(index), values, wiring.slots) from error
        return {name: values[slot] for name, slot in outputs if values[slot] is not ABSENT}

    return score


def _name_step(error: SparkletError, step: Step) -> None:
    if isinstance(error, RowError):
        error.stage = error.stage or str(step.stage)
        if error.column is None and len(step.bound.inputs) == 1:
            error.column = step.bound.inputs[0].name


def _unhandled(
    error: Exception, failed: LoweredStep, values: list[Any], slots: Mapping[int, int]
) -> RowError:
    """Return the `RowError` of an exception that no stage handles, with stage, column and value."""
    inputs = failed.step.bound.inputs
    slot = slots.get(id(failed.inputs[0]), len(values)) if inputs else len(values)
    row_error = InvalidValueError(
        f"cannot be scored: {type(error).__name__}: {error}",
        values[slot] if slot < len(values) else None,
        column=inputs[0].name if inputs else None,
    )
    row_error.stage = str(failed.step.stage)
    return row_error
