"""Bisecting k-means."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Literal

from sparklet.columns import Attribute, Columns
from sparklet.errors import InvalidValueError, VectorSizeError
from sparklet.java import dot
from sparklet.linalg import Vector
from sparklet.profile import Profile
from sparklet.records import record
from sparklet.saved import SavedStage
from sparklet.stages.clustering.distance_measure import fast_squared_distance, norm
from sparklet.stages.clustering.points import HasPoints
from sparklet.stages.stage import Bound, stage
from sparklet.types import INTEGER

__all__ = ["BisectingKMeansModel"]


@record(eq=False)
class _Node:
    index: int
    center: Vector
    norm: float
    children: tuple[int, ...]


@stage("org.apache.spark.ml.clustering.BisectingKMeansModel")
class BisectingKMeansModel(HasPoints):
    """Predict a cluster by descending a tree of clusters, to the nearest child at each step.

    The distance measure is the one saved with the tree, not that of the param. Follows Spark's
    `ml/clustering/BisectingKMeans.scala` and, in `mllib/clustering/`, `BisectingKMeansModel.scala` and
    `DistanceMeasure.scala` (4.2).
    """

    predictionCol: str = "prediction"
    treeDistance: Literal["euclidean", "cosine"]
    rootId: int
    nodes: tuple[_Node, ...]

    @classmethod
    def data(cls, saved: SavedStage) -> Mapping[str, Any]:
        tree = saved.child("data")
        table = tree.table()
        # Written since format 2.0 (Spark 2.4); all trees were Euclidean before.
        old = tree.metadata.get("version") == "1.0"
        return {
            "treeDistance": "euclidean" if old else tree.metadata.get("distanceMeasure"),
            "rootId": tree.metadata.get("rootId"),
            "nodes": tuple(
                map(
                    _Node,
                    table.column("index", "int"),
                    table.column("center", "vector"),
                    table.column("norm", "double"),
                    map(tuple, table.column("children", "array<int>")),
                )
            ),
        }

    def check(self) -> str | None:
        if not self.predictionCol:
            return "predictionCol is empty, which Spark refuses for this class"
        byIndex = {node.index: node for node in self.nodes}
        seen: set[int] = set()
        waiting = [self.rootId]
        while waiting:
            index = waiting.pop()
            if index in seen or index not in byIndex:
                return f"cluster {index} is " + ("its own descendant" if index in seen else "absent")
            seen.add(index)
            node = byIndex[index]
            if (index < 0) != bool(node.children):
                return f"cluster {index} has {len(node.children)} children"
            if node.center.size != byIndex[self.rootId].center.size:
                return "the centers differ in size"
            if not node.norm >= 0.0 or (self.treeDistance == "cosine" and not node.norm > 0.0):
                return f"cluster {index} has a center of norm {node.norm}"
            waiting += node.children
        return super().check()

    @property
    def width(self) -> int:
        return self._root.center.size

    @property
    def _root(self) -> _Node:
        return next(node for node in self.nodes if node.index == self.rootId)

    def bind(self, columns: Columns) -> Iterator[Bound]:
        source, of_points = self.points(columns)
        leaves = [node for node in self.nodes if not node.children]
        attribute = Attribute("nominal", self.predictionCol, numValues=len(leaves))
        target = columns.new(self.predictionCol, INTEGER, attribute=attribute)
        yield Bound((source,), (target,), of_points(self.predict(columns.profile)))

    def predict(self, profile: Profile) -> Callable[[Vector], int]:
        """Return the function from a point to the index of its leaf."""
        cosine, root, width = self.treeDistance == "cosine", self.rootId, self.width
        measure = _cosine if cosine else fast_squared_distance
        distances = {node.index: measure(node.center, node.norm, profile.blas) for node in self.nodes}
        steps = {
            node.index: tuple([(child, distances[child]) for child in node.children])
            for node in self.nodes
            if node.children
        }
        nearer = _before if profile.at_least("4.0") else _smaller

        def predict(point: Vector) -> int:
            if point.size != width:
                raise VectorSizeError(point.size, width)
            length = norm(point)
            if not (length > 0.0 if cosine else length >= 0.0):
                raise InvalidValueError("has a norm of zero or NaN, for which there is no distance", point)
            index = root
            while index < 0:
                (index, distance), *others = steps[index]
                smallest = distance(point, length)
                for other, distance in others:
                    candidate = distance(point, length)
                    if nearer(candidate, smallest):
                        index, smallest = other, candidate
            return index

        return predict


def _smaller(x: float, y: float) -> bool:
    """Compare as Scala 2.12's `minBy`, which Spark 3.5 uses: never by NaN."""
    return x < y


def _before(x: float, y: float) -> bool:
    """Compare as Scala 2.13's `minBy`, by `Double.compare`: a number comes before NaN, -0.0 before 0.0."""
    if x == y:
        return x == 0.0 and math.copysign(1.0, x) < math.copysign(1.0, y)
    return x < y or (y != y and x == x)


def _cosine(center: Vector, length: float, blas: str) -> Callable[[Vector, float], float]:
    product = dot(center, blas)
    return lambda point, other: 1.0 - product(point) / length / other
