"""Sets of Unicode characters as sorted ranges."""

from __future__ import annotations

import heapq
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator

__all__ = ["ALL", "NONE", "CharSet"]

END = 0x110000


class CharSet:
    """An immutable set of code points, which may include surrogates.

    >>> letters = CharSet.of((97, 122)) | CharSet.of("AZ")
    >>> 98 in letters, 66 in letters, 66 in ~letters
    (True, False, True)
    >>> (letters & CharSet.of((65, 97))).ranges()
    [(65, 65), (90, 90), (97, 97)]
    """

    __slots__ = ("_bounds",)
    _bounds: tuple[int, ...]  # the code points where membership changes: first member, first non-member, ...

    def __init__(self, bounds: Iterable[int]) -> None:
        self._bounds = tuple(bounds)

    @classmethod
    def of(cls, *parts: str | int | tuple[int, int]) -> CharSet:
        """Return the set of the characters in strings, of single code points, and of inclusive ranges."""
        ranges: list[tuple[int, int]] = []
        for part in parts:
            if isinstance(part, str):
                ranges += [(ord(char), ord(char) + 1) for char in part]
            elif isinstance(part, int):
                ranges.append((part, part + 1))
            else:
                ranges.append((part[0], part[1] + 1))
        bounds: list[int] = []
        for start, end in sorted(ranges):
            if bounds and start <= bounds[-1]:
                bounds[-1] = max(bounds[-1], end)
            else:
                bounds += (start, end)
        return cls(bounds)

    def ranges(self) -> list[tuple[int, int]]:
        """Return the set as inclusive ranges in ascending order."""
        bounds = self._bounds
        return [(start, end - 1) for start, end in zip(bounds[::2], bounds[1::2], strict=True)]

    def __iter__(self) -> Iterator[int]:
        return (char for first, last in self.ranges() for char in range(first, last + 1))

    def __contains__(self, char: int) -> bool:
        return bisect_right(self._bounds, char) & 1 == 1

    def __or__(self, other: CharSet) -> CharSet:
        return self._merged(other, lambda one, two: one or two)

    def __and__(self, other: CharSet) -> CharSet:
        return self._merged(other, lambda one, two: one and two)

    def __sub__(self, other: CharSet) -> CharSet:
        return self._merged(other, lambda one, two: one and not two)

    def __invert__(self) -> CharSet:
        bounds = self._bounds[1:] if self._bounds[:1] == (0,) else (0, *self._bounds)
        return CharSet(bounds[:-1] if bounds[-1:] == (END,) else (*bounds, END))

    def __bool__(self) -> bool:
        return bool(self._bounds)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, CharSet) and self._bounds == other._bounds

    def __hash__(self) -> int:
        return hash(self._bounds)

    def __repr__(self) -> str:
        return f"CharSet.of({', '.join(map(str, self.ranges()))})"

    def _merged(self, other: CharSet, keep: Callable[[bool, bool], bool]) -> CharSet:
        mine, theirs = self._bounds, other._bounds
        bounds: list[int] = []
        inside = False
        for bound in heapq.merge(mine, theirs):
            now = keep(bisect_right(mine, bound) & 1 == 1, bisect_right(theirs, bound) & 1 == 1)
            if now != inside:
                bounds.append(bound)
                inside = now
        return CharSet(bounds)


NONE = CharSet(())
ALL = CharSet((0, END))
