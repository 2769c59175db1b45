"""Models score on after the SparkContext that loaded them is gone and nothing softly held is left."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import GOLDEN

pytestmark = pytest.mark.spark

ROOT = GOLDEN.parent.parent
# The classes whose `transform` reads a broadcast, and one whose closure holds buffers.
STAGES = (
    "GBTClassificationModel",
    "GBTRegressionModel",
    "RandomForestClassificationModel",
    "RandomForestRegressionModel",
    "Word2VecModel",
    "FPGrowthModel",
    "CountVectorizerModel",
    "MultilayerPerceptronClassificationModel",
)


def test_scores_after_stop() -> None:
    """Give Spark's answers from a small heap whose soft references were cleared."""
    import pyspark

    line = GOLDEN / ".".join(pyspark.__version__.split(".")[:2])
    folders = [str(line / stage / "default") for stage in STAGES]
    assert all(Path(folder).is_dir() for folder in folders)
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)]),
        "SPARKLET_JVM_MEMORY": "600m",
    }
    done = subprocess.run(
        [sys.executable, "-m", "tests.jvm.after_stop", *folders],
        env=environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr[-2000:]
    assert f"{len(STAGES)} models, 0 wrong" in done.stdout
