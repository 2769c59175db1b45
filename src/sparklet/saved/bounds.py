"""Limit the size of vectors and matrices that store few values, because stages expand them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from sparklet.linalg import DenseMatrix, DenseVector, SparseMatrix, SparseVector

__all__ = ["check_elements", "check_expansion"]

# HashingTF has 262,144 features by default; four million doubles take 32 MB.
_MOST_ELEMENTS = 1 << 22
_ELEMENTS_PER_VALUE = 64


def check_expansion(values: Iterable[Any]) -> None:
    """Raise `ValueError` if vectors and matrices have many more elements than stored values.

    >>> check_expansion([SparseVector(262_144, (5,), (1.0,))])
    >>> check_expansion([SparseVector(2_147_483_647, (5,), (1.0,))])
    Traceback (most recent call last):
    ...
    ValueError: has 2147483647 elements in vectors or matrices that store 1 value; the limit is 4194304
    """
    elements = stored = 0
    for size, count in _sizes(values):
        elements += size
        stored += count
    check_elements(elements, stored)


def check_elements(elements: int, stored: int) -> None:
    """Raise `ValueError` if a file declares too many elements for the number of values that it stores."""
    limit = max(_MOST_ELEMENTS, _ELEMENTS_PER_VALUE * stored)
    if elements > limit:
        word = "value" if stored == 1 else "values"
        raise ValueError(
            f"has {elements} elements in vectors or matrices that store {stored} {word}; the limit is {limit}"
        )


def _sizes(values: Iterable[Any]) -> Iterator[tuple[int, int]]:
    """Yield the number of elements and of stored values for each vector and matrix."""
    for value in values:
        if isinstance(value, DenseVector | SparseVector):
            yield value.size, len(value.values)
        elif isinstance(value, DenseMatrix | SparseMatrix):
            # A matrix without rows can still declare columns.
            yield max(value.numRows, 1) * max(value.numCols, 1), len(value.values)
        elif isinstance(value, list):
            yield from _sizes(value)
        elif isinstance(value, Mapping):
            yield from _sizes(value.values())
