"""Models score on after the SparkContext that loaded them is gone and nothing softly held is left."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import GOLDEN
from tests.engines.jvm.program import output_of

pytestmark = pytest.mark.spark

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
    printed = output_of("tests.engines.jvm.after_stop", *folders, seconds=300, SPARKLET_JVM_MEMORY="600m")
    assert f"{len(STAGES)} models, 0 wrong" in printed
