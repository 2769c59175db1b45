"""More functions of texts: masks, quotes, choices by position, and errors.

Follows Spark's `catalyst/expressions/{maskExpressions,stringExpressions,misc}.scala` (4.2).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from sparklet.errors import InvalidValueError
from sparklet.java.regex.charset import CharSet
from sparklet.java.regex.properties import category, lower_case, upper_case
from sparklet.profile import Profile
from sparklet.sql.functions import function, map1, refuse_types
from sparklet.sql.nodes import Refused
from sparklet.sql.strings import as_number, string
from sparklet.sql.typed import Typed, always
from sparklet.types import BOOLEAN, INTEGER, NULL, STRING

__all__ = ["masked"]


# --- masks -----------------------------------------------------------------------------------------


@cache
def _classes() -> tuple[CharSet, CharSet, CharSet]:
    return upper_case(), lower_case(), category("Nd")


def masked(
    text: str,
    upper: str | None,
    lower: str | None,
    digit: str | None,
    other: str | None,
    *,
    halves: bool = False,
) -> str:
    """Return the text with each character replaced by that of its class; None keeps it.

    `halves` tells that a character beyond UTF-16's one unit is two others, as it was before Spark 4.1.

    >>> masked("Ab-1", "X", "x", "n", None)
    'Xx-n'
    """
    capitals, small, digits = _classes()
    parts = []
    for char in text:
        code = ord(char)
        if halves and code > 0xFFFF:
            parts.append(char if other is None else other * 2)
            continue
        by = upper if code in capitals else lower if code in small else digit if code in digits else other
        parts.append(char if by is None else by)
    return "".join(parts)


@function("mask", takes="s[s[s[s[s]]]]", gives="s")
def mask(profile: Profile, operand: Typed, *characters: Typed) -> Typed:
    """Return the text with capitals, small letters, digits and perhaps others replaced."""
    if operand.type not in (STRING, NULL):
        raise refuse_types("mask", operand)
    by: list[str | None] = ["X", "x", "n", None]
    for place, character in enumerate(characters):
        if not character.constant or character.type not in (STRING, NULL):
            raise Refused("mask with a character that is no constant")
        value = character.value
        if value is not None and len(value.encode("utf-16-le")) != 2:
            raise Refused(f"mask with {value!r}, which is no single character")
        by[place] = value
    halves = not profile.at_least("4.1+")
    return map1(lambda text: masked(text, *by, halves=halves), string("mask", operand, profile), STRING)


@function("quote", takes="s", gives="s", since="4.1+")
def quote(profile: Profile, operand: Typed) -> Typed:
    """Return the text between quotes, with a backslash before each quote in it."""
    return map1(
        lambda text: "'" + text.replace("'", "\\'") + "'",
        string("quote", operand, profile),
        STRING,
    )


# --- choices and errors ------------------------------------------------------------------------------


@function("elt", takes="ns*", gives="s")
def elt(profile: Profile, index: Typed, *operands: Typed) -> Typed:
    """Return the text at a position from 1; outside null, under ANSI an error."""
    if not operands:
        raise Refused("elt without a text")
    at = as_number("elt", index, INTEGER, profile).run
    texts = [string("elt", operand, profile) for operand in operands]
    runs = [text.run for text in texts]
    ansi = profile.ansi

    def applied(row: tuple[Any, ...]) -> Any:
        place = at(row)
        if place is None:
            return None
        if 1 <= place <= len(runs):
            return runs[place - 1](row)
        if ansi:
            raise InvalidValueError(f"has {len(runs)} texts, none at {place}", place)
        return None

    return Typed(STRING, applied, index.constant and all(text.constant for text in texts))


def _valid(name: str, of: Callable[[str], Any]) -> None:
    def build(profile: Profile, operand: Typed) -> Typed:
        return map1(of, string(name, operand, profile), BOOLEAN if name == "is_valid_utf8" else STRING)

    function(name, takes="s", gives="b" if name == "is_valid_utf8" else "s", since="4.0")(build)


# A text of a row is valid UTF-8, as Python writes it.
_valid("is_valid_utf8", lambda _: True)
for _name in ("make_valid_utf8", "validate_utf8", "try_validate_utf8"):
    _valid(_name, lambda text: text)


@function("typeof", takes=".", gives="s")
def type_of(_profile: Profile, operand: Typed) -> Typed:
    """Return the name of the type."""
    return always(str(operand.type), STRING)


@function("raise_error", takes="s", gives=".")
def raise_error(profile: Profile, message: Typed) -> Typed:
    """Fail with a message."""
    run = string("raise_error", message, profile).run

    def applied(row: tuple[Any, ...]) -> Any:
        text = run(row)
        raise InvalidValueError(f"raise_error: {text}", text)

    return Typed(NULL, applied)


@function("assert_true", takes="b[s]", gives=".")
def assert_true(profile: Profile, condition: Typed, message: Typed | None = None) -> Typed:
    """Return null where a condition is true, and fail with a message elsewhere."""
    if condition.type not in (BOOLEAN, NULL):
        raise refuse_types("assert_true", condition)
    run = condition.run
    text = None if message is None else string("assert_true", message, profile).run

    def applied(row: tuple[Any, ...]) -> Any:
        if run(row) is True:
            return None
        shown = "is not true" if text is None else text(row)
        raise InvalidValueError(f"assert_true: {shown}", False)

    return Typed(NULL, applied)
