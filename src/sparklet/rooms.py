"""The one door upward: rooms that need an extra are imported when they are first asked for."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from sparklet.errors import MissingExtraError

__all__ = ["is_spark_frame", "jvm_room", "spark_room"]


def spark_room(feature: str) -> Any:
    """Return `sparklet.spark`; `MissingExtraError` where PySpark is not installed.

    `import sparklet` must import no PySpark, so this is the only way from here to there.
    """
    name = "sparklet.spark"
    try:
        return import_module(name)
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] in ("pyspark", "py4j", "pandas"):
            raise MissingExtraError(feature, "spark") from None
        raise


def jvm_room() -> Any:
    """Return `sparklet.jvm`, which asks for what it needs when a model is loaded."""
    name = "sparklet.jvm"
    return import_module(name)


def is_spark_frame(value: object) -> bool:
    """Tell whether a value is a PySpark DataFrame, of Spark Connect or not, without importing PySpark."""
    return any(
        cls.__name__ == "DataFrame" and cls.__module__.startswith("pyspark.sql.")
        for cls in type(value).__mro__
    )
