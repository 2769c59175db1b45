"""The nodes that a program of the C module computes for blocks of rows, see `blocks.py`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from sparklet.codegen.forms import EXACT, NATIVE_APPLIES, ascend, has_order
from sparklet.ir import (
    Affine,
    Apply,
    Arithmetic,
    Bucket,
    Compare,
    Constant,
    Dot,
    Element,
    Exp,
    Guard,
    Input,
    IsMissing,
    IsNull,
    IsSparse,
    Kernel,
    Logic,
    MatrixProduct,
    Negate,
    Node,
    Not,
    OneHot,
    Otherwise,
    Present,
    RequireSize,
    Scalar,
    Select,
    ToDouble,
    Vector,
)
from sparklet.java import Layout, dot
from sparklet.types import BOOLEAN, BooleanType, IntegralType, is_floating

__all__ = ["CHECK", "ELEMENTS", "NUMBER", "SEGMENTS", "TEST", "Natives", "root"]

NUMBER = "number"
TEST = "test"
ELEMENTS = "elements"
"""The elements of a dense vector, each in a register."""
SEGMENTS = "segments"
"""A vector that only exists as its segments."""
CHECK = "check"
"""A check that yields no value."""


def root(node: Node) -> Node:
    """Return the node without the `Present` nodes around it, which have the same value."""
    while isinstance(node, Present):
        node = node.operand
    return node


class Natives:
    """The form in which a program computes each node, None for a node that it cannot compute.

    `implementations` has the C object of a dot product or a forest, and the opcode of a function of elements.
    """

    def __init__(self, module: Any, nodes: Sequence[Node]) -> None:
        self.module = module
        self.implementations: dict[int, Any] = {}
        self._forms: dict[int, str | None] = {}
        for node in nodes if module is not None else ():
            form = self._FORMS.get(type(node))
            self._forms[id(node)] = None if form is None else form(self, node)

    def form(self, node: Node) -> str | None:
        """Return the form in which a program computes a node."""
        return self._forms.get(id(root(node)))

    def is_number(self, node: Node) -> bool:
        """Return whether a value is a double, in a register or as a column."""
        node = root(node)
        if isinstance(node, Constant):
            value = node.value
            return value is None or value.__class__ is float
        form = self.form(node)
        return form == NUMBER or (form is None and is_floating(node.type))

    def is_test(self, node: Node) -> bool:
        """Return whether a value is True or False, never null."""
        node = root(node)
        if isinstance(node, Constant):
            return node.value.__class__ is bool
        return self.form(node) == TEST

    def _is_operand(self, node: Node) -> bool:
        value = root(node)
        if isinstance(value, Constant) and value.value.__class__ is int:
            return abs(value.value) <= EXACT
        return self.is_number(node)

    def _has_truth(self, node: Node) -> bool:
        """Return whether the truth of a value is known to a program."""
        node = root(node)
        return self.is_test(node) or (
            self.form(node) is None and not isinstance(node, Constant) and node.type == BOOLEAN
        )

    def _is_vector(self, node: Node) -> bool:
        return self.form(node) in (ELEMENTS, SEGMENTS)

    # --- the form of each class of nodes ---

    def _numbers(self, node: Node) -> str | None:
        return NUMBER if all(map(self._is_operand, node.operands)) else None

    def _compare(self, node: Compare) -> str | None:
        return TEST if all(map(self._is_operand, node.operands)) else None

    def _double(self, node: Negate | Exp) -> str | None:
        return NUMBER if self.is_number(node.operand) else None

    def _is_missing(self, node: IsMissing) -> str | None:
        return TEST if self.is_number(node.operand) else None

    def _bucket(self, node: Bucket) -> str | None:
        return NUMBER if self.is_number(node.operand) and ascend(node.splits) else None

    def _to_double(self, node: ToDouble) -> str | None:
        operand = root(node.operand)
        return NUMBER if self.is_test(operand) or _is_whole(operand) or self.is_number(operand) else None

    def _is_null(self, node: IsNull) -> str | None:
        operand = root(node.operand)
        known = self.is_number(operand) or self.form(operand) == TEST or _is_whole(operand)
        return TEST if known and not isinstance(operand, Constant) else None

    def _not(self, node: Not) -> str | None:
        return TEST if self._has_truth(node.operand) else None

    def _logic(self, node: Logic) -> str | None:
        return TEST if all(map(self.is_test, node.operands)) else None

    def _select(self, node: Select) -> str | None:
        if not self._has_truth(node.test):
            return None
        if self.is_number(node.then) and self.is_number(node.otherwise):
            return NUMBER
        return TEST if self.is_test(node.then) and self.is_test(node.otherwise) else None

    def _otherwise(self, node: Otherwise) -> str | None:
        known = self._has_truth(node.test) and self.is_number(node.value)
        return NUMBER if known and all(map(self._is_argument, node.arguments)) else None

    def _is_argument(self, node: Node) -> bool:
        return isinstance(root(node), Constant) or self.is_number(node) or self.is_test(node)

    def _guard(self, node: Guard) -> str | None:
        known = self._has_truth(node.test)
        return CHECK if known and (not node.drops or all(map(self._is_argument, node.arguments))) else None

    def _vector(self, node: Vector) -> str | None:
        return SEGMENTS if node.size is not None and self._takes_segments(node) else None

    def _is_sparse(self, node: IsSparse) -> str | None:
        return TEST if node.limit is not None and self._takes_segments(node) else None

    def _takes_segments(self, node: Vector | IsSparse) -> bool:
        return all(isinstance(segment, Scalar | OneHot) for segment in node.segments) and all(
            map(self.is_number, node.operands)
        )

    def _element(self, node: Element) -> str | None:
        return NUMBER if self.form(node.vector) == ELEMENTS else None

    def _dot(self, node: Dot) -> str | None:
        vector = root(node.vector)
        if not self._is_vector(vector) or vector.size != node.weights.size:  # type: ignore[attr-defined]
            return None
        if isinstance(vector, Vector) and vector.kind == "sparse":
            return NUMBER
        product = dot(node.weights, node.order)
        if not isinstance(product, self.module.Linear):
            return None
        self.implementations[id(node)] = product
        return NUMBER

    def _product(self, node: MatrixProduct) -> str | None:
        vector = root(node.vector)
        fits = self._is_vector(vector) and vector.size == node.matrix.numCols  # type: ignore[attr-defined]
        return ELEMENTS if fits and has_order(node.matrix) else None

    def _kernel(self, node: Kernel) -> str | None:
        vector = root(node.vector)
        if not self._is_vector(vector):
            return None
        trees: Any = node.make(_layout(vector))
        # Output 0 is the numbers of the leaves, which are integers.
        if not isinstance(trees, self.module.Trees) or trees.output == 0 or trees.width != (node.size or 1):
            return None
        self.implementations[id(node)] = trees
        return NUMBER if node.size is None else ELEMENTS

    def _apply(self, node: Apply) -> str | None:
        opcode = NATIVE_APPLIES.get(node.name or "")
        vector = root(node.vector)
        scalars = vector.scalars if isinstance(vector, Vector) and vector.kind == "dense" else ()
        size = vector.size if self.form(vector) == ELEMENTS else len(scalars or ())  # type: ignore[attr-defined]
        if opcode is None or not size or not self._is_vector(vector):
            return None
        if node.size != (None if opcode == "ARGMAX" else size):
            return None
        self.implementations[id(node)] = opcode
        return NUMBER if node.size is None else ELEMENTS

    def _require_size(self, node: RequireSize) -> str | None:
        vector = root(node.vector)
        return CHECK if self._is_vector(vector) and vector.size == node.size else None  # type: ignore[attr-defined]

    # The method that returns the form of a node, by its class; a program computes no nodes of other classes.
    _FORMS: ClassVar[dict[type, Callable[[Any, Any], str | None]]] = {
        Affine: _numbers,
        Arithmetic: _numbers,
        Compare: _compare,
        Negate: _double,
        Exp: _double,
        Bucket: _bucket,
        ToDouble: _to_double,
        IsMissing: _is_missing,
        IsNull: _is_null,
        Not: _not,
        Logic: _logic,
        Select: _select,
        Otherwise: _otherwise,
        Guard: _guard,
        Vector: _vector,
        IsSparse: _is_sparse,
        Element: _element,
        Dot: _dot,
        MatrixProduct: _product,
        Kernel: _kernel,
        Apply: _apply,
        RequireSize: _require_size,
    }


def _is_whole(node: Node) -> bool:
    return isinstance(node, Input) and isinstance(node.type, IntegralType | BooleanType)


def _layout(vector: Node) -> Layout:
    """Return the layout of a vector of numbers and one-hot segments."""
    if not isinstance(vector, Vector):
        return tuple([("scalar", index) for index in range(vector.size)])  # type: ignore[attr-defined]
    layout: list[Any] = []
    start = 0
    for segment in vector.segments:
        if isinstance(segment, OneHot):
            layout.append(("onehot", start, segment.size))
            start += segment.size
        else:
            layout.append(("scalar", start))
            start += 1
    return tuple(layout)
