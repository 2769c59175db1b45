"""Split the text of a LightGBM model into its header and its trees, and read the numbers in it.

Follows `GBDT::LoadModelFromString` (`src/boosting/gbdt_model_text.cpp`, 4.6).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from sparklet.errors import CorruptModelError, shown
from sparklet.records import record

if TYPE_CHECKING:
    import numpy

__all__ = ["Section", "sections"]


@record(eq=False)
class Section:
    """The lines `key=value` of a part of the file `path`, whose name is `where`.

    Each method raises `CorruptModelError`.
    """

    path: str
    where: str
    values: Mapping[str, str]

    def corrupt(self, problem: str) -> CorruptModelError:
        """Return the error for a part with a problem."""
        return CorruptModelError(self.path, f"{self.where}: {problem}")

    def refuse(self, key: str, expected: str) -> CorruptModelError:
        """Return the error for a value that is not what is expected."""
        state = f"is {shown(self.values[key])}" if key in self.values else "is absent"
        return self.corrupt(f"{key} {state}, expected {expected}")

    def whole(self, key: str, least: int, below: int, default: str | None = None) -> int:
        """Return an integer from `least` to before `below`."""
        text = self.values.get(key, default)
        if text is not None and text.isascii() and text.isdigit() and len(text) < 12:
            value = int(text)
            if least <= value < below:
                return value
        raise self.refuse(key, f"a whole number of at least {least}")

    def integers(self, key: str, count: int) -> numpy.ndarray:
        """Return `count` integers of int64."""
        return self._array(key, count, int, f"{count} integers")

    def floats(self, key: str, count: int) -> numpy.ndarray:
        """Return `count` numbers of float64, none of them NaN."""
        array = self._array(key, count, float, f"{count} numbers")
        if (array != array).any():
            raise self.refuse(key, "numbers that are not NaN")
        return array

    def _array(self, key: str, count: int, kind: type[int | float], expected: str) -> numpy.ndarray:
        import numpy

        words = self.values.get(key, "").split()
        if len(words) == count and "_" not in self.values.get(key, ""):
            try:
                return numpy.array(list(map(kind, words)), "int64" if kind is int else "float64")
            except (ValueError, OverflowError):
                pass
        raise self.refuse(key, expected)


def sections(path: str, text: str) -> tuple[Section, list[Section]]:
    """Return the header of a model and its trees; raise `CorruptModelError` if a tree is not in its place."""
    start = 0 if text.startswith("Tree=") else text.find("\nTree=") + 1
    if not start and not text.startswith("Tree="):
        start = len(text)
    header = Section(path, "the header", _values(text[:start]))
    trees: list[Section] = []
    if "tree_sizes" in header.values:
        for word in header.values["tree_sizes"].split():
            size = int(word) if word.isascii() and word.isdigit() and len(word) < 12 else 0
            if not 0 < size <= len(text) - start:
                raise header.refuse("tree_sizes", "the sizes of the trees")
            trees.append(_tree(path, text[start : start + size], len(trees)))
            start += size
        return header, trees
    # Until LightGBM 2.1, trees are separated by blank lines.
    while start < len(text):
        end = text.find("\n\n", start)
        end = len(text) if end < 0 else end
        trees.append(_tree(path, text[start:end], len(trees)))
        start = end
        while text.startswith("\n", start):
            start += 1
        if not text.startswith("Tree=", start):
            break
    return header, trees


def _tree(path: str, text: str, number: int) -> Section:
    if not text.startswith("Tree="):
        raise CorruptModelError(path, f"tree_sizes does not lead to tree {number}")
    # A tree ends at the first blank line.
    return Section(path, f"tree {number}", _values(text.partition("\n")[2].partition("\n\n")[0]))


def _values(text: str) -> dict[str, str]:
    values = {}
    for line in text.split("\n"):
        key, _, value = line.partition("=")
        if key:
            values[key] = value
    return values
