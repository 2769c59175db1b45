"""Transform DataFrames with Spark's own model, loaded from the folder of a loaded model.

Only trusted code is imported.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar
from weakref import WeakKeyDictionary

from sparklet.engines.blas import blas_in_use
from sparklet.errors import ModelError, OptionError
from sparklet.saved import SavedStage, open_model
from sparklet.session import Folder, is_connect, jvm, why
from sparklet.stages import Authored, build, check_trusted, is_builtin, is_python, is_trusted
from sparklet.stages.authored import authored

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

__all__ = ["from_spark", "load_native", "native_of", "python_stages", "transform"]

_OWN = "sparklet.spark"
"""The package of sparklet's own stages that Spark runs."""
_ML = "org.apache.spark.ml."


class Loaded(Protocol):
    """A model that `sparklet.load` returned."""

    @property
    def path(self) -> str:
        """Return the folder that the model was loaded from."""
        ...

    @property
    def trusted(self) -> tuple[str, ...]:
        """Return the packages whose Python-defined stages may be imported."""
        ...


Model = TypeVar("Model", bound=Loaded)

# Spark's model for each loaded model; an entry is removed together with its key.
_spark_models: WeakKeyDictionary[Loaded, Any] = WeakKeyDictionary()


def transform(model: Loaded, frame: DataFrame) -> DataFrame:
    """Run the saved pipeline on a DataFrame in Spark; raise `OptionError` for Spark Connect."""
    if is_connect(frame):
        raise OptionError(
            "table", frame, "a DataFrame of Spark Connect: use PipelineModel.load(path).transform there"
        )
    transformed: DataFrame = native_of(model, frame.sparkSession).transform(frame)
    return transformed


def native_of(model: Loaded, spark: SparkSession) -> Any:
    """Return Spark's own model, loaded from the same folder on first use."""
    if model not in _spark_models:
        _spark_models[model] = load_native(model.path, spark, model.trusted)
    return _spark_models[model]


def load_native(path: str, spark: SparkSession, trusted: Sequence[str] = ()) -> Any:
    """Load a saved model with Spark and return an object with its `transform`.

    PySpark's readers are not used, because they import any class that the folder names, even one that scoring
    does not need (the estimator beside a best model). The JVM reads the stages that the JVM wrote, from its
    class path; stages written in Python are built as in `sparklet.load`, from packages of `trusted`.
    Raises a `ModelError` if a stage cannot be loaded.
    """
    return _loaded(open_model(path), spark, check_trusted(trusted))


def _loaded(saved: SavedStage, spark: SparkSession, trusted: Sequence[str]) -> Any:
    from pyspark.ml import PipelineModel

    kind = saved.className.removeprefix(_ML)
    if saved.metadata["class"] != saved.className and kind == "PipelineModel":
        # PySpark wrote the folder, so a stage in it is written in Python.
        return PipelineModel([_loaded(stage, spark, trusted) for stage in saved.stages()])
    if kind in ("tuning.CrossValidatorModel", "tuning.TrainValidationSplitModel"):
        return _loaded(saved.child("bestModel"), spark, trusted)
    if is_python(saved.className) or is_trusted(saved.className, trusted):
        return _author(saved, trusted)
    return _JvmModel(saved, spark)


def _author(saved: SavedStage, trusted: Sequence[str]) -> Authored:
    """Return a stage that is written in Python, which Spark runs."""
    if is_builtin(saved.className):
        own = authored(saved.className, (_OWN,))
        stage = None if isinstance(own, str) else own.online(saved)
    else:
        stage = build(saved, trusted)
    author: Authored | None = getattr(stage, "author", None)
    if author is None:
        problem = f"{saved.className} is written in Python, and its package is not imported here"
        raise ModelError(saved.path, problem, "load it with PySpark and use its transform")
    return author


class _JvmModel:
    """A model of any class on the JVM's class path, which the JVM loads and runs.

    PySpark's wrapper of OneVsRestModel is not used, because its `transform` is Python code with other rules.
    """

    def __init__(self, saved: SavedStage, spark: SparkSession) -> None:
        # Spark resolves a path without a scheme in its default file system, sparklet in the local one.
        local = Path(saved.path)
        uri = local.absolute().as_uri() if local.exists() else saved.path
        self._spark = spark
        reader = jvm(spark, "loading a model").org.apache.spark.ml.util.DefaultParamsReader
        try:
            self._model = reader.loadParamsInstance(uri, spark.sparkContext._jsc.sc())
        except Exception as error:
            problem = f"cannot be loaded by Spark {spark.version}: {why(error)}"
            raise ModelError(saved.path, problem) from error

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


def from_spark(model: Any, load: Callable[..., Model], *, folder: str | None = None, **options: Any) -> Model:
    """Return a model that scores rows with a fitted Spark model.

    Saves the model in `folder`, by default a temporary folder of this machine, loads it from there with
    `load(path, **options)` and removes the saved files. On a cluster, pass a folder that the executors can
    write to. `load` is `sparklet.load`; its `blas` is by default the order of the session, if it is known.
    """
    trusted = [*options.pop("trusted", ()), *{type(stage).__module__ for stage in python_stages(model)}]
    if folder is not None:
        return _through(model, load, f"{folder.rstrip('/')}/{model.uid}", trusted, options)
    with tempfile.TemporaryDirectory(prefix="sparklet-") as temporary:
        return _through(model, load, Path(temporary, "model").as_uri(), trusted, options)


def _through(
    model: Any, load: Callable[..., Model], path: str, trusted: Sequence[str], options: dict[str, Any]
) -> Model:
    from pyspark.sql import SparkSession

    spark = SparkSession.active()
    model.write().overwrite().session(spark).save(path)
    session = {
        "ansi": spark.conf.get("spark.sql.ansi.enabled") == "true",
        "timezone": spark.conf.get("spark.sql.session.timeZone"),
        "blas": blas_in_use(spark)[1],
    }
    options = {**session, **options}
    try:
        loaded = load(path, trusted=trusted, **options)
    finally:
        Folder(spark, path).remove()
    _spark_models[loaded] = model
    return loaded
