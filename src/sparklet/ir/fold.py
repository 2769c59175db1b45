"""Fold constants: a node whose operands are constants becomes a constant with the same bits."""

from __future__ import annotations

from sparklet.ir.nodes import Compare, Constant, IsNull, Logic, Node, Not, Present, Select

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
    operands = node.operands
    if operands and all(operand.__class__ is Constant for operand in operands):
        value = node.function()(*[operand.value for operand in operands])  # type: ignore[attr-defined]
        return Constant(value, null=value is None, nan=value != value)
    match node:
        case IsNull(operand=operand) if not operand.null:
            return Constant(False, nan=False)
        case Compare(operator="!=", left=left, right=right) if left is right and not (left.nan or left.null):
            return Constant(False, nan=False)
        case Present(operand=operand) if operand.null <= node.null and operand.nan <= node.nan:
            return operand
        case Not(operand=Constant(value=value)):
            return Constant(not value, nan=False)
        case Logic():
            return _joined(node)
        case Select(test=Constant(value=test)):
            return node.then if test else node.otherwise
        case Select() if node.then is node.otherwise:
            return node.then
    return node


def _joined(node: Logic) -> Node:
    for one, other in ((node.left, node.right), (node.right, node.left)):
        if isinstance(one, Constant):
            # True and x is x, False and x is False; False or x is x, True or x is True.
            return other if one.value == (node.operator == "and") else one
    return node.left if node.left is node.right else node
