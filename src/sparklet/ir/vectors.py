"""Vectors in the graph: as segments of scalars, and the nodes that compute with vectors.

A vector that a stage makes need not exist when a row is scored. Its node lists segments, and its kind, dense
or sparse, is known or decided by a count, because the kind fixes Spark's order of summation.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
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


@dataclass(frozen=True, slots=True)
class Scalar:
    """One element of a vector. A sparse vector stores it where `active` is not zero."""

    value: Node
    active: Node


@dataclass(frozen=True, slots=True)
class OneHot:
    """`size` elements, all zero but the one at `index`, where that number lies in [0, size).

    That element is 1, or the one of `values` at the index; a sparse vector stores it, zero or not.
    """

    index: Node
    size: int
    values: tuple[float, ...] | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """A vector object whose size the row decides; its zeros are not stored."""

    vector: Node


Segment: TypeAlias = Scalar | OneHot | Part


def size_of(segments: Sequence[Segment]) -> int | None:
    """Return the size of a vector of segments, None where the row decides."""
    size = 0
    for segment in segments:
        if isinstance(segment, Part):
            return None
        size += segment.size if isinstance(segment, OneHot) else 1
    return size


@dataclass(frozen=True, eq=False, slots=True)
class Vector(Node):
    """Segments side by side: sparse where no more than `limit` elements are active.

    `limit` is None where the size is known only for a row; `release` then decides.
    """

    segments: tuple[Segment, ...]
    size: int | None
    limit: int | None
    release: Release = "4.1+"
    type: Any = field(default=VECTOR, kw_only=True)

    @property
    def kind(self) -> Literal["dense", "sparse", "counted"]:
        """Return "dense", "sparse", or "counted" where the row decides."""
        if self.limit is None:
            return "counted"
        # A segment without vector objects has one active element at most.
        return "dense" if self.limit < 0 else "sparse" if len(self.segments) <= self.limit else "counted"

    @property
    def scalars(self) -> tuple[Scalar, ...] | None:
        """Return the elements where all segments are scalars, else None."""
        found = tuple([segment for segment in self.segments if isinstance(segment, Scalar)])
        return found if len(found) == len(self.segments) else None

    @property
    def operands(self) -> tuple[Node, ...]:
        found: list[Node] = []
        for segment in self.segments:
            if isinstance(segment, Scalar):
                found += (segment.value, segment.active)
            else:
                found.append(segment.index if isinstance(segment, OneHot) else segment.vector)
        return tuple(found)

    def function(self) -> Function:
        return gatherer(self.segments, self.limit, self.release)


@dataclass(frozen=True, eq=False, slots=True)
class IsSparse(Node):
    """A test whether a vector of segments is sparse, see `Vector`."""

    segments: tuple[Segment, ...]
    limit: int | None
    release: Release

    @property
    def operands(self) -> tuple[Node, ...]:
        return Vector(self.segments, None, self.limit, self.release).operands

    def function(self) -> Function:
        gather = gatherer(self.segments, self.limit, self.release)
        return lambda *values: gather(*values).__class__ is SparseVector


def gatherer(segments: Sequence[Segment], limit: int | None, release: Release) -> Callable[..., VectorValue]:
    """Return the function from the values of segments to the vector, dense or sparse as Spark's.

    It takes two arguments for a scalar, value and active, and one for any other segment.
    """
    plan = [_facts(segment) for segment in segments]

    def gather(*arguments: Any) -> VectorValue:
        indices: list[int] = []
        values: list[float] = []
        # What a dense vector holds where a sparse one stores nothing, if that is not 0.0.
        unstored: list[tuple[int, float]] = []
        size, following = 0, iter(arguments)
        for value, (kind, length, ones) in zip(following, plan, strict=False):
            if kind is Scalar:
                if next(following) != 0.0:
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


def _facts(segment: Segment) -> tuple[type, int, tuple[float, ...] | None]:
    if isinstance(segment, OneHot):
        return OneHot, segment.size, segment.values
    return type(segment), 0, None


def _stored(vector: VectorValue) -> Any:
    if vector.__class__ is SparseVector:
        return zip(vector.indices, vector.values, strict=True)
    return enumerate(vector.values)


def refuse_size(vector: VectorValue, size: int) -> NoReturn:
    """Raise `VectorSizeError` for a vector that has not `size` elements."""
    raise VectorSizeError(vector.size, size)


def layout_of(vector: Vector) -> Layout | None:
    """Return where each segment lies, as kernels take it (see `sparklet.java.layout`).

    None for a vector whose segments do not tell all: one-hot values, vector objects.
    """
    found: list[Any] = []
    start = 0
    for segment in vector.segments:
        if isinstance(segment, Scalar):
            found.append(("scalar", start))
            start += 1
        elif isinstance(segment, OneHot) and segment.values is None:
            found.append(("onehot", start, segment.size))
            start += segment.size
        else:
            return None
    return tuple(found)


# --- elements -------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False, slots=True)
class Element(Node):
    """One element of a dense vector."""

    vector: Node
    index: int

    @property
    def operands(self) -> tuple[Node, ...]:
        return (self.vector,)

    def function(self) -> Function:
        index = self.index
        return lambda vector: vector.values[index]


@dataclass(frozen=True, eq=False, slots=True)
class Item(Node):
    """The element that the body of a `Map` is computed for."""


@dataclass(frozen=True, eq=False, slots=True)
class Each(Node):
    """In the body of a `Map`, the one of some constants that belongs to the element's index."""

    values: tuple[float, ...]


@dataclass(frozen=True, eq=False, slots=True)
class Map(Node):
    """A vector object with each element replaced by what `body` computes for it, of at most `size` elements.

    With `keeps_zero` the vector keeps its kind, and of a sparse one only the stored elements are replaced;
    else the result is dense. A larger vector raises `VectorSizeError`.
    """

    effect: ClassVar[bool] = True

    vector: Node
    body: Node
    size: int
    keeps_zero: bool
    type: Any = field(default=VECTOR, kw_only=True)

    @property
    def operands(self) -> tuple[Node, ...]:
        return (self.vector,)

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


@dataclass(frozen=True, eq=False, slots=True)
class RequireSize(Node):
    """A refusal of a vector that has not `size` elements; null passes."""

    effect: ClassVar[bool] = True

    vector: Node
    size: int

    @property
    def operands(self) -> tuple[Node, ...]:
        return (self.vector,)

    def function(self) -> Function:
        size = self.size

        def check(vector: VectorValue | None) -> None:
            if vector is not None and vector.size != size:
                refuse_size(vector, size)

        return check


# --- products and forests -------------------------------------------------------------------------


@dataclass(frozen=True, eq=False, slots=True)
class Dot(Node):
    """Spark's dot of a vector with fixed weights of the same size, in the order of a BLAS; null of null."""

    exactness: ClassVar[Exactness] = "dot"

    vector: Node
    weights: VectorValue
    order: str

    @property
    def operands(self) -> tuple[Node, ...]:
        return (self.vector,)

    def function(self) -> Function:
        product = dot(self.weights, self.order)
        return product if not self.vector.null else lambda x: None if x is None else product(x)


@dataclass(frozen=True, eq=False, slots=True)
class MatrixProduct(Node):
    """The dense vector matrix · x + start, as Spark's `BLAS.gemv` in the order of a BLAS."""

    exactness: ClassVar[Exactness] = "dot"

    vector: Node
    matrix: Matrix
    start: tuple[float, ...]
    order: str
    type: Any = field(default=VECTOR, kw_only=True)

    @property
    def size(self) -> int:
        """Return how many elements the product has."""
        return self.matrix.numRows

    @property
    def operands(self) -> tuple[Node, ...]:
        return (self.vector,)

    def function(self) -> Function:
        product, start = gemv(self.matrix, self.order), self.start
        return lambda x: DenseVector(tuple(product(x, 1.0, list(start))))


@dataclass(frozen=True, eq=False, slots=True)
class Kernel(Node):
    """What a function of a feature vector's segments returns: a double, or a tuple as a dense vector.

    `make` returns the function for a layout of segments. `size` is None for a double.
    """

    effect: ClassVar[bool] = True

    vector: Node
    make: Callable[[Layout], Function]
    size: int | None = None

    @property
    def operands(self) -> tuple[Node, ...]:
        return (self.vector,)

    def function(self) -> Function:
        function = self.make(WHOLE)
        return function if self.size is None else lambda x: DenseVector(function(x))


@dataclass(frozen=True, eq=False, slots=True)
class Apply(Node):
    """What a Python function returns for the tuple of a dense vector's elements: see `Kernel` for `size`.

    `name` is that of the C module's function that gives the same bits, where there is one.
    """

    effect: ClassVar[bool] = True

    target: Function
    vector: Node
    size: int | None = None
    name: str | None = None

    @property
    def operands(self) -> tuple[Node, ...]:
        return (self.vector,)

    def function(self) -> Function:
        target = self.target
        if self.size is None:
            return lambda x: target(x.values)
        return lambda x: DenseVector(target(x.values))
