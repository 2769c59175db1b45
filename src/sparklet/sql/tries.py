"""Functions that give null where an operator of ANSI mode raises: `try_add` and its kin, and `decode`.

Follows Spark's `catalyst/expressions/{TryEval,arithmetic,conditionalExpressions}.scala` (4.2).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sparklet.errors import InvalidValueError
from sparklet.profile import Profile
from sparklet.sql.arithmetic import divide, numbers
from sparklet.sql.arrays import element_at
from sparklet.sql.binary import decoded_with
from sparklet.sql.conditions import case, null_safe_equal
from sparklet.sql.functions import function, functions, refuse_types
from sparklet.sql.nodes import Refused
from sparklet.sql.typed import Typed, always
from sparklet.types import DOUBLE, NULL, is_numeric

__all__ = ["tried"]

Build = Callable[..., Typed]


def tried(build: Build, profile: Profile, *operands: Typed) -> Typed:
    """Return what `build` makes of the operands under ANSI, null where it raises; operands still raise."""
    ansi = profile.with_(ansi=True)
    runs = [operand.run for operand in operands]
    constants = [operand.constant for operand in operands]

    def slot(index: int) -> Typed:
        return Typed(operands[index].type, lambda row: row[index], written=operands[index].written)

    inner = build(ansi, *(slot(index) for index in range(len(operands))))
    compute = inner.run

    def applied(row: tuple[Any, ...]) -> Any:
        values = tuple(run(row) for run in runs)
        try:
            return compute(values)
        except InvalidValueError:
            return None

    return Typed(inner.type, applied, all(constants))


def _try(name: str, operator: str) -> Callable[[Profile, Typed, Typed], Typed]:
    build = divide if operator == "/" else functions[operator].build

    def made(profile: Profile, left: Typed, right: Typed) -> Typed:
        if not all(is_numeric(side.type) or side.type == NULL for side in (left, right)):
            raise refuse_types(name, left, right)
        left, right = numbers(name, left, right, profile)
        if not is_numeric(left.type):
            return always(None, DOUBLE if operator == "/" else left.type)
        return tried(build, profile, left, right)

    return made


for _name, _operator in (("add", "+"), ("subtract", "-"), ("multiply", "*"), ("divide", "/")):
    function(f"try_{_name}", takes="nn", gives="n")(_try(f"try_{_name}", _operator))


function("try_mod", takes="nn", gives="n", since="4.0")(_try("try_mod", "%"))


@function("try_element_at", takes="an", gives=".")
def try_element_at(profile: Profile, operand: Typed, index: Typed) -> Typed:
    """Return the element at a position from 1, null outside; 0 is an error."""
    return element_at(profile.with_(ansi=False), operand, index)


@function("decode", takes=".*", gives=".")
def decode(profile: Profile, value: Typed, *parts: Typed) -> Typed:
    """Return the result behind the first part that equals the value, null equals null; else the last part."""
    if len(parts) == 1:
        return decoded_with(profile, value, parts[0])
    if not parts:
        raise Refused("decode with one argument")
    pairs = len(parts) // 2
    branches: list[Typed] = []
    for index in range(pairs):
        branches += (null_safe_equal(profile, value, parts[2 * index]), parts[2 * index + 1])
    return case(profile, *branches, *parts[2 * pairs :])


def _reader(name: str) -> Callable[..., Typed]:
    """Return the reader of dates or times that gives null for what it cannot read, as without ANSI mode."""

    def build(profile: Profile, operand: Typed, *pattern: Typed) -> Typed:
        return functions[name].build(profile.with_(ansi=False), operand, *pattern)

    return build


function("try_to_timestamp", takes="s[s]", gives="t")(_reader("to_timestamp"))
function("try_to_date", takes="s[s]", gives="d", since="4.1+")(_reader("to_date"))
