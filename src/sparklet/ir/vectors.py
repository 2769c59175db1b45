"""Vectors in the graph: vectors of segments, and the nodes that compute with vectors.

Scoring a row need not create the vectors of a pipeline. The node of a vector lists its segments. Its kind,
dense or sparse, is known at load or decided by a count for each row, because the kind determines Spark's
summation order.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar, Literal, NoReturn, TypeAlias

from sparklet.errors import VectorSizeError
from sparklet.ir.nodes import Constant, Exactness, Function, Node
from sparklet.java import WHOLE, Layout, dot, gemv
from sparklet.linalg import (
    DenseVector,
    Matrix,
    Release,
    SparseVector,
    sparse_is_smaller,
    to_dense,
)
from sparklet.linalg import (
    Vector as VectorValue,
)
from sparklet.types import VECTOR

__all__ = [
    "Apply",
    "Dot",
    "Each",
    "Element",
    "IsSparse",
    "Item",
    "Kernel",
    "Map",
    "MatrixProduct",
    "OneHot",
    "Part",
    "RequireSize",
    "Scalar",
    "Segment",
    "Vector",
    "layout_of",
    "refuse_size",
    "size_of",
]


# --- segments -------------------------------------------------------------------------------------


class Scalar:
    """One element of a vector. A sparse vector stores it where `active` is not zero."""

    __slots__ = ("active", "value")

    def __init__(self, value: Node, active: Node) -> None:
        self.value, self.active = value, active


class OneHot:
    """`size` elements, all zero except the element at `index`, if the index is in [0, size).

    That element is 1, or `values[index]`; a sparse vector stores it even when it is zero.
    """

    __slots__ = ("index", "size", "values")

    def __init__(self, index: Node, size: int, values: tuple[float, ...] | None = None) -> None:
        self.index, self.size, self.values = index, size, values


class Part:
    """A vector object whose size may differ from row to row; a sparse vector does not store its zeros."""

    __slots__ = ("vector",)

    def __init__(self, vector: Node) -> None:
        self.vector = vector


Segment: TypeAlias = Scalar | OneHot | Part


def size_of(segments: Sequence[Segment]) -> int | None:
    """Return the size of a vector of segments, None when it depends on the row."""
    size = 0
    for segment in segments:
        if isinstance(segment, Part):
            return None
        size += segment.size if isinstance(segment, OneHot) else 1
    return size


def _operands(segments: Sequence[Segment]) -> tuple[Node, ...]:
    operands: list[Node] = []
    for segment in segments:
        if isinstance(segment, Scalar):
            operands += (segment.value, segment.active)
        else:
            operands.append(segment.index if isinstance(segment, OneHot) else segment.vector)
    return tuple(operands)


class Vector(Node):
    """The concatenation of segments; sparse when at most `limit` elements are active.

    `limit` is None when the size depends on the row; the rule of `release` then decides. `scalars` are the
    segments when all of them are scalars, else None.
    """

    __slots__ = ("limit", "release", "scalars", "segments", "size")

    def __init__(
        self, segments: tuple[Segment, ...], size: int | None, limit: int | None, release: Release = "4.1+"
    ) -> None:
        super().__init__(_operands(segments), type=VECTOR)
        self.segments, self.size, self.limit, self.release = segments, size, limit, release
        scalars = tuple([segment for segment in segments if segment.__class__ is Scalar])
        self.scalars = scalars if len(scalars) == len(segments) else None

    @property
    def kind(self) -> Literal["dense", "sparse", "counted"]:
        """Return "dense", "sparse", or "counted" when the kind depends on the row."""
        if self.limit is None:
            return "counted"
        # Without vector objects, each segment has at most one active element.
        return "dense" if self.limit < 0 else "sparse" if len(self.segments) <= self.limit else "counted"

    def function(self) -> Function:
        return gatherer(self.segments, self.limit, self.release)


class IsSparse(Node):
    """A test that holds when a vector of segments is sparse; see `Vector`."""

    __slots__ = ("limit", "release", "segments")

    def __init__(
        self, segments: tuple[Segment, ...], limit: int | None, release: Release, **facts: Any
    ) -> None:
        super().__init__(_operands(segments), **facts)
        self.segments, self.limit, self.release = segments, limit, release

    def function(self) -> Function:
        gather = gatherer(self.segments, self.limit, self.release)
        return lambda *values: gather(*values).__class__ is SparseVector


def gatherer(segments: Sequence[Segment], limit: int | None, release: Release) -> Callable[..., VectorValue]:
    """Return the function from the values of segments to the vector, which is dense or sparse as in Spark.

    The function takes two arguments for a scalar, value and active, and one argument for any other segment.
    """
    plan = [_kind_of(segment) for segment in segments]

    def gather(*arguments: Any) -> VectorValue:
        indices: list[int] = []
        values: list[float] = []
        # Elements that only a dense vector stores; they may be -0.0.
        unstored: list[tuple[int, float]] = []
        size, remaining = 0, iter(arguments)
        for value, (kind, length, ones) in zip(remaining, plan, strict=False):
            if kind is Scalar:
                if next(remaining) != 0.0:
                    indices.append(size)
                    values.append(value)
                else:
                    unstored.append((size, value))
                size += 1
            elif kind is OneHot:
                if 0 <= value < length:
                    indices.append(size + int(value))
                    values.append(1.0 if ones is None else ones[int(value)])
                size += length
            else:
                for index, element in _stored(value):
                    if element != 0.0:
                        indices.append(size + index)
                        values.append(element)
                size += value.size
        sparse = sparse_is_smaller(len(indices), size, release) if limit is None else len(indices) <= limit
        if sparse:
            return SparseVector(size, tuple(indices), tuple(values))
        if len(values) == size:
            return DenseVector(tuple(values))
        dense = [0.0] * size
        for index, element in unstored:
            dense[index] = element
        for index, element in zip(indices, values, strict=True):
            dense[index] = element
        return DenseVector(tuple(dense))

    return gather


def _kind_of(segment: Segment) -> tuple[type, int, tuple[float, ...] | None]:
    if isinstance(segment, OneHot):
        return OneHot, segment.size, segment.values
    return type(segment), 0, None


def _stored(vector: VectorValue) -> Any:
    if vector.__class__ is SparseVector:
        return zip(vector.indices, vector.values, strict=True)
    return enumerate(vector.values)


def refuse_size(vector: VectorValue, size: int) -> NoReturn:
    """Raise `VectorSizeError` for a vector that does not have `size` elements."""
    raise VectorSizeError(vector.size, size)


def layout_of(vector: Vector) -> Layout | None:
    """Return the layout of the segments for a kernel (see `sparklet.java.layout`).

    Return None for vectors with one-hot values or vector objects, which a layout cannot describe.
    """
    layout: list[Any] = []
    start = 0
    for segment in vector.segments:
        if isinstance(segment, Scalar):
            layout.append(("scalar", start))
            start += 1
        elif isinstance(segment, OneHot) and segment.values is None:
            layout.append(("onehot", start, segment.size))
            start += segment.size
        else:
            return None
    return tuple(layout)


# --- elements -------------------------------------------------------------------------------------


class Element(Node):
    """One element of a dense vector."""

    __slots__ = ("index", "vector")

    def __init__(self, vector: Node, index: int, **facts: Any) -> None:
        super().__init__((vector,), **facts)
        self.vector, self.index = vector, index

    def function(self) -> Function:
        index = self.index
        return lambda vector: vector.values[index]


class Item(Node):
    """The current element, in the body of a `Map`."""

    __slots__ = ()

    def __init__(self) -> None:
        super().__init__(())


class Each(Node):
    """The constant at the index of the current element, in the body of a `Map`."""

    __slots__ = ("values",)

    def __init__(self, values: tuple[float, ...], **facts: Any) -> None:
        super().__init__((), **facts)
        self.values = values


class Map(Node):
    """A vector object of at most `size` elements, each replaced by the value of `body` for it.

    With `keeps_zero` the vector keeps its kind, and only the stored elements of a sparse vector are replaced;
    otherwise the result is dense. A larger vector raises `VectorSizeError`.
    """

    __slots__ = ("body", "keeps_zero", "size", "vector")
    effect: ClassVar[bool] = True

    def __init__(self, vector: Node, body: Node, size: int, keeps_zero: bool) -> None:
        super().__init__((vector,), type=VECTOR)
        self.vector, self.body, self.size, self.keeps_zero = vector, body, size, keeps_zero

    def function(self) -> Function:
        compute, size, keeps_zero = _body(self.body), self.size, self.keeps_zero

        def each(vector: VectorValue) -> VectorValue:
            if keeps_zero and vector.__class__ is SparseVector:
                if vector.indices and vector.indices[-1] >= size:
                    refuse_size(vector, size)
                values = tuple([compute(x, i) for i, x in zip(vector.indices, vector.values, strict=True)])
                return SparseVector(vector.size, vector.indices, values)
            if vector.size > size:
                refuse_size(vector, size)
            return DenseVector(tuple([compute(x, i) for i, x in enumerate(to_dense(vector).values)]))

        return each


def _body(node: Node) -> Callable[[float, int], Any]:
    """Return the body of a `Map` as a function of an element and its index."""
    if isinstance(node, Item):
        return lambda x, _: x
    if isinstance(node, Each):
        values = node.values
        return lambda _, i: values[i]
    if isinstance(node, Constant):
        constant = node.value
        return lambda _x, _i: constant
    function, operands = node.function(), [_body(operand) for operand in node.operands]
    return lambda x, i: function(*[operand(x, i) for operand in operands])


class RequireSize(Node):
    """A guard that raises for a vector that does not have `size` elements; null passes."""

    __slots__ = ("size", "vector")
    effect: ClassVar[bool] = True

    def __init__(self, vector: Node, size: int, **facts: Any) -> None:
        super().__init__((vector,), **facts)
        self.vector, self.size = vector, size

    def function(self) -> Function:
        size = self.size

        def check(vector: VectorValue | None) -> None:
            if vector is not None and vector.size != size:
                refuse_size(vector, size)

        return check


# --- products and forests -------------------------------------------------------------------------


class Dot(Node):
    """Spark's dot product of a vector and fixed weights, summed in a BLAS order; null for a null vector."""

    __slots__ = ("order", "vector", "weights")
    exactness: ClassVar[Exactness] = "dot"

    def __init__(self, vector: Node, weights: VectorValue, order: str, **facts: Any) -> None:
        super().__init__((vector,), **facts)
        self.vector, self.weights, self.order = vector, weights, order

    def function(self) -> Function:
        product = dot(self.weights, self.order)
        return product if not self.vector.null else lambda x: None if x is None else product(x)


class MatrixProduct(Node):
    """The dense vector matrix · x + start, as `BLAS.gemv` in Spark computes it in a BLAS order."""

    __slots__ = ("matrix", "order", "start", "vector")
    exactness: ClassVar[Exactness] = "dot"

    def __init__(self, vector: Node, matrix: Matrix, start: tuple[float, ...], order: str) -> None:
        super().__init__((vector,), type=VECTOR)
        self.vector, self.matrix, self.start, self.order = vector, matrix, start, order

    @property
    def size(self) -> int:
        """Return the number of elements of the product."""
        return self.matrix.numRows

    def function(self) -> Function:
        product, start = gemv(self.matrix, self.order), self.start
        return lambda x: DenseVector(tuple(product(x, 1.0, list(start))))


class Kernel(Node):
    """The result of a function of a feature vector's segments: a double, or a tuple as a dense vector.

    `make` returns the function for a layout of segments. `size` is the size of the dense vector, None for a
    double.
    """

    __slots__ = ("make", "size", "vector")
    effect: ClassVar[bool] = True

    def __init__(
        self, vector: Node, make: Callable[[Layout], Function], size: int | None = None, **facts: Any
    ) -> None:
        super().__init__((vector,), **facts)
        self.vector, self.make, self.size = vector, make, size

    def function(self) -> Function:
        function = self.make(WHOLE)
        return function if self.size is None else lambda x: DenseVector(function(x))


class Apply(Node):
    """The result of a Python function of the tuple of a dense vector's elements; see `Kernel` for `size`.

    `name` names the C function that returns the same bits, None when there is none.
    """

    __slots__ = ("name", "size", "target", "vector")
    effect: ClassVar[bool] = True

    def __init__(
        self, target: Function, vector: Node, size: int | None = None, name: str | None = None, **facts: Any
    ) -> None:
        super().__init__((vector,), **facts)
        self.target, self.vector, self.size, self.name = target, vector, size, name

    def function(self) -> Function:
        target = self.target
        if self.size is None:
            return lambda x: target(x.values)
        return lambda x: DenseVector(target(x.values))
