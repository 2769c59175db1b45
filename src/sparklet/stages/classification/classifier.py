"""How every classifier makes its columns: rawPrediction, probability, prediction.

Follows Spark's `ml/classification/{Classifier,ProbabilisticClassifier}.scala` (4.2): each column is computed
from the one before it where that is asked for, else from the features, and the ways differ in what they do
with thresholds.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from sparklet.columns import Attribute, Column, Columns
from sparklet.errors import InvalidValueError
from sparklet.linalg import DenseVector, Vector, argmax
from sparklet.profile import Profile
from sparklet.stages.predictor import PredictionModel
from sparklet.stages.stage import Bound

__all__ = ["ClassificationModel", "ProbabilisticClassificationModel", "normalize", "softmax"]

Raw = Callable[[Vector], DenseVector]
Class = Callable[[Vector], float]


@dataclass(frozen=True, kw_only=True, eq=False)
class ClassificationModel(PredictionModel):
    """A classifier with `rawPrediction` and `prediction`. A subclass writes `classes` and `predictRaw`."""

    rawPredictionCol: str = "rawPrediction"

    @property
    def classes(self) -> int:
        """Return the number of classes."""
        raise TypeError(f"{type(self).__name__} has no classes")

    def predictRaw(self, profile: Profile) -> Raw:
        """Return the function from features to the raw prediction of each class."""
        raise TypeError(f"{type(self).__name__} has no predictRaw")

    def raw2prediction(self, profile: Profile) -> Class:
        """Return the function from a raw prediction to the class."""
        return lambda raw: float(argmax(raw))

    def predict(self, profile: Profile) -> Class:
        raw, decide = self.predictRaw(profile), self.raw2prediction(profile)
        return lambda features: decide(raw(features))

    def bind(self, columns: Columns) -> Iterator[Bound]:
        features, profile = self.features(columns), columns.profile
        predict, source = self.predict, features
        if self.rawPredictionCol:
            source = columns.new(self.rawPredictionCol, "vector", size=self.classes)
            yield Bound((features,), (source,), self.predictRaw(profile))
            predict = self.raw2prediction
        yield from self._predict(columns, source, predict)

    def _predict(
        self, columns: Columns, source: Column, predict: Callable[[Profile], Class]
    ) -> Iterator[Bound]:
        if self.predictionCol:
            attribute = Attribute("nominal", self.predictionCol, numValues=self.classes)
            made = columns.new(self.predictionCol, "double", attribute=attribute)
            yield Bound((source,), (made,), predict(columns.profile))


@dataclass(frozen=True, kw_only=True, eq=False)
class ProbabilisticClassificationModel(ClassificationModel):
    """A classifier with `probability` too. A subclass writes `raw2probability`."""

    probabilityCol: str = "probability"
    thresholds: tuple[float, ...] | None = None

    def check(self) -> str | None:
        if self.thresholds is not None and len(self.thresholds) != self.classes:
            return f"{len(self.thresholds)} thresholds do not match {self.classes} classes"
        return super().check()

    def raw2probability(self, profile: Profile) -> Raw:
        """Return the function from a raw prediction to the probability of each class."""
        raise TypeError(f"{type(self).__name__} has no raw2probability")

    def predictProbability(self, profile: Profile) -> Raw:
        """Return the function from features to probabilities."""
        raw, probability = self.predictRaw(profile), self.raw2probability(profile)
        return lambda features: probability(raw(features))

    def probability2prediction(self, profile: Profile) -> Class:
        """Return the function from probabilities to the class: the largest, in relation to its threshold."""
        thresholds = self.thresholds
        if thresholds is None:
            return lambda probability: float(argmax(probability))

        def decide(probability: Vector) -> float:
            best, largest = 0.0, -math.inf
            for i, (p, threshold) in enumerate(zip(probability.values, thresholds, strict=True)):
                # 0/0 is NaN, which never wins; anything else over 0 wins at once.
                scaled = p / threshold if threshold else math.inf if p > 0 else math.nan
                if scaled > largest:
                    best, largest = float(i), scaled
            return best

        return decide

    def raw2prediction(self, profile: Profile) -> Class:
        if self.thresholds is None:
            return super().raw2prediction(profile)
        probability, decide = self.raw2probability(profile), self.probability2prediction(profile)
        return lambda raw: decide(probability(raw))

    def bind(self, columns: Columns) -> Iterator[Bound]:
        features, profile = self.features(columns), columns.profile
        predict, source = self.predict, features
        if self.rawPredictionCol:
            source = columns.new(self.rawPredictionCol, "vector", size=self.classes)
            yield Bound((features,), (source,), self.predictRaw(profile))
            predict = self.raw2prediction
        if self.probabilityCol:
            made = columns.new(self.probabilityCol, "vector", size=self.classes)
            make = self.raw2probability if self.rawPredictionCol else self.predictProbability
            yield Bound((source,), (made,), make(profile))
            if not self.rawPredictionCol:
                source, predict = made, self.probability2prediction
        yield from self._predict(columns, source, predict)


def softmax(values: tuple[float, ...]) -> DenseVector:
    """Return the probabilities of raw predictions.

    Follows Spark's `ml/impl/Utils.scala` (4.2): multiplied by 1/sum, and an infinite value takes all.

    >>> softmax((0.0, 0.0))
    DenseVector([0.5, 0.5])
    """
    largest = -1.7976931348623157e308  # Double.MinValue
    for i, value in enumerate(values):
        if value == math.inf:
            scaled = [v * 0.0 for v in values]
            scaled[i] = 1.0
            return DenseVector(tuple(scaled))
        largest = max(largest, value)
    total, powers = 0.0, []
    for value in values:
        # exp of what is at most 0 cannot overflow, except for NaN and -inf, which it takes.
        power = math.exp(value - largest)
        powers.append(power)
        total += power
    factor = 1.0 / total if total else math.inf
    return DenseVector(tuple([power * factor for power in powers]))


def normalize(values: tuple[float, ...]) -> DenseVector:
    """Return values divided by their sum.

    Follows `ProbabilisticClassificationModel.normalizeToProbabilitiesInPlace` (4.2). Raises
    `InvalidValueError` for a zero vector, which Spark cannot normalize either.

    >>> normalize((1.0, 3.0))
    DenseVector([0.25, 0.75])
    """
    total = 0.0
    for value in values:
        if not value >= 0:
            raise InvalidValueError("the input raw predictions should be nonnegative", values)
        total += value
    if not total > 0:
        raise InvalidValueError("Can't normalize the 0-vector", values)
    return DenseVector(tuple([value / total for value in values]))
