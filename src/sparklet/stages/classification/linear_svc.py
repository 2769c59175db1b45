"""Linear support vector machine."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sparklet.emit import Builder, Emit, Symbol
from sparklet.linalg import Vector
from sparklet.profile import Profile
from sparklet.saved import SavedStage
from sparklet.stages.classification.classifier import ClassificationModel, two_sided
from sparklet.stages.stage import stage

__all__ = ["LinearSVCModel"]


@stage("org.apache.spark.ml.classification.LinearSVCModel")
class LinearSVCModel(ClassificationModel):
    """Classify by which side of a plane the features lie on.

    The threshold is on the margin, not on a probability. Follows Spark's
    `ml/classification/LinearSVC.scala` (4.2).
    """

    threshold: float = 0.0
    coefficients: Vector
    intercept: float

    @classmethod
    def data(cls, saved: SavedStage) -> Mapping[str, Any]:
        return saved.table().row(coefficients="vector", intercept="double")

    @property
    def classes(self) -> int:
        return 2

    @property
    def width(self) -> int:
        return self.coefficients.size

    def _margin(self, b: Builder, features: Symbol, profile: Profile) -> str:
        return b.plus(b.linear(features, self.coefficients, profile.blas), self.intercept)

    def predictRaw(self, profile: Profile) -> Emit:
        return lambda b, features: two_sided(b, self._margin(b, features, profile))

    def raw2prediction(self, profile: Profile) -> Emit:
        return lambda b, raw: b.above(b.elements(raw, 2)[1], self.threshold)

    def predict(self, profile: Profile) -> Emit:
        return lambda b, features: b.above(self._margin(b, features, profile), self.threshold)
