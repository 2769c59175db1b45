"""Boosted trees in float32, and the functions from features to margins."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from sparklet._native import kernels, lazily
from sparklet.java import ORDERS, Layout, check_layout, dense_reader
from sparklet.linalg import to_dense
from sparklet.records import record
from sparklet.stages.tree.trees import Trees

if TYPE_CHECKING:
    import numpy

__all__ = ["MISSING_LEFT", "Boosted"]

MISSING_LEFT = -2
"""The number of categories of a threshold split that sends missing values left."""

Margins = Callable[..., tuple[float, ...]]


@record(eq=False)
class Boosted:
    """Hold boosted trees. Features are rounded to float32; `missing` and NaN are missing.

    In `trees`, a missing value goes right at a threshold, unless `categories` is `MISSING_LEFT`. A split by
    categories sends left what its set has: 0 stands for a missing value and c + 1 for values whose whole
    part is c. `group` is the margin that a tree adds to; `start` has the first value of each margin, so its
    size is their number. `width` is the number of features.

    `output` is how a tree's value is weighted: `margins` (not at all), `weighted`, or `rebased`, as XGBoost
    did until 3.3: by the difference of the margin after the tree and before it.
    """

    trees: Trees
    group: tuple[int, ...]
    start: tuple[float, ...]
    width: int
    missing: float
    output: str

    def margins_of(self, layout: Layout) -> Margins:
        """Return the function from segments to the margins, added in float32 in the order of the trees."""
        if not self.trees.size:
            start = self.start
            return lambda *_: start
        module = kernels()
        if module is not None:
            packed = module.forest(*self.trees.nodes, self.trees.prediction, self.missing)
            if packed is not None:
                function: Margins = module.trees(
                    packed,
                    layout,
                    self.output,
                    ORDERS["java8"].facts,
                    self._table(),
                    len(self.start),
                    0.0,
                    lazily(lambda: self._interpreted(layout)),
                )
                return function
        return self._interpreted(layout)

    def _table(self) -> numpy.ndarray:
        """Return the margins' first values, the trees' groups and, if they have any, the trees' weights."""
        import numpy

        weights = () if self.output == "margins" else self.trees.weights.tolist()
        return numpy.array([*self.start, *self.group, *weights])

    def _interpreted(self, layout: Layout) -> Margins:
        """Return the Python fallback, which defines the result."""
        import numpy

        float32, read = numpy.float32, self._reader(layout)
        start = [float32(value) for value in self.start]
        weights = [float32(weight) for weight in self.trees.weights.tolist()]
        value_of = [float32(value) for value in self.trees.prediction.tolist()]
        walk, group, output = _walk(self.trees), self.group, self.output

        def margins(*segments: Any) -> tuple[float, ...]:
            sums = start.copy()
            with numpy.errstate(all="ignore"):
                for leaf, k, weight in zip(walk(read(segments)), group, weights, strict=True):
                    value = value_of[leaf]
                    if output == "rebased":
                        value = (start[k] + value) - start[k]
                    if output != "margins":
                        value = value * weight
                    sums[k] = sums[k] + value
            return tuple(map(float, sums))

        return margins

    def _reader(self, layout: Layout) -> Callable[[Sequence[Any]], list[float]]:
        """Return the function from segments to features as float32 numbers, missing ones as NaN."""
        import numpy

        missing = float(numpy.float32(self.missing))
        whole = len(layout) == 1 and layout[0][:2] == ("vector", 0)
        size = check_layout(layout)
        read = None if whole or size is None else dense_reader(layout, size)

        def features(segments: Sequence[Any]) -> list[float]:
            values = to_dense(segments[0]).values if read is None else read(*segments)
            with numpy.errstate(over="ignore"):
                rounded = numpy.array(values, numpy.float32).tolist()
            return [numpy.nan if value == missing else value for value in rounded]

        return features


def _walk(trees: Trees) -> Callable[[list[float]], list[int]]:
    """Return the function from features to the number of the leaf that is reached in each tree."""
    feature, left, right = trees.feature.tolist(), trees.left.tolist(), trees.right.tolist()
    categories, splits, bounds = trees.categories.tolist(), trees.splits.tolist(), trees.bounds.tolist()
    roots = trees.starts[:-1].tolist()
    sets = {
        node: frozenset(splits[bounds[node] : bounds[node + 1]])
        for node, count in enumerate(categories)
        if count >= 0
    }

    def goes_left(node: int, value: float) -> bool:
        if node in sets:
            if value != value:
                return 0.0 in sets[node]
            return 0.0 <= value < 1 << 24 and int(value) + 1.0 in sets[node]
        if value != value:
            return bool(categories[node] == MISSING_LEFT)
        return bool(value <= splits[bounds[node]])

    def leaves(values: list[float]) -> list[int]:
        reached = []
        for root in roots:
            node = root
            while feature[node] >= 0:
                node = left[node] if goes_left(node, values[feature[node]]) else right[node]
            reached.append(node)
        return reached

    return leaves
