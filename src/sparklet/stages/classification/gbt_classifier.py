"""Gradient-boosted trees for classification."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sparklet.ir import Emit, Graph, Node
from sparklet.profile import Profile
from sparklet.saved import SavedStage
from sparklet.stages.classification.classifier import ProbabilisticClassificationModel, two_sided
from sparklet.stages.stage import Rounding, stage
from sparklet.stages.tree.tree_models import TreeEnsembleModel

__all__ = ["GBTClassificationModel"]


@stage("org.apache.spark.ml.classification.GBTClassificationModel")
class GBTClassificationModel(TreeEnsembleModel, ProbabilisticClassificationModel):
    """Classify into two classes by the weighted sum of regression trees.

    Follows Spark's `ml/classification/GBTClassifier.scala` and `mllib/tree/loss/LogLoss.scala` (4.2).
    """

    rounding = Rounding("exp differs in the last bit between the C library and the JVM", ("probabilityCol",))

    @classmethod
    def data(cls, saved: SavedStage) -> Mapping[str, Any]:
        return cls.trees(saved)

    @property
    def classes(self) -> int:
        return 2

    def _margin(self, graph: Graph, features: Node, profile: Profile) -> Node:
        return graph.kernel(lambda layout: self.weightedSum(profile, layout), features)

    def predictRaw(self, profile: Profile) -> Emit:
        return lambda graph, features: two_sided(graph, self._margin(graph, features, profile))

    def raw2probability(self, profile: Profile) -> Emit:
        def both(graph: Graph, raw: Node) -> Node:
            margin = graph.multiply(-2.0, graph.elements(raw, 2)[0])
            first = graph.divide(1.0, graph.plus(1.0, graph.exp(margin)))
            return graph.dense([first, graph.minus(1.0, first)])

        return both

    def predict(self, profile: Profile) -> Emit:
        if self.thresholds is not None:
            return ProbabilisticClassificationModel.predict(self, profile)
        return lambda graph, features: graph.above(self._margin(graph, features, profile), 0.0)
