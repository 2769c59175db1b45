"""A bounded cache for pure functions, such as the index of a word."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

__all__ = ["Memo"]

_MOST_ENTRIES = 1 << 14
_LONGEST_TEXT = 64

K = TypeVar("K")
V = TypeVar("V")


class Memo(dict[K, V], Generic[K, V]):
    """Return `function(key)` from a cache; a hit costs as much as a dict lookup.

    The cache is cleared when it is full, and long strings are not stored. Equal keys share a result, so 0.0
    and -0.0, or 1 and True, must not both be keys.

    >>> lengths = Memo(len)
    >>> lengths["word"], lengths
    (4, {'word': 4})
    """

    __slots__ = ("_function",)

    def __init__(self, function: Callable[[K], V]) -> None:
        super().__init__()
        self._function = function

    def __missing__(self, key: K) -> V:
        value = self._function(key)
        if not isinstance(key, str) or len(key) <= _LONGEST_TEXT:
            if len(self) >= _MOST_ENTRIES:
                self.clear()
            self[key] = value
        return value
