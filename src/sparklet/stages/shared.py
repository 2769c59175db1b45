"""Params that many stages share, as Spark's traits do (`ml/param/shared/sharedParams.scala`)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sparklet.columns import Column
from sparklet.errors import VectorSizeError
from sparklet.records import record
from sparklet.stages.stage import Stage
from sparklet.types import is_floating

__all__ = ["HasInputCol", "HasInputCols", "drop_if_missing", "sized", "to_double"]


@record(kw_only=True, eq=False)
class HasInputCol(Stage):
    """A stage with one input column and one output column."""

    inputCol: str | None = None
    outputCol: str | None = None

    @property
    def output(self) -> str:
        """Return the output column's name, by default `<uid>__output`."""
        return self.outputCol if self.outputCol is not None else f"{self.uid}__output"

    def check(self) -> str | None:
        return "inputCol is not set" if self.inputCol is None else None


@record(kw_only=True, eq=False)
class HasInputCols(HasInputCol):
    """A stage with one input column, or with several that it treats separately."""

    inputCols: tuple[str, ...] | None = None
    outputCols: tuple[str, ...] | None = None

    @property
    def several(self) -> bool:
        """Return whether the plural params are used; before 2.4 the singular ones have saved defaults."""
        return self.inputCols is not None

    @property
    def pairs(self) -> tuple[tuple[str, str], ...]:
        """Return pairs of input and output columns."""
        if self.inputCols is not None:
            return tuple(zip(self.inputCols, self.outputCols or (), strict=True))
        return ((self.inputCol or "", self.output),)

    def check(self) -> str | None:
        if self.inputCols is None:
            return super().check()
        if len(self.inputCols) != len(self.outputCols or ()):
            return f"{len(self.inputCols)} inputCols do not match {len(self.outputCols or ())} outputCols"
        return None


def to_double(column: Column) -> Callable[[Any], Any] | None:
    """Return the function that casts a value of a numeric column to double, None if it already is one."""
    return None if is_floating(column.type) else float


def drop_if_missing(value: Any) -> bool:
    """Return whether `DataFrame.na.drop` drops a row for this value: null, or NaN of a number."""
    return value is None or value != value


def sized(function: Callable[[Any], Any], size: int) -> Callable[[Any], Any]:
    """Return `function` for vectors of `size` elements; others raise `VectorSizeError`."""

    def checked(vector: Any) -> Any:
        if vector.size != size:
            raise VectorSizeError(vector.size, size)
        return function(vector)

    return checked
