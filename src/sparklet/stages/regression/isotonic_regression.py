"""Isotonic regression: a monotone curve through given points."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from sparklet.columns import Columns, wants
from sparklet.errors import VectorSizeError
from sparklet.java import div
from sparklet.linalg import SparseVector, Vector
from sparklet.saved import SavedStage
from sparklet.stages.predictor import HasFeaturesCol
from sparklet.stages.stage import Bound, stage
from sparklet.types import DOUBLE, VECTOR

__all__ = ["IsotonicRegressionModel"]


@stage("org.apache.spark.ml.regression.IsotonicRegressionModel")
class IsotonicRegressionModel(HasFeaturesCol):
    """Predict by interpolating between the boundaries around one feature.

    The feature is a number, or the element `featureIndex` of a vector. NaN lies above all boundaries, -0.0
    below 0.0. Follows Spark's `ml/regression/IsotonicRegression.scala` (4.2) and its namesake in `mllib`.
    """

    predictionCol: str = "prediction"
    featureIndex: int = 0
    boundaries: tuple[float, ...]
    predictions: tuple[float, ...]

    @classmethod
    def data(cls, saved: SavedStage) -> Mapping[str, Any]:
        return saved.table().row(boundaries="array<double>", predictions="array<double>")

    def check(self) -> str | None:
        if len(self.boundaries) != len(self.predictions) or not self.boundaries:
            return f"{len(self.boundaries)} boundaries and {len(self.predictions)} predictions are no curve"
        if self.featureIndex < 0:
            return f"featureIndex is {self.featureIndex}, expected an index"
        if not self.predictionCol:
            return "predictionCol is empty, which Spark refuses for this class"
        return super().check()

    def bind(self, columns: Columns) -> Iterator[Bound]:
        source = columns.take(self.featuresCol, wants.DOUBLE_OR_VECTOR)
        target = columns.new(self.predictionCol, DOUBLE)
        predict = self._curve()
        if source.type == VECTOR:
            index = self.featureIndex
            yield Bound((source,), (target,), lambda features: predict(_element(features, index)))
        else:
            yield Bound((source,), (target,), lambda x: None if x is None else predict(x), nulls=True)

    def _curve(self) -> Callable[[float], float]:
        boundaries, predictions = self.boundaries, self.predictions
        count, first, last = len(boundaries), predictions[0], predictions[-1]

        def predict(x: float) -> float:
            # java.util.Arrays.binarySearch: the result depends on which of several equal boundaries it
            # returns.
            low, high = 0, count - 1
            while low <= high:
                middle = (low + high) >> 1
                if _lies_below(boundaries[middle], x):
                    low = middle + 1
                elif _lies_below(x, boundaries[middle]):
                    high = middle - 1
                else:
                    return predictions[middle]
            if low == 0:
                return first
            if low == count:
                return last
            x1, x2 = boundaries[low - 1], boundaries[low]
            y1, y2 = predictions[low - 1], predictions[low]
            return y1 + div((y2 - y1) * (x - x1), x2 - x1)

        return predict


def _lies_below(x: float, y: float) -> bool:
    """Return whether Java's `Double.compare` orders x before y: -0.0 before 0.0, and NaN last."""
    if x == 0.0 and y == 0.0:
        return math.copysign(1.0, x) < math.copysign(1.0, y)
    return x < y or (y != y and x == x)


def _element(features: Vector, index: int) -> float:
    if index >= features.size:
        raise VectorSizeError(features.size, index + 1)
    if isinstance(features, SparseVector):
        for stored, value in zip(features.indices, features.values, strict=True):
            if stored == index:
                return value
        return 0.0
    return features.values[index]
