"""A few pipelines against live Spark, on either Spark, in a few minutes: the smoke test of `make test`."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from sparklet.testing import assert_same, pinned
from sparklet.testing.compare import compare_with_spark
from sparklet.testing.spark import _blas_fields
from tests.cases import load_all
from tests.conftest import GOLDEN
from tests.oracle import Case, cases, goldens
from tests.oracle.encoding import dumps, loads

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

pytestmark = pytest.mark.spark

if importlib.util.find_spec("pyspark"):
    load_all()

CHOSEN = (
    "flagship-keep",
    "flagship-skip",
    "forest-labels",
    "nested",
    "kmeans-chain",
    "text-hashing",
    "keep-lengths",
    "in-place",
)


@pytest.mark.parametrize(
    "case",
    [case for case in cases() if case.stage == "PipelineModel" and case.name in CHOSEN],
    ids=lambda case: case.id,
)
def test_live(case: Case, spark: SparkSession, tmp_path: Path) -> None:
    """Agree with live Spark on 250 random rows."""
    case.make(spark).save(str(tmp_path / "model"))
    agreement = compare_with_spark(
        str(tmp_path / "model"), case.random_rows(250), spark, schema=case.schema, ulps=case.slack
    )
    assert agreement.same, f"{agreement}\n" + "\n".join(map(str, agreement.problems()))
    assert agreement.scored >= 100


@pytest.mark.parametrize("case", cases(), ids=lambda case: case.id)
def test_golden_is_current(case: Case) -> None:
    """Keep in each golden the recipe, the columns and the rows that its case has now."""
    import pyspark

    version = pyspark.__version__.split(".")[:2]
    if case.since > tuple(map(int, version)):
        pytest.skip(f"Spark {'.'.join(map(str, case.since))} and newer only")
    (golden,) = goldens(GOLDEN / ".".join(version) / case.stage / case.name)
    assert golden.facts["recipe"] == case.source.splitlines(), "run tests/golden/generate.py --facts"
    assert golden.facts["params"] == case.settings
    assert golden.facts["class"] == case.className
    assert_same(golden.schema, case.schema)
    assert_same(golden.rows, loads(dumps(case.rows)))
    assert (golden.facts["exactness"], golden.slack, golden.facts["reason"]) == (
        case.exactness,
        case.slack,
        case.reason,
    )


def test_pinning_takes_effect(spark: SparkSession) -> None:
    """Hold Java11BLAS in all four fields while pinned, and sum a dot in its order."""
    from pyspark.ml.linalg import Vectors

    with pinned(spark):
        names = {field.get(module).getClass().getSimpleName() for field, module in _blas_fields(spark)}
        assert names == {"Java11BLAS"}
        jvm = spark.sparkContext._jvm
        one, two = [0.1 * (i + 1) for i in range(11)], [1 / (i + 3) for i in range(11)]
        java = jvm.org.apache.spark.ml.linalg  # type: ignore[union-attr]
        vectors = [java.Vectors.dense(_doubles(spark, values)) for values in (one, two)]
        from sparklet.java import dense_dot

        assert java.BLAS.dot(*vectors) == dense_dot("java11")(one, two)
    assert Vectors.dense(one).dot(Vectors.dense(two)) == pytest.approx(dense_dot("java11")(one, two))


def _doubles(spark: SparkSession, values: list[float]) -> object:
    array = spark.sparkContext._gateway.new_array(spark.sparkContext._jvm.double, len(values))  # type: ignore[union-attr]
    for position, value in enumerate(values):
        array[position] = value
    return array
