"""`sparklet score`: a file of rows in, a file of scored rows out."""

from __future__ import annotations

import click

from sparklet.batch import score_parquet
from sparklet.cli.options import loaded, model_options
from sparklet.cli.rows import numbered, row_format, to_json, writing
from sparklet.errors import OptionError, RowError, SparkletError

__all__ = ["score"]


@click.command()
@model_options
@click.argument("rows", default="-")
@click.option(
    "--format",
    type=click.Choice(["jsonl", "csv", "parquet"]),
    help="Format of ROWS [default: by its ending; jsonl for stdin].",
)
@click.option(
    "--to", "-o", "target", default="-", metavar="FILE", help="Where to write [default: standard output]."
)
@click.option(
    "--missing",
    type=click.Choice(["error", "null"]),
    default="error",
    show_default=True,
    help="What an absent column means.",
)
@click.option(
    "--keep-going",
    is_flag=True,
    help='Write {"error": ...} in place of a row that fails; the exit code is then 1.',
)
def score(
    model: str,
    spark: str | None,
    schema: tuple[str, ...],
    outputs: tuple[str, ...],
    trusted: tuple[str, ...],
    rows: str,
    format: str | None,
    target: str,
    missing: str,
    keep_going: bool,
) -> None:
    """Score ROWS (JSON lines, CSV or Parquet, - for standard input) and write one JSON line for each.

    A row that a stage drops (handleInvalid="skip") is written as null, so that lines stay in step. Vectors
    are read as lists or as {"type": 0, "size": 3, "indices": [1], "values": [2.0]} and written in the latter
    form, as Spark's toJSON does. In CSV an empty cell is null and cells are read as the model's input types.

    From Parquet to a FILE that ends in .parquet whole columns are scored at once: rows are written with the
    outputs after their own columns, without those that a stage drops, as Spark's transform does.
    """
    found = loaded(model, spark, schema, outputs, trusted, missing)
    kind = format or row_format(rows)
    if target.lower().endswith(".parquet"):
        if kind != "parquet" or keep_going:
            raise OptionError(
                "--to", target, "Parquet is written from Parquet only, and not with --keep-going"
            )
        read, written = score_parquet(found.transform, rows, target)
        click.echo(f"sparklet: {read} rows scored, {read - written} dropped", err=True)
        return
    failed = 0
    with numbered(rows, kind, found.inputs) as numbered_rows, writing(target) as sink:
        for line, row in numbered_rows:
            try:
                if isinstance(row, RowError):
                    raise row
                text = to_json(found.scoreInstance(row))
            except SparkletError as error:
                if not keep_going:
                    place = "standard input" if rows == "-" else rows
                    raise SparkletError(f"{place}, line {line}: {error}") from None
                failed += 1
                text = to_json({"error": str(error), "line": line})
            sink.write(text + "\n")
    if failed:
        click.echo(f"sparklet: {failed} rows failed", err=True)
        raise click.exceptions.Exit(1)
