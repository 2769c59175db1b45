"""Read the trees of a booster into arrays, and check that they are trees.

Follows the constructor of `Tree` from text, and `Tree::Decision` (`src/io/tree.cpp`, `tree.h`, 4.6).
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import accumulate
from typing import TYPE_CHECKING

from sparklet.records import record
from sparklet.stages.lightgbm.text import Section
from sparklet.stages.tree.levels import categories_of, levels

if TYPE_CHECKING:
    import numpy

__all__ = ["Linear", "LoadedTree", "read_tree"]

_MOST_LEAVES = 1 << 28
_MOST_WORDS = 1 << 22
_CATEGORICAL, _DEFAULT_LEFT = 1, 2
# By the missing type of a split, the number of categories for its way of reading a missing value, if it goes
# right and if it goes left (`enum` in `_native/forest.h`). Types: none (NaN is 0.0), zero and NaN, NaN.
_VIEWS = ((-3, -3), (-4, -5), (-1, -2), (-3, -3))


@record(eq=False)
class Linear:
    """The linear models of a tree's leaves, by leaf: the constant, and the features with coefficients."""

    constants: tuple[float, ...]
    terms: tuple[tuple[tuple[int, float], ...], ...]


@record(eq=False)
class LoadedTree:
    """A tree: `parts` are the arrays that `LoadedTrees` takes, the nodes level by level.

    `leaves` has the number of the leaf for each node, -1 for splits; `counts` is how many rows reached it in
    training. `values` are the leaves' values by number, `depth` is the number of splits on the longest path.
    """

    parts: tuple[numpy.ndarray, ...]
    leaves: numpy.ndarray
    counts: numpy.ndarray
    values: numpy.ndarray
    depth: int
    linear: Linear | None


def read_tree(section: Section, features: int) -> LoadedTree:
    """Return a tree of a booster with `features` features; raise `CorruptModelError` if it is none."""
    import numpy

    count = section.whole("num_leaves", 1, _MOST_LEAVES)
    values = section.floats("leaf_value", count)
    splits = count - 1
    linear = _linear(section, count, features) if section.whole("is_linear", 0, 2, default="0") else None
    # Numbers of nodes: the splits, then the leaves.
    left, right = (_children(section, key, splits) for key in ("left_child", "right_child"))
    order, depth = levels(left, right) or (numpy.empty(0, numpy.int64), 0)
    if len(order) != splits + count:
        raise section.corrupt("left_child and right_child are no tree")
    rank = numpy.empty(splits + count, numpy.int64)
    rank[order] = numpy.arange(splits + count)
    split = order < splits
    tested = _padded(section.integers("split_feature", splits), count, -1)[order]
    if (split & ((tested < 0) | (tested >= features))).any():
        raise section.corrupt(f"split_feature names none of {features} features")
    parts = [
        tested,
        numpy.where(split, rank[left[order]], -1),
        numpy.where(split, rank[right[order]], -1),
        *_tests(section, order[split], splits, split),
        numpy.where(split, 0.0, _padded(values, splits, 0.0, before=True)[order]),
    ]
    return LoadedTree(
        tuple(parts),
        numpy.where(split, -1, order - splits),
        _counts(section, splits, count)[order],
        values,
        depth,
        linear,
    )


def _padded(array: numpy.ndarray, count: int, value: float, *, before: bool = False) -> numpy.ndarray:
    import numpy

    padding = numpy.full(count, value, array.dtype)
    return numpy.concatenate([padding, array] if before else [array, padding])


def _children(section: Section, key: str, splits: int) -> numpy.ndarray:
    """Return the children of the splits, -1 for those of leaves; a stored leaf `i` is ~i."""
    import numpy

    children = section.integers(key, splits)
    # A number that is no child is refused with those that are not in the tree.
    children = numpy.where(children < 0, splits + ~children, children)
    return _padded(children, splits + 1, -1)


def _counts(section: Section, splits: int, leaves: int) -> numpy.ndarray:
    """Return the numbers of training rows, 0 where they are not stored."""
    import numpy

    if not splits:
        return numpy.zeros(leaves, numpy.int64)
    stored = [
        section.integers(key, count) if key in section.values else numpy.zeros(count, numpy.int64)
        for key, count in (("internal_count", splits), ("leaf_count", leaves))
    ]
    return numpy.concatenate(stored)


def _tests(
    section: Section, splits: numpy.ndarray, count: int, split: numpy.ndarray
) -> tuple[numpy.ndarray, numpy.ndarray, numpy.ndarray]:
    """Return the categories of nodes, their thresholds and sets, and their lengths.

    `split` tells which nodes are splits, `splits` has the numbers of these.
    """
    import numpy

    categories, lengths = numpy.full(len(split), -1, numpy.int64), split.astype(numpy.int64)
    if not count:
        return categories, numpy.empty(0), lengths
    thresholds = section.floats("threshold", count)[splits]
    types = (
        section.integers("decision_type", count)[splits] if "decision_type" in section.values else 0 * splits
    )
    if ((types < -128) | (types > 127)).any():
        raise section.refuse("decision_type", "integers of eight bits")
    views = numpy.array(_VIEWS)[types >> 2 & 3, (types & _DEFAULT_LEFT) // 2]
    categorical = (types & _CATEGORICAL).astype(bool)
    if not categorical.any():
        categories[split] = views
        return categories, thresholds, lengths
    sets = _sets(section, thresholds[categorical])
    pieces, positions = [], numpy.flatnonzero(split).tolist()
    for position, view, threshold, by_set in zip(
        positions, views.tolist(), thresholds.tolist(), categorical.tolist(), strict=True
    ):
        if not by_set:
            categories[position] = view
            pieces.append(numpy.array([threshold]))
            continue
        members = next(sets)
        categories[position] = categories_of(members)
        lengths[position] = len(members)
        pieces.append(members)
    return categories, numpy.concatenate(pieces), lengths


def _sets(section: Section, thresholds: numpy.ndarray) -> Iterator[numpy.ndarray]:
    """Return an iterator over the sets of categories of splits, whose thresholds are the sets' numbers."""
    import numpy

    count = section.whole("num_cat", 0, _MOST_LEAVES)
    bounds = section.integers("cat_boundaries", count + 1)
    words = section.integers("cat_threshold", int(bounds[-1]) if 0 <= bounds[-1] < _MOST_WORDS else -1)
    if bounds[0] < 0 or (numpy.diff(bounds) < 0).any() or ((words < 0) | (words >= 1 << 32)).any():
        raise section.refuse("cat_boundaries", "the bounds of sets of categories")
    numbers = numpy.trunc(thresholds)
    # Each set belongs to one split.
    if ((numbers < 0) | (numbers >= count)).any() or len(numpy.unique(numbers)) != len(numbers):
        raise section.refuse("threshold", f"numbers of {count} sets of categories")

    def members(number: int) -> numpy.ndarray:
        stored = words[bounds[number] : bounds[number + 1]].astype("<u4")
        return numpy.flatnonzero(numpy.unpackbits(stored.view(numpy.uint8), bitorder="little")).astype(float)

    return map(members, numbers.astype(numpy.int64).tolist())


def _linear(section: Section, leaves: int, features: int) -> Linear:
    constants = section.floats("leaf_const", leaves)
    counts = section.integers("num_features", leaves)
    most = len(section.values.get("leaf_features", ""))
    if (counts < 0).any() or (counts > most).any():
        raise section.refuse("num_features", "the numbers of features of leaves")
    total = [0, *accumulate(counts.tolist())][-1]
    named, factors = section.integers("leaf_features", total), section.floats("leaf_coeff", total)
    if ((named < 0) | (named >= features)).any():
        raise section.refuse("leaf_features", f"some of {features} features")
    terms = iter(zip(named.tolist(), factors.tolist(), strict=True))
    return Linear(
        tuple(constants.tolist()),
        tuple([tuple([next(terms) for _ in range(count)]) for count in counts.tolist()]),
    )
