"""ArrayAssembler of `pyspark.ml.connect`."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any, Literal

from sparklet.columns import Column, Columns, Want
from sparklet.errors import InvalidValueError
from sparklet.stages.connect.numbers import NUMBERS, numbers
from sparklet.stages.shared import HasInputCols
from sparklet.stages.stage import Bound, connect_stage
from sparklet.types import BOOLEAN, DOUBLE, ArrayType, DataType, DecimalType, is_numeric

__all__ = ["ArrayAssembler"]


def _is_assembled(type: DataType) -> bool:
    scalar = is_numeric(type) and not isinstance(type, DecimalType)
    return scalar or type == BOOLEAN or NUMBERS.accepts(type)


# A null array becomes as many NaN as its feature size says, and a folder can say two thousand million.
_MOST_ELEMENTS = 1 << 24

_WORDS = "a number, a boolean or an array of numbers"
_SCALAR = Want(_WORDS, DOUBLE, _is_assembled)
_ARRAY = Want(_WORDS, ArrayType(DOUBLE), _is_assembled)


@connect_stage("pyspark.ml.connect.feature.ArrayAssembler")
class ArrayAssembler(HasInputCols):
    """Concatenate numbers, booleans and arrays of numbers.

    Follows `python/pyspark/ml/connect/feature.py` (4.3). An undeclared input is a double if its feature size
    is 1, else an array.
    """

    featureSizes: tuple[int, ...] | None = None
    handleInvalid: Literal["error", "keep"] = "error"

    def check(self) -> str | None:
        sizes, inputs = self.featureSizes, self.inputCols
        if inputs is None or sizes is None or len(sizes) != len(inputs):
            return "featureSizes and inputCols must be set, with one size a column"
        if any(size < 1 for size in sizes):
            return "featureSizes must be positive"
        return None if max(sizes, default=0) <= _MOST_ELEMENTS else f"featureSizes exceed {_MOST_ELEMENTS}"

    def bind(self, columns: Columns) -> Iterator[Bound]:
        sizes = self.featureSizes or ()
        wants = [_SCALAR if size == 1 else _ARRAY for size in sizes]
        sources = tuple([columns.take(n, w) for n, w in zip(self.inputCols or (), wants, strict=True)])
        target = columns.new(self.output, ArrayType(DOUBLE))
        parts = [_part(c, size, self.handleInvalid == "keep") for c, size in zip(sources, sizes, strict=True)]

        def assemble(*values: Any) -> list[float]:
            assembled: list[float] = []
            for part, value in zip(parts, values, strict=True):
                assembled += part(value)
            return assembled

        yield Bound(sources, (target,), assemble, nulls=True)


def _part(column: Column, size: int, keep: bool) -> Callable[[Any], list[float]]:
    """Return the function from a value of a column to its part of the array."""
    array = isinstance(column.type, ArrayType)
    # A null number is NaN in pandas, which is no array; a null array or boolean stays a null.
    stays_null = array or column.type == BOOLEAN

    def part(value: Any) -> list[float]:
        if value is None and stays_null:
            values = [math.nan] * size
        elif array:
            values = numbers(value)
            if len(values) != size:
                raise InvalidValueError(
                    f"has {len(values)} elements, expected {size}", value, column=column.name
                )
        elif size == 1:
            values = numbers([value])
        else:
            raise InvalidValueError(f"is a number, expected {size} elements", value, column=column.name)
        if not keep and any(each != each for each in values):
            raise InvalidValueError(
                "has a null or NaN", value, column=column.name, hint="handleInvalid='keep' keeps it as NaN"
            )
        return values

    return part
