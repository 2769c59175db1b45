"""Trees of other libraries in arrays: the order of their nodes, and many trees as one `Trees`."""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING

from sparklet.records import record
from sparklet.stages.tree.trees import Trees

if TYPE_CHECKING:
    import numpy

__all__ = ["LoadedTrees", "levels"]


@record(eq=False)
class LoadedTrees:
    """The arrays of each tree: feature, left, right, categories, splits, their lengths, values of leaves."""

    parts: tuple[tuple[numpy.ndarray, ...], ...]

    def first(self, start: int, end: int, weights: tuple[float, ...] | None = None) -> Trees:
        """Return the trees from number `start` to before `end` in arrays; children follow their parents."""
        import numpy

        parts = self.parts[start:end]
        sizes = [len(part[0]) for part in parts]
        starts = numpy.array(list(accumulate(sizes, initial=0)), numpy.int64)
        offsets = numpy.repeat(starts[:-1], sizes)

        def joined(index: int, dtype: str) -> numpy.ndarray:
            return numpy.concatenate([numpy.empty(0, dtype), *[part[index] for part in parts]], dtype=dtype)

        left, right, lengths = joined(1, "int64"), joined(2, "int64"), joined(5, "int64")
        return Trees(
            starts=starts,
            feature=joined(0, "int32"),
            left=numpy.where(left < 0, -1, left + offsets),
            right=numpy.where(right < 0, -1, right + offsets),
            categories=joined(3, "int32"),
            splits=joined(4, "float64"),
            bounds=numpy.array(list(accumulate(lengths.tolist(), initial=0)), numpy.int64),
            prediction=joined(6, "float64"),
            weights=numpy.ones(len(parts)) if weights is None else numpy.array(weights[start:end]),
            stats=numpy.empty((len(offsets), 0)),
        )


def levels(left: numpy.ndarray, right: numpy.ndarray) -> list[numpy.ndarray] | None:
    """Return the nodes that node 0 reaches, level by level; None if they are not a tree.

    A node without children has a negative number in `left`.

    >>> import numpy
    >>> levels(numpy.array([2, -1, -1]), numpy.array([1, -1, -1]))
    [array([0]), array([2, 1])]
    >>> levels(numpy.array([1, 0]), numpy.array([1, 0])) is None
    True
    """
    import numpy

    count = len(left)
    found = [numpy.zeros(1, numpy.int64)]
    seen = numpy.zeros(count, bool)
    seen[0] = True
    while True:
        level = found[-1]
        inner = level[left[level] >= 0]
        if not len(inner):
            return found
        children = numpy.stack([left[inner], right[inner]], axis=1).ravel()
        if ((children < 1) | (children >= count)).any() or seen[children].any():
            return None
        seen[children] = True
        # A node that is a child twice is among these twice.
        if len(numpy.unique(children)) != len(children):
            return None
        found.append(children)
