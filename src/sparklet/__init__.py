"""Score saved Apache Spark ML pipelines row by row, without Spark, with exactly Spark's answers."""

from typing import TYPE_CHECKING, Any

from sparklet.errors import SparkletError
from sparklet.rooms import spark_room

if TYPE_CHECKING:
    from sparklet.pipeline import OnlinePipelineModel, load

__version__ = "0.1.0.dev0"

__all__ = ["OnlinePipelineModel", "SparkletError", "load"]

_SPARK = ("OnlineEstimator", "OnlineModel", "OnlineTransformer", "predict_offline", "save", "servable")


def __getattr__(name: str) -> Any:
    """Return what `sparklet.pipeline` or `sparklet.spark` defines; each is imported on first use."""
    if name in __all__:
        from sparklet import pipeline

        globals()[name] = getattr(pipeline, name)
        return globals()[name]
    if name in _SPARK:
        return getattr(spark_room(f"sparklet.{name}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__, *_SPARK})
