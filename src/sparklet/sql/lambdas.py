"""Functions of arrays that take a lambda function, and those that build arrays anew.

Follows Spark's `catalyst/expressions/{higherOrderFunctions,collectionOperations}.scala` (4.2).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cmp_to_key
from typing import Any, Protocol, TypeAlias

from sparklet.errors import InvalidValueError
from sparklet.profile import Profile
from sparklet.sql.arrays import element_of
from sparklet.sql.casts import cast
from sparklet.sql.comparing import compare, is_orderable, ordering
from sparklet.sql.conditions import truth
from sparklet.sql.functions import function, map1, map2, maps, refuse_types
from sparklet.sql.nodes import Refused
from sparklet.sql.strings import whole_number
from sparklet.sql.typed import Typed
from sparklet.types import BOOLEAN, INTEGER, LONG, NULL, ArrayType, DataType, StructType
from sparklet.types.coercion import is_comparable, tightest_common_type, wider_type_without_string

__all__ = ["Body"]

Row = tuple[Any, ...]


class Body(Protocol):
    """The body of a lambda function: compiled once the types of its parameters are known.

    What it returns reads a row that has the values of the parameters behind those of the columns.
    """

    parameters: int

    def __call__(self, *types: DataType) -> Typed:
        """Return the compiled body."""


def _body(name: str, body: Body, most: int = 1) -> Body:
    if not callable(body):
        raise Refused(f"{name} without a lambda function")
    if not 1 <= body.parameters <= most:
        raise Refused(f"{name} with a lambda function of {body.parameters} parameters")
    return body


@function("transform", takes="af", gives="a")
def transform(_profile: Profile, operand: Typed, body: Body) -> Typed:
    """Return the results of a function of each element, or of each element and its index from 0."""
    element = element_of("transform", operand)
    if _body("transform", body, 2).parameters == 2:
        made = body(element, INTEGER)
        run = made.run
        return _over(operand, ArrayType(made.type), lambda row, values: [
            run((*row, value, index)) for index, value in enumerate(values)
        ])  # fmt: skip
    made = body(element)
    run = made.run
    return _over(operand, ArrayType(made.type), lambda row, values: [run((*row, value)) for value in values])


def _over(operand: Typed, type: DataType, of: Callable[[Row, Any], Any]) -> Typed:
    """Return a function of the row and the values of an array; null gives null."""
    get = operand.run

    def applied(row: Row) -> Any:
        values = get(row)
        return None if values is None else of(row, values)

    return Typed(type, applied)


@function("filter", takes="af", gives="a")
def filtered(_profile: Profile, operand: Typed, body: Body) -> Typed:
    """Return the elements for which a function is true."""
    element = element_of("filter", operand)
    if _body("filter", body, 2).parameters == 2:
        keep = truth("filter", body(element, INTEGER)).run
        return _over(operand, operand.type, lambda row, values: [
            value for index, value in enumerate(values) if keep((*row, value, index))
        ])  # fmt: skip
    keep = truth("filter", body(element)).run
    return _over(
        operand, operand.type, lambda row, values: [value for value in values if keep((*row, value))]
    )


def _quantified(name: str, *, deciding: bool) -> Callable[[Profile, Typed, Body], Typed]:
    def build(_profile: Profile, operand: Typed, body: Body) -> Typed:
        ask = truth(name, _body(name, body)(element_of(name, operand))).run

        def decided(row: Row, values: Any) -> bool | None:
            answer: bool | None = not deciding
            for value in values:
                found: bool | None = ask((*row, value))
                if found is None:
                    answer = None
                elif found == deciding:
                    return deciding
            return answer

        return _over(operand, BOOLEAN, decided)

    return build


function("exists", takes="af", gives="b")(_quantified("exists", deciding=True))
function("forall", takes="af", gives="b")(_quantified("forall", deciding=False))


@function("aggregate", "reduce", takes="a.f[f]", gives=".")
def aggregate(
    _profile: Profile, operand: Typed, start: Typed, merge: Body, finish: Body | None = None
) -> Typed:
    """Return the start merged with each element in turn, then finished."""
    merged = _body("aggregate", merge, 2)(start.type, element_of("aggregate", operand))
    if merge.parameters != 2:
        raise Refused("aggregate with a lambda function of one parameter")
    if merged.type != start.type:
        raise Refused(f"aggregate whose function gives {merged.type} from a start of {start.type}")
    finished = None if finish is None else _body("aggregate", finish)(start.type)
    begin, step, end = start.run, merged.run, None if finished is None else finished.run

    def reduced(row: Row, values: Any) -> Any:
        state = begin(row)
        for value in values:
            state = step((*row, state, value))
        return state if end is None else end((*row, state))

    return _over(operand, start.type if finished is None else finished.type, reduced)


# --- arrays anew -----------------------------------------------------------------------------------

Elements: TypeAlias = Callable[[Iterable[Any]], list[tuple[Any, Any]]]


def _elements(profile: Profile) -> Elements:
    """Return what gives each element with its key, which equal elements share.

    All NaN are one. -0.0 is 0.0 since Spark 4.0; before, both are kept.
    """
    if profile.at_least("4.0"):
        return lambda values: [_normalised(value) for value in values]
    return lambda values: [(str(value) if isinstance(value, float) else value, value) for value in values]


def _normalised(value: Any) -> tuple[Any, Any]:
    value = value + 0.0 if isinstance(value, float) else value
    return "NaN" if value != value else value, value


def _element(name: str, operand: Typed, accepts: Callable[[DataType], bool] = is_orderable) -> DataType:
    """Return the type of the elements of an array; refuse one that the function does not accept."""
    element = element_of(name, operand)
    if not accepts(element):
        raise refuse_types(name, operand)
    return element


def _without_repeats(elements: Iterable[tuple[Any, Any]]) -> list[Any]:
    kept: dict[Any, Any] = {}
    for key, value in elements:
        kept.setdefault(key, value)
    return list(kept.values())


@function("array_distinct", takes="a", gives="a")
def array_distinct(profile: Profile, operand: Typed) -> Typed:
    """Return the elements without repeats."""
    _element("array_distinct", operand, is_comparable)
    elements = _elements(profile)
    return map1(lambda values: _without_repeats(elements(values)), operand, operand.type)


def _sort_key(type: DataType) -> Callable[[Any], Any]:
    """Return the key by which values of a type are sorted."""
    if isinstance(type, (ArrayType, StructType)):
        return cmp_to_key(ordering(type, type))
    return lambda value: (True, 0.0) if value != value else (False, value)


def ordered(values: Any, type: DataType, *, descending: bool, nulls_first: bool) -> list[Any]:
    """Return the values in order; NaN is greater than any number.

    >>> from sparklet.types import INTEGER
    >>> ordered([2, None, 1], INTEGER, descending=False, nulls_first=True)
    [None, 1, 2]
    """
    key = _sort_key(type)
    present = sorted((value for value in values if value is not None), key=key, reverse=descending)
    nulls = [None] * (len(values) - len(present))
    return [*nulls, *present] if nulls_first else [*present, *nulls]


def _sorted_by(operand: Typed, body: Body) -> Typed:
    """Return the array in the order of a function of two elements; `array_sort` with a lambda function."""
    if body.parameters != 2:
        raise Refused("array_sort with a lambda function that has not two parameters")
    element = element_of("array_sort", operand)
    made = body(element, element)
    if made.type != INTEGER:
        raise Refused(f"array_sort with a lambda function that gives {made.type}")
    values, run = operand.run, made.run

    def applied(row: tuple[Any, ...]) -> Any:
        elements = values(row)
        if elements is None:
            return None

        def order(left: Any, right: Any) -> int:
            answer = run((*row, left, right))
            if answer is None:
                raise InvalidValueError("cannot be sorted: the comparison gives null", elements)
            return int(answer)

        return sorted(elements, key=cmp_to_key(order))

    return Typed(operand.type, applied)


@function("array_sort", takes="a[f]", gives="a")
def array_sort(_profile: Profile, operand: Typed, order: Body | None = None) -> Typed:
    """Return the elements in order, nulls last, or in that of a function of two elements."""
    if order is not None:
        return _sorted_by(operand, _body("array_sort", order, 2))
    type = _element("array_sort", operand)
    return map1(
        lambda values: ordered(values, type, descending=False, nulls_first=False), operand, operand.type
    )


@function("sort_array", takes="a[b]", gives="a")
def sort_array(_profile: Profile, operand: Typed, ascending: Typed | None = None) -> Typed:
    """Return the elements in order, nulls first, or in the opposite order, nulls last."""
    type = _element("sort_array", operand)
    if ascending is None:
        return map1(
            lambda values: ordered(values, type, descending=False, nulls_first=True), operand, operand.type
        )
    if ascending.type != BOOLEAN or not ascending.constant:
        raise Refused("sort_array with an order that is no constant")
    up = bool(ascending.value)
    return map1(
        lambda values: ordered(values, type, descending=not up, nulls_first=up), operand, operand.type
    )


def _extreme(name: str, *, greatest: bool) -> Callable[[Profile, Typed], Typed]:
    def build(_profile: Profile, operand: Typed) -> Typed:
        element = _element(name, operand)
        choose, key = max if greatest else min, _sort_key(element)

        def extreme(values: Any) -> Any:
            return choose((value for value in values if value is not None), key=key, default=None)

        return map1(extreme, operand, element)

    return build


function("array_max", takes="a", gives=".")(_extreme("array_max", greatest=True))
function("array_min", takes="a", gives=".")(_extreme("array_min", greatest=False))


@function("slice", takes="ann", gives="a")
def sliced(profile: Profile, operand: Typed, start: Typed, length: Typed) -> Typed:
    """Return so many elements from a position, which counts from 1, or from the end if negative."""
    element_of("slice", operand)

    def cut(values: Any, at: int, count: int) -> list[Any]:
        if at == 0:
            raise InvalidValueError("has no element at 0, positions start at 1", at)
        if count < 0:
            raise InvalidValueError("cannot be sliced to a negative length", count)
        first = at - 1 if at > 0 else len(values) + at
        return [] if first < 0 else list(values[first : first + count])

    return maps(
        cut,
        (operand, whole_number("slice", start, profile), whole_number("slice", length, profile)),
        operand.type,
    )


def _with_element(
    name: str, of: Callable[[Any, Any, Callable[[Any, Any], bool]], Any], type: DataType | None
) -> Callable[[Profile, Typed, Typed], Typed]:
    def build(profile: Profile, operand: Typed, wanted: Typed) -> Typed:
        element = wider_type_without_string((element_of(name, operand), wanted.type), profile)
        if wanted.type == NULL or element is None or not is_orderable(element):
            raise refuse_types(name, operand, wanted)
        equal = compare("=", element)
        array, found = cast(operand, ArrayType(element), profile), cast(wanted, element, profile)
        return map2(lambda values, value: of(values, value, equal), array, found, type or array.type)

    return build


def _position(values: Any, wanted: Any, equal: Callable[[Any, Any], bool]) -> int:
    for index, value in enumerate(values, 1):
        if value is not None and equal(value, wanted):
            return index
    return 0


function("array_position", takes="a.", gives="n")(_with_element("array_position", _position, LONG))
function("array_remove", takes="a.", gives="a")(
    _with_element(
        "array_remove",
        lambda values, wanted, equal: [
            value for value in values if value is None or not equal(value, wanted)
        ],
        None,
    )
)


Pairs: TypeAlias = list[tuple[Any, Any]]


def _together(name: str, one: Typed, other: Typed, profile: Profile) -> tuple[Typed, Typed]:
    """Return two arrays cast to the type in which their elements meet."""
    types = element_of(name, one), element_of(name, other)
    element = tightest_common_type(*types, profile.with_(ansi=False))
    if element is None or not is_comparable(element):
        raise refuse_types(name, one, other)
    return cast(one, ArrayType(element), profile), cast(other, ArrayType(element), profile)


def _of_two(name: str, of: Callable[[Pairs, Pairs], Pairs]) -> Callable[[Profile, Typed, Typed], Typed]:
    def build(profile: Profile, one: Typed, other: Typed) -> Typed:
        one, other = _together(name, one, other, profile)
        elements = _elements(profile)
        return map2(
            lambda left, right: _without_repeats(of(elements(left), elements(right))), one, other, one.type
        )

    return build


def _common(one: Pairs, other: Pairs) -> Pairs:
    keys = {key for key, _ in other}
    return [pair for pair in one if pair[0] in keys]


def _difference(one: Pairs, other: Pairs) -> Pairs:
    keys = {key for key, _ in other}
    return [pair for pair in one if pair[0] not in keys]


function("array_union", takes="==", gives="=")(_of_two("array_union", lambda one, other: [*one, *other]))
function("array_intersect", takes="==", gives="=")(_of_two("array_intersect", _common))
function("array_except", takes="==", gives="=")(_of_two("array_except", _difference))


@function("arrays_overlap", takes="==", gives="b")
def arrays_overlap(profile: Profile, one: Typed, other: Typed) -> Typed:
    """Tell whether two arrays share an element; null where they do not and one has a null."""
    one, other = _together("arrays_overlap", one, other, profile)
    elements = _elements(profile)

    def overlap(left: Any, right: Any) -> bool | None:
        keys = {key for key, value in elements(right) if value is not None}
        if any(value is not None and key in keys for key, value in elements(left)):
            return True
        return None if left and right and (None in left or None in right) else False

    return map2(overlap, one, other, BOOLEAN)


@function("array_repeat", takes=".n", gives="a")
def array_repeat(profile: Profile, operand: Typed, count: Typed) -> Typed:
    """Return an array that holds a value so many times."""
    if count.type not in (INTEGER, NULL):
        raise refuse_types("array_repeat", operand, count)
    value, times = operand.run, whole_number("array_repeat", count, profile).run

    def repeated(row: Row) -> list[Any] | None:
        number = times(row)
        if number is None:
            return None
        if number > 1_000_000:
            raise InvalidValueError("would hold more than 1,000,000 elements", number)
        return [value(row)] * max(number, 0)

    return Typed(ArrayType(operand.type), repeated, operand.constant and count.constant)


@function("array_compact", takes="a", gives="a")
def array_compact(_profile: Profile, operand: Typed) -> Typed:
    """Return the elements that are not null."""
    element_of("array_compact", operand)
    return map1(lambda values: [value for value in values if value is not None], operand, operand.type)
