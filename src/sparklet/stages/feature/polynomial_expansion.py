"""Expand vectors to the monomials of their elements."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

from sparklet.columns import Columns, wants
from sparklet.errors import InvalidValueError
from sparklet.linalg import DenseVector, SparseVector, Vector
from sparklet.stages.shared import HasInputCol
from sparklet.stages.stage import Bound, stage
from sparklet.types import VECTOR

__all__ = ["PolynomialExpansion"]

_LARGEST_SIZE = (1 << 31) - 1


@stage("org.apache.spark.ml.feature.PolynomialExpansion")
class PolynomialExpansion(HasInputCol):
    """Expand (x, y) to (x, x², y, xy, y²): all monomials up to `degree` without the constant.

    A power that is exactly 0 ends its branch, so the result is 0 where NaN or infinity times 0 would give
    NaN. As in Spark, the size of the result is not declared. Follows Spark's
    `ml/feature/PolynomialExpansion.scala` (4.2).
    """

    degree: int = 2

    def check(self) -> str | None:
        return f"degree is {self.degree}, expected 1 or more" if self.degree < 1 else super().check()

    def bind(self, columns: Columns) -> Iterator[Bound]:
        source = columns.take(self.inputCol or "", wants.VECTOR)
        target = columns.new(self.output, VECTOR)
        yield Bound((source,), (target,), _expansion(self.degree))


def _expansion(degree: int) -> Callable[[Vector], Vector]:
    def expand(x: Vector) -> Vector:
        size = math.comb(x.size + degree, degree)
        if size > _LARGEST_SIZE:
            raise InvalidValueError(f"would expand to {size} elements, more than a vector can have", x.size)
        if isinstance(x, DenseVector):
            dense = [0.0] * (size - 1)
            for index, value in _monomials(range(x.size), x.values, degree):
                dense[index] = value
            return DenseVector(tuple(dense))
        monomials = list(_monomials(x.indices, x.values, degree))
        return SparseVector(
            size - 1, tuple(index for index, _ in monomials), tuple(value for _, value in monomials)
        )

    return expand


def _monomials(
    indices: range | tuple[int, ...], values: tuple[float, ...], degree: int
) -> Iterator[tuple[int, float]]:
    """Yield (index, monomial) in the order of indices, multiplied in Spark's order: the last feature first.

    This is Spark's recursion with an explicit stack, because a dense vector of a thousand elements would
    exceed Python's recursion limit.
    """
    # The remaining factors: the first `count` stored elements, up to a degree.
    waiting = [(len(values), degree, 1.0, -1)]
    while waiting:
        count, left, multiplier, index = waiting.pop()
        if multiplier == 0.0:
            continue
        if left == 0 or count == 0:
            if index >= 0:
                yield index, multiplier
            continue
        value, below = values[count - 1], indices[count - 1]
        branches = []
        power = multiplier
        for taken in range(left + 1):
            if power == 0.0:
                break
            branches.append((count - 1, left - taken, power, index))
            index += math.comb(below + left - taken, left - taken)
            power *= value
        waiting.extend(reversed(branches))
