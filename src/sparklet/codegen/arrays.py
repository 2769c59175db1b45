"""Columns of values: how the column backend stores the values of a node for all rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from sparklet.columns import ABSENT
from sparklet.types import DOUBLE, STRING, IntegralType

__all__ = ["Columnar", "Matrix", "Numbers", "Texts", "column_of", "listed", "looked_up"]


@dataclass(frozen=True)
class Numbers:
    """Doubles, integers or booleans (float64, int64, bool); a value is null where `valid` is False."""

    values: np.ndarray
    valid: Any = True

    def tolist(self) -> list[Any]:
        """Return the values as Python numbers and None."""
        values: list[Any] = self.values.tolist()
        if self.valid is not True:
            for index in np.flatnonzero(~self.valid).tolist():
                values[index] = None
        return values

    def take(self, rows: np.ndarray) -> list[Any]:
        """Return the values of some rows."""
        return Numbers(self.values[rows], self.valid if self.valid is True else self.valid[rows]).tolist()


@dataclass(frozen=True)
class Texts:
    """Strings: the distinct words, where None stands for null, and the index of each row's word."""

    words: list[str | None]
    indices: np.ndarray

    def tolist(self) -> list[str | None]:
        """Return the strings and None."""
        return list(map(self.words.__getitem__, self.indices.tolist()))

    def take(self, rows: np.ndarray) -> list[str | None]:
        """Return the strings of some rows."""
        return Texts(self.words, self.indices[rows]).tolist()


@dataclass(frozen=True)
class Matrix:
    """Dense vectors of one size, stored as the rows of a matrix."""

    values: np.ndarray

    def tolist(self) -> list[tuple[float, ...]]:
        """Return the elements of each vector as a tuple."""
        return list(map(tuple, self.values.tolist()))


Columnar: TypeAlias = Numbers | Texts | Matrix | list[Any]


def column_of(values: list[Any], type_: Any) -> Columnar:
    """Return a column of values that already have the Spark type.

    >>> column_of([1.5, None], DOUBLE)
    Numbers(values=array([1.5, 0. ]), valid=array([ True, False]))
    """
    if ABSENT in values[:1]:
        return values
    if type_ == STRING:
        words = dict.fromkeys(values)
        positions = {word: position for position, word in enumerate(words)}
        return Texts(list(words), np.array([positions[value] for value in values], np.int64))
    if type_ != DOUBLE and not isinstance(type_, IntegralType):
        return values
    valid: Any = True
    if None in values:
        valid = np.array([value is not None for value in values], bool)
        values = [0 if value is None else value for value in values]
    return Numbers(np.array(values, np.float64 if type_ == DOUBLE else np.int64), valid)


def listed(column: Columnar, rows: np.ndarray | None = None) -> list[Any]:
    """Return the values of a column, or of some of its rows, as Python values."""
    if rows is None:
        return column if isinstance(column, list) else column.tolist()
    if isinstance(column, list):
        return [column[row] for row in rows.tolist()]
    if isinstance(column, Matrix):
        return Matrix(column.values[rows]).tolist()
    return column.take(rows)


def looked_up(find: Callable[[Any], float], texts: Texts) -> tuple[np.ndarray, np.ndarray]:
    """Return each row's number and the mask of rows whose look-up fails; look up each word once."""
    numbers, fails = np.zeros(len(texts.words)), np.zeros(len(texts.words), bool)
    for index, word in enumerate(texts.words):
        try:
            numbers[index] = find(word)
        except Exception:  # noqa: BLE001 - scoring the row alone raises the error
            fails[index] = True
    failing = fails[texts.indices] if fails.any() else np.zeros(len(texts.indices), bool)
    return numbers[texts.indices], failing
