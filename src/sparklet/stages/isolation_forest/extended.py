"""Isolation forests whose splits are hyperplanes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import accumulate
from typing import TYPE_CHECKING, Any

from sparklet.errors import CorruptModelError, shown
from sparklet.ir import Graph, Node
from sparklet.linalg import Vector, to_dense
from sparklet.records import record
from sparklet.saved import SavedStage, check_elements
from sparklet.stages.isolation_forest.lengths import score_of
from sparklet.stages.isolation_forest.model import ForestModel, stored_facts
from sparklet.stages.isolation_forest.nodes import Nodes, read_trees
from sparklet.stages.stage import stage
from sparklet.types import DOUBLE

if TYPE_CHECKING:
    import numpy

__all__ = ["ExtendedIsolationForestModel", "Hyperplanes"]


@record(eq=False)
class Hyperplanes:
    """The nodes of all trees in arrays; tree `t` begins with its root, `roots[t]`.

    `indices` and `weights` have a row for each coordinate of the hyperplanes and a column for each node; the
    index after the last feature stands for a coordinate that a hyperplane does not have. A leaf is its own
    child, so a walk may stay in it. `lengths` are the path lengths of the leaves, `depth` is that of the
    deepest.
    """

    roots: numpy.ndarray
    left: numpy.ndarray
    right: numpy.ndarray
    indices: numpy.ndarray
    weights: numpy.ndarray
    offsets: numpy.ndarray
    lengths: numpy.ndarray
    depth: int

    def total(self, features: Vector) -> float:
        """Return the sum of the path lengths, added in float32 in the order of the trees.

        Follows `SplitHyperplane.dot` in `ExtendedUtils.scala` (4.1.5): products are float32, their sum is a
        double, from the first coordinate to the last.
        """
        import numpy

        with numpy.errstate(all="ignore"):
            values = numpy.array([*to_dense(features).values, 0.0], numpy.float32)
            nodes = self.roots
            for _ in range(self.depth):
                dots = numpy.zeros(len(nodes))
                for index, weight in zip(self.indices, self.weights, strict=True):
                    dots += weight[nodes] * values[index[nodes]]
                nodes = numpy.where(dots < self.offsets[nodes], self.left[nodes], self.right[nodes])
            return float(numpy.add.accumulate(self.lengths[nodes])[-1])


@stage("com.linkedin.relevance.isolationforest.extended.ExtendedIsolationForestModel")
class ExtendedIsolationForestModel(ForestModel):
    """Score rows by the path lengths in trees whose splits are hyperplanes of features, rounded to float32.

    Follows `com/linkedin/relevance/isolationforest/extended/ExtendedIsolationForestModel.scala` and
    `ExtendedUtils.scala` (4.1.5).
    """

    trees: Hyperplanes

    @classmethod
    def data(cls, saved: SavedStage) -> Mapping[str, Any]:
        saved.number("totalNumFeatures", 1)
        facts = stored_facts(saved)
        split = {"indices": ("array", "int"), "weights": ("array", "float"), "offset": "double"}
        trees = read_trees(saved, "extendedNodeData", split)
        return {**facts, "trees": _hyperplanes(f"{saved.path}/data", trees, facts["totalNumFeatures"])}

    @property
    def count(self) -> int:
        return len(self.trees.roots)

    def score(self, graph: Graph, features: Node) -> Node:
        return graph.call(_scorer(self.trees, self.numSamples), features, type=DOUBLE, null=False)


def _scorer(trees: Hyperplanes, samples: int) -> Callable[[Vector], float]:
    score = score_of(len(trees.roots), samples)
    return lambda features: score(trees.total(features))


def _hyperplanes(path: str, trees: tuple[Nodes, ...], width: int) -> Hyperplanes:
    import numpy

    nodes = [node for tree in trees for node in tree.values]
    sizes = [_checked(path, node, width) for node in nodes]
    ends = list(accumulate(sizes, initial=0))
    try:
        check_elements(max(sizes) * len(nodes), ends[-1])
    except ValueError as error:
        raise CorruptModelError(path, str(error)) from None
    indices = numpy.full((max(sizes), len(nodes)), width, numpy.int64)
    weights = numpy.zeros((max(sizes), len(nodes)), numpy.float32)
    for column, (node, size) in enumerate(zip(nodes, sizes, strict=True)):
        indices[:size, column], weights[:size, column] = node["indices"], node["weights"]
    starts = list(accumulate([len(tree.left) for tree in trees], initial=0))
    numbered = [(start, tree) for start, tree in zip(starts[:-1], trees, strict=True)]
    return Hyperplanes(
        roots=numpy.array(starts[:-1]),
        left=numpy.array([child for start, tree in numbered for child in _children(start, tree.left)]),
        right=numpy.array([child for start, tree in numbered for child in _children(start, tree.right)]),
        indices=indices,
        weights=weights,
        offsets=numpy.array([node["offset"] for node in nodes]),
        lengths=numpy.array([length for tree in trees for length in tree.lengths], numpy.float32),
        depth=max(tree.depth for tree in trees),
    )


def _children(start: int, children: tuple[int, ...]) -> list[int]:
    """Return the numbers of the children among the nodes of all trees; a leaf is its own child."""
    return [start + (index if child < 0 else child) for index, child in enumerate(children)]


def _checked(path: str, node: Mapping[str, Any], width: int) -> int:
    """Return the number of coordinates of a node's hyperplane; a leaf has none."""
    indices, weights = node["indices"], node["weights"]
    if node["leftChild"] < 0:
        good = not indices and not weights
    else:
        good = bool(indices) and indices == sorted(set(indices)) and 0 <= indices[0] <= indices[-1] < width
    if not good or len(indices) != len(weights):
        raise CorruptModelError(
            path, f"node {node['id']} has the hyperplane {shown(indices)}, {shown(weights)}"
        )
    return len(indices)
