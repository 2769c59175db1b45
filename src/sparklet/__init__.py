"""Score saved Apache Spark ML pipelines row by row, without Spark, with exactly Spark's answers."""

from typing import TYPE_CHECKING, Any

from sparklet.errors import SparkletError

if TYPE_CHECKING:
    from sparklet.engines import OnlinePipelineModel, load

__version__ = "0.1.0.dev0"

__all__ = ["OnlinePipelineModel", "SparkletError", "load"]

_SPARK = ("OnlineEstimator", "OnlineModel", "OnlineTransformer", "predict_offline", "save", "servable")


def __getattr__(name: str) -> Any:
    """Return what `sparklet.engines` or `sparklet.spark` defines; each is imported on first use."""
    if name in __all__:
        from sparklet import engines

        globals()[name] = getattr(engines, name)
        return globals()[name]
    if name in _SPARK:
        from sparklet.extras import require_pyspark

        require_pyspark(f"sparklet.{name}")
        from sparklet import spark

        return getattr(spark, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__, *_SPARK})
