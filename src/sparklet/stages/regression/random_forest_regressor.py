"""Random forest for regression."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sparklet.java import Layout
from sparklet.profile import Profile
from sparklet.saved import SavedStage
from sparklet.stages.stage import stage
from sparklet.stages.tree.tree_models import TreeEnsembleModel

__all__ = ["RandomForestRegressionModel"]


@stage("org.apache.spark.ml.regression.RandomForestRegressionModel")
class RandomForestRegressionModel(TreeEnsembleModel):
    """Predict the mean of the trees' predictions; their weights have no effect, as in Spark.

    Follows Spark's `ml/regression/RandomForestRegressor.scala` (4.2).
    """

    @classmethod
    def data(cls, saved: SavedStage) -> Mapping[str, Any]:
        return cls.trees(saved)

    def predictLayout(self, profile: Profile, layout: Layout) -> Callable[..., float]:
        # Scala 2.12's `sum` starts from 0.0, 2.13's from the first element, which may be -0.0.
        return self.forest.mean_of(layout, self.width, -0.0 if profile.at_least("4.0") else 0.0)
