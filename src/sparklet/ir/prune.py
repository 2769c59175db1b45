"""Pruning: only nodes are computed that an output needs, or that may refuse or drop the row."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sparklet.ir.nodes import Node

__all__ = ["prune"]


def prune(nodes: Sequence[Node], outputs: Iterable[Node]) -> list[Node]:
    """Return the nodes, in their order, that outputs are computed from, and those that have effects.

    Spark computes a column that a later stage reads, and fails with it, even where that stage makes no use of
    the value: a slicer's input is assembled as a whole. So nodes with effects stay.

    >>> from sparklet.ir.nodes import Input, Negate
    >>> x = Input(0)
    >>> y, z = Negate(x), Negate(x)
    >>> prune([x, y, z], [z]) == [x, z]
    True
    """
    live = {id(node) for node in outputs}
    kept = []
    for node in reversed(nodes):
        if id(node) in live or node.effect:
            kept.append(node)
            live.update(map(id, node.operands))
    return kept[::-1]
