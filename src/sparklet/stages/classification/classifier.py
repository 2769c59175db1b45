"""The output columns of every classifier: rawPrediction, probability, prediction.

Follows Spark's `ml/classification/{Classifier,ProbabilisticClassifier}.scala` (4.2): each column is computed
from the previous one if that is an output, else from the features. The two ways treat thresholds differently.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

from sparklet.columns import Attribute, Column, Columns
from sparklet.errors import InvalidValueError
from sparklet.ir import Emit, Graph, Node, Vector
from sparklet.profile import Profile
from sparklet.records import record
from sparklet.stages.predictor import PredictionModel
from sparklet.stages.stage import Bound
from sparklet.types import DOUBLE, VECTOR

__all__ = [
    "ClassificationModel",
    "ProbabilisticClassificationModel",
    "argmax",
    "largest",
    "normalize",
    "of_elements",
    "softmax",
    "to_elements",
    "two_sided",
]


@record(kw_only=True, eq=False)
class ClassificationModel(PredictionModel):
    """A classifier with `rawPrediction` and `prediction`. A subclass defines `classes` and `predictRaw`."""

    rawPredictionCol: str = "rawPrediction"

    @property
    def classes(self) -> int:
        """Return the number of classes."""
        raise TypeError(f"{type(self).__name__} has no classes")

    def predictRaw(self, profile: Profile) -> Emit:
        """Return the function from features to the raw prediction of each class."""
        raise TypeError(f"{type(self).__name__} has no predictRaw")

    def raw2prediction(self, profile: Profile) -> Emit:
        """Return the function from a raw prediction to the class."""
        return largest

    def predict(self, profile: Profile) -> Emit:
        raw, decide = self.predictRaw(profile), self.raw2prediction(profile)
        return lambda graph, features: decide(graph, raw(graph, features))

    def bind(self, columns: Columns) -> Iterator[Bound]:
        features, profile = self.features(columns), columns.profile
        predict, source = self.predict, features
        if self.rawPredictionCol:
            source = columns.new(self.rawPredictionCol, VECTOR, size=self.classes)
            yield Bound((features,), (source,), emit=self.predictRaw(profile))
            predict = self.raw2prediction
        yield from self._predict(columns, source, predict)

    def _predict(
        self, columns: Columns, source: Column, predict: Callable[[Profile], Emit]
    ) -> Iterator[Bound]:
        if self.predictionCol:
            attribute = Attribute("nominal", self.predictionCol, numValues=self.classes)
            target = columns.new(self.predictionCol, DOUBLE, attribute=attribute)
            yield Bound((source,), (target,), emit=predict(columns.profile))


@record(kw_only=True, eq=False)
class ProbabilisticClassificationModel(ClassificationModel):
    """A classifier that also has `probability`. A subclass defines `raw2probability`."""

    probabilityCol: str = "probability"
    thresholds: tuple[float, ...] | None = None

    def check(self) -> str | None:
        if self.thresholds is not None and len(self.thresholds) != self.classes:
            return f"{len(self.thresholds)} thresholds do not match {self.classes} classes"
        return super().check()

    def raw2probability(self, profile: Profile) -> Emit:
        """Return the function from a raw prediction to the probability of each class."""
        raise TypeError(f"{type(self).__name__} has no raw2probability")

    def predictProbability(self, profile: Profile) -> Emit:
        """Return the function from features to probabilities."""
        raw, probability = self.predictRaw(profile), self.raw2probability(profile)
        return lambda graph, features: probability(graph, raw(graph, features))

    def probability2prediction(self, profile: Profile) -> Emit:
        """Return the function from probabilities to the class with the largest ratio to its threshold."""
        thresholds = self.thresholds
        if thresholds is None:
            return largest

        def decide(probability: tuple[float, ...]) -> float:
            best, most = 0.0, -math.inf
            for i, (p, threshold) in enumerate(zip(probability, thresholds, strict=True)):
                # 0/0 is NaN, which is never the maximum; any other value divided by 0 is infinite and wins.
                scaled = p / threshold if threshold else math.inf if p > 0 else math.nan
                if scaled > most:
                    best, most = float(i), scaled
            return best

        return of_elements(decide)

    def raw2prediction(self, profile: Profile) -> Emit:
        if self.thresholds is None:
            return super().raw2prediction(profile)
        probability, decide = self.raw2probability(profile), self.probability2prediction(profile)
        return lambda graph, raw: decide(graph, probability(graph, raw))

    def bind(self, columns: Columns) -> Iterator[Bound]:
        features, profile = self.features(columns), columns.profile
        predict, source = self.predict, features
        if self.rawPredictionCol:
            source = columns.new(self.rawPredictionCol, VECTOR, size=self.classes)
            yield Bound((features,), (source,), emit=self.predictRaw(profile))
            predict = self.raw2prediction
        if self.probabilityCol:
            target = columns.new(self.probabilityCol, VECTOR, size=self.classes)
            make = self.raw2probability if self.rawPredictionCol else self.predictProbability
            yield Bound((source,), (target,), emit=make(profile))
            if not self.rawPredictionCol:
                source, predict = target, self.probability2prediction
        yield from self._predict(columns, source, predict)


def largest(graph: Graph, vector: Node) -> Node:
    """Return the index of the first maximum; NaN is the maximum only if it is the first value."""
    if isinstance(vector, Vector) and len(vector.scalars or ()) == 2:
        first, second = graph.elements(vector, 2)
        return graph.select(graph.compare(">", second, first), 1.0, 0.0, nan=False, categories=2)
    return graph.apply(argmax, vector, name="argmax", nan=False)


def argmax(values: tuple[float, ...]) -> float:
    """Return the index of the first maximum, see `largest`.

    >>> argmax((0.25, 0.5, 0.5))
    1.0
    """
    return float(values.index(max(values)))


def two_sided(graph: Graph, margin: Node) -> Node:
    """Return the raw predictions of two classes."""
    return graph.dense([graph.negate(margin), margin])


def of_elements(function: Callable[[tuple[float, ...]], float]) -> Emit:
    """Return the emit of a function from the elements of a dense vector to a number."""
    return lambda graph, vector: graph.apply(function, vector)


def to_elements(
    function: Callable[[tuple[float, ...]], tuple[float, ...]], size: int, name: str | None = None
) -> Emit:
    """Return the emit of a function between the elements of dense vectors of `size`, see `Apply`."""
    return lambda graph, vector: graph.apply(function, vector, size, name)


def softmax(values: tuple[float, ...]) -> tuple[float, ...]:
    """Return the probabilities of raw predictions.

    Follows Spark's `ml/impl/Utils.scala` (4.2): multiplies by 1/sum; an infinite value has probability 1.

    >>> softmax((0.0, 0.0))
    (0.5, 0.5)
    """
    most = -1.7976931348623157e308  # Double.MinValue
    for i, value in enumerate(values):
        if value == math.inf:
            scaled = [v * 0.0 for v in values]
            scaled[i] = 1.0
            return tuple(scaled)
        most = max(most, value)
    total, powers = 0.0, []
    for value in values:
        # The argument of exp is at most 0, NaN or -inf, so exp cannot overflow.
        power = math.exp(value - most)
        powers.append(power)
        total += power
    factor = 1.0 / total if total else math.inf
    return tuple([power * factor for power in powers])


def normalize(values: tuple[float, ...]) -> tuple[float, ...]:
    """Return values divided by their sum.

    Follows `ProbabilisticClassificationModel.normalizeToProbabilitiesInPlace` (4.2). Raises
    `InvalidValueError` for a zero vector, which Spark cannot normalize either.

    >>> normalize((1.0, 3.0))
    (0.25, 0.75)
    """
    total = 0.0
    for value in values:
        if not value >= 0:
            raise InvalidValueError("the input raw predictions should be nonnegative", values)
        total += value
    if not total > 0:
        raise InvalidValueError("Can't normalize the 0-vector", values)
    return tuple([value / total for value in values])
