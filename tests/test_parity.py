"""Every case against live Spark with seeded random rows; run by `make parity`, totals printed by class."""

from __future__ import annotations

import importlib.util
import shutil
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from sparklet.testing import Agreement, Case, cases
from sparklet.testing.compare import compare_with_spark
from tests.cases import load_all

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

pytestmark = pytest.mark.parity

if importlib.util.find_spec("pyspark"):
    load_all()


@pytest.fixture(scope="module")
def totals(request: pytest.FixtureRequest) -> Iterator[dict[str, list[Agreement]]]:
    """Collect what was compared and print a line for each class at the end."""
    found: dict[str, list[Agreement]] = defaultdict(list)
    yield found
    lines = [
        f"{'class':40} {'cases':>6} {'rows':>8} {'values':>9} {'equal':>9} {'disputed':>8} {'max ulp':>8}"
    ]
    for stage, agreements in sorted(found.items()):
        figures = (
            len(agreements),
            sum(a.rows for a in agreements),
            sum(a.values for a in agreements),
            sum(a.equal for a in agreements),
            sum(a.disputed for a in agreements),
            max(a.max_ulp for a in agreements),
        )
        lines.append("{:40} {:6} {:8} {:9} {:9} {:8} {:8}".format(stage, *figures))
    reporter = request.config.pluginmanager.getplugin("terminalreporter")
    with request.config.pluginmanager.getplugin("capturemanager").global_and_fixture_disabled():
        reporter.write_line("")
        for line in lines:
            reporter.write_line(line)


@pytest.mark.parametrize("case", cases(), ids=lambda case: case.id)
def test_parity(
    case: Case,
    spark: SparkSession,
    tmp_path: Path,
    request: pytest.FixtureRequest,
    totals: dict[str, list[Agreement]],
) -> None:
    """Agree with live Spark on every random row."""
    if case.since > tuple(map(int, spark.version.split(".")[:2])):
        pytest.skip(f"Spark {'.'.join(map(str, case.since))} and newer only")
    count, seed = request.config.getoption("--parity-rows"), request.config.getoption("--parity-seed")
    model = tmp_path / "model"
    made = case.make(spark)
    if isinstance(made, Path):
        shutil.copytree(made, model)
    else:
        made.save(str(model))
    agreement = compare_with_spark(
        str(model),
        case.random_rows(count, seed),
        spark,
        schema=case.schema,
        ulps=case.ulps,
        unordered=case.unordered,
    )
    totals[case.stage].append(agreement)
    assert agreement.same, f"{agreement}\n" + "\n".join(map(str, agreement.problems()))
