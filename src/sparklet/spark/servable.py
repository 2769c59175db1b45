"""Reduce a fitted pipeline to the stages that scoring needs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sparklet.columns import fold
from sparklet.spark.authors import OnlineTransformer

__all__ = ["servable"]

_OUTPUTS = ("outputCol", "outputCols", "predictionCol", "probabilityCol", "rawPredictionCol", "leafCol")
_TRAINING = ("labelCol", "weightCol", "censorCol", "foldCol", "validationIndicatorCol")
# These only add the output columns that they name; they drop no rows.
_LABELLERS = ("StringIndexerModel", "Binarizer", "Bucketizer")


def servable(model: Any) -> Any:
    """Return a PipelineModel of the stages that scoring needs.

    Tuning wrappers (CrossValidatorModel, TrainValidationSplitModel) are replaced by their best model and
    nested pipelines by their stages. Stages that only compute the label, such as its StringIndexerModel, are
    removed, so that rows need no label. `model` is not changed.
    """
    from pyspark.ml import PipelineModel

    stages = list(_flat(model))
    labels = {name for stage in stages for name in _columns(stage, ("labelCol",))}
    kept: list[Any] = []
    needed: set[str] = set()
    statements = ""
    for stage in reversed(stages):
        outputs = _columns(stage, _OUTPUTS)
        unread = all(name in labels and name not in needed and name not in statements for name in outputs)
        if outputs and unread and type(stage).__name__ in _LABELLERS:
            continue
        kept.append(stage)
        needed |= _reads(stage)
        # A column counts as read by a statement if its name occurs anywhere in the text.
        statements += " ".join(_columns(stage, ("statement", "formula")))
    return PipelineModel(kept[::-1])


def _flat(model: Any) -> Iterable[Any]:
    waiting = [model]
    while waiting:
        stage = waiting.pop()
        if (best := getattr(stage, "bestModel", None)) is not None:
            waiting.append(best)
        elif isinstance(stages := getattr(stage, "stages", None), list):
            waiting.extend(reversed(stages))
        else:
            yield stage


def _columns(stage: Any, params: Iterable[str]) -> set[str]:
    columns: set[str] = set()
    for name in params:
        if stage.hasParam(name) and stage.isDefined(name):
            value = stage.getOrDefault(name)
            columns |= {fold(value)} if isinstance(value, str) else {fold(one) for one in value}
    return columns


def _reads(stage: Any) -> set[str]:
    names = [param.name for param in stage.params if param.name.endswith(("Col", "Cols"))]
    read = _columns(stage, [name for name in names if name not in (*_OUTPUTS, *_TRAINING)])
    return read | set(map(fold, stage.inputs())) if isinstance(stage, OnlineTransformer) else read
