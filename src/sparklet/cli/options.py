"""Arguments that several commands take, and the model they name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from sparklet.errors import OptionError
from sparklet.pipeline import OnlinePipelineModel, load

__all__ = ["loaded", "model_options", "schema_option"]

_F = TypeVar("_F", bound=Callable[..., Any])


schema_option = click.option(
    "--schema",
    "-s",
    multiple=True,
    metavar="COLUMN:TYPE",
    help="Spark type of an input column, e.g. age:int or features:vector(4); repeatable.",
)


def model_options(command: _F) -> _F:
    """Add MODEL and the options that `sparklet.load` takes."""
    for option in (
        schema_option,
        click.option(
            "--spark",
            metavar="VERSION",
            help="Score as this Spark does [default: the one that saved the model].",
        ),
        click.option(
            "--output",
            "-c",
            "outputs",
            multiple=True,
            metavar="COLUMN",
            help="A column to give; repeatable. '*' gives all.",
        ),
        click.argument("model"),
    ):
        command = option(command)
    return command


def loaded(
    model: str, spark: str | None, schema: tuple[str, ...], outputs: tuple[str, ...], missing: str = "error"
) -> OnlinePipelineModel:
    """Return the model that the options of `model_options` describe."""
    types: dict[str, str] = {}
    for declared in schema:
        name, colon, type_ = declared.rpartition(":")
        if not colon or not name:
            raise OptionError("--schema", declared, "COLUMN:TYPE, such as age:int")
        types[name] = type_
    chosen = "*" if outputs == ("*",) else list(outputs) or None
    return load(model, outputs=chosen, schema=types, spark=spark, missing=missing)
