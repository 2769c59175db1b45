"""The engines that implement the interface of a loaded model: Python, and Spark's own code in a JVM."""

from sparklet.engines.loading import load
from sparklet.engines.model import OnlinePipelineModel

__all__ = ["OnlinePipelineModel", "load"]
