"""Stages of `org.apache.spark.ml.classification`."""

from sparklet.stages.classification import logistic_regression

__all__ = ["logistic_regression"]
