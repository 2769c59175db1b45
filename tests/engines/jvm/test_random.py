"""Random rows through the JVM engine and through `transform`, for each class: `make parity`.

The models are those of the goldens, which Spark wrote.
"""

from __future__ import annotations

import importlib.util
from itertools import islice
from typing import TYPE_CHECKING

import pytest

from sparklet.testing import SparkFailure, compare, spark_scores
from sparklet.testing.spark import load_with_spark, pin_blas
from tests.cases import load_all
from tests.conftest import GOLDEN
from tests.engines.jvm.scoring import SEEDED_AT_LOAD
from tests.oracle import Case, Golden, cases, engine_scores, goldens

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

pytestmark = [pytest.mark.parity, pytest.mark.spark]

ROWS = 10_000
# A row that Spark refuses costs it a job of its own, so no more of them are compared.
REFUSED = 20


def _of_this_spark() -> list[tuple[Case, Golden]]:
    if not importlib.util.find_spec("pyspark"):
        return []
    import pyspark

    load_all()
    found = goldens(GOLDEN / ".".join(pyspark.__version__.split(".")[:2]))
    models = {golden.stage: golden for golden in found if golden.facts["case"] == "default"}
    return [(case, models[case.stage]) for case in cases() if case.name == "default" and case.stage in models]


CASES = _of_this_spark()


@pytest.mark.parametrize(("case", "golden"), CASES, ids=[case.stage for case, _ in CASES])
def test_random_rows(case: Case, golden: Golden, spark: SparkSession) -> None:
    """Agree with `transform` in every bit."""
    pin_blas(spark)
    endless, rows, refused = case.endless_rows(), [], 0
    while len(rows) < ROWS:
        drawn = list(islice(endless, ROWS))
        scores = engine_scores(golden.model, drawn, case.schema, spark)
        assert scores.failure is None, scores.failure
        for row, found in zip(drawn, scores.outcomes, strict=True):
            refused += isinstance(found, SparkFailure)
            if len(rows) < ROWS and (refused <= REFUSED or not isinstance(found, SparkFailure)):
                rows.append(row)
    ours = engine_scores(golden.model, rows, case.schema, spark)
    suspects = [place for place, found in enumerate(ours.outcomes) if isinstance(found, SparkFailure)]
    theirs = spark_scores(
        load_with_spark(golden.model, spark),
        rows,
        case.schema,
        spark,
        replaced=[name for name in ours.columns if name in case.schema],
        suspects=suspects,
        group=ROWS // 8,
    )
    slack = SEEDED_AT_LOAD.get(case.stage, 0)
    agreement = compare(theirs, ours.outcomes, rows, slack, case.unordered)  # type: ignore[arg-type]
    print(f"{case.stage}: {agreement}")
    assert agreement.same, "\n".join(map(str, agreement.problems()))
