"""What sparklet runs for the stages of this package; nothing here needs Spark."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sparklet.columns import Columns, wants
from sparklet.linalg import DenseVector, Vector, to_dense
from sparklet.saved import SavedStage
from sparklet.stages import Bound, stage
from sparklet.stages.shared import HasInputCol, sized
from sparklet.types import DOUBLE, VECTOR


@stage("com.example.clip.ClipModel")
class ClipModel(HasInputCol):
    """Limit each element of a vector to its bounds; NaN stays. Follows `scala/ClipModel.scala`."""

    lower: tuple[float, ...]
    upper: tuple[float, ...]

    @classmethod
    def data(cls, saved: SavedStage) -> Mapping[str, Any]:
        return saved.table().row(lower="array<double>", upper="array<double>")

    def check(self) -> str | None:
        if len(self.lower) != len(self.upper):
            return f"{len(self.lower)} lower bounds do not match {len(self.upper)} upper bounds"
        return super().check()

    def bind(self, columns: Columns) -> Iterator[Bound]:
        bounds, size = list(zip(self.lower, self.upper, strict=True)), len(self.lower)

        def clip(vector: Vector) -> Vector:
            values = zip(to_dense(vector).values, bounds, strict=True)
            return DenseVector(tuple([low if x < low else min(x, high) for x, (low, high) in values]))

        source = columns.take(self.inputCol or "", wants.VECTOR, size)
        yield Bound((source,), (columns.new(self.output, VECTOR, size=size),), sized(clip, size))


@stage("clip_stages.transformers.Sign")
class Sign(HasInputCol):
    """Give the sign of a number. Follows `transformers.py`, where NaN is positive, as Spark compares it."""

    def bind(self, columns: Columns) -> Iterator[Bound]:
        source = columns.take(self.inputCol or "", wants.DOUBLE)
        yield Bound((source,), (columns.new(self.output, DOUBLE),), _sign, nulls=True)


def _sign(x: float | None) -> float:
    if x is None or x == 0.0:
        return 0.0
    return -1.0 if x < 0.0 else 1.0
