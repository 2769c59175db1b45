"""Logistic regression of two and more classes."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from sparklet.emit import Builder, Emit, Symbol, Tuple, dense
from sparklet.java import gemv
from sparklet.java.functions import div, log
from sparklet.linalg import DenseMatrix, DenseVector, Matrix, SparseVector, Vector, to_dense
from sparklet.profile import Profile
from sparklet.saved import SavedStage
from sparklet.stages.classification.classifier import (
    ProbabilisticClassificationModel,
    softmax,
    to_elements,
    two_sided,
)
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

    def _margin(self, b: Builder, features: Symbol, profile: Profile) -> str:
        matrix = self.coefficientMatrix
        weights = (
            DenseVector(matrix.values)
            if isinstance(matrix, DenseMatrix)
            else SparseVector(matrix.numCols, matrix.rowIndices, matrix.values)
        )
        product = b.linear(features, weights, profile.blas)
        return b.plus(product, to_dense(self.interceptVector).values[0])

    def predictRaw(self, profile: Profile) -> Emit:
        if not self.isMultinomial:
            return lambda b, features: two_sided(b, self._margin(b, features, profile))
        product = gemv(self.coefficientMatrix, profile.blas)
        intercepts, size = to_dense(self.interceptVector).values, self.coefficientMatrix.numCols

        def margins(features: Vector) -> tuple[float, ...]:
            return tuple(product(features, 1.0, list(intercepts)))

        def emit(b: Builder, features: Symbol) -> Symbol:
            b.require_size(features, size)
            return Tuple(b.call(margins, features).var, self.classes)

        return emit

    def raw2probability(self, profile: Profile) -> Emit:
        if self.isMultinomial:
            return to_elements(softmax, self.classes)

        def both(b: Builder, raw: Symbol) -> Symbol:
            first = b.logistic(f"-{b.elements(raw, 2)[0]}")
            return dense([first, b.let(f"1.0 - {first}")])

        return both

    def raw2prediction(self, profile: Profile) -> Emit:
        if self.isMultinomial:
            return super().raw2prediction(profile)
        t = self._threshold
        limit = -math.inf if t == 0.0 else math.inf if t == 1.0 else log(t / (1.0 - t))
        return lambda b, raw: b.above(b.elements(raw, 2)[1], limit)

    def probability2prediction(self, profile: Profile) -> Emit:
        if self.isMultinomial:
            return super().probability2prediction(profile)
        return lambda b, probability: b.above(b.elements(probability, 2)[1], self._threshold)

    def predict(self, profile: Profile) -> Emit:
        if self.isMultinomial:
            return super().predict(profile)
        return lambda b, features: b.above(
            b.logistic(f"-{self._margin(b, features, profile)}"), self._threshold
        )
