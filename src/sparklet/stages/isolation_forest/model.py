"""What both isolation forests have in common: their params and outputs."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from sparklet.columns import Columns, wants
from sparklet.ir import Graph, Node
from sparklet.records import record
from sparklet.saved import SavedStage
from sparklet.stages.stage import Bound, Rounding, Stage
from sparklet.types import DOUBLE

__all__ = ["ForestModel", "stored_facts"]


@record(kw_only=True, eq=False)
class ForestModel(Stage):
    """Score how easily a row is isolated by the splits of random trees, and label it by a threshold."""

    predictor: ClassVar[bool] = True
    rounding = Rounding("pow differs in the last bit between the C library and the JVM", ("scoreCol",), 1)

    featuresCol: str = "features"
    scoreCol: str = "outlierScore"
    predictionCol: str = "predictedLabel"
    numEstimators: int = 100
    numSamples: int
    totalNumFeatures: int
    outlierScoreThreshold: float

    @property
    def width(self) -> int | None:
        """Return the number of features in training, None in the models of releases that do not save it."""
        return self.totalNumFeatures if self.totalNumFeatures > 0 else None

    @property
    @abstractmethod
    def count(self) -> int:
        """Return the number of trees."""

    @abstractmethod
    def score(self, graph: Graph, features: Node) -> Node:
        """Return the outlier score."""

    def check(self) -> str | None:
        if self.count != self.numEstimators:
            # Until 4.0 the library divides by the param, since 4.1 by the number of trees.
            return f"numEstimators is {self.numEstimators}, but the model has {self.count} trees"
        if not (self.outlierScoreThreshold == -1.0 or 0.0 <= self.outlierScoreThreshold <= 1.0):
            return f"outlierScoreThreshold is {self.outlierScoreThreshold}, expected -1 or 0 to 1"
        return super().check()

    def bind(self, columns: Columns) -> Iterator[Bound]:
        features, threshold = (
            columns.take(self.featuresCol, wants.VECTOR, self.width),
            self.outlierScoreThreshold,
        )

        # The threshold is the score of a training row, which may be 1 ulp higher than here; powers of two
        # floats are much further apart.
        least = math.nextafter(math.nextafter(threshold, 0.0), 0.0)

        def score(graph: Graph, vector: Node) -> Node:
            if self.width is not None:
                graph.require_size(vector, self.width)
            return self.score(graph, vector)

        def label(graph: Graph, vector: Node) -> Node:
            return graph.select(graph.compare(">=", score(graph, vector), least), 1.0, 0.0)

        yield Bound((features,), (columns.new(self.scoreCol, DOUBLE),), emit=score)
        target = columns.new(self.predictionCol, DOUBLE)
        if threshold > 0.0:
            yield Bound((features,), (target,), emit=label)
        else:
            yield Bound((), (target,), emit=lambda graph: graph.constant(0.0))


def stored_facts(saved: SavedStage) -> dict[str, Any]:
    """Return the fields that are stored beside the params."""
    entries: Mapping[str, Any] = saved.metadata
    facts: dict[str, Any] = {"numSamples": saved.number("numSamples", 2), "totalNumFeatures": -1}
    if entries.get("totalNumFeatures", -1) != -1:
        facts["totalNumFeatures"] = saved.number("totalNumFeatures", 1)
    if "outlierScoreThreshold" in entries:
        facts["outlierScoreThreshold"] = entries["outlierScoreThreshold"]
    return facts
