"""Train models with SynapseML's LightGBM, and store them beside rows and its answers.

    PYTHONPATH=src python tests/stages/lightgbm/generate.py 1.1.3
    PYTHONPATH=src python tests/stages/lightgbm/generate.py 0.9.5

Run it with Spark 3.5, whose Scala is that of the jars. Maven gets the jars of the release that the command
line names; after it, the names of cases write those alone.
"""

from __future__ import annotations

import math
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[2]))

from sparklet.testing.spark import spark_session  # noqa: E402
from tests.oracle.encoding import dumps  # noqa: E402 - the path above is what makes tests importable
from tests.stages.scala import copied_jars, java_class, stored_and_loaded  # noqa: E402

PACKAGE = "com.microsoft.azure.synapse.ml.lightgbm."
TRAINED, STORED, SIZE = 1500, 24, 8
COLUMNS = ["features", "above", "level", "target", "amount", "query"]
JARS = {
    release: (
        f"com.microsoft.azure:synapseml-lightgbm_2.12:{release}",
        f"com.microsoft.azure:synapseml-core_2.12:{release}",
        f"com.microsoft.ml.lightgbm:lightgbmlib:{native}",
        f"org.scalactic:scalactic_2.12:{scalactic}",
        f"io.spray:spray-json_2.12:{spray}",
    )
    for release, native, scalactic, spray in (
        ("0.9.5", "3.2.110", "3.0.5", "1.3.2"),
        ("1.1.3", "3.3.510", "3.2.14", "1.3.5"),
    )
}


@dataclass(frozen=True)
class Case:
    """A model: its estimator, the rows that it is trained on, those that it scores, and its params.

    `model` has params of the fitted model.
    """

    estimator: str
    params: Mapping[str, Any]
    rows: str = "nan"
    scored: tuple[str, ...] = ("nan", "sparse")
    model: Mapping[str, Any] = field(default_factory=dict)


COMMON = {"numIterations": 8, "numLeaves": 9, "minDataInLeaf": 10, "numTasks": 1}
BINARY = {"labelCol": "above"}
SEVERAL = {"labelCol": "level", "objective": "multiclass"}
TARGET = {"labelCol": "target"}
AMOUNT = {"labelCol": "amount"}
COLUMNS_ADDED = {"leafPredictionCol": "leaves", "featuresShapCol": "shap"}
RANDOM_FOREST = {"boostingType": "rf", "baggingFraction": 0.6, "baggingFreq": 1}
CASES: Mapping[str, Mapping[str, Case]] = {
    "1.1.3": {
        "binary": Case("Classifier", BINARY | COLUMNS_ADDED),
        "categories": Case("Classifier", BINARY | {"categoricalSlotIndexes": [0, 6]} | COLUMNS_ADDED),
        "several": Case("Classifier", SEVERAL | COLUMNS_ADDED),
        "ova": Case("Classifier", SEVERAL | {"objective": "multiclassova"}),
        "thresholds": Case("Classifier", SEVERAL, model={"thresholds": [0.5, 0.2, 0.3]}),
        "dart": Case("Regressor", TARGET | {"boostingType": "dart", "dropRate": 0.5}),
        "rf": Case("Classifier", BINARY | RANDOM_FOREST),
        "rf-regression": Case("Regressor", TARGET | RANDOM_FOREST),
        "tweedie": Case("Regressor", AMOUNT | {"objective": "tweedie"}),
        "gamma": Case("Regressor", AMOUNT | {"objective": "gamma"}),
        "zero": Case("Regressor", TARGET | {"zeroAsMissing": True} | COLUMNS_ADDED),
        "rank": Case(
            "Ranker", {"labelCol": "level", "groupCol": "query", "objective": "lambdarank"} | COLUMNS_ADDED
        ),
        "part": Case("Regressor", TARGET | COLUMNS_ADDED, model={"numIterations": 4, "startIteration": 3}),
        "narrow": Case("Regressor", TARGET, scored=("narrow",), model={"predictDisableShapeCheck": True}),
    },
    "0.9.5": {
        "binary": Case("Classifier", BINARY | {"categoricalSlotIndexes": [6]} | COLUMNS_ADDED),
        "several": Case("Classifier", SEVERAL),
        "dart": Case("Regressor", TARGET | {"boostingType": "dart"}),
        "rank": Case("Ranker", {"labelCol": "level", "groupCol": "query"}),
    },
}


def table(kind: str, count: int = TRAINED, seed: int = 7) -> Iterator[tuple[Any, ...]]:
    """Yield rows whose vectors are dense with NaN; of `sparse`, every second one is sparse.

    Vectors of `narrow` have two elements less or more than in training.
    """
    from pyspark.ml.linalg import Vectors

    rng = Random(seed)
    for position in range(count):
        values = [
            float(rng.randrange(6)),
            *[rng.gauss(0, 1) if rng.random() > 0.3 else 0.0 for _ in range(SIZE - 3)],
        ]
        values += [float(rng.randrange(40)), rng.expovariate(1)]
        target = values[1] + values[2] * (values[0] in (1, 4)) + math.sin(values[6]) + rng.gauss(0, 0.3)
        above, level = float(target > 0.1), float((target > -0.5) + (target > 0.6))
        values = [math.nan if rng.random() < 0.08 else value for value in values]
        if kind == "narrow":
            values = values[: SIZE - 2] if position % 2 else [*values, 1.0, 2.0]
        vector = Vectors.dense(values)
        if kind == "sparse" and position % 2:
            stored = [(index, value) for index, value in enumerate(values) if value or position % 3]
            vector = Vectors.sparse(SIZE, stored)
        yield vector, above, level, target, abs(target) + 0.1, position // 20


def mixed(count: int = TRAINED) -> Iterator[tuple[Any, ...]]:
    """Yield rows of a pipeline: a text, numbers, mostly zeros, and the label."""
    rng = Random(5)
    for _ in range(count):
        city = rng.choice(["SF", "LA", "NY", "Rome", "Oslo"])
        numbers = [rng.gauss(0, 1) if rng.random() > 0.6 else 0.0 for _ in range(SIZE)]
        numbers[0] = math.nan if rng.random() < 0.1 else numbers[0]
        yield city, *numbers, float(numbers[1] + numbers[2] + (city in ("LA", "Oslo")) > 0.4)


def write_pipeline(spark: SparkSession, folder: Path) -> None:
    """Store a pipeline of an indexer, an assembler and a classifier, and what it gives."""
    from pyspark.ml.feature import StringIndexer, VectorAssembler
    from pyspark.sql import DataFrame

    names = [f"x{index}" for index in range(SIZE)]
    frame = spark.createDataFrame(list(mixed()), ["city", *names, "above"]).coalesce(1)
    classifier = java_class(spark, f"{PACKAGE}LightGBMClassifier")()
    set_params(spark, classifier, COMMON | BINARY | {"categoricalSlotIndexes": [0]} | COLUMNS_ADDED)
    stages = [
        StringIndexer(inputCol="city", outputCol="cityIndex", handleInvalid="keep")._to_java(),
        VectorAssembler(
            inputCols=["cityIndex", *names], outputCol="features", handleInvalid="keep"
        )._to_java(),
        classifier,
    ]
    array = spark.sparkContext._gateway.new_array(spark._jvm.org.apache.spark.ml.PipelineStage, len(stages))
    for index, stage in enumerate(stages):
        array[index] = stage
    fitted = spark._jvm.org.apache.spark.ml.Pipeline().setStages(array).fit(frame._jdf)
    model = stored_and_loaded(fitted.write(), folder, spark._jvm.org.apache.spark.ml.PipelineModel)
    rows = DataFrame(model.transform(frame._jdf), spark).head(STORED)
    hidden = ("above", "cityIndex", "features")
    stored = [{key: row[key] for key in row.asDict() if key not in hidden} for row in rows]
    (folder / "rows.jsonl").write_text(dumps(stored), encoding="utf-8")


def set_params(spark: SparkSession, stage: Any, params: Mapping[str, Any]) -> None:
    """Call the setters of a stage."""
    for name, value in params.items():
        argument = value
        if isinstance(value, list):
            java = spark._jvm.int if isinstance(value[0], int) else spark._jvm.double
            argument = spark.sparkContext._gateway.new_array(java, len(value))
            for index, element in enumerate(value):
                argument[index] = element
        getattr(stage, f"set{name[0].upper()}{name[1:]}")(argument)


def fit(spark: SparkSession, case: Case, frame: DataFrame) -> Any:
    """Return the model of a case."""
    estimator = java_class(spark, f"{PACKAGE}LightGBM{case.estimator}")()
    set_params(spark, estimator, COMMON | case.params)
    model = estimator.fit(frame._jdf)
    set_params(spark, model, case.model)
    return model


def write(spark: SparkSession, case: Case, folder: Path, frames: Mapping[str, DataFrame]) -> None:
    """Train, save and load the model of a case; store it and what it gives."""
    from pyspark.sql import DataFrame

    kind = {"Classifier": "Classification", "Regressor": "Regression"}.get(case.estimator, case.estimator)
    writer = fit(spark, case, frames[case.rows]).write()
    model = stored_and_loaded(writer, folder, java_class(spark, f"{PACKAGE}LightGBM{kind}Model"))
    for name in case.scored:
        rows = DataFrame(model.transform(frames[name]._jdf), spark).head(STORED)
        stored = [{key: row[key] for key in row.asDict() if key not in COLUMNS[1:]} for row in rows]
        (folder / f"{name}.jsonl").write_text(dumps(stored), encoding="utf-8")
        print(f"{folder.relative_to(HERE)}: {len(stored)} {name} rows", flush=True)


def main(release: str, *names: str) -> None:
    """Write cases, or every case of a release."""
    cases = {name: CASES[release][name] for name in names or CASES[release]}
    with tempfile.TemporaryDirectory() as folder:
        spark = spark_session(spark_jars=copied_jars(JARS[release], folder))
        frames = {
            kind: spark.createDataFrame(list(table(kind)), COLUMNS).coalesce(1)
            for kind in {kind for case in cases.values() for kind in (case.rows, *case.scored)}
        }
        for name, case in cases.items():
            write(spark, case, HERE / release / name, frames)
        if release == "1.1.3" and not names:
            write_pipeline(spark, HERE / "pipeline")
        spark.stop()


if __name__ == "__main__":
    main(*sys.argv[1:])
