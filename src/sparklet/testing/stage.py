"""Everything that the tests of a stage in another package need: one function."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePath
from typing import Any

from sparklet.engines import OnlinePipelineModel, load
from sparklet.errors import ModelError
from sparklet.same import assert_same
from sparklet.saved import SavedStage, open_model
from sparklet.stages import GROUP, is_builtin, plugin, registry
from sparklet.testing.checks import CHECKS, outcomes
from sparklet.types import is_floating

__all__ = ["check_stage"]

_NUMBERS = (math.nan, math.inf, -math.inf, -0.0)


def check_stage(
    path: str | PurePath,
    rows: Sequence[dict[str, Any]] | None = None,
    expected: Sequence[Mapping[str, Any] | None] | None = None,
    **options: Any,
) -> OnlinePipelineModel:
    """Check a saved model whose stages an installed package registers, and return the loaded model.

    `rows` should reach every branch of the stage; by default they are those of the example that
    `sparklet.save` stored. `expected` are the outputs that Spark computed for the rows, None for a row that
    it dropped; without them, the example's rows must give the example's scores. `options` are those of
    `sparklet.load`.

    - Each class that is not sparklet's own is registered in the entry-point group `sparklet.stages`, and has
      a docstring.
    - Every bit of the outputs equals Spark's, within the `rounding` that the stage declares.
    - The model passes all `CHECKS` on the rows, and on copies of them with a null in each column, and with
      NaN, the infinities and -0.0 in each column of floats.

    Raises `AssertionError` for a check that fails, and the errors of `load` and `verify`.
    """
    __tracebackhide__ = True
    _check_registered(open_model(path))
    model = load(path, **options)
    if expected is None:
        if model.verify() == 0:
            raise ModelError(model.path, "has an example without rows", "save it with rows to score")
        rows = _example(model) if rows is None else rows
    elif rows is None or len(rows) != len(expected):
        raise AssertionError(f"{len(expected)} expected outputs need as many rows")
    else:
        assert_same(list(expected), outcomes(model, rows), "$")
    scored = [row for row, found in zip(rows, outcomes(model, rows), strict=True) if isinstance(found, dict)]
    if not scored:
        raise AssertionError("no row is scored: give rows that the model accepts")
    every = [*rows, *_edges(model, scored[0])]
    for check in CHECKS.values():
        check(model, every)
    return model


def _example(model: OnlinePipelineModel) -> list[dict[str, Any]]:
    example = open_model(model.path).example()
    assert example is not None  # noqa: S101 - `verify` has read it
    return [row for row, _ in example.rows()]


def _check_registered(saved: SavedStage) -> None:
    """Check the registration of the class of a stage, and of those of its stages."""
    if saved.className.endswith(".PipelineModel"):
        for stage in saved.stages():
            _check_registered(stage)
        return
    if is_builtin(saved.className):
        return
    found = plugin(saved.className)
    if isinstance(found, str):
        raise AssertionError(f"{saved.className} is {found}")  # noqa: TRY004 - a failed check
    if found is None:
        known = registry.get(saved.className)
        where = f"{known.__module__}:{known.__qualname__}" if known else "module:Class"
        raise AssertionError(
            f"{saved.className} is not registered: install a package whose pyproject.toml has "
            f'[project.entry-points."{GROUP}"] and in it "{saved.className}" = "{where}"'
        )
    if not found.__doc__:
        raise AssertionError(f"{found.__qualname__} has no docstring, which says what it follows")


def _edges(model: OnlinePipelineModel, row: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for column in model.inputs:
        yield {**row, column.name: None}
        if is_floating(column.type):
            yield from ({**row, column.name: value} for value in _NUMBERS)
