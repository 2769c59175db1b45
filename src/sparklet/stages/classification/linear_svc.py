"""Linear support vector machine."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sparklet.jvm_math import dot
from sparklet.linalg import DenseVector, Vector
from sparklet.profile import Profile
from sparklet.saved import SavedStage
from sparklet.stages.classification.classifier import Class, ClassificationModel, Raw
from sparklet.stages.shared import sized
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

    def _margin(self, profile: Profile) -> Callable[[Vector], float]:
        product, intercept = dot(self.coefficients, profile.blas), self.intercept
        return sized(lambda features: product(features) + intercept, self.coefficients.size)

    def predictRaw(self, profile: Profile) -> Raw:
        margin = self._margin(profile)

        def both(features: Vector) -> DenseVector:
            m = margin(features)
            return DenseVector((-m, m))

        return both

    def raw2prediction(self, profile: Profile) -> Class:
        threshold = self.threshold
        return lambda raw: 1.0 if raw.values[1] > threshold else 0.0

    def predict(self, profile: Profile) -> Class:
        margin, threshold = self._margin(profile), self.threshold
        return lambda features: 1.0 if margin(features) > threshold else 0.0
