"""Stages of `org.apache.spark.ml.recommendation`."""

from sparklet.stages.recommendation import als

__all__ = ["als"]
