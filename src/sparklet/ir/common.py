"""Eliminate common subexpressions: nodes without effects that compute the same value become one node."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from sparklet.ir.nodes import (
    Arithmetic,
    Bucket,
    Compare,
    Constant,
    Exp,
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

_SHARED = (Arithmetic, Bucket, Compare, Exp, IsNull, Logic, Negate, Not, Present, Select, ToDouble)


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
        key = _key(node)
        return node if key is None else self._nodes.setdefault(key, node)


def _key(node: Node) -> Any:
    if isinstance(node, Constant):
        value = node.value
        # Compare floats by repr, because 0.0 == -0.0 and NaN != NaN.
        return (Constant, repr(value)) if value.__class__ is float else (Constant, id(value))
    if isinstance(node, Element):
        return Element, id(node.vector), node.index
    if isinstance(node, IsSparse):
        return IsSparse, tuple([_stored(segment) for segment in node.segments]), node.limit
    if not isinstance(node, _SHARED):
        return None
    own = [getattr(node, field.name) for field in fields(node) if not field.kw_only]
    return type(node), node.nan, *[id(value) if isinstance(value, Node | tuple) else value for value in own]


def _stored(segment: Any) -> tuple[int, int]:
    """Return the key of the number of elements of a segment that a sparse vector stores."""
    if isinstance(segment, Scalar):
        return id(segment.active), 1
    return (id(segment.index), segment.size) if isinstance(segment, OneHot) else (id(segment.vector), -1)
