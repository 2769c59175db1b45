"""Read the trees of a booster into arrays, and check that they are trees."""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING

from sparklet.stages.tree.levels import LoadedTrees, categories_of, levels
from sparklet.stages.xgboost.boosted import MISSING_LEFT
from sparklet.stages.xgboost.fields import Fields

if TYPE_CHECKING:
    import numpy

__all__ = ["read_trees"]

_MOST_CATEGORIES = 1 << 24


def read_trees(trees: list[Fields], features: int) -> LoadedTrees:
    """Read all trees; raise `CorruptModelError` for one that is no tree or tests an unknown feature."""
    return LoadedTrees(tuple([_tree(fields, features) for fields in trees]))


def _tree(fields: Fields, features: int) -> tuple[numpy.ndarray, ...]:
    import numpy

    param = fields.object("tree_param")
    if param.whole("size_leaf_vector", 0, 1 << 31, default=0) > 1:
        raise fields.corrupt("size_leaf_vector: trees of several targets are not read")
    sides = fields.array("left_children", "int64"), fields.array("right_children", "int64")
    count = len(sides[0])
    tested, conditions = fields.array("split_indices", "int64"), fields.array("split_conditions", "float64")
    default_left = fields.array("default_left", "int64")
    if not count or any(len(a) != count for a in (sides[1], tested, conditions, default_left)):
        raise fields.corrupt("left_children: the arrays do not have one length")
    order = _order(fields, sides)
    # The nodes that are reached, each after its parent: pruning leaves others behind.
    rank = numpy.full(count, -1, numpy.int64)
    rank[order] = numpy.arange(len(order))
    split = sides[0][order] >= 0
    feature = numpy.where(split, tested[order], -1)
    if (split & ((feature < 0) | (feature >= features))).any():
        raise fields.corrupt(f"split_indices: a split tests none of {features} features")
    left, right = (numpy.where(split, rank[numpy.where(split, side[order], 0)], -1) for side in sides)
    condition = conditions[order]
    categories = numpy.where(split & (default_left[order] == 1), MISSING_LEFT, -1)
    # XGBoost tests x < condition: with floats this is x <= the number before it, and false for -inf.
    with numpy.errstate(all="ignore"):
        before = numpy.nextafter(condition.astype(numpy.float32), numpy.float32(-numpy.inf))
    splits = numpy.where(condition == -numpy.inf, numpy.nan, before.astype(numpy.float64))[split]
    lengths = split.astype(numpy.int64)
    parts = [feature, left, right, categories, splits, lengths, numpy.where(split, 0.0, condition)]
    chosen = _categories(fields, count)
    return tuple(_with_categories(parts, order, chosen) if chosen else parts)


def _order(fields: Fields, sides: tuple[numpy.ndarray, numpy.ndarray]) -> numpy.ndarray:
    """Return the nodes that are reached from the root, level by level."""
    tree = levels(*sides)
    if tree is None:
        raise fields.corrupt("left_children: the nodes are not a tree")
    return tree[0]


def _categories(fields: Fields, count: int) -> dict[int, numpy.ndarray]:
    """Return for each node that splits by categories those that go right."""
    import numpy

    if "categories_nodes" not in fields.values:
        return {}
    nodes, starts, sizes = (
        fields.array(f"categories_{name}", "int64") for name in ("nodes", "segments", "sizes")
    )
    values = fields.array("categories", "int64")
    good = len(nodes) == len(starts) == len(sizes) and ((nodes >= 0) & (nodes < count)).all()
    good = (
        good
        and ((starts >= 0) & (sizes >= 0) & (starts <= len(values)) & (sizes <= len(values) - starts)).all()
    )
    if not good or ((values < 0) | (values >= _MOST_CATEGORIES)).any():
        raise fields.corrupt("categories: the sets of categories are damaged")
    # The segments of different nodes do not overlap.
    if [0, *accumulate(sizes.tolist())][-1] > len(values):
        raise fields.corrupt("categories: the sets of categories overlap")
    return {
        node: numpy.unique(values[start : start + size])
        for node, start, size in zip(nodes.tolist(), starts.tolist(), sizes.tolist(), strict=True)
    }


def _with_categories(
    parts: list[numpy.ndarray], order: numpy.ndarray, chosen: dict[int, numpy.ndarray]
) -> list[numpy.ndarray]:
    """Return the arrays with sets for the nodes that split by categories.

    XGBoost stores the categories that go right. Its right child becomes the left one here, so that a value
    in the set goes left; a missing value is in the set where it goes right.
    """
    import numpy

    feature, left, right, categories, splits, lengths, values = parts
    pieces, thresholds = [], iter(splits.tolist())
    for i, node in enumerate(order.tolist()):
        if feature[i] < 0:
            continue
        threshold = next(thresholds)
        if node not in chosen:
            pieces.append(numpy.array([threshold]))
            continue
        missing = numpy.zeros(0 if categories[i] == MISSING_LEFT else 1)
        members = numpy.concatenate((missing, chosen[node] + 1.0))
        left[i], right[i] = right[i], left[i]
        categories[i] = categories_of(members)
        lengths[i] = len(members)
        pieces.append(members)
    return [feature, left, right, categories, numpy.concatenate([numpy.empty(0), *pieces]), lengths, values]
