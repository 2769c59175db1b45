"""Odd names of columns, from Spark's fit to the score: rows, tables, schemas, examples, in both engines."""

from __future__ import annotations

from typing import Any

import pytest

import sparklet
from sparklet.linalg import DenseVector, SparseVector
from sparklet.testing import differences

pa = pytest.importorskip("pyarrow")
pytestmark = pytest.mark.spark

# Only Spark 4 refers to columns with dots, and to one whose name is a star.
DOTTED = ("*", "a.b", "a.b.c", "user.city")
PLAIN = (
    *("a b", " lead", "trail ", "select", "12", "_", "-", "İx", "é日😀", "it's", 'q"t', "\\n", "{x}", "%s"),
    *("a\tb", "a,b", "Ab", "null", "1e5", "a->b", "$1", "#"),
)
TEXTS = ["x y", "z", "x y", None]
TARGETS = [1.0, 2.5, 0.5, 4.0]


def quoted(name: str) -> str:
    """Return a name in backticks, as SQL refers to a column, and params of Spark 4 do."""
    return "`" + name.replace("`", "``") + "`"


def stages_of(names: tuple[str, ...], *, in_params: bool) -> list[Any]:
    """Return stages that read and make columns of odd names: of many at once, then each of another one."""
    from pyspark.ml import feature
    from pyspark.ml.clustering import KMeans
    from pyspark.ml.regression import LinearRegression

    # Some stages of Spark 4, HashingTF among them, refuse backticks round a name that needs none.
    def refer(name: str) -> str:
        return quoted(name) if in_params and ("." in name or "*" in name) else name

    stages: list[Any] = [
        feature.StringIndexer(
            inputCols=[refer(name) for name in names],
            outputCols=[f"{name}i" for name in names],
            handleInvalid="keep",
        ),
        feature.SQLTransformer(
            statement=f"SELECT *, {', '.join([_derived(name) for name in names])} FROM __THIS__"
        ),
        feature.Bucketizer(
            inputCols=[refer(f"{name}n") for name in names],
            outputCols=[f"{name}b" for name in names],
            splitsArray=[[-1e9, 1.5, 1e9]] * len(names),
        ),
        feature.OneHotEncoder(
            inputCols=[refer(f"{name}b") for name in names], outputCols=[f"{name}h" for name in names]
        ),
        feature.VectorAssembler(
            inputCols=[refer(f"{name}{kind}") for name in names for kind in "nh"], outputCol=f"{names[0]}v"
        ),
    ]
    made = iter(names)

    def chain(before: str, stage: Any, **params: Any) -> str:
        after = f"{next(made)}{stage.__name__}"
        stages.append(stage(inputCol=refer(before), outputCol=after, **params))
        return after

    words = chain(f"{names[1]}s", feature.Tokenizer)
    words = chain(words, feature.StopWordsRemover)
    words = chain(words, feature.NGram, n=1)
    chain(words, feature.HashingTF, numFeatures=8)
    chain(words, feature.CountVectorizer)
    chain(f"{names[2]}s", feature.RegexTokenizer)
    chain(f"{names[3]}n", feature.Binarizer, threshold=1.5)
    chain(f"{names[4]}i", feature.IndexToString)
    scaled = chain(f"{names[0]}v", feature.StandardScaler)
    scaled = chain(scaled, feature.Normalizer)
    chain(scaled, feature.PCA, k=1)
    return [
        *stages,
        LinearRegression(
            featuresCol=refer(f"{names[0]}v"), labelCol="y", predictionCol=f"{PLAIN[-1]}p", maxIter=2
        ),
        KMeans(featuresCol=refer(scaled), predictionCol=f"{PLAIN[-2]}p", k=2, seed=1),
    ]


def _derived(name: str) -> str:
    text, number = quoted(f"{name}s"), quoted(f"{name}n")
    return f"coalesce({quoted(name)}, '') AS {text}, {quoted(f'{name}i')} + 1 AS {number}"


def ours(value: Any) -> Any:
    """Return a value of a PySpark row as sparklet returns it."""
    match type(value).__name__:
        case "DenseVector":
            return DenseVector(tuple(map(float, value.values)))
        case "SparseVector":
            return SparseVector(value.size, tuple(map(int, value.indices)), tuple(map(float, value.values)))
    return value


def test_odd_names(spark: Any, tmp_path: Any) -> None:
    from pyspark.ml import Pipeline
    from pyspark.sql.types import DoubleType, StringType, StructField, StructType

    newer = spark.version.startswith("4")
    names = (*PLAIN, *DOTTED) if newer else PLAIN
    schema = StructType(
        [*(StructField(name, StringType()) for name in names), StructField("y", DoubleType())]
    )
    lines = [[TEXTS[(place + at) % 4] for at, _ in enumerate(names)] for place in range(4)]
    frame = spark.createDataFrame(
        [(*line, target) for line, target in zip(lines, TARGETS, strict=True)], schema
    )
    made = Pipeline(stages=stages_of(names, in_params=newer)).fit(frame)
    scored = made.transform(frame)
    outputs = [column for column in scored.columns if column not in (*names, "y")]
    expected = [{column: ours(row[column]) for column in outputs} for row in scored.collect()]

    sparklet.save(made, str(tmp_path / "example"), example=frame.drop("y"), rows=4)
    made.save(str(tmp_path / "plain"))
    rows: list[dict[str, Any]] = [{**dict(zip(names, line, strict=True)), "more": 1} for line in lines]
    with_example = sparklet.load(tmp_path / "example", outputs="*")
    assert with_example.verify() == len(rows)
    declared = sparklet.load(tmp_path / "plain", outputs="*", schema=dict.fromkeys(names, "string"))
    assert declared.schema == dict.fromkeys(names, "string")
    ddl = ", ".join([f"{quoted(name)} STRING" for name in names])
    models = {
        "example": with_example,
        "mapping": declared,
        "DDL": sparklet.load(tmp_path / "plain", outputs="*", schema=ddl),
        "StructType": sparklet.load(tmp_path / "plain", outputs="*", schema=schema),
        "JVM": sparklet.load(tmp_path / "example", outputs="*", engine="jvm"),
    }
    for kind, model in models.items():
        found = [what for _, what in differences(expected, model.scoreInstances(rows))]
        assert not found, f"{kind}: {found[0]}"
    other_case = {name.swapcase(): value for name, value in rows[1].items()}
    assert not list(differences(expected[1], declared.scoreInstance(other_case)))

    table = pa.table({name: [row[name] for row in rows] for name in (*names, "more")})
    for model in (with_example, declared, sparklet.load(tmp_path / "plain", outputs="*")):
        in_table = model.transform(table)
        assert in_table.column_names == [*names, "more", *outputs]
        for name in names:
            assert in_table.column(f"{name}i").to_pylist() == [row[f"{name}i"] for row in expected]
