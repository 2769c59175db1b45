"""Random pipelines over columns of all types, scored undeclared, declared and as tables."""

from __future__ import annotations

import datetime as dt
import random
import struct
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pyarrow as pa

import sparklet
from sparklet.errors import SparkletError, UndeclaredTypeError
from sparklet.testing import SparkFailure, differences, spark_scores
from sparklet.types import parse_type
from sparklet.types.arrow import to_arrow
from tests.models import FEATURE, assembler, indexer, linear_regression, save_pipeline

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

SCHEMA = {
    "i": "int",
    "j": "int",
    "l": "bigint",
    "f": "float",
    "x": "double",
    "y": "double",
    "d": "decimal(10,2)",
    "b": "boolean",
    "dt": "date",
    "ts": "timestamp",
    "s": "string",
    "r": "string",
    "u": "struct<n:int,x:double,c:string>",
}
ZONES = ("UTC", "America/New_York", "Asia/Kolkata")
NUMBERS = ("i", "j", "l", "f", "x", "y", "d")

NUMERIC = """
{n} + 1|{n} * {m}|{n} - {m}|{n} / 2|{n} % 3|{n} * 1.5|abs({n})|greatest({n}, 2)|least({n}, {m})|-{n}
CASE WHEN {n} > 1 THEN {n} ELSE 0 END|CASE WHEN {n} >= 2 THEN 1 ELSE 0 END
CASE WHEN {n} = 1 THEN 'one' ELSE 'more' END|coalesce({n}, 0)|coalesce({n}, {m})|nullif({n}, 1)
CAST({n} AS DOUBLE)|CAST({n} AS INT)|CAST({n} AS BIGINT)|CAST({n} AS FLOAT)|CAST({n} AS DECIMAL(12,3))
round({n}, 1)|floor({n})|ceil({n})|exp({n} / 100)|sqrt(CAST({n} AS DOUBLE))|log(CAST({n} AS DOUBLE) + 10)
signum({n})|IF({n} > 1.5, 1, 0)|{n} BETWEEN 0 AND 10|{n} IN (1, 2)|{n} IS NULL|{n} = {m}|{n} > {m}|hash({n})
CAST({n} AS DOUBLE) * 2|CAST({n} AS DOUBLE) + {m}|isnan({n})|IF({n} IS NULL, 0, 1)
"""
TEXT = """
CAST({n} AS STRING)|concat_ws('_', {n}, 'x')|concat({s}, '-', {t})|upper({s})|length({s})|{s} = 'a'
{s} IN ('a', 'b')|coalesce({s}, 'none')|CAST({n} + 1 AS STRING)|concat({s}, {n})|substring({s}, 1, 1)
CAST(greatest({n}, 2) AS STRING)
"""
OTHER = """
IF({b}, 1, 0)|NOT {b}|{b} AND {n} > 1|CAST({b} AS INT)|CAST({b} AS DOUBLE)|CAST({b} AS STRING)|year({dt})
month({dt})|date_add({dt}, 3)|datediff({dt}, DATE '2024-01-01')|CAST({dt} AS STRING)|dayofweek({dt})
hour({ts})|CAST({ts} AS STRING)|unix_timestamp({ts})|to_date({ts})|date_format({ts}, 'yyyy-MM-dd HH')
year({ts})|{b}|{n}|{s}|{ts} > TIMESTAMP '2024-01-01'|CAST({ts} AS DATE)|dayofyear({ts})
date_trunc('DAY', {ts}) = {ts}
"""
NESTED = """
u.n + 1|CAST(u.n AS STRING)|upper(u.c)|u.x * {n}|u.n > {n}|concat(u.c, '-', {s})|coalesce(u.n, {n})|u.c = 'a'
CASE WHEN u.n > 1 THEN u.n ELSE 0 END|CAST(u.x AS DOUBLE)|IF(u.n IS NULL, 0, 1)|u IS NULL|hash(u.c)
u.n / 2|length(u.c)
"""


def _templates(text: str) -> list[str]:
    return [each for line in text.strip().splitlines() for each in line.split("|")]


CERTAIN = (
    "upper(s)",
    "IF(i > 1, 1, 0)",
    "CAST(x AS DOUBLE) * 2",
    "CASE WHEN d >= 1 THEN 'a' ELSE 'b' END",
    "CAST(i AS DOUBLE)",
    "year(dt)",
    "IF(b, 1, 0)",
    "length(concat(s, r))",
    "sqrt(x)",
    "l IN (1, 2, 3)",
)
TEMPLATES = (_templates(NUMERIC), _templates(TEXT), _templates(OTHER), _templates(NESTED))


def _single(value: float) -> float:
    return struct.unpack("f", struct.pack("f", value))[0]


def rows_of(seed: int, count: int = 8) -> list[dict[str, Any]]:
    """Return rows of SCHEMA with a null here and there; the first has none."""
    pick = random.Random(seed)
    rows = []
    for place in range(count):
        row = {
            "i": pick.randint(-3, 5),
            "j": pick.randint(0, 3),
            "l": pick.choice([1, 2, 3, 7, 2**40, -5]),
            "f": _single(pick.choice([0.1, 1.0, 2.5, -3.3, 16.0])),
            "x": pick.choice([0.1, 1.0, 2.0, 2.5, -3.25, 1e6]),
            "y": pick.choice([1.0, 2.0, 3.0]),
            "d": Decimal(pick.choice(["0.10", "1.00", "2.50", "-3.25", "7.00"])),
            "b": pick.random() < 0.5,
            "dt": dt.date(2024, pick.randint(1, 12), pick.randint(1, 28)),
            "ts": dt.datetime(
                2024, pick.randint(1, 12), pick.randint(1, 28), pick.randint(0, 23), 5, 6, 0, dt.UTC
            ),
            "s": pick.choice(["a", "b", "c d"]),
            "r": pick.choice(["1", "2", "x"]),
            "u": {
                "n": pick.choice([1, 2, -3, None]),
                "x": pick.choice([0.5, 2.0, -3.25, None]),
                "c": pick.choice(["a", "b", None]),
            },
        }
        if place:
            row = {name: None if pick.random() < 0.06 else value for name, value in row.items()}
        rows.append(row)
    return rows


def as_json(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return the row as JSON carries it: whole doubles as integers, decimals as numbers."""

    def plain(value: Any) -> Any:
        if isinstance(value, Decimal):
            value = float(value)
        if isinstance(value, dict):
            return as_json(value)
        return int(value) if isinstance(value, float) and value.is_integer() else value

    return {name: plain(value) for name, value in row.items()}


LABELS = {
    "i": ("1", "2", "0", "-1"),
    "j": ("1", "0"),
    "y": ("1.0", "2.0"),
    "x": ("0.1", "2.5", "1.0"),
    "d": ("0.10", "1.00", "2.50"),
    "s": ("a", "b"),
    "r": ("1", "2", "x"),
    "e0": ("1", "2"),
}
SPLITS = [float("-inf"), 0.0, 1.5, float("inf")]


@dataclass
class Drawn:
    """A random pipeline: a statement, indexers, an imputer, a bucketizer and a linear model.

    All its columns start with `prefix`, so that several pipelines can score one table.
    """

    prefix: str
    statement: str
    indexed: tuple[str, ...]
    imputed: Mapping[str, float]
    bucketed: str | None
    assembled: tuple[str, ...]

    def saved(self, folder: str, version: str) -> str:
        """Write the pipeline as Spark saves it, and return its folder."""
        stages: list[Any] = [(f"{FEATURE}SQLTransformer", "sql", {"statement": self.statement}, None)]
        if self.imputed:  # the second stage, which `in_spark` loads
            params = {
                "inputCols": list(self.imputed),
                "outputCols": [self.filled(name) for name in self.imputed],
            }
            data = [(name, pa.float64(), [value]) for name, value in self.imputed.items()]
            stages.append((f"{FEATURE}ImputerModel", "imputer", params, data))
        for name in self.indexed:
            params = {"inputCol": name, "outputCol": self.index(name), "handleInvalid": "keep"}
            stages.append(indexer(f"ix_{name}", LABELS[name.removeprefix(self.prefix)], **params))
        if self.bucketed:
            params = {"inputCol": self.bucketed, "outputCol": f"{self.prefix}bucket", "handleInvalid": "keep"}
            splits = {"splits": ["-Inf", 0.0, 1.5, "Inf"]}
            stages.append((f"{FEATURE}Bucketizer", "bucketizer", params | splits, None))
        if self.assembled:
            features = f"{self.prefix}features"
            stages.append(assembler(inputs=self.assembled, output=features, handleInvalid="keep"))
            params = {"featuresCol": features, "predictionCol": f"{self.prefix}prediction"}
            stages.append(linear_regression(weights=self.weights, **params))
        return save_pipeline(folder, stages, version)

    @property
    def weights(self) -> tuple[float, ...]:
        """Return a coefficient for each assembled column."""
        return tuple([0.5 + place for place, _ in enumerate(self.assembled)])

    def filled(self, name: str) -> str:
        """Return the imputed column of a column."""
        return f"{self.prefix}{name}_f"

    def index(self, name: str) -> str:
        """Return the index of a column."""
        return f"{self.prefix}{name.removeprefix(self.prefix)}_ix"

    def in_spark(self, spark: SparkSession, path: str) -> list[Any]:
        """Return the stages of the pipeline saved at `path` in PySpark, with as few jobs as possible."""
        from pyspark.ml import feature
        from pyspark.ml.regression import LinearRegressionModel

        ml = spark._jvm.org.apache.spark.ml
        stages: list[Any] = [feature.SQLTransformer(statement=self.statement)]
        if self.imputed:
            stages.append(feature.ImputerModel.load(f"{path}/stages/1_imputer"))
        for name in self.indexed:
            labels = LABELS[name.removeprefix(self.prefix)]
            stages.append(feature.StringIndexerModel.from_labels(labels, name, self.index(name), "keep"))
        if self.bucketed:
            made = feature.Bucketizer(splits=SPLITS, inputCol=self.bucketed, outputCol=f"{self.prefix}bucket")
            stages.append(made.setHandleInvalid("keep"))
        if self.assembled:
            features = f"{self.prefix}features"
            made = feature.VectorAssembler(inputCols=list(self.assembled), outputCol=features)
            stages.append(made.setHandleInvalid("keep"))
            vector = ml.linalg.Vectors.dense(self.weights[0], _array(spark, self.weights[1:]))
            model = LinearRegressionModel(ml.regression.LinearRegressionModel("lr", vector, 1.0))
            stages.append(model.setFeaturesCol(features).setPredictionCol(f"{self.prefix}prediction"))
        return stages


def _array(spark: SparkSession, values: Sequence[float]) -> Any:
    gateway = spark.sparkContext._gateway
    array = gateway.new_array(spark._jvm.double, len(values))
    for place, value in enumerate(values):
        array[place] = value
    return array


def draw(seed: int) -> Drawn:
    """Return a random pipeline."""
    pick = random.Random(seed)
    prefix = f"p{seed}_"
    items = []
    for place in range(pick.randint(1, 3)):
        one, other = pick.sample(NUMBERS, 2)
        template = pick.choice(pick.choices(TEMPLATES, (5, 2, 2, 2))[0])
        text = template.format(n=one, m=other, s="s", t="r", b="b", dt="dt", ts="ts")
        items.append(f"{text} AS {prefix}e{place}")
    if pick.random() < 0.2:
        items = [f"{pick.choice(CERTAIN)} AS {prefix}e0"]
    indexed = {pick.choice(list(LABELS)) for _ in range(2)} if pick.random() < 0.6 else set()
    imputed = {}
    if pick.random() < 0.4:
        names = pick.sample(["i", "f", "x", "l", "d"], pick.randint(1, 2))
        imputed = {name: pick.choice([2.0, 3.0, 1.67]) for name in names}
    assembled = set(pick.sample(["i", "l", "f", "x", "d", "b", "j"], pick.randint(2, 4)))
    assembled |= {f"{prefix}{name}_f" for name in imputed} | {f"{prefix}{name}_ix" for name in indexed}
    return Drawn(
        prefix,
        f"SELECT *, {', '.join(items)} FROM __THIS__",
        tuple(sorted(f"{prefix}e0" if name == "e0" else name for name in indexed)),
        imputed,
        pick.choice(["i", "f", "d", "x", "l"]) if pick.random() < 0.4 else None,
        tuple(sorted(assembled)) if pick.random() < 0.7 else (),
    )


@dataclass
class Tally:
    """What came of many pipelines, scored in several ways."""

    outcomes: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    silent: list[str] = field(default_factory=list)

    def refused(self, way: str, error: Exception) -> None:
        """Count a refusal at load."""
        self.outcomes[f"{way}: refused at load"] += 1
        reasons = [ask.reason for ask in error.asks] if isinstance(error, UndeclaredTypeError) else []
        self.reasons[" / ".join(sorted(set(reasons))) or f"{type(error).__name__}: {str(error)[:90]}"] += 1

    def __str__(self) -> str:
        lines = [f"  {count:5} {name}" for name, count in sorted(self.outcomes.items())]
        lines += ["  reasons:"] + [f"  {count:5} {name}" for name, count in self.reasons.most_common(30)]
        return "\n".join(lines + self.silent[:20])


def compare(
    tally: Tally, label: str, way: str, expected: Sequence[Any], actual: Iterator[Any] | Sequence[Any]
) -> None:
    """Compare outcomes row by row; an error where Spark has an answer is a refusal, not a difference."""
    for place, (theirs, ours) in enumerate(zip(expected, actual, strict=True)):
        failed = isinstance(ours, SparkletError)
        if isinstance(theirs, SparkFailure):
            if not failed:
                tally.silent.append(f"{label} [{way}] row {place}: Spark raises {theirs.error}, here {ours}")
            tally.outcomes[f"{way}: rows that both refuse"] += failed
        elif failed:
            tally.outcomes[f"{way}: rows refused"] += 1
            tally.reasons[f"row: {str(ours)[:90]}"] += 1
        else:
            found = list(differences(theirs, ours))
            tally.outcomes[f"{way}: rows equal"] += not found
            if found:
                tally.silent.append(f"{label} [{way}] row {place}: {[str(each) for each in found[:2]]}")


def score_rows(model: Any, rows: Sequence[Mapping[str, Any]]) -> list[Any]:
    """Return the outcome of each row."""
    return model.scoreInstances(rows, errors="collect")


def table_of(rows: Sequence[Mapping[str, Any]]) -> pa.Table:
    """Return the rows as an Arrow table of SCHEMA."""
    fields = [(name, to_arrow(parse_type(type))) for name, type in SCHEMA.items()]
    return pa.Table.from_pylist(list(rows), schema=pa.schema(fields))


GROUP = 20


def run(spark: SparkSession, folder: str, seeds: Sequence[int], tally: Tally) -> None:
    """Score random pipelines in three time zones, and compare the ways to score them with Spark."""
    zone = spark.conf.get("spark.sql.session.timeZone")
    try:
        for group, start in enumerate(range(0, len(seeds), GROUP)):
            spark.conf.set("spark.sql.session.timeZone", ZONES[group % len(ZONES)])
            _run(spark, folder, seeds[start : start + GROUP], ZONES[group % len(ZONES)], tally)
    finally:
        spark.conf.set("spark.sql.session.timeZone", zone)


def _run(spark: SparkSession, folder: str, seeds: Sequence[int], zone: str, tally: Tally) -> None:
    from pyspark.ml import PipelineModel

    from sparklet.testing.spark import to_frame

    line = ".".join(spark.version.split(".")[:2])
    rows = rows_of(seeds[0])
    frame = to_frame(spark, rows, SCHEMA)
    together: list[tuple[Drawn, str, list[Any]]] = []
    alone: list[tuple[Drawn, str, list[Any]]] = []
    for seed in seeds:
        drawn = draw(seed)
        path = drawn.saved(f"{folder}/{seed}", spark.version)
        stages = drawn.in_spark(spark, path)
        try:
            PipelineModel(stages).transform(frame)
        except Exception as error:
            # A statement that Spark refuses for these types, under ANSI for instance.
            tally.outcomes["Spark refuses"] += 1
            tally.reasons[f"Spark: {SparkFailure.of(error).error[:90]}"] += 1
            continue
        (alone if _raises(path, line, zone, rows) else together).append((drawn, path, stages))
    for members in [together, *[[one] for one in alone]]:
        stages = [stage for _, _, stages in members for stage in stages]
        scores = spark_scores(PipelineModel(stages), rows, SCHEMA, spark, group=len(rows))
        assert scores.failure is None, scores.failure
        for drawn, path, _ in members:
            expected = [_own(outcome, drawn.prefix) for outcome in scores.outcomes]
            score_all(tally, f"{zone} {drawn}", path, {"spark": line, "timezone": zone}, rows, expected)
    print(f"{seeds[-1] + 1} pipelines at most, {len(tally.silent)} differences", flush=True)


def _text(schema: Mapping[str, str]) -> str:
    """Return a schema as DDL, which describes a whole table."""
    return ", ".join(f"{name} {type}" for name, type in schema.items())


def _raises(path: str, line: str, zone: str, rows: Sequence[Mapping[str, Any]]) -> bool:
    """Return whether the declared model refuses a row, so that it would spoil the job of its group."""
    try:
        model = sparklet.load(path, schema=_text(SCHEMA), outputs="*", spark=line, timezone=zone)
    except SparkletError:
        return True
    return any(isinstance(found, SparkletError) for found in score_rows(model, rows))


def _own(outcome: Any, prefix: str) -> Any:
    if not isinstance(outcome, dict):
        return outcome
    return {name: value for name, value in outcome.items() if name.startswith(prefix)}


def score_all(
    tally: Tally,
    label: str,
    path: str,
    session: Mapping[str, str],
    rows: Sequence[dict[str, Any]],
    expected: Sequence[Any],
) -> None:
    """Score the rows undeclared, declared and as a table, and compare each with Spark."""
    options = {"outputs": "*", **session}
    try:
        model = sparklet.load(path, **options)
    except SparkletError as error:
        tally.refused("undeclared", error)
    else:
        tally.outcomes["undeclared: loaded"] += 1
        compare(tally, label, "undeclared", expected, score_rows(model, rows))
        compare(tally, label, "undeclared JSON", expected, score_rows(model, [as_json(row) for row in rows]))
    try:
        model = sparklet.load(path, schema=_text(SCHEMA), **options)
    except SparkletError as error:
        tally.refused("declared", error)
    else:
        compare(tally, label, "declared", expected, score_rows(model, rows))
        compare(tally, label, "declared JSON", expected, score_rows(model, [as_json(row) for row in rows]))
    try:
        model = sparklet.load(path, undeclared="tables", **options)
        tables = [model.transform(table_of(rows[place : place + 1])) for place in range(len(rows))]
    except SparkletError as error:
        tally.refused("table", error)
    else:
        names = [column.name for column in model.outputs]
        compare(tally, label, "table", expected, [_row(table, names) for table in tables])


def _row(table: pa.Table, names: Sequence[str]) -> dict[str, Any]:
    from sparklet.columns.rows import _decode_vector

    row = table.select([name for name in names if name in table.column_names]).to_pylist()[0]
    return {
        name: _decode_vector(value) if isinstance(value, dict) else _naive(value)
        for name, value in row.items()
    }


def _naive(value: Any) -> Any:
    return value.replace(tzinfo=None) if isinstance(value, dt.datetime) else value
