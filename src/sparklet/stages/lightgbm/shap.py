"""The SHAP values of a booster's features: the algorithm TreeSHAP as LightGBM computes it.

Follows `Tree::PredictContrib`, `TreeSHAP`, `ExtendPath`, `UnwindPath` and `UnwoundPathSum`
(`src/io/tree.cpp`, 4.6), with the order of their arithmetic.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import accumulate
from typing import TYPE_CHECKING, Any

from sparklet._native import kernels
from sparklet.java import Layout
from sparklet.stages.lightgbm.boosted import Boosted, reader, tests_of
from sparklet.stages.lightgbm.tables import LoadedTree
from sparklet.stages.tree.levels import LoadedTrees

if TYPE_CHECKING:
    import numpy

__all__ = ["DEEPEST", "arguments_of", "contributions"]

DEEPEST = 1000
"""The most splits on a path; the memory grows with their square."""

# The elements of a path: features, fractions of zeros, fractions of ones, weights of permutations.
Path = tuple[list[int], list[float], list[float], list[float]]


def contributions(boosted: Boosted, layout: Layout) -> Callable[..., tuple[float, ...]]:
    """Return the function from segments to the SHAP values: of each class those of features, and the mean."""
    read, width, classes = reader(layout, boosted.width), boosted.width, boosted.classes
    module = kernels()
    if module is not None and boosted.loaded:
        compute, arguments = module.shap, arguments_of(boosted.loaded)
        deepest = max(tree.depth for tree in boosted.loaded)
        return lambda *segments: compute(*arguments, list(map(float, read(*segments))), classes, deepest)
    trees = [(_expected(tree), _explainer(tree)) for tree in boosted.loaded]

    def shap(*segments: Any) -> tuple[float, ...]:
        features, rows = read(*segments), [[0.0] * (width + 1) for _ in range(classes)]
        for index, (expected, explain) in enumerate(trees):
            row = rows[index % classes]
            row[width] += expected
            explain(features, row)
        return tuple([value for row in rows for value in row])

    return shap


def arguments_of(loaded: tuple[LoadedTree, ...]) -> list[numpy.ndarray]:
    """Return the arrays of all trees that the C function takes."""
    import numpy

    trees = LoadedTrees(tuple([tree.parts for tree in loaded])).first(0, len(loaded))
    counts = numpy.concatenate([tree.counts for tree in loaded])
    return [*trees.nodes, trees.prediction, counts, numpy.array([_expected(tree) for tree in loaded])]


def _expected(tree: LoadedTree) -> float:
    """Return the mean of the leaves' values in training (`Tree::ExpectedValue`)."""
    values = tree.values.tolist()
    if len(values) == 1:
        return float(values[0])
    counts = dict(zip(tree.leaves.tolist(), tree.counts.tolist(), strict=True))
    total, expected = float(tree.counts[0]), 0.0
    for leaf, value in enumerate(values):
        expected += _quotient(counts[leaf], total) * value
    return expected


def _quotient(x: float, y: float) -> float:
    """Return x / y of doubles, as C does where y is zero."""
    if y:
        return x / y
    return x * math.copysign(math.inf, y) if x == x and x else math.nan


def _explainer(tree: LoadedTree) -> Callable[[list[float], list[float]], None]:
    """Return the function that adds the contributions of a tree to a row."""
    tested, left, right, categories, splits, lengths = (part.tolist() for part in tree.parts[:6])
    values, counts = tree.parts[6].tolist(), tree.counts.tolist()
    tests = tests_of(tested, categories, splits, list(accumulate(lengths, initial=0)))

    def explain(features: list[float], row: list[float]) -> None:
        if tested[0] < 0:
            return
        # A node, the path to its parent without the split on its feature, and what it adds to the path.
        waiting: list[tuple[int, Path, float, float, int]] = [(0, ([], [], [], []), 1.0, 1.0, -1)]
        while waiting:
            node, before, zero, one, feature = waiting.pop()
            path = _extended(before, zero, one, feature)
            if tested[node] < 0:
                value = values[node]
                names, zeros, ones, _ = path
                for i in range(1, len(names)):
                    weight = _unwound_sum(path, i)
                    row[names[i]] += weight * (ones[i] - zeros[i]) * value
                continue
            feature = tested[node]
            hot, cold = (left, right) if tests[node](features[feature]) else (right, left)
            count = float(counts[node])
            hot_zero, cold_zero = (_quotient(counts[side[node]], count) for side in (hot, cold))
            incoming_zero, incoming_one = 1.0, 1.0
            if feature in path[0]:
                known = path[0].index(feature)
                incoming_zero, incoming_one = path[1][known], path[2][known]
                _unwind(path, known)
            waiting.append((cold[node], path, cold_zero * incoming_zero, 0.0, feature))
            waiting.append((hot[node], path, hot_zero * incoming_zero, incoming_one, feature))

    return explain


def _extended(before: Path, zero: float, one: float, feature: int) -> Path:
    """Return a path with one more element (`ExtendPath`)."""
    names, zeros, ones, weights = ([*values] for values in before)
    depth = len(names)
    names.append(feature)
    zeros.append(zero)
    ones.append(one)
    weights.append(0.0 if depth else 1.0)
    for i in range(depth - 1, -1, -1):
        weights[i + 1] += one * weights[i] * (i + 1) / float(depth + 1)
        weights[i] = zero * weights[i] * (depth - i) / float(depth + 1)
    return names, zeros, ones, weights


def _unwind(path: Path, index: int) -> None:
    """Remove an element from a path (`UnwindPath`)."""
    names, zeros, ones, weights = path
    depth = len(names) - 1
    one, zero = ones[index], zeros[index]
    portion = weights[depth]
    for i in range(depth - 1, -1, -1):
        if one != 0.0:
            weight = weights[i]
            weights[i] = portion * (depth + 1) / ((i + 1) * one)
            portion = weight - weights[i] * zero * (depth - i) / float(depth + 1)
        else:
            weights[i] = _quotient(weights[i] * (depth + 1), zero * (depth - i))
    # The weights stay: those of the last element go.
    del names[index], zeros[index], ones[index], weights[depth]


def _unwound_sum(path: Path, index: int) -> float:
    """Return the sum of the weights of a path without an element (`UnwoundPathSum`)."""
    _, zeros, ones, weights = path
    depth = len(weights) - 1
    one, zero = ones[index], zeros[index]
    portion, total = weights[depth], 0.0
    for i in range(depth - 1, -1, -1):
        if one != 0.0:
            weight = portion * (depth + 1) / ((i + 1) * one)
            total += weight
            portion = weights[i] - weight * zero * ((depth - i) / float(depth + 1))
        else:
            total += _quotient(weights[i], zero) / ((depth - i) / float(depth + 1))
    return total
