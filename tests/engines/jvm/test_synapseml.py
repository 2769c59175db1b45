"""SynapseML's LightGBM models, of which the engine knows nothing, from Maven Central."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.engines.jvm.program import output_of

pytestmark = [pytest.mark.parity, pytest.mark.spark]

# Built for Spark 3.5 with Scala 2.12; what else it depends on, Spark brings or LightGBM does not touch.
JARS = (
    "com.microsoft.azure:synapseml-core_2.12:1.0.9",
    "com.microsoft.azure:synapseml-lightgbm_2.12:1.0.9",
    "com.microsoft.ml.lightgbm:lightgbmlib:3.3.510",
    "com.linkedin.isolation-forest:isolation-forest_3.4.2_2.12:3.0.4",
    "io.spray:spray-json_2.12:1.3.5",
)


@pytest.fixture
def jars(tmp_path: Path) -> list[str]:
    import pyspark

    if not pyspark.__version__.startswith("3.5."):
        pytest.skip("SynapseML is published for Spark 3.5, with Scala 2.12")
    if shutil.which("mvn") is None:
        pytest.skip("Maven fetches SynapseML's jars, and there is no mvn")
    for artifact in JARS:
        command = ["mvn", "--quiet", "--batch-mode", "dependency:copy", f"-Dartifact={artifact}"]
        done = subprocess.run(
            [*command, f"-DoutputDirectory={tmp_path}"], capture_output=True, text=True, check=False
        )
        if done.returncode:
            pytest.skip(f"{artifact} cannot be had: {done.stdout[:500]}")
    return sorted(map(str, tmp_path.glob("*.jar")))


def test_lightgbm(jars: list[str]) -> None:
    """Score saved LightGBM models as `transform` does, in every bit."""
    printed = output_of("tests.engines.jvm.synapseml", *jars, seconds=600)
    assert printed.count("(6000 in every bit)") == 1
    assert printed.count("(2000 in every bit)") == 1
