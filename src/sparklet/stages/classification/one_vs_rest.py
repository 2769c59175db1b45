"""One binary classifier for each class."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from typing import Any

from sparklet.columns import Attribute, Columns
from sparklet.ir import Graph, Node
from sparklet.saved import SavedStage
from sparklet.stages.classification.classifier import ClassificationModel, of_elements
from sparklet.stages.predictor import HasFeaturesCol
from sparklet.stages.stage import Bound, Rounding, Stage, stage
from sparklet.types import DOUBLE, VECTOR

__all__ = ["OneVsRestModel"]


@stage("org.apache.spark.ml.classification.OneVsRestModel")
class OneVsRestModel(HasFeaturesCol):
    """Predict the class whose binary model has the largest raw prediction.

    The models' thresholds and output columns have no effect. Follows Spark's
    `ml/classification/OneVsRest.scala` (4.2).
    """

    rounding = Rounding(
        "raw predictions of the models for each class may go through exp", ("rawPredictionCol",)
    )

    rawPredictionCol: str = "rawPrediction"
    predictionCol: str = "prediction"
    models: tuple[Stage, ...]
    labelAttribute: Attribute | None

    @classmethod
    def data(cls, saved: SavedStage) -> Mapping[str, Any]:
        count = saved.number("numClasses", 1)
        if count > len(saved.children("model_")):
            raise saved.corrupt(f"numClasses is {count!r}, there are {len(saved.children('model_'))} models")
        return {
            "models": saved.children("model_")[:count],
            "labelAttribute": _label_attribute(saved.metadata.get("labelMetadata")),
        }

    def check(self) -> str | None:
        for model in self.models:
            if not isinstance(model, ClassificationModel):
                return f"{model} is not a classifier"
            if model.classes < 2:
                return f"{model} has {model.classes} classes, expected 2"
        return super().check()

    @property
    def width(self) -> int | None:
        return self._classifiers[0].width

    @property
    def _classifiers(self) -> tuple[ClassificationModel, ...]:
        return tuple(model for model in self.models if isinstance(model, ClassificationModel))

    def bind(self, columns: Columns) -> Iterator[Bound]:
        if not self.rawPredictionCol and not self.predictionCol:
            return
        features, profile = self.features(columns), columns.profile
        raws = [model.predictRaw(profile) for model in self._classifiers]
        decide = of_elements(_surest if profile.at_least("4.0") else _largest)

        def raw(graph: Graph, vector: Node) -> Node:
            return graph.dense([graph.elements(emit(graph, vector), 2)[1] for emit in raws])

        source, predict = features, lambda graph, x: decide(graph, raw(graph, x))
        if self.rawPredictionCol:
            source, predict = columns.new(self.rawPredictionCol, VECTOR, size=len(raws)), decide
            yield Bound((features,), (source,), emit=raw)
        if self.predictionCol:
            target = columns.new(self.predictionCol, DOUBLE, attribute=self.labelAttribute)
            yield Bound((source,), (target,), emit=predict)


def _largest(values: tuple[float, ...]) -> float:
    """Return the index of the first maximum; NaN is the maximum only if it is the first value.

    This is `maxBy` of Scala 2.12, with which PySpark 3.5 is built.
    """
    best = 0
    for i, value in enumerate(values):
        if value > values[best]:
            best = i
    return float(best)


def _surest(values: tuple[float, ...]) -> float:
    """Return the index of the first maximum, -1 if no value exceeds -inf: `array_argmax` of Spark 4."""
    best, largest = -1, -math.inf
    for i, value in enumerate(values):
        if value > largest:
            best, largest = i, value
    return float(best)


def _label_attribute(metadata: object) -> Attribute | None:
    """Return the attribute of the label in training, which Spark attaches to the prediction."""
    try:
        attribute = json.loads(metadata)["ml_attr"] if isinstance(metadata, str) else None
    except (ValueError, KeyError, TypeError):
        return None
    if not isinstance(attribute, dict) or attribute.get("type", "numeric") not in (
        "numeric",
        "nominal",
        "binary",
    ):
        return None
    values, count, name = attribute.get("vals"), attribute.get("num_vals"), attribute.get("name")
    return Attribute(
        attribute.get("type", "numeric"),
        name if isinstance(name, str) else None,
        tuple(map(str, values)) if isinstance(values, list) else None,
        count if isinstance(count, int) else None,
    )
