"""Decision trees as flat arrays: read from Spark's tables, checked to be trees, and evaluated for a row.

Follows Spark's `ml/tree/{treeModels,Node,Split}.scala` (4.2).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, Any

from sparklet._native import kernels, lazily
from sparklet.errors import CorruptModelError
from sparklet.java import ORDERS, Layout, check_layout
from sparklet.records import record
from sparklet.saved import SavedStage
from sparklet.stages.tree import interpreted
from sparklet.stages.tree.trees import Trees

if TYPE_CHECKING:
    import numpy

    from sparklet.saved import Table

__all__ = ["Forest", "read_forest", "read_tree"]


@record(eq=False)
class Forest(Trees):
    """Hold decision trees, and return the functions that walk them."""

    def leaves_of(self, layout: Layout, width: int | None) -> Callable[..., tuple[int, ...]]:
        """Return the function from segments to the number of the leaf that is reached in each tree.

        `width` is the number of features that a `VectorSizeError` asks for where a split tests one that is
        absent, None for as many as splits need. NaN goes right at a threshold.
        """
        return self._function(
            "leaves", layout, self._numbers, lambda: interpreted.leaves_of(self, layout, width)
        )

    def values_of(
        self, layout: Layout, width: int | None, values: numpy.ndarray
    ) -> Callable[..., tuple[float, ...]]:
        """Return the function from segments to what `values`, one for each node, has for each tree's leaf."""
        return self._function(
            "each", layout, values, lambda: interpreted.values_of(self, layout, width, values)
        )

    def value_of(self, layout: Layout, width: int | None, values: numpy.ndarray) -> Callable[..., float]:
        """Return the function from segments to what `values`, one for each node, has for the first leaf."""
        return self._function(
            "first", layout, values, lambda: interpreted.value_of(self, layout, width, values)
        )

    def row_of(
        self, layout: Layout, width: int | None, rows: numpy.ndarray
    ) -> Callable[..., tuple[float, ...]]:
        """Return the function from segments to the first leaf's row of `rows`, one for each node."""
        return self._function(
            "row", layout, self._ranks, lambda: interpreted.row_of(self, layout, width, rows), rows
        )

    def sum_of(self, layout: Layout, width: int | None, order: str) -> Callable[..., float]:
        """Return the function from segments to the dot of the trees' predictions and their weights."""
        return self._function(
            "sum",
            layout,
            self.prediction,
            lambda: interpreted.sum_of(self, layout, width, order),
            self.weights,
            order,
        )

    def mean_of(self, layout: Layout, width: int | None, zero: float) -> Callable[..., float]:
        """Return the function from segments to the mean of the trees' predictions, summed from `zero` on."""
        return self._function(
            "mean",
            layout,
            self.prediction,
            lambda: interpreted.mean_of(self, layout, width, zero),
            zero=zero,
        )

    def votes_of(
        self, layout: Layout, width: int | None, shares: numpy.ndarray
    ) -> Callable[..., tuple[float, ...]]:
        """Return the function from segments to the sum of the leaves' rows of `shares`, tree by tree."""
        return self._function(
            "votes", layout, self._ranks, lambda: interpreted.votes_of(self, layout, width, shares), shares
        )

    def _function(
        self,
        output: str,
        layout: Layout,
        values: numpy.ndarray,
        fallback: Callable[[], Callable[..., Any]],
        table: numpy.ndarray | None = None,
        order: str = "java8",
        zero: float = 0.0,
    ) -> Callable[..., Any]:
        """Return the C module's function of the leaves' `values`, or the Python fallback."""
        module, size = kernels(), check_layout(layout)
        packed = None
        # If one vector is the whole layout, its size may vary; a closed layout must be large enough.
        whole = len(layout) == 1 and layout[0][:2] == ("vector", 0)
        if module is not None and (whole or size is None or size >= self.reach):
            packed = self._packed(module, values)
        if module is None or packed is None:
            return fallback()
        columns = 0
        if table is not None and table.ndim == 2:
            table, columns = table[self.feature < 0], table.shape[1]
        function: Callable[..., Any] = module.trees(
            packed, layout, output, ORDERS[order].facts, table, columns, zero, lazily(fallback)
        )
        return function

    def _packed(self, module: Any, values: numpy.ndarray) -> Any:
        """Return the nodes in the form of the C module, None if only the fallback supports them."""
        known = self._packs.get(id(values))
        if known is None:
            packed = module.forest(*self.nodes, values)
            # Beside the array itself, so that no other one takes its id.
            known = self._packs.setdefault(id(values), (values, packed))
        return known[1]

    @cached_property
    def _packs(self) -> dict[int, tuple[numpy.ndarray, Any]]:
        """Return the cached packed nodes, which the functions of a model share."""
        return {}

    @cached_property
    def _numbers(self) -> numpy.ndarray:
        import numpy

        return numpy.arange(len(self.feature), dtype=numpy.float64)

    @cached_property
    def _ranks(self) -> numpy.ndarray:
        """Return the number of a node among all leaves."""
        import numpy

        leaf = self.feature < 0
        ranks = numpy.zeros(len(leaf))
        ranks[leaf] = numpy.arange(numpy.count_nonzero(leaf))
        return ranks

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

    @cached_property
    def ordinals(self) -> numpy.ndarray:
        """Return for each leaf node its number among the leaves of its tree, from the left."""
        import numpy

        ordinals = numpy.zeros(len(self.feature))
        for leaves in self.leaves:
            ordinals[list(leaves)] = range(len(leaves))
        return ordinals


def read_tree(saved: SavedStage, numFeatures: int, stats: int = 0) -> Forest:
    """Read the one tree of a folder; see `read_forest`."""
    import numpy

    table = saved.table("data", _columns("", stats)).sorted_by("id")
    trees = numpy.zeros(table.num_rows, numpy.int64)
    return _forest(table, "", trees, numpy.ones(1), numFeatures, stats)


def read_forest(saved: SavedStage, numFeatures: int, numTrees: int, stats: int = 0) -> Forest:
    """Read all trees of a folder, nodes in any order, and check that they are trees.

    `numFeatures` bounds the features of splits unless it is negative; `stats` is how many impurity statistics
    each node must have, 0 to leave them. Raises `CorruptModelError` for tables that are no forest.
    """
    table = saved.table("data", ["treeID", *_columns("nodeData.", stats)]).sorted_by("treeID", "nodeData.id")
    trees = table.numpy("treeID", "int")
    # Since 4.1 the columns are called _1, _2 and _3: tree, metadata, weight. The metadata is not read.
    facts = saved.table("treesMetadata", ["treeID", "weights", "_1", "_3"]).sorted_by(0)
    known, weights = facts.numpy(0, "int"), facts.numpy(1, "double")
    stored = trees[_starts(trees)[:-1]].tolist()
    if stored != known.tolist() or len(stored) != numTrees:
        problem = f"has {len(stored)} trees where the metadata has {numTrees} and treesMetadata {len(known)}"
        raise CorruptModelError(
            table.path, problem + (", not the same ones" if len(stored) == len(known) == numTrees else "")
        )
    return _forest(table, "nodeData.", trees, weights, numFeatures, stats)


def _starts(trees: numpy.ndarray) -> numpy.ndarray:
    """Return the offset of each tree in the sorted tree numbers of the nodes, and the end of the last."""
    import numpy

    changes = numpy.flatnonzero(trees[1:] != trees[:-1]) + 1
    first = numpy.zeros(min(len(trees), 1), numpy.int64)
    return numpy.concatenate((first, changes, numpy.array([len(trees)])))


def _columns(prefix: str, stats: int) -> list[str]:
    names = ["id", "prediction", "leftChild", "rightChild", "split"]
    return [prefix + name for name in ([*names, "impurityStats"] if stats else names)]


def _forest(
    table: Table, prefix: str, trees: numpy.ndarray, weights: numpy.ndarray, numFeatures: int, stats: int
) -> Forest:
    import numpy

    def column(name: str, type: str = "int") -> numpy.ndarray:
        return table.numpy(prefix + name, type)

    def require(good: numpy.ndarray, problem: str, nodes: numpy.ndarray | None = None) -> None:
        if not good.all():
            first = int(numpy.argmin(good))
            node = first if nodes is None else int(nodes[first])
            raise CorruptModelError(table.path, f"node {ids[node]} of tree {trees[node]} {problem}")

    ids = column("id")
    count = len(ids)
    if not count:
        raise CorruptModelError(table.path, "holds no nodes")
    starts = _starts(trees)
    sizes = numpy.diff(starts)
    first = numpy.repeat(starts[:-1], sizes)
    require(ids == numpy.arange(count) - first, "is missing or there twice: ids must count from 0")

    sides = column("leftChild"), column("rightChild")
    splits_here = numpy.flatnonzero(sides[0] != -1)
    children = numpy.stack([side[splits_here] for side in sides])
    # Each child follows its parent and has only one: every walk then ends in a leaf of its tree.
    after = (children > ids[splits_here]) & (children < numpy.repeat(sizes, sizes)[splits_here])
    require(after[0] & after[1], "has a child that does not come after it in its tree", splits_here)
    children = children + first[splits_here]
    require(numpy.bincount(children.ravel(), minlength=count) <= 1, "is the child of two nodes")
    both = numpy.full((2, count), -1)
    both[:, splits_here] = children

    tested, categories = column("split.featureIndex")[splits_here], column("split.numCategories")
    limit = numFeatures if numFeatures >= 0 else numpy.iinfo(numpy.int32).max
    require((tested >= 0) & (tested < limit), f"tests a feature that is none of the {limit}", splits_here)
    feature = numpy.full(count, -1, numpy.int32)
    feature[splits_here] = tested
    splits, bounds = table.flat(prefix + "split.leftCategoriesOrThreshold", "array<double>")
    lengths, nominal = numpy.diff(bounds)[splits_here], categories[splits_here] >= 0
    one = (categories[splits_here] == -1) & (lengths == 1)
    require(nominal | one, "has a split without its one threshold", splits_here)
    if nominal.any():
        owners = numpy.repeat(numpy.arange(count), numpy.diff(bounds))
        outside = ~((splits >= 0) & (splits < categories[owners]))
        sound = numpy.bincount(owners[outside], minlength=count)[splits_here] == 0
        require(~nominal | sound, "sends a value left that is no category", splits_here)

    table_of_stats = numpy.empty((count, 0))
    if stats:
        values, ends = table.flat(prefix + "impurityStats", "array<double>")
        require(numpy.diff(ends) == stats, f"has not {stats} impurity statistics")
        table_of_stats = values.reshape(count, stats)
    return Forest(
        starts=starts,
        feature=feature,
        left=both[0],
        right=both[1],
        categories=categories,
        splits=splits,
        bounds=bounds,
        prediction=column("prediction", "double"),
        weights=weights,
        stats=table_of_stats,
    )
