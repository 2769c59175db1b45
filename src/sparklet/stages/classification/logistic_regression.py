"""Logistic regression of two and more classes."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from sparklet.ir import Emit, Graph, Node
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
from sparklet.stages.stage import Rounding, stage

__all__ = ["LogisticRegressionModel"]


@stage("org.apache.spark.ml.classification.LogisticRegressionModel")
class LogisticRegressionModel(ProbabilisticClassificationModel):
    """Classify by a linear margin.

    With two classes `threshold` is used even if `thresholds` is set. Follows Spark's
    `ml/classification/LogisticRegression.scala` (4.2).
    """

    rounding = Rounding("exp differs in the last bit between the C library and the JVM", ("probabilityCol",))

    threshold: float = 0.5
    thresholdIsSet: bool = False
    numClasses: int
    interceptVector: Vector
    coefficientMatrix: Matrix
    isMultinomial: bool

    @classmethod
    def data(cls, saved: SavedStage) -> Mapping[str, Any]:
        # Before 2.4 Spark saved the default like a param that the user set, so `thresholds` takes precedence.
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

    def _margin(self, graph: Graph, features: Node, profile: Profile) -> Node:
        matrix = self.coefficientMatrix
        weights = (
            DenseVector(matrix.values)
            if isinstance(matrix, DenseMatrix)
            else SparseVector(matrix.numCols, matrix.rowIndices, matrix.values)
        )
        product = graph.dot(features, weights, profile.blas)
        return graph.plus(product, to_dense(self.interceptVector).values[0])

    def predictRaw(self, profile: Profile) -> Emit:
        if not self.isMultinomial:
            return lambda graph, features: two_sided(graph, self._margin(graph, features, profile))
        matrix, intercepts = self.coefficientMatrix, to_dense(self.interceptVector).values
        return lambda graph, features: graph.matrix_product(features, matrix, intercepts, profile.blas)

    def raw2probability(self, profile: Profile) -> Emit:
        if self.isMultinomial:
            return to_elements(softmax, self.classes, "softmax")

        def both(graph: Graph, raw: Node) -> Node:
            first = graph.logistic(graph.elements(raw, 2)[0])
            return graph.dense([first, graph.minus(1.0, first)])

        return both

    def raw2prediction(self, profile: Profile) -> Emit:
        if self.isMultinomial:
            return super().raw2prediction(profile)
        t = self._threshold
        limit = -math.inf if t == 0.0 else math.inf if t == 1.0 else log(t / (1.0 - t))
        return lambda graph, raw: graph.above(graph.elements(raw, 2)[1], limit)

    def probability2prediction(self, profile: Profile) -> Emit:
        if self.isMultinomial:
            return super().probability2prediction(profile)
        return lambda graph, probability: graph.above(graph.elements(probability, 2)[1], self._threshold)

    def predict(self, profile: Profile) -> Emit:
        if self.isMultinomial:
            return super().predict(profile)
        return lambda graph, features: graph.above(
            graph.logistic(self._margin(graph, features, profile)), self._threshold
        )
