"""Factorization machine for two classes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sparklet.jvm_math import exp
from sparklet.linalg import DenseVector, Matrix, Vector
from sparklet.profile import Profile
from sparklet.saved import SavedStage
from sparklet.stages.classification.classifier import ProbabilisticClassificationModel, Raw
from sparklet.stages.regression.factorization_machines import check_factors, factors_data, raw_prediction
from sparklet.stages.stage import stage

__all__ = ["FMClassificationModel"]


@stage("org.apache.spark.ml.classification.FMClassificationModel")
class FMClassificationModel(ProbabilisticClassificationModel):
    """Classify by a dot and the interactions of all pairs of features.

    The probability of class 1 comes first and that of class 0 from it, the other way round than in logistic
    regression. Follows Spark's `ml/classification/FMClassifier.scala` (4.2).
    """

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

    def predictRaw(self, profile: Profile) -> Raw:
        raw = raw_prediction(self.intercept, self.linear, self.factors, profile)

        def both(features: Vector) -> DenseVector:
            value = raw(features)
            return DenseVector((-value, value))

        return both

    def raw2probability(self, profile: Profile) -> Raw:
        def both(raw: Vector) -> DenseVector:
            second = 1.0 / (1.0 + exp(-raw.values[1]))
            return DenseVector((1.0 - second, second))

        return both
