"""Lower a plan to its expression graph: each step adds nodes, then unused nodes are removed."""

from __future__ import annotations

from collections.abc import Callable
from itertools import accumulate
from typing import Any, NoReturn

from sparklet.codegen.plan import Plan, Step
from sparklet.columns import ABSENT, Column
from sparklet.errors import NullValueError
from sparklet.ir import Graph, Input, Node, evaluator, prune
from sparklet.records import record

__all__ = ["Lowered", "LoweredStep", "dropping", "lower", "step_function"]


@record()
class Lowered:
    """The graph of a plan: the live nodes in execution order, inputs first, and the node of each output."""

    plan: Plan
    nodes: tuple[Node, ...]
    inputs: tuple[Input, ...]
    outputs: tuple[tuple[str, Node], ...]
    steps: tuple[LoweredStep, ...]


@record()
class LoweredStep:
    """A step of a plan, the nodes of its inputs, and the end index of its nodes in the graph."""

    step: Step
    inputs: tuple[Node, ...]
    end: int


def lower(plan: Plan) -> Lowered:
    """Return the expression graph of a plan."""
    graph = Graph()
    nodes: dict[Column, Node] = {column: graph.input(column.type) for column in plan.inputs}
    steps = []
    for step in plan.steps:
        inputs = _lower_step(graph, step, nodes, plan.optional)
        steps.append((step, inputs, len(graph.nodes)))
    outputs = tuple([(column.name, nodes[column]) for column in plan.outputs])
    live = prune(graph.nodes, [*graph.inputs, *[node for _, node in outputs]])
    kept = set(live)
    ends = [0, *accumulate([node in kept for node in graph.nodes])]
    return Lowered(
        plan,
        tuple(live),
        tuple(graph.inputs),
        outputs,
        tuple([LoweredStep(step, inputs, ends[end]) for step, inputs, end in steps]),
    )


def _lower_step(
    graph: Graph, step: Step, nodes: dict[Column, Node], optional: frozenset[Column]
) -> tuple[Node, ...]:
    """Add the nodes of a step to the graph and return the nodes of its inputs."""
    bound = step.bound
    if not bound.nulls:
        for column in bound.inputs:
            nodes[column] = graph.present(nodes[column], _refuse_null, column.name)
    inputs = tuple([nodes[column] for column in bound.inputs])
    function: Any = bound.function
    result: Any = ()
    if optional and any(column in optional for column in bound.inputs):
        result = graph.call(_unless_absent(step_function(step)), *inputs)
    elif bound.emit is not None:
        result = bound.emit(graph, *inputs)
    elif len(bound.outputs) == 1:
        result = graph.call(function, *inputs, type=bound.outputs[0].type)
    elif bound.outputs:
        call = graph.call(function, *inputs, fields=len(bound.outputs))
        result = graph.fields(call, len(bound.outputs))
    else:
        graph.call(function, *inputs)
    results = result if isinstance(result, tuple) else (result,)
    nodes.update(zip(bound.outputs, results, strict=True))
    return inputs


def _refuse_null(name: str) -> NoReturn:
    raise NullValueError(column=name)


def dropping(lowered: Lowered) -> frozenset[Node]:
    """Return the nodes of all steps that may drop a row."""
    dropping: set[Node] = set()
    start = 0
    for step in lowered.steps:
        if step.step.bound.drops:
            dropping.update(lowered.nodes[start : step.end])
        start = step.end
    return frozenset(dropping)


def step_function(step: Step) -> Callable[..., Any]:
    """Return the function that computes a step's output from the values of its inputs."""
    if step.bound.emit is None:
        return step.bound.function  # type: ignore[return-value]
    graph = Graph()
    inputs = [graph.input(column.type) for column in step.bound.inputs]
    return evaluator(graph, step.bound.emit(graph, *inputs))


def _unless_absent(function: Callable[..., Any]) -> Callable[..., Any]:
    return lambda value: ABSENT if value is ABSENT else function(value)
