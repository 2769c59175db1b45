"""The types of input columns that are stored beside a model."""

from __future__ import annotations

from sparklet.columns import Schema, fold, parse_schema
from sparklet.saved import Example, SavedStage, signature_types

__all__ = ["stored_types"]


def stored_types(saved: SavedStage, example: Example | None) -> Schema:
    """Return the types stored beside the model: by `sparklet schema`, with the example, or by MLflow."""
    stored = signature_types(saved.path)
    if example is not None:
        stored = _over(Schema(example.inputs), stored)
    if (text := saved.schema()) is not None:
        written = parse_schema(text)
        return _over(written, stored)
    return stored


def _over(written: Schema, stored: Schema) -> Schema:
    """Return the types of `written`, and those of the other columns of `stored`."""
    names = set(map(fold, written))
    types = {name: type for name, type in stored.items() if fold(name) not in names}
    return Schema({**types, **written}, written.metadata, whole=True)
