"""Scale features to unit standard deviation and zero mean."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sparklet.columns import Columns, wants
from sparklet.ir import Emit, Graph
from sparklet.linalg import Vector, to_dense
from sparklet.saved import SavedStage
from sparklet.stages.shared import HasInputCol
from sparklet.stages.stage import Bound, stage
from sparklet.types import VECTOR

__all__ = ["StandardScalerModel", "scaler"]


@stage("org.apache.spark.ml.feature.StandardScalerModel")
class StandardScalerModel(HasInputCol):
    """Subtract the mean and multiply by 1 / deviation; a constant feature becomes 0.

    Follows Spark's `ml/feature/StandardScaler.scala` (4.2).
    """

    withMean: bool = False
    withStd: bool = True
    std: Vector
    mean: Vector

    @classmethod
    def data(cls, saved: SavedStage) -> Mapping[str, Any]:
        return saved.table().row(std="vector", mean="vector")

    def check(self) -> str | None:
        if self.std.size != self.mean.size:
            return f"std has {self.std.size} elements, mean {self.mean.size}"
        return super().check()

    def bind(self, columns: Columns) -> Iterator[Bound]:
        size = self.mean.size
        source = columns.take(self.inputCol or "", wants.VECTOR, size)
        nonzeros = None if self.withMean else source.nonzeros
        target = columns.new(self.output, VECTOR, size=size, nonzeros=nonzeros)
        shift = to_dense(self.mean).values if self.withMean else None
        stds = to_dense(self.std).values
        factors = tuple([0.0 if std == 0.0 else 1.0 / std for std in stds]) if self.withStd else None
        # Without centering and scaling, Spark returns its input unchanged, even null.
        yield Bound(
            (source,), (target,), emit=scaler(shift, factors), nulls=shift is None and factors is None
        )


def scaler(shift: Sequence[float] | None, factors: Sequence[float] | None) -> Emit:
    """Return the function `(x - shift) * factor`, either part omitted if None; a shift makes vectors dense.

    Follows `StandardScalerModel.getTransformFunc`, which other scalers call too. As there, a vector may be
    shorter than the fitted size, but not longer.
    """
    if shift is None and factors is None:
        return lambda _, x: x
    if shift is None:
        return lambda graph, x: graph.elementwise(x, Graph.multiply, factors, keeps_zero=True)
    if factors is None:
        return lambda graph, x: graph.elementwise(x, Graph.minus, shift, keeps_zero=False)
    return lambda graph, x: graph.elementwise(x, Graph.affine, shift, factors, keeps_zero=False)
