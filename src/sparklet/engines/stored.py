"""The types of input columns that are stored beside a model."""

from __future__ import annotations

from sparklet.columns import Schema, fold, parse_schema
from sparklet.saved import Example, SavedStage

__all__ = ["stored_types"]


def stored_types(saved: SavedStage, example: Example | None) -> Schema:
    """Return the types that are stored beside the model: by `sparklet schema`, else with the example."""
    stored = Schema() if example is None else Schema(example.inputs)
    if (text := saved.schema()) is not None:
        written = parse_schema(text)
        names = set(map(fold, written))
        types = {name: type for name, type in stored.items() if fold(name) not in names}
        return Schema({**types, **written}, written.metadata, whole=True)
    return stored
