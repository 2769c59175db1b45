"""Weight term counts by inverse document frequency."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sparklet.columns import Columns, wants
from sparklet.errors import VectorSizeError
from sparklet.linalg import DenseVector, SparseVector, Vector, to_dense
from sparklet.saved import SavedStage
from sparklet.stages.shared import HasInputCol
from sparklet.stages.stage import Bound, stage
from sparklet.types import VECTOR

__all__ = ["IDFModel"]


@stage("org.apache.spark.ml.feature.IDFModel")
class IDFModel(HasInputCol):
    """Multiply each element by its term's inverse document frequency.

    As in Spark, a vector may be shorter than those of training.
    Follows Spark's `ml/feature/IDF.scala` (4.2).
    """

    idf: Vector

    @classmethod
    def data(cls, saved: SavedStage) -> Mapping[str, Any]:
        # Since 3.0 the table also has docFreq and numDocs, which scoring does not need.
        return saved.table().row(idf="vector")

    def bind(self, columns: Columns) -> Iterator[Bound]:
        size = self.idf.size
        source = columns.take(self.inputCol or "", wants.VECTOR, size)
        bounds = None if source.nonzeros is None else (0, source.nonzeros[1])
        target = columns.new(self.output, VECTOR, size=size, nonzeros=bounds)
        weights = to_dense(self.idf).values

        def weigh(x: Vector) -> Vector:
            if x.__class__ is SparseVector:
                indices = x.indices
                if indices and indices[-1] >= size:
                    raise VectorSizeError(x.size, size)
                products = [value * weights[index] for index, value in zip(indices, x.values, strict=True)]
                return SparseVector(x.size, indices, tuple(products))
            if x.size > size:
                raise VectorSizeError(x.size, size)
            products = [value * weight for value, weight in zip(x.values, weights, strict=False)]
            return DenseVector(tuple(products))

        yield Bound((source,), (target,), weigh)
