"""Accelerated failure time model of survival."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from sparklet.columns import Columns
from sparklet.jvm_math import dot, exp, log, log1p, scal
from sparklet.linalg import DenseVector, Vector
from sparklet.profile import Profile
from sparklet.saved import SavedStage
from sparklet.stages.predictor import PredictionModel
from sparklet.stages.shared import sized
from sparklet.stages.stage import Bound, stage

__all__ = ["AFTSurvivalRegressionModel"]

_DEFAULT_PROBABILITIES = (0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99)


@stage("org.apache.spark.ml.regression.AFTSurvivalRegressionModel")
class AFTSurvivalRegressionModel(PredictionModel):
    """Predict a lifetime, and its quantiles where they are asked for.

    Follows Spark's `ml/regression/AFTSurvivalRegression.scala` (4.2).
    """

    quantileProbabilities: tuple[float, ...] = _DEFAULT_PROBABILITIES
    quantilesCol: str | None = None
    coefficients: Vector
    intercept: float
    scale: float

    @classmethod
    def data(cls, saved: SavedStage) -> Mapping[str, Any]:
        return saved.table().row(coefficients="vector", intercept="double", scale="double")

    def check(self) -> str | None:
        if not self.quantileProbabilities or not all(0.0 < q < 1.0 for q in self.quantileProbabilities):
            return f"quantileProbabilities are {self.quantileProbabilities}, expected numbers between 0 and 1"
        return super().check()

    @property
    def width(self) -> int:
        return self.coefficients.size

    def predict(self, profile: Profile) -> Callable[[Vector], float]:
        product, intercept = dot(self.coefficients, profile.blas), self.intercept
        return sized(lambda features: exp(product(features) + intercept), self.coefficients.size)

    def bind(self, columns: Columns) -> Iterator[Bound]:
        if not self.predictionCol and not self.quantilesCol:
            return
        features = self.features(columns)
        predict = self.predict(columns.profile)
        unit = [exp(log(-log1p(-q)) * self.scale) for q in self.quantileProbabilities]
        source, quantiles = features, lambda vector: DenseVector(tuple(scal(predict(vector), unit)))
        if self.predictionCol:
            source = columns.new(self.predictionCol, "double")
            quantiles = lambda lifetime: DenseVector(tuple(scal(lifetime, unit)))  # noqa: E731 - one of two
            yield Bound((features,), (source,), predict)
        if self.quantilesCol:
            made = columns.new(self.quantilesCol, "vector", size=len(unit))
            yield Bound((source,), (made,), quantiles)
