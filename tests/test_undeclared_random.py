"""Random pipelines over columns of all types: equal to Spark, or refused, and never another answer."""

from __future__ import annotations

import pytest

from tests.undeclared import Tally, run

pytestmark = pytest.mark.spark


def _check(spark, folder, seeds) -> Tally:
    tally = Tally()
    run(spark, str(folder), seeds, tally)
    print(f"\nSpark {spark.version}, {len(seeds)} pipelines:\n{tally}")
    assert not tally.silent, "\n".join(tally.silent)
    return tally


def test_some(spark, tmp_path):
    """Check the first pipelines."""
    tally = _check(spark, tmp_path, range(20))
    assert tally.outcomes["declared: rows equal"] > 20


@pytest.mark.parity
def test_many(spark, tmp_path):
    """Check 300 pipelines."""
    tally = _check(spark, tmp_path, range(300))
    assert tally.outcomes["table: rows equal"] > 1000
