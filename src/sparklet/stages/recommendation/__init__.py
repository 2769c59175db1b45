"""Stages of `org.apache.spark.ml.recommendation`."""

__all__ = ["STAGES"]

STAGES = {
    "org.apache.spark.ml.recommendation.ALSModel": "als",
}
"""The module that defines each stage, by its Spark class name."""
