"""Binarize numbers by a threshold."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from sparklet.columns import Attribute, Columns, wants
from sparklet.errors import SchemaError
from sparklet.ir import Emit, Graph, Node
from sparklet.linalg import DenseVector, SparseVector, Vector, compressed, to_dense
from sparklet.profile import Profile
from sparklet.stages.shared import HasInputCols
from sparklet.stages.stage import Bound, stage
from sparklet.types import DOUBLE, VECTOR

__all__ = ["Binarizer"]


@stage("org.apache.spark.ml.feature.Binarizer")
class Binarizer(HasInputCols):
    """Replace numbers above a threshold by 1 and others by 0, in doubles or vectors, in one or more columns.

    NaN gives 0, except in a vector under a negative threshold, where it gives 1. A null double stays null in
    Spark 3.5 and gives 0 from 4.0 on. Follows Spark's `ml/feature/Binarizer.scala` (4.2).
    """

    threshold: float = 0.0
    thresholds: tuple[float, ...] | None = None

    def check(self) -> str | None:
        if (problem := super().check()) is not None:
            return problem
        if self.thresholds is None:
            return None
        if not self.several:
            return "thresholds is set for a single column"
        if len(self.thresholds) != len(self.pairs):
            return f"{len(self.pairs)} input columns do not match {len(self.thresholds)} thresholds"
        return None

    def bind(self, columns: Columns) -> Iterator[Bound]:
        taken = [columns.take(name, wants.DOUBLE_OR_VECTOR) for name, _ in self.pairs]
        thresholds = self.thresholds or (self.threshold,) * len(taken)
        for source, (_, output), threshold in zip(taken, self.pairs, thresholds, strict=True):
            if source.type == DOUBLE:
                target = columns.new(output, DOUBLE, attribute=Attribute("binary", output))
                yield Bound((source,), (target,), emit=_double(threshold, columns.profile), nulls=True)
            elif threshold != threshold:
                problem = "is a vector, which has no order with a threshold of NaN"
                raise SchemaError(source.name, problem, str(self))
            else:
                bounds = None if source.nonzeros is None or threshold < 0.0 else (0, source.nonzeros[1])
                target = columns.new(output, VECTOR, size=source.size, nonzeros=bounds)
                yield Bound((source,), (target,), _vector(threshold, columns.profile))


def _double(threshold: float, profile: Profile) -> Emit:
    def emit(graph: Graph, x: Node) -> Node:
        above = graph.above(x, threshold)
        # 4.0 replaced a UDF, which returns null for null, by when(...).otherwise(0).
        return above if profile.at_least("4.0") else graph.select(graph.is_null(x), None, above, nan=False)

    return emit


def _vector(threshold: float, profile: Profile) -> Callable[[Vector], Vector]:
    release = profile.release

    def above(x: Vector) -> Vector:
        actives = x.indices if x.__class__ is SparseVector else range(x.size)
        indices = tuple([index for index, value in zip(actives, x.values, strict=True) if value > threshold])
        return compressed(SparseVector(x.size, indices, (1.0,) * len(indices)), release)

    def not_below(x: Vector) -> Vector:
        # Zeros, stored or implicit, exceed a negative threshold; NaN counts as exceeding it.
        ones = tuple([0.0 if value <= threshold else 1.0 for value in to_dense(x).values])
        return compressed(DenseVector(ones), release)

    return above if threshold >= 0.0 else not_below
