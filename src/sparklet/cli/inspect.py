"""`sparklet inspect`: the stages, inputs and outputs of a model, or why it cannot be scored."""

from __future__ import annotations

import json
import pickle
from collections.abc import Mapping, Sequence
from typing import Any

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from sparklet.cli.options import loaded, model_options
from sparklet.columns import Column
from sparklet.engines import OnlinePipelineModel
from sparklet.errors import Ask, UnsupportedModelError
from sparklet.records import as_dict

__all__ = ["inspect"]


@click.command()
@model_options
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of tables.")
def inspect(
    model: str,
    undeclared: str | None,
    as_json: bool,
    **options: Any,
) -> None:
    """Show a model's profile, stages, inputs, outputs and memory.

    The type of an input is inferred from the stages that read it unless --schema declares it; the column
    "from" names the origin of the type. If the model cannot be scored, each unsupported stage is listed with
    the reason and the exit code is 1.
    """
    try:
        online = loaded(model, undeclared=undeclared or "infer", **options)
    except UnsupportedModelError as error:
        _refused(error, as_json)
        raise click.exceptions.Exit(1) from None
    facts = _facts(online)
    if as_json:
        click.echo(json.dumps(facts, indent=2))
    else:
        _print(online, facts)


def _facts(model: OnlinePipelineModel) -> dict[str, Any]:
    return {
        "path": model.path,
        "profile": as_dict(model.profile),
        "stages": [{"class": stage.className, "uid": stage.uid} for stage in model.stages],
        "inputs": [_column(column) for column in model.inputs],
        "guesses": [as_dict(ask) for ask in model.guesses],
        "outputs": [_column(column) for column in model.outputs],
        # The size of the pickled model, which is close to the size of its arrays in memory.
        "bytes": len(pickle.dumps(model)),
        "unsupported": [],
    }


def _column(column: Column) -> dict[str, Any]:
    return {"name": column.name, "type": str(column.type), "size": column.size, "from": column.origin}


def _print(model: OnlinePipelineModel, facts: dict[str, Any]) -> None:
    console = Console()
    profile = model.profile
    ansi = "on" if profile.ansi else "off"
    console.print(f"[bold]{escape(model.path)}[/bold]")
    console.print(
        f"scored as Spark {profile.release}: ANSI {ansi}, {profile.timezone}, "
        f"locale {profile.locale}, BLAS {profile.blas}"
    )
    console.print(f"{len(model.stages)} stages, {facts['bytes']:,} bytes")
    stages = Table("#", "stage", "uid", title="stages", title_justify="left")
    for index, stage in enumerate(model.stages):
        stages.add_row(str(index), escape(stage.className.rpartition(".")[2]), escape(stage.uid))
    console.print(stages)
    guesses = {ask.column: ask for ask in model.guesses}
    console.print(_columns("inputs", model.inputs, guesses))
    console.print(_columns("outputs", model.outputs, {}))
    if guesses:
        console.print(
            "The answer depends on the guessed types. Declare them: "
            f"load(path, schema={escape(repr({name: ask.guess for name, ask in guesses.items()}))})"
        )


def _columns(title: str, columns: Sequence[Column], guesses: Mapping[str, Ask]) -> Table:
    table = Table("column", "type", "from", title=title, title_justify="left")
    for column in columns:
        ask = guesses.get(column.name)
        origin = column.origin if ask is None else f"guess: {ask.reason}"
        table.add_row(escape(column.name), str(column.declaration), escape(origin))
    return table


def _refused(error: UnsupportedModelError, as_json: bool) -> None:
    if as_json:
        problems = [as_dict(problem) for problem in error.problems]
        click.echo(json.dumps({"path": error.path, "unsupported": problems}, indent=2))
        return
    table = Table("stage", "where", "why", title="cannot be scored", title_justify="left")
    for problem in error.problems:
        table.add_row(escape(problem.className), escape(problem.path), escape(problem.reason))
    Console().print(table)
    if error.advice:
        click.echo(error.advice)
