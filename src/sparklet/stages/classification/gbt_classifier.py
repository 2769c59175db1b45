"""Gradient-boosted trees that classify."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sparklet.emit import Builder, Emit, Symbol, dense
from sparklet.profile import Profile
from sparklet.saved import SavedStage
from sparklet.stages.classification.classifier import ProbabilisticClassificationModel, two_sided
from sparklet.stages.stage import stage
from sparklet.stages.tree.tree_models import TreeEnsembleModel

__all__ = ["GBTClassificationModel"]


@stage("org.apache.spark.ml.classification.GBTClassificationModel")
class GBTClassificationModel(TreeEnsembleModel, ProbabilisticClassificationModel):
    """Classify in two classes by the weighted sum of regression trees.

    Follows Spark's `ml/classification/GBTClassifier.scala` and `mllib/tree/loss/LogLoss.scala` (4.2).
    """

    @classmethod
    def data(cls, saved: SavedStage) -> Mapping[str, Any]:
        return cls.trees(saved)

    @property
    def classes(self) -> int:
        return 2

    def _margin(self, b: Builder, features: Symbol, profile: Profile) -> str:
        return b.kernel(lambda layout: self.weightedSum(profile, layout), features)

    def predictRaw(self, profile: Profile) -> Emit:
        return lambda b, features: two_sided(b, self._margin(b, features, profile))

    def raw2probability(self, profile: Profile) -> Emit:
        def both(b: Builder, raw: Symbol) -> Symbol:
            first = b.logistic(f"-2.0 * {b.elements(raw, 2)[0]}")
            return dense([first, b.let(f"1.0 - {first}")])

        return both

    def predict(self, profile: Profile) -> Emit:
        if self.thresholds is not None:
            return ProbabilisticClassificationModel.predict(self, profile)
        return lambda b, features: b.above(self._margin(b, features, profile), 0.0)
