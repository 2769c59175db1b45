"""Gradient-boosted trees that classify."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sparklet.jvm_math import exp
from sparklet.linalg import DenseVector, Vector
from sparklet.profile import Profile
from sparklet.saved import SavedStage
from sparklet.stages.classification.classifier import Class, ProbabilisticClassificationModel, Raw
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

    def predictRaw(self, profile: Profile) -> Raw:
        margin = self.weightedSum(profile)

        def both(features: Vector) -> DenseVector:
            m = margin(features)
            return DenseVector((-m, m))

        return both

    def raw2probability(self, profile: Profile) -> Raw:
        def both(raw: Vector) -> DenseVector:
            first = 1.0 / (1.0 + exp(-2.0 * raw.values[0]))
            return DenseVector((first, 1.0 - first))

        return both

    def predict(self, profile: Profile) -> Class:
        if self.thresholds is not None:
            return super().predict(profile)
        margin = self.weightedSum(profile)
        return lambda features: 1.0 if margin(features) > 0.0 else 0.0
