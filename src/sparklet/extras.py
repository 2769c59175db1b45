"""Optional libraries: each function needs one, and raises `MissingExtraError` with its `pip` line.

A feature that needs an extra calls the function first and imports what it uses afterwards, so that an absent
library is reported in the same way everywhere.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sparklet.errors import MissingExtraError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["pyspark_folder", "require_py4j", "require_pyspark"]


def require_pyspark(feature: str) -> None:
    """Import PySpark and what it needs to exchange tables with Python (extra `spark`).

    Raises `MissingExtraError`, which names `feature`, where one of them is not installed.
    """
    try:
        import pandas  # noqa: F401
        import py4j  # noqa: F401
        import pyspark  # noqa: F401
    except ModuleNotFoundError:
        raise MissingExtraError(feature, "spark") from None


def require_py4j(feature: str) -> None:
    """Import py4j, which calls the JVM engine (extra `jvm`); raises `MissingExtraError` without it."""
    try:
        import py4j  # noqa: F401
    except ModuleNotFoundError:
        raise MissingExtraError(feature, "jvm") from None


def pyspark_folder(feature: str) -> Path:
    """Return the folder of the installed PySpark, which holds Spark's jars (extra `jvm`).

    PySpark itself is not imported. Raises `MissingExtraError` where it is not installed.
    """
    from importlib.util import find_spec
    from pathlib import Path

    spec = find_spec("pyspark")
    if spec is None or spec.origin is None:
        raise MissingExtraError(feature, "jvm")
    return Path(spec.origin).parent
