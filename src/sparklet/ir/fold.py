"""Fold constants: a node whose operands are constants becomes a constant with the same bits."""

from __future__ import annotations

from sparklet.ir.nodes import Constant, Node, Select

__all__ = ["fold"]


def fold(node: Node) -> Node:
    """Return a simpler node with the same value, or the node itself.

    The functions that compute a node for a row also fold it. The simplifications keep every bit; for example,
    `x + 0.0` is not simplified to `x`, because it turns -0.0 into 0.0.

    >>> from sparklet.ir.nodes import Arithmetic
    >>> fold(Arithmetic("*", Constant(0.1), Constant(3.0))).value
    0.30000000000000004
    """
    if node.effect:
        return node
    for operand in node.operands:
        if operand.__class__ is not Constant:
            break
    else:
        if node.operands:
            value = node.function()(*[operand.value for operand in node.operands])  # type: ignore[attr-defined]
            return Constant(value, null=value is None, nan=value != value)
    if isinstance(node, Select):
        if isinstance(node.test, Constant):
            return node.then if node.test.value else node.otherwise
        return node.then if node.then is node.otherwise else node
    return node
