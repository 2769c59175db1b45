"""Every golden of the running Spark's line through the JVM engine."""

from __future__ import annotations

import importlib.util
from typing import TYPE_CHECKING

import pytest

from tests.conftest import GOLDEN
from tests.engines.jvm.scoring import problems
from tests.oracle import Golden, goldens

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

pytestmark = pytest.mark.spark


def _goldens() -> list[Golden]:
    if importlib.util.find_spec("pyspark") is None:
        return []
    import pyspark

    release = ".".join(pyspark.__version__.split(".")[:2])
    # The stages of other libraries are Python's, which no JVM runs.
    return [golden for golden in goldens(GOLDEN / release) if golden.facts["class"].startswith("org.apache.")]


GOLDENS = _goldens()
STAGES = sorted({golden.stage for golden in GOLDENS})
# In the suite each class shows its default case and one other; `make parity` takes them all.
IN_SUITE = 2


def _report(golden: Golden, found: list[str]) -> str:
    return f"{golden.id}: {found[0]}" + (f" and {len(found) - 1} more" if len(found) > 1 else "")


@pytest.mark.parametrize("stage", STAGES)
def test_classes(stage: str, spark: SparkSession) -> None:
    """Give Spark's own answers for the first cases of a class."""
    cases = sorted(
        (golden for golden in GOLDENS if golden.stage == stage),
        key=lambda golden: (golden.facts["case"] != "default", golden.id),
    )[:IN_SUITE]
    wrong = [_report(golden, found) for golden in cases if (found := problems(golden))]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parity
@pytest.mark.parametrize("golden", GOLDENS, ids=lambda golden: golden.id)
def test_golden(golden: Golden, spark: SparkSession) -> None:
    """Give Spark's own answers for every case."""
    found = problems(golden)
    assert not found, _report(golden, found)
