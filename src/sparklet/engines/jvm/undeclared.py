"""Which undeclared inputs of a model in the JVM need a type, by the plan of the Python engine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sparklet.codegen import make_plan
from sparklet.columns import Column, fold
from sparklet.errors import Ask, SparkletError
from sparklet.profile import Profile
from sparklet.saved import SavedStage
from sparklet.stages import build
from sparklet.types import DataType

__all__ = ["undeclared_inputs"]


def undeclared_inputs(
    saved: SavedStage,
    profile: Profile,
    declared: Mapping[str, DataType],
    outputs: str | Sequence[str] | None,
) -> tuple[dict[str, Column], tuple[Ask, ...]]:
    """Return the undeclared inputs by folded name, and those whose types change the answer.

    Both are empty for a model that the Python engine does not support: its stages do not tell what the types
    change.
    """
    try:
        plan = make_plan(build(saved, ()), profile, declared, outputs)
    except SparkletError:
        return {}, ()
    inferred = {fold(column.name): column for column in plan.inputs if column.origin == "inferred"}
    return inferred, plan.asks
