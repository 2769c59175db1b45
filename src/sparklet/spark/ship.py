"""Send the code of user-written stages to the executors."""

from __future__ import annotations

import hashlib
import shutil
import sys
import tempfile
from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sparklet.engines.spark import python_stages
from sparklet.errors import OptionError

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

__all__ = ["packages_of", "ship"]


def packages_of(model: Any) -> list[str]:
    """Return the top-level packages that define the Python stages of a Spark model."""
    names = {type(stage).__module__.partition(".")[0] for stage in python_stages(model)}
    # Spark pickles classes of a notebook with each task.
    return sorted(names - {"__main__"})


def ship(spark: SparkSession, packages: Iterable[str]) -> None:
    """Send packages and sparklet itself to every executor of a session as one zip file.

    The file contains Python code only. Its dependencies (numpy, pyarrow, compiled modules) must be in the
    executors' environment, for example by `venv-pack` (docs/authors.md). Raises `OptionError` for a package
    that is not found.
    """
    with tempfile.TemporaryDirectory(prefix="sparklet-ship-") as temporary:
        root = Path(temporary, "code")
        for package in sorted({*packages, "sparklet"}):
            _copy(package, root)
        # A session accepts each file name once, so the name contains the digest of the code.
        name = f"sparklet-{_digest(root)}"
        if f"{name}.zip" not in spark.sparkContext._python_includes:
            # Executors may fetch the file at any time, so it is kept as long as the session.
            kept = Path(spark.sparkContext._temp_dir, name)
            spark.sparkContext.addPyFile(shutil.make_archive(str(kept), "zip", root))


def _digest(root: Path) -> str:
    whole = hashlib.sha256()
    for path in sorted(root.rglob("*")):
        if path.is_file():
            whole.update(str(path.relative_to(root)).encode() + b"\0" + path.read_bytes())
    return whole.hexdigest()[:16]


def _copy(package: str, root: Path) -> None:
    module = sys.modules.get(package)
    spec = getattr(module, "__spec__", None) or find_spec(package)
    if spec is None or not (spec.submodule_search_locations or spec.origin):
        raise OptionError("trusted", package, "no such package here")
    ignored = shutil.ignore_patterns("__pycache__", "*.so", "*.pyd", "*.pyc")
    root.mkdir(exist_ok=True)
    if spec.submodule_search_locations:
        for folder in spec.submodule_search_locations:
            shutil.copytree(folder, root / package, ignore=ignored, dirs_exist_ok=True)
    else:
        shutil.copy(str(spec.origin), root)
