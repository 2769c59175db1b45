"""What the stages of `pyspark.ml.connect` share: arrays of numbers, and division as numpy divides."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from sparklet.columns import Want
from sparklet.saved import SavedStage
from sparklet.saved.connect import ConnectStage
from sparklet.types import DOUBLE, ArrayType, DataType, DecimalType, is_numeric

__all__ = ["NUMBERS", "connected", "divide", "fitted", "numbers"]


def _are_numbers(type: DataType) -> bool:
    match type:
        case ArrayType(element):
            return is_numeric(element) and not isinstance(element, DecimalType)
    return False


NUMBERS = Want("an array of numbers", ArrayType(DOUBLE), _are_numbers)
"""The want of a stage that takes arrays of numbers."""


def numbers(values: Any) -> list[float]:
    """Return the elements of an array as floats; pandas turns a null element into NaN.

    >>> numbers([1, None])
    [1.0, nan]
    """
    return [math.nan if value is None else float(value) for value in values]


def divide(left: float, right: float) -> float:
    """Return the quotient of two doubles; division by zero gives an infinity or NaN.

    >>> divide(-1.0, 0.0), divide(1.0, 4.0)
    (-inf, 0.25)
    """
    if right != 0.0:
        return left / right
    return left * math.copysign(math.inf, right) if left == left and left != 0.0 else math.nan


def connected(saved: SavedStage) -> ConnectStage:
    """Return the stage as one of `pyspark.ml.connect`; raise CorruptModelError for another folder."""
    if not isinstance(saved, ConnectStage):
        raise saved.corrupt(f"{saved.className} is no class of this format")
    return saved


def fitted(saved: SavedStage, **names: str) -> Mapping[str, tuple[float, ...]]:
    """Return the columns of the fitted values, each an array of doubles, by the field that takes it."""
    stage = connected(saved)
    row = stage.core_table().row(**dict.fromkeys(names.values(), "array<double>"))
    values = {field: tuple(row[name] or ()) for field, name in names.items()}
    sizes = {len(each) for each in values.values()}
    if len(sizes) != 1 or sizes == {0} or any(None in each for each in values.values()):
        raise saved.corrupt(f"the fitted values have sizes {sorted(sizes)} or nulls")
    return values
