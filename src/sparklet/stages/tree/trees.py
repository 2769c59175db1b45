"""The arrays of decision trees, one entry for each node."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from sparklet.records import field_names, record

if TYPE_CHECKING:
    import numpy

__all__ = ["Trees"]


@record(eq=False)
class Trees:
    """Hold decision trees in arrays with one entry for each node, in the order of tree and id.

    Tree `t` has the nodes from `starts[t]`, its root, to before `starts[t + 1]`. `feature` is -1 in a leaf;
    `left` and `right` are numbers of nodes. `categories` is -1 where a split has a threshold, else how many
    values the feature has; the threshold, or the values that go left, are `splits[bounds[i]:bounds[i + 1]]`.
    `stats` has a row for each node, empty where they were not asked for.
    """

    starts: numpy.ndarray
    feature: numpy.ndarray
    left: numpy.ndarray
    right: numpy.ndarray
    categories: numpy.ndarray
    splits: numpy.ndarray
    bounds: numpy.ndarray
    prediction: numpy.ndarray
    weights: numpy.ndarray
    stats: numpy.ndarray

    def __post_init__(self) -> None:
        for name in field_names(Trees):
            getattr(self, name).setflags(write=False)

    def __reduce__(self) -> tuple[Any, ...]:
        # Omit the cached values.
        return type(self), tuple(getattr(self, name) for name in field_names(Trees))

    @property
    def nodes(self) -> tuple[numpy.ndarray, ...]:
        """Return the arrays of the nodes and their splits, the first arguments of the C module's `forest`."""
        return self.starts, self.feature, self.left, self.right, self.categories, self.splits, self.bounds

    @property
    def size(self) -> int:
        """Return the number of trees."""
        return len(self.starts) - 1

    @cached_property
    def reach(self) -> int:
        """Return one more than the largest feature that a split tests, 0 where nothing splits."""
        return int(self.feature.max()) + 1
