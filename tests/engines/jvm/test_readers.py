"""Direct readers of saved models against Spark's own: the same stage, its params, its trees."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow.parquet as pq
import pytest

import sparklet
from sparklet.engines.jvm import connect
from sparklet.errors import SparkletError
from tests.conftest import GOLDEN
from tests.oracle import goldens

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

pytestmark = pytest.mark.spark

# The classes that are read without Spark's readers, by the folders of their goldens.
DIRECT = (
    "AFTSurvivalRegressionModel ChiSqSelectorModel CountVectorizerModel DecisionTreeClassificationModel "
    "DecisionTreeRegressionModel GBTClassificationModel GBTRegressionModel GaussianMixtureModel "
    "GeneralizedLinearRegressionModel IDFModel ImputerModel IsotonicRegressionModel KMeansModel "
    "LinearRegressionModel LogisticRegressionModel MaxAbsScalerModel MinMaxScalerModel "
    "MultilayerPerceptronClassificationModel NaiveBayesModel OneHotEncoderModel PCAModel "
    "RandomForestClassificationModel RandomForestRegressionModel RobustScalerModel StandardScalerModel "
    "StringIndexerModel UnivariateFeatureSelectorModel VarianceThresholdSelectorModel VectorIndexerModel "
    "Word2VecModel"
).split()


@pytest.fixture
def jvm(spark: SparkSession) -> Any:
    return connect().java.jvm


def _read(jvm: Any, path: str, spark: SparkSession) -> Any:
    """Return what the direct reader makes of a folder, None where it leaves the folder to Spark's reader."""
    (file,) = Path(path, "metadata").glob("part-*")
    metadata = jvm.org.apache.spark.ml.util.DefaultParamsReader.parseMetadata(file.read_text(), "")
    found = jvm.org.apache.spark.ml.online.Readers.read(path, metadata, spark._jsparkSession)
    return found.get() if found.isDefined() else None


def _described(stage: Any, jvm: Any, spark: SparkSession) -> dict[str, Any]:
    """Return what Spark would save of a stage: its class and params, of trees every node."""
    session = spark.sparkContext._jsc.sc() if spark.version.startswith("3.") else spark._jsparkSession
    nothing = jvm.scala.Option.empty()
    writer = jvm.org.apache.spark.ml.util.DefaultParamsWriter
    saved: dict[str, Any] = json.loads(writer.getMetadataToSave(stage, session, nothing, nothing))
    del saved["timestamp"]
    if any(kind in saved["class"] for kind in ("Tree", "Forest", "GBT")):
        saved["trees"] = stage.toDebugString()
    return saved


@pytest.mark.parametrize("stage", DIRECT)
def test_same_as_sparks_reader(stage: str, spark: SparkSession, jvm: Any) -> None:
    """Give the stage that Spark's reader gives; `test_golden` compares what they score."""
    line = ".".join(spark.version.split(".")[:2])
    if stage == "ImputerModel" and line == "3.5":
        pytest.skip("before Spark 4.1 an ImputerModel holds a DataFrame, which Spark's reader makes")
    (golden,) = goldens(GOLDEN / line / stage / "default")
    ours = _read(jvm, golden.model, spark)
    assert ours is not None, "left to Spark's reader"
    reader = jvm
    for part in ours.getClass().getName().split("."):
        reader = getattr(reader, part)
    assert _described(ours, jvm, spark) == _described(reader.load(golden.model), jvm, spark)


def test_leaves_what_it_does_not_know_to_spark(spark: SparkSession, jvm: Any, tmp_path: Path) -> None:
    """Read no folder of another layout or version: one more column, Spark 2, a torn file."""
    line = ".".join(spark.version.split(".")[:2])
    (golden,) = goldens(GOLDEN / line / "StandardScalerModel" / "default")
    folder = tmp_path / "model"
    shutil.copytree(golden.model, folder)
    assert _read(jvm, str(folder), spark) is not None

    (metadata,) = (folder / "metadata").glob("part-*")
    saved = json.loads(metadata.read_text())
    metadata.write_text(json.dumps({**saved, "sparkVersion": "2.4.8"}))
    assert _read(jvm, str(folder), spark) is None
    metadata.write_text(json.dumps(saved))

    (data,) = (folder / "data").glob("part-*.parquet")
    table = pq.read_table(data)
    pq.write_table(table.append_column("more", [[1.0]]), data)
    assert _read(jvm, str(folder), spark) is None
    data.write_bytes(b"PAR1")
    assert _read(jvm, str(folder), spark) is None
    with pytest.raises(SparkletError, match="StandardScalerModel"):
        sparklet.load(str(folder), engine="jvm")
