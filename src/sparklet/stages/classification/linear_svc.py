"""Linear support vector machine."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sparklet.ir import Emit, Graph, Node
from sparklet.linalg import Vector
from sparklet.profile import Profile
from sparklet.saved import SavedStage
from sparklet.stages.classification.classifier import ClassificationModel, two_sided
from sparklet.stages.stage import stage

__all__ = ["LinearSVCModel"]


@stage("org.apache.spark.ml.classification.LinearSVCModel")
class LinearSVCModel(ClassificationModel):
    """Classify by the side of a hyperplane on which the features lie.

    The threshold applies to the margin, not to a probability. Follows Spark's
    `ml/classification/LinearSVC.scala` (4.2).
    """

    since = "2.2"

    threshold: float = 0.0
    coefficients: Vector
    intercept: float

    @classmethod
    def data(cls, saved: SavedStage) -> Mapping[str, Any]:
        return saved.table().row(coefficients="vector", intercept="double")

    @property
    def classes(self) -> int:
        return 2

    @property
    def width(self) -> int:
        return self.coefficients.size

    def _margin(self, graph: Graph, features: Node, profile: Profile) -> Node:
        return graph.plus(graph.dot(features, self.coefficients, profile.blas), self.intercept)

    def predictRaw(self, profile: Profile) -> Emit:
        return lambda graph, features: two_sided(graph, self._margin(graph, features, profile))

    def raw2prediction(self, profile: Profile) -> Emit:
        return lambda graph, raw: graph.above(graph.elements(raw, 2)[1], self.threshold)

    def predict(self, profile: Profile) -> Emit:
        return lambda graph, features: graph.above(self._margin(graph, features, profile), self.threshold)
