"""Pipelines inside pipelines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sparklet.saved import SavedStage
from sparklet.stages.stage import Stage, stage

__all__ = ["PipelineModel"]


@stage("org.apache.spark.ml.PipelineModel")
class PipelineModel(Stage):
    """Run stages one after the other.

    Follows Spark's `ml/Pipeline.scala` (4.2) and `python/pyspark/ml/pipeline.py`.
    """

    stages: tuple[Stage, ...]

    @classmethod
    def data(cls, saved: SavedStage) -> Mapping[str, Any]:
        return {"stages": saved.stages()}

    def expand(self) -> Sequence[Stage]:
        return self.stages
