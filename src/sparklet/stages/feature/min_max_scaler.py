"""Scale features to a range."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sparklet.columns import Columns, wants
from sparklet.ir import Graph, Node
from sparklet.linalg import Vector, to_dense
from sparklet.saved import SavedStage
from sparklet.stages.shared import HasInputCol
from sparklet.stages.stage import Bound, stage
from sparklet.types import VECTOR

__all__ = ["MinMaxScalerModel"]


@stage("org.apache.spark.ml.feature.MinMaxScalerModel")
class MinMaxScalerModel(HasInputCol):
    """Map the range of each feature in training to [min, max]; a constant feature becomes the midpoint.

    Values are not clipped, and NaN stays NaN. The result is dense or sparse, whichever needs less memory.
    Follows Spark's `ml/feature/MinMaxScaler.scala` (4.2).
    """

    min: float = 0.0
    max: float = 1.0
    originalMin: Vector
    originalMax: Vector

    @classmethod
    def data(cls, saved: SavedStage) -> Mapping[str, Any]:
        return saved.table().row(originalMin="vector", originalMax="vector")

    def check(self) -> str | None:
        if not self.min < self.max:
            return f"min is {self.min}, which is not less than max, {self.max}"
        if self.originalMin.size != self.originalMax.size:
            return f"originalMin has {self.originalMin.size} elements, originalMax {self.originalMax.size}"
        return super().check()

    def bind(self, columns: Columns) -> Iterator[Bound]:
        size = self.originalMax.size
        source = columns.take(self.inputCol or "", wants.VECTOR, size)
        target = columns.new(self.output, VECTOR, size=size)
        lowest, highest = to_dense(self.originalMin).values, to_dense(self.originalMax).values
        scale, bottom, middle = self.max - self.min, self.min, (self.min + self.max) / 2
        ranges = [high - low for low, high in zip(lowest, highest, strict=True)]
        # 0 marks a constant feature, or one whose range is so large that the quotient underflows.
        factors = [scale / extent if extent != 0.0 else 0.0 for extent in ranges]

        def rescaled(graph: Graph, x: Node, low: float, factor: float) -> Node:
            scaled = graph.plus(graph.affine(x, low, factor), bottom)
            constant = graph.both(graph.compare("==", factor, 0.0), graph.compare("==", x, x))
            return graph.select(constant, middle, scaled)

        def emit(graph: Graph, x: Node) -> Node:
            graph.require_size(x, size)
            target = graph.elementwise(x, rescaled, lowest, factors, keeps_zero=False)
            return graph.compressed(target, columns.profile.release)

        yield Bound((source,), (target,), emit=emit)
