"""The discrete cosine transform."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

from sparklet.columns import Columns, wants
from sparklet.errors import InvalidValueError
from sparklet.linalg import DenseVector, Vector, to_dense
from sparklet.stages.shared import HasInputCol
from sparklet.stages.stage import Bound, Rounding, stage
from sparklet.types import VECTOR

__all__ = ["DCT"]


@stage("org.apache.spark.ml.feature.DCT")
class DCT(HasInputCol):
    """Apply the unitary discrete cosine transform (DCT-II), or its inverse, to a vector.

    Spark uses the JTransforms library, whose fast transforms (one for powers of 2, others for other sizes)
    have different summation orders. sparklet sums by the definition, so an element may differ by a few units
    in the last place of the largest element, and an infinite element is refused. Follows Spark's
    `ml/feature/DCT.scala` (4.2).
    """

    rounding = Rounding("JTransforms sums in orders of its own", ("outputCol",))

    inverse: bool = False

    def bind(self, columns: Columns) -> Iterator[Bound]:
        source = columns.take(self.inputCol or "", wants.VECTOR)
        size = None if source.origin == "inferred" else source.size
        target = columns.new(self.output, VECTOR, size=size)
        yield Bound((source,), (target,), _transform(inverse=self.inverse))


def _cosines(size: int) -> tuple[float, ...]:
    """Return cos(pi * i / (2 * size)) for a whole period of i, from angles up to pi / 4 only."""

    def cosine(i: int) -> float:
        i = min(i, 4 * size - i)
        if i > size:
            return -cosine(2 * size - i)
        return (
            math.sin(math.pi * (size - i) / (2 * size))
            if 2 * i > size
            else math.cos(math.pi * i / (2 * size))
        )

    return tuple(map(cosine, range(4 * size)))


def _transform(*, inverse: bool) -> Callable[[Vector], DenseVector]:
    # Few sizes occur. Each row of weights is computed when needed, because all rows would take size² numbers.
    tables: dict[int, tuple[float, ...]] = {}

    def transform(vector: Vector) -> DenseVector:
        values = to_dense(vector).values
        size = len(values)
        if size == 0:
            raise InvalidValueError("has no elements to transform", vector)
        if size == 1:
            return DenseVector(values)
        for value in values:
            if value - value != 0.0 and value == value:
                raise InvalidValueError(f"holds {value}, which has no cosine transform", value)
        cosines = tables.get(size)
        if cosines is None:
            tables.clear()
            cosines = tables[size] = _cosines(size)
        scale, first, period = math.sqrt(2.0 / size), math.sqrt(0.5), 4 * size
        if inverse:
            values = (values[0] * first, *values[1:])
        result = []
        for k in range(size):
            total = 0.0
            if inverse:
                for j, value in enumerate(values):
                    total += value * cosines[(2 * k + 1) * j % period]
            else:
                for j, value in enumerate(values):
                    total += value * cosines[(2 * j + 1) * k % period]
            result.append(total * scale if k or inverse else total * scale * first)
        return DenseVector(tuple(result))

    return transform
