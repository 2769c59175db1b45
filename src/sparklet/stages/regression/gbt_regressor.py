"""Gradient-boosted trees for regression."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sparklet.java import Layout
from sparklet.profile import Profile
from sparklet.saved import SavedStage
from sparklet.stages.stage import stage
from sparklet.stages.tree.tree_models import TreeEnsembleModel

__all__ = ["GBTRegressionModel"]


@stage("org.apache.spark.ml.regression.GBTRegressionModel")
class GBTRegressionModel(TreeEnsembleModel):
    """Predict the weighted sum of the trees' predictions.

    Follows Spark's `ml/regression/GBTRegressor.scala` (4.2).
    """

    @classmethod
    def data(cls, saved: SavedStage) -> Mapping[str, Any]:
        return cls.trees(saved)

    def predictLayout(self, profile: Profile, layout: Layout) -> Callable[..., float]:
        return self.weightedSum(profile, layout)
