"""The models of `xgboost.spark`: a booster beside params of Python."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from sparklet.columns import Columns, wants
from sparklet.ir import Emit, Graph, Node
from sparklet.records import record
from sparklet.saved import SavedStage, json_object
from sparklet.stages.classification.classifier import largest, to_elements, two_sided
from sparklet.stages.predictor import HasFeaturesCol
from sparklet.stages.stage import Bound, stage
from sparklet.stages.xgboost.boosted import Boosted
from sparklet.stages.xgboost.booster import Booster, read_booster
from sparklet.stages.xgboost.transforms import TRANSFORMS, margin_of, softmax, two_classes
from sparklet.types import DOUBLE, VECTOR

__all__ = ["SparkXGBClassifierModel", "SparkXGBRankerModel", "SparkXGBRegressorModel"]


@record(kw_only=True, eq=False)
class SparkXGBModel(HasFeaturesCol):
    """A booster that reads a feature vector, whose elements are rounded to float32.

    Follows `xgboost/spark/core.py` and `Booster.inplace_predict` with the CPU predictor (1.7 to 3.4).
    """

    predictionCol: str = "prediction"
    missing: float = math.nan
    base_margin_col: str | None = None
    features_cols: tuple[str, ...] | None = None
    enable_sparse_data_optim: bool = False
    iteration_range: tuple[int, ...] | None = None
    ntree_limit: int | None = None
    pred_contrib_col: str | None = None
    booster: Booster

    @classmethod
    def data(cls, saved: SavedStage) -> Mapping[str, Any]:
        path, text = saved.text("model")
        return {"booster": read_booster(path, json_object(path, text))}

    @property
    def width(self) -> int:
        return self.booster.features

    def check(self) -> str | None:
        for name in ("base_margin_col", "features_cols", "ntree_limit", "pred_contrib_col"):
            if getattr(self, name):
                return f"{name} is not supported"
        if self.enable_sparse_data_optim and self.missing != 0.0:
            return f"enable_sparse_data_optim needs missing=0.0, got {self.missing}"
        chosen = self.iteration_range
        if chosen is not None and (
            len(chosen) != 2 or not 0 <= chosen[0] <= chosen[1] < len(self.booster.rounds)
        ):
            return f"iteration_range {chosen} is not inside the {len(self.booster.rounds) - 1} rounds"
        return super().check()

    def boosted(self) -> Boosted:
        """Return the trees of the rounds that are used: until the best one, if early stopping found one."""
        booster = self.booster
        first, last = self.iteration_range or (0, 0)
        if not last:
            first, last = 0, len(booster.rounds) - 1
            if booster.best_iteration is not None:
                last = min(booster.best_iteration + 1, last)
        start, end = booster.rounds[first], booster.rounds[last]
        output = "margins"
        if booster.weights is not None:
            output = "weighted" if booster.version >= (3, 3) else "rebased"
        return Boosted(
            booster.trees.first(start, end, booster.weights),
            booster.group[start:end],
            tuple([margin_of(booster.objective, score, booster.version) for score in booster.base_scores]),
            booster.features,
            self.missing,
            output,
        )

    def margins(self) -> Emit:
        """Return the function from features to the vector of margins."""
        boosted = self.boosted()

        def emit(graph: Graph, features: Node) -> Node:
            graph.require_size(features, boosted.width)
            return graph.kernel(boosted.margins_of, features, len(boosted.start))

        return emit


@record(kw_only=True, eq=False)
class SparkXGBValueModel(SparkXGBModel):
    """A booster whose objective makes the one margin a prediction."""

    def check(self) -> str | None:
        if self.booster.groups != 1:
            return f"{self.booster.groups} outputs are not supported"
        if self.booster.objective not in TRANSFORMS:
            return f"objective {self.booster.objective} is not supported"
        return super().check()

    def bind(self, columns: Columns) -> Iterator[Bound]:
        if not self.predictionCol:
            return
        margins, transform = self.margins(), TRANSFORMS[self.booster.objective]

        def emit(graph: Graph, features: Node) -> Node:
            values = margins(graph, features)
            if transform is not None:
                name, function = transform
                values = graph.apply(function, values, 1, name)
            return graph.elements(values, 1)[0]

        yield Bound((self.features(columns),), (columns.new(self.predictionCol, DOUBLE),), emit=emit)


@stage("xgboost.spark.estimator.SparkXGBRegressorModel", "xgboost.spark.core.SparkXGBRegressorModel")
class SparkXGBRegressorModel(SparkXGBValueModel):
    """Predict what the objective makes of the sum of the trees.

    Follows `SparkXGBRegressorModel` in `xgboost/spark/estimator.py` (3.2).
    """


@stage("xgboost.spark.estimator.SparkXGBRankerModel", "xgboost.spark.core.SparkXGBRankerModel")
class SparkXGBRankerModel(SparkXGBValueModel):
    """Predict the relevance: the sum of the trees.

    Follows `SparkXGBRankerModel` in `xgboost/spark/estimator.py` (3.2).
    """


@stage("xgboost.spark.estimator.SparkXGBClassifierModel", "xgboost.spark.core.SparkXGBClassifierModel")
class SparkXGBClassifierModel(SparkXGBModel):
    """Classify by the margins, whose probabilities scipy computes in float32, whatever the objective.

    Follows `_ClassificationModel` in `xgboost/spark/core.py` (3.2).
    """

    rawPredictionCol: str = "rawPrediction"
    probabilityCol: str = "probability"

    @property
    def classes(self) -> int:
        return max(2, self.booster.groups)

    def bind(self, columns: Columns) -> Iterator[Bound]:
        features, margins = columns.take(self.featuresCol, wants.VECTOR, self.width), self.margins()
        binary = self.booster.groups == 1
        probabilities = (
            to_elements(two_classes, 2, "float_expit")
            if binary
            else to_elements(softmax, self.classes, "float_softmax")
        )

        def raw(graph: Graph, vector: Node) -> Node:
            values = margins(graph, vector)
            return two_sided(graph, graph.elements(values, 1)[0]) if binary else values

        def probability(graph: Graph, vector: Node) -> Node:
            return probabilities(graph, raw(graph, vector))

        def prediction(graph: Graph, vector: Node) -> Node:
            values = probability(graph, vector)
            return largest(graph, graph.dense(graph.elements(values, 2)) if binary else values)

        if self.rawPredictionCol:
            target = columns.new(self.rawPredictionCol, VECTOR, size=self.classes)
            yield Bound((features,), (target,), emit=raw)
        if self.predictionCol:
            yield Bound((features,), (columns.new(self.predictionCol, DOUBLE),), emit=prediction)
        if self.probabilityCol:
            target = columns.new(self.probabilityCol, VECTOR, size=self.classes)
            yield Bound((features,), (target,), emit=probability)
