"""Multiply vectors element by element."""

from __future__ import annotations

from collections.abc import Iterator

from sparklet.columns import Columns, wants
from sparklet.ir import Graph, Node
from sparklet.linalg import Vector, to_dense
from sparklet.stages.feature.standard_scaler import scaler
from sparklet.stages.shared import HasInputCol
from sparklet.stages.stage import Bound, stage
from sparklet.types import VECTOR

__all__ = ["ElementwiseProduct"]


@stage("org.apache.spark.ml.feature.ElementwiseProduct")
class ElementwiseProduct(HasInputCol):
    """Multiply each element by a given weight; a sparse vector stays sparse, its explicit zeros included.

    Follows Spark's `ml/feature/ElementwiseProduct.scala` (4.2) and `mllib/feature/ElementwiseProduct.scala`.
    """

    scalingVec: Vector

    def bind(self, columns: Columns) -> Iterator[Bound]:
        size = self.scalingVec.size
        source = columns.take(self.inputCol or "", wants.VECTOR, size)
        target = columns.new(self.output, VECTOR, size=size, nonzeros=source.nonzeros)
        multiply = scaler(None, to_dense(self.scalingVec).values)

        def emit(graph: Graph, x: Node) -> Node:
            graph.require_size(x, size)
            return multiply(graph, x)

        yield Bound((source,), (target,), emit=emit)
