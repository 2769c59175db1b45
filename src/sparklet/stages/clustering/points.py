"""The column that clustering models read: a vector, or an array of numbers (`ml/util/DatasetUtils.scala`)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from sparklet.columns import Column, Columns, wants
from sparklet.errors import NullValueError
from sparklet.linalg import DenseVector
from sparklet.records import record
from sparklet.stages.stage import Stage
from sparklet.types import VECTOR

__all__ = ["HasPoints"]

Function = Callable[[Any], Any]
Adapt = Callable[[Function], Function]


@record(kw_only=True, eq=False)
class HasPoints(Stage):
    """A model whose input is a point."""

    predictor: ClassVar[bool] = True

    featuresCol: str = "features"

    @property
    def width(self) -> int | None:
        """Return the number of features in training, None if the model does not check it."""
        return None

    def points(self, columns: Columns) -> tuple[Column, Adapt]:
        """Return the features column, and the adapter that applies a function of vectors to its values."""
        source = columns.take(self.featuresCol, wants.POINT, self.width)
        return source, _same if source.type == VECTOR else _of_arrays


def _same(function: Function) -> Function:
    return function


def _of_arrays(function: Function) -> Function:
    def of_array(values: Sequence[Any]) -> Any:
        # Spark accepts only arrays that are declared without nulls.
        if None in values:
            raise NullValueError("holds null")
        return function(DenseVector(tuple(values)))

    return of_array
