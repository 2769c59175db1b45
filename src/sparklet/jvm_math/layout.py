"""Feature vectors that never come to be: their parts, in order, as the arguments of a function.

A layout is a tuple of segments, and a function of a layout takes one positional argument for each:

- `("scalar", start)`: a float, the feature `start`;
- `("onehot", start, size)`: the index (int or float) of the one feature of `size` that is 1.0; with NaN and
  all that is not `0 <= index < size` none is, and a fraction is cut off;
- `("vector", start, size)`: a DenseVector or SparseVector with the features from `start`. A size of None
  leaves the vector's size open; only the last segment may have it.

Features that no segment has are 0.0.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from sparklet.errors import VectorSizeError
from sparklet.linalg import DenseVector, SparseVector, Vector

if TYPE_CHECKING:
    import numpy

__all__ = ["WHOLE", "Layout", "Segment", "batch_of", "check_layout", "dense_reader", "nonzero_reader"]

Segment: TypeAlias = (
    tuple[Literal["scalar"], int]
    | tuple[Literal["onehot"], int, int]
    | tuple[Literal["vector"], int, int | None]
)
Layout: TypeAlias = tuple[Segment, ...]

WHOLE: Layout = (("vector", 0, None),)
"""The layout of a feature vector that is one value."""


def check_layout(layout: Layout) -> int | None:
    """Return how many features a layout has, None where its last vector leaves that open.

    Raises ValueError for segments out of order, which is a mistake of the code that made them.

    >>> check_layout((("scalar", 0), ("onehot", 1, 4), ("vector", 5, 10)))
    15
    """
    end: int | None = 0
    for segment in layout:
        kind, start = segment[:2]
        if kind not in ("scalar", "onehot", "vector") or end is None or start < end:
            raise ValueError(f"segment {segment} does not follow the one before it in {layout}")
        size = 1 if segment[0] == "scalar" else segment[2]
        if size is None and kind == "onehot":
            raise ValueError(f"segment {segment} has no size")
        end = None if size is None else start + size
    return end


def _sized(vector: Vector, size: int | None) -> Vector:
    if size is not None and vector.size != size:
        raise VectorSizeError(vector.size, size)
    return vector


def _nonzeros(segment: Segment, value: Any) -> Iterator[tuple[int, float]]:
    start = segment[1]
    if segment[0] == "scalar":
        if value != 0.0:
            yield start, value
    elif segment[0] == "onehot":
        if 0 <= value < segment[2]:
            yield start + int(value), 1.0
    else:
        vector = _sized(value, segment[2])
        places = range(len(vector.values)) if isinstance(vector, DenseVector) else vector.indices
        for place, element in zip(places, vector.values, strict=False):
            if element != 0.0:
                yield start + place, element


def nonzero_reader(layout: Layout) -> Callable[..., list[tuple[int, float]]]:
    """Return the function from segments to what is not zero in them, as (feature, value) in order.

    NaN is not zero, -0.0 is: what Spark's VectorAssembler keeps (`ml/feature/VectorAssembler.scala`, 4.2).

    >>> nonzero_reader((("scalar", 0), ("onehot", 1, 4)))(-0.0, 2.0)
    [(3, 1.0)]
    """
    check_layout(layout)

    def read(*segments: Any) -> list[tuple[int, float]]:
        return [
            found
            for segment, value in zip(layout, segments, strict=True)
            for found in _nonzeros(segment, value)
        ]

    return read


def dense_reader(layout: Layout, size: int) -> Callable[..., list[float]]:
    """Return the function from segments to the list of all `size` features.

    >>> dense_reader((("scalar", 0), ("onehot", 1, 2)), 3)(5.0, 1)
    [5.0, 0.0, 1.0]
    """
    check_layout(layout)

    def read(*segments: Any) -> list[float]:
        features = [0.0] * size
        for segment, value in zip(layout, segments, strict=True):
            start = segment[1]
            if segment[0] == "scalar":
                features[start] = value
            elif segment[0] == "onehot":
                if 0 <= value < segment[2]:
                    features[start + int(value)] = 1.0
            else:
                vector = _sized(value, size - start if segment[2] is None else segment[2])
                if isinstance(vector, DenseVector):
                    features[start : start + vector.size] = vector.values
                else:
                    for place, element in zip(vector.indices, vector.values, strict=False):
                        features[start + place] = element
        return features

    return read


Batch: TypeAlias = Callable[..., None]


def batch_of(function: Callable[..., Any], layout: Layout) -> Batch:
    """Return f(columns, out, start=0, stop=None), which writes the function's answers for many rows.

    `columns` is a tuple with an array for each segment: float64 of length n; for a one-hot also int32 or
    int64; for a vector float64 of shape (n, size), or a tuple of a sparse matrix's offsets (int64, n + 1),
    indices (int32) and values (float64). `out` is float64 with n elements, or n rows of them. Only rows
    `start` to `stop` are done, so that threads may share the work: the C module does it without the GIL.

    >>> import numpy
    >>> out = numpy.zeros(2)
    >>> batch_of(lambda x: x * 2.0, (("scalar", 0),))((numpy.array([1.0, 4.0]),), out)
    >>> out
    array([2., 8.])
    """
    compiled: Batch | None = getattr(function, "batch", None)
    if compiled is not None:
        return compiled

    def batch(columns: tuple[Any, ...], out: numpy.ndarray, start: int = 0, stop: int | None = None) -> None:
        stop = len(out) if stop is None else stop
        rows = zip(*map(_values, columns, layout, [start] * len(layout), [stop] * len(layout)), strict=True)
        for place, row in enumerate(rows, start):
            out[place] = function(*row)

    return batch


def _values(column: Any, segment: Segment, start: int, stop: int) -> list[Any]:
    if isinstance(column, tuple):
        offsets, indices, values = (part.tolist() for part in column)
        size = segment[2] if segment[0] == "vector" else None
        if size is None:
            raise ValueError(f"a sparse matrix does not fit {segment}")
        return [
            SparseVector(size, tuple(indices[first:last]), tuple(values[first:last]))
            for first, last in pairwise(offsets[start : stop + 1])
        ]
    rows: list[Any] = column[start:stop].tolist()
    return [DenseVector(tuple(row)) for row in rows] if segment[0] == "vector" else rows
