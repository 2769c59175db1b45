"""Comparisons, three-valued logic, CASE and its kin.

Follows Spark's `catalyst/expressions/{predicates,conditionalExpressions,nullExpressions}.scala` (4.2).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from sparklet.profile import Profile
from sparklet.sql.casts import cast
from sparklet.sql.comparing import compare, is_orderable, same_structure
from sparklet.sql.functions import function, map2, refuse_types
from sparklet.sql.intervals import are_ordered_intervals
from sparklet.sql.nodes import Refused
from sparklet.sql.typed import Typed, always, in_comparison, same
from sparklet.types import BOOLEAN, DOUBLE, FLOAT, INTEGER, NULL, STRING, is_numeric
from sparklet.types.coercion import wider_common_type, wider_type_without_string

__all__ = ["truth"]

FLOATING = (FLOAT, DOUBLE)

# --- comparisons ------------------------------------------------------------------------------------


def _together(
    name: str, left: Typed, right: Typed, profile: Profile, *, equality: bool
) -> tuple[Typed, Typed]:
    if are_ordered_intervals(left.type, right.type):
        return left, right
    if left.type != right.type and profile.at_least("4.0") and same_structure(left.type, right.type):
        return left, right
    type = in_comparison(left, right, profile, equality=equality)
    if type is None:
        raise refuse_types(name, left, right)
    return cast(left, type, profile), cast(right, type, profile)


def _comparison(name: str) -> Callable[[Profile, Typed, Typed], Typed]:
    def build(profile: Profile, left: Typed, right: Typed) -> Typed:
        left, right = _together(name, left, right, profile, equality=name in ("=", "<>"))
        return map2(compare(name, left.type, right.type), left, right, BOOLEAN)

    return build


for _name in ("=", "<>", "<", "<=", ">", ">="):
    function(_name, takes="==", gives="b")(_comparison(_name))


@function("<=>", takes="==", gives="b")
def null_safe_equal(profile: Profile, left: Typed, right: Typed) -> Typed:
    """Tell whether two values are the same; null is the same as null."""
    left, right = _together("<=>", left, right, profile, equality=True)
    first, second, equal = left.run, right.run, compare("=", left.type, right.type)

    def applied(row: tuple[Any, ...]) -> bool:
        a, b = first(row), second(row)
        return a is None and b is None if a is None or b is None else equal(a, b)

    return Typed(BOOLEAN, applied, left.constant and right.constant)


@function("in", takes="==*", gives="b")
def is_in(profile: Profile, value: Typed, *listed: Typed) -> Typed:
    """Tell whether a value is listed; null where it is not and the list has a null."""
    type = wider_common_type([value.type, *(item.type for item in listed)], profile)
    if type is None and all(same_structure(value.type, item.type) for item in listed):
        operands = [value, *listed]
    elif type is None or not (is_orderable(type) or type == NULL):
        raise refuse_types("IN", value, *listed)
    else:
        operands = [cast(operand, type, profile) for operand in (value, *listed)]
    run = operands[0].run
    runs = tuple((item.run, compare("=", operands[0].type, item.type)) for item in operands[1:])

    def applied(row: tuple[Any, ...]) -> bool | None:
        wanted = run(row)
        if wanted is None:
            return None
        answer: bool | None = False
        for item, equal in runs:
            found = item(row)
            if found is None:
                answer = None
            elif equal(wanted, found):
                return True
        return answer

    return Typed(BOOLEAN, applied, value.constant and all(item.constant for item in listed))


# --- logic -----------------------------------------------------------------------------------------


def truth(name: str, operand: Typed) -> Typed:
    """Return a condition as a boolean; `Refused` for any other type."""
    if operand.type == NULL:
        return always(None, BOOLEAN)
    if operand.type != BOOLEAN:
        raise refuse_types(name, operand)
    return operand


def _truths(name: str, left: Typed, right: Typed, profile: Profile) -> tuple[Typed, Typed]:
    if profile.ansi and {left.type, right.type} == {BOOLEAN, STRING}:
        return cast(left, BOOLEAN, profile), cast(right, BOOLEAN, profile)
    return truth(name, left), truth(name, right)


@function("and", takes="bb", gives="b")
def both(profile: Profile, left: Typed, right: Typed) -> Typed:
    """Return AND: false if either is, else null if either is."""
    left, right = _truths("AND", left, right, profile)
    first, second = left.run, right.run

    def applied(row: tuple[Any, ...]) -> bool | None:
        a = first(row)
        if a is False:
            return False
        b = second(row)
        return False if b is False else None if a is None or b is None else True

    return Typed(BOOLEAN, applied, left.constant and right.constant)


@function("or", takes="bb", gives="b")
def either(profile: Profile, left: Typed, right: Typed) -> Typed:
    """Return OR: true if either is, else null if either is."""
    left, right = _truths("OR", left, right, profile)
    first, second = left.run, right.run

    def applied(row: tuple[Any, ...]) -> bool | None:
        a = first(row)
        if a is True:
            return True
        b = second(row)
        return True if b is True else None if a is None or b is None else False

    return Typed(BOOLEAN, applied, left.constant and right.constant)


@function("between", takes="===", gives="b")
def between(profile: Profile, value: Typed, low: Typed, high: Typed) -> Typed:
    """Tell whether a value is at least the second and at most the third; each pair is compared by itself."""
    above, below = _comparison(">="), _comparison("<=")
    return both(profile, above(profile, value, low), below(profile, value, high))


@function("not", takes="b", gives="b")
def negation(_profile: Profile, operand: Typed) -> Typed:
    """Return NOT."""
    run = truth("NOT", operand).run

    def applied(row: tuple[Any, ...]) -> bool | None:
        value = run(row)
        return None if value is None else not value

    return Typed(BOOLEAN, applied, operand.constant)


def _asked(of: Callable[[Any], bool]) -> Callable[[Profile, Typed], Typed]:
    def build(_profile: Profile, operand: Typed) -> Typed:
        run = operand.run
        return Typed(BOOLEAN, lambda row: of(run(row)), operand.constant)

    return build


function("isnull", takes=".", gives="b")(_asked(lambda value: value is None))
function("isnotnull", takes=".", gives="b")(_asked(lambda value: value is not None))


def _floating(name: str, operand: Typed, profile: Profile) -> Typed:
    if operand.type == FLOAT:
        return operand
    if operand.type not in (STRING, NULL) and not is_numeric(operand.type):
        raise refuse_types(name, operand)
    return cast(operand, DOUBLE, profile)


@function("isnan", takes="n", gives="b")
def is_nan(profile: Profile, operand: Typed) -> Typed:
    """Tell whether a number is NaN; null is not."""
    run = _floating("isnan", operand, profile).run

    def applied(row: tuple[Any, ...]) -> bool:
        value = run(row)
        return value is not None and value != value

    return Typed(BOOLEAN, applied, operand.constant)


# --- choices ---------------------------------------------------------------------------------------


def _as_one(name: str, operands: Sequence[Typed], profile: Profile) -> list[Typed]:
    if same([operand.type for operand in operands]):
        return list(operands)
    type = wider_common_type([operand.type for operand in operands], profile)
    if type is None:
        raise refuse_types(name, *operands)
    return [cast(operand, type, profile) for operand in operands]


def _is_condition(operand: Typed) -> bool:
    if operand.type != BOOLEAN:
        raise refuse_types("WHEN", operand)
    return True


@function("case", takes="b=[b=*]", gives="=")
def case(profile: Profile, *parts: Typed) -> Typed:
    """Return CASE WHEN condition THEN value ... ELSE value END."""
    pairs = len(parts) // 2
    conditions = [part.run for part in parts[: pairs * 2 : 2] if _is_condition(part)]
    default = [parts[-1]] if len(parts) % 2 else [always(None, NULL)]
    values = _as_one("CASE", [*parts[1 : pairs * 2 : 2], *default], profile)
    branches = tuple(zip(conditions, [value.run for value in values[:-1]], strict=True))
    otherwise = values[-1].run

    def applied(row: tuple[Any, ...]) -> Any:
        for condition, value in branches:
            if condition(row):
                return value(row)
        return otherwise(row)

    return Typed(values[0].type, applied, all(part.constant for part in parts))


@function("when", takes="b=[b=*]", gives="=", since="4.0")
def when(profile: Profile, *parts: Typed) -> Typed:
    """Return what CASE WHEN with these conditions and values gives."""
    return case(profile, *parts)


@function("if", takes="b==", gives="=")
def choice(profile: Profile, condition: Typed, one: Typed, other: Typed) -> Typed:
    """Return the second argument where the first is true, else the third."""
    return case(profile, truth("if", condition), one, other)


@function("coalesce", takes="=*", gives="=")
def coalesce(profile: Profile, *operands: Typed) -> Typed:
    """Return the first value that is not null; later ones are not asked."""
    if not operands:
        raise Refused("coalesce without arguments")
    values = _as_one("coalesce", operands, profile)
    runs = tuple(value.run for value in values)

    def applied(row: tuple[Any, ...]) -> Any:
        for run in runs:
            value = run(row)
            if value is not None:
                return value
        return None

    return Typed(values[0].type, applied, all(operand.constant for operand in operands))


@function("nvl", "ifnull", takes="==", gives="=")
def nvl(profile: Profile, operand: Typed, default: Typed) -> Typed:
    """Return the first argument, the second where it is null."""
    return coalesce(profile, operand, default)


@function("nvl2", takes=".==", gives="=")
def nvl2(profile: Profile, asked: Typed, one: Typed, other: Typed) -> Typed:
    """Return the second argument where the first is not null, else the third."""
    run = asked.run
    return case(profile, Typed(BOOLEAN, lambda row: run(row) is not None, asked.constant), one, other)


@function("nullif", takes="==", gives="=")
def null_if(profile: Profile, operand: Typed, other: Typed) -> Typed:
    """Return the first argument, null where it equals the second."""
    equal, run = _comparison("=")(profile, operand, other).run, operand.run
    return Typed(
        operand.type, lambda row: None if equal(row) else run(row), operand.constant and other.constant
    )


@function("nanvl", takes="nn", gives="n")
def nanvl(profile: Profile, operand: Typed, default: Typed) -> Typed:
    """Return the first argument, the second where it is NaN."""
    operand, default = (_floating("nanvl", each, profile) for each in (operand, default))
    type = FLOAT if operand.type == default.type == FLOAT else DOUBLE
    first, second = cast(operand, type, profile).run, cast(default, type, profile).run

    def applied(row: tuple[Any, ...]) -> Any:
        value = first(row)
        return value if value is None or value == value else second(row)

    return Typed(type, applied, operand.constant and default.constant)


def _extreme(name: str, operator: str) -> Callable[..., Typed]:
    def build(profile: Profile, *operands: Typed) -> Typed:
        type = wider_type_without_string([operand.type for operand in operands], profile)
        if len(operands) < 2 or type is None or not is_orderable(type):
            raise refuse_types(name, *operands)
        runs = tuple(cast(operand, type, profile).run for operand in operands)
        beats = compare(operator, type)

        def applied(row: tuple[Any, ...]) -> Any:
            best = None
            for run in runs:
                value = run(row)
                if value is not None and (best is None or beats(value, best)):
                    best = value
            return best

        return Typed(type, applied, all(operand.constant for operand in operands))

    return build


function("greatest", takes="==*", gives="=")(_extreme("greatest", ">"))
function("least", takes="==*", gives="=")(_extreme("least", "<"))


@function("equal_null", takes="==", gives="b")
def equal_null(profile: Profile, left: Typed, right: Typed) -> Typed:
    """Tell whether two values are equal; null equals null."""
    return null_safe_equal(profile, left, right)


@function("nullifzero", takes="n", gives="n", since="4.0")
def null_if_zero(profile: Profile, operand: Typed) -> Typed:
    """Return the number, null for 0."""
    equal = _comparison("=")(profile, operand, _zero())
    return choice(profile, equal, always(None, NULL), operand)


@function("zeroifnull", takes="n", gives="n", since="4.0")
def zero_if_null(profile: Profile, operand: Typed) -> Typed:
    """Return the number, 0 for null."""
    return coalesce(profile, operand, _zero())


def _zero() -> Typed:
    return Typed(INTEGER, lambda _: 0, constant=True, written=0)
