"""Score saved Apache Spark ML pipelines row by row, without Spark, with exactly Spark's answers."""

from typing import Any

from sparklet.errors import SparkletError
from sparklet.pipeline import OnlinePipelineModel, load
from sparklet.rooms import spark_room

__version__ = "0.1.0.dev0"

__all__ = ["OnlinePipelineModel", "SparkletError", "load"]

_SPARK = ("OnlineEstimator", "OnlineModel", "OnlineTransformer", "predict_offline", "save", "servable")


def __getattr__(name: str) -> Any:
    """Give what sparklet.spark defines, which imports PySpark when it is first asked for."""
    if name in _SPARK:
        return getattr(spark_room(f"sparklet.{name}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
