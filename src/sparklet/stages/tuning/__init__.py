"""Stages of `org.apache.spark.ml.tuning`."""

from sparklet.stages.tuning import model_selection

__all__ = ["model_selection"]
