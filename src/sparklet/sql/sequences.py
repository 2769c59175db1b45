"""More functions of arrays: elements added, arrays of arrays, and number sequences.

Follows Spark's `catalyst/expressions/{collectionOperations,higherOrderFunctions,complexTypeExtractors}.scala`
(4.2).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from itertools import zip_longest
from typing import Any

from sparklet.errors import InvalidValueError
from sparklet.profile import Profile
from sparklet.sql.arrays import element_of, item
from sparklet.sql.casts import cast
from sparklet.sql.functions import function, map1, map2, maps, refuse_types
from sparklet.sql.lambdas import Body
from sparklet.sql.nodes import Refused
from sparklet.sql.strings import as_number
from sparklet.sql.typed import Typed
from sparklet.types import DATE, INTEGER, ArrayType, IntegralType
from sparklet.types.coercion import tightest_common_type, wider_common_type

__all__ = ["LONGEST_ARRAY"]

LONGEST_ARRAY = 1_000_000


# --- elements added --------------------------------------------------------------------------------


def _with_value(name: str, operand: Typed, value: Typed, profile: Profile) -> tuple[Typed, Typed]:
    """Return an array and a value cast to the type in which they meet."""
    element = tightest_common_type(element_of(name, operand), value.type, profile.with_(ansi=False))
    if element is None:
        raise refuse_types(name, operand, value)
    return cast(operand, ArrayType(element), profile), cast(value, element, profile)


def _added(name: str, of: Callable[[list[Any], Any], list[Any]]) -> Callable[[Profile, Typed, Typed], Typed]:
    def build(profile: Profile, operand: Typed, value: Typed) -> Typed:
        array, added = _with_value(name, operand, value, profile)
        values, one = array.run, added.run

        def applied(row: tuple[Any, ...]) -> Any:
            elements = values(row)
            return None if elements is None else of(elements, one(row))

        return Typed(array.type, applied, array.constant and added.constant)

    return build


function("array_append", takes="a.", gives="a")(
    _added("array_append", lambda values, value: [*values, value])
)
function("array_prepend", takes="a.", gives="a")(
    _added("array_prepend", lambda values, value: [value, *values])
)


def inserted(values: list[Any], position: int, value: Any) -> list[Any]:
    """Return the array with a value at a position from 1, from the end if negative, and nulls in between.

    >>> inserted([1, 2], 4, 3), inserted([1, 2], -1, 3), inserted([1, 2], -5, 3)
    ([1, 2, None, 3], [1, 2, 3], [3, None, None, 1, 2])
    """
    length = len(values)
    if position > 0:
        return [*values[: position - 1], *[None] * (position - 1 - length), value, *values[position - 1 :]]
    place = length + position + 1
    if place >= 0:
        return [*values[:place], value, *values[place:]]
    return [value, *[None] * -place, *values]


@function("array_insert", takes="an.", gives="a")
def array_insert(profile: Profile, operand: Typed, position: Typed, value: Typed) -> Typed:
    """Return the array with a value at a position."""
    array, added = _with_value("array_insert", operand, value, profile)
    if not isinstance(position.type, IntegralType):
        raise refuse_types("array_insert", operand, position)
    place, one = as_number("array_insert", position, INTEGER, profile), added.run
    values, at = array.run, place.run

    def applied(row: tuple[Any, ...]) -> Any:
        elements = values(row)
        if elements is None or (index := at(row)) is None:
            return None
        if index == 0:
            raise InvalidValueError("has no element at 0, positions start at 1", index)
        if abs(index) > LONGEST_ARRAY:
            raise InvalidValueError("would hold more than 1,000,000 elements", index)
        return inserted(elements, index, one(row))

    return Typed(array.type, applied, array.constant and place.constant and added.constant)


# --- parts and arrays of arrays ------------------------------------------------------------------------


@function("get", takes="an", gives=".")
def get(profile: Profile, operand: Typed, index: Typed) -> Typed:
    """Return the element at a position from 0, null outside."""
    return item(profile.with_(ansi=False), operand, index)


@function("flatten", takes="a", gives="a")
def flatten(_profile: Profile, operand: Typed) -> Typed:
    """Return the elements of the arrays in an array; null where one of these is null."""
    inner = element_of("flatten", operand)
    if not isinstance(inner, ArrayType):
        raise refuse_types("flatten", operand)

    def flat(values: list[Any]) -> Any:
        if any(value is None for value in values):
            return None
        return [element for value in values for element in value]

    return map1(flat, operand, inner)


@function("zip_with", takes="aaf", gives="a")
def zip_with(_profile: Profile, one: Typed, other: Typed, body: Body) -> Typed:
    """Return the results of a function of the elements at each position, null where an array has none."""
    if body.parameters != 2:
        raise Refused(f"zip_with with a lambda function of {body.parameters} parameters")
    made = body(element_of("zip_with", one), element_of("zip_with", other))
    first, second, run = one.run, other.run, made.run

    def applied(row: tuple[Any, ...]) -> Any:
        left = first(row)
        right = second(row)
        if left is None or right is None:
            return None
        return [run((*row, *pair)) for pair in zip_longest(left, right)]

    return Typed(ArrayType(made.type), applied)


# --- sequences -------------------------------------------------------------------------------------


def numbers_between(start: int, stop: int, step: int | None) -> list[int]:
    """Return the numbers from start to stop; `InvalidValueError` where the step leads away.

    >>> numbers_between(5, 1, None), numbers_between(1, 6, 2)
    ([5, 4, 3, 2, 1], [1, 3, 5])
    """
    if step is None:
        step = 1 if start <= stop else -1
    if start != stop and (step == 0 or (step > 0) != (start < stop)):
        raise InvalidValueError(f"has no sequence to {stop} by {step}", start)
    if start == stop:
        return [start]
    if abs(stop - start) // abs(step) >= LONGEST_ARRAY:
        raise InvalidValueError("would hold more than 1,000,000 elements", start)
    return list(range(start, stop + (1 if step > 0 else -1), step))


@function("sequence", takes="nn[n]", gives="a")
def sequence(profile: Profile, start: Typed, stop: Typed, step: Typed | None = None) -> Typed:
    """Return the whole numbers, or without a step the days, from a first to a last."""
    if start.type == stop.type == DATE and step is None:
        return map2(_days, start, stop, ArrayType(DATE))
    operands = [operand for operand in (start, stop, step) if operand is not None]
    common = wider_common_type([operand.type for operand in operands], profile)
    if not isinstance(common, IntegralType):
        raise refuse_types("sequence", *operands)
    casts = [cast(operand, common, profile) for operand in operands]
    if step is None:
        first, last = casts
        return map2(lambda one, other: numbers_between(one, other, None), first, last, ArrayType(common))
    return maps(numbers_between, casts, ArrayType(common))


def _days(first: dt.date, last: dt.date) -> list[dt.date]:
    days = numbers_between(first.toordinal(), last.toordinal(), None)
    return [dt.date.fromordinal(day) for day in days]
