"""Scale features to [-1, 1]."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sparklet.columns import Columns, wants
from sparklet.linalg import Vector, to_dense
from sparklet.saved import SavedStage
from sparklet.stages.feature.standard_scaler import scaler
from sparklet.stages.shared import HasInputCol
from sparklet.stages.stage import Bound, stage
from sparklet.types import VECTOR

__all__ = ["MaxAbsScalerModel"]


@stage("org.apache.spark.ml.feature.MaxAbsScalerModel")
class MaxAbsScalerModel(HasInputCol):
    """Multiply each feature by 1 / its largest absolute value; a constant 0 is not changed.

    Follows Spark's `ml/feature/MaxAbsScaler.scala` (4.2).
    """

    maxAbs: Vector

    @classmethod
    def data(cls, saved: SavedStage) -> Mapping[str, Any]:
        return saved.table().row(maxAbs="vector")

    def bind(self, columns: Columns) -> Iterator[Bound]:
        size = self.maxAbs.size
        source = columns.take(self.inputCol or "", wants.VECTOR, size)
        target = columns.new(self.output, VECTOR, size=size, nonzeros=source.nonzeros)
        factors = tuple(1.0 if largest == 0.0 else 1.0 / largest for largest in to_dense(self.maxAbs).values)
        yield Bound((source,), (target,), emit=scaler(None, factors))
