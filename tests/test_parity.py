"""Every case against live Spark with seeded random rows; run by `make parity`, totals printed by class.

The models are those of the goldens, which Spark wrote: fitting them again would take most of the time.
"""

from __future__ import annotations

import importlib.util
import math
from collections import Counter, defaultdict
from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING

import pytest

from sparklet.errors import SparkletError
from sparklet.testing import Agreement, SparkFailure, outcome, spark_scores
from sparklet.testing.compare import compare_with_spark
from sparklet.testing.spark import load_with_spark
from tests.cases import load_all
from tests.conftest import GOLDEN
from tests.oracle import Case, Golden, cases, goldens
from tests.oracle.checks import assert_fused_as_unfused

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

pytestmark = pytest.mark.parity

# What each class is shown, spread over its cases, of which none gets fewer than the least.
ROWS, LEAST = 10_000, 200
# A row that Spark refuses costs it a job of its own, so a case compares no more of them.
REFUSED = 20


def _of_this_spark() -> list[tuple[Case, Golden]]:
    if not importlib.util.find_spec("pyspark"):
        return []
    import pyspark

    load_all()
    known = {case.id: case for case in cases()}
    found = goldens(GOLDEN / ".".join(pyspark.__version__.split(".")[:2]))
    return [(known[f"{golden.stage}-{golden.facts['case']}"], golden) for golden in found]


KNOWN = _of_this_spark()
SCORED = [(case, golden) for case, golden in KNOWN if golden.failure is None]
REFUSING = [(case, golden) for case, golden in KNOWN if golden.failure is not None]
# Some cases are there for what is refused row by row.
ANSWERED = [
    case
    for case, golden in SCORED
    if 4 * sum(not isinstance(row, SparkFailure) for row in golden.expected) > len(golden.expected)
]
SHARES = Counter(case.stage for case in ANSWERED)


@pytest.fixture(scope="module")
def totals(request: pytest.FixtureRequest) -> Iterator[dict[Case, Agreement]]:
    """Collect what was compared; print a line for each class at the end, and fail where it was too little."""
    found: dict[Case, Agreement] = {}
    yield found
    by_class: dict[str, dict[Case, Agreement]] = defaultdict(dict)
    for case, agreement in found.items():
        by_class[case.stage][case] = agreement
    lines = [LINE.format(*HEAD), *(_line(stage, by_class[stage]) for stage in sorted(by_class))]
    reporter = request.config.pluginmanager.getplugin("terminalreporter")
    with request.config.pluginmanager.getplugin("capturemanager").global_and_fixture_disabled():
        reporter.write_line("")
        for line in lines:
            reporter.write_line(line)
    if request.config.getoption("--parity-rows") is None:
        rows = {stage: sum(one.rows for one in found.values()) for stage, found in by_class.items()}
        left_out = {case.stage for case, _ in SCORED if case not in found}
        few = {stage: count for stage, count in rows.items() if stage not in left_out and count < ROWS}
        assert not few, f"fewer than {ROWS} rows were compared: {few}"


HEAD = ("class", "cases", "rows", "refused", "dropped", "disputed", "values", "bit-equal", "beyond", "worst")
LINE = "{:40} {:>5} {:>6} {:>7} {:>7} {:>8} {:>7} {:>10} {:>6}  {}"


def _line(stage: str, found: dict[Case, Agreement]) -> str:
    def total(name: str) -> int:
        return sum(getattr(agreement, name) for agreement in found.values())

    # The worst of each way to count, as "3 of 64 ulp of the vector's largest".
    worst: dict[str, tuple[int, str]] = {}
    for case, agreement in found.items():
        if agreement.max_ulp:
            worst[case.of] = max(worst.get(case.of, (0, "")), (agreement.max_ulp, str(case.slack) or "0 ulp"))
    values, bits = total("values"), total("bits")
    # Rounded down: only what is equal throughout is 100 %.
    share = f"{math.floor(1e5 * bits / values) / 1e3:.3f} %" if values else ""
    return LINE.format(
        stage,
        len(found),
        total("rows"),
        total("failed"),
        total("dropped"),
        total("disputed"),
        values,
        share,
        values - total("equal"),
        "; ".join(f"{most} of {slack}" for most, slack in worst.values()) or "0",
    )


def _rows(case: Case, golden: Golden, count: int, seed: int) -> list[dict[str, object]]:
    """Draw rows of which sparklet refuses no more than `REFUSED`."""
    model = golden.load()
    rows: list[dict[str, object]] = []
    refused = 0
    for row in islice(case.endless_rows(seed), 50 * count if case in ANSWERED else REFUSED):
        if isinstance(outcome(model, row), SparkletError):
            refused += 1
            if refused > REFUSED:
                continue
        rows.append(row)
        if len(rows) == count:
            break
    return rows


@pytest.mark.parametrize(("case", "golden"), SCORED, ids=[case.id for case, _ in SCORED])
def test_parity(
    case: Case,
    golden: Golden,
    spark: SparkSession,
    request: pytest.FixtureRequest,
    totals: dict[Case, Agreement],
) -> None:
    """Agree with live Spark on every random row, fused and stage by stage."""
    share = max(LEAST, math.ceil(ROWS / SHARES[case.stage]))
    count = request.config.getoption("--parity-rows") or share
    rows = _rows(case, golden, count, request.config.getoption("--parity-seed"))
    assert_fused_as_unfused(golden.load(), rows)
    agreement = compare_with_spark(
        golden.model, rows, spark, schema=case.schema, ulps=case.slack, unordered=case.unordered
    )
    totals[case] = agreement
    assert agreement.same, f"{agreement}\n" + "\n".join(map(str, agreement.problems()))


@pytest.mark.parametrize(("case", "golden"), REFUSING, ids=[case.id for case, _ in REFUSING])
def test_refused(case: Case, golden: Golden, spark: SparkSession) -> None:
    """Refuse, at load or at the first row, a model that live Spark refuses as a whole."""
    rows = case.random_rows(1)
    assert spark_scores(load_with_spark(golden.model, spark), rows, case.schema, spark).failure
    with pytest.raises(SparkletError):
        golden.load().scoreInstances(rows)
