"""Turn vectors into dense vectors."""

from __future__ import annotations

from collections.abc import Iterator

from sparklet.columns import Columns, wants
from sparklet.linalg import to_dense
from sparklet.stages.shared import HasInputCol
from sparklet.stages.stage import Bound, stage
from sparklet.types import VECTOR

__all__ = ["VectorDensifier"]


@stage(
    "org.jpmml.sparkml.feature.VectorDensifier",
    "org.jpmml.sparkml.feature.SparseToDenseTransformer",
    "org.jpmml.sparkml.xgboost.SparseToDenseTransformer",
)
class VectorDensifier(HasInputCol):
    """Give each vector in its dense form, whose elements are those of the vector; null is refused.

    Follows what the users of JPMML-SparkML document: Spark's `Vector.toDense` (`ml/linalg/Vectors.scala`).
    """

    def bind(self, columns: Columns) -> Iterator[Bound]:
        source = columns.take(self.inputCol or "", wants.VECTOR)
        yield Bound((source,), (columns.new(self.output, VECTOR, size=source.size),), to_dense)
