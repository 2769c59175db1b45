"""`sparklet verify`: rows scored by sparklet and by Spark, live or when the model was saved, compared."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from sparklet.cli.options import loaded, schema_option, trust_option
from sparklet.cli.rows import reading, row_format, rows_of
from sparklet.columns import coercer, fold
from sparklet.engines import OnlinePipelineModel
from sparklet.errors import OptionError, RowError, SparkletError
from sparklet.extras import require_pyspark

if TYPE_CHECKING:
    from sparklet.testing import Agreement

__all__ = ["verify"]


@click.command()
@click.argument("model")
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
    help="Format of FILE [default: by its ending; jsonl for stdin].",
)
@click.option(
    "--ulps",
    default=0,
    show_default=True,
    help="Slack for floats, in units in the last place (exp and log may need 1).",
)
def verify(
    model: str,
    schema: tuple[str, ...],
    trusted: tuple[str, ...],
    rows_path: str | None,
    format: str | None,
    ulps: int,
) -> None:
    """Compare what sparklet scores with what Spark answers, every bit of every column.

    Without --rows these are the example rows that `sparklet.save(model, path, example=df)` stored in the
    model, with the answers that Spark gave then: neither PySpark nor Java is needed. Every file of the model
    is compared with its checksum first. The first difference is told and the exit code is 1. Only what goes
    through functions such as exp (probability ...) may differ by 16 units in the last place; all columns by
    4096 where Spark summed dots in an unknown order.

    With --rows, a live local Spark scores them too. Needs PySpark and Java; sparklet scores as the installed
    Spark's version does, whose dots are summed in the reference order (Java11BLAS). Prints per column how
    many values are equal, and the first row that differs; the exit code is then 1. A row that both refuse, or
    both drop, agrees.
    """
    console = Console()
    if rows_path is None:
        found = loaded(model, None, schema, (), trusted)
        console.print(f"{found.verify():,} example rows: sparklet gives what Spark gave")
        return
    require_pyspark("sparklet verify --rows")
    found = loaded(model, None, schema, (), trusted)
    with reading(rows_path) as file:
        lines = rows_of(file, format or row_format(rows_path), found.inputs)
        rows = [_typed(found, row, rows_path, line) for line, row in lines]
    if not rows:
        raise OptionError("--rows", rows_path, "holds no row")
    with console.status(f"scoring {len(rows):,} rows with Spark …"):
        agreement = _compare(found, rows, ulps)
    _print(console, agreement)
    if not agreement.same:
        raise click.exceptions.Exit(1)


def _typed(
    model: OnlinePipelineModel, row: Mapping[str, Any] | RowError, path: str, line: int
) -> dict[str, Any]:
    """Return the input columns of a row, as values of their types, which Spark demands."""
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


def _compare(model: OnlinePipelineModel, rows: list[dict[str, Any]], ulps: int) -> Agreement:
    from sparklet.testing import compare_with_spark, spark_session

    spark = spark_session()
    try:
        schema = {column.name: str(column.type) for column in model.inputs}
        return compare_with_spark(model.path, rows, spark, schema=schema, ulps=ulps)
    finally:
        spark.stop()


def _print(console: Console, agreement: Agreement) -> None:
    table = Table("column", "equal", "unequal", "largest distance (ulp)")
    for name, column in agreement.columns.items():
        table.add_row(escape(name), f"{column.equal:,}", f"{column.unequal:,}", f"{column.max_ulp:,}")
    console.print(table)
    console.print(
        f"{agreement.rows:,} rows: {agreement.scored:,} scored, {agreement.dropped:,} dropped "
        f"and {agreement.failed:,} refused by both, "
        f"{agreement.disputed:,} disputed"
    )
    for difference in agreement.problems():
        console.print(f"first difference: {escape(str(difference))}")
