"""The types of a table's columns that a model is bound to, where they can change an answer."""

from __future__ import annotations

from collections import Counter

from sparklet.batch.frames import Frame
from sparklet.codegen import Plan
from sparklet.columns import Column, fold
from sparklet.types import DOUBLE, VECTOR, BooleanType, DataType, DecimalType, is_numeric

__all__ = ["own_types"]


def own_types(frame: Frame, plan: Plan) -> dict[str, DataType]:
    """Return the types of the table's columns that differ from those of the plan and may change an answer.

    Types that the caller declared are kept. The type of an undeclared number stays double if the answer is
    the same in all numeric types, because doubles are scored fastest.
    """
    names = {fold(str(name)): name for name in frame.names}
    counts = Counter(frame.names)
    asked = {ask.column for ask in plan.asks}
    types: dict[str, DataType] = {}
    for column in plan.inputs:
        name = names.get(fold(column.name))
        if name is None or counts[name] > 1 or column.origin == "schema":
            continue
        stored = column.type if column.origin == "example" else None
        type = frame.type(name, stored)
        if type is not None and _matters(type, column, column.name in asked):
            types[column.name] = type
    return types


def _matters(type: DataType, column: Column, asked: bool) -> bool:
    if asked:
        return True
    if column.type in (type, VECTOR) or column.convert is not None:
        return False
    if column.origin != "inferred" or column.type != DOUBLE:
        return True
    match type:
        case DecimalType():
            return "decimal" not in column.near
        case BooleanType():
            return "boolean" not in column.near
    return not is_numeric(type)
