"""LogisticRegressionModel of `pyspark.ml.connect`, which PyTorch computes."""

from __future__ import annotations

import math
import struct
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from sparklet.columns import Columns
from sparklet.errors import InvalidValueError
from sparklet.saved import SavedStage
from sparklet.stages.connect.numbers import NUMBERS, connected, numbers
from sparklet.stages.stage import Bound, Rounding, Stage, connect_stage
from sparklet.types import DOUBLE, LONG, ArrayType

__all__ = ["LogisticRegressionModel"]


@connect_stage("pyspark.ml.connect.classification.LogisticRegressionModel")
class LogisticRegressionModel(Stage):
    """Predict the class with the largest linear function of an array, and the softmax of the functions.

    Follows `python/pyspark/ml/connect/classification.py` (3.5 and 4.3). PyTorch computes in 32-bit
    floats, in an order that depends on the processor.
    """

    predictor = True
    # 64 units in the last place of a 32-bit float.
    rounding = Rounding("PyTorch sums 32-bit floats in another order", ("probabilityCol",), ulps=64 << 29)

    featuresCol: str = "features"
    labelCol: str = "label"
    predictionCol: str = "prediction"
    probabilityCol: str = "probability"
    fitIntercept: bool = True
    weight: tuple[tuple[float, ...], ...]
    bias: tuple[float, ...] | None = None

    @classmethod
    def data(cls, saved: SavedStage) -> Mapping[str, Any]:
        stage = connected(saved)
        layer = stage.core_linear()
        shape = stage.extra_number("num_classes"), stage.extra_number("num_features")
        if shape != (len(layer.weight), len(layer.weight[0])):
            raise saved.corrupt(f"the weights are {len(layer.weight)} by {len(layer.weight[0])}, not {shape}")
        return {"weight": layer.weight, "bias": layer.bias}

    def check(self) -> str | None:
        if self.fitIntercept != (self.bias is not None):
            return f"fitIntercept is {self.fitIntercept}, but the weights have " + (
                "no bias" if self.bias is None else "a bias"
            )
        return None

    def bind(self, columns: Columns) -> Iterator[Bound]:
        source = columns.take(self.featuresCol, NUMBERS)
        prediction = columns.new(self.predictionCol, LONG)
        score = _linear(self.weight, self.bias)
        if not self.probabilityCol:
            yield Bound((source,), (prediction,), lambda x: _argmax(score(x)))
            return
        probability = columns.new(self.probabilityCol, ArrayType(DOUBLE))

        def predict(x: Any) -> tuple[int, list[float]]:
            scores = score(x)
            return _argmax(scores), _softmax(scores)

        yield Bound((source,), (prediction, probability), predict)


def _single(value: float) -> float:
    """Return the nearest 32-bit float."""
    try:
        number: float = struct.unpack("f", struct.pack("f", value))[0]
    except OverflowError:
        return math.copysign(math.inf, value)
    return number


def _linear(weight: Sequence[Sequence[float]], bias: Sequence[float] | None) -> Callable[[Any], list[float]]:
    size, constants = len(weight[0]), bias or (0.0,) * len(weight)

    def scores(value: Any) -> list[float]:
        x = [_single(each) for each in numbers(value)]
        if len(x) != size:
            raise InvalidValueError(f"has {len(x)} elements, expected {size}", value)
        result = []
        for row, constant in zip(weight, constants, strict=True):
            # A product of 32-bit floats is exact in a double.
            total = constant
            for coefficient, each in zip(row, x, strict=True):
                total += coefficient * each
            result.append(_single(total))
        return result

    return scores


def _argmax(scores: Sequence[float]) -> int:
    """Return the index of the first maximum; as in PyTorch, NaN is the maximum."""
    best = 0
    for index, score in enumerate(scores):
        if scores[best] != scores[best]:
            break
        if score > scores[best] or score != score:
            best = index
    return best


def _softmax(scores: Sequence[float]) -> list[float]:
    largest = scores[_argmax(scores)]
    powers = [_single(_exp(_single(score - largest))) for score in scores]
    total = 0.0
    for power in powers:
        total += power
    total = _single(total)
    return [_single(power / total) if total else math.nan for power in powers]


def _exp(value: float) -> float:
    return math.exp(value) if value == value else value
