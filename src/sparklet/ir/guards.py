"""Move guards to the front, so that a refused or dropped row costs no later arithmetic."""

from __future__ import annotations

from collections.abc import Sequence

from sparklet.ir.nodes import Node

__all__ = ["effects_first"]


def effects_first(nodes: Sequence[Node]) -> list[Node]:
    """Return the nodes with all effects as early as possible and in their original order.

    Each node with an effect follows directly after its operands; all other nodes come last. Effects keep
    their order, because it decides which of them refuses or drops a row.

    >>> from sparklet.ir.nodes import Guard, Input, Negate
    >>> x = Input(0)
    >>> y, guard = Negate(x), Guard(x, print, ())
    >>> effects_first([x, y, guard]) == [x, guard, y]
    True
    """
    known = {id(node): node for node in nodes}
    placed: set[int] = set()
    order: list[Node] = []

    def place(node: Node) -> None:
        pending = [node]
        while pending:
            last = pending[-1]
            missing = [x for x in last.operands if id(x) in known and id(x) not in placed]
            if missing:
                pending += missing
                continue
            pending.pop()
            if id(last) not in placed:
                placed.add(id(last))
                order.append(last)

    for node in nodes:
        if node.effect:
            place(node)
    for node in nodes:
        place(node)
    return order
