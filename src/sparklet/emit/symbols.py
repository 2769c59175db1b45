"""Symbols: what is known, while code is generated, of values that a row will bring.

A vector that a stage makes need not exist at run time. It is a list of segments held in variables, and its
kind, dense or sparse, is known or decided by a count, because the kind fixes the order of Spark's sums.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sparklet.java import Layout
from sparklet.java.layout import Segment as LayoutSegment
from sparklet.linalg import Release

__all__ = [
    "Number",
    "OneHot",
    "Part",
    "Segment",
    "Segments",
    "Tuple",
    "Value",
    "dense",
    "layout_of",
    "size_of",
]

MOST_UNROLLED = 1024
"""Beyond so many segments a vector is built at run time: each takes lines, and lines take time to compile."""


@dataclass(frozen=True, eq=False)
class Value:
    """A value in a variable. Not `null`: never None. Not `nan`: never NaN.

    `whole` tells of a float without fraction that lies in [0, whole).
    """

    var: str
    null: bool = True
    nan: bool = True
    whole: int | None = None


@dataclass(frozen=True, eq=False)
class Tuple:
    """A dense vector of a known size whose elements are in a variable, as a tuple."""

    var: str
    size: int


@dataclass(frozen=True, eq=False)
class Number:
    """One element of a vector. In a sparse vector it is stored where `active` is not zero.

    The variable may differ from Spark's value in the sign of a zero, where `exact` is the expression of that
    value: sums and comparisons do without it.
    """

    var: str
    active: str
    exact: str | None = None

    @property
    def value(self) -> str:
        """Return an expression of the value to the bit."""
        return self.var if self.exact is None else self.exact


@dataclass(frozen=True, eq=False)
class OneHot:
    """`size` elements, zeros but for one where the variable, a number of any fraction, lies in [0, size).

    That element is 1, or the one of `weights` at its place; a sparse vector stores it, zero or not.
    """

    var: str
    size: int
    weights: tuple[float, ...] | None = None


@dataclass(frozen=True, eq=False)
class Part:
    """A vector object, of a size that the row decides; its zeros are not stored."""

    var: str


Segment = Number | OneHot | Part


@dataclass(frozen=True, eq=False)
class Segments:
    """A vector as segments side by side: sparse where no more than `limit` elements are active.

    `limit` is None where the size is known only at run time; `release` then decides it.
    """

    parts: tuple[Segment, ...]
    size: int | None
    limit: int | None
    release: Release = "4.1+"

    @property
    def kind(self) -> str:
        """Return "dense", "sparse", or "counted" where the row decides."""
        if self.limit is None:
            return "counted"
        return "dense" if self.limit < 0 else "sparse" if self.most <= self.limit else "counted"

    @property
    def most(self) -> int:
        """Return how many elements can be active: one in each segment, where none is a vector object."""
        return len(self.parts)

    @property
    def few(self) -> bool:
        """Tell whether the segments are few enough to be written out, one after the other."""
        return len(self.parts) <= MOST_UNROLLED

    @property
    def numbers(self) -> tuple[Number, ...] | None:
        """Return the elements where all are numbers, few enough to be written out; else None."""
        found = tuple(part for part in self.parts if isinstance(part, Number))
        return found if self.few and len(found) == len(self.parts) else None


def dense(variables: Sequence[str]) -> Segments:
    """Return a dense vector of the numbers in variables."""
    return Segments(tuple(Number(var, var) for var in variables), len(variables), -1)


def layout_of(vector: Segments) -> Layout | None:
    """Return where each segment lies, as kernels take it (see `sparklet.java.layout`).

    None for a vector whose segments do not tell all: weights, vector objects.
    """
    found: list[LayoutSegment] = []
    start = 0
    for part in vector.parts:
        if isinstance(part, Number):
            found.append(("scalar", start))
            start += 1
        elif isinstance(part, OneHot) and part.weights is None:
            found.append(("onehot", start, part.size))
            start += part.size
        else:
            return None
    return tuple(found)


def size_of(parts: Sequence[Segment]) -> int | None:
    """Return the size of a vector of segments, None where the row decides."""
    size = 0
    for part in parts:
        if isinstance(part, Part):
            return None
        size += part.size if isinstance(part, OneHot) else 1
    return size
