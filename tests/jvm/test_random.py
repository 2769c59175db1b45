"""Random rows through the JVM engine and through `transform`, for each case of each class: `make parity`."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from sparklet.testing import Case, SparkFailure, cases, compare, engine_scores, spark_scores
from sparklet.testing.spark import load_with_spark, pin_blas
from tests.cases import load_all
from tests.jvm.scoring import SEEDED_AT_LOAD

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

pytestmark = pytest.mark.parity

if importlib.util.find_spec("pyspark"):
    load_all()

ROWS = 10_000


@pytest.mark.parametrize(
    "case", [case for case in cases() if case.name == "default"], ids=lambda case: case.id
)
def test_random_rows(case: Case, spark: SparkSession, tmp_path: Path) -> None:
    """Agree with `transform` in every bit."""
    if case.since > tuple(map(int, spark.version.split(".")[:2])):
        pytest.skip(f"Spark {'.'.join(map(str, case.since))} and newer only")
    pin_blas(spark)
    made = case.make(spark)
    path = str(made)
    if not isinstance(made, Path):
        path = str(tmp_path / "model")
        made.save(path)
    rows = case.random_rows(ROWS)
    ours = engine_scores(path, rows, case.schema, spark)
    assert ours.failure is None, ours.failure
    suspects = [place for place, found in enumerate(ours.outcomes) if isinstance(found, SparkFailure)]
    replaced = [name for name in ours.columns if name in case.schema]
    theirs = spark_scores(
        load_with_spark(path, spark),
        rows,
        case.schema,
        spark,
        replaced=replaced,
        suspects=suspects[:200],
        group=500,
    )
    agreement = compare(theirs, ours.outcomes, rows, SEEDED_AT_LOAD.get(case.stage, 0), case.unordered)  # type: ignore[arg-type]
    assert agreement.same, f"{agreement}\n" + "\n".join(map(str, agreement.problems()))
