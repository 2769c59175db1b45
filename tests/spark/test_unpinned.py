"""Models that a session saved which nobody pinned: sparklet sums as that session, to the last bit."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = Path(__file__).with_name("unpinned.py")
VECTORS = "--add-modules=jdk.incubator.vector"
# The exp of the C library and that of HotSpot differ in the last bit of some values. One bit of e moves
# 1 / (1 + e) by up to two, because 1 + e is rounded; MLP's last layer sums results of exp, and a probability
# is a quotient of them. In units of a vector's largest element.
EXP = {
    ("LR", "probability"): 2,
    ("GBT", "probability"): 2,
    ("MLP", "rawPrediction"): 4,
    ("MLP", "probability"): 4,
}


def counted(folder: Path, rows: int, *options: str) -> dict[str, dict[str, Any]]:
    """Return what the program of a fresh Spark printed: counts by model, form and column."""
    path = os.pathsep.join([str(ROOT / "src"), str(ROOT)])
    environment = {**os.environ, "PYTHONPATH": path, "PYSPARK_PYTHON": sys.executable}
    command = [sys.executable, str(PROGRAM), str(folder), str(rows), *options]
    done = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
    counts: dict[str, dict[str, Any]] = json.loads(done.stdout.splitlines()[-1])
    return counts


def check(counts: dict[str, dict[str, Any]], order: str | None) -> None:
    """Every bit is Spark's but those of exp; in another order it would not be."""
    print(json.dumps(counts))
    for name, found in counts.items():
        assert order is None or found["blas"] == order
        for form in ("rows", "table"):
            for column, (differing, distance) in found[form].items():
                allowed = EXP.get((name, column), 0)
                assert distance <= allowed, (name, form, column)
                assert not differing or allowed, (name, form, column)
    if counts["LR"]["blas"].startswith("vector"):
        assert counts["LR"]["java11"]["rawPrediction"][0]
        assert counts["PCA"]["java11"]["pca"][0]


@pytest.mark.spark
def test_as_spark_starts(tmp_path):
    check(counted(tmp_path, 300), None)


@pytest.mark.spark
@pytest.mark.parity
@pytest.mark.parametrize(
    ("order", "options"),
    [
        (None, ()),
        ("vector4", (VECTORS, "-XX:MaxVectorSize=32")),
        ("vector2", (VECTORS, "-XX:MaxVectorSize=16")),
    ],
)
def test_ten_thousand_rows(tmp_path, order, options):
    check(counted(tmp_path, 10_000, *options), order)
