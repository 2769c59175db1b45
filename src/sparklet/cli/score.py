"""`sparklet score`: read rows from a file and write the scored rows to a file."""

from __future__ import annotations

from typing import Any

import click

from sparklet.batch import parquet_schema, score_parquet
from sparklet.cli.options import loaded, model_options
from sparklet.cli.rows import numbered, row_format, writing
from sparklet.errors import OptionError, RowError, SparkletError
from sparklet.json import dumps

__all__ = ["score"]


@click.command()
@model_options
@click.argument("rows", default="-")
@click.option(
    "--format",
    type=click.Choice(["jsonl", "csv", "parquet"]),
    help="Format of ROWS [default: by its extension; jsonl for standard input].",
)
@click.option(
    "--to", "-o", "target", default="-", metavar="FILE", help="Output file [default: standard output]."
)
@click.option(
    "--missing",
    type=click.Choice(["error", "null"]),
    default="error",
    show_default=True,
    help="Whether an absent column is an error or null.",
)
@click.option(
    "--keep-going",
    is_flag=True,
    help='Write {"error": ...} for a row that fails and continue; the exit code is then 1.',
)
def score(
    model: str,
    undeclared: str | None,
    rows: str,
    format: str | None,
    target: str,
    missing: str,
    keep_going: bool,
    **options: Any,
) -> None:
    """Score ROWS and write one line of JSON for each.

    ROWS is a file of JSON lines, CSV or Parquet, or - for standard input. A row that a stage drops
    (handleInvalid="skip") is written as null, so that input and output lines correspond. Vectors are read as
    lists or as {"type": 0, "size": 3, "indices": [1], "values": [2.0]} and written in the second form, like
    Spark's toJSON. In CSV an empty cell is null, and the other cells are converted to the types of the
    model's inputs.

    If ROWS is Parquet and FILE ends in .parquet, whole columns are scored at once: like Spark's transform,
    the command appends the outputs to the columns of ROWS and omits the rows that a stage drops.
    """
    kind = format or row_format(rows)
    typed = kind == "parquet" and undeclared is None
    options["undeclared"] = "tables" if typed else undeclared or "refuse"
    online = loaded(model, missing=missing, **options)
    if target.lower().endswith(".parquet"):
        if kind != "parquet" or keep_going:
            raise OptionError(
                "--to",
                target,
                "FILE can be written as Parquet only if ROWS is Parquet, and not with --keep-going",
            )
        read, written = score_parquet(online.transform, rows, target)
        click.echo(f"sparklet: {read} rows scored, {read - written} dropped", err=True)
        return
    if kind == "parquet":
        columns = parquet_schema(rows).empty_table()
        online = online._bound_to_columns(columns)  # noqa: SLF001 - not for users, who score tables
    failed = 0
    with numbered(rows, kind, online.inputs) as numbered_rows, writing(target) as sink:
        for line, row in numbered_rows:
            try:
                if isinstance(row, RowError):
                    raise row
                text = dumps(online.scoreInstance(row))
            except SparkletError as error:
                if not keep_going:
                    source = "standard input" if rows == "-" else rows
                    raise SparkletError(f"{source}, line {line}: {error}") from None
                failed += 1
                text = dumps({"error": error.to_dict(), "line": line})
            sink.write(text + "\n")
    if failed:
        click.echo(f"sparklet: {failed} rows failed", err=True)
        raise click.exceptions.Exit(1)
