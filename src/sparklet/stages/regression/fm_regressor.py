"""Factorization machine for regression."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sparklet.ir import Emit, calls
from sparklet.linalg import Matrix, Vector
from sparklet.profile import Profile
from sparklet.saved import SavedStage
from sparklet.stages.predictor import PredictionModel
from sparklet.stages.regression.factorization_machines import check_factors, factors_data, raw_prediction
from sparklet.stages.stage import stage
from sparklet.types import DOUBLE

__all__ = ["FMRegressionModel"]


@stage("org.apache.spark.ml.regression.FMRegressionModel")
class FMRegressionModel(PredictionModel):
    """Predict by a dot product and the interactions of all pairs of features.

    Follows Spark's `ml/regression/FMRegressor.scala` (4.2).
    """

    since = "3.0"

    intercept: float
    linear: Vector
    factors: Matrix

    @classmethod
    def data(cls, saved: SavedStage) -> Mapping[str, Any]:
        return factors_data(saved)

    def check(self) -> str | None:
        return check_factors(self.linear, self.factors) or super().check()

    @property
    def width(self) -> int:
        return self.linear.size

    def predict(self, profile: Profile) -> Emit:
        return calls(raw_prediction(self.intercept, self.linear, self.factors, profile), type=DOUBLE)
