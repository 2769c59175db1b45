"""Stages of `org.apache.spark.ml.regression`."""

from sparklet.stages.regression import linear_regression

__all__ = ["linear_regression"]
