"""The forms of the values of a program: a double in a register, an object, or segments of a vector.

Each node declares the forms that it needs of its operands. A value that no node needs is not computed, and a
vector becomes an object only when Python code or an output uses it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any, ClassVar, TypeAlias

from sparklet.ir.nodes import (
    Affine,
    Arithmetic,
    Bucket,
    Compare,
    Constant,
    Exp,
    Field,
    Guard,
    Input,
    IsMissing,
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
    "NATIVE_APPLIES",
    "OBJECT",
    "RUN",
    "SHAPE",
    "TEST",
    "TUPLE",
    "Forms",
    "Resource",
    "ascend",
    "has_order",
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

Resource: TypeAlias = tuple[Node, str]
"""A node, and a form of its value."""

NATIVE_APPLIES = {
    name: name.upper()
    for name in "softmax normalize argmax float_softmax float_expit float_sigmoid float_exp".split()
}
"""The opcodes of the functions of a dense vector's elements, by their names in the graph."""
EXACT = 1 << 53
"""Integers up to this magnitude are exact as doubles."""
_GIVEN = (Constant, Input)
_OF_DOUBLES = (Affine, Arithmetic, Compare, IsMissing, Negate, Exp, Bucket)
# Nodes of these classes are calls of their own functions where their form is an object.
_CALLED = frozenset({*_OF_DOUBLES, Logic, Lookup, Otherwise, Element, Dot, MatrixProduct})
_DEEPEST_BODY = 8
_BODY = {"+": 3, "-": 4, "*": 5, "/": 6, "<": 8, "<=": 9, ">": 10, ">=": 11, "==": 12, "!=": 13}
_ITEM, _EACH, _CONSTANT, _NEGATE, _SELECT = 0, 1, 2, 7, 14


class Forms:
    """The form in which each node is computed, and the forms that are wanted of it.

    `implementations` holds what is prepared for a node at load: the C object of a dot or a forest, the opcode
    of a function, or the steps of a `Map`.
    """

    def __init__(self, module: Any, nodes: Sequence[Node], outputs: Sequence[Node]) -> None:
        self.module = module
        self.nodes = [node for node in nodes if node.__class__ is not Constant]
        self.forms: dict[Node, str] = {}
        self.tests: set[Node] = set()
        self.implementations: dict[Node, Any] = {}
        self.wanted: dict[Node, set[str]] = {}
        self.shapes: dict[Node, Vector] = {}
        for node in self.nodes:
            form = self._FORMS.get(node.__class__)
            self.forms[node] = OBJECT if form is None else form(self, node)
        for output in outputs:
            self.want_argument(output)
        for node in reversed(self.nodes):
            if node.effect or node in self.wanted:
                self._want_operands(node)

    # --- the forms in which nodes are computed ---

    def root(self, node: Node) -> Node:
        """Return the node without the `Present` nodes around it, which have the same value."""
        while node.__class__ is Present:
            node = node.operand
        return node

    def double(self, node: Node) -> Node:
        """Return the node with the same double; an integer input is read directly as a double."""
        while node.__class__ is Present:
            node = node.operand
        if node.__class__ is ToDouble and _is_number_input(operand := self.root(node.operand)):
            return operand
        return node

    def form(self, node: Node) -> str:
        """Return the form in which a node is computed."""
        while node.__class__ is Present:
            node = node.operand
        return OBJECT if node.__class__ in _GIVEN else self.forms[node]

    def is_double(self, node: Node) -> bool:
        """Return whether a value can be a double in a register."""
        while node.__class__ is Present:
            node = node.operand
        if node.__class__ is Constant:
            value = node.value
            return value is None or value.__class__ is float
        if node in self.tests:
            return False
        form = OBJECT if node.__class__ is Input else self.forms[node]
        return form == DOUBLE or (form == OBJECT and is_floating(node.type))

    def _is_number(self, node: Node) -> bool:
        if node.__class__ is Constant and node.value.__class__ is int:
            return abs(node.value) <= EXACT
        return self.is_double(node)

    def is_test(self, node: Node) -> bool:
        """Return whether a value is True or False."""
        node = self.root(node)
        if isinstance(node, Constant):
            return node.value.__class__ is bool
        return node in self.tests

    def _form_of_arithmetic(self, node: Arithmetic) -> str:
        return DOUBLE if self._is_number(node.left) and self._is_number(node.right) else OBJECT

    def _form_of_affine(self, node: Affine) -> str:
        return DOUBLE if all(map(self._is_number, node.operands)) else OBJECT

    def _form_of_compare(self, node: Compare) -> str:
        return self._test(node) if self._is_number(node.left) and self._is_number(node.right) else OBJECT

    def _form_of_unary(self, node: Negate | Exp) -> str:
        return DOUBLE if self.is_double(node.operand) else OBJECT

    def _form_of_missing(self, node: IsMissing) -> str:
        return self._test(node) if self.is_double(node.operand) else OBJECT

    def _form_of_bucket(self, node: Bucket) -> str:
        return DOUBLE if self.is_double(node.operand) and ascend(node.splits) else OBJECT

    def _form_of_logic(self, node: Logic) -> str:
        return self._test(node) if self.is_test(node.left) and self.is_test(node.right) else OBJECT

    def _form_of_select(self, node: Select) -> str:
        if self.is_double(node.then) and self.is_double(node.otherwise):
            return DOUBLE
        if self.is_test(node.then) and self.is_test(node.otherwise):
            return self._test(node)
        return OBJECT

    def _form_of_lookup(self, node: Lookup) -> str:
        floats = set(map(type, node.table.values())) <= {float}
        return DOUBLE if floats and self.form(node.operand) == OBJECT else OBJECT

    def _form_of_otherwise(self, node: Otherwise) -> str:
        return DOUBLE if self.is_double(node.value) else OBJECT

    def _form_of_element(self, node: Element) -> str:
        return DOUBLE if self.form(node.vector) in (RUN, TUPLE, OBJECT) else OBJECT

    def _form_of_product(self, node: MatrixProduct) -> str:
        return RUN if has_order(node.matrix) and not node.vector.null else OBJECT

    def _form_of_map(self, node: Map) -> str:
        self.implementations[node] = _body(node.body)
        return OBJECT

    def _test(self, node: Node) -> str:
        self.tests.add(node)
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
        self.implementations[node] = product
        return DOUBLE

    def _form_of_kernel(self, node: Kernel) -> str:
        vector = self.root(node.vector)
        layout = self.layout(vector)
        function: Any = node.make(WHOLE if layout is None else layout)
        trees = isinstance(function, self.module.Trees) and function.output != 0
        if trees and function.width == (node.size or 1):
            self.implementations[node] = function, layout is not None
            return DOUBLE if node.size is None else RUN
        self.implementations[node] = function if layout is None else node.make(WHOLE), None
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
        known = self.shapes.get(vector)
        if known is None:
            elements = [Element(vector, index) for index in range(run_size(vector))]
            for element in elements:
                self.forms[element] = DOUBLE
            known = Vector(tuple([Scalar(x, x) for x in elements]), len(elements), -1)
            self.shapes[vector] = known
        return known

    def _form_of_apply(self, node: Apply) -> str:
        shape = self.shape(node.vector)
        native = NATIVE_APPLIES.get(node.name or "")
        if shape is not None and shape.kind == "dense" and shape.scalars:
            size = len(shape.segments)
            if native is not None and node.size == (None if native == "ARGMAX" else size):
                self.implementations[node] = native
                return DOUBLE if node.size is None else RUN
        return OBJECT if node.size is None else TUPLE

    # --- wants ---

    def want(self, node: Node, form: str) -> None:
        """Record that a form of a node is wanted."""
        while node.__class__ is Present:
            node = node.operand
        kind = node.__class__
        if kind is Constant:
            return
        wanted = self.wanted.get(node)
        if wanted is None:
            self.wanted[node] = {form}
        elif form in wanted:
            return
        else:
            wanted.add(form)
        if kind is Vector:
            self._want_segments(node, form)  # type: ignore[arg-type]
        elif kind is ToDouble and form == DOUBLE:
            if (operand := self.double(node)) is not node:
                self.want(operand, DOUBLE)
        elif kind is Element and self._alias(node) is not None:
            self.want(node.vector, RUN)  # type: ignore[attr-defined]
        elif form == OBJECT and (own := self.form(node)) in (RUN, TUPLE):
            self.want(node, own)
            if own == RUN:
                self.want_shape(node)

    def _alias(self, node: Any) -> Node | None:
        """Return the vector in registers that contains the element, None when there is none."""
        return node.vector if self.form(node.vector) in (RUN, TUPLE) else None

    def want_argument(self, node: Node) -> None:
        """Record that a value is wanted as an argument, which may be a double in a register."""
        self.want(node, DOUBLE if self.form(node) == DOUBLE else OBJECT)

    def want_test(self, node: Node) -> None:
        """Record that a value is wanted as a test."""
        root = self.root(node)
        if root in self.tests:
            self.want(root, DOUBLE)
        else:
            self.want(root, TEST)
            self.want(root, DOUBLE if self.is_double(root) else OBJECT)

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
        kind, form = node.__class__, self.forms[node]
        if form == OBJECT and kind is not Input and DOUBLE in self.wanted.get(node, ()):
            self.want(node, OBJECT)
        want = self._WANTS.get(kind)
        if want is None or (form == OBJECT and kind in _CALLED):
            for operand in node.operands:
                self.want_argument(operand)
        else:
            want(self, node)

    def _want_nothing(self, node: Node) -> None:
        """Record nothing: the readers of the node want its operands."""

    def _want_doubles(self, node: Node) -> None:
        for operand in node.operands:
            if operand.__class__ is not Constant:
                self.want(operand, DOUBLE)

    def _want_of_number(self, node: ToDouble) -> None:
        if self.double(node) is node:
            self.want(node.operand, DOUBLE if self.form(node.operand) == DOUBLE else OBJECT)

    def _want_tests(self, node: Not | Logic) -> None:
        for operand in node.operands:
            self.want_test(operand)

    def _want_of_select(self, node: Select) -> None:
        self.want_test(node.test)
        if self.forms[node] == DOUBLE:
            self.want(node.then, DOUBLE)
            self.want(node.otherwise, DOUBLE)
        else:
            self.want_argument(node.then)
            self.want_argument(node.otherwise)

    def _want_of_otherwise(self, node: Otherwise) -> None:
        self.want_test(node.test)
        self.want(node.value, DOUBLE)
        for argument in node.arguments:
            self.want_argument(argument)

    def _want_of_guard(self, node: Guard) -> None:
        self.want_test(node.test)
        for argument in node.arguments if node.drops else ():
            self.want_argument(argument)

    def _want_of_element(self, node: Element) -> None:
        self.want(node.vector, RUN if self._alias(node) is not None else OBJECT)

    def _want_of_kernel(self, node: Kernel) -> None:
        if self.implementations[node][1]:
            self.want_shape(node.vector)
        else:
            self.want(node.vector, OBJECT)

    def _want_of_apply(self, node: Apply) -> None:
        if self._is_run(node.vector):
            self.want_shape(node.vector)
        else:
            self.want(node.vector, OBJECT)

    def _is_run(self, vector: Node) -> bool:
        shape = self.shape(vector)
        return shape is not None and shape.kind == "dense" and shape.scalars is not None

    def _want_vector(self, vector: Node) -> None:
        if self.shape(vector) is not None:
            self.want_shape(vector)
        else:
            self.want(vector, OBJECT)

    def _want_null(self, node: IsNull) -> None:
        root = self.root(node.operand)
        if (
            self.form(root) == DOUBLE
            or _is_number_input(root)
            or (isinstance(root, Input) and self.is_double(root))
        ):
            self.want(root, DOUBLE)
        else:
            self.want(root, OBJECT)

    def sparse_test(self, node: IsSparse) -> Vector:
        """Return the vector that the node tests."""
        known = self.shapes.get(node)
        if known is None:
            size = size_of(node.segments)
            known = self.shapes[node] = Vector(node.segments, size, node.limit, node.release)
        return known

    # --- queries of the schedule and the encoder ---

    def is_constant(self, node: Node) -> bool:
        """Return whether a value is a constant."""
        while node.__class__ is Present:
            node = node.operand
        return node.__class__ is Constant

    def double_of(self, node: Node) -> Resource:
        """Return the resource of a double, which may be an element of a run."""
        while node.__class__ is Present:
            node = node.operand
        kind = node.__class__
        if kind is ToDouble:
            node = self.double(node)
        elif kind is Element and (vector := self._alias(node)) is not None:
            return self.root(vector), RUN
        return node, DOUBLE

    def object_of(self, node: Node) -> Resource:
        """Return the resource of a node's object."""
        return self.root(node), OBJECT

    def test_of(self, node: Node) -> Resource:
        """Return the resource of a test."""
        while node.__class__ is Present:
            node = node.operand
        return node, DOUBLE if node in self.tests or node.__class__ is Constant else TEST

    def is_boxed(self, node: Node) -> bool:
        """Return whether an argument is a register that is boxed for the call."""
        return self.form(node) == DOUBLE

    # The function that returns the form of a node, by its class; nodes of other classes are objects.
    _FORMS: ClassVar[dict[type, Callable[[Any, Any], str]]] = {
        Present: lambda self, node: self.form(node.operand),
        ToDouble: lambda *_: DOUBLE,
        Affine: _form_of_affine,
        Arithmetic: _form_of_arithmetic,
        Compare: _form_of_compare,
        Negate: _form_of_unary,
        Exp: _form_of_unary,
        Bucket: _form_of_bucket,
        IsMissing: _form_of_missing,
        IsNull: _test,
        Not: _test,
        IsSparse: _test,
        Logic: _form_of_logic,
        Select: _form_of_select,
        Lookup: _form_of_lookup,
        Otherwise: _form_of_otherwise,
        Vector: lambda *_: SHAPE,
        Element: _form_of_element,
        Dot: _form_of_dot,
        MatrixProduct: _form_of_product,
        Kernel: _form_of_kernel,
        Apply: _form_of_apply,
        Map: _form_of_map,
    }
    # The function that records the wanted forms of a node's operands, by its class. Nodes of other classes
    # take their operands as arguments.
    _WANTS: ClassVar[dict[type, Callable[[Any, Any], None]]] = {
        **dict.fromkeys((Input, Vector, Present), _want_nothing),
        **dict.fromkeys(_OF_DOUBLES, _want_doubles),
        ToDouble: _want_of_number,
        IsNull: _want_null,
        Not: _want_tests,
        Logic: _want_tests,
        Select: _want_of_select,
        Lookup: lambda self, node: self.want(node.operand, OBJECT),
        Otherwise: _want_of_otherwise,
        Guard: _want_of_guard,
        IsSparse: lambda self, node: self._want_segments(self.sparse_test(node), SHAPE),
        Field: lambda self, node: self.want(node.call, OBJECT),
        Element: _want_of_element,
        Dot: lambda self, node: self._want_vector(node.vector),
        MatrixProduct: lambda self, node: self._want_vector(node.vector),
        Kernel: _want_of_kernel,
        Apply: _want_of_apply,
        RequireSize: lambda self, node: self._want_vector(node.vector),
    }


def _is_number_input(node: Node) -> bool:
    return isinstance(node, Input) and isinstance(node.type, IntegralType | BooleanType)


def run_size(node: Node) -> int:
    """Return the size of a vector that is computed in registers."""
    size = node.size  # type: ignore[attr-defined]
    assert isinstance(size, int)  # noqa: S101
    return size


def ascend(splits: Sequence[float]) -> bool:
    """Return whether splits ascend, without NaN."""
    return all(left <= right for left, right in pairwise((*splits, math.inf)))


def has_order(matrix: Matrix) -> bool:
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
            case Affine(operand=x, shift=shift, factor=factor):
                if not (add(x, depth) and add(shift, depth + 1)):
                    return False
                steps.append((_BODY["-"], nothing))
                if not add(factor, depth + 1):
                    return False
                steps.append((_BODY["*"], nothing))
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
