"""Eliminate common subexpressions: nodes without effects that compute the same value become one node."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sparklet.ir.nodes import (
    Affine,
    Arithmetic,
    Bucket,
    Compare,
    Constant,
    Exp,
    IsMissing,
    IsNull,
    Logic,
    Negate,
    Node,
    Not,
    Present,
    Select,
    ToDouble,
)
from sparklet.ir.vectors import Element, IsSparse, OneHot, Scalar

__all__ = ["Common"]


class Common:
    """Map each node to the first node that computes the same value.

    >>> from sparklet.ir.nodes import Input
    >>> x, common = Input(0), Common()
    >>> common(Arithmetic("+", x, x)) is common(Arithmetic("+", x, x))
    True
    """

    def __init__(self) -> None:
        self._nodes: dict[Any, Node] = {}

    def __call__(self, node: Node) -> Node:
        """Return the first node that computes the same value, or else the node itself."""
        key = _KEYS.get(node.__class__)
        return node if key is None else self._nodes.setdefault(key(node), node)

    def constant(self, value: Any) -> Node:
        """Return the node of a constant."""
        if value.__class__ is not float:
            key: Any = (Constant, id(value))
        else:
            # Compare zeros and NaN by repr, because 0.0 == -0.0 and NaN != NaN.
            key = value if value and value == value else repr(value)
        node = self._nodes.get(key)
        if node is None:
            node = self._nodes[key] = Constant(value, null=value is None, nan=value != value)
        return node


def _joined(node: Any) -> Any:
    return node.__class__, node.nan, node.operator, node.left, node.right


def _unary(node: Any) -> Any:
    return node.__class__, node.nan, node.operand


def _affine(node: Affine) -> Any:
    return Affine, node.operand, node.shift, node.factor


def _select(node: Select) -> Any:
    return Select, node.nan, node.test, node.then, node.otherwise


def _sparse(node: IsSparse) -> Any:
    return IsSparse, tuple([_stored(segment) for segment in node.segments]), node.limit


def _stored(segment: Any) -> tuple[Node, int]:
    """Return the key of the number of elements of a segment that a sparse vector stores."""
    if isinstance(segment, Scalar):
        return segment.active, 1
    return (segment.index, segment.size) if isinstance(segment, OneHot) else (segment.vector, -1)


_KEYS: Mapping[type, Callable[[Any], Any]] = {
    Affine: _affine,
    **dict.fromkeys((Arithmetic, Compare, Logic), _joined),
    **dict.fromkeys((Exp, IsMissing, IsNull, Negate, Not, Present, ToDouble), _unary),
    Bucket: lambda node: (Bucket, node.nan, id(node.splits), node.operand),
    Select: _select,
    Element: lambda node: (Element, node.vector, node.index),
    IsSparse: _sparse,
}
"""The function that returns the key of a node, by its class; nodes of other classes are never shared."""
