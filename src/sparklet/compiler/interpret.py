"""The interpreter: a plan's functions called one after the other, each value in its slot."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from operator import itemgetter
from typing import Any

from sparklet.columns import ABSENT, RowReader
from sparklet.compiler.plan import Plan, Step, readers_of
from sparklet.errors import InvalidValueError, NullValueError, RowError, SparkletError
from sparklet.stages.stage import Bound, Dropped

__all__ = ["Score", "interpret"]

Score = Callable[[Mapping[str, Any]], "dict[str, Any] | None"]
Run = Callable[[list[Any]], None]


def interpret(plan: Plan, missing: str) -> Score:
    """Return the function that scores one row.

    It gives None for a row that a stage drops, and raises a `RowError` that names stage, column and value.
    """
    read = RowReader(plan.inputs, plan.optional, missing, readers_of(plan))
    slots = {column: slot for slot, column in enumerate(plan.inputs)}
    for step in plan.steps:
        for column in step.bound.outputs:
            slots.setdefault(column, len(slots))
    outputs = [(column.name, slots[column]) for column in plan.outputs]
    work = [_wire(step, slots) for step in plan.steps]
    made = [None] * (len(slots) - len(plan.inputs))

    def score(row: Mapping[str, Any]) -> dict[str, Any] | None:
        values = read(row)
        values += made
        index = 0
        try:
            for index, run in enumerate(work):  # noqa: B007 - the index says which step failed
                run(values)
        except Dropped:
            return None
        except SparkletError as error:
            _explain(error, plan.steps[index])
            raise
        except (TypeError, ValueError, AttributeError, IndexError, ArithmeticError, LookupError) as error:
            raise _unforeseen(error, plan.steps[index], values, slots) from error
        return {name: values[slot] for name, slot in outputs if values[slot] is not ABSENT}

    return score


def _wire(step: Step, slots: Mapping[Any, int]) -> Run:
    """Return the step as a function on the slots; the arities that every pipeline has are written out."""
    bound = step.bound
    sources = tuple(slots[column] for column in bound.inputs)
    targets = tuple(slots[column] for column in bound.outputs)
    if len(targets) != 1:
        return _to_many(bound, sources, targets)
    return (
        _one_to_one(bound, sources[0], targets[0])
        if len(sources) == 1
        else _many_to_one(bound, sources, targets[0])
    )


def _one_to_one(bound: Bound, source: int, target: int) -> Run:
    function, name = bound.function, bound.inputs[0].name

    def checked(values: list[Any]) -> None:
        value = values[source]
        if value is None:
            raise NullValueError(column=name)
        values[target] = function(value)

    def plain(values: list[Any]) -> None:
        values[target] = function(values[source])

    def optional(values: list[Any]) -> None:
        value = values[source]
        values[target] = ABSENT if value is ABSENT else function(value)

    return optional if bound.optional else plain if bound.nulls else checked


def _many_to_one(bound: Bound, sources: tuple[int, ...], target: int) -> Run:
    function, names = bound.function, [column.name for column in bound.inputs]
    take: Callable[[list[Any]], Any] = itemgetter(*sources) if sources else lambda _: ()

    def checked(values: list[Any]) -> None:
        arguments = take(values)
        for name, argument in zip(names, arguments, strict=True):
            if argument is None:
                raise NullValueError(column=name)
        values[target] = function(*arguments)

    def plain(values: list[Any]) -> None:
        values[target] = function(*take(values))

    return plain if bound.nulls else checked


def _to_many(bound: Bound, sources: tuple[int, ...], targets: tuple[int, ...]) -> Run:
    """Return a step of several outputs, or of none: one that only decides about the row."""
    function = bound.function

    def run(values: list[Any]) -> None:
        results = function(*[values[source] for source in sources])
        for target, result in zip(targets, results or (), strict=True):
            values[target] = result

    return run


def _explain(error: SparkletError, step: Step) -> None:
    if isinstance(error, RowError):
        error.stage = error.stage or str(step.stage)
        if error.column is None and len(step.bound.inputs) == 1:
            error.column = step.bound.inputs[0].name


def _unforeseen(error: Exception, step: Step, values: list[Any], slots: Mapping[Any, int]) -> RowError:
    """Return a failure that no stage foresaw as one that names stage, column and value."""
    inputs = step.bound.inputs
    found = InvalidValueError(
        f"cannot be scored: {type(error).__name__}: {error}",
        values[slots[inputs[0]]] if inputs else None,
        column=inputs[0].name if inputs else None,
    )
    found.stage = str(step.stage)
    return found
