"""Functions of arrays.

Follows Spark's `catalyst/expressions/{collectionOperations,complexTypeExtractors}.scala` (4.2).
"""

from __future__ import annotations

from typing import Any

from sparklet.errors import InvalidValueError
from sparklet.profile import Profile
from sparklet.sql.casts import cast
from sparklet.sql.comparing import compare, is_orderable
from sparklet.sql.functions import function, map1, map2, maps, refuse_types
from sparklet.sql.lookups import field, value_at
from sparklet.sql.strings import string, whole_number
from sparklet.sql.typed import Typed
from sparklet.types import (
    BOOLEAN,
    INTEGER,
    LONG,
    NULL,
    STRING,
    ArrayType,
    DataType,
    IntegralType,
    MapType,
    StructType,
)
from sparklet.types.coercion import wider_common_type, wider_type_without_string

__all__ = ["element_of"]


def element_of(name: str, operand: Typed) -> DataType:
    """Return the element type of an array; `Refused` for another type."""
    if not isinstance(operand.type, ArrayType):
        raise refuse_types(name, operand)
    return operand.type.elementType


@function("size", "cardinality", takes="a", gives="n")
def size(profile: Profile, operand: Typed) -> Typed:
    """Return the number of elements of an array or map; of null it is -1, under ANSI null."""
    if not isinstance(operand.type, MapType):
        element_of("size", operand)
    if profile.ansi:
        return map1(len, operand, INTEGER)
    run = operand.run

    def applied(row: tuple[Any, ...]) -> int:
        value = run(row)
        return -1 if value is None else len(value)

    return Typed(INTEGER, applied, operand.constant)


@function("array_size", takes="a", gives="n")
def array_size(_profile: Profile, operand: Typed) -> Typed:
    """Return the number of elements, null of null."""
    element_of("array_size", operand)
    return map1(len, operand, INTEGER)


@function("array", takes=".*", gives="a")
def array(profile: Profile, *operands: Typed) -> Typed:
    """Return an array of the arguments, cast to one type."""
    type = wider_common_type([operand.type for operand in operands], profile)
    if type is None:
        raise refuse_types("array", *operands)
    runs = tuple(cast(operand, type, profile).run for operand in operands)
    constant = all(operand.constant for operand in operands)
    return Typed(ArrayType(type), lambda row: [run(row) for run in runs], constant)


def _outside(index: int, length: int) -> InvalidValueError:
    return InvalidValueError(f"has {length} elements, none at {index}", index)


@function("[]", takes="an", gives=".")
def item(profile: Profile, operand: Typed, index: Typed) -> Typed:
    """Return the element at a position from 0, outside null, under ANSI an error; the value of a map."""
    if isinstance(operand.type, MapType):
        return value_at(profile, operand, index)
    if isinstance(operand.type, StructType) and index.type == STRING and index.constant:
        return field(profile, operand, index)
    element = element_of("[]", operand)
    if index.type == NULL:
        index = cast(index, INTEGER, profile)
    if not isinstance(index.type, IntegralType):
        raise refuse_types("[]", operand, index)
    ansi = profile.ansi

    def found(values: list[Any], at: int) -> Any:
        if 0 <= at < len(values):
            return values[at]
        if ansi:
            raise _outside(at, len(values))
        return None

    return map2(found, operand, index, element)


_LOWEST = -(2**31)


@function("element_at", takes="an", gives=".")
def element_at(profile: Profile, operand: Typed, index: Typed) -> Typed:
    """Return the element at a position from 1, negative ones from the end, or the value of a map."""
    if isinstance(operand.type, MapType):
        return value_at(profile, operand, index, "element_at")
    if not isinstance(index.type, IntegralType) or index.type == LONG:
        raise refuse_types("element_at", operand, index)
    element, at = element_of("element_at", operand), whole_number("element_at", index, profile)
    ansi = profile.ansi

    def found(values: list[Any], place: int) -> Any:
        if place == 0:
            raise InvalidValueError("has no element at 0, positions start at 1", place)
        if abs(place) <= len(values):
            return values[place - 1 if place > 0 else place]
        # The lowest int is its own absolute value in Java, which is then within any length.
        if ansi or place == _LOWEST:
            raise _outside(place, len(values))
        return None

    return map2(found, operand, at, element)


@function("array_contains", takes="a.", gives="b")
def array_contains(profile: Profile, operand: Typed, wanted: Typed) -> Typed:
    """Tell whether a value is in the array; null where it is not and the array has a null."""
    element = wider_type_without_string((element_of("array_contains", operand), wanted.type), profile)
    if wanted.type == NULL or element is None or not is_orderable(element):
        raise refuse_types("array_contains", operand, wanted)
    operand = cast(operand, ArrayType(element), profile)
    equal = compare("=", element)

    def contains(values: list[Any], value: Any) -> bool | None:
        answer: bool | None = False
        for each in values:
            if each is None:
                answer = None
            elif equal(each, value):
                return True
        return answer

    return map2(contains, operand, cast(wanted, element, profile), BOOLEAN)


@function("array_join", takes="as[s]", gives="s")
def array_join(profile: Profile, operand: Typed, separator: Typed, instead: Typed | None = None) -> Typed:
    """Return the strings of an array with a separator between; nulls are left out, or replaced."""
    if operand.type != ArrayType(STRING):
        raise refuse_types("array_join", operand)
    between = string("array_join", separator, profile)
    if instead is None:
        return map2(
            lambda values, joint: joint.join(value for value in values if value is not None),
            operand,
            between,
            STRING,
        )
    return maps(
        lambda values, joint, other: joint.join(other if value is None else value for value in values),
        (operand, between, string("array_join", instead, profile)),
        STRING,
    )
