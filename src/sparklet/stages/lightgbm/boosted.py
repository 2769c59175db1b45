"""The functions from features to the sums of a booster's trees and to the leaves that are reached."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from sparklet._native import kernels, lazily
from sparklet.java import ORDERS, Layout, check_layout, dense_reader
from sparklet.linalg import DenseVector, Vector, to_dense
from sparklet.records import record
from sparklet.stages.lightgbm.booster import Booster
from sparklet.stages.lightgbm.sparse import as_read
from sparklet.stages.lightgbm.tables import LoadedTree
from sparklet.stages.tree.levels import LoadedTrees
from sparklet.stages.tree.trees import Trees

__all__ = ["LARGEST_ZERO", "Boosted", "reader", "tests_of"]

LARGEST_ZERO = 1.0000000180025095e-35
"""`kZeroThreshold`, a float32: values up to this magnitude are zero."""

Values = Callable[..., tuple[float, ...]]


@record(eq=False)
class Boosted:
    """Hold the trees of the iterations that are used.

    In the arrays, a threshold has -1 to -5 categories, which tell where a missing value goes: see `decision`.
    """

    loaded: tuple[LoadedTree, ...]
    classes: int
    width: int

    @classmethod
    def of(cls, booster: Booster, first: int, last: int) -> Boosted:
        """Return the trees of the iterations from `first` to before `last`."""
        each = booster.classes
        return cls(booster.trees[first * each : last * each], each, booster.features)

    def sums(self, layout: Layout) -> Values:
        """Return the function from segments to the sum of each class, added in the order of the trees."""
        if not self.loaded:
            zeros = (0.0,) * self.classes
            return lambda *_: zeros
        if any(tree.linear is not None for tree in self.loaded):
            return self._linear_sums(layout)
        trees = LoadedTrees(tuple([tree.parts for tree in self.loaded])).first(0, len(self.loaded))
        table = [0.0] * self.classes + [float(i % self.classes) for i in range(len(self.loaded))]
        return self._compiled(layout, trees, "sums", table)

    def leaves(self, layout: Layout, *, numbered: bool = False) -> Values:
        """Return the function from segments to the number of the leaf that is reached in each tree.

        With `numbered`, the leaves of a tree continue the numbers of those of the tree before it.
        """
        if not self.loaded:
            return lambda *_: ()
        parts, start = [], 0
        for tree in self.loaded:
            parts.append((*tree.parts[:6], tree.leaves + start))
            start += len(tree.values) if numbered else 0
        trees = LoadedTrees(tuple(parts)).first(0, len(self.loaded))
        return self._compiled(layout, trees, "each", None)

    def _compiled(self, layout: Layout, trees: Trees, output: str, table: list[float] | None) -> Values:
        import numpy

        module = kernels()
        if module is not None:
            # True: features may be missing.
            packed = module.forest(*trees.nodes, trees.prediction, True)
            if packed is not None:
                function: Values = module.trees(
                    packed,
                    layout,
                    output,
                    ORDERS["java8"].facts,
                    None if table is None else numpy.array(table),
                    self.classes if output == "sums" else 0,
                    0.0,
                    lazily(lambda: self._interpreted(layout, trees, output)),
                )
                return function
        return self._interpreted(layout, trees, output)

    def _interpreted(self, layout: Layout, trees: Trees, output: str) -> Values:
        """Return the Python fallback, which defines the result."""
        read, walk = reader(layout, self.width), _walk(trees)
        values, classes = trees.prediction.tolist(), self.classes

        def sums(*segments: Any) -> tuple[float, ...]:
            totals = [0.0] * classes
            for index, leaf in enumerate(walk(read(*segments))):
                totals[index % classes] += values[leaf]
            return tuple(totals)

        def each(*segments: Any) -> tuple[float, ...]:
            return tuple([values[leaf] for leaf in walk(read(*segments))])

        return sums if output == "sums" else each

    def _linear_sums(self, layout: Layout) -> Values:
        """Return `sums` of trees whose leaves have linear models (`Tree::Predict`)."""
        read, leaves, classes = reader(layout, self.width), self.leaves(layout, numbered=True), self.classes
        models: list[tuple[float, float, tuple[tuple[int, float], ...]]] = []
        for tree in self.loaded:
            values = tree.values.tolist()
            if tree.linear is None:
                models += [(value, value, ()) for value in values]
            else:
                models += zip(values, tree.linear.constants, tree.linear.terms, strict=True)

        def sums(*segments: Any) -> tuple[float, ...]:
            features, totals = read(*segments), [0.0] * classes
            for index, leaf in enumerate(leaves(*segments)):
                value, output, terms = models[int(leaf)]
                for feature, factor in terms:
                    x = features[feature]
                    if x != x:
                        output = value
                        break
                    output += factor * x
                totals[index % classes] += output
            return tuple(totals)

        return sums


def reader(layout: Layout, width: int) -> Callable[..., list[float]]:
    """Return the function from segments to all features of the booster.

    Features that a vector lacks are 0.0, those that it has beyond `width` are ignored. LightGBM takes an
    element of a dense vector up to `LARGEST_ZERO` for 0.0, but not one of a sparse vector.
    """

    def flat(values: Sequence[float]) -> list[float]:
        features = [0.0 if abs(value) <= LARGEST_ZERO else value for value in values[:width]]
        return features + [0.0] * (width - len(features))

    if len(layout) == 1 and layout[0][:2] == ("vector", 0):

        def whole(vector: Vector) -> list[float]:
            if isinstance(vector, DenseVector):
                return flat(vector.values)
            values = to_dense(as_read(vector)).values[:width]
            return [*values, *[0.0] * (width - len(values))]

        return whole
    size = check_layout(layout)
    read = dense_reader(layout, width if size is None else size)
    return lambda *segments: flat(read(*segments))


def decision(categories: int, threshold: float, members: frozenset[int]) -> Callable[[float], bool]:
    """Return the test of a split, which holds for the values that go left.

    At least 0 categories stand for a set; a value is in it if its whole part is. A missing value (NaN) goes
    right at -1, left at -2 and is 0.0 at -3; at -4 and -5 zeros are missing too, and go right and left.

    >>> decision(4, 0.0, frozenset([0]))(-0.5), decision(-4, 1.0, frozenset())(0.0)
    (True, False)
    """
    if categories >= 0:
        return lambda x: -1.0 < x < 2147483648.0 and int(x) in members
    if categories == -1:
        return lambda x: x <= threshold
    if categories == -2:
        return lambda x: x != x or x <= threshold
    if categories == -3:
        return lambda x: (0.0 if x != x else x) <= threshold
    left = categories == -5

    def goes_left(x: float) -> bool:
        return left if x != x or abs(x) <= LARGEST_ZERO else x <= threshold

    return goes_left


def tests_of(
    tested: list[int], categories: list[int], splits: list[float], bounds: list[int]
) -> list[Callable[[float], bool]]:
    """Return the test of each node, which means nothing for a leaf; `bounds` delimit its part of `splits`."""
    tests: list[Callable[[float], bool]] = []
    for feature, count, start, end in zip(tested, categories, bounds, bounds[1:], strict=False):
        if feature < 0:
            tests.append(bool)
        elif count >= 0:
            tests.append(decision(count, 0.0, frozenset(map(int, splits[start:end]))))
        else:
            tests.append(decision(count, splits[start], frozenset()))
    return tests


def _walk(trees: Trees) -> Callable[[list[float]], list[int]]:
    """Return the function from features to the number of the node where each tree ends."""
    feature, left, right = trees.feature.tolist(), trees.left.tolist(), trees.right.tolist()
    splits, bounds, roots = trees.splits.tolist(), trees.bounds.tolist(), trees.starts[:-1].tolist()
    tests = tests_of(feature, trees.categories.tolist(), splits, bounds)

    def leaves(features: list[float]) -> list[int]:
        reached = []
        for root in roots:
            node = root
            while feature[node] >= 0:
                node = left[node] if tests[node](features[feature[node]]) else right[node]
            reached.append(node)
        return reached

    return leaves
