"""Train three pipelines with Spark, save them, score them without Spark, and compare results and times.

Run by `make demo`. Everything printed is measured in this run, on this machine.
"""

from __future__ import annotations

import os
import random
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pyspark.ml import Pipeline, PipelineModel
from pyspark.ml.classification import GBTClassifier, LogisticRegression
from pyspark.ml.feature import (
    IDF,
    HashingTF,
    Imputer,
    OneHotEncoder,
    StandardScaler,
    StopWordsRemover,
    StringIndexer,
    Tokenizer,
    VectorAssembler,
)
from rich.console import Console
from rich.table import Table
from sklearn.datasets import load_breast_cancer

import sparklet
from benchmarks.timing import Timing, bare, timed
from sparklet.testing import differences, spark_scores, spark_session
from sparklet.testing.spark import to_frame

OUTPUTS = ["rawPrediction", "probability", "prediction"]
SPARK_LOADS, SPARK_ROWS = 5, 40
SPARKLET_LOADS, SPARKLET_ROWS = 50, 20_000


@dataclass(frozen=True)
class Workload:
    """A pipeline to fit, its training table, and the columns of the rows to score."""

    name: str
    pipeline: Pipeline
    schema: Mapping[str, str]
    rows: Sequence[dict[str, Any]]

    @property
    def inputs(self) -> dict[str, str]:
        """Return the columns without the label."""
        return {name: kind for name, kind in self.schema.items() if name != "label"}


def customers() -> Workload:
    """Return seven stages over a mixed table: categories, numbers with gaps, logistic regression."""
    rng = random.Random(7)  # noqa: S311 - made-up data
    plans, cities, devices = (
        ["free", "basic", "pro"],
        [f"city {i}" for i in range(40)],
        ["ios", "android", "web"],
    )
    rows = []
    for _ in range(2000):
        row: dict[str, Any] = {
            "plan": rng.choice(plans),
            "city": rng.choice(cities),
            "device": rng.choice(devices),
            "age": rng.gauss(40, 12) if rng.random() < 0.9 else None,
            "visits": float(rng.randint(0, 60)) if rng.random() < 0.95 else None,
            "spend": rng.lognormvariate(3, 1),
        }
        score = (
            (row["visits"] or 20) / 20 + (row["plan"] == "pro") - (row["device"] == "web") + rng.gauss(0, 1)
        )
        rows.append({**row, "label": float(score > 1.5)})
    categories, numbers = ["plan", "city", "device"], ["age", "visits", "spend"]
    indexed, encoded = [f"{c}_i" for c in categories], [f"{c}_v" for c in categories]
    filled = [f"{n}_f" for n in numbers]
    stages = [
        StringIndexer(inputCols=categories, outputCols=indexed, handleInvalid="keep"),
        OneHotEncoder(inputCols=indexed, outputCols=encoded),
        Imputer(inputCols=numbers, outputCols=filled),
        VectorAssembler(inputCols=filled, outputCol="numbers"),
        StandardScaler(inputCol="numbers", outputCol="scaled", withMean=True),
        VectorAssembler(inputCols=[*encoded, "scaled"], outputCol="features"),
        LogisticRegression(maxIter=20),
    ]
    schema = dict.fromkeys(categories, "string") | dict.fromkeys(numbers, "double") | {"label": "double"}
    return Workload("logistic regression, 7 stages, mixed table", Pipeline(stages=stages), schema, rows)


def tumours() -> Workload:
    """Return 100 boosted trees over the breast-cancer data that ships with scikit-learn."""
    data = load_breast_cancer()
    names = [name.replace(" ", "_") for name in data.feature_names]
    rows = [
        {**dict(zip(names, map(float, values), strict=True)), "label": float(label)}
        for values, label in zip(data.data, data.target, strict=True)
    ]
    stages = [
        VectorAssembler(inputCols=names, outputCol="features"),
        GBTClassifier(maxIter=100, maxDepth=5, seed=1),
    ]
    return Workload(
        "100 boosted trees, breast cancer",
        Pipeline(stages=stages),
        dict.fromkeys([*names, "label"], "double"),
        rows,
    )


def reviews() -> Workload:
    """Return a text pipeline: tokens, stop words, hashed counts, inverse document frequencies."""
    rng = random.Random(11)  # noqa: S311 - made-up data
    good, bad = ["great", "lovely", "fast", "works", "happy"], ["broken", "slow", "awful", "refund", "sad"]
    fill = ["the", "battery", "and", "screen", "was", "it", "arrived", "box", "really", "camera", "for", "my"]
    rows = []
    for _ in range(1000):
        label = rng.random() < 0.5
        words = (
            rng.choices(fill, k=rng.randint(5, 25))
            + rng.choices(good if label else bad, k=2)
            + rng.choices(good + bad, k=1)
        )
        rng.shuffle(words)
        rows.append({"text": " ".join(words).capitalize(), "label": float(label)})
    stages = [
        Tokenizer(inputCol="text", outputCol="words"),
        StopWordsRemover(inputCol="words", outputCol="kept"),
        HashingTF(inputCol="kept", outputCol="counts", numFeatures=4096),
        IDF(inputCol="counts", outputCol="features"),
        LogisticRegression(maxIter=20),
    ]
    return Workload(
        "hashed text, logistic regression",
        Pipeline(stages=stages),
        {"text": "string", "label": "double"},
        rows,
    )


def duration(seconds: float) -> str:
    """Return a time with a readable unit."""
    for limit, unit in ((1e-3, "µs"), (1.0, "ms")):
        if seconds < limit:
            return f"{seconds * {'µs': 1e6, 'ms': 1e3}[unit]:,.3g} {unit}"
    return f"{seconds:,.3g} s"


def values_in(value: object) -> int:
    """Return the number of numbers and strings in a row."""
    return len(getattr(value, "values")) if hasattr(value, "values") and not isinstance(value, dict) else 1  # noqa: B009


@dataclass(frozen=True)
class Result:
    """The measurements of one workload."""

    name: str
    load: tuple[float, float]
    row: tuple[float, float]
    rows: int
    values: int
    unequal: int


def run(workload: Workload, spark: Any, folder: Path, console: Console) -> Result:
    """Fit, save, load, score and compare one workload."""
    console.print(f"fitting   {workload.name} …")
    path = str(folder / workload.name.partition(",")[0].replace(" ", "_"))
    workload.pipeline.fit(to_frame(spark, workload.rows, workload.schema)).save(path)

    console.print("measuring …")
    spark_load = timed(lambda: PipelineModel.load(path), SPARK_LOADS)
    load = timed(lambda: sparklet.load(path, schema=workload.inputs), SPARKLET_LOADS)
    native, model = PipelineModel.load(path), sparklet.load(path, schema=workload.inputs)

    rows = [{name: row[name] for name in workload.inputs} for row in workload.rows]
    # Spark's best case: the DataFrame of one row already exists.
    frame = to_frame(spark, rows[:1], workload.inputs).cache()
    spark_row = timed(lambda: native.transform(frame).select(OUTPUTS).collect(), SPARK_ROWS)
    turns = iter(rows * (SPARKLET_ROWS // len(rows) + 2))
    row = timed(lambda: model.scoreInstance(next(turns)), SPARKLET_ROWS)

    console.print("comparing …")
    expected = spark_scores(native, rows, workload.inputs, spark, group=len(rows)).outcomes
    compared = unequal = 0
    for one, theirs in zip(rows, expected, strict=True):
        ours = model.scoreInstance(one)
        theirs = {name: theirs[name] for name in OUTPUTS}  # noqa: PLW2901
        compared += len(OUTPUTS) and values_in(theirs["rawPrediction"]) + values_in(theirs["probability"]) + 1
        unequal += len(list(differences(theirs, ours)))
    _show(console, workload, (spark_load, load), (spark_row, row), compared, unequal)
    return Result(
        workload.name,
        (spark_load.p50, load.p50),
        (spark_row.p50, row.p50),
        len(rows),
        compared,
        unequal,
    )


def _show(
    console: Console,
    workload: Workload,
    loads: tuple[Timing, Timing],
    scored: tuple[Timing, Timing],
    compared: int,
    unequal: int,
) -> None:
    table = Table("", "Spark", "sparklet", "ratio", title=workload.name, title_justify="left")
    for label, theirs, ours in (
        ("load, median", loads[0].p50, loads[1].p50),
        ("one row, p50", scored[0].p50, scored[1].p50),
        ("one row, p99", scored[0].p99, scored[1].p99),
    ):
        table.add_row(label, duration(theirs), duration(ours), f"{theirs / ours:,.0f}x")
    table.add_row("one row, p99.9", "", duration(scored[1].p999), "")
    # Other programs on this machine delay a plain loop as much as they delay sparklet.
    idle = bare(scored[1].p50, SPARKLET_ROWS)
    for label, share in (("p50", idle.p50), ("p99", idle.p99), ("p99.9", idle.p999)):
        table.add_row(f"a bare loop instead, {label}", "", duration(share), "")
    table.add_row("rows compared", f"{len(workload.rows):,}", f"{len(workload.rows):,}", "")
    table.add_row("values bit-equal", f"{compared:,}", f"{compared - unequal:,}", "")
    console.print(table)


def main() -> None:
    """Run all workloads and print one line about them."""
    console = Console(width=100)
    spark = spark_session()
    console.print(
        f"PySpark {spark.version}, local[1], warm; dots as Java11BLAS sums them; {os.cpu_count()} CPUs"
    )
    with tempfile.TemporaryDirectory() as folder:
        results = [
            run(workload(), spark, Path(folder), console) for workload in (customers, tumours, reviews)
        ]
    spark.stop()
    loads, rows = ([a / b for a, b in (getattr(r, kind) for r in results)] for kind in ("load", "row"))
    values, equal = sum(r.values for r in results), sum(r.values - r.unequal for r in results)
    print(
        f"sparklet: {len(results)} pipelines, {sum(r.rows for r in results):,} rows, "
        f"{equal:,} of {values:,} values bit-equal to Spark; "
        f"loads {min(loads):,.0f}-{max(loads):,.0f}x faster, "
        f"scores one row {min(rows):,.0f}-{max(rows):,.0f}x faster"
    )


if __name__ == "__main__":
    main()
