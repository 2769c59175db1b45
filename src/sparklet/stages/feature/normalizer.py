"""Scale vectors to unit norm."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

from sparklet.columns import Columns, wants
from sparklet.java import pow as java_pow
from sparklet.linalg import DenseVector, SparseVector, Vector
from sparklet.stages.shared import HasInputCol
from sparklet.stages.stage import Bound, Rounding, stage
from sparklet.types import VECTOR

__all__ = ["Normalizer"]


@stage("org.apache.spark.ml.feature.Normalizer")
class Normalizer(HasInputCol):
    """Divide a vector by its p-norm, unless that is zero; a sparse vector stays sparse.

    Follows Spark's `ml/feature/Normalizer.scala` and its namesake in `mllib` (4.2).
    """

    rounding = Rounding("pow differs in the last bit between the C library and the JVM", ("outputCol",))

    p: float = 2.0

    def check(self) -> str | None:
        return super().check() if self.p >= 1.0 else f"p is {self.p}, less than 1"

    def bind(self, columns: Columns) -> Iterator[Bound]:
        source = columns.take(self.inputCol or "", wants.VECTOR)
        target = columns.new(self.output, VECTOR, size=source.size)
        measure = _norm(self.p)

        def normalize(x: Vector) -> Vector:
            norm = measure(x.values)
            if norm == 0.0:
                return x
            values = tuple([value / norm for value in x.values])
            return (
                SparseVector(x.size, x.indices, values)
                if x.__class__ is SparseVector
                else DenseVector(values)
            )

        yield Bound((source,), (target,), normalize)


def _norm(p: float) -> Callable[[tuple[float, ...]], float]:
    """Return the p-norm of the stored elements, summed in their order as `Vectors.norm` does."""

    def taxicab(values: tuple[float, ...]) -> float:
        total = 0.0
        for value in values:
            total += abs(value)
        return total

    def euclidean(values: tuple[float, ...]) -> float:
        total = 0.0
        for value in values:
            total += value * value
        return math.sqrt(total)

    def largest(values: tuple[float, ...]) -> float:
        largest = 0.0
        for value in values:
            largest = max(largest, abs(value))  # ignores NaN, like Spark
        return largest

    def general(values: tuple[float, ...]) -> float:
        total = 0.0
        for value in values:
            total += java_pow(abs(value), p)
        return java_pow(total, 1.0 / p)

    return {1.0: taxicab, 2.0: euclidean, math.inf: largest}.get(p, general)
