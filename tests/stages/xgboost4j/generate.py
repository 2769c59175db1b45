"""Train models with XGBoost4J-Spark, and store them beside rows and its answers.

    PYTHONPATH=src python tests/stages/xgboost4j/generate.py 1.7.6
    PYTHONPATH=src python tests/stages/xgboost4j/generate.py 3.4.0

Run it with Spark 3.5, whose Scala is that of the jars. Maven gets the jars of the release that the command
line names; after it, the name of a case writes that one alone. The boosters of 1.7.6 are in the binary
format, that of `json` in JSON, the others in UBJSON.
"""

from __future__ import annotations

import math
import subprocess
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

PACKAGE = "ml.dmlc.xgboost4j.scala.spark."
TRAINED, STORED, SIZE = 2000, 40, 8
COLUMNS = ["features", "above", "level", "target", "amount", "query"]


@dataclass(frozen=True)
class Case:
    """A model: its estimator, the rows that it is trained on, those that it scores, and its params."""

    name: str
    estimator: str
    rows: str
    scored: tuple[str, ...]
    params: Mapping[str, Any]
    format: Mapping[str, str] = field(default_factory=dict)


BINARY = {"objective": "binary:logistic", "labelCol": "above"}
CASES = {
    "1.7.6": (
        Case("bin", "Classifier", "nan", ("nan",), BINARY),
        Case("bin0", "Classifier", "sparse", ("sparse",), BINARY | {"missing": 0.0}),
    ),
    "3.4.0": (
        Case("bin", "Classifier", "nan", ("nan", "sparse"), BINARY),
        Case("dart", "Classifier", "nan", ("nan",), BINARY | {"booster": "dart", "rateDrop": 0.4}),
        Case(
            "json",
            "Regressor",
            "nan",
            ("nan",),
            {"objective": "reg:squarederror", "labelCol": "target"},
            {"format": "json"},
        ),
        Case(
            "rank",
            "Ranker",
            "dense",
            ("dense",),
            {"objective": "rank:ndcg", "labelCol": "level", "groupCol": "query"},
        ),
        Case("tweedie", "Regressor", "dense", ("dense",), {"objective": "reg:tweedie", "labelCol": "amount"}),
    ),
}


def table(kind: str) -> Iterator[tuple[Any, ...]]:
    """Yield rows whose vectors are dense, dense with NaN, or every second one sparse."""
    from pyspark.ml.linalg import Vectors

    rng = Random(7)
    for position in range(TRAINED):
        values = [rng.gauss(0, 1) if rng.random() > 0.3 else 0.0 for _ in range(SIZE - 2)]
        values += [float(rng.randrange(5)), rng.expovariate(1)]
        target = values[0] + values[1] * values[6] + rng.gauss(0, 0.3)
        above, level = float(target > 0.1), float((target > -0.5) + (target > 0.6))
        if kind == "nan":
            values = [math.nan if rng.random() < 0.1 else value for value in values]
        vector = Vectors.dense(values)
        if kind == "sparse" and position % 2:
            vector = Vectors.sparse(SIZE, [(index, value) for index, value in enumerate(values) if value])
        yield vector, above, level, target, abs(target) + 0.1, position // 20


def write(spark: SparkSession, case: Case, folder: Path, frames: Mapping[str, DataFrame]) -> None:
    """Train, save and load the model of a case; store it and what it gives."""
    from pyspark.sql import DataFrame

    estimator = java_class(spark, f"{PACKAGE}XGBoost{case.estimator}")()
    for name, value in {"numRound": 15, "maxDepth": 4, "numWorkers": 1, **case.params}.items():
        if name == "booster":  # has no setter
            estimator.set(estimator.getParam(name), value)
        else:
            getattr(estimator, f"set{name[0].upper()}{name[1:]}")(value)
    writer = estimator.fit(frames[case.rows]._jdf).write()
    for name, value in case.format.items():
        writer = writer.option(name, value)
    kind = {"Classifier": "Classification", "Regressor": "Regression"}.get(case.estimator, case.estimator)
    model = stored_and_loaded(writer, folder, java_class(spark, f"{PACKAGE}XGBoost{kind}Model"))
    for name in case.scored:
        rows = DataFrame(model.transform(frames[name]._jdf), spark).head(STORED)
        stored = [{key: row[key] for key in row.asDict() if key not in COLUMNS[1:]} for row in rows]
        (folder / f"{name}.jsonl").write_text(dumps(stored), encoding="utf-8")
        print(f"{folder.relative_to(HERE)}: {len(stored)} {name} rows", flush=True)


def main(release: str, name: str = "") -> None:
    """Write a case, or every case of a release."""
    cases = {case.name: case for case in CASES[release]}
    if not name:
        # The tracker of 1.7 waits for ever after a second training in one JVM.
        for each in cases:
            subprocess.run([sys.executable, __file__, release, each], check=True)
        return
    artifacts = [f"ml.dmlc:{artifact}_2.12:{release}" for artifact in ("xgboost4j", "xgboost4j-spark")]
    with tempfile.TemporaryDirectory() as folder:
        spark = spark_session(spark_jars=copied_jars(artifacts, folder))
        frames = {
            kind: spark.createDataFrame(list(table(kind)), COLUMNS).coalesce(1)
            for kind in {cases[name].rows, *cases[name].scored}
        }
        write(spark, cases[name], HERE / release / name, frames)
        spark.stop()


if __name__ == "__main__":
    main(*sys.argv[1:])
