"""Features brought to unit deviation, zero mean."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sized
from typing import Any

from sparklet.columns import Columns, wants
from sparklet.errors import VectorSizeError
from sparklet.linalg import DenseVector, SparseVector, Vector, to_dense
from sparklet.saved import SavedStage
from sparklet.stages.shared import HasInputCol
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
        nonzeros = None if self.withMean else source.nonzeros
        made = columns.new(self.output, "vector", size=size, nonzeros=nonzeros)
        shift = to_dense(self.mean).values if self.withMean else None
        stds = to_dense(self.std).values
        factors = tuple([0.0 if std == 0.0 else 1.0 / std for std in stds]) if self.withStd else None
        # With nothing to do Spark hands on whatever comes, null included.
        yield Bound((source,), (made,), scaler(shift, factors), nulls=shift is None and factors is None)


def scaler(shift: tuple[float, ...] | None, factors: tuple[float, ...] | None) -> Callable[[Vector], Vector]:
    """Return `(x - shift) * factor`, either part left out where None; a shift makes all vectors dense.

    Follows `StandardScalerModel.getTransformFunc`, which other scalers call too.
    """
    if shift is None:
        return _factored(factors) if factors is not None else lambda x: x
    if factors is None:
        return lambda x: DenseVector(tuple([v - s for v, s in zip(_elements(x, shift), shift, strict=False)]))
    both = tuple(zip(shift, factors, strict=True))
    return lambda x: DenseVector(
        tuple([(v - s) * f for v, (s, f) in zip(_elements(x, both), both, strict=False)])
    )


def _elements(x: Vector, fitted: Sized) -> tuple[float, ...]:
    # As in Spark a shorter vector passes: only what is beyond the fitted size cannot be scaled.
    if x.size > len(fitted):
        raise VectorSizeError(x.size, len(fitted))
    return to_dense(x).values


def _factored(factors: tuple[float, ...]) -> Callable[[Vector], Vector]:
    def scale(x: Vector) -> Vector:
        if isinstance(x, DenseVector):
            return DenseVector(tuple([v * f for v, f in zip(_elements(x, factors), factors, strict=False)]))
        if x.indices and x.indices[-1] >= len(factors):
            raise VectorSizeError(x.size, len(factors))
        scaled = [v * factors[i] for i, v in zip(x.indices, x.values, strict=True)]
        return SparseVector(x.size, x.indices, tuple(scaled))

    return scale
