"""The JVM engine as an oracle: Spark's own answers without its planning, so that many rows are cheap."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sparklet.errors import SparkletError
from sparklet.testing.spark import SparkFailure, SparkScores, pin_blas

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

__all__ = ["engine_scores"]


def engine_scores(
    path: str,
    rows: Sequence[Mapping[str, Any]],
    schema: Mapping[str, str],
    spark: SparkSession | None = None,
    *,
    outputs: str | Sequence[str] = "*",
) -> SparkScores:
    """Return what `spark_scores` returns for the model saved at `path`, from the JVM engine.

    `schema` gives the rows' Spark types. With a session the engine runs in its JVM, pinned to the reference
    BLAS; without, in a JVM of its own, which sums so anyway. The first row tells the sizes of vectors.
    """
    from sparklet.engines.jvm import load_jvm

    if spark is not None:
        pin_blas(spark)
    try:
        model = load_jvm(path, schema=schema, outputs=outputs, example=rows[0] if rows else None)
    except SparkletError as error:
        return SparkScores({}, [], SparkFailure(f"{type(error).__name__}: {error}"))
    outcomes = [
        SparkFailure(f"{type(found).__name__}: {found}") if isinstance(found, SparkletError) else found
        for found in model.scoreInstances(rows, errors="collect")
    ]
    return SparkScores({column.name: str(column.type) for column in model.outputs}, outcomes)
