"""The model that MLflow's `python_function` flavor loads."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sparklet.engines import OnlinePipelineModel, load
from sparklet.linalg import as_list

if TYPE_CHECKING:
    import pandas

__all__ = ["ScoringModel"]


class ScoringModel:
    """Score what MLflow passes to `predict`: a pandas DataFrame, or one or several rows as mappings."""

    def __init__(self, model: OnlinePipelineModel) -> None:
        self.model = model
        self._names = [column.name for column in model.outputs]

    def predict(self, model_input: Any, params: Mapping[str, Any] | None = None) -> pandas.DataFrame:
        """Return a DataFrame of all output columns, with one row for each row of the input.

        A vector is a list of its values, so that MLflow can write it as JSON and Spark as an array. A row
        that a stage drops has None in all columns, because MLflow matches results with rows by position.
        Raises a `RowError` for a row that cannot be scored.
        """
        import pandas

        if hasattr(model_input, "iloc"):
            return self._of_table(model_input.reset_index(drop=True), model_input.index)
        rows = [model_input] if isinstance(model_input, Mapping) else model_input
        scored = [self.model.scoreInstance(row) for row in rows]
        columns = {name: [None if row is None else row[name] for row in scored] for name in self._names}
        return pandas.DataFrame({name: _plain(values) for name, values in columns.items()})

    def _of_table(self, table: pandas.DataFrame, index: Any) -> pandas.DataFrame:
        scored = self.model.transform(table)[self._names]
        if len(scored) < len(table):
            scored = scored.astype(object).reindex(table.index)
            scored = scored.where(scored.notna(), None)
        return scored.apply(_plain).set_axis(index)


def _plain(values: Any) -> Any:
    """Return a column with the values of vectors as lists; other columns unchanged."""
    if not any(hasattr(value, "toArray") for value in values):
        return values
    import pandas

    plain = [as_list(value) for value in values]
    return pandas.Series(plain, index=getattr(values, "index", None), dtype=object)


def _load_pyfunc(path: str, model_config: Mapping[str, Any] | None = None) -> ScoringModel:
    """Return the model for MLflow; `model_config` has arguments of `sparklet.load`."""
    return ScoringModel(load(path, **(model_config or {})))
