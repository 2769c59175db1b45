"""Trees of other libraries in arrays: the order of their nodes, and many trees as one `Trees`."""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING

from sparklet.records import record
from sparklet.stages.tree.trees import Trees

if TYPE_CHECKING:
    import numpy

__all__ = ["LoadedTrees", "categories_of", "levels"]


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


def categories_of(members: numpy.ndarray) -> int:
    """Return the number of categories of a split whose set has these members.

    It is more than twice their number, so that the set is never taken for that of the other categories.
    """
    return max(2 * len(members), int(members.max(initial=0.0)) + 1)


def levels(left: numpy.ndarray, right: numpy.ndarray) -> tuple[numpy.ndarray, int] | None:
    """Return the nodes that node 0 reaches, level by level, and the depth; None if they are not a tree.

    A node without children has a negative number in `left`.

    >>> import numpy
    >>> levels(numpy.array([2, -1, -1]), numpy.array([1, -1, -1]))
    (array([0, 2, 1]), 1)
    >>> levels(numpy.array([1, 0]), numpy.array([1, 0])) is None
    True
    """
    import numpy

    # Plain Python, because a tree may be a chain of as many levels as it has splits.
    lefts, rights = left.tolist(), right.tolist()
    seen = bytearray(len(lefts))
    seen[0] = 1
    order, level, depth = [0], [0], 0
    while True:
        children: list[int] = []
        for node in level:
            if lefts[node] >= 0:
                children += (lefts[node], rights[node])
        if not children:
            return numpy.array(order, numpy.int64), depth
        for child in children:
            if not 0 < child < len(seen) or seen[child]:
                return None
            seen[child] = 1
        order += children
        level, depth = children, depth + 1
