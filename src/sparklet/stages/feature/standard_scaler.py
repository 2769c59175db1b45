"""Features brought to unit deviation, zero mean."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from sparklet.columns import Columns, wants
from sparklet.linalg import DenseVector, SparseVector, Vector, to_dense
from sparklet.saved import SavedStage
from sparklet.stages.shared import HasInputCol, sized
from sparklet.stages.stage import Bound, stage

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
        made = columns.new(
            self.output, "vector", size=size, nonzeros=None if self.withMean else source.nonzeros
        )
        shift = to_dense(self.mean).values if self.withMean else None
        factors = (
            tuple(0.0 if std == 0.0 else 1.0 / std for std in to_dense(self.std).values)
            if self.withStd
            else None
        )
        yield Bound((source,), (made,), sized(scaler(shift, factors), size))


def scaler(shift: tuple[float, ...] | None, factors: tuple[float, ...] | None) -> Callable[[Vector], Vector]:
    """Return `(x - shift) * factor`, either part left out where None; a shift makes all vectors dense.

    Follows `StandardScalerModel.getTransformFunc`, which other scalers call too.
    """
    if shift is not None and factors is not None:
        both = tuple(zip(shift, factors, strict=True))
        return lambda x: DenseVector(
            tuple([(v - s) * f for v, (s, f) in zip(to_dense(x).values, both, strict=True)])
        )
    if shift is not None:
        return lambda x: DenseVector(tuple([v - s for v, s in zip(to_dense(x).values, shift, strict=True)]))
    if factors is None:
        return lambda x: x

    def scale(x: Vector) -> Vector:
        if x.__class__ is DenseVector:
            return DenseVector(tuple([v * f for v, f in zip(x.values, factors, strict=True)]))
        values = tuple([v * factors[i] for i, v in zip(x.indices, x.values, strict=True)])  # type: ignore[union-attr]
        return SparseVector(x.size, x.indices, values)  # type: ignore[union-attr]

    return scale
