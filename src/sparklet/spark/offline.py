"""Score the rows of a query with Spark and write them to a table."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal
from uuid import uuid4

from sparklet.columns import fold
from sparklet.engines import OnlinePipelineModel, load
from sparklet.engines.spark import load_native, native_of
from sparklet.errors import OptionError, SchemaError, SparkletError, UnsupportedModelError, did_you_mean
from sparklet.session import Folder, jvm, why
from sparklet.spark.jobs import finished_tasks
from sparklet.spark.ship import packages_of, ship
from sparklet.spark.types import carried
from sparklet.types import DataType

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

__all__ = ["OfflineResult", "embedded_session", "predict_offline"]

_NAME = r"(?:[A-Za-z_][A-Za-z0-9_]*|`[^`]+`)"
_TABLE = re.compile(rf"{_NAME}(?:\.{_NAME}){{0,3}}")


@dataclass(frozen=True)
class OfflineResult:
    """The result of a batch job: the number of rows of the query and of rows written."""

    destination: str
    rows_in: int
    rows_out: int

    @property
    def dropped(self) -> int:
        """Return how many rows `handleInvalid="skip"` removed."""
        return self.rows_in - self.rows_out

    def __str__(self) -> str:
        return (
            f"{self.destination}: {self.rows_in:,} rows in, {self.rows_out:,} out, {self.dropped:,} dropped"
        )


def predict_offline(
    model: Any,
    query: str | DataFrame,
    destination: str,
    *,
    mode: Literal["error", "overwrite"] = "error",
    spark: SparkSession | None = None,
    trusted: Sequence[str] = (),
    packages: Sequence[str] = (),
) -> OfflineResult:
    """Score the rows of a query with Spark and write all columns to a table.

    - `model`: the path of a saved model, a model that `sparklet.load` returned, or a fitted Spark model.
    - `query`: SQL (`SELECT ...`), the name of a table in the session's catalog, or a DataFrame.
    - `destination`: a path, to which Parquet is written, or a table name (`db.table`).
    - `mode`: `"error"` to refuse an existing destination, `"overwrite"` to replace it.
    - `spark`: the session; by default the active one, else a Spark in this process, which is stopped at the
      end.
    - `trusted`: packages whose Python-defined stages a saved model may load.
    - `packages`: packages to send to the executors besides those of the stages and sparklet.

    The result is written under a temporary name and renamed when it is complete, so the destination never
    contains a partial result. Raises `SchemaError`, before a job starts, if the query lacks a column that the
    model needs.
    """
    if mode not in ("error", "overwrite"):
        raise OptionError("mode", mode, "'error' or 'overwrite'")
    with _session(spark, query) as (session, embedded):
        return run(
            session, model, query, destination, mode=mode, trusted=trusted, packages=packages, ends=embedded
        )


def run(
    spark: SparkSession,
    model: Any,
    query: str | DataFrame,
    destination: str,
    *,
    mode: str,
    trusted: Sequence[str],
    packages: Sequence[str],
    ends: bool,
) -> OfflineResult:
    """Run `predict_offline` in a session; `ends` says that the session ends with the job."""
    jvm(spark, "predict_offline")
    target = _target(spark, destination, ends=ends)
    target.check(mode)
    frame = _frame(spark, query)
    native, needs = _models(model, spark, trusted, frame)
    if needs is not None:
        _check_columns(needs, frame)
    if shipped := {*packages_of(native), *packages}:
        ship(spark, shipped)
    scored, counts = _observed(native, frame)
    target.write(scored, mode)
    rows_in, rows_out = counts()
    return OfflineResult(destination, rows_in, rows_out)


@contextmanager
def _session(spark: SparkSession | None, query: Any) -> Iterator[tuple[SparkSession, bool]]:
    """Return the session to run in, and whether it was started for this job."""
    from pyspark.sql import SparkSession

    active = spark or getattr(query, "sparkSession", None) or SparkSession.getActiveSession()
    if active is not None:
        yield active, False
        return
    started = embedded_session()
    try:
        yield started, True
    finally:
        started.stop()


def embedded_session(master: str | None = None, settings: Mapping[str, str] | None = None) -> SparkSession:
    """Return the session that spark-submit started this process for, else a local Spark in this process."""
    from pyspark.sql import SparkSession

    builder = SparkSession.builder.appName("sparklet batch")
    submitted = "PYSPARK_GATEWAY_PORT" in os.environ
    if master is not None or not submitted:
        builder = builder.master(master or "local[*]")
    if not submitted:
        builder = builder.config("spark.ui.enabled", "false")
    for name, value in (settings or {}).items():
        builder = builder.config(name, value)
    session: SparkSession = builder.getOrCreate()
    return session


def _frame(spark: SparkSession, query: str | DataFrame) -> DataFrame:
    if not isinstance(query, str):
        return query
    text = query.strip().rstrip(";")
    try:
        return spark.table(text) if _TABLE.fullmatch(text) else spark.sql(text)
    except Exception as error:
        raise OptionError("query", query, f"Spark refuses it: {why(error)}") from error


def _models(
    model: Any, spark: SparkSession, trusted: Sequence[str], frame: DataFrame
) -> tuple[Any, OnlinePipelineModel | None]:
    """Return Spark's model, and sparklet's for the query's types, None if it does not support a stage."""
    schema = carried(frame.schema)
    if isinstance(model, OnlinePipelineModel):
        return native_of(model, spark), model._with_schema(schema)
    if isinstance(model, str | Path):
        needs = _bound(str(model), schema, trusted)
        return load_native(str(model), spark, trusted), needs
    if not hasattr(model, "transform"):
        raise OptionError("model", model, "a path, a model that sparklet loaded, or a fitted Spark model")
    try:
        return model, OnlinePipelineModel.fromSpark(model, schema=schema)
    except UnsupportedModelError:
        return model, None


def _bound(path: str, schema: Mapping[str, DataType], trusted: Sequence[str]) -> OnlinePipelineModel | None:
    try:
        return load(path, schema=schema, trusted=trusted, outputs="*")
    except UnsupportedModelError as error:
        # For stages that only the JVM supports, Spark checks the columns when it plans the job.
        if error.advice:
            raise
        return None


def _check_columns(model: OnlinePipelineModel, frame: DataFrame) -> None:
    known = {fold(name) for name in frame.columns}
    for column in model.inputs:
        if fold(column.name) not in known and column not in model._optional:
            hint = did_you_mean(column.name, frame.columns)
            raise SchemaError(column.name, f"({column.type}) is absent from the columns of the query{hint}")


def _observed(native: Any, frame: DataFrame) -> tuple[DataFrame, Callable[[], tuple[int, int]]]:
    """Return the scored frame, and a function that returns the numbers of rows in and out after writing."""
    from pyspark.sql import Observation, functions

    before, after = Observation(), Observation()
    observed = frame.observe(before, functions.count(functions.lit(1)).alias("rows"))
    try:
        scored = native.transform(observed)
    except SparkletError:
        raise
    except Exception as error:
        raise SparkletError(f"Spark cannot plan the job: {why(error)}") from error
    scored = scored.observe(after, functions.count(functions.lit(1)).alias("rows"))
    return scored, lambda: (int(before.get["rows"]), int(after.get["rows"]))


# --- destinations ---------------------------------------------------------------------------------


def _target(spark: SparkSession, destination: str, *, ends: bool) -> _Path | _Table:
    if not destination.strip():
        raise OptionError("destination", destination, "a path or a table name")
    if not _TABLE.fullmatch(destination):
        return _Path(spark, destination.rstrip("/"))
    if ends and spark.conf.get("spark.sql.catalogImplementation") == "in-memory":
        problem = "a table of an in-memory catalog is lost when this Spark stops"
        raise OptionError(
            "destination", destination, f"{problem}: pass a path (./{destination}) or a session"
        )
    return _Table(spark, destination)


class _Path:
    """Parquet at a path: written to a hidden sibling folder, which is then renamed."""

    def __init__(self, spark: SparkSession, path: str) -> None:
        self._spark, self._path = spark, path
        self._folder = Folder(spark, path)

    def check(self, mode: str) -> None:
        if mode == "error" and self._folder.exists():
            raise OptionError("destination", self._path, "exists already; mode='overwrite' replaces it")

    def write(self, frame: DataFrame, mode: str) -> None:
        aside = Folder(self._spark, f"{self._folder.parent}/.{self._folder.name}-{uuid4().hex}")
        try:
            with finished_tasks(self._spark, aside.path):
                frame.write.parquet(aside.path)
            self.check(mode)
            if self._folder.exists():
                old = Folder(self._spark, aside.path + "-old")
                self._folder.rename(old.path)
                try:
                    aside.rename(self._path)
                except BaseException:
                    old.rename(self._path)
                    raise
                old.remove()
            else:
                aside.rename(self._path)
        except BaseException as error:
            aside.remove()
            raise _failed(error, self._path) from error


class _Table:
    """A table of the session's catalog: written under a temporary name, then renamed."""

    def __init__(self, spark: SparkSession, name: str) -> None:
        self._spark, self._name = spark, name

    def check(self, mode: str) -> None:
        if mode == "error" and self._spark.catalog.tableExists(self._name):
            raise OptionError("destination", self._name, "exists already; mode='overwrite' replaces it")

    def write(self, frame: DataFrame, mode: str) -> None:
        space, _, _ = self._name.rpartition(".")
        aside = (space + "." if space else "") + f"sparklet_{uuid4().hex}"
        try:
            with finished_tasks(self._spark, f"the files of table {aside}"):
                frame.write.format("parquet").saveAsTable(aside)
            self.check(mode)
            if self._spark.catalog.tableExists(self._name):
                self._rename(self._name, aside + "_old")
                try:
                    self._rename(aside, self._name)
                except BaseException:
                    self._rename(aside + "_old", self._name)
                    raise
                self._spark.sql(f"DROP TABLE {aside}_old")
            else:
                self._rename(aside, self._name)
        except BaseException as error:
            self._remove(aside)
            raise _failed(error, self._name) from error

    def _rename(self, old: str, new: str) -> None:
        self._spark.sql(f"ALTER TABLE {old} RENAME TO {new}")

    def _remove(self, name: str) -> None:
        """Remove an incomplete table, or its files if the session's catalog does not contain it yet."""
        self._spark.sql(f"DROP TABLE IF EXISTS {name}")
        if name.count(".") > 1:
            return  # another catalog, whose file layout is unknown
        catalog = self._spark._jsparkSession.sessionState()
        identifier = catalog.sqlParser().parseTableIdentifier(name)
        Folder(self._spark, catalog.catalog().defaultTablePath(identifier).toString()).remove()


def _failed(error: BaseException, destination: str) -> BaseException:
    if isinstance(error, SparkletError) or not isinstance(error, Exception):
        return error
    # The error of a user-written stage is the last line of a Python worker's traceback.
    lines = (line for line in reversed(str(error).splitlines()) if line.startswith("sparklet.errors."))
    reason = next(lines, why(error))
    return SparkletError(f"{destination} was not written: {reason.strip()}")
