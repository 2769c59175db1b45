"""Spark itself, local and on one core; a `ready` row is a cached DataFrame: only `transform` is timed."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from benchmarks.rivals.adapter import OUTPUTS, family

__all__ = [
    "answer",
    "answers",
    "load",
    "quiet_session",
    "ready",
    "reference",
    "schema_of_model",
    "score_batch",
    "score_one",
]

# The settings of sparklet.testing.spark, which a rival's environment cannot import.
OPTIONS = {
    "spark.master": "local[1]",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.driver.memory": "2g",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.extraJavaOptions": "-Duser.language=en -Duser.country=US -Duser.timezone=UTC",
    "spark.default.parallelism": "1",
    "spark.sql.shuffle.partitions": "1",
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.catalogImplementation": "in-memory",
}


def session(**options: str) -> Any:
    """Return a small and quiet local session; `options` with `_` for `.`."""
    from pyspark.sql import SparkSession

    os.environ["PYSPARK_PYTHON"] = sys.executable
    builder = SparkSession.builder.appName("benchmarks")
    for name, value in (OPTIONS | {key.replace("_", "."): value for key, value in options.items()}).items():
        builder = builder.config(name, value)
    made = builder.getOrCreate()
    made.sparkContext.setLogLevel("OFF")
    return made


@contextmanager
def quiet_session(**options: str) -> Iterator[Any]:
    """Give a session for the length of a `with` block."""
    made = session(**options)
    try:
        yield made
    finally:
        made.stop()


def schema_of_model(folder: str) -> dict[str, str]:
    """Return the inputs of a fitted workload."""
    facts: dict[str, dict[str, str]] = json.loads(Path(folder, "facts.json").read_text(encoding="utf-8"))
    return facts["schema"]


def load(path: str) -> Any:
    """Return the model; the first load of a process also starts the session."""
    from pyspark.ml import PipelineModel

    started = session()
    return PipelineModel.load(path), schema_of_model(str(Path(path).parent)), started


def _frame(model: Any, rows: Sequence[Mapping[str, Any]]) -> Any:
    from pyspark.sql.types import StructType

    _, schema, spark = model
    struct = StructType.fromDDL(", ".join(f"`{name}` {kind}" for name, kind in schema.items()))
    return spark.createDataFrame([tuple(row[name] for name in schema) for row in rows], struct)


def ready(model: Any, row: Mapping[str, Any]) -> Any:
    """Return a row as a DataFrame that is in Spark's memory."""
    frame = _frame(model, [row]).cache()
    frame.count()
    return frame


def score_one(model: Any, frame: Any) -> Any:
    """Transform a DataFrame of one row and collect the outputs."""
    return model[0].transform(frame).select(*OUTPUTS).collect()[0]


def answer(result: Any) -> list[Any]:
    """Return the outputs as floats."""
    raw, probability, prediction = result
    return [raw.toArray().tolist(), probability.toArray().tolist(), prediction]


def answers(model: Any, rows: Sequence[Mapping[str, Any]]) -> list[Any]:
    """Return the answers to many rows in one job."""
    return [answer(row) for row in model[0].transform(_frame(model, rows)).select(*OUTPUTS).collect()]


def score_batch(model: Any, path: str, sink: str) -> dict[str, Any]:
    """Score a Parquet file; into files, or from Spark's memory to its sink that keeps nothing."""
    import time

    transformer, _, spark = model
    rows = spark.read.parquet(path)
    count = rows.count()
    if sink == "memory":
        rows = rows.cache()
        rows.count()
    start, cpu = time.perf_counter(), _cpu_of_children()
    scored, target = transformer.transform(rows).select(*rows.columns, *OUTPUTS), f"{path}.spark-scored"
    if sink == "parquet":
        scored.write.mode("overwrite").parquet(target)
    else:
        scored.write.format("noop").mode("overwrite").save()
    seconds, used = time.perf_counter() - start, _cpu_of_children() - cpu
    rows.unpersist()
    return {"rows": count, "seconds": seconds, "cpu": used, "scored": target}


def reference(model: Any, path: str) -> dict[str, Any]:
    """Write the answers to a Parquet file of rows, summed as sparklet's reference BLAS does."""
    from sparklet.testing.spark import pin_blas

    transformer, _, spark = model
    pin_blas(spark)
    target = f"{path}.reference"
    scored = transformer.transform(spark.read.parquet(path)).select("row", *OUTPUTS)
    scored.write.mode("overwrite").parquet(target)
    return {"scored": target}


def _cpu_of_children() -> float:
    """Return the CPU seconds of this process, of the JVM beneath it and of what either has waited for."""
    total = 0
    for process in family(os.getpid()):
        with suppress(OSError):
            fields = (process / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()
            total += sum(map(int, fields[11:15]))
    return total / os.sysconf("SC_CLK_TCK")
