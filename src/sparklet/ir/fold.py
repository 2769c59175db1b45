"""Fold constants: a node whose operands are constants becomes a constant with the same bits."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sparklet.ir.nodes import Compare, Constant, IsNull, Logic, Node, Present, Select

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
    simplify = _IDENTITIES.get(node.__class__)
    return node if simplify is None else simplify(node)


def _is_null(node: IsNull) -> Node:
    return node if node.operand.null else Constant(False, nan=False)


def _compare(node: Compare) -> Node:
    left = node.left
    if node.operator == "!=" and left is node.right and not (left.nan or left.null):
        return Constant(False, nan=False)
    return node


def _present(node: Present) -> Node:
    operand = node.operand
    return operand if operand.null <= node.null and operand.nan <= node.nan else node


def _select(node: Select) -> Node:
    if isinstance(node.test, Constant):
        return node.then if node.test.value else node.otherwise
    return node.then if node.then is node.otherwise else node


def _joined(node: Logic) -> Node:
    for one, other in ((node.left, node.right), (node.right, node.left)):
        if isinstance(one, Constant):
            # True and x is x, False and x is False; False or x is x, True or x is True.
            return other if one.value == (node.operator == "and") else one
    return node.left if node.left is node.right else node


_IDENTITIES: Mapping[type, Callable[[Any], Node]] = {
    IsNull: _is_null,
    Compare: _compare,
    Present: _present,
    Logic: _joined,
    Select: _select,
}
