"""PySpark as it starts, in a process of its own: save models with an example, score rows, count differences.

The last line of the output is JSON: the BLAS that each example recorded and, by model and output column, the
number of rows whose bits differ from Spark's and the largest distance in units of the vector's largest
element: row by row and as a table in the recorded order, and in the order `java11`.
"""

from __future__ import annotations

import json
import random
import sys
from typing import Any

FEATURES = 23


def main(folder: str, count: int, *options: str) -> None:
    """Score `count` rows with each model; `options` are options of the JVM."""
    from pyspark.sql import SparkSession

    builder = SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false")
    builder = builder.config("spark.ui.showConsoleProgress", "false")
    spark = builder.config("spark.driver.extraJavaOptions", " ".join(options)).getOrCreate()
    draw = random.Random(5)
    rows = [
        (float(draw.random() < 0.5), *(draw.gauss(0, 10.0 ** (index % 4)) for index in range(FEATURES)))
        for _ in range(count)
    ]
    names = [f"x{index}" for index in range(FEATURES)]
    frame = spark.createDataFrame(rows, ["label", *names])
    print(json.dumps({name: _counts(model, frame, f"{folder}/{name}") for name, model in _models(frame)}))
    spark.stop()


def _models(frame: Any) -> list[tuple[str, Any]]:
    from pyspark.ml import Pipeline
    from pyspark.ml.classification import GBTClassifier, LogisticRegression, MultilayerPerceptronClassifier
    from pyspark.ml.feature import PCA, VectorAssembler

    assembler = VectorAssembler(inputCols=frame.columns[1:], outputCol="features")
    stages = {
        "LR": LogisticRegression(maxIter=3),
        "GBT": GBTClassifier(maxIter=8, maxDepth=3, seed=1),
        "MLP": MultilayerPerceptronClassifier(layers=[FEATURES, 9, 2], maxIter=3, seed=1),
        "PCA": PCA(k=5, inputCol="features", outputCol="pca"),
    }
    some = frame.limit(300).cache()
    return [(name, Pipeline(stages=[assembler, stage]).fit(some)) for name, stage in stages.items()]


def _counts(model: Any, frame: Any, path: str) -> dict[str, Any]:
    import sparklet
    from sparklet.same import Slack
    from sparklet.testing import compare

    sparklet.save(model, path, example=frame, rows=20)
    recorded, reference = sparklet.load(path, outputs="*"), sparklet.load(path, outputs="*", blas="java11")
    columns = [column.name for column in recorded.outputs]
    theirs = [{name: row[name] for name in columns} for row in model.transform(frame).collect()]
    rows = [row.asDict() for row in frame.collect()]
    counts: dict[str, Any] = {"blas": recorded.profile.blas}
    for name, scores in (
        ("rows", recorded.scoreInstances(rows)),
        ("table", recorded.transform(frame.toPandas())[columns].to_dict("records")),
        ("java11", reference.scoreInstances(rows)),
    ):
        agreement = compare(theirs, scores, rows, Slack(16, "vector"))
        counts[name] = {
            column: (len(rows) - found.bits, found.max_ulp) for column, found in agreement.columns.items()
        }
    return counts


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), *sys.argv[3:])
