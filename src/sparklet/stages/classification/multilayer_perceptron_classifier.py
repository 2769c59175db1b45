"""Feed-forward neural network."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

from sparklet.ir import Emit, calls
from sparklet.java import div, exp, gemm_column
from sparklet.linalg import DenseMatrix, DenseVector, Vector, to_dense
from sparklet.profile import Profile
from sparklet.saved import SavedStage
from sparklet.stages.classification.classifier import ProbabilisticClassificationModel, largest, to_elements
from sparklet.stages.shared import sized
from sparklet.stages.stage import Rounding, stage
from sparklet.types import VECTOR

__all__ = ["MultilayerPerceptronClassificationModel"]


@stage("org.apache.spark.ml.classification.MultilayerPerceptronClassificationModel")
class MultilayerPerceptronClassificationModel(ProbabilisticClassificationModel):
    """Classify by sigmoid layers and a final softmax.

    Thresholds are ignored if prediction is the only output. Follows Spark's
    `ml/classification/MultilayerPerceptronClassifier.scala` and `ml/ann/{Layer,LossFunction}.scala` (4.2).
    """

    rounding = Rounding(
        "an exp in each neuron, summed with others in the layers above",
        ("rawPredictionCol", "probabilityCol"),
    )

    layers: tuple[int, ...]
    weights: Vector

    @classmethod
    def data(cls, saved: SavedStage) -> Mapping[str, Any]:
        if saved.version >= (3, 0):
            return saved.table().row(weights="vector")
        return saved.table().row(layers="array<int>", weights="vector")

    def check(self) -> str | None:
        if len(self.layers) < 2 or min(self.layers) < 1:
            return f"layers are {self.layers}, expected two or more positive sizes"
        expected = 0
        for size, following in pairwise(self.layers):
            expected += (size + 1) * following
        if self.weights.size != expected:
            return f"{self.weights.size} weights do not match layers {self.layers}, which need {expected}"
        return super().check()

    @property
    def classes(self) -> int:
        return self.layers[-1]

    @property
    def width(self) -> int:
        return self.layers[0]

    def predictRaw(self, profile: Profile) -> Emit:
        weights, start, layers = to_dense(self.weights).values, 0, []
        for size, following in pairwise(self.layers):
            end = start + size * following
            matrix = DenseMatrix(following, size, weights[start:end])
            start = end + following
            layers.append((gemm_column(matrix, profile.blas), weights[end:start]))
        hidden, (last, last_bias) = layers[:-1], layers[-1]

        def raw(features: Vector) -> DenseVector:
            values = to_dense(features).values
            for layer, bias in hidden:
                values = tuple([1.0 / (1.0 + exp(-value)) for value in layer(values, list(bias))])
            return DenseVector(tuple(last(values, list(last_bias))))

        return calls(sized(raw, self.layers[0]), type=VECTOR)

    def raw2probability(self, profile: Profile) -> Emit:
        return to_elements(_softmax, self.classes)

    def predict(self, profile: Profile) -> Emit:
        probability = self.predictProbability(profile)
        return lambda graph, features: largest(graph, probability(graph, features))


def _softmax(values: tuple[float, ...]) -> tuple[float, ...]:
    """Return the softmax of a network, which divides by the sum; other classifiers multiply by 1/sum."""
    most = -1.7976931348623157e308  # Double.MinValue
    for value in values:
        most = max(most, value)
    total, powers = 0.0, []
    for value in values:
        power = exp(value - most)
        powers.append(power)
        total += power
    return tuple([div(power, total) for power in powers])
