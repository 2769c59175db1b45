"""Cross-validation and train-validation split, which score with their best model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sparklet.records import record
from sparklet.saved import SavedStage
from sparklet.stages.stage import Stage, stage

__all__ = ["CrossValidatorModel", "TrainValidationSplitModel"]


@record(kw_only=True, eq=False)
class _BestModel(Stage):
    bestModel: Stage

    @classmethod
    def data(cls, saved: SavedStage) -> Mapping[str, Any]:
        return {"bestModel": saved.child("bestModel")}

    def expand(self) -> Sequence[Stage]:
        return (self.bestModel,)


@stage("org.apache.spark.ml.tuning.CrossValidatorModel")
class CrossValidatorModel(_BestModel):
    """Score with the best model of a cross-validation.

    Follows Spark's `ml/tuning/CrossValidator.scala` (4.2).
    """


@stage("org.apache.spark.ml.tuning.TrainValidationSplitModel")
class TrainValidationSplitModel(_BestModel):
    """Score with the best model of a train-validation split.

    Follows Spark's `ml/tuning/TrainValidationSplit.scala` (4.2).
    """
