"""Mixture of Gaussian distributions."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from sparklet.columns import Attribute, Columns
from sparklet.java import dense_dot, div, exp, gemv, log, symmetric_eigen
from sparklet.linalg import DenseMatrix, DenseVector, Matrix, Vector, argmax
from sparklet.profile import Profile
from sparklet.saved import SavedStage
from sparklet.stages.clustering.points import HasPoints
from sparklet.stages.shared import sized
from sparklet.stages.stage import Bound, Rounding, stage
from sparklet.types import INTEGER, VECTOR

__all__ = ["GaussianMixtureModel"]

_EPSILON = 2.220446049250313e-16


@stage("org.apache.spark.ml.clustering.GaussianMixtureModel")
class GaussianMixtureModel(HasPoints):
    """Predict the probability that a point belongs to each Gaussian.

    The covariances are decomposed like the Java LAPACK that Spark uses if no native LAPACK is installed.
    Follows Spark's `ml/clustering/GaussianMixture.scala` and
    `ml/stat/distribution/MultivariateGaussian.scala` (4.2).
    """

    rounding = Rounding("exp differs in the last bit between the C library and the JVM", ("probabilityCol",))

    predictionCol: str = "prediction"
    probabilityCol: str = "probability"
    weights: tuple[float, ...]
    mus: tuple[Vector, ...]
    sigmas: tuple[Matrix, ...]

    @classmethod
    def data(cls, saved: SavedStage) -> Mapping[str, Any]:
        return saved.table().row(weights="array<double>", mus="array<vector>", sigmas="array<matrix>")

    def check(self) -> str | None:
        if not len(self.weights) == len(self.mus) == len(self.sigmas) > 0:
            return f"{len(self.weights)} weights, {len(self.mus)} means and {len(self.sigmas)} covariances"
        for mean, covariance in zip(self.mus, self.sigmas, strict=True):
            if not covariance.numRows == covariance.numCols == mean.size == self.width:
                shape = f"{covariance.numRows} rows and {covariance.numCols} columns"
                return f"a covariance has {shape}, expected {self.width}"
            rows = covariance.rows()
            if not all(map(math.isfinite, covariance.values)) or rows != list(zip(*rows, strict=True)):
                return "a covariance is not symmetric and finite"
        return super().check()

    @property
    def width(self) -> int:
        return self.mus[0].size

    def predictProbability(self, profile: Profile) -> Callable[[Vector], DenseVector]:
        """Return the function from a point to the probability of each Gaussian."""
        densities = [
            (weight, _density(mean, covariance, profile.blas))
            for weight, mean, covariance in zip(self.weights, self.mus, self.sigmas, strict=True)
        ]

        def probabilities(point: Vector) -> DenseVector:
            total, weighted = 0.0, []
            for weight, density in densities:
                p = _EPSILON + weight * density(point)
                weighted.append(p)
                total += p
            return DenseVector(tuple([div(p, total) for p in weighted]))

        return sized(probabilities, self.width)

    def bind(self, columns: Columns) -> Iterator[Bound]:
        if not self.probabilityCol and not self.predictionCol:
            return
        source, of_points = self.points(columns)
        probabilities = self.predictProbability(columns.profile)
        predict = of_points(lambda point: argmax(probabilities(point)))
        features = source
        if self.probabilityCol:
            source = columns.new(self.probabilityCol, VECTOR, size=len(self.weights))
            predict = argmax
            yield Bound((features,), (source,), of_points(probabilities))
        if self.predictionCol:
            attribute = Attribute("nominal", self.predictionCol, numValues=len(self.weights))
            target = columns.new(self.predictionCol, INTEGER, attribute=attribute)
            yield Bound((source,), (target,), predict)


def _density(mean: Vector, covariance: Matrix, order: str) -> Callable[[Vector], float]:
    """Return the density of a Gaussian by the pseudo-inverse, which omits directions without variance."""
    values, vectors = symmetric_eigen(covariance.rows())
    size = mean.size
    tolerance = _EPSILON * max(values) * size
    log_determinant = 0.0
    for value in values:
        if value > tolerance:
            log_determinant += log(value)
    constant = -0.5 * (size * log(2.0 * math.pi) + log_determinant)
    scales = [math.sqrt(1.0 / value) if value > tolerance else 0.0 for value in values]
    # The square root of the inverse, scales · vectorsᵀ, in column order.
    entries = [scale * u for row in vectors for scale, u in zip(scales, row, strict=True)]
    root = DenseMatrix(size, size, tuple(entries))
    center = gemv(root, order)(mean, 0.0, [0.0] * size)
    product, ddot = gemv(root, order, -1.0), dense_dot(order)

    def density(point: Vector) -> float:
        v = product(point, 1.0, center)
        return exp(constant - 0.5 * ddot(v, v))

    return density
