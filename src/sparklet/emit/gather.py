"""Segments to a vector object, at run time: what generated code calls where a vector must exist."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn

from sparklet.emit.symbols import Number, OneHot, Segments
from sparklet.errors import VectorSizeError
from sparklet.linalg import DenseVector, SparseVector, Vector, sparse_is_smaller

__all__ = ["gatherer", "is_sparse", "one_hot_vectors", "refuse_size"]


def refuse_size(vector: Vector, size: int) -> NoReturn:
    """Raise `VectorSizeError` for a vector that is not of `size` elements."""
    raise VectorSizeError(vector.size, size)


def one_hot_vectors(segment: OneHot) -> tuple[SparseVector, ...]:
    """Return the vector of each place of a one-hot segment, and the one without any.

    >>> one_hot_vectors(OneHot("v", 1))
    (SparseVector(1, {0: 1.0}), SparseVector(1, {}))
    """
    size = segment.size
    ones = segment.weights or (1.0,) * size
    return (*[SparseVector(size, (i,), (one,)) for i, one in enumerate(ones)], SparseVector(size, (), ()))


def gatherer(vector: Segments) -> Callable[..., Vector]:
    """Return the function from a vector's segments to the vector, dense or sparse as Spark's.

    It takes two arguments for a number, value and active, and one for any other segment.
    """
    plan = [_facts(part) for part in vector.parts]
    limit, release = vector.limit, vector.release

    def gather(*arguments: Any) -> Vector:
        indices: list[int] = []
        values: list[float] = []
        # What a dense vector holds where a sparse one stores nothing, if that is not 0.0.
        unstored: list[tuple[int, float]] = []
        size, given = 0, iter(arguments)
        for value, (kind, length, ones) in zip(given, plan, strict=False):
            if kind is Number:
                if next(given) != 0.0:
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
            elif value.__class__ is SparseVector:
                for index, element in zip(value.indices, value.values, strict=True):
                    if element != 0.0:
                        indices.append(size + index)
                        values.append(element)
                size += value.size
            else:
                for element in value.values:
                    if element != 0.0:
                        indices.append(size)
                        values.append(element)
                    size += 1
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


def _facts(part: Any) -> tuple[type, int, tuple[float, ...] | None]:
    if isinstance(part, OneHot):
        return OneHot, part.size, part.weights
    return type(part), 0, None


def is_sparse(vector: Segments) -> Callable[..., bool]:
    """Return the function from a vector's segments to whether the vector is sparse."""
    gather = gatherer(vector)
    return lambda *arguments: gather(*arguments).__class__ is SparseVector
