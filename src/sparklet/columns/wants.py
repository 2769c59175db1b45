"""The types that stages accept for their columns, and the type to infer for an undeclared column."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from sparklet import types
from sparklet.columns.labels import Notation
from sparklet.records import record
from sparklet.types import ArrayType, DataType, is_floating, is_numeric

__all__ = ["Want", "wants"]


@record(eq=False)
class Want:
    """Declare the types that a stage accepts for a column, and the type to infer when it is undeclared.

    `any` declares that the stage accepts every type, so that the types that other stages infer take
    precedence. `casts` declares that it reads numbers as text; `labels` is the notation of that text.
    `near` are the kinds of values that a cast to double serves as well: `boolean`, `decimal`, or
    `short decimal` for decimals of at most 15 digits.
    `convert` casts every value to the inferred type, if the stage does nothing else with the column.
    """

    words: str
    inferred: DataType
    accepts: Callable[[DataType], bool]
    casts: bool = False
    any: bool = False
    near: frozenset[str] = frozenset()
    labels: Notation | None = None
    convert: Callable[[Any], Any] | None = None


def _anything(_type: DataType) -> bool:
    return True


_SHORT = frozenset({"short decimal"})
_DECIMAL = _SHORT | {"decimal"}
_BOTH = _DECIMAL | {"boolean"}


def _is_label(type: DataType) -> bool:
    return type == types.STRING or is_numeric(type)


_STRINGS = ArrayType(types.STRING)
_POINTS = (types.VECTOR, ArrayType(types.DOUBLE), ArrayType(types.FLOAT))


class wants:  # noqa: N801 - a namespace, read as `wants.NUMBER`
    """The wants of the built-in stages."""

    NUMBER = Want("a number", types.DOUBLE, is_numeric, near=_DECIMAL)
    DOUBLE = Want("a double", types.DOUBLE, lambda t: t == types.DOUBLE)
    FLOATING = Want("a float or double", types.DOUBLE, is_floating)
    DOUBLE_OR_VECTOR = Want("a double or a vector", types.DOUBLE, lambda t: t in (types.DOUBLE, types.VECTOR))
    ASSEMBLED = Want(
        "a number, boolean or vector",
        types.DOUBLE,
        lambda t: is_numeric(t) or t in (types.BOOLEAN, types.VECTOR),
        near=_BOTH,
    )
    HASHED = Want(
        "a number, boolean or string",
        types.STRING,
        lambda t: is_numeric(t) or t in (types.BOOLEAN, types.STRING),
        True,
    )
    NUMBER_OR_BOOLEAN = Want(
        "a number or boolean", types.DOUBLE, lambda t: is_numeric(t) or t == types.BOOLEAN, near=_BOTH
    )
    STRING = Want("a string", types.STRING, lambda t: t == types.STRING)
    VECTOR = Want("a vector", types.VECTOR, lambda t: t == types.VECTOR)
    POINT = Want("a vector or an array of numbers", types.VECTOR, lambda t: t in _POINTS)
    TOKENS = Want("an array of strings", _STRINGS, lambda t: t == _STRINGS)
    ARRAY = Want("an array", _STRINGS, lambda t: isinstance(t, ArrayType))
    ANY = Want("anything", types.STRING, _anything, any=True)

    @staticmethod
    @cache
    def label(notation: Notation) -> Want:
        """Return the want of a stage that looks up labels, whose text has a notation."""
        return Want("a string or a number", types.STRING, _is_label, casts=True, labels=notation)

    @staticmethod
    def cast(type: DataType, convert: Callable[[Any], Any]) -> Want:
        """Return the want of a statement that uses only the values that `convert` casts to the type."""
        return Want("anything", type, _anything, any=True, convert=convert)

    @staticmethod
    @cache
    def like(type: DataType) -> Want:
        """Return the want of a stage that accepts any type and infers this one."""
        # A decimal and the nearest double compare alike with a number of as few digits.
        near = _SHORT if type == types.DOUBLE else frozenset()
        return Want(f"what may be {type}", type, _anything, near=near)

    @staticmethod
    @cache
    def items(element: DataType) -> Want:
        """Return the want of an array with elements of a type."""
        array = ArrayType(element)
        return Want(f"an array of {element}", array, lambda t: t == array)
