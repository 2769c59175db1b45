"""Spark ML's stages, one file per Spark source file; importing this package registers them all."""

from sparklet.stages import (
    classification,
    clustering,
    feature,
    fpm,
    pipeline,
    recommendation,
    regression,
    tuning,
)
from sparklet.stages.authored import Authored, check_trusted, is_python, is_trusted
from sparklet.stages.build import build
from sparklet.stages.stage import Bound, Dropped, Stage, registry, stage

__all__ = [
    "Authored",
    "Bound",
    "Dropped",
    "Stage",
    "build",
    "check_trusted",
    "classification",
    "clustering",
    "feature",
    "fpm",
    "is_python",
    "is_trusted",
    "pipeline",
    "recommendation",
    "registry",
    "regression",
    "stage",
    "tuning",
]
