"""Run by test_synapseml.py with SynapseML's jars: LightGBM fitted, saved, scored by engine and transform."""

from __future__ import annotations

import os
import random
import sys
import tempfile
from pathlib import Path
from typing import Any

from pyspark.ml.linalg import Vectors
from pyspark.sql import DataFrame, SparkSession

from sparklet.linalg import DenseVector
from sparklet.testing import compare, spark_scores
from tests.oracle import engine_scores

SAMPLE, WIDTH, ROWS = 600, 6, 2_000
KINDS = {"LightGBMClassifier": "binary", "LightGBMRegressor": "regression"}


class _Model:
    """A model of the JVM, as `spark_scores` asks for one."""

    def __init__(self, java: Any, spark: SparkSession) -> None:
        self.java, self.spark = java, spark

    def transform(self, table: DataFrame) -> DataFrame:
        return DataFrame(self.java.transform(table._jdf), self.spark)


def _features(draw: random.Random) -> list[float]:
    return [draw.choice([0.0, draw.gauss(0, 2), float(draw.randrange(4))]) for _ in range(WIDTH)]


def check(spark: SparkSession, kind: str) -> bool:
    """Fit and save a model, score rows both ways, print what differs."""
    draw = random.Random(7)
    drawn = [_features(draw) for _ in range(SAMPLE)]
    sample = [(Vectors.dense(row), float(sum(row) + draw.gauss(0, 1) > 1)) for row in drawn]
    table = spark.createDataFrame(sample, ["features", "label"])
    package: Any = spark._jvm.com.microsoft.azure.synapse.ml.lightgbm  # type: ignore[union-attr]
    fitted = getattr(package, kind)().setObjective(KINDS[kind]).setNumIterations(20).fit(table._jdf)
    path = str(Path(tempfile.mkdtemp(), "model"))
    fitted.write().save(path)

    rows = [{"features": DenseVector(_features(draw))} for _ in range(ROWS)]
    schema = {"features": "vector"}
    ours = engine_scores(path, rows, schema, spark)
    theirs = spark_scores(_Model(fitted, spark), rows, schema, spark, group=500)
    agreement = compare(theirs, ours.outcomes, rows)
    print(kind, list(ours.columns), ours.failure, agreement)
    print(*agreement.problems(), sep="\n")
    return ours.failure is None and agreement.same


def main(jars: list[str]) -> int:
    """Return how many of the kinds differ."""
    spark = (
        SparkSession.builder.master("local[1]")
        .config("spark.jars", ",".join(jars))
        .config("spark.driver.extraClassPath", os.pathsep.join(jars))
        .config("spark.ui.enabled", "false")
        .config("spark.sql.shuffle.partitions", "1")
        .getOrCreate()
    )
    spark.sparkContext.setLogLevel("OFF")
    try:
        return [check(spark, kind) for kind in KINDS].count(False)
    finally:
        spark.stop()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
