"""The models of LightGBM in SynapseML, which score as its release 1.1 does."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sparklet.columns import Column, Columns
from sparklet.ir import Emit, Graph, Node
from sparklet.records import record
from sparklet.saved import SavedStage
from sparklet.stages.classification.classifier import ProbabilisticClassificationModel, largest, two_sided
from sparklet.stages.lightgbm.boosted import Boosted
from sparklet.stages.lightgbm.booster import Booster
from sparklet.stages.lightgbm.files import read_saved
from sparklet.stages.lightgbm.shap import DEEPEST, contributions
from sparklet.stages.lightgbm.sparse import features_of
from sparklet.stages.lightgbm.transforms import converter, unsupported
from sparklet.stages.predictor import PredictionModel
from sparklet.stages.stage import Bound, stage
from sparklet.types import DOUBLE, VECTOR

__all__ = ["LightGBMClassificationModel", "LightGBMRankerModel", "LightGBMRegressionModel"]


@record(kw_only=True, eq=False)
class LightGBMModel(PredictionModel):
    """A booster that reads a feature vector.

    Follows `LightGBMModelMethods.scala` and `LightGBMBooster.scala` (SynapseML 1.1), and LightGBM's
    `PredictForMatSingleRow` and `PredictForCSRSingleRow` (`src/c_api.cpp`, 3.3 and 4.6).
    """

    startIteration: int = 0
    numIterations: int = -1
    predictDisableShapeCheck: bool = False
    leafPredictionCol: str = ""
    featuresShapCol: str = ""
    booster: Booster

    @classmethod
    def data(cls, saved: SavedStage) -> Mapping[str, Any]:
        return read_saved(saved)

    @property
    def width(self) -> int | None:
        return None if self.predictDisableShapeCheck else self.booster.features

    def check(self) -> str | None:
        booster = self.booster
        if self.featuresShapCol:
            if booster.linear:
                return "featuresShapCol is not supported for linear trees, by LightGBM neither"
            if booster.classes == 2:
                return "featuresShapCol is not supported for two classes with trees of their own"
            if any(tree.depth > DEEPEST for tree in booster.trees):
                return f"featuresShapCol is not supported for trees deeper than {DEEPEST}"
        if booster.average and not self.boosted().loaded:
            return "a random forest without trees has no prediction"
        return unsupported(booster.objective, booster.classes) or super().check()

    def boosted(self) -> Boosted:
        """Return the trees of the iterations that are used."""
        return Boosted.of(self.booster, *self.booster.chosen(self.startIteration, self.numIterations))

    def sums(self) -> Emit:
        """Return the function from features to the sum of each class."""
        boosted = self.boosted()

        def emit(graph: Graph, features: Node) -> Node:
            if not self.predictDisableShapeCheck:
                graph.require_size(features, boosted.width)
            return graph.kernel(boosted.sums, features_of(graph, features), boosted.classes)

        return emit

    def predictions(self) -> Emit:
        """Return the function from the sums to what the objective makes of them."""
        classes = self.booster.classes
        convert = converter(self.booster.objective, classes)
        first, last = self.booster.chosen(self.startIteration, self.numIterations)

        def emit(graph: Graph, sums: Node) -> Node:
            values = sums
            if self.booster.average:
                count = float(last - first)
                values = graph.dense([graph.divide(x, count) for x in graph.elements(values, classes)])
            return convert(graph, values)

        return emit

    def more(self, columns: Columns, features: Column) -> Iterator[Bound]:
        """Yield the columns of leaves and of SHAP values, whose vectors must have the booster's size."""
        boosted, booster = self.boosted(), self.booster
        if self.leafPredictionCol:
            total, used = len(booster.trees), len(boosted.loaded)

            def leaves(graph: Graph, vector: Node) -> Node:
                graph.require_size(vector, boosted.width)
                values = graph.kernel(boosted.leaves, features_of(graph, vector), used)
                # SynapseML returns a number for each tree, 0.0 after those that are used.
                return (
                    graph.apply(lambda x: x + (0.0,) * (total - used), values, total)
                    if used < total
                    else values
                )

            target = columns.new(self.leafPredictionCol, VECTOR, size=total)
            yield Bound((features,), (target,), emit=leaves)
        if self.featuresShapCol:
            size = (boosted.width + 1) * boosted.classes

            def shap(graph: Graph, vector: Node) -> Node:
                graph.require_size(vector, boosted.width)
                features = features_of(graph, vector)
                return graph.kernel(lambda layout: contributions(boosted, layout), features, size)

            target = columns.new(self.featuresShapCol, VECTOR, size=size)
            yield Bound((features,), (target,), emit=shap)


@record(kw_only=True, eq=False)
class LightGBMValueModel(LightGBMModel):
    """A booster whose first output is the prediction."""

    def bind(self, columns: Columns) -> Iterator[Bound]:
        sums, predictions, classes = self.sums(), self.predictions(), self.booster.classes
        features = self.features(columns)
        if self.predictionCol:
            target = columns.new(self.predictionCol, DOUBLE)
            yield Bound(
                (features,),
                (target,),
                emit=lambda graph, vector: graph.elements(predictions(graph, sums(graph, vector)), classes)[
                    0
                ],
            )
        yield from self.more(columns, features)


@stage(
    "com.microsoft.azure.synapse.ml.lightgbm.LightGBMRegressionModel",
    "com.microsoft.ml.spark.lightgbm.LightGBMRegressionModel",
    "com.microsoft.ml.spark.LightGBMRegressionModel",
)
class LightGBMRegressionModel(LightGBMValueModel):
    """Predict what the objective makes of the sum of the trees.

    Follows `com/microsoft/azure/synapse/ml/lightgbm/LightGBMRegressor.scala` (1.1).
    """


@stage(
    "com.microsoft.azure.synapse.ml.lightgbm.LightGBMRankerModel",
    "com.microsoft.ml.spark.lightgbm.LightGBMRankerModel",
    "com.microsoft.ml.spark.LightGBMRankerModel",
)
class LightGBMRankerModel(LightGBMValueModel):
    """Predict the relevance: the sum of the trees.

    Follows `com/microsoft/azure/synapse/ml/lightgbm/LightGBMRanker.scala` (1.1).
    """


@stage(
    "com.microsoft.azure.synapse.ml.lightgbm.LightGBMClassificationModel",
    "com.microsoft.ml.spark.lightgbm.LightGBMClassificationModel",
    "com.microsoft.ml.spark.LightGBMClassificationModel",
)
class LightGBMClassificationModel(LightGBMModel, ProbabilisticClassificationModel):
    """Classify by the sums of the trees or, with thresholds, by what the objective makes of them.

    Follows `com/microsoft/azure/synapse/ml/lightgbm/LightGBMClassifier.scala` (1.1).
    """

    actualNumClasses: int | None = None

    @property
    def classes(self) -> int:
        return max(2, self.booster.classes)

    def check(self) -> str | None:
        if self.thresholds is not None:
            if self.actualNumClasses is not None and len(self.thresholds) != self.actualNumClasses:
                return (
                    f"{len(self.thresholds)} thresholds do not match actualNumClasses={self.actualNumClasses}"
                )
            if not self.probabilityCol and self.predictionCol:
                return "thresholds without probabilityCol are not supported, by SynapseML neither"
        return super().check()

    def bind(self, columns: Columns) -> Iterator[Bound]:
        sums, predictions = self.sums(), self.predictions()
        features, two = self.features(columns), self.booster.classes == 1

        def raw(graph: Graph, vector: Node) -> Node:
            values = sums(graph, vector)
            return two_sided(graph, graph.elements(values, 1)[0]) if two else values

        def probability(graph: Graph, raws: Node) -> Node:
            if not two:
                return predictions(graph, raws)
            values = predictions(graph, graph.dense([graph.elements(raws, 2)[1]]))
            second = graph.elements(values, 1)[0]
            return graph.dense([graph.minus(1.0, second), second])

        source, decide = features, lambda graph, vector: largest(graph, raw(graph, vector))
        emit: Emit = lambda graph, vector: probability(graph, raw(graph, vector))  # noqa: E731
        if self.rawPredictionCol:
            source, decide = columns.new(self.rawPredictionCol, VECTOR, size=self.classes), largest
            yield Bound((features,), (source,), emit=raw)
            # The sums are not computed twice.
            emit = probability
        if self.probabilityCol:
            target = columns.new(self.probabilityCol, VECTOR, size=self.classes)
            yield Bound((source,), (target,), emit=emit)
            if self.thresholds is not None or not self.rawPredictionCol:
                source, decide = target, self.probability2prediction(columns.profile)
        if self.predictionCol:
            yield Bound((source,), (columns.new(self.predictionCol, DOUBLE),), emit=decide)
        yield from self.more(columns, features)
