"""Path lengths in float32, and the outlier score; follows `core/Utils.scala` (4.1.5) and the models."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache

from sparklet.java import functions

__all__ = ["average_path_length", "path_length", "score_of"]


@cache
def average_path_length(count: int) -> float:
    """Return the average path length of a search in a tree of `count` instances, a float32.

    >>> average_path_length(1), average_path_length(256)
    (0.0, 10.2447...)
    """
    import numpy

    if count <= 1:
        return 0.0
    float32 = numpy.float32
    two, instances = float32(2.0), float32(count)
    others = instances - float32(1.0)
    harmonic = float32(math.log(float(others))) + float32(0.5772156649)
    return float(two * harmonic - two * others / instances)


def path_length(depth: int, count: int) -> float:
    """Return the path length of a leaf at a depth with `count` instances, a float32."""
    import numpy

    return float(numpy.float32(depth) + numpy.float32(average_path_length(count)))


def score_of(trees: int, samples: int) -> Callable[[float], float]:
    """Return the function from the sum of the path lengths in all trees, a float32, to the outlier score."""
    import numpy

    float32 = numpy.float32
    count, average = float32(trees), float32(average_path_length(samples))

    def score(total: float) -> float:
        return functions.pow(2.0, float(-(float32(total) / count) / average))

    return score
