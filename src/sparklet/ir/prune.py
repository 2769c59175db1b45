"""Prune the graph: keep only nodes that an output needs or that may refuse or drop the row."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sparklet.ir.nodes import Node

__all__ = ["prune"]


def prune(nodes: Sequence[Node], outputs: Iterable[Node]) -> list[Node]:
    """Return the nodes that the outputs need and the nodes with effects, in their order.

    Nodes with effects stay, because Spark computes every column that a later stage reads, and raises its
    errors, even when that stage does not use the value: for example, a slicer reads all elements of its
    input.

    >>> from sparklet.ir.nodes import Input, Negate
    >>> x = Input(0)
    >>> y, z = Negate(x), Negate(x)
    >>> prune([x, y, z], [z]) == [x, z]
    True
    """
    live = set(outputs)
    kept = []
    for node in reversed(nodes):
        if node in live or node.effect:
            kept.append(node)
            live.update(node.operands)
    return kept[::-1]
