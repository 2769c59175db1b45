"""Evaluate the graph node by node with the function of each node; this defines the result of the graph."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from sparklet.ir.graph import Graph
from sparklet.ir.nodes import Constant, Input, Node
from sparklet.ir.prune import prune
from sparklet.records import record

__all__ = ["Wiring", "evaluator", "wire"]


@record()
class Wiring:
    """Nodes as functions on a list of values: the constants, then the inputs, then the results of `work`.

    Each entry of `work` is the function of a node and the indices of its operands. `slots` maps `id(node)` to
    the index of the node's value.
    """

    constants: tuple[Any, ...]
    work: tuple[tuple[Callable[..., Any], tuple[int, ...]], ...]
    slots: dict[int, int]


def wire(nodes: Sequence[Node], inputs: Sequence[Input], outputs: Sequence[Node]) -> Wiring:
    """Return the wiring of nodes that are in execution order."""
    used = [operand for node in nodes for operand in node.operands] + list(outputs)
    constants = list({id(node): node for node in used if isinstance(node, Constant)}.values())
    computed = [node for node in nodes if not isinstance(node, Input)]
    slots = {id(node): slot for slot, node in enumerate([*constants, *inputs, *computed])}
    work = [(node.function(), tuple([slots[id(operand)] for operand in node.operands])) for node in computed]
    return Wiring(tuple([node.value for node in constants]), tuple(work), slots)


def evaluator(graph: Graph, output: Node) -> Callable[..., Any]:
    """Return the function from the values of a graph's inputs to the value of a node.

    >>> from sparklet.types import DOUBLE
    >>> graph = Graph()
    >>> evaluator(graph, graph.multiply(graph.input(DOUBLE), 2.0))(4.0)
    8.0
    """
    wiring = wire(prune(graph.nodes, [output]), graph.inputs, [output])
    result = wiring.slots[id(output)]

    def evaluate(*inputs: Any) -> Any:
        values = [*wiring.constants, *inputs]
        for function, operands in wiring.work:
            values.append(function(*[values[slot] for slot in operands]))
        return values[result]

    return evaluate
