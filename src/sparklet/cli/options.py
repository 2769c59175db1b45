"""Arguments that several commands share, and loading the model that they name."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from sparklet.engines import OnlinePipelineModel, load
from sparklet.errors import OptionError
from sparklet.java import ORDERS

__all__ = ["blas_option", "loaded", "model_options", "schema_option", "session_options", "trust_option"]

_F = TypeVar("_F", bound=Callable[..., Any])


schema_option = click.option(
    "--schema",
    "-s",
    multiple=True,
    metavar="COLUMN:TYPE|FILE",
    help="Spark type of an input column, e.g. age:int or features:vector(4), repeatable; or a Parquet, Arrow "
    "or Delta table with such columns.",
)


def _importable(
    _context: click.Context, _option: click.Parameter, packages: tuple[str, ...]
) -> tuple[str, ...]:
    # Unlike `python -m`, an installed command does not import from the working directory.
    if packages and "" not in sys.path:
        sys.path.insert(0, "")
    return packages


trust_option = click.option(
    "--trust",
    "trusted",
    multiple=True,
    metavar="PACKAGE",
    callback=_importable,
    help="A package whose Python-defined stages may be imported; repeatable. No other package is imported.",
)


_timezone = click.option(
    "--timezone",
    metavar="ZONE",
    help="Time zone of Spark's session, such as America/New_York, in which SQL reads and writes dates and "
    "times [default: the one that the example recorded].",
)
_ansi = click.option(
    "--ansi/--no-ansi",
    default=None,
    help="Whether SQL raises for overflows, divisions by zero and bad casts, or gives null "
    "(spark.sql.ansi.enabled) [default: as the example recorded, else as the Spark release does].",
)
blas_option = click.option(
    "--blas",
    type=click.Choice(sorted(ORDERS)),
    help="Order in which dot products are summed [default: the one that the example recorded, else java11].",
)


def _with(command: _F, *options: Callable[[_F], _F]) -> _F:
    for option in reversed(options):
        command = option(command)
    return command


def session_options(command: _F) -> _F:
    """Add the options that describe the settings of Spark's session."""
    return _with(command, _timezone, _ansi)


def model_options(command: _F) -> _F:
    """Add MODEL and the options that `sparklet.load` takes."""
    return _with(
        command,
        click.argument("model"),
        click.option(
            "--output",
            "-c",
            "outputs",
            multiple=True,
            metavar="COLUMN",
            help="An output column; repeatable. '*' selects all.",
        ),
        click.option(
            "--spark",
            metavar="VERSION",
            help="Spark release to reproduce [default: the one that saved the model].",
        ),
        session_options,
        blas_option,
        click.option(
            "--undeclared",
            type=click.Choice(["refuse", "infer"]),
            help="Whether columns whose types change the answer are refused unless they are declared, or "
            "their types are inferred.",
        ),
        schema_option,
        trust_option,
    )


def loaded(
    model: str, *, schema: tuple[str, ...] = (), outputs: tuple[str, ...] = (), **options: Any
) -> OnlinePipelineModel:
    """Return the model that the options of `model_options` describe; `options` are those of `load`."""
    is_source = len(schema) == 1 and ":" not in schema[0] and (" " in schema[0] or Path(schema[0]).exists())
    types: dict[str, str] | str = schema[0] if is_source else dict(map(_column, schema))
    selected = "*" if outputs == ("*",) else list(outputs) or None
    return load(model, outputs=selected, schema=types, **options)


def _column(declared: str) -> tuple[str, str]:
    name, colon, type_ = declared.rpartition(":")
    if not colon or not name:
        raise OptionError("--schema", declared, "COLUMN:TYPE, such as age:int")
    return name, type_
