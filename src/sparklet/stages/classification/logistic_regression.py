"""Logistic regression of two and more classes."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from sparklet.jvm_math import dot, gemv
from sparklet.jvm_math.functions import div, exp, log
from sparklet.linalg import DenseMatrix, DenseVector, Matrix, SparseVector, Vector, to_dense
from sparklet.profile import Profile
from sparklet.saved import SavedStage
from sparklet.stages.classification.classifier import Class, ProbabilisticClassificationModel, Raw, softmax
from sparklet.stages.shared import sized
from sparklet.stages.stage import stage

__all__ = ["LogisticRegressionModel"]


@stage("org.apache.spark.ml.classification.LogisticRegressionModel")
class LogisticRegressionModel(ProbabilisticClassificationModel):
    """Classify by a linear margin.

    With two classes the threshold rules even where `thresholds` is set. Follows Spark's
    `ml/classification/LogisticRegression.scala` (4.2).
    """

    threshold: float = 0.5
    thresholdIsSet: bool = False
    numClasses: int
    interceptVector: Vector
    coefficientMatrix: Matrix
    isMultinomial: bool

    @classmethod
    def data(cls, saved: SavedStage) -> Mapping[str, Any]:
        # Before 2.4 the default is saved among the set ones, and `thresholds` is what the user meant.
        is_set = saved.version >= (2, 4) and "threshold" in saved.explicit
        if saved.version >= (2, 1):
            types = {"interceptVector": "vector", "coefficientMatrix": "matrix", "isMultinomial": "boolean"}
            return {"thresholdIsSet": is_set, **saved.table().row(numClasses="int", **types)}
        row = saved.table().row(numClasses="int", intercept="double", coefficients="vector")
        weights = to_dense(row["coefficients"]).values
        return {
            "thresholdIsSet": is_set,
            "numClasses": row["numClasses"],
            "interceptVector": DenseVector((row["intercept"],)),
            "coefficientMatrix": DenseMatrix(1, len(weights), weights, True),
            "isMultinomial": False,
        }

    def check(self) -> str | None:
        matrix = self.coefficientMatrix
        if matrix.numRows != self.interceptVector.size:
            return (
                f"{matrix.numRows} rows of coefficients do not match {self.interceptVector.size} intercepts"
            )
        if self.isMultinomial:
            return super().check()
        if matrix.numRows != 1 or not matrix.isTransposed:
            return "coefficients of two classes are one row, stored row by row"
        if self.thresholds is not None and len(self.thresholds) != 2:
            return f"{len(self.thresholds)} thresholds do not match 2 classes"
        if self.thresholdIsSet and not abs(self.threshold - self._threshold) < 1e-5:
            return f"threshold {self.threshold} and thresholds {self.thresholds} contradict each other"
        return None

    @property
    def classes(self) -> int:
        return self.numClasses

    @property
    def width(self) -> int:
        return self.coefficientMatrix.numCols

    @property
    def _threshold(self) -> float:
        if self.thresholds is None:
            return self.threshold
        first, second = self.thresholds
        return 1.0 / (1.0 + div(first, second))

    def _margin(self, profile: Profile) -> Callable[[Vector], float]:
        matrix, intercept = self.coefficientMatrix, to_dense(self.interceptVector).values[0]
        weights = (
            DenseVector(matrix.values)
            if isinstance(matrix, DenseMatrix)
            else SparseVector(matrix.numCols, matrix.rowIndices, matrix.values)
        )
        product = dot(weights, profile.blas)
        return sized(lambda features: product(features) + intercept, matrix.numCols)

    def predictRaw(self, profile: Profile) -> Raw:
        if not self.isMultinomial:
            margin = self._margin(profile)

            def both(features: Vector) -> DenseVector:
                m = margin(features)
                return DenseVector((-m, m))

            return both
        product, intercepts = (
            gemv(self.coefficientMatrix, profile.blas),
            to_dense(self.interceptVector).values,
        )
        return sized(
            lambda features: DenseVector(tuple(product(features, 1.0, list(intercepts)))),
            self.coefficientMatrix.numCols,
        )

    def raw2probability(self, profile: Profile) -> Raw:
        if self.isMultinomial:
            return lambda raw: softmax(raw.values)

        def both(raw: Vector) -> DenseVector:
            first = 1.0 / (1.0 + exp(-raw.values[0]))
            return DenseVector((first, 1.0 - first))

        return both

    def raw2prediction(self, profile: Profile) -> Class:
        if self.isMultinomial:
            return super().raw2prediction(profile)
        t = self._threshold
        limit = -math.inf if t == 0.0 else math.inf if t == 1.0 else log(t / (1.0 - t))
        return lambda raw: 1.0 if raw.values[1] > limit else 0.0

    def probability2prediction(self, profile: Profile) -> Class:
        if self.isMultinomial:
            return super().probability2prediction(profile)
        t = self._threshold
        return lambda probability: 1.0 if probability.values[1] > t else 0.0

    def predict(self, profile: Profile) -> Class:
        if self.isMultinomial:
            return super().predict(profile)
        margin, t = self._margin(profile), self._threshold
        return lambda features: 1.0 if 1.0 / (1.0 + exp(-margin(features))) > t else 0.0
