"""Small seeded training data that the recipes share."""

from __future__ import annotations

from random import Random

from pyspark.ml.linalg import Vectors
from pyspark.sql.functions import col

SCORING = ("thresholds", "rawPredictionCol", "probabilityCol", "predictionCol", "leafCol", "varianceCol")


def fitted(estimator, frame, **params):
    """Fit with the training params and set the scoring params on the model.

    Some constructors of PySpark do not take them, and an empty column name can disturb the fit.
    """
    for name in params.keys() - set(SCORING):
        estimator.set(estimator.getParam(name), params[name])
    model = estimator.fit(frame)
    for name in params.keys() & set(SCORING):
        model.set(model.getParam(name), params[name])
    return model


def points(spark, classes=2, size=4, count=80, seed=7):
    """Return `features` and a `label` that depends on them with some noise."""
    rng = Random(seed)
    rows = []
    for _ in range(count):
        values = [rng.uniform(-5, 5) if rng.random() < 0.8 else 0.0 for _ in range(size)]
        score = values[0] - 0.5 * values[-1] + rng.gauss(0, 1.5)
        label = min(classes - 1, max(0, int((score + 6) * classes / 12)))
        rows.append((Vectors.dense(values), float(label), score + 0.25 * values[min(1, size - 1)] ** 2))
    return spark.createDataFrame(rows, ["features", "label", "target"])


def categories(spark, low_categories, classes=2, count=240, seed=11):
    """Return features of which number 2 is nominal (6 values) and number 3 nominal (3 values).

    The label is low where feature 2 is one of `low_categories`, so that a tree splits on it first.
    """
    rng = Random(seed)
    rows = []
    for _ in range(count):
        values = [
            float(rng.randint(-4, 4)),
            rng.choice((0.0, 0.5, 1.5)),
            float(rng.randint(0, 5)),
            float(rng.randint(0, 2)),
        ]
        high = values[2] not in low_categories
        label = classes - 1 if high else 0
        if values[0] > 1:
            label = (label + 1) % classes
        rows.append((Vectors.dense(values), float(label), label * 2.5 + values[3] + values[0] / 8))
    nominal = {"idx": 2, "name": "c2", "type": "nominal", "vals": [f"c{i}" for i in range(6)]}
    smaller = {"idx": 3, "name": "c3", "type": "nominal", "vals": ["x", "y", "z"]}
    numeric = [{"idx": 0, "name": "n0"}, {"idx": 1, "name": "n1"}]
    metadata = {"ml_attr": {"attrs": {"numeric": numeric, "nominal": [nominal, smaller]}, "num_attrs": 4}}
    frame = spark.createDataFrame(rows, ["features", "label", "target"])
    return frame.withColumn("features", col("features").alias("features", metadata=metadata))
