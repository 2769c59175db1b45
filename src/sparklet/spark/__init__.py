"""Sparklet inside Spark: user-written stages, models saved with examples, and batch jobs. Needs PySpark."""

from sparklet.spark.authors import OnlineEstimator, OnlineModel, OnlineTransformer
from sparklet.spark.offline import OfflineResult, embedded_session, predict_offline
from sparklet.spark.onnx import OnnxTransformer
from sparklet.spark.save import save
from sparklet.spark.servable import servable
from sparklet.spark.ship import ship

__all__ = [
    "OfflineResult",
    "OnlineEstimator",
    "OnlineModel",
    "OnlineTransformer",
    "OnnxTransformer",
    "embedded_session",
    "predict_offline",
    "save",
    "servable",
    "ship",
]
