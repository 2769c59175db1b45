"""Naive Bayes: multinomial, Bernoulli, Gaussian and complement."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, Literal

from sparklet.errors import InvalidValueError, VectorSizeError
from sparklet.ir import Emit, calls
from sparklet.java import div, exp, gemv, log, log1p
from sparklet.linalg import DenseMatrix, DenseVector, Matrix, SparseMatrix, Vector, to_dense
from sparklet.profile import Profile
from sparklet.saved import SavedStage
from sparklet.stages.classification.classifier import ProbabilisticClassificationModel, softmax, to_elements
from sparklet.stages.shared import sized
from sparklet.stages.stage import Rounding, stage
from sparklet.types import VECTOR

__all__ = ["NaiveBayesModel"]

Raw = Callable[[Vector], DenseVector]


@stage("org.apache.spark.ml.classification.NaiveBayesModel")
class NaiveBayesModel(ProbabilisticClassificationModel):
    """Classify as if the features were independent of each other.

    The Gaussian model ignores surplus features; the others check the size and refuse values outside their
    distribution, including NaN. Follows Spark's `ml/classification/NaiveBayes.scala` (4.2).
    """

    rounding = Rounding(
        "exp and log differ in the last bit between the C library and the JVM",
        ("rawPredictionCol", "probabilityCol"),
    )

    modelType: Literal["multinomial", "complement", "bernoulli", "gaussian"] = "multinomial"
    pi: Vector
    theta: Matrix
    sigma: Matrix

    @classmethod
    def data(cls, saved: SavedStage) -> Mapping[str, Any]:
        types = {"pi": "vector", "theta": "matrix"}
        if saved.version >= (3, 0):
            return saved.table().row(sigma="matrix", **types)
        return {"sigma": DenseMatrix(0, 0, ()), **saved.table().row(**types)}

    def check(self) -> str | None:
        if self.pi.size != self.theta.numRows:
            return f"{self.pi.size} classes in pi do not match {self.theta.numRows} rows of theta"
        if self.modelType == "gaussian":
            shape = (self.theta.numRows, self.theta.numCols)
            if (self.sigma.numRows, self.sigma.numCols) != shape:
                return "a Gaussian model needs the variance of every feature in every class"
        return super().check()

    @property
    def classes(self) -> int:
        return self.pi.size

    @property
    def width(self) -> int:
        return self.theta.numCols

    def predictRaw(self, profile: Profile) -> Emit:
        if self.modelType == "gaussian":
            return calls(self._gaussian(), type=VECTOR)
        if self.modelType == "bernoulli":
            raw = self._bernoulli(profile)
        else:
            raw = self._complement(profile) if self.modelType == "complement" else self._multinomial(profile)
        return calls(sized(raw, self.theta.numCols), type=VECTOR)

    def _multinomial(self, profile: Profile) -> Raw:
        product, pi = gemv(self.theta, profile.blas), to_dense(self.pi).values

        def raw(features: Vector) -> DenseVector:
            _require_nonnegative(features)
            return DenseVector(tuple(product(features, 1.0, list(pi))))

        return raw

    def _complement(self, profile: Profile) -> Raw:
        product, zeros = gemv(self.theta, profile.blas), [0.0] * self.theta.numRows

        def raw(features: Vector) -> DenseVector:
            _require_nonnegative(features)
            logs = product(features, 0.0, zeros)
            largest = -math.inf
            for value in logs:
                largest = max(largest, value)
            total = 0.0
            for value in logs:
                total += exp(value - largest)
            normalizer = log(total) + largest
            return DenseVector(tuple([value - normalizer for value in logs]))

        return raw

    def _bernoulli(self, profile: Profile) -> Raw:
        # pi + log(1 - p) of every feature + (log p - log(1 - p)) of those that are 1.
        negative = _mapped(self.theta, lambda value: log1p(-exp(value)))
        difference = _mapped(self.theta, lambda value: value - log1p(-exp(value)))
        ones = DenseVector((1.0,) * self.theta.numCols)
        pi = gemv(negative, profile.blas)(ones, 1.0, list(to_dense(self.pi).values))
        product = gemv(difference, profile.blas)

        def raw(features: Vector) -> DenseVector:
            for value in features.values:
                if value not in (0.0, 1.0):
                    raise InvalidValueError("Bernoulli naive Bayes requires 0 or 1 feature values", features)
            return DenseVector(tuple(product(features, 1.0, list(pi))))

        return raw

    def _gaussian(self) -> Raw:
        width, classes = self.theta.numCols, []
        parts = zip(to_dense(self.pi).values, self.theta.rows(), self.sigma.rows(), strict=True)
        for prior, means, row in parts:
            logs = 0.0
            for variance in row:
                logs += log(variance)
            classes.append((prior, tuple(zip(means, row, strict=True)), logs))

        def raw(features: Vector) -> DenseVector:
            if features.size < width:
                raise VectorSizeError(features.size, width)
            values = to_dense(features).values
            result = []
            for prior, terms, logs in classes:
                total = 0.0
                for value, (mean, variance) in zip(values, terms, strict=False):
                    distance = value - mean
                    total += div(distance * distance, variance)
                result.append(prior - (total + logs) / 2.0)
            return DenseVector(tuple(result))

        return raw

    def raw2probability(self, profile: Profile) -> Emit:
        return to_elements(softmax, self.classes, "softmax")


def _require_nonnegative(features: Vector) -> None:
    for value in features.values:
        if not value >= 0.0:
            raise InvalidValueError("Naive Bayes requires nonnegative feature values", features)


def _mapped(matrix: Matrix, function: Callable[[float], float]) -> Matrix:
    """Return the matrix with a function applied to its stored values, like Spark's `Matrix.map`."""
    values = tuple(map(function, matrix.values))
    if isinstance(matrix, DenseMatrix):
        return DenseMatrix(matrix.numRows, matrix.numCols, values, matrix.isTransposed)
    return SparseMatrix(
        matrix.numRows, matrix.numCols, matrix.colPtrs, matrix.rowIndices, values, matrix.isTransposed
    )
