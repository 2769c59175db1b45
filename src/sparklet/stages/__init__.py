"""Spark ML's stages, one file per Spark source file; a stage is imported when a model has it."""

from sparklet.stages import (
    classification,
    clustering,
    connect,
    feature,
    fpm,
    isolation_forest,
    jpmml,
    lightgbm,
    onnx,
    recommendation,
    regression,
    tuning,
    xgboost,
)
from sparklet.stages.authored import Authored, check_trusted, is_python, is_trusted
from sparklet.stages.build import build
from sparklet.stages.plugins import GROUP, is_builtin, plugin
from sparklet.stages.stage import Bound, Dropped, Rounding, Stage, connect_registry, registry, stage

__all__ = [
    "GROUP",
    "STAGES",
    "Authored",
    "Bound",
    "Dropped",
    "Rounding",
    "Stage",
    "build",
    "check_trusted",
    "is_builtin",
    "is_python",
    "is_trusted",
    "plugin",
    "registry",
    "stage",
]

STAGES = {"org.apache.spark.ml.PipelineModel": "pipeline"}
"""The module that defines each stage, by its Spark class name."""

registry.declare(__name__, STAGES)
for _package in (
    classification,
    clustering,
    feature,
    fpm,
    isolation_forest,
    jpmml,
    lightgbm,
    onnx,
    recommendation,
    regression,
    tuning,
    xgboost,
):
    registry.declare(_package.__name__, _package.STAGES)
connect_registry.declare(connect.__name__, connect.CONNECT)
