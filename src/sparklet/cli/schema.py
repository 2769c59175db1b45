"""`sparklet schema`: store the types of a table's columns with a model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from sparklet.cli.options import session_options, trust_option
from sparklet.columns import fold
from sparklet.engines import load
from sparklet.engines.schemas import read_schema
from sparklet.errors import OptionError
from sparklet.saved import SCHEMA
from sparklet.types import DataType, StructField, StructType, VectorUDT, to_ddl, to_json

__all__ = ["schema"]


@click.command()
@click.argument("model")
@click.option(
    "--from",
    "source",
    metavar="FILE",
    required=True,
    help="A Parquet, Arrow or Delta table, a file with DDL or Spark's JSON, or DDL itself.",
)
@session_options
@trust_option
def schema(model: str, source: str, **options: Any) -> None:
    """Store the types of the model's input columns in its folder, where `load` finds them.

    The types are those of the columns of FILE, usually the training data. Other columns of FILE are left out.
    Spark ignores what is written: MODEL/_sparklet_schema/part-00000. --timezone and --ansi are not stored:
    they only load a model whose SQL depends on them.
    """
    if not Path(model).is_dir():
        raise OptionError("MODEL", model, "the types are written to a local folder only")
    declared = read_schema(_text(source))
    online = load(model, outputs="*", schema=declared, undeclared="infer", **options)
    names = {fold(column.name) for column in online.inputs}
    fields = [
        StructField(name, type, metadata=declared.metadata.get(name) or _size(type))
        for name, type in declared.items()
        if fold(name) in names
    ]
    if not fields:
        raise OptionError("--from", source, "it has none of the model's input columns")
    struct = StructType(tuple(fields))
    folder = Path(model) / SCHEMA
    folder.mkdir(exist_ok=True)
    (folder / "part-00000").write_text(to_json(struct) + "\n", encoding="utf-8")
    click.echo(f"{folder}: {to_ddl(struct)}")


def _size(type: DataType) -> dict[str, Any]:
    """Return the ML attributes that state the size of a vector, which Spark's type does not."""
    if isinstance(type, VectorUDT) and type.size is not None:
        return {"ml_attr": {"num_attrs": type.size}}
    return {}


def _text(source: str) -> str:
    """Return the text of a file that contains DDL or JSON, else the source itself."""
    path = Path(source)
    if path.suffix.lower() in (".json", ".ddl", ".sql", ".txt") and path.is_file():
        return path.read_text(encoding="utf-8")
    return source
