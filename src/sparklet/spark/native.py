"""The model in Spark itself, loaded from the folder that sparklet scores; only trusted code is imported."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from sparklet.errors import ModelError, OptionError, StageProblem, UnsupportedModelError
from sparklet.pipeline import OnlinePipelineModel, load
from sparklet.saved import open_model
from sparklet.spark.files import Folder, is_connect, why
from sparklet.stages import Authored, is_trusted

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

__all__ = ["from_spark", "load_native", "native_of", "python_stages", "transform"]

# Spark's model of each of ours, loaded once and forgotten with it.
_known: WeakKeyDictionary[OnlinePipelineModel, Any] = WeakKeyDictionary()


def transform(model: OnlinePipelineModel, frame: DataFrame) -> DataFrame:
    """Run the saved pipeline on a DataFrame in Spark; `OptionError` for Spark Connect."""
    if is_connect(frame):
        raise OptionError(
            "table", frame, "a DataFrame of Spark Connect: use PipelineModel.load(path).transform there"
        )
    found: DataFrame = native_of(model, frame.sparkSession).transform(frame)
    return found


def native_of(model: OnlinePipelineModel, spark: SparkSession) -> Any:
    """Return Spark's own model, loaded from the same folder on first use."""
    if model not in _known:
        _known[model] = load_native(model.path, spark, model.trusted)
    return _known[model]


def load_native(path: str, spark: SparkSession, trusted: Sequence[str] = ()) -> Any:
    """Let Spark load a saved model of any class.

    PySpark's readers import whatever class a folder names, so every class in it is checked before:
    `UnsupportedModelError` lists those that are neither Spark ML's nor of a trusted package.
    """
    from pyspark.ml.util import DefaultParamsReader

    saved = open_model(path)
    problems = [
        StageProblem(
            className, folder, "is not Spark ML's; to let PySpark import it, name its package in trusted"
        )
        for folder, className in saved.classes()
        if not className.startswith(("org.apache.spark.ml.", "org.apache.spark.mllib.", "pyspark.ml."))
        and not is_trusted(className, trusted)
    ]
    if problems:
        raise UnsupportedModelError(saved.path, problems)
    # A bare path means the cluster's default file system to Spark, but this machine's to sparklet.
    local = Path(saved.path)
    there = local.absolute().as_uri() if local.exists() else saved.path
    java = f"{saved.className}.load" if saved.className.endswith(".OneVsRestModel") else None
    try:
        if java is not None and saved.metadata["class"] == saved.className:
            return _OneVsRest(spark, there)
        return DefaultParamsReader.loadParamsInstance(there, spark.sparkContext)
    except Exception as error:
        raise ModelError(saved.path, f"cannot be loaded by Spark {spark.version}: {why(error)}") from error


class _OneVsRest:
    """A OneVsRestModel of the JVM: PySpark transforms with code of its own, which has rules of its own."""

    def __init__(self, spark: SparkSession, path: str) -> None:
        self._spark = spark
        self._model = spark.sparkContext._jvm.org.apache.spark.ml.classification.OneVsRestModel.load(path)

    def transform(self, frame: DataFrame) -> DataFrame:
        from pyspark.sql import DataFrame

        return DataFrame(self._model.transform(frame._jdf), self._spark)


def python_stages(model: Any) -> Iterator[Authored]:
    """Yield the stages of a Spark model, at any depth, that were written in Python for sparklet."""
    waiting = [model]
    while waiting:
        stage = waiting.pop()
        if isinstance(stage, Authored):
            yield stage
        waiting += getattr(stage, "stages", None) or []
        waiting += [best] if (best := getattr(stage, "bestModel", None)) is not None else []


def from_spark(model: Any, *, folder: str | None = None, **options: Any) -> OnlinePipelineModel:
    """Return a fitted Spark model as one that scores rows.

    It is saved below `folder`, by default a temporary folder of this machine, and loaded from there; what
    was saved is removed. On a cluster name a folder that the executors reach too. `options` are `load`'s.
    """
    trusted = [*options.pop("trusted", ()), *{type(stage).__module__ for stage in python_stages(model)}]
    if folder is not None:
        return _through(model, f"{folder.rstrip('/')}/{model.uid}", trusted, options)
    with tempfile.TemporaryDirectory(prefix="sparklet-") as temporary:
        return _through(model, Path(temporary, "model").as_uri(), trusted, options)


def _through(model: Any, path: str, trusted: Sequence[str], options: dict[str, Any]) -> OnlinePipelineModel:
    from pyspark.sql import SparkSession

    spark = SparkSession.active()
    model.write().overwrite().session(spark).save(path)
    try:
        made = load(path, trusted=trusted, **options)
    finally:
        Folder(spark, path).remove()
    _known[made] = model
    return made
