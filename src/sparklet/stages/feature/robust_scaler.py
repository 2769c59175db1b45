"""Scale features by quantiles, which are robust against outliers."""

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

__all__ = ["RobustScalerModel"]


@stage("org.apache.spark.ml.feature.RobustScalerModel")
class RobustScalerModel(HasInputCol):
    """Subtract the median and multiply by 1 / quantile range; a feature whose range is 0 becomes 0.

    Follows Spark's `ml/feature/RobustScaler.scala` (4.2).
    """

    since = "3.0"

    withCentering: bool = False
    withScaling: bool = True
    range: Vector
    median: Vector

    @classmethod
    def data(cls, saved: SavedStage) -> Mapping[str, Any]:
        return saved.table().row(range="vector", median="vector")

    def check(self) -> str | None:
        if self.range.size != self.median.size:
            return f"range has {self.range.size} elements, median {self.median.size}"
        return super().check()

    def bind(self, columns: Columns) -> Iterator[Bound]:
        size = self.median.size
        source = columns.take(self.inputCol or "", wants.VECTOR, size)
        nonzeros = None if self.withCentering else source.nonzeros
        target = columns.new(self.output, VECTOR, size=size, nonzeros=nonzeros)
        shift = to_dense(self.median).values if self.withCentering else None
        ranges = to_dense(self.range).values
        factors = (
            tuple(0.0 if width == 0.0 else 1.0 / width for width in ranges) if self.withScaling else None
        )
        # Without centering and scaling, Spark returns its input unchanged, even null.
        yield Bound(
            (source,), (target,), emit=scaler(shift, factors), nulls=shift is None and factors is None
        )
