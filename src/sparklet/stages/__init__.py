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
from sparklet.stages.build import build
from sparklet.stages.stage import Bound, Dropped, Stage, registry, stage

__all__ = [
    "Bound",
    "Dropped",
    "Stage",
    "build",
    "classification",
    "clustering",
    "feature",
    "fpm",
    "pipeline",
    "recommendation",
    "registry",
    "regression",
    "stage",
    "tuning",
]
