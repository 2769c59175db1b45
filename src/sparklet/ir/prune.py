"""Pruning: only nodes that an output or a refusal needs are computed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sparklet.ir.nodes import Call, Guard, Node

__all__ = ["prune"]


def prune(nodes: Sequence[Node], outputs: Iterable[Node]) -> list[Node]:
    """Return the nodes, in their order, that outputs are computed from, and those that may refuse the row.

    >>> from sparklet.ir.nodes import Input, Negate
    >>> x = Input(0)
    >>> y, z = Negate(x), Negate(x)
    >>> prune([x, y, z], [z]) == [x, z]
    True
    """
    live = {id(node) for node in outputs}
    kept = []
    for node in reversed(nodes):
        if id(node) in live or isinstance(node, Guard) or (isinstance(node, Call) and node.keeps):
            kept.append(node)
            live.update(map(id, node.operands))
    return kept[::-1]
