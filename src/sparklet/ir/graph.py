"""The graph builder, whose methods stages call to declare how they compute their outputs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Literal, TypeAlias

from sparklet.ir.common import Common
from sparklet.ir.fold import fold
from sparklet.ir.nodes import (
    Affine,
    Arithmetic,
    Bucket,
    Call,
    Compare,
    Constant,
    Exp,
    Field,
    Function,
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
    RequireSize,
    Scalar,
    Segment,
    Vector,
    size_of,
)
from sparklet.java import Layout
from sparklet.linalg import Matrix, Release, compressed, sparse_limit
from sparklet.linalg import Vector as VectorValue
from sparklet.types import BOOLEAN, DOUBLE, VECTOR, is_floating

__all__ = ["Emit", "Graph", "calls"]

Emit: TypeAlias = Callable[..., Node]
"""A stage's function from a graph and the nodes of its inputs to the node of its output."""

Operand: TypeAlias = Node | float | None


def calls(function: Function, type: Any) -> Emit:
    """Return the `Emit` of a stage that calls one function, which never returns null."""
    return lambda graph, *inputs: graph.call(function, *inputs, type=type, null=False)


class Graph:
    """The graph of a pipeline; its nodes are in the order of their effects.

    Each method adds a node and returns it, or returns an existing node with the same value. A number argument
    is a constant.

    >>> graph = Graph()
    >>> x = graph.input(DOUBLE)
    >>> graph.multiply(x, 2.0) is graph.multiply(x, 2.0)
    True
    """

    def __init__(self) -> None:
        self.nodes: list[Node] = []
        self.inputs: list[Input] = []
        self._common = Common()

    def add(self, node: Node) -> Node:
        """Add a node and return it; return a constant or an existing node when it has the same value."""
        if node.effect:  # neither constant nor shared
            self.nodes.append(node)
            return node
        simpler = fold(node)
        if simpler is not node:
            # The simpler node is a constant or an operand, which the graph has.
            return self.constant(simpler.value) if isinstance(simpler, Constant) else simpler
        common = self._common(node)
        if common is node:
            self.nodes.append(node)
        return common

    def input(self, type: Any, *, null: bool = True) -> Input:
        """Add an input column and return its node."""
        node = Input(len(self.inputs), type=type, null=null, nan=is_floating(type))
        self.inputs.append(node)
        self.nodes.append(node)
        return node

    def constant(self, value: Any) -> Node:
        """Return the node of a constant."""
        return self._common.constant(value)

    def _node(self, value: Any) -> Node:
        return value if isinstance(value, Node) else self._common.constant(value)

    # --- arithmetic ---

    def _arithmetic(self, operator: Literal["+", "-", "*", "/"], x: Operand, y: Operand) -> Node:
        left, right = self._node(x), self._node(y)
        return self.add(Arithmetic(operator, left, right, null=left.null or right.null))

    def plus(self, x: Operand, y: Operand) -> Node:
        """Return x + y."""
        return self._arithmetic("+", x, y)

    def minus(self, x: Operand, y: Operand) -> Node:
        """Return x - y."""
        return self._arithmetic("-", x, y)

    def multiply(self, x: Operand, y: Operand) -> Node:
        """Return x * y."""
        return self._arithmetic("*", x, y)

    def divide(self, x: Operand, y: Operand) -> Node:
        """Return x / y, where y is never zero."""
        return self._arithmetic("/", x, y)

    def affine(self, x: Node, shift: Operand, factor: Operand) -> Node:
        """Return (x - shift) * factor."""
        if x.null:
            return self.multiply(self.minus(x, shift), factor)
        return self.add(Affine(x, self._node(shift), self._node(factor)))

    def negate(self, x: Node) -> Node:
        """Return -x."""
        return self.add(Negate(x, null=x.null, nan=x.nan))

    def exp(self, x: Node) -> Node:
        """Return Java's `Math.exp` of x."""
        return self.add(Exp(x))

    def logistic(self, x: Node) -> Node:
        """Return 1 / (1 + exp(-x))."""
        return self.divide(1.0, self.plus(1.0, self.exp(self.negate(x))))

    def to_double(self, x: Node) -> Node:
        """Return a number of any type as a double."""
        if is_floating(x.type):
            return x
        return self.add(ToDouble(x, null=x.null, nan=False))

    def bucket(self, splits: tuple[float, ...], x: Node) -> Node:
        """Return the index of the last of the ascending splits that is <= x."""
        return self.add(Bucket(splits, x, null=x.null, nan=False))

    # --- tests and choices ---

    def compare(self, operator: Literal["<", "<=", ">", ">=", "==", "!="], x: Operand, y: Operand) -> Node:
        """Return the test that compares two numbers."""
        return self.add(Compare(operator, self._node(x), self._node(y), type=BOOLEAN, nan=False))

    def is_null(self, x: Node) -> Node:
        """Return the test that holds when x is null."""
        return self.add(IsNull(x, type=BOOLEAN, nan=False)) if x.null else self.constant(False)

    def is_nan(self, x: Node) -> Node:
        """Return the test that holds when x, a number or null, is NaN."""
        return self.compare("!=", x, x) if x.nan or x.null else self.constant(False)

    def is_missing(self, x: Node) -> Node:
        """Return the test that holds when x, a number or null, is null or NaN."""
        if x.null and x.nan and is_floating(x.type):
            return self.add(IsMissing(x, type=BOOLEAN, nan=False))
        return self.either(self.is_null(x), self.is_nan(self.to_double(x)))

    def negation(self, test: Node) -> Node:
        """Return the negation of a test."""
        return self.add(Not(test, type=BOOLEAN, nan=False))

    def both(self, *tests: Node) -> Node:
        """Return the test that holds when all given tests hold."""
        return self._logic("and", tests)

    def either(self, *tests: Node) -> Node:
        """Return the test that holds when any given test holds."""
        return self._logic("or", tests)

    def _logic(self, operator: Literal["and", "or"], tests: Sequence[Node]) -> Node:
        joined = tests[0]
        for test in tests[1:]:
            if joined.__class__ is Constant:
                joined, test = test, joined  # noqa: PLW2901 - the constant comes second
            if isinstance(test, Constant):
                # x and True is x, x and False is False; x or False is x, x or True is True.
                joined = joined if test.value == (operator == "and") else test
            elif joined is not test:
                joined = self.add(Logic(operator, joined, test, type=BOOLEAN, nan=False))
        return joined

    def select(self, test: Node, then: Operand, otherwise: Operand, **facts: Any) -> Node:
        """Return `then` when a test holds, else `otherwise`; `facts` are fields of `Node`."""
        first, second = self._node(then), self._node(otherwise)
        known: dict[str, Any] = {
            "type": second.type if first.null and first.__class__ is Constant else first.type,
            "null": first.null or second.null,
            "nan": first.nan or second.nan,
        }
        return self.add(Select(test, first, second, **known | facts))

    def above(self, x: Node, threshold: float) -> Node:
        """Return 1.0 when x is above a threshold, else 0.0."""
        return self.select(self.compare(">", x, threshold), 1.0, 0.0, nan=False, categories=2)

    def lookup(self, table: Mapping[str, float], x: Node, missing: Function, **facts: Any) -> Node:
        """Return a table's entry for a string; for any other value, the result of `missing(value)`."""
        return self.add(Lookup(table, missing, x, **facts))

    # --- calls and refusals ---

    def call(self, function: Function, *arguments: Operand, **facts: Any) -> Node:
        """Return the result of a function, which may be null unless `facts` declare otherwise."""
        facts = {"type": None, "null": True} | facts
        return self.add(Call(function, tuple(map(self._node, arguments)), **facts))

    def fields(self, call: Node, count: int) -> tuple[Node, ...]:
        """Return the nodes of the values of a call that returns a tuple."""
        assert isinstance(call, Call)  # noqa: S101 - only a call has fields
        return tuple([self.add(Field(call, index, type=None, null=True)) for index in range(count)])

    def otherwise(
        self, test: Node, value: Node, function: Function, *arguments: Operand, **facts: Any
    ) -> Node:
        """Return a value when a test holds; else, which is rare, the result of a function that may raise."""
        if isinstance(test, Constant) and test.value:
            return value
        return self.add(Otherwise(test, value, function, tuple(map(self._node, arguments)), **facts))

    def guard(self, test: Node, function: Function, *arguments: Any, drops: bool = False) -> None:
        """Call a function that raises when a test holds; with `drops` it may raise `Dropped`."""
        if not (isinstance(test, Constant) and not test.value):
            self.add(Guard(test, function, tuple(map(self._node, arguments)), drops, type=None))

    def present(self, x: Node, function: Function, *arguments: Any) -> Node:
        """Return x as a value that is not null; the function raises when it is null."""
        if not x.null:
            return x
        self.guard(self.is_null(x), function, *arguments)
        return self.add(Present(x, type=x.type, nan=x.nan, categories=x.categories))

    def known(self, x: Node) -> Node:
        """Return x as a value that is neither null nor NaN, because an earlier guard refuses both."""
        if not x.null and not x.nan:
            return x
        return self.add(Present(x, type=x.type, nan=False, categories=x.categories))

    # --- vectors ---

    def vector(self, segments: Sequence[Segment], release: Release) -> Vector:
        """Return the vector of segments, dense or sparse by the size rule of a release."""
        size = size_of(segments)
        limit = None if size is None else sparse_limit(size, release)
        return self._vector(tuple(segments), size, limit, release)

    def dense(self, elements: Sequence[Node]) -> Vector:
        """Return the dense vector of the given numbers."""
        return self._vector(tuple([Scalar(x, x) for x in elements]), len(elements), -1)

    def one_hot(self, index: Node, size: int) -> Vector:
        """Return the sparse vector of `size` with 1 at an index, or all zero when it is out of range."""
        return self._vector((OneHot(index, size),), size, size)

    def _vector(
        self, segments: tuple[Segment, ...], size: int | None, limit: int | None, release: Release = "4.1+"
    ) -> Vector:
        node = Vector(segments, size, limit, release)
        self.add(node)
        return node

    def require_size(self, vector: Node, size: int) -> None:
        """Refuse a vector that does not have `size` elements."""
        if known_size(vector) != size:
            self.add(RequireSize(vector, size, type=None))

    def elements(self, vector: Node, size: int) -> list[Node]:
        """Return the elements of a dense vector of `size`."""
        if isinstance(vector, Vector) and (scalars := vector.scalars) is not None:
            return [scalar.value for scalar in scalars]
        return [self.add(Element(vector, index)) for index in range(size)]

    def elementwise(
        self,
        vector: Node,
        compute: Callable[..., Node],
        *constants: Sequence[float],
        keeps_zero: bool,
    ) -> Node:
        """Return a vector with each element x replaced by compute(graph, x, *its constants).

        With `keeps_zero` the vector keeps its kind, and only the stored elements of a sparse vector change;
        otherwise the result is dense. The vector may be shorter than the constants; a longer one is refused.
        """
        size = len(constants[0])
        if isinstance(vector, Vector) and vector.size == size:
            if not keeps_zero and (scalars := vector.scalars) is not None:
                elements = [
                    compute(self, scalar.value, *[values[i] for values in constants])
                    for i, scalar in enumerate(scalars)
                ]
                return self.dense(elements)
            if keeps_zero:
                return self._scaled(vector, compute, constants)
        each = [Each(tuple(values)) for values in constants]
        body = compute(Graph(), Item(), *each)
        return self.add(Map(vector, body, size, keeps_zero))

    def _scaled(
        self, vector: Vector, compute: Callable[..., Node], constants: Sequence[Sequence[float]]
    ) -> Vector:
        segments: list[Segment] = []
        start = 0
        for segment in vector.segments:
            if isinstance(segment, Scalar):
                value = compute(self, segment.value, *[values[start] for values in constants])
                segments.append(Scalar(value, segment.active))
                start += 1
            elif isinstance(segment, OneHot):
                end = start + segment.size
                ones = segment.values or (1.0,) * segment.size
                scaled = [
                    _value(compute(self, self.constant(one), *element))
                    for one, *element in zip(ones, *[values[start:end] for values in constants], strict=True)
                ]
                segments.append(OneHot(segment.index, segment.size, tuple(scaled)))
                start = end
        return self._vector(tuple(segments), vector.size, vector.limit, vector.release)

    def pick(self, vector: Node, indices: Sequence[int], function: Function, *, keeps_zeros: bool) -> Node:
        """Return the elements of a vector at the given indices; `function` does this for a vector object.

        `keeps_zeros` declares whether a sparse vector keeps its stored zeros.
        """
        scalars = vector.scalars if isinstance(vector, Vector) and vector.kind != "counted" else None
        if not isinstance(vector, Vector) or scalars is None or max(indices, default=-1) >= len(scalars):
            return self.call(function, vector, type=VECTOR, null=False)
        chosen = [scalars[index] for index in indices]
        if vector.kind == "dense":
            return self._vector(tuple(chosen), len(chosen), -1)
        if not keeps_zeros:
            chosen = [Scalar(scalar.value, scalar.value) for scalar in chosen]
        return self._vector(tuple(chosen), len(chosen), len(chosen))

    def compressed(self, vector: Node, release: Release) -> Node:
        """Return a vector in the kind that takes less memory; see `sparklet.linalg.compressed`."""
        if isinstance(vector, Vector) and vector.kind == "dense":
            size = len(vector.segments)
            return self._vector(vector.segments, size, sparse_limit(size, release), release)
        return self.call(partial(compressed, release=release), vector, type=VECTOR, null=False)

    def is_sparse(self, vector: Vector) -> Node:
        """Return the test that holds when a vector of segments is sparse."""
        if vector.kind != "counted":
            return self.constant(vector.kind == "sparse")
        return self.add(IsSparse(vector.segments, vector.limit, vector.release, type=BOOLEAN, nan=False))

    # --- products and forests ---

    def dot(self, vector: Node, weights: VectorValue, order: str) -> Node:
        """Return Spark's dot product of a vector and weights, in a BLAS order.

        A vector of another size raises `VectorSizeError`.
        """
        self.require_size(vector, weights.size)
        return self.add(Dot(vector, weights, order, null=vector.null))

    def matrix_product(self, vector: Node, matrix: Matrix, start: tuple[float, ...], order: str) -> Node:
        """Return the dense vector matrix · x + start; a vector of another size raises `VectorSizeError`."""
        self.require_size(vector, matrix.numCols)
        return self.add(MatrixProduct(vector, matrix, start, order))

    def kernel(self, make: Callable[[Layout], Function], vector: Node, size: int | None = None) -> Node:
        """Return the result of a function of a vector's segments: a double, or a dense vector of `size`."""
        return self.add(Kernel(vector, make, size, type=DOUBLE if size is None else VECTOR))

    def apply(
        self, function: Function, vector: Node, size: int | None = None, name: str | None = None, **facts: Any
    ) -> Node:
        """Return the result of a function of a dense vector's elements; see `Apply`."""
        kind = {"type": DOUBLE if size is None else VECTOR}
        return self.add(Apply(function, vector, size, name, **(kind | facts)))


def known_size(vector: Node) -> int | None:
    """Return the size of a vector, None when it depends on the row."""
    size = getattr(vector, "size", None)
    return size if isinstance(vector, Vector | MatrixProduct | Kernel | Apply) else None


def _value(node: Node) -> float:
    assert isinstance(node, Constant)  # noqa: S101 - arithmetic on constants folds
    value: float = node.value
    return value
