"""Decision trees as flat arrays: read from Spark's tables, proved to be trees, and walked by a row.

Follows Spark's `ml/tree/{treeModels,Node,Split}.scala` (4.2).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import cached_property
from typing import TYPE_CHECKING, Any

from sparklet.errors import CorruptModelError
from sparklet.jvm_math import Layout, bound_dot
from sparklet.saved import SavedStage
from sparklet.stages.tree import interpreted

if TYPE_CHECKING:
    import numpy

    from sparklet.saved import Table

__all__ = ["Forest", "read_forest", "read_tree"]


@dataclass(frozen=True, eq=False)
class Forest:
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
        for field in fields(self):
            getattr(self, field.name).setflags(write=False)

    def __reduce__(self) -> tuple[Any, ...]:
        # Without what is cached.
        return Forest, tuple(getattr(self, field.name) for field in fields(self))

    @property
    def size(self) -> int:
        """Return the number of trees."""
        return len(self.starts) - 1

    @cached_property
    def reach(self) -> int:
        """Return one more than the largest feature that a split tests, 0 where nothing splits."""
        return int(self.feature.max()) + 1

    def leaves_of(self, layout: Layout, width: int | None) -> Callable[..., tuple[int, ...]]:
        """Return the function from segments to the number of the leaf that is reached in each tree.

        `width` is the number of features that a `VectorSizeError` asks for where a split tests one that is
        absent, None for as many as splits need. NaN goes right at a threshold.
        """
        return interpreted.leaves_of(self, layout, width)

    def value_of(self, layout: Layout, width: int | None, values: numpy.ndarray) -> Callable[..., float]:
        """Return the function from segments to what `values`, one for each node, has for the first leaf."""
        leaves, found = self.leaves_of(layout, width), values.tolist()
        return lambda *segments: found[leaves(*segments)[0]]

    def row_of(
        self, layout: Layout, width: int | None, rows: numpy.ndarray
    ) -> Callable[..., tuple[float, ...]]:
        """Return the function from segments to the first leaf's row of `rows`, one for each node."""
        leaves, found = self.leaves_of(layout, width), self.by_leaf(rows)
        return lambda *segments: found[leaves(*segments)[0]]

    def sum_of(self, layout: Layout, width: int | None, order: str) -> Callable[..., float]:
        """Return the function from segments to the dot of the trees' predictions and their weights."""
        leaves, prediction = self.leaves_of(layout, width), self.prediction.tolist()
        product = bound_dot(tuple(self.weights.tolist()), order)
        return lambda *segments: product([prediction[leaf] for leaf in leaves(*segments)])

    def mean_of(self, layout: Layout, width: int | None, zero: float) -> Callable[..., float]:
        """Return the function from segments to the mean of the trees' predictions, summed from `zero` on."""
        leaves, prediction, size = self.leaves_of(layout, width), self.prediction.tolist(), self.size

        def mean(*segments: Any) -> float:
            total = zero
            for leaf in leaves(*segments):
                total += prediction[leaf]
            return total / size

        return mean

    def votes_of(
        self, layout: Layout, width: int | None, shares: numpy.ndarray
    ) -> Callable[..., tuple[float, ...]]:
        """Return the function from segments to the sum of the leaves' rows of `shares`, tree by tree."""
        leaves, rows = self.leaves_of(layout, width), self.by_leaf(shares)

        def vote(*segments: Any) -> tuple[float, ...]:
            votes = []
            for column in zip(*[rows[leaf] for leaf in leaves(*segments)], strict=True):
                total = 0.0
                for share in column:
                    total += share
                votes.append(total)
            return tuple(votes)

        return vote

    @cached_property
    def leaves(self) -> tuple[tuple[int, ...], ...]:
        """Return for each tree the numbers of its leaves from left to right."""
        feature, left, right = self.feature.tolist(), self.left.tolist(), self.right.tolist()
        trees = []
        for root in self.starts[:-1].tolist():
            leaves, waiting = [], [root]
            while waiting:
                node = waiting.pop()
                if feature[node] < 0:
                    leaves.append(node)
                else:
                    waiting += (right[node], left[node])
            trees.append(tuple(leaves))
        return tuple(trees)

    def by_leaf(self, rows: numpy.ndarray) -> list[tuple[float, ...]]:
        """Return rows like those of `stats` as tuples by the numbers of nodes, empty but for leaves."""
        found: list[tuple[float, ...]] = [()] * len(self.feature)
        places = (self.feature < 0).nonzero()[0]
        for place, row in zip(places.tolist(), rows[places].tolist(), strict=True):
            found[place] = tuple(row)
        return found


def read_tree(saved: SavedStage, numFeatures: int, stats: int = 0) -> Forest:
    """Read the one tree of a folder; see `read_forest`."""
    import numpy

    table = saved.table().sorted_by("id")
    trees = numpy.zeros(table.num_rows, numpy.int64)
    return _forest(table, "", trees, numpy.ones(1), numFeatures, stats)


def read_forest(saved: SavedStage, numFeatures: int, numTrees: int, stats: int = 0) -> Forest:
    """Read all trees of a folder, nodes in any order, and check that they are trees.

    `numFeatures` bounds the features of splits unless it is negative; `stats` is how many impurity statistics
    each node must have, 0 to leave them. Raises `CorruptModelError` for tables that are no forest.
    """
    table = saved.table().sorted_by("treeID", "nodeData.id")
    trees = table.numpy("treeID", "int")
    # Since 4.1 the columns are called _1, _2 and _3: tree, metadata, weight.
    facts = saved.table("treesMetadata").sorted_by(0)
    known, weights = facts.numpy(0, "int"), facts.numpy(2, "double")
    found = sorted(set(trees.tolist()))
    if found != known.tolist() or len(found) != numTrees:
        problem = f"has {len(found)} trees where the metadata has {numTrees} and treesMetadata {len(known)}"
        raise CorruptModelError(
            table.path, problem + (", not the same ones" if len(found) == len(known) == numTrees else "")
        )
    return _forest(table, "nodeData.", trees, weights, numFeatures, stats)


def _forest(
    table: Table, prefix: str, trees: numpy.ndarray, weights: numpy.ndarray, numFeatures: int, stats: int
) -> Forest:
    import numpy

    def column(name: str, type: str = "int") -> numpy.ndarray:
        return table.numpy(prefix + name, type)

    def require(good: numpy.ndarray, problem: str) -> None:
        if not good.all():
            node = int(numpy.argmin(good))
            raise CorruptModelError(table.path, f"node {ids[node]} of tree {trees[node]} {problem}")

    ids = column("id")
    if not len(ids):
        raise CorruptModelError(table.path, "holds no nodes")
    starts = numpy.append(numpy.flatnonzero(numpy.append(True, trees[1:] != trees[:-1])), len(ids))
    sizes = numpy.diff(starts)
    first = numpy.repeat(starts[:-1], sizes)
    require(ids == numpy.arange(len(ids)) - first, "is missing or there twice: ids must count from 0")

    left, right = column("leftChild").astype(numpy.int64), column("rightChild").astype(numpy.int64)
    leaf = left == -1
    size = numpy.repeat(sizes, sizes)
    # Each child after its parent, and no child of two: then every walk ends, and ends in a leaf of its own.
    for child in (left, right):
        require(
            leaf | ((child > ids) & (child < size)), "has a child that does not come after it in its tree"
        )
    left, right = numpy.where(leaf, -1, left + first), numpy.where(leaf, -1, right + first)
    parents = numpy.bincount(numpy.concatenate((left[~leaf], right[~leaf])), minlength=len(ids))
    require(parents <= 1, "is the child of two nodes")

    feature, categories = column("split.featureIndex"), column("split.numCategories")
    limit = numFeatures if numFeatures >= 0 else numpy.iinfo(numpy.int32).max
    require(leaf | ((feature >= 0) & (feature < limit)), f"tests a feature that is none of the {limit}")
    splits, bounds = table.flat(prefix + "split.leftCategoriesOrThreshold", "array<double>")
    lengths = numpy.diff(bounds)
    require(
        leaf | (categories >= 0) | ((categories == -1) & (lengths == 1)),
        "has a split without its one threshold",
    )
    owners = numpy.repeat(numpy.arange(len(ids)), lengths)
    outside = ~((splits >= 0) & (splits < categories[owners]))
    unsound = numpy.bincount(owners[outside], minlength=len(ids)) > 0
    require(leaf | (categories < 0) | ~unsound, "sends a value left that is no category")

    table_of_stats = numpy.empty((len(ids), 0))
    if stats:
        values, ends = table.flat(prefix + "impurityStats", "array<double>")
        require(numpy.diff(ends) == stats, f"has not {stats} impurity statistics")
        table_of_stats = values.reshape(len(ids), stats)
    return Forest(
        starts=starts,
        feature=numpy.where(leaf, -1, feature).astype(numpy.int32),
        left=left,
        right=right,
        categories=categories,
        splits=splits,
        bounds=bounds,
        prediction=column("prediction", "double"),
        weights=weights,
        stats=table_of_stats,
    )
