"""The Euclidean distance in Spark's clustering models, including Spark's shortcuts.

Follows Spark's `mllib/clustering/DistanceMeasure.scala` and `mllib/util/MLUtils.scala` (4.2).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from sparklet.errors import InvalidValueError
from sparklet.java import dot, sqrt
from sparklet.linalg import DenseVector, Vector, to_dense

__all__ = ["closest", "fast_squared_distance", "norm"]

Measure = Callable[[Vector, float], float]

_EPSILON = 2.220446049250313e-16
_PRECISION = 1e-6


def norm(vector: Vector) -> float:
    """Return the Euclidean norm, summing the squares in order.

    >>> norm(DenseVector((3.0, 4.0)))
    5.0
    """
    total = 0.0
    for value in vector.values:
        total += value * value
    return math.sqrt(total)


def fast_squared_distance(center: Vector, length: float, blas: str) -> Measure:
    """Return f(point, its norm), the squared distance to a center of norm `length`; sizes are not checked.

    Two dense vectors are subtracted. Other pairs use a dot product unless that would lose too much precision.

    >>> fast_squared_distance(DenseVector((1.0, 2.0)), norm(DenseVector((1.0, 2.0))), "java11")(
    ...     DenseVector((0.0, 0.0)), 0.0
    ... )
    5.0
    """
    elements, product = to_dense(center).values, dot(center, blas)

    def subtracted(values: Sequence[float]) -> float:
        total = 0.0
        for element, value in zip(elements, values, strict=True):
            score = element - value
            total += score * score
        return total

    def multiplied(point: Vector, other: float) -> float:
        squares, gap = length * length + other * other, length - other
        if 2.0 * _EPSILON * squares / (gap * gap + _EPSILON) < _PRECISION:
            return squares - 2.0 * product(point)
        along = product(point)
        distance = max(squares - 2.0 * along, 0.0)
        if _EPSILON * (squares + 2.0 * abs(along)) / (distance + _EPSILON) > _PRECISION:
            return subtracted(to_dense(point).values)
        return distance

    if not isinstance(center, DenseVector):
        return multiplied
    return lambda point, other: (
        subtracted(point.values) if isinstance(point, DenseVector) else multiplied(point, other)
    )


def closest(centers: Sequence[Vector], blas: str) -> Callable[[Vector], int]:
    """Return f(point), the index of the nearest center; all centers have the same size.

    Of several nearest centers the first one is returned, except for centers that Spark skips by the triangle
    inequality.

    >>> closest([DenseVector((0.0,)), DenseVector((4.0,))], "java11")(DenseVector((3.0,)))
    1
    """
    lengths = [norm(center) for center in centers]
    measures = [
        fast_squared_distance(center, length, blas) for center, length in zip(centers, lengths, strict=True)
    ]
    count = len(centers)
    if count < 1000 and count * count * centers[0].size < 1_000_000:
        return _by_statistics(centers, lengths, measures)
    plan = list(enumerate(zip(lengths, measures, strict=True)))

    def find(point: Vector) -> int:
        other = norm(point)
        best, nearest = math.inf, 0
        for i, (length, measure) in plan:
            gap = length - other
            if gap * gap < best:
                distance = measure(point, other)
                if distance < best:
                    best, nearest = distance, i
        return nearest

    return find


def _by_statistics(
    centers: Sequence[Vector], lengths: Sequence[float], measures: Sequence[Measure]
) -> Callable[[Vector], int]:
    # No other center is nearer if the distance is less than half the distance to the nearest other center.
    radii = [math.inf] * len(centers)
    halves: list[list[float]] = [[] for _ in centers]
    for i, measure in enumerate(measures):
        for j in range(i + 1, len(centers)):
            distance = sqrt(measure(centers[j], lengths[j]))
            half = 0.25 * distance * distance
            halves[j].append(half)
            radii[i], radii[j] = min(radii[i], half), min(radii[j], half)
    if len(centers) == 1:
        radii = [math.nan]
    first, radius = measures[0], radii[0]
    others = list(enumerate(zip(lengths, measures, radii, halves, strict=True)))[1:]

    def find(point: Vector) -> int:
        other = norm(point)
        if other != other:
            raise InvalidValueError("has a NaN, to which no center is close", point)
        best, nearest = first(point, other), 0
        if best < radius:
            return 0
        for i, (length, measure, near, half) in others:
            gap = length - other
            if gap * gap < best and half[nearest] < best:
                distance = measure(point, other)
                if distance < near:
                    return i
                if distance < best:
                    best, nearest = distance, i
        return nearest

    return find
