"""The order and equality of values: NaN equals NaN and is greater than any number.

Follows Spark's `catalyst/types/{PhysicalDataType,InterpretedOrdering}.scala` and
`catalyst/expressions/predicates.scala` (4.3).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, TypeAlias

from sparklet.types import ArrayType, DataType, StructType, is_floating
from sparklet.types.coercion import is_comparable

__all__ = ["Compare", "compare", "is_orderable", "ordering", "same_structure"]

Compare: TypeAlias = Callable[[Any, Any], bool]
Ordering: TypeAlias = Callable[[Any, Any], int]

_PLAIN: dict[str, Compare] = {
    "=": lambda a, b: a == b,
    "<>": lambda a, b: a != b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}
_FLOATING: dict[str, Compare] = {
    "=": lambda a, b: a == b or (a != a and b != b),
    "<>": lambda a, b: not (a == b or (a != a and b != b)),
    "<": lambda a, b: a < b or (b != b and a == a),
    "<=": lambda a, b: a <= b or b != b,
    ">": lambda a, b: a > b or (a != a and b == b),
    ">=": lambda a, b: a >= b or a != a,
}
_BY_ORDER: dict[str, Callable[[int], bool]] = {
    "=": lambda order: order == 0,
    "<>": lambda order: order != 0,
    "<": lambda order: order < 0,
    "<=": lambda order: order <= 0,
    ">": lambda order: order > 0,
    ">=": lambda order: order >= 0,
}


def is_orderable(type: DataType) -> bool:
    """Return whether Spark compares values of the type: not maps.

    >>> from sparklet.types import parse_type
    >>> is_orderable(parse_type("struct<a:array<int>>")), is_orderable(parse_type("map<int,int>"))
    (True, False)
    """
    if isinstance(type, ArrayType):
        return is_orderable(type.elementType)
    if isinstance(type, StructType):
        return all(is_orderable(field.dataType) for field in type)
    return is_comparable(type)


def same_structure(one: DataType, other: DataType) -> bool:
    """Return whether two types differ in names of fields only."""
    if isinstance(one, StructType) and isinstance(other, StructType):
        return len(one.fields) == len(other.fields) and all(
            same_structure(a.dataType, b.dataType) for a, b in zip(one, other, strict=True)
        )
    if isinstance(one, ArrayType) and isinstance(other, ArrayType):
        return same_structure(one.elementType, other.elementType)
    return one == other


def compare(name: str, type: DataType, other: DataType | None = None) -> Compare:
    """Return the comparison of two values of a type; `other` is the type of the second, if another."""
    if isinstance(type, (ArrayType, StructType)):
        order, holds = ordering(type, other or type), _BY_ORDER[name]
        return lambda a, b: holds(order(a, b))
    return (_FLOATING if is_floating(type) else _PLAIN)[name]


@cache
def ordering(one: DataType, other: DataType) -> Ordering:
    """Return the function that gives -1, 0 or 1; in arrays and structs null is less than any value."""
    if isinstance(one, ArrayType) and isinstance(other, ArrayType):
        return _of_arrays(_with_nulls(ordering(one.elementType, other.elementType)))
    if isinstance(one, StructType) and isinstance(other, StructType):
        parts = [
            (a.name, b.name, _with_nulls(ordering(a.dataType, b.dataType)))
            for a, b in zip(one, other, strict=True)
        ]
        return _of_structs(parts)
    less, greater = compare("<", one), compare(">", one)
    return lambda a, b: -1 if less(a, b) else 1 if greater(a, b) else 0


def _with_nulls(order: Ordering) -> Ordering:
    def compared(a: Any, b: Any) -> int:
        if a is None or b is None:
            return (a is not None) - (b is not None)
        return order(a, b)

    return compared


def _of_arrays(order: Ordering) -> Ordering:
    def compared(a: Any, b: Any) -> int:
        for left, right in zip(a, b, strict=False):
            if found := order(left, right):
                return found
        return (len(a) > len(b)) - (len(a) < len(b))

    return compared


def _of_structs(parts: list[tuple[str, str, Ordering]]) -> Ordering:
    def compared(a: Any, b: Any) -> int:
        for left, right, order in parts:
            if found := order(a[left], b[right]):
                return found
        return 0

    return compared
