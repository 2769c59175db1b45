"""Libraries written in Scala, for the scripts beside this file that train models with them."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

__all__ = ["copied_jars", "java_class", "stored_and_loaded"]


def copied_jars(artifacts: Iterable[str], folder: str) -> str:
    """Return the paths of the jars of Maven's artifacts, joined with commas, after it has copied them."""
    for artifact in artifacts:
        command = ["mvn", "-q", "-B", "dependency:copy", f"-Dartifact={artifact}"]
        subprocess.run([*command, f"-DoutputDirectory={folder}"], check=True)
    return ",".join(map(str, sorted(Path(folder).glob("*.jar"))))


def java_class(spark: SparkSession, name: str) -> Any:
    """Return a class that the JVM of a session has, by its full name."""
    found = spark._jvm
    for part in name.split("."):
        found = getattr(found, part)
    return found


def stored_and_loaded(writer: Any, folder: Path, loader: Any) -> Any:
    """Write a model with Spark, store its files as `folder / "model"`, and return it as `loader` loads it."""
    shutil.rmtree(folder, ignore_errors=True)
    with tempfile.TemporaryDirectory() as saved:
        path = f"{saved}/model"
        writer.save(path)
        shutil.copytree(path, folder / "model", ignore=shutil.ignore_patterns(".*", "_SUCCESS"))
        return loader.load(path)
