"""Whole columns, and what the code that `columnar` generates calls for them."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from sparklet._native import kernels
from sparklet.columns import ABSENT

__all__ = [
    "Given",
    "Numbers",
    "Texts",
    "Unlike",
    "batched",
    "exps",
    "filled",
    "floats",
    "given",
    "in_line",
    "listed",
    "looked_up",
    "side_by_side",
    "taken",
]

_WHOLE = ("tinyint", "smallint", "int", "bigint")


class Unlike(Exception):  # noqa: N818 - no error: the rows are then scored one by one
    """Some rows are of other kinds than the column that they were to make."""


@dataclass(frozen=True)
class Numbers:
    """A column of doubles or of whole numbers (float64 or int64); None stands where `valid` is False."""

    values: np.ndarray
    valid: Any = True

    def tolist(self) -> list[Any]:
        """Return the values as Python numbers and None."""
        values: list[Any] = self.values.tolist()
        if self.valid is not True:
            for place in np.flatnonzero(~self.valid).tolist():
                values[place] = None
        return values

    def take(self, places: np.ndarray) -> list[Any]:
        """Return the values of some rows."""
        return Numbers(self.values[places], self.valid if self.valid is True else self.valid[places]).tolist()


@dataclass(frozen=True)
class Texts:
    """A column of strings: the words, None among them where one is null, and which of them each row has."""

    words: list[str | None]
    places: np.ndarray

    def tolist(self) -> list[str | None]:
        """Return the strings and None."""
        return list(map(self.words.__getitem__, self.places.tolist()))

    def take(self, places: np.ndarray) -> list[str | None]:
        """Return the strings of some rows."""
        return Texts(self.words, self.places[places]).tolist()


Given: TypeAlias = Numbers | Texts | list[Any]


def given(values: list[Any], type_: str) -> Given:
    """Return values, already of a column's type, as the column that generated code takes.

    >>> given([1.5, None], "double")
    Numbers(values=array([1.5, 0. ]), valid=array([ True, False]))
    """
    if ABSENT in values[:1]:
        return values
    if type_ == "string":
        words = dict.fromkeys(values)
        places = {word: place for place, word in enumerate(words)}
        return Texts(list(words), np.array([places[value] for value in values], np.int64))
    if type_ != "double" and type_ not in _WHOLE:
        return values
    valid: Any = True
    if None in values:
        valid = np.array([value is not None for value in values], bool)
        values = [0 if value is None else value for value in values]
    return Numbers(np.array(values, np.float64 if type_ == "double" else np.int64), valid)


def listed(values: Any, valid: Any = True) -> list[Any]:
    """Return a column, or its values and where they are valid, as a list; the rows of a matrix as tuples."""
    if isinstance(values, np.ndarray) and values.ndim == 2:
        return list(map(tuple, values.tolist()))
    if isinstance(values, np.ndarray):
        return Numbers(values, valid).tolist()
    return values if isinstance(values, list) else values.tolist()


def taken(column: Given, places: np.ndarray) -> list[Any]:
    """Return the values of some rows."""
    if isinstance(column, list):
        return [column[place] for place in places.tolist()]
    return column.take(places)


def floats(values: Any) -> np.ndarray:
    """Return a list of floats as an array; raises `Unlike` for one that holds anything else."""
    found = np.array(values)
    if found.dtype != np.float64 or found.ndim != 1:
        raise Unlike
    return found


def looked_up(index: Mapping[Any, float], texts: Texts) -> tuple[np.ndarray, np.ndarray]:
    """Return the number of each row's word, and in which rows the look-up fails: one look-up a word."""
    found, fails = np.zeros(len(texts.words)), np.zeros(len(texts.words), bool)
    for place, word in enumerate(texts.words):
        try:
            found[place] = index[word]
        except Exception:  # noqa: BLE001 - whatever it is, scoring the row alone tells
            fails[place] = True
    return found[texts.places], fails[texts.places]


def batched(kernel: Any, count: int, *columns: np.ndarray) -> np.ndarray:
    """Return a kernel's answers for all rows, a matrix where it gives several numbers."""
    found = np.empty(count * kernel.width)
    kernel.batch(columns, found)
    return found if kernel.width == 1 else found.reshape(count, kernel.width)


def exps(values: np.ndarray) -> np.ndarray:
    """Return `math.exp` of numbers, NaN where that overflows; numpy's own exp has other last bits.

    >>> exps(np.array([0.0, 1000.0]))
    array([ 1., nan])
    """
    small = np.where(values < 709.0, values, math.nan)
    native = kernels()
    if native is None:
        return np.array([math.exp(x) for x in small.tolist()])
    found = np.empty(len(values))
    native.exps(small, found)
    return found


def filled(values: Any, where: np.ndarray, function: Callable[..., Any], *columns: Given) -> np.ndarray:
    """Return a column of numbers with those of a function in some of its rows."""
    places = np.flatnonzero(where)
    found = np.array(np.broadcast_to(values, where.shape))
    if places.size:
        found[places] = floats(list(map(function, *[taken(column, places) for column in columns])))
    return found


def in_line(rows: Any, width: int) -> np.ndarray:
    """Return the elements of dense vectors of one size, row after row; raises `Unlike` for other vectors."""
    found = np.asarray(rows)
    if found.dtype != np.float64 or found.shape != (len(rows), width):
        raise Unlike
    return found.reshape(-1)


def side_by_side(count: int, columns: Sequence[Any]) -> np.ndarray:
    """Return the elements of dense vectors, row after row, of a column (or one number) for each place."""
    found = np.empty((count, len(columns)))
    for place, column in enumerate(columns):
        found[:, place] = floats(column) if isinstance(column, list) else column
    return found.reshape(-1)
