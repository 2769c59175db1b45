"""The forms of the values of a program: a double in a register, an object, or segments of a vector.

Each node declares the forms that it needs of its operands. A value that no node needs is not computed, and a
vector becomes an object only when Python code or an output uses it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Any, TypeAlias

from sparklet.ir.nodes import (
    Arithmetic,
    Bucket,
    Compare,
    Constant,
    Exp,
    Field,
    Guard,
    Input,
    IsNull,
    Logic,
    Lookup,
    Negate,
    Node,
    Not,
    Otherwise,
    Present,
    Select,
    ToDouble,
)
from sparklet.ir.vectors import (
    Apply,
    Dot,
    Each,
    Element,
    IsSparse,
    Item,
    Kernel,
    Map,
    MatrixProduct,
    OneHot,
    Part,
    RequireSize,
    Scalar,
    Vector,
    size_of,
)
from sparklet.java import WHOLE, Layout, dot
from sparklet.linalg import DenseMatrix, Matrix
from sparklet.types import BooleanType, IntegralType, is_floating

__all__ = [
    "ARGUMENTS",
    "DOUBLE",
    "EXACT",
    "OBJECT",
    "RUN",
    "SHAPE",
    "TEST",
    "TUPLE",
    "Forms",
    "Resource",
    "run_size",
]

DOUBLE = "double"
"""A double or a test in a register."""
TEST = "test"
"""The truth of another value, in a register."""
OBJECT = "object"
TUPLE = "tuple"
"""A tuple of a dense vector's elements."""
RUN = "run"
"""The elements of a dense vector in adjacent registers."""
SHAPE = "shape"
"""The segments of a vector, each in its own register."""
ARGUMENTS = "arguments"
"""A tuple of elements, which is the argument of a call."""

Resource: TypeAlias = tuple[int, str]
"""The id of a node, and a form of its value."""

_NATIVE_APPLIES = {"softmax": "SOFTMAX", "normalize": "NORMALIZE", "argmax": "ARGMAX"}
EXACT = 1 << 53
"""Integers up to this magnitude are exact as doubles."""
_DEEPEST_BODY = 8
_BODY = {"+": 3, "-": 4, "*": 5, "/": 6, "<": 8, "<=": 9, ">": 10, ">=": 11, "==": 12, "!=": 13}
_ITEM, _EACH, _CONSTANT, _NEGATE, _SELECT = 0, 1, 2, 7, 14


class Forms:
    """The form in which each node is computed, and the forms that are wanted of it.

    The keys of the dicts are `id(node)`; `nodes` keeps the nodes alive. `implementations` holds what is
    prepared for a node at load: the C object of a dot or a forest, the opcode of a function, or the steps of
    a `Map`.
    """

    def __init__(self, module: Any, nodes: Sequence[Node], outputs: Sequence[Node]) -> None:
        self.module = module
        self.nodes = [node for node in nodes if not isinstance(node, Constant)]
        self.forms: dict[int, str] = {}
        self.tests: set[int] = set()
        self.implementations: dict[int, Any] = {}
        self.wanted: dict[int, set[str]] = {}
        self.shapes: dict[int, Vector] = {}
        for node in self.nodes:
            self.forms[id(node)] = self._form(node)
        for output in outputs:
            self.want_argument(output)
        for node in reversed(self.nodes):
            if node.effect or id(node) in self.wanted:
                self._want_operands(node)

    # --- the forms in which nodes are computed ---

    def root(self, node: Node) -> Node:
        """Return the node without the `Present` nodes around it, which have the same value."""
        while node.__class__ is Present:
            node = node.operand
        return node

    def double(self, node: Node) -> Node:
        """Return the node with the same double; an integer input is read directly as a double."""
        node = self.root(node)
        if isinstance(node, ToDouble) and _is_number_input(operand := self.root(node.operand)):
            return operand
        return node

    def form(self, node: Node) -> str:
        """Return the form in which a node is computed."""
        node = self.root(node)
        return OBJECT if node.__class__ in (Constant, Input) else self.forms[id(node)]

    def is_double(self, node: Node) -> bool:
        """Return whether a value can be a double in a register."""
        node = self.root(node)
        if isinstance(node, Constant):
            return node.value is None or node.value.__class__ is float
        if id(node) in self.tests:
            return False
        return self.form(node) == DOUBLE or (self.form(node) == OBJECT and is_floating(node.type))

    def _is_number(self, node: Node) -> bool:
        node = self.root(node)
        return self.is_double(node) or (
            isinstance(node, Constant) and node.value.__class__ is int and abs(node.value) <= EXACT
        )

    def is_test(self, node: Node) -> bool:
        """Return whether a value is True or False."""
        node = self.root(node)
        if isinstance(node, Constant):
            return node.value.__class__ is bool
        return id(node) in self.tests

    def _form(self, node: Node) -> str:
        match node:
            case Present(operand=operand):
                return self.form(operand)
            case ToDouble():
                return DOUBLE
            case Arithmetic(left=left, right=right) if self._is_number(left) and self._is_number(right):
                return DOUBLE
            case Compare(left=left, right=right) if self._is_number(left) and self._is_number(right):
                return self._test(node)
            case Negate(operand=operand) | Exp(operand=operand) if self.is_double(operand):
                return DOUBLE
            case Bucket(operand=operand, splits=splits) if self.is_double(operand) and _ascend(splits):
                return DOUBLE
            case IsNull() | Not() | IsSparse():
                return self._test(node)
            case Logic(left=left, right=right) if self.is_test(left) and self.is_test(right):
                return self._test(node)
            case Select(then=then, otherwise=otherwise):
                if self.is_double(then) and self.is_double(otherwise):
                    return DOUBLE
                if self.is_test(then) and self.is_test(otherwise):
                    return self._test(node)
                return OBJECT
            case Lookup(table=table, operand=operand):
                floats = all(value.__class__ is float for value in table.values())
                return DOUBLE if floats and self.form(operand) == OBJECT else OBJECT
            case Otherwise(value=value) if self.is_double(value):
                return DOUBLE
            case Vector():
                return SHAPE
            case Element(vector=vector):
                form = self.form(vector)
                return DOUBLE if form in (RUN, TUPLE, OBJECT) else OBJECT
            case Dot():
                return self._form_of_dot(node)
            case MatrixProduct() if _has_order(node.matrix) and not node.vector.null:
                return RUN
            case Kernel():
                return self._form_of_kernel(node)
            case Apply():
                return self._form_of_apply(node)
            case Map():
                self.implementations[id(node)] = _body(node.body)
        return OBJECT

    def _test(self, node: Node) -> str:
        self.tests.add(id(node))
        return DOUBLE

    def _form_of_dot(self, node: Dot) -> str:
        vector = self.root(node.vector)
        if isinstance(vector, Vector) and vector.size is not None and vector.size != node.weights.size:
            return OBJECT
        if isinstance(vector, Vector) and vector.kind == "sparse":
            return DOUBLE
        product = dot(node.weights, node.order)
        if not isinstance(product, self.module.Linear):
            return OBJECT
        self.implementations[id(node)] = product
        return DOUBLE

    def _form_of_kernel(self, node: Kernel) -> str:
        vector = self.root(node.vector)
        layout = self.layout(vector)
        function: Any = node.make(WHOLE if layout is None else layout)
        trees = isinstance(function, self.module.Trees) and function.output != 0
        if trees and function.width == (node.size or 1):
            self.implementations[id(node)] = function, layout is not None
            return DOUBLE if node.size is None else RUN
        self.implementations[id(node)] = function if layout is None else node.make(WHOLE), None
        return OBJECT if node.size is None else TUPLE

    def layout(self, vector: Node) -> Layout | None:
        """Return the layout of a vector of number and one-hot segments in registers, else None."""
        shape = self.shape(vector)
        if shape is None or shape.size is None:
            return None
        layout: list[Any] = []
        start = 0
        for segment in shape.segments:
            if isinstance(segment, OneHot):
                layout.append(("onehot", start, segment.size))
                start += segment.size
            else:
                layout.append(("scalar", start))
                start += 1
        return tuple(layout)

    def shape(self, vector: Node) -> Vector | None:
        """Return the segments of a vector in registers, None for an object."""
        vector = self.root(vector)
        if isinstance(vector, Vector):
            return vector
        if self.form(vector) not in (RUN, TUPLE):
            return None
        known = self.shapes.get(id(vector))
        if known is None:
            elements = [Element(vector, index) for index in range(run_size(vector))]
            for element in elements:
                self.forms[id(element)] = DOUBLE
            known = Vector(tuple([Scalar(x, x) for x in elements]), len(elements), -1)
            self.shapes[id(vector)] = known
        return known

    def _form_of_apply(self, node: Apply) -> str:
        shape = self.shape(node.vector)
        native = _NATIVE_APPLIES.get(node.name or "")
        if shape is not None and shape.kind == "dense" and shape.scalars:
            size = len(shape.segments)
            if native is not None and node.size == (None if native == "ARGMAX" else size):
                self.implementations[id(node)] = native
                return DOUBLE if node.size is None else RUN
        return OBJECT if node.size is None else TUPLE

    # --- wants ---

    def want(self, node: Node, form: str) -> None:
        """Record that a form of a node is wanted."""
        node = self.root(node)
        if form == DOUBLE and (operand := self.double(node)) is not node:
            self.want(operand, DOUBLE)
        if isinstance(node, Element) and self._alias(node) is not None:
            self.want(node.vector, RUN)
        wanted = self.wanted.setdefault(id(node), set())
        if form in wanted:
            return
        wanted.add(form)
        if isinstance(node, Vector):
            self._want_segments(node, form)
        elif form == OBJECT and self.form(node) in (RUN, TUPLE):
            self.want(node, self.form(node))
            if self.form(node) == RUN:
                self.want_shape(node)

    def _alias(self, node: Element) -> Node | None:
        """Return the vector in registers that contains the element, None when there is none."""
        return node.vector if self.form(node.vector) in (RUN, TUPLE) else None

    def want_argument(self, node: Node) -> None:
        """Record that a value is wanted as an argument, which may be a double in a register."""
        root = self.root(node)
        if isinstance(root, Constant):
            return
        self.want(root, DOUBLE if self.form(root) == DOUBLE else OBJECT)

    def want_test(self, node: Node) -> None:
        """Record that a value is wanted as a test."""
        root = self.root(node)
        if isinstance(root, Constant):
            return
        if id(root) not in self.tests:
            self.want(root, TEST)
        self.want(root, DOUBLE if self.is_double(root) or id(root) in self.tests else OBJECT)

    def want_shape(self, vector: Node) -> None:
        """Record that the segments of a vector are wanted."""
        shape = self.shape(vector)
        assert shape is not None  # noqa: S101
        if shape is self.root(vector):
            self.want(shape, SHAPE)
        else:
            self._want_segments(shape, SHAPE)

    def _want_segments(self, vector: Vector, form: str) -> None:
        for segment in vector.segments:
            if isinstance(segment, OneHot):
                self.want(segment.index, DOUBLE)
            elif isinstance(segment, Part):
                self.want(segment.vector, OBJECT)
            else:
                self.want(segment.active, DOUBLE)
                if form == SHAPE:
                    self.want(segment.value, DOUBLE)
                else:
                    self.want_argument(segment.value)

    def _want_operands(self, node: Node) -> None:
        wanted = self.wanted.get(id(node), set())
        if DOUBLE in wanted and self.form(node) == OBJECT and not isinstance(node, Input):
            self.want(node, OBJECT)
        form = self.forms.get(id(node))
        match node:
            case Input() | Vector() | Present():
                pass
            case Arithmetic() | Compare() | Negate() | Exp() | Bucket() if form == DOUBLE:
                for operand in node.operands:
                    self.want(operand, DOUBLE)
            case ToDouble(operand=operand):
                if self.double(node) is node:
                    self.want(operand, DOUBLE if self.form(operand) == DOUBLE else OBJECT)
            case IsNull(operand=operand):
                self._want_null(operand)
            case Not(operand=operand):
                self.want_test(operand)
            case Logic(left=left, right=right) if form == DOUBLE:
                self.want_test(left)
                self.want_test(right)
            case Select(test=test, then=then, otherwise=otherwise):
                self.want_test(test)
                for value in (then, otherwise):
                    self.want(value, DOUBLE) if form == DOUBLE else self.want_argument(value)
            case Lookup(operand=operand) if form == DOUBLE:
                self.want(operand, OBJECT)
            case Otherwise() if form == DOUBLE:
                self.want_test(node.test)
                self.want(node.value, DOUBLE)
                for argument in node.arguments:
                    self.want_argument(argument)
            case Guard():
                self.want_test(node.test)
                for argument in node.arguments if node.drops else ():
                    self.want_argument(argument)
            case IsSparse():
                self._want_segments(self.sparse_test(node), SHAPE)
            case Field():
                self.want(node.call, OBJECT)
            case Element(vector=vector) if form == DOUBLE:
                self.want(vector, RUN if self._alias(node) is not None else OBJECT)
            case Dot() | MatrixProduct() if form in (DOUBLE, RUN):
                self._want_vector(node.vector)
            case Kernel():
                if self.implementations[id(node)][1]:
                    self.want_shape(node.vector)
                else:
                    self.want(node.vector, OBJECT)
            case Apply():
                if self.shape(node.vector) is not None and self._is_run(node.vector):
                    self.want_shape(node.vector)
                else:
                    self.want(node.vector, OBJECT)
            case RequireSize():
                self._want_vector(node.vector)
            case _:
                for operand in node.operands:
                    self.want_argument(operand)

    def _is_run(self, vector: Node) -> bool:
        shape = self.shape(vector)
        return shape is not None and shape.kind == "dense" and shape.scalars is not None

    def _want_vector(self, vector: Node) -> None:
        if self.shape(vector) is not None:
            self.want_shape(vector)
        else:
            self.want(vector, OBJECT)

    def _want_null(self, operand: Node) -> None:
        root = self.root(operand)
        if (
            self.form(root) == DOUBLE
            or _is_number_input(root)
            or (isinstance(root, Input) and self.is_double(root))
        ):
            self.want(root, DOUBLE)
        elif not isinstance(root, Constant):
            self.want(root, OBJECT)

    def sparse_test(self, node: IsSparse) -> Vector:
        """Return the vector that the node tests."""
        known = self.shapes.get(id(node))
        if known is None:
            size = size_of(node.segments)
            known = self.shapes[id(node)] = Vector(node.segments, size, node.limit, node.release)
        return known

    # --- queries of the schedule and the encoder ---

    def is_constant(self, node: Node) -> bool:
        """Return whether a value is a constant."""
        return isinstance(self.root(node), Constant)

    def double_of(self, node: Node) -> Resource:
        """Return the resource of a double, which may be an element of a run."""
        root = self.double(node)
        if isinstance(root, Element) and self.form(root.vector) in (RUN, TUPLE):
            return id(self.root(root.vector)), RUN
        return id(root), DOUBLE

    def object_of(self, node: Node) -> Resource:
        """Return the resource of a node's object."""
        return id(self.root(node)), OBJECT

    def test_of(self, node: Node) -> Resource:
        """Return the resource of a test."""
        root = self.root(node)
        return id(root), DOUBLE if isinstance(root, Constant) or id(root) in self.tests else TEST

    def is_boxed(self, node: Node) -> bool:
        """Return whether an argument is a register that is boxed for the call."""
        return self.form(node) == DOUBLE


def _is_number_input(node: Node) -> bool:
    return isinstance(node, Input) and isinstance(node.type, IntegralType | BooleanType)


def run_size(node: Node) -> int:
    """Return the size of a vector that is computed in registers."""
    size = node.size  # type: ignore[attr-defined]
    assert isinstance(size, int)  # noqa: S101
    return size


def _ascend(splits: Sequence[float]) -> bool:
    return all(left <= right for left, right in pairwise((*splits, math.inf)))


def _has_order(matrix: Matrix) -> bool:
    """Return whether the indices of each stored line of a matrix ascend."""
    if isinstance(matrix, DenseMatrix):
        return True
    return all(left < right for indices, _ in matrix.lines() for left, right in pairwise(indices))


def _body(node: Node) -> list[tuple[int, tuple[float, ...]]] | None:
    """Return the body of a `Map` as stack operations with their constants, None when it has other nodes."""
    steps: list[tuple[int, tuple[float, ...]]] = []

    def add(node: Node, depth: int) -> bool:
        if depth > _DEEPEST_BODY:
            return False
        nothing: tuple[float, ...] = ()
        match node:
            case Item():
                steps.append((_ITEM, nothing))
            case Each(values=values):
                steps.append((_EACH, values))
            case Constant(value=value) if value.__class__ is float:
                steps.append((_CONSTANT, (value,)))
            case (
                Arithmetic(operator=operator, left=left, right=right)
                | Compare(operator=operator, left=left, right=right)
            ):
                if not (add(left, depth) and add(right, depth + 1)):
                    return False
                steps.append((_BODY[operator], nothing))
            case Negate(operand=operand):
                if not add(operand, depth):
                    return False
                steps.append((_NEGATE, nothing))
            case Select(test=Compare() as test, then=then, otherwise=otherwise):
                if not (add(test, depth) and add(then, depth + 1) and add(otherwise, depth + 2)):
                    return False
                steps.append((_SELECT, nothing))
            case _:
                return False
        return True

    return steps if add(node, 1) else None
