"""Score saved Apache Spark ML pipelines row by row, without Spark, with exactly Spark's answers."""

from sparklet.errors import SparkletError
from sparklet.pipeline import OnlinePipelineModel, load

__version__ = "0.1.0.dev0"

__all__ = ["OnlinePipelineModel", "SparkletError", "load"]
