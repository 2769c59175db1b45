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
    help="text: the operations; dot: a diagram for Graphviz; html: the diagram as a page.",
)
def explain(
    model: str,
    spark: str | None,
    blas: str | None,
    schema: tuple[str, ...],
    outputs: tuple[str, ...],
    trusted: tuple[str, ...],
    undeclared: str | None,
    format: Literal["text", "dot", "html"],
) -> None:
    """Show how MODEL scores a row.

    The text lists the operations on each value, stage by stage. Columns that no output needs are not
    computed, and a vector that no stage needs as an object is not built, so an assembler often has no
    operation.
    """
    click.echo(
        loaded(model, spark, blas, schema, outputs, trusted, undeclared or "infer").explain(format), nl=False
    )
