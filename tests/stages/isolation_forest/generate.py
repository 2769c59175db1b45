"""Train isolation forests of LinkedIn's library, store them with rows and its scores, and compare more.

    PYTHONPATH=src python tests/stages/isolation_forest/generate.py 4.1.5 JAR ...

The jars are that of the library and that of `spark-avro`, for the Scala and the Spark of this environment:
`com.linkedin.isolation-forest:isolation-forest_3.5.0_2.12` and `org.apache.spark:spark-avro_2.12` of Maven,
or built from their sources. Needs the extra `isolation-forest`.
"""

from __future__ import annotations

import math
import os
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from pyspark.ml.linalg import Vectors, VectorUDT
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.types import StructType

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[2]))

import sparklet  # noqa: E402
from sparklet.same import ulp_distance  # noqa: E402
from sparklet.testing.spark import spark_session  # noqa: E402
from tests.oracle.encoding import dumps  # noqa: E402 - the path above is what makes tests importable
from tests.stages.scala import java_class, stored_and_loaded  # noqa: E402

PACKAGE = "com.linkedin.relevance.isolationforest."
TRAINED, STORED, COMPARED, SIZE = 1500, 40, 12_000, 6
SCHEMA = StructType().add("features", VectorUDT())


@dataclass(frozen=True)
class Case:
    """A model: its estimator, and its params."""

    name: str
    estimator: str
    params: Mapping[str, Any]


STANDARD = (
    Case("plain", "IsolationForest", {}),
    Case("threshold", "IsolationForest", {"contamination": 0.1, "maxFeatures": 0.5, "bootstrap": True}),
)
EXTENDED = (
    Case("extended", "extended.ExtendedIsolationForest", {"contamination": 0.05}),
    Case("level", "extended.ExtendedIsolationForest", {"extensionLevel": 1, "maxFeatures": 0.7}),
)
CASES = {"3.0.5": STANDARD, "4.1.5": STANDARD + EXTENDED}


def vectors(count: int, seed: int, *, hostile: bool) -> Iterator[tuple[Any]]:
    """Yield dense and sparse vectors; hostile ones have NaN, infinities and numbers outside of float32."""
    draw = Random(seed)
    wild = [math.nan, math.inf, -math.inf, -0.0, 1e300, 1e-60, -1e300]
    for position in range(count):
        values = [draw.gauss(0, 1), draw.uniform(-1, 1), float(draw.randrange(3))]
        values += [draw.expovariate(1), draw.choice([0.0, 0.0, 5.0]), draw.gauss(3, 20)]
        if hostile and position % 3 == 0:
            values[draw.randrange(SIZE)] = draw.choice(wild)
        dense = Vectors.dense(values)
        nonzero = [(index, value) for index, value in enumerate(values) if value != 0.0]
        yield (Vectors.sparse(SIZE, nonzero) if position % 4 == 1 else dense,)


def write(spark: SparkSession, case: Case, folder: Path) -> None:
    """Train, save and load a model; store it and some scores, and compare many scores with sparklet's."""
    estimator = java_class(spark, PACKAGE + case.estimator)()
    for name, value in {"numEstimators": 15, "maxSamples": 100.0, **case.params}.items():
        getattr(estimator, f"set{name[0].upper()}{name[1:]}")(value)
    frame = spark.createDataFrame(vectors(TRAINED, 1, hostile=False), SCHEMA).coalesce(1)
    loader = java_class(spark, f"{PACKAGE}{case.estimator}Model")
    loaded = stored_and_loaded(estimator.fit(frame._jdf).write(), folder, loader)
    scored = spark.createDataFrame(vectors(COMPARED, 2, hostile=True), SCHEMA).coalesce(1)
    rows = [row.asDict() for row in DataFrame(loaded.transform(scored._jdf), spark).collect()]
    model = sparklet.load(folder / "model", outputs="*")
    ours = model.scoreInstances([{"features": row["features"]} for row in rows])
    pairs = list(zip(rows, ours, strict=True))
    ulps = [ulp_distance(row["outlierScore"], one["outlierScore"]) for row, one in pairs]
    labels = [row["predictedLabel"] == one["predictedLabel"] for row, one in pairs]
    # The rows whose scores differ in the last bit are the ones to keep.
    stored = [*rows[:STORED], *[row for row, ulp in zip(rows, ulps, strict=True) if ulp][:2]]
    (folder / "rows.jsonl").write_text(dumps(stored), encoding="utf-8")
    print(
        f"{case.name}: {len(rows)} rows, {ulps.count(0)} scores equal in every bit, the others within "
        f"{max(ulps)} ulp, {labels.count(True)} labels equal",
        flush=True,
    )


def main(release: str, *jars: str) -> None:
    """Write every case of a release."""
    spark = spark_session(spark_jars=",".join(jars), spark_driver_extraClassPath=os.pathsep.join(jars))
    for case in CASES[release]:
        write(spark, case, HERE / release / case.name)
    spark.stop()


if __name__ == "__main__":
    main(*sys.argv[1:])
