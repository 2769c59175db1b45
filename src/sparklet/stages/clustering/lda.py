"""Latent Dirichlet allocation: the topics of a document."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sparklet.columns import Columns
from sparklet.errors import InvalidValueError, VectorSizeError
from sparklet.java import digamma, digammas, exp, gamma_draws, gemv
from sparklet.linalg import DenseMatrix, DenseVector, Matrix, SparseVector, Vector, to_dense
from sparklet.profile import Profile
from sparklet.records import record
from sparklet.saved import SavedStage, check_elements
from sparklet.stages.clustering.points import HasPoints
from sparklet.stages.params import vector_param
from sparklet.stages.stage import Bound, Rounding, stage
from sparklet.types import VECTOR

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["DistributedLDAModel", "LocalLDAModel"]

# "org.apache.spark.ml.clustering.LocalLDAModel".hashCode: the model takes its seed before its params are
# restored, so that the saved seed has no effect.
_SEED = 1421925485

_TINY = 1e-100
_CONVERGED = 1e-3
# Spark would loop forever; a usual document takes less than a hundred rounds. Negative word counts make a
# round long, because digamma takes a step for each whole number up to zero.
_MOST_ROUNDS = 10_000
_MOST_NEGATIVE_STEPS = 1_000_000


@record(kw_only=True, eq=False)
class LDAModel(HasPoints):
    """Infer the topic distribution of a document from its word counts."""

    rounding = Rounding("tens of rounds of exp and log, whose last bits add up", ("topicDistributionCol",))

    topicDistributionCol: str = "topicDistribution"
    topicsMatrix: Matrix
    docConcentration: Vector
    gammaShape: float

    def check(self) -> str | None:
        if self.docConcentration.size != self.topicsMatrix.numCols:
            concentrations, topics = self.docConcentration.size, self.topicsMatrix.numCols
            return f"{concentrations} concentrations do not match {topics} topics"
        if not self.gammaShape > 0.0:
            return f"gammaShape is {self.gammaShape}, expected a positive number"
        if not self.topicDistributionCol:
            return "topicDistributionCol is empty, which Spark refuses"
        return super().check()

    @property
    def width(self) -> int:
        return self.topicsMatrix.numRows

    def bind(self, columns: Columns) -> Iterator[Bound]:
        source, of_points = self.points(columns)
        target = columns.new(self.topicDistributionCol, VECTOR, size=self.topicsMatrix.numCols)
        yield Bound((source,), (target,), of_points(self.topicDistribution(columns.profile)))

    def topicDistribution(self, profile: Profile) -> Callable[[Vector], DenseVector]:
        """Return the function from word counts to topics.

        Follows `variationalTopicInference` in Spark's `mllib/clustering/LDAOptimizer.scala` (4.2).
        """
        order, k = profile.blas, self.topicsMatrix.numCols
        vocabulary, words = self.topicsMatrix.numRows, _exp_log_beta(self.topicsMatrix)
        alpha = to_dense(self.docConcentration).values
        first = gamma_draws(_SEED, self.gammaShape, 1.0 / self.gammaShape, k)
        first_theta = _exp_expectation(first)
        nothing, zeros = DenseVector((0.0,) * k), [0.0] * k

        def topics(document: Vector) -> DenseVector:
            counts = document.values
            if counts.count(0.0) == len(counts):
                return nothing
            indices = document.indices if isinstance(document, SparseVector) else range(len(counts))
            if indices[-1] >= vocabulary:
                raise VectorSizeError(document.size, vocabulary)
            # One row per word of the document, in column order.
            beta = tuple(words[list(indices)].T.ravel().tolist())
            by_topic = gemv(DenseMatrix(len(counts), k, beta), order)
            by_word = gemv(DenseMatrix(k, len(counts), beta, True), order)
            none = [0.0] * len(counts)
            gamma, theta = first, first_theta
            steps = 0.0
            for _ in range(_MOST_ROUNDS):
                phi = [value + _TINY for value in by_topic(DenseVector(tuple(theta)), 0.0, none)]
                ratios = DenseVector(tuple([count / norm for count, norm in zip(counts, phi, strict=True)]))
                last = gamma
                sums = by_word(ratios, 0.0, zeros)
                gamma = [t * total + a for t, total, a in zip(theta, sums, alpha, strict=True)]
                for value in gamma:
                    steps -= min(value, 0.0)
                if steps > _MOST_NEGATIVE_STEPS:
                    break
                theta = _exp_expectation(gamma)
                change = 0.0
                for new, old in zip(gamma, last, strict=True):
                    change += abs(new - old)
                if not change / k > _CONVERGED:
                    return _normalized(gamma)
            raise InvalidValueError("topics do not converge", document)

        return topics


@stage("org.apache.spark.ml.clustering.LocalLDAModel")
class LocalLDAModel(LDAModel):
    """Infer the topics of a document.

    As in Spark, the saved seed has no effect. Follows Spark's `ml/clustering/LDA.scala` (4.2).
    """

    @classmethod
    def data(cls, saved: SavedStage) -> Mapping[str, Any]:
        types = {"topicsMatrix": "matrix", "docConcentration": "vector", "gammaShape": "double"}
        return saved.table().row(**types)


@stage("org.apache.spark.ml.clustering.DistributedLDAModel")
class DistributedLDAModel(LDAModel):
    """Infer the topics of a document by a model that was trained by expectation maximization.

    Spark draws a new seed each time it loads such a model, so its results differ by about a thousandth
    between loads; sparklet uses the seed of LocalLDAModel. Follows Spark's `ml/clustering/LDA.scala` and
    `DistributedLDAModel` in `mllib/clustering/LDAModel.scala` (4.2).
    """

    @classmethod
    def data(cls, saved: SavedStage) -> Mapping[str, Any]:
        old = saved.child("oldModel")
        k, words = old.number("k", 1), old.number("vocabSize", 0)
        try:
            concentration = vector_param({"type": 1, "values": old.metadata.get("docConcentration")})
        except (ValueError, OverflowError):
            raise old.corrupt("docConcentration is not a list of numbers") from None
        table = old.table("data/topicCounts")
        vertices, topics = table.column("id", "bigint"), table.column("topicWeights", "vector")
        try:
            check_elements(words * k, len(vertices))
        except ValueError as error:
            raise old.corrupt(f"topicCounts {error}") from None
        values = [0.0] * (words * k)
        for vertex, weights in zip(vertices, topics, strict=True):
            # Documents have the ids 0, 1, ...; words have -1, -2, ...
            word = -1 - vertex
            if 0 <= word < words and weights.size == k:
                values[word::words] = to_dense(weights).values
            elif vertex < 0:
                raise old.corrupt(f"topicCounts has word {word} of {words} with {weights.size} of {k} topics")
        return {
            "topicsMatrix": DenseMatrix(words, k, tuple(values)),
            "docConcentration": concentration,
            "gammaShape": old.metadata.get("gammaShape"),
        }


def _normalized(gamma: Sequence[float]) -> DenseVector:
    total = 0.0
    for value in gamma:
        total += abs(value)
    return DenseVector(tuple([value / total for value in gamma] if total else gamma))


def _exp_expectation(gamma: Sequence[float]) -> list[float]:
    """Return exp(E[log θ]) for θ ~ Dirichlet(gamma)."""
    total = 0.0
    for value in gamma:
        total += value
    whole = digamma(total)
    return [exp(digamma(value) - whole) for value in gamma]


def _exp_log_beta(topics: Matrix) -> NDArray[np.float64]:
    """Return exp(E[log β]) as an array of words by topics."""
    import numpy

    columns = [list(column) for column in zip(*topics.rows(), strict=True)]
    result = numpy.empty((topics.numRows, topics.numCols))
    for topic, column in enumerate(columns):
        total = 0.0
        for value in column:
            total += value
        whole = digamma(total)
        result[:, topic] = [exp(value - whole) for value in digammas(column)]
    return result
