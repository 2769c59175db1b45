"""Accelerated failure time model of survival."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sparklet.columns import Columns
from sparklet.ir import Emit, Graph, Node
from sparklet.java import exp, log, log1p
from sparklet.linalg import Vector
from sparklet.profile import Profile
from sparklet.saved import SavedStage
from sparklet.stages.predictor import PredictionModel
from sparklet.stages.stage import Bound, Rounding, stage
from sparklet.types import DOUBLE, VECTOR

__all__ = ["AFTSurvivalRegressionModel"]

_DEFAULT_PROBABILITIES = (0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99)


@stage("org.apache.spark.ml.regression.AFTSurvivalRegressionModel")
class AFTSurvivalRegressionModel(PredictionModel):
    """Predict a lifetime, and its quantiles if they are an output.

    Follows Spark's `ml/regression/AFTSurvivalRegression.scala` (4.2).
    """

    rounding = Rounding(
        "exp, log and log1p differ in the last bit between the C library and the JVM",
        ("predictionCol", "quantilesCol"),
    )

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

    def predict(self, profile: Profile) -> Emit:
        return lambda graph, features: graph.exp(
            graph.plus(graph.dot(features, self.coefficients, profile.blas), self.intercept)
        )

    def bind(self, columns: Columns) -> Iterator[Bound]:
        if not self.predictionCol and not self.quantilesCol:
            return
        features = self.features(columns)
        predict = self.predict(columns.profile)
        unit = [exp(log(-log1p(-q)) * self.scale) for q in self.quantileProbabilities]

        def quantiles(graph: Graph, lifetime: Node) -> Node:
            return graph.dense([graph.multiply(x, lifetime) for x in unit])

        source, emit = features, lambda graph, x: quantiles(graph, predict(graph, x))
        if self.predictionCol:
            source, emit = columns.new(self.predictionCol, DOUBLE), quantiles
            yield Bound((features,), (source,), emit=predict)
        if self.quantilesCol:
            target = columns.new(self.quantilesCol, VECTOR, size=len(unit))
            yield Bound((source,), (target,), emit=emit)
