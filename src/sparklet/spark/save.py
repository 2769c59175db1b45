"""Save a model with example rows, which record its schema and Spark's results."""

from __future__ import annotations

import platform
import warnings
from typing import TYPE_CHECKING, Any

from sparklet.engines import load
from sparklet.engines.blas import blas_in_use
from sparklet.engines.spark import python_stages
from sparklet.errors import OptionError, SparkletError
from sparklet.java import ORDERS
from sparklet.profile import Profile
from sparklet.saved import EXAMPLE, FILES, example_json, is_listed, listing
from sparklet.session import Folder, is_connect, jvm, why
from sparklet.spark.derive import quoted
from sparklet.spark.types import carried

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

__all__ = ["save"]

_ROW = "__sparklet_row"


def save(
    model: Any, path: str, *, example: DataFrame | None = None, rows: int = 1000, overwrite: bool = False
) -> None:
    """Save a fitted Spark model as Spark does, with example rows and Spark's results for them.

    `example` is a DataFrame of typical rows to score; the first `rows` of them are stored with all columns
    whose types rows support. They are stored in the model's folder, on any file system that Spark writes to,
    where Spark's readers ignore them. `load` takes column types from them, `model.example()` returns one, and
    `load(verify=True)` and `sparklet verify` score them again. The folder also contains the SHA-256 of every
    file of the model, which verification checks.

    Raises `SparkletError`, before anything is written, if Spark cannot score an example row, and
    `OptionError` if the example is empty or belongs to Spark Connect. Warns if sparklet's results differ from
    Spark's.
    """
    if not hasattr(model, "write"):
        raise OptionError("model", model, "a fitted Spark model")
    if example is None:
        (model.write().overwrite() if overwrite else model.write()).save(str(path))
        return
    if is_connect(example):
        raise OptionError("example", example, "a DataFrame of a classic session, not of Spark Connect")
    path = str(path)
    stored = _Scored(model, example, rows)
    folder = Folder(example.sparkSession, path)
    (model.write().overwrite() if overwrite else model.write()).save(path)
    try:
        stored.write(f"{path.rstrip('/')}/{EXAMPLE}")
        digests = {name: folder.sha256(name) for name in folder.listed() if is_listed(name)}
        folder.write(f"{FILES}/part-00000.txt", listing(digests).encode())
    except BaseException:
        # Remove an incomplete example.
        folder.remove(EXAMPLE)
        raise
    _warn_unless_same(model, path)


class _Scored:
    """The example's rows and Spark's results, computed once, before the model is written."""

    def __init__(self, model: Any, example: DataFrame, rows: int) -> None:
        from pyspark.sql import functions

        if rows < 1:
            raise OptionError("rows", rows, "at least one row")
        if len({name.lower() for name in example.columns}) < len(example.columns):
            raise OptionError("example", example.columns, "names that differ in more than case")
        self._spark = example.sparkSession
        self.profile, self._facts = _session(example)
        try:
            first = example.limit(rows).coalesce(1)
            # Checkpoints ensure that the stored inputs are those that were scored, even if the example is not
            # deterministic.
            numbered = first.withColumn(_ROW, functions.monotonically_increasing_id()).localCheckpoint()
            self.inputs = {name: kind for name, kind in carried(numbered.schema).items() if name != _ROW}
            scored = model.transform(numbered)
            if _ROW not in scored.columns:
                # An SQL statement dropped the column; the rows of one partition stay in order.
                scored = _numbered(scored, numbered)
            scored = scored.localCheckpoint()
        except SparkletError:
            raise
        except Exception as error:
            raise SparkletError(f"Spark cannot score the example: {why(error)}") from error
        self.outputs = {name: kind for name, kind in carried(scored.schema).items() if name != _ROW}
        if numbered.isEmpty():
            raise OptionError("example", example.columns, "a DataFrame with rows, it is empty")
        results = scored.select(
            _ROW,
            *[functions.col(quoted(name)).alias(f"o{i}") for i, name in enumerate(self.outputs)],
            functions.lit(True).alias("scored"),
        )
        self._data = (
            numbered.select(
                _ROW, *[functions.col(quoted(name)).alias(f"i{i}") for i, name in enumerate(self.inputs)]
            )
            .join(results, _ROW, "left")
            .withColumn("scored", functions.coalesce(functions.col("scored"), functions.lit(False)))
            .orderBy(_ROW)
            .coalesce(1)
        )

    def write(self, path: str) -> None:
        """Write the data, then the metadata, whose presence marks a complete example."""
        self._data.write.parquet(f"{path}/data")
        text = example_json(self.profile, self._facts, self.inputs, self.outputs)
        self._spark.createDataFrame([(text,)], ["value"]).coalesce(1).write.text(f"{path}/metadata")


def _numbered(scored: DataFrame, source: DataFrame) -> DataFrame:
    from pyspark.sql import functions

    if scored.count() != source.count():
        problem = "the model drops rows and columns, so its outputs cannot be matched with the example rows"
        raise OptionError("example", source.columns, problem)
    return scored.withColumn(_ROW, functions.monotonically_increasing_id())


def _session(example: DataFrame) -> tuple[Profile, dict[str, Any]]:
    spark = example.sparkSession
    gate = jvm(spark, "an example")
    blas, order = blas_in_use(spark)
    profile = Profile.of(spark.version).with_(
        ansi=spark.conf.get("spark.sql.ansi.enabled") == "true",
        timezone=spark.conf.get("spark.sql.session.timeZone"),
        locale=str(gate.java.util.Locale.getDefault().toString()) or "en",
    )
    facts = {
        "spark": spark.version,
        "java": str(gate.java.lang.System.getProperty("java.version")),
        "python": platform.python_version(),
        "master": spark.sparkContext.master,
        "blas": blas,
        "order": order if order in ORDERS else None,
        "caseSensitive": spark.conf.get("spark.sql.caseSensitive") == "true",
    }
    return profile, facts


def _warn_unless_same(model: Any, path: str) -> None:
    trusted = sorted({type(stage).__module__ for stage in python_stages(model)})
    try:
        load(path, trusted=trusted, verify=True)
    except SparkletError as error:
        warnings.warn(f"the model is saved, but sparklet would refuse it: {error}", stacklevel=3)
