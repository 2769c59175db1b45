"""`sparklet explain`: how a model scores a row."""

from __future__ import annotations

from typing import Any, Literal

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
    undeclared: str | None,
    format: Literal["text", "dot", "html"],
    **options: Any,
) -> None:
    """Show how MODEL scores a row.

    The text lists the operations on each value, stage by stage. Columns that no output needs are not
    computed, and a vector that no stage needs as an object is not built, so an assembler often has no
    operation.
    """
    click.echo(loaded(model, undeclared=undeclared or "infer", **options).explain(format), nl=False)
