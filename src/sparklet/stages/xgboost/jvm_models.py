"""The models of XGBoost4J-Spark, XGBoost's package for Spark on the JVM."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from sparklet.columns import Columns
from sparklet.ir import Emit, Graph, Node
from sparklet.records import record
from sparklet.saved import SavedStage
from sparklet.stages.classification.classifier import ProbabilisticClassificationModel, two_sided
from sparklet.stages.predictor import PredictionModel
from sparklet.stages.stage import Bound, stage
from sparklet.stages.xgboost.boosted import Boosted
from sparklet.stages.xgboost.booster import Booster
from sparklet.stages.xgboost.files import read_saved_booster
from sparklet.stages.xgboost.sparse import features_of
from sparklet.stages.xgboost.transforms import MULTICLASS, TRANSFORMS, add_float, margin_of
from sparklet.types import DOUBLE, FLOAT, VECTOR

__all__ = ["XGBoostClassificationModel", "XGBoostRankerModel", "XGBoostRegressionModel"]


@record(kw_only=True, eq=False)
class XGBoostModel(PredictionModel):
    """A booster that XGBoost4J-Spark scores.

    Follows `PreXGBoost.scala` (1.7), `XGBoostEstimator.scala` (3.4) and the booster's `predict`. Other than
    in the Python package, early stopping does not shorten the booster, and no base margin is read.
    """

    missing: float = math.nan
    allowNonZeroForMissing: bool = False
    treeLimit: int = 0
    featuresCols: tuple[str, ...] = ()
    leafPredictionCol: str = ""
    contribPredictionCol: str = ""
    booster: Booster

    def check(self) -> str | None:
        for name in ("featuresCols", "leafPredictionCol", "contribPredictionCol"):
            if getattr(self, name):
                return f"{name} is not supported"
        if self.booster.objective not in TRANSFORMS and self.booster.objective not in MULTICLASS:
            return f"objective {self.booster.objective} is not supported"
        return super().check()

    def boosted(self) -> tuple[Boosted, tuple[float, ...]]:
        """Return the trees, and what is added to their margins at the end."""
        booster = self.booster
        rounds = len(booster.rounds) - 1
        if self.treeLimit:
            rounds = min(rounds, self.treeLimit // booster.parallel)
        end = booster.rounds[rounds]
        start = booster.base_scores
        if booster.version >= (1,):
            # Before 1.0 the margin is stored.
            start = tuple([margin_of(booster.objective, score, booster.version) for score in start])
        # Before 1.3 the trees are added to 0 first.
        first, last = (start, ()) if booster.version >= (1, 3) else ((0.0,) * len(start), start)
        trees = Boosted(
            booster.trees.first(0, end, booster.weights),
            booster.group[:end],
            first,
            booster.features,
            self.missing,
            "margins" if booster.weights is None else "weighted",
        )
        return trees, last

    def margins(self) -> Emit:
        """Return the function from features to the vector of margins."""
        boosted, last = self.boosted()
        features_emit = features_of(self.booster, self.missing, allow=self.allowNonZeroForMissing)

        def emit(graph: Graph, features: Node) -> Node:
            size = len(boosted.start)
            values = graph.kernel(boosted.margins_of, features_emit(graph, features), size)
            return graph.apply(add_float(last), values, size) if last else values

        return emit

    def predictions(self) -> Emit:
        """Return the function from features to what the objective makes of the margins."""
        margins, objective = self.margins(), self.booster.objective
        name: str | None = None
        if objective in MULTICLASS:
            function = MULTICLASS[objective]
            size = 1 if objective == "multi:softmax" else self.booster.groups
        else:
            transform, size = TRANSFORMS[objective], self.booster.groups
            if transform is None:
                return margins
            name, function = transform
        return lambda graph, features: graph.apply(function, margins(graph, features), size, name)


@record(kw_only=True, eq=False)
class XGBoostValueModel(XGBoostModel):
    """A booster whose first output is the prediction."""

    @classmethod
    def data(cls, saved: SavedStage) -> Mapping[str, Any]:
        return {"booster": read_saved_booster(saved)[0]}

    def bind(self, columns: Columns) -> Iterator[Bound]:
        predictions, booster = self.predictions(), self.booster
        size = 1 if booster.objective == "multi:softmax" else booster.groups
        if self.predictionCol:
            target = columns.new(self.predictionCol, DOUBLE)
            yield Bound(
                (self.features(columns),),
                (target,),
                emit=lambda graph, features: graph.elements(predictions(graph, features), size)[0],
            )


@stage("ml.dmlc.xgboost4j.scala.spark.XGBoostRegressionModel")
class XGBoostRegressionModel(XGBoostValueModel):
    """Predict what the objective makes of the sum of the trees.

    Follows `ml/dmlc/xgboost4j/scala/spark/XGBoostRegressor.scala`.
    """


@stage("ml.dmlc.xgboost4j.scala.spark.XGBoostRankerModel")
class XGBoostRankerModel(XGBoostValueModel):
    """Predict the relevance: the sum of the trees.

    Follows `ml/dmlc/xgboost4j/scala/spark/XGBoostRanker.scala`.
    """


@stage("ml.dmlc.xgboost4j.scala.spark.XGBoostClassificationModel")
class XGBoostClassificationModel(XGBoostModel, ProbabilisticClassificationModel):
    """Classify by the probabilities that the booster predicts; `multi:softmax` predicts the class.

    Follows `ml/dmlc/xgboost4j/scala/spark/XGBoostClassifier.scala`.
    """

    numClasses: int

    @classmethod
    def data(cls, saved: SavedStage) -> Mapping[str, Any]:
        booster, classes = read_saved_booster(saved)
        return {"booster": booster, "numClasses": classes}

    @property
    def classes(self) -> int:
        return self.numClasses

    def check(self) -> str | None:
        if self.numClasses != max(2, self.booster.groups):
            # XGBoost4J-Spark 3 saves the param as num_class but reads numClass, 2 without it.
            return (
                f"{self.numClasses} classes do not match the {self.booster.groups} outputs of the booster; "
                f'add "numClass": {self.booster.groups} to the paramMap of its metadata'
            )
        return super().check()

    def bind(self, columns: Columns) -> Iterator[Bound]:
        margins, predictions = self.margins(), self.predictions()
        softmax, two = self.booster.objective == "multi:softmax", self.numClasses == 2
        size = 1 if softmax else self.booster.groups
        features, decide = self.features(columns), self.probability2prediction(columns.profile)

        def raw(graph: Graph, vector: Node) -> Node:
            values = margins(graph, vector)
            return two_sided(graph, graph.elements(values, self.booster.groups)[0]) if two else values

        def probability(graph: Graph, vector: Node) -> Node:
            values = predictions(graph, vector)
            if not two:
                return values
            second = graph.elements(values, size)[0]
            return graph.dense([graph.minus(1.0, second), second])

        def prediction(graph: Graph, vector: Node) -> Node:
            if softmax:
                return graph.elements(predictions(graph, vector), 1)[0]
            return decide(graph, probability(graph, vector))

        if self.rawPredictionCol:
            target = columns.new(self.rawPredictionCol, VECTOR, size=self.classes)
            yield Bound((features,), (target,), emit=raw)
        # Until 2.1 there is no probability column for multi:softmax; since 3.0 it has the class.
        if self.probabilityCol and not (softmax and self.booster.version < (3,)):
            target = columns.new(self.probabilityCol, VECTOR, size=2 if two else size)
            yield Bound((features,), (target,), emit=probability)
        if self.predictionCol:
            target = columns.new(self.predictionCol, FLOAT if softmax else DOUBLE)
            yield Bound((features,), (target,), emit=prediction)
