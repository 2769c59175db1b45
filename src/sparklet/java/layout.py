"""Layouts of feature vectors that are passed as separate arguments.

A layout is a tuple of segments. A function of a layout takes one positional argument for each segment:

- `("scalar", start)`: a float, the feature `start`;
- `("onehot", start, size)`: the index (int or float, truncated) of the feature that is 1.0 among `size`
  features;
  with NaN or an index outside [0, size), all of them are 0.0;
- `("vector", start, size)`: a DenseVector or SparseVector with the features from `start`. A size of None
  allows
  any size; only the last segment may have it.

Features that are in no segment are 0.0.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Literal, TypeAlias

from sparklet.errors import VectorSizeError
from sparklet.linalg import DenseVector, Vector

__all__ = ["WHOLE", "Layout", "Segment", "check_layout", "dense_reader", "nonzero_reader"]

Segment: TypeAlias = (
    tuple[Literal["scalar"], int]
    | tuple[Literal["onehot"], int, int]
    | tuple[Literal["vector"], int, int | None]
)
Layout: TypeAlias = tuple[Segment, ...]

WHOLE: Layout = (("vector", 0, None),)
"""The layout of a feature vector that is passed as one argument."""


def check_layout(layout: Layout) -> int | None:
    """Return the number of features of a layout, None when its last vector may have any size.

    Raises ValueError for segments out of order, which is a bug of the caller.

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
        indices = range(len(vector.values)) if isinstance(vector, DenseVector) else vector.indices
        for index, element in zip(indices, vector.values, strict=False):
            if element != 0.0:
                yield start + index, element


def nonzero_reader(layout: Layout) -> Callable[..., list[tuple[int, float]]]:
    """Return the function from segments to their non-zeros, as (feature, value) in order.

    NaN is a non-zero, -0.0 is not, as in Spark's VectorAssembler (`ml/feature/VectorAssembler.scala`, 4.2).

    >>> nonzero_reader((("scalar", 0), ("onehot", 1, 4)))(-0.0, 2.0)
    [(3, 1.0)]
    """
    check_layout(layout)

    def read(*segments: Any) -> list[tuple[int, float]]:
        return [
            nonzero
            for segment, value in zip(layout, segments, strict=True)
            for nonzero in _nonzeros(segment, value)
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
                    for index, element in zip(vector.indices, vector.values, strict=False):
                        features[start + index] = element
        return features

    return read
