"""`sparklet explain`: the function that a model becomes."""

from __future__ import annotations

import click

from sparklet.cli.options import loaded, model_options

__all__ = ["explain"]


@click.command()
@model_options
def explain(
    model: str, spark: str | None, schema: tuple[str, ...], outputs: tuple[str, ...], trusted: tuple[str, ...]
) -> None:
    """Show what scoring a row takes: stage by stage, the lines of Python that a model is compiled to.

    Columns that nobody asks for are not computed, and vectors that no stage needs as objects are never built:
    an assembler is often no line at all. Numbers and names of the model are shown in place; the code itself
    has them bound to names.
    """
    click.echo(loaded(model, spark, schema, outputs, trusted).explain(), nl=False)
