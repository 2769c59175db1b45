"""Checks for optional libraries; each raises `MissingExtraError` with the `pip` command that installs it.

A feature that needs an extra calls the check before it imports the library, so that every missing library is
reported in the same way.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sparklet.errors import MissingExtraError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["pyspark_folder", "require_mlflow", "require_py4j", "require_pyspark", "require_serve"]


def require_pyspark(feature: str) -> None:
    """Import PySpark, py4j and pandas, which exchanges tables with Spark (extra `spark`).

    Raises `MissingExtraError`, which names `feature`, when one of them is not installed.
    """
    try:
        import pandas  # noqa: F401
        import py4j  # noqa: F401
        import pyspark  # noqa: F401
    except ModuleNotFoundError:
        raise MissingExtraError(feature, "spark") from None


def require_mlflow(feature: str) -> None:
    """Import MLflow, or its part `mlflow-skinny` (extra `mlflow`); raise `MissingExtraError` without it."""
    try:
        import mlflow  # noqa: F401
    except ModuleNotFoundError:
        raise MissingExtraError(feature, "mlflow") from None


def require_py4j(feature: str) -> None:
    """Import py4j, which calls the JVM engine (extra `jvm`); raise `MissingExtraError` when it is absent."""
    try:
        import py4j  # noqa: F401
    except ModuleNotFoundError:
        raise MissingExtraError(feature, "jvm") from None


def require_serve(feature: str) -> None:
    """Import the libraries of the HTTP server (extra `serve`); raise `MissingExtraError` without them."""
    try:
        import prometheus_client  # noqa: F401
        import starlette  # noqa: F401
        import uvicorn  # noqa: F401
    except ModuleNotFoundError:
        raise MissingExtraError(feature, "serve") from None


def pyspark_folder(feature: str) -> Path:
    """Return the folder of the installed PySpark, which contains Spark's jars (extra `jvm`).

    The function does not import PySpark. Raises `MissingExtraError` when PySpark is not installed.
    """
    from importlib.util import find_spec
    from pathlib import Path

    spec = find_spec("pyspark")
    if spec is None or spec.origin is None:
        raise MissingExtraError(feature, "jvm")
    return Path(spec.origin).parent
