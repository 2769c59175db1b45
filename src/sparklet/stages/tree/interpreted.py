"""Walk forests in Python: the fallback of the C module, which defines the results that both return."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from sparklet.errors import VectorSizeError
from sparklet.java import Layout, bound_dot, check_layout, dense_reader, nonzero_reader
from sparklet.linalg import DenseVector, Vector, to_dense
from sparklet.stages.tree.trees import Trees

if TYPE_CHECKING:
    import numpy

__all__ = ["leaves_of", "mean_of", "row_of", "sum_of", "value_of", "values_of", "votes_of"]

# Feature, threshold or set of categories, left child, right child; in a leaf its number and None three times.
Node: TypeAlias = tuple[Any, Any, Any, Any]
Features: TypeAlias = Sequence[float] | dict[int, float]
Walk: TypeAlias = Callable[[Features], "tuple[int, ...]"]

_WIDE = 1024


def leaves_of(forest: Trees, layout: Layout, width: int | None) -> Callable[..., tuple[int, ...]]:
    """Return the function from segments to the number of the leaf in each tree; see `Forest.leaves_of`."""
    if not forest.reach:
        only = tuple(forest.starts[:-1].tolist())
        return lambda *_: only
    whole = len(layout) == 1 and layout[0][:2] == ("vector", 0)
    walk, read = _walk(forest), _whole(forest) if whole else _parts(forest, layout)
    size = check_layout(layout)
    expected = forest.reach if width is None else width

    def leaves(*segments: Any) -> tuple[int, ...]:
        try:
            return walk(read(*segments))
        except IndexError:
            actual = size if size is not None and not whole else layout[-1][1] + segments[-1].size
            raise VectorSizeError(actual, expected) from None

    return leaves


def values_of(
    forest: Trees, layout: Layout, width: int | None, values: numpy.ndarray
) -> Callable[..., tuple[float, ...]]:
    """Return the function from segments to each leaf's value; see `Forest.values_of`."""
    leaves, per_node = leaves_of(forest, layout, width), values.tolist()
    return lambda *segments: tuple([per_node[leaf] for leaf in leaves(*segments)])


def value_of(forest: Trees, layout: Layout, width: int | None, values: numpy.ndarray) -> Callable[..., float]:
    """Return the function from segments to the first leaf's value; see `Forest.value_of`."""
    leaves, per_node = leaves_of(forest, layout, width), values.tolist()
    return lambda *segments: per_node[leaves(*segments)[0]]


def row_of(
    forest: Trees, layout: Layout, width: int | None, rows: numpy.ndarray
) -> Callable[..., tuple[float, ...]]:
    """Return the function from segments to the first leaf's row; see `Forest.row_of`."""
    leaves, per_node = leaves_of(forest, layout, width), _by_leaf(forest, rows)
    return lambda *segments: per_node[leaves(*segments)[0]]


def sum_of(forest: Trees, layout: Layout, width: int | None, order: str) -> Callable[..., float]:
    """Return the function from segments to the weighted sum of predictions; see `Forest.sum_of`."""
    leaves, prediction = leaves_of(forest, layout, width), forest.prediction.tolist()
    product = bound_dot(tuple(forest.weights.tolist()), order)
    return lambda *segments: product([prediction[leaf] for leaf in leaves(*segments)])


def mean_of(forest: Trees, layout: Layout, width: int | None, zero: float) -> Callable[..., float]:
    """Return the function from segments to the mean of predictions; see `Forest.mean_of`."""
    leaves, prediction, size = leaves_of(forest, layout, width), forest.prediction.tolist(), forest.size

    def mean(*segments: Any) -> float:
        total = zero
        for leaf in leaves(*segments):
            total += prediction[leaf]
        return total / size

    return mean


def votes_of(
    forest: Trees, layout: Layout, width: int | None, shares: numpy.ndarray
) -> Callable[..., tuple[float, ...]]:
    """Return the function from segments to the sum of the leaves' rows; see `Forest.votes_of`."""
    leaves, rows = leaves_of(forest, layout, width), _by_leaf(forest, shares)

    def vote(*segments: Any) -> tuple[float, ...]:
        votes = []
        for column in zip(*[rows[leaf] for leaf in leaves(*segments)], strict=True):
            total = 0.0
            for share in column:
                total += share
            votes.append(total)
        return tuple(votes)

    return vote


def _by_leaf(forest: Trees, rows: numpy.ndarray) -> list[tuple[float, ...]]:
    """Return rows, one for each node, as tuples by the numbers of nodes, empty but for leaves."""
    by_node: list[tuple[float, ...]] = [()] * len(forest.feature)
    nodes = (forest.feature < 0).nonzero()[0]
    for node, row in zip(nodes.tolist(), rows[nodes].tolist(), strict=True):
        by_node[node] = tuple(row)
    return by_node


def _whole(forest: Trees) -> Callable[[Vector], Features]:
    """Return the function from a vector to what a walk reads: absent elements of a sparse one are 0.0."""
    reach, zeros = forest.reach, _zeros(forest)

    def read(vector: Vector) -> Features:
        if isinstance(vector, DenseVector):
            return vector.values
        size = vector.size
        if size > _WIDE and size >= reach:
            # Hashed text has room for a quarter of a million features; only what splits test is laid out.
            few = zeros.copy()
            few.update(zip(vector.indices, vector.values, strict=True))
            return few
        return to_dense(vector).values

    return read


def _parts(forest: Trees, layout: Layout) -> Callable[..., Features]:
    """Return the function from several segments to what a walk reads."""
    size, reach, zeros = check_layout(layout), forest.reach, _zeros(forest)
    if size is not None and size <= _WIDE:
        return dense_reader(layout, size)
    nonzeros, last = nonzero_reader(layout), layout[-1][1]

    def read(*segments: Any) -> Features:
        width_ = last + segments[-1].size if size is None else size
        features = zeros.copy()
        features.update(nonzeros(*segments))
        if width_ < reach:
            # A list ends where the features do, so that a split that tests what is absent fails.
            return [features.get(index, 0.0) for index in range(width_)]
        return features

    return read


def _zeros(forest: Trees) -> dict[int, float]:
    return {feature: 0.0 for feature in set(forest.feature.tolist()) if feature >= 0}


def _roots(forest: Trees) -> tuple[Node, ...]:
    """Return the trees as nested tuples, which CPython walks faster than arrays or lists."""
    feature, left, right = forest.feature.tolist(), forest.left.tolist(), forest.right.tolist()
    categories, splits, bounds = forest.categories.tolist(), forest.splits.tolist(), forest.bounds.tolist()
    # Spark tries few thresholds for a feature: as shared objects they stay in the processor's cache.
    shared: dict[float, float] = {}
    nodes: list[Any] = [None] * len(feature)
    for i in range(len(feature) - 1, -1, -1):
        if feature[i] < 0:
            nodes[i] = (i, None, None, None)
            continue
        start, end, yes, no = bounds[i], bounds[i + 1], nodes[left[i]], nodes[right[i]]
        test: float | frozenset[float]
        if categories[i] < 0:
            test = shared.setdefault(splits[start], splits[start])
        else:
            test = frozenset(splits[start:end])
            if end - start > categories[i] // 2:
                # Spark keeps the smaller half: a value unseen in training goes left here, else right.
                test, yes, no = frozenset(map(float, range(categories[i]))) - test, no, yes
        nodes[i] = (feature[i], test, yes, no)
    return tuple([nodes[start] for start in forest.starts[:-1].tolist()])


def _walk(forest: Trees) -> Walk:
    """Return the function from features to the leaves; it raises IndexError for features too few."""
    roots = _roots(forest)

    def by_threshold(x: Any) -> tuple[int, ...]:
        leaves: list[int] = []
        add = leaves.append
        for feature, test, yes, no in roots:
            while yes is not None:
                feature, test, yes, no = yes if x[feature] <= test else no  # noqa: PLW2901 - the walk itself
            add(feature)
        return tuple(leaves)

    def by_both(x: Any) -> tuple[int, ...]:
        leaves: list[int] = []
        add = leaves.append
        for feature, test, yes, no in roots:
            while yes is not None:
                if test.__class__ is float:
                    feature, test, yes, no = yes if x[feature] <= test else no  # noqa: PLW2901
                else:
                    feature, test, yes, no = yes if x[feature] in test else no  # noqa: PLW2901
            add(feature)
        return tuple(leaves)

    splits = forest.feature >= 0
    return by_both if (forest.categories[splits] >= 0).any() else by_threshold
