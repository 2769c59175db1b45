"""The scalers of `pyspark.ml.connect`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from sparklet.columns import Columns
from sparklet.errors import InvalidValueError
from sparklet.records import record
from sparklet.saved import SavedStage
from sparklet.stages.connect.numbers import NUMBERS, divide, fitted, numbers
from sparklet.stages.shared import HasInputCol
from sparklet.stages.stage import Bound, connect_stage
from sparklet.types import DOUBLE, ArrayType

__all__ = ["MaxAbsScalerModel", "StandardScalerModel"]


@record(kw_only=True, eq=False)
class _Scaler(HasInputCol):
    """Compute `(x - mean) / scale` of each element of an array."""

    scale: tuple[float, ...]
    mean: tuple[float, ...]

    def bind(self, columns: Columns) -> Iterator[Bound]:
        source = columns.take(self.inputCol or "", NUMBERS)
        yield Bound((source,), (columns.new(self.output, ArrayType(DOUBLE)),), _scaled(self.mean, self.scale))


def _scaled(mean: Sequence[float], scale: Sequence[float]) -> Callable[[Any], list[float]]:
    size = len(scale)

    def function(value: Any) -> list[float]:
        x = numbers(value)
        # numpy repeats the only element of an array beside a longer one.
        if len(x) == size:
            return [divide(each - m, s) for each, m, s in zip(x, mean, scale, strict=True)]
        if size == 1:
            return [divide(each - mean[0], scale[0]) for each in x]
        if len(x) == 1:
            return [divide(x[0] - m, s) for m, s in zip(mean, scale, strict=True)]
        raise InvalidValueError(f"has {len(x)} elements, expected {size}", value)

    return function


@connect_stage("pyspark.ml.connect.feature.MaxAbsScalerModel")
class MaxAbsScalerModel(_Scaler):
    """Divide each element of an array by the largest absolute value of its position.

    Follows `python/pyspark/ml/connect/feature.py` (3.5 and 4.3). Saving and loading a model exchange its two
    arrays, so a loaded model divides by zero where all values in training were zero.
    """

    @classmethod
    def data(cls, saved: SavedStage) -> Mapping[str, Any]:
        values = fitted(saved, scale="max_abs")
        return {**values, "mean": (0.0,) * len(values["scale"])}


@connect_stage("pyspark.ml.connect.feature.StandardScalerModel")
class StandardScalerModel(_Scaler):
    """Subtract the mean of each position of an array and divide by the standard deviation.

    Follows `python/pyspark/ml/connect/feature.py` (3.5 and 4.3).
    """

    @classmethod
    def data(cls, saved: SavedStage) -> Mapping[str, Any]:
        return fitted(saved, scale="scale", mean="mean")
