"""What is measured: tables of made-up rows, the pipelines fitted on them, and the series in which they grow.

Needs neither sparklet nor numpy, so that any Python with any PySpark can fit the same pipelines on the same
data. A workload is plain data: its `key` changes with it, and with the key the folder that caches the fit.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any

__all__ = [
    "BATCHES",
    "FLAGSHIPS",
    "SERIES",
    "WORKLOADS",
    "Workload",
    "chosen",
    "rows_of",
    "schema_of",
    "stages_of",
]

CATEGORIES = ("city", "plan", "device", "source", "segment")
NUMBERS = ("age", "income", "visits", "spend", "tenure", "balance", "score", "ratio", "delay", "depth")
LABELS = 29  # with the index that StringIndexer keeps for the unknown: 30 columns for each category
WORDS = 3000
SPLITS = (float("-inf"), -1.0, 0.0, 1.0, 2.0, 3.0, float("inf"))  # of each column of the table "gaps"


@dataclass(frozen=True)
class Workload:
    """A pipeline to fit: which table, how many rows to train on, which classifier with which params.

    Without a classifier, the vector of features is the answer. `width` is the number of columns of the tables
    "numbers" and "gaps"; `scalers` the length of the chain of StandardScalers over "numbers". `series` names
    the growth that the workload is a point of, `at` its place there.
    """

    name: str
    title: str
    table: str
    classifier: str
    params: tuple[tuple[str, Any], ...]
    train: int = 4000
    width: int = 10
    scalers: int = 1
    series: str = ""
    at: int = 0

    @property
    def outputs(self) -> tuple[str, ...]:
        """Return the columns that are compared with Spark's."""
        return ("rawPrediction", "probability", "prediction") if self.classifier else ("features",)

    @property
    def key(self) -> str:
        """Return what names the fit: equal for equal recipes."""
        return f"{self.name}-{hashlib.sha256(repr(asdict(self)).encode()).hexdigest()[:8]}"


def _forest(trees: int, depth: int) -> tuple[tuple[str, Any], ...]:
    return (("numTrees", trees), ("maxDepth", depth), ("seed", 1), ("maxMemoryInMB", 512))


_LR = (("maxIter", 20), ("regParam", 0.01))

FLAGSHIPS = (
    Workload(
        "lr", "flagship: 15 inputs, 160 features, logistic regression", "customers", "LogisticRegression", _LR
    ),
    Workload(
        "gbt",
        "100 boosted trees of depth 5 on the flagship's inputs",
        "customers",
        "GBTClassifier",
        (("maxIter", 100), ("maxDepth", 5), ("seed", 1)),
        train=2000,
    ),
    Workload(
        "rf",
        "random forest, 500 trees of depth 10, on the flagship's inputs",
        "customers",
        "RandomForestClassifier",
        _forest(500, 10),
        train=6000,
    ),
    Workload(
        "text",
        "Tokenizer, HashingTF, IDF, logistic regression",
        "texts",
        "LogisticRegression",
        _LR,
        train=2000,
    ),
)


def _point(series: str, at: int, title: str, table: str = "numbers", **more: Any) -> Workload:
    settings: dict[str, Any] = {"classifier": "", "params": (), "train": 200} | more
    return Workload(f"{series}-{at}", title, table, series=series, at=at, **settings)


_LINEAR = {"classifier": "LogisticRegression", "params": _LR, "train": 1000}

SERIES = (
    *(
        _point(
            "trees",
            n,
            f"random forest of {n} trees, depth 5",
            "customers",
            classifier="RandomForestClassifier",
            params=_forest(n, 5),
            train=2000,
        )
        for n in (10, 30, 100, 300, 1000)
    ),
    *(
        _point("features", n, f"{n} scaled numbers, logistic regression", width=n, **_LINEAR)
        for n in (10, 30, 100, 300, 1000)
    ),
    *(
        _point(
            "stages",
            n,
            f"{n} stages: an assembler, a chain of scalers, logistic regression",
            scalers=n - 2,
            **_LINEAR,
        )
        for n in (3, 6, 12, 24, 48)
    ),
    *(
        _point("assembled", n, f"{n} columns in one VectorAssembler", width=n, scalers=0, train=10)
        for n in (10, 100, 1000, 5000)
    ),
    *(_point("scaled", n, f"{n} columns, assembled and scaled", width=n) for n in (10, 100, 1000)),
    *(
        _point("prepared", n, f"{n} columns, imputed, scaled and bucketized", "gaps", width=n)
        for n in (10, 100, 1000)
    ),
    *(
        _point("scalers", n, f"a chain of {n} StandardScalers over 10 columns", scalers=n)
        for n in (1, 2, 6, 12, 24, 48)
    ),
)
WORKLOADS: Mapping[str, Workload] = {workload.name: workload for workload in (*FLAGSHIPS, *SERIES)}
BATCHES = tuple(WORKLOADS[name] for name in ("lr", "gbt", "rf", "features-1000"))


def chosen(names: Sequence[str]) -> list[Workload]:
    """Return workloads by name or by series; "all" is every one. Raises `SystemExit` naming what there is."""
    found: dict[str, Workload] = {}
    for name in names:
        matches = [w for w in WORKLOADS.values() if name in (w.name, w.series, "all")]
        if not matches:
            known = ", ".join([*WORKLOADS, *sorted({w.series for w in SERIES}), "all"])
            raise SystemExit(f"{name!r} is no workload; there are {known}")
        found |= {workload.name: workload for workload in matches}
    return list(found.values())


def schema_of(workload: Workload) -> dict[str, str]:
    """Return the columns that a row brings and their Spark types."""
    if workload.table == "texts":
        return {"text": "string"}
    if workload.table in ("numbers", "gaps"):
        return {f"x{i}": "double" for i in range(workload.width)}
    return dict.fromkeys(CATEGORIES, "string") | dict.fromkeys(NUMBERS, "double")


def rows_of(workload: Workload, count: int, seed: int, *, training: bool = False) -> list[dict[str, Any]]:
    """Return seeded rows: with a label for training, else also with labels that training never saw."""
    rng = random.Random(f"{workload.table} {seed}")  # noqa: S311 - made-up data
    make = {"customers": _customer, "numbers": _numbers, "gaps": _gaps, "texts": _text}[workload.table]
    rows = []
    for _ in range(count):
        row, label = make(rng, workload, training)
        rows.append(row | {"label": label} if training else row)
    return rows


def _customer(rng: random.Random, _: Workload, training: bool) -> tuple[dict[str, Any], float]:
    row: dict[str, Any] = {}
    total = 0.0
    for place, name in enumerate(CATEGORIES):
        label = int(LABELS * rng.random() ** 1.5)
        row[name] = f"{name} {label}"
        total += ((label * 7 + place * 3) % 11 - 5) / 6
        if not training and rng.random() < 0.02:
            row[name] = rng.choice([None, f"{name} never seen"])
    for place, name in enumerate(NUMBERS):
        value = rng.gauss(place, 1.0 + place) if place % 3 else rng.lognormvariate(1.0, 0.5)
        total += (value - place) / (2.0 + 2.0 * place) * (-1) ** place
        row[name] = None if rng.random() < 0.05 else value
    # Two numbers act together, so that deep trees have something to find.
    total += 1.5 * ((row["age"] or 0.0) > 2.5) * ((row["income"] or 0.0) > 1.0)
    return row, float(total + rng.gauss(0.0, 1.0) > 0.8)


def _numbers(rng: random.Random, workload: Workload, _: bool) -> tuple[dict[str, Any], float]:
    row = {name: rng.gauss(1.0, 2.0) for name in schema_of(workload)}
    signal = row["x0"] - row["x1"] + 0.5 * row["x2"]
    return row, float(signal + rng.gauss(0.0, 1.0) > 0.5)


def _gaps(rng: random.Random, workload: Workload, training: bool) -> tuple[dict[str, Any], float]:
    row, label = _numbers(rng, workload, training)
    return {name: None if rng.random() < 0.05 else value for name, value in row.items()}, label


def _text(rng: random.Random, _: Workload, __: bool) -> tuple[dict[str, Any], float]:
    good = rng.random() < 0.5
    words = [f"word{int(WORDS * rng.random() ** 2)}" for _ in range(rng.randint(10, 40))]
    words += rng.choices(("great", "works", "happy") if good else ("broken", "refund", "sad"), k=2)
    rng.shuffle(words)
    return {"text": " ".join(words).capitalize()}, float(good)


def stages_of(workload: Workload) -> list[Any]:
    """Return the unfitted stages; needs pyspark."""
    from pyspark.ml import classification, feature

    prepare = {
        "customers": _customer_stages,
        "numbers": _number_stages,
        "gaps": _gap_stages,
        "texts": _text_stages,
    }[workload.table]
    stages = prepare(feature, workload)
    if workload.classifier:
        stages.append(getattr(classification, workload.classifier)(**dict(workload.params)))
    return stages


def _text_stages(feature: Any, _: Workload) -> list[Any]:
    return [
        feature.Tokenizer(inputCol="text", outputCol="words"),
        feature.HashingTF(inputCol="words", outputCol="counts", numFeatures=1 << 16),
        feature.IDF(inputCol="counts", outputCol="features"),
    ]


def _number_stages(feature: Any, workload: Workload) -> list[Any]:
    columns = ["numbers", *[f"scaled{i}" for i in range(1, workload.scalers)], "features"]
    if not workload.scalers:
        columns = ["features"]
    return [
        feature.VectorAssembler(inputCols=list(schema_of(workload)), outputCol=columns[0]),
        *(
            feature.StandardScaler(inputCol=source, outputCol=target, withMean=True)
            for source, target in pairwise(columns)
        ),
    ]


def _gap_stages(feature: Any, workload: Workload) -> list[Any]:
    names = list(schema_of(workload))
    filled, buckets = [f"{name}_f" for name in names], [f"{name}_b" for name in names]
    return [
        feature.Imputer(inputCols=names, outputCols=filled),
        feature.Bucketizer(inputCols=filled, outputCols=buckets, splitsArray=[list(SPLITS)] * len(names)),
        feature.VectorAssembler(inputCols=filled, outputCol="numbers"),
        feature.StandardScaler(inputCol="numbers", outputCol="scaled", withMean=True),
        feature.VectorAssembler(inputCols=["scaled", *buckets], outputCol="features"),
    ]


def _customer_stages(feature: Any, _: Workload) -> list[Any]:
    encoded = [f"{name}_v" for name in CATEGORIES]
    return [
        *(
            feature.StringIndexer(inputCol=name, outputCol=f"{name}_i", handleInvalid="keep")
            for name in CATEGORIES
        ),
        *(
            feature.OneHotEncoder(inputCols=[f"{name}_i"], outputCols=[made], handleInvalid="keep")
            for name, made in zip(CATEGORIES, encoded, strict=True)
        ),
        feature.Imputer(inputCols=list(NUMBERS), outputCols=[f"{name}_f" for name in NUMBERS]),
        feature.VectorAssembler(inputCols=[f"{name}_f" for name in NUMBERS], outputCol="numbers"),
        feature.StandardScaler(inputCol="numbers", outputCol="scaled", withMean=True),
        feature.VectorAssembler(inputCols=["scaled", *encoded], outputCol="features"),
    ]
