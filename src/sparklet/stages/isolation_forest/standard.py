"""Isolation forests whose splits test one feature."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sparklet.errors import CorruptModelError
from sparklet.ir import Graph, Node
from sparklet.saved import SavedStage
from sparklet.stages.isolation_forest.lengths import score_of
from sparklet.stages.isolation_forest.model import ForestModel, stored_facts
from sparklet.stages.isolation_forest.nodes import Nodes, read_trees
from sparklet.stages.stage import stage
from sparklet.stages.tree.levels import LoadedTrees
from sparklet.stages.xgboost.boosted import Boosted
from sparklet.types import DOUBLE

__all__ = ["IsolationForestModel"]


@stage("com.linkedin.relevance.isolationforest.IsolationForestModel")
class IsolationForestModel(ForestModel):
    """Score rows by the path lengths in trees whose splits test one feature, rounded to float32.

    NaN goes right. Follows `com/linkedin/relevance/isolationforest/IsolationForestModel.scala` and
    `IsolationTree.scala` (3.0.5, 4.1.5).
    """

    trees: Boosted

    @classmethod
    def data(cls, saved: SavedStage) -> Mapping[str, Any]:
        facts = stored_facts(saved)
        trees = read_trees(saved, "nodeData", {"splitAttribute": "int", "splitValue": "double"})
        return {**facts, "trees": _boosted(f"{saved.path}/data", trees, facts["totalNumFeatures"])}

    @property
    def count(self) -> int:
        return self.trees.trees.size

    def score(self, graph: Graph, features: Node) -> Node:
        # The path lengths are added as the values of boosted trees.
        total = graph.kernel(self.trees.margins_of, features, 1)
        score = score_of(self.count, self.numSamples)
        return graph.call(score, graph.elements(total, 1)[0], type=DOUBLE, null=False)


def _boosted(path: str, trees: tuple[Nodes, ...], width: int) -> Boosted:
    """Return the trees with thresholds for float32: the features that are smaller than the split value."""
    import numpy

    parts, reach = [], 0
    for tree in trees:
        left, right = numpy.array(tree.left, numpy.int64), numpy.array(tree.right, numpy.int64)
        split = left >= 0
        tested = numpy.array([node["splitAttribute"] for node in tree.values], numpy.int64)
        if (split & (tested < 0)).any():
            raise CorruptModelError(path, "a split tests no feature")
        reach = max(reach, int(tested[split].max(initial=-1)) + 1)
        values = numpy.array([node["splitValue"] for node in tree.values])
        with numpy.errstate(all="ignore"):
            nearest = values.astype(numpy.float32)
            before = numpy.nextafter(nearest, numpy.float32(-numpy.inf))
            bounds = numpy.where(nearest >= values, before, nearest).astype(numpy.float64)
        # Nothing is smaller than -inf.
        bounds[values == -numpy.inf] = numpy.nan
        feature, categories = numpy.where(split, tested, -1), numpy.full(len(left), -1)
        parts.append(
            (
                feature,
                left,
                right,
                categories,
                bounds[split],
                split.astype(numpy.int64),
                numpy.array(tree.lengths),
            )
        )
    if 0 < width < reach:
        raise CorruptModelError(path, f"a split tests feature {reach - 1} of {width}")
    loaded = LoadedTrees(tuple(parts))
    every = loaded.first(0, len(parts), None)
    return Boosted(every, (0,) * len(parts), (0.0,), max(width, reach), numpy.nan, "margins")
