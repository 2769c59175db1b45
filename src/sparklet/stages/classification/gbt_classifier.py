"""Gradient-boosted trees that classify."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sparklet.jvm_math import Layout, exp
from sparklet.linalg import DenseVector, Vector
from sparklet.profile import Profile
from sparklet.saved import SavedStage
from sparklet.stages.classification.classifier import Raw
from sparklet.stages.classification.tree_classifier import TreeClassificationModel
from sparklet.stages.stage import stage
from sparklet.stages.tree.tree_models import TreeEnsembleModel

__all__ = ["GBTClassificationModel"]


@stage("org.apache.spark.ml.classification.GBTClassificationModel")
class GBTClassificationModel(TreeEnsembleModel, TreeClassificationModel):
    """Classify in two classes by the weighted sum of regression trees.

    Follows Spark's `ml/classification/GBTClassifier.scala` and `mllib/tree/loss/LogLoss.scala` (4.2).
    """

    @classmethod
    def data(cls, saved: SavedStage) -> Mapping[str, Any]:
        return cls.trees(saved)

    @property
    def classes(self) -> int:
        return 2

    def rawLayout(self, profile: Profile, layout: Layout) -> Callable[..., tuple[float, ...]]:
        margin = self.weightedSum(profile, layout)

        def both(*segments: Any) -> tuple[float, ...]:
            m = margin(*segments)
            return -m, m

        return both

    def raw2probability(self, profile: Profile) -> Raw:
        def both(raw: Vector) -> DenseVector:
            first = 1.0 / (1.0 + exp(-2.0 * raw.values[0]))
            return DenseVector((first, 1.0 - first))

        return both

    def predictLayout(self, profile: Profile, layout: Layout) -> Callable[..., float]:
        if self.thresholds is not None:
            return super().predictLayout(profile, layout)
        margin = self.weightedSum(profile, layout)
        return lambda *segments: 1.0 if margin(*segments) > 0.0 else 0.0
