"""The iteration orders of Scala's collections on which results of Spark depend."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal

from sparklet.java.hashing import java_string_hash

__all__ = ["set_order"]

_SMALL = 4  # sets up to this size keep the order of insertion
_BITS = 5  # bits of the hash for each level of the trie
_WORD = 0xFFFFFFFF


def set_order(names: Iterable[str], scala: Literal["2.12", "2.13"], without: Iterable[str] = ()) -> list[str]:
    """Return the order in which Scala iterates over `names.toSet -- without`.

    Follows `scala/collection/immutable/HashSet.scala` (2.12.18 and 2.13.17).

    >>> set_order(["b", "a", "b"], "2.13"), set_order("abcdef", "2.13", without="c")
    (['b', 'a'], ['e', 'f', 'a', 'b', 'd'])
    """
    unique = list(dict.fromkeys(names))
    removed = frozenset(without)
    kept = [name for name in unique if name not in removed]
    if len(unique) <= _SMALL:
        return kept
    if scala == "2.12":
        return sorted(kept, key=lambda name: _path(_improved(name)))
    return _trie_2_13([(name, _improved(name)) for name in kept], 0)


def _improved(name: str) -> int:
    # scala.collection.Hashing.improve
    code = java_string_hash(name) & _WORD
    code = code + (~(code << 9) & _WORD) & _WORD
    code ^= code >> 14
    code = code + (code << 4) & _WORD
    return code ^ code >> 10


def _path(code: int) -> tuple[int, ...]:
    return tuple(code >> shift & 31 for shift in range(0, 32, _BITS))


def _trie_2_13(entries: Sequence[tuple[str, int]], shift: int) -> list[str]:
    # A node iterates over the elements that are alone in their branches before it descends into other
    # branches.
    if shift >= 32:
        return [name for name, _ in entries]
    branches: dict[int, list[tuple[str, int]]] = {}
    for entry in entries:
        branches.setdefault(entry[1] >> shift & 31, []).append(entry)
    ordered = [branches[mask] for mask in sorted(branches)]
    names = [branch[0][0] for branch in ordered if len(branch) == 1]
    for branch in ordered:
        if len(branch) > 1:
            names += _trie_2_13(branch, shift + _BITS)
    return names
