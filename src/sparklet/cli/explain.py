"""`sparklet explain`: how a model scores a row."""

from __future__ import annotations

from typing import Literal

import click

from sparklet.cli.options import loaded, model_options

__all__ = ["explain"]


@click.command()
@model_options
@click.option(
    "--format",
    type=click.Choice(["text", "dot", "html"]),
    default="text",
    show_default=True,
    help="text: the operations; dot: a picture for Graphviz; html: the picture as a page.",
)
def explain(
    model: str,
    spark: str | None,
    schema: tuple[str, ...],
    outputs: tuple[str, ...],
    trusted: tuple[str, ...],
    format: Literal["text", "dot", "html"],
) -> None:
    """Show how MODEL scores a row: stage by stage, the operations on each value.

    Columns that nobody asks for are not computed, and a vector that no stage needs as an object is not built:
    an assembler often has no operation at all.
    """
    click.echo(loaded(model, spark, schema, outputs, trusted).explain(format), nl=False)
