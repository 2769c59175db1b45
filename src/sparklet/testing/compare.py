"""Compare sparklet with a live Spark on the same rows: counts per column, and the first difference."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sparklet.columns import table_schema
from sparklet.engines.blas import blas_in_use
from sparklet.errors import OptionError, SparkletError
from sparklet.same import Slack, differences, distance
from sparklet.testing.spark import (
    SparkFailure,
    SparkScores,
    load_with_spark,
    pin_blas,
    spark_scores,
    spark_type,
)

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

__all__ = ["Agreement", "ColumnAgreement", "Difference", "compare", "compare_with_spark", "outcome"]


def outcome(model: Any, row: Mapping[str, Any]) -> dict[str, Any] | SparkletError | None:
    """Score one row and return its outputs, None if it was dropped, or the error."""
    try:
        scored: dict[str, Any] | None = model.scoreInstance(row)
    except SparkletError as error:
        return error
    return scored


@dataclass(frozen=True)
class Difference:
    """One difference: position and content of the row, path in the outputs, and a description."""

    position: int
    row: Mapping[str, Any]
    path: str
    problem: str

    def __str__(self) -> str:
        return f"row {self.position} {self.row!r}: {self.path}: {self.problem}"


@dataclass
class ColumnAgreement:
    """Counts, for one output column, of the rows that both Spark and sparklet scored.

    `equal` values are the same within the slack, `bits` in every bit. `max_ulp` is the largest distance, in
    the units of the slack.
    """

    equal: int = 0
    bits: int = 0
    unequal: int = 0
    max_ulp: int = 0
    first: Difference | None = None


@dataclass
class Agreement:
    """The result of comparing sparklet with Spark on some rows.

    `columns` has the counts per output column. `scored`, `dropped` and `failed` count the rows that both
    scored, dropped or refused. `disputed` counts the rows with different outcomes; `first` is the first one.
    """

    rows: int = 0
    scored: int = 0
    dropped: int = 0
    failed: int = 0
    disputed: int = 0
    first: Difference | None = None
    columns: dict[str, ColumnAgreement] = field(default_factory=dict)

    @property
    def same(self) -> bool:
        """Return whether no row and no value differs."""
        return not self.disputed and not any(column.unequal for column in self.columns.values())

    @property
    def values(self) -> int:
        """Return the number of values compared."""
        return sum(column.equal + column.unequal for column in self.columns.values())

    @property
    def equal(self) -> int:
        """Return the number of values that are the same within the slack."""
        return sum(column.equal for column in self.columns.values())

    @property
    def bits(self) -> int:
        """Return the number of values that are the same in every bit."""
        return sum(column.bits for column in self.columns.values())

    @property
    def max_ulp(self) -> int:
        """Return the largest distance of two compared floats, 0 if every bit is equal."""
        return max((column.max_ulp for column in self.columns.values()), default=0)

    def problems(self) -> Iterator[Difference]:
        """Yield the first dispute and the first difference of each column."""
        if self.first:
            yield self.first
        for column in self.columns.values():
            if column.first:
                yield column.first

    def __str__(self) -> str:
        return (
            f"{self.rows} rows ({self.scored} scored, {self.dropped} dropped, {self.failed} refused, "
            f"{self.disputed} disputed), "
            f"{self.equal} of {self.values} values equal ({self.bits} in every bit), max {self.max_ulp} ulp"
        )


def _distances(expected: Any, actual: Any, slack: Slack) -> Iterator[int]:
    """Yield the distances between the floats of two values of the same form, in the units of the slack."""
    if isinstance(expected, float) and isinstance(actual, float):
        yield distance(expected, actual, slack.unit())
    elif isinstance(expected, list) and isinstance(actual, list) and len(expected) == len(actual):
        for one, other in zip(expected, actual, strict=True):
            yield from _distances(one, other, slack)
    elif type(expected).__name__ in ("DenseVector", "SparseVector"):
        theirs, ours = list(map(float, expected.values)), getattr(actual, "values", ())
        if len(theirs) == len(ours):
            unit = slack.unit(theirs)
            for one, other in zip(theirs, ours, strict=True):
                yield distance(one, other, unit)


def settled(row: Any, unordered: Iterable[str]) -> Any:
    """Return a scored row with the arrays of the `unordered` columns, whose order is undefined, sorted."""
    if not isinstance(row, dict):
        return row
    return {**row, **{name: sorted(row[name], key=repr) for name in unordered if row.get(name) is not None}}


def _kind(result: object) -> str:
    if result is None:
        return "dropped"
    return "scored" if isinstance(result, dict) else "failed"


def compare(
    expected: SparkScores | Sequence[dict[str, Any] | SparkFailure | None],
    actual: Sequence[dict[str, Any] | SparkletError | None],
    rows: Sequence[Mapping[str, Any]],
    ulps: int | Slack = 0,
    unordered: Iterable[str] = (),
) -> Agreement:
    """Compare Spark's outcomes with sparklet's, row by row; see `outcome` for the form of `actual`."""
    total = Agreement(rows=len(rows))
    slack = ulps if isinstance(ulps, Slack) else Slack(ulps)
    outcomes = expected.outcomes if isinstance(expected, SparkScores) else expected
    for position, (theirs, ours, row) in enumerate(zip(outcomes, actual, rows, strict=True)):
        theirs, ours = settled(theirs, unordered), settled(ours, unordered)  # noqa: PLW2901
        kind = _kind(theirs)
        if kind != _kind(ours) or (
            isinstance(theirs, dict) and isinstance(ours, dict) and list(theirs) != list(ours)
        ):
            total.disputed += 1
            problem = f"Spark: {theirs!r}, sparklet: {ours!r}"
            total.first = total.first or Difference(position, row, "$", problem)
            continue
        setattr(total, kind, getattr(total, kind) + 1)
        if not isinstance(theirs, dict) or not isinstance(ours, dict):
            continue
        for name, value in theirs.items():
            column = total.columns.setdefault(name, ColumnAgreement())
            if next(differences(value, ours[name]), None) is None:
                column.bits += 1
                column.equal += 1
                continue
            allowed = slack.at(name)
            column.max_ulp = max(column.max_ulp, *_distances(value, ours[name], allowed), 0)
            difference = next(differences(value, ours[name], f"$.{name}", allowed), None)
            if difference is None:
                column.equal += 1
            else:
                column.unequal += 1
                column.first = column.first or Difference(position, row, *difference)
    return total


def compare_with_spark(
    model_path: str,
    rows: DataFrame | Sequence[Mapping[str, Any]],
    spark: SparkSession,
    *,
    schema: Mapping[str, str] | None = None,
    ulps: int | Slack = 0,
    unordered: Iterable[str] = (),
    blas: str | None = "java11",
) -> Agreement:
    """Score rows with a saved model in live Spark and in sparklet, and return how far they agree.

    `rows` is a DataFrame, or a list of mappings whose Spark types are in `schema`; columns that `schema`
    omits have the types that sparklet infers. sparklet reproduces the release and the session of `spark`.
    `ulps` is the slack for floats, `unordered` names array columns to compare as sets. Both sum dot products
    in the order `blas`; None is the order of the session. Raises a `SparkletError` if sparklet cannot
    load the model, and `OptionError` for an order in which the JVM of the session cannot sum.
    """
    from sparklet.engines import load

    release = ".".join(spark.version.split(".")[:2])
    if not isinstance(rows, Sequence):
        frame = rows
        schema = {item.name: spark_type(item.dataType) for item in frame.schema.fields}
        rows = [{name: row[name] for name in schema} for row in frame.collect()]
    if blas is None:
        facts, blas = blas_in_use(spark)
        if blas is None:
            raise OptionError("blas", None, f"the summation order of this session is unknown: {facts}")
    else:
        pin_blas(spark, blas)
    model = load(
        model_path,
        schema=table_schema(schema or {}),
        outputs="*",
        spark=release,
        ansi=spark.conf.get("spark.sql.ansi.enabled") == "true",
        timezone=spark.conf.get("spark.sql.session.timeZone"),
        blas=blas,
    )
    names = {name for row in rows for name in row}
    types = {name: kind for name, kind in _types(model, schema).items() if name in names}
    theirs = load_with_spark(model_path, spark)
    ours = [outcome(model, row) for row in rows]
    replaced = [column.name for column in model.outputs if column.name in types]
    suspects = [position for position, result in enumerate(ours) if isinstance(result, SparkletError)]
    scores = spark_scores(
        theirs, rows, types, spark, replaced=replaced, suspects=suspects, group=max(1, len(rows) // 8)
    )
    if scores.failure:
        everywhere = SparkScores({}, [scores.failure] * len(rows))
        return compare(everywhere, ours, rows, ulps, unordered)
    return compare(scores, ours, rows, ulps, unordered)


def _types(model: Any, schema: Mapping[str, str] | None) -> dict[str, str]:
    return {**{column.name: str(column.type) for column in model.inputs}, **(schema or {})}
