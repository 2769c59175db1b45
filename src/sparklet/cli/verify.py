"""`sparklet verify`: compare sparklet's results with those of a live Spark or those saved with the model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from sparklet.cli.options import blas_option, loaded, schema_option, session_options, trust_option
from sparklet.cli.rows import reading, row_format, rows_of
from sparklet.columns import coercer, fold
from sparklet.engines import OnlinePipelineModel
from sparklet.errors import OptionError, RowError, SparkletError
from sparklet.extras import require_pyspark
from sparklet.saved import open_model

if TYPE_CHECKING:
    from sparklet.testing import Agreement

__all__ = ["verify"]


@click.command()
@click.argument("model")
@session_options
@blas_option
@schema_option
@trust_option
@click.option(
    "--rows",
    "-r",
    "rows_path",
    metavar="FILE",
    help="Rows to score with a live Spark: JSON lines or CSV, - for standard input.",
)
@click.option(
    "--format",
    type=click.Choice(["jsonl", "csv"]),
    help="Format of FILE [default: by its extension; jsonl for standard input].",
)
@click.option(
    "--ulps",
    default=0,
    show_default=True,
    help="Tolerance for floats, in units in the last place (exp and log may need 1).",
)
def verify(
    model: str,
    rows_path: str | None,
    format: str | None,
    ulps: int,
    **options: Any,
) -> None:
    """Compare sparklet's results with Spark's.

    Every bit of every column is compared. Without --rows, the command scores the example rows that
    `sparklet.save(model, path, example=df)` stored in the model and compares the results with those that
    Spark computed then. It needs neither PySpark nor Java. It first compares every file of the model with its
    checksum, then reports the first difference and exits with 1. Columns that depend on functions such as exp
    (probability ...) may differ by 16 units in the last place; all floats may differ by 4096 units if Spark
    summed dot products in an unknown order.

    With --rows, a live local Spark scores the rows too, which needs PySpark and Java. sparklet reproduces the
    installed Spark release. Both use the time zone of --timezone or of the example, else UTC; the ANSI mode
    of --ansi or of the example, else the default of the release; and sum dot products in the order of --blas
    or of the example, or as java11 if there is no example or the JVM cannot sum in that order. The command
    prints the order, and the number of equal values in each column. If a row differs, it also prints the
    first such row and exits with 1. A row that both refuse or both drop counts as equal.
    """
    console = Console()
    if rows_path is None:
        online = loaded(model, undeclared="infer", **options)
        console.print(
            f"{online.verify():,} example rows: sparklet's results equal Spark's (BLAS {online.profile.blas})"
        )
        return
    require_pyspark("sparklet verify --rows")
    online = loaded(model, undeclared="infer", **options)
    with reading(rows_path) as file:
        lines = rows_of(file, format or row_format(rows_path), online.inputs)
        rows = [_typed(online, row, rows_path, line) for line, row in lines]
    if not rows:
        raise OptionError("--rows", rows_path, "contains no rows")
    with console.status(f"scoring {len(rows):,} rows with Spark …"):
        agreement, order = _compare(online, rows, ulps, options["ansi"])
    _print(console, agreement, order)
    if not agreement.same:
        raise click.exceptions.Exit(1)


def _typed(
    model: OnlinePipelineModel, row: Mapping[str, Any] | RowError, path: str, line: int
) -> dict[str, Any]:
    """Return the input columns of a row, converted to the types that Spark requires."""
    try:
        if isinstance(row, RowError):
            raise row
        names = {fold(name): name for name in row}
        typed = {}
        for column in model.inputs:
            if fold(column.name) in names:
                typed[column.name] = coercer(column)(row[names[fold(column.name)]])
    except SparkletError as error:
        raise SparkletError(f"{path}, line {line}: {error}") from None
    return typed


def _compare(
    model: OnlinePipelineModel, rows: list[dict[str, Any]], ulps: int, ansi: bool | None
) -> tuple[Agreement, str]:
    """Return the comparison with a live Spark, and the summation order of both."""
    from sparklet.testing import compare_with_spark, orders_of, session_of_its_own

    example = open_model(model.path).example()
    if ansi is None and example is not None:
        ansi = example.profile.ansi
    with session_of_its_own() as spark:
        spark.conf.set("spark.sql.session.timeZone", model.profile.timezone or "UTC")
        if ansi is not None:
            spark.conf.set("spark.sql.ansi.enabled", ansi)
        schema = {column.name: str(column.type) for column in model.inputs}
        order = model.profile.blas if model.profile.blas in orders_of(spark) else "java11"
        return compare_with_spark(model.path, rows, spark, schema=schema, ulps=ulps, blas=order), order


def _print(console: Console, agreement: Agreement, order: str) -> None:
    table = Table("column", "equal", "unequal", "largest distance (ulp)")
    for name, column in agreement.columns.items():
        table.add_row(escape(name), f"{column.equal:,}", f"{column.unequal:,}", f"{column.max_ulp:,}")
    console.print(table)
    console.print(
        f"{agreement.rows:,} rows: {agreement.scored:,} scored, {agreement.dropped:,} dropped "
        f"and {agreement.failed:,} refused by both, "
        f"{agreement.disputed:,} disputed (BLAS {order})"
    )
    for difference in agreement.problems():
        console.print(f"first difference: {escape(str(difference))}")
