"""Linear regression."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sparklet.ir import Emit
from sparklet.linalg import Vector
from sparklet.profile import Profile
from sparklet.saved import SavedStage
from sparklet.stages.predictor import PredictionModel
from sparklet.stages.stage import stage

__all__ = ["LinearRegressionModel"]


@stage("org.apache.spark.ml.regression.LinearRegressionModel")
class LinearRegressionModel(PredictionModel):
    """Predict by a dot product and an intercept.

    Follows Spark's `ml/regression/LinearRegression.scala` (4.2).
    """

    intercept: float
    coefficients: Vector

    @classmethod
    def data(cls, saved: SavedStage) -> Mapping[str, Any]:
        return saved.table().row(intercept="double", coefficients="vector")

    @property
    def width(self) -> int:
        return self.coefficients.size

    def predict(self, profile: Profile) -> Emit:
        return lambda graph, features: graph.plus(
            graph.dot(features, self.coefficients, profile.blas), self.intercept
        )
