"""Factorization machine for two classes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sparklet.ir import Emit, Graph, Node
from sparklet.linalg import Matrix, Vector
from sparklet.profile import Profile
from sparklet.saved import SavedStage
from sparklet.stages.classification.classifier import ProbabilisticClassificationModel, two_sided
from sparklet.stages.regression.factorization_machines import check_factors, factors_data, raw_prediction
from sparklet.stages.stage import Rounding, stage
from sparklet.types import DOUBLE

__all__ = ["FMClassificationModel"]


@stage("org.apache.spark.ml.classification.FMClassificationModel")
class FMClassificationModel(ProbabilisticClassificationModel):
    """Classify by a dot product and the interactions of all pairs of features.

    The probability of class 0 is computed from that of class 1; logistic regression does the reverse. Follows
    Spark's `ml/classification/FMClassifier.scala` (4.2).
    """

    since = "3.0"
    rounding = Rounding("exp differs in the last bit between the C library and the JVM", ("probabilityCol",))

    intercept: float
    linear: Vector
    factors: Matrix

    @classmethod
    def data(cls, saved: SavedStage) -> Mapping[str, Any]:
        return factors_data(saved)

    def check(self) -> str | None:
        return check_factors(self.linear, self.factors) or super().check()

    @property
    def classes(self) -> int:
        return 2

    @property
    def width(self) -> int:
        return self.linear.size

    def predictRaw(self, profile: Profile) -> Emit:
        raw = raw_prediction(self.intercept, self.linear, self.factors, profile)
        return lambda graph, features: two_sided(graph, graph.call(raw, features, type=DOUBLE, null=False))

    def raw2probability(self, profile: Profile) -> Emit:
        def both(graph: Graph, raw: Node) -> Node:
            second = graph.logistic(graph.elements(raw, 2)[1])
            return graph.dense([graph.minus(1.0, second), second])

        return both
