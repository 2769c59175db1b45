"""Functions of Java regular expressions.

Follows Spark's `catalyst/expressions/regexpExpressions.scala` and `unsafe/types/UTF8String.java` (4.2).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sparklet.errors import InvalidValueError, PatternError
from sparklet.java.regex import JavaPattern, java_pattern
from sparklet.profile import Profile
from sparklet.sql.functions import function, map1, map2
from sparklet.sql.nodes import Refused
from sparklet.sql.strings import string, whole_number
from sparklet.sql.typed import Typed
from sparklet.types import BOOLEAN, NULL, STRING, ArrayType, DataType

__all__ = ["pattern"]


def pattern(name: str, operand: Typed) -> JavaPattern | None:
    """Return the compiled pattern of a constant, None for null; `Refused` for any other."""
    if operand.type == NULL or (operand.constant and operand.value is None):
        return None
    if not operand.constant or operand.type != STRING:
        raise Refused(f"{name} with a pattern that is no constant")
    try:
        return java_pattern(operand.value)
    except PatternError as error:
        raise Refused(f"{name}: {error}") from None


def _null(operand: Typed, type: DataType) -> Typed:
    return map1(lambda _: None, operand, type)


@function("rlike", "regexp", "regexp_like", takes="ss", gives="b")
def rlike(profile: Profile, operand: Typed, wanted: Typed) -> Typed:
    """Tell whether the pattern matches somewhere in the text."""
    text, compiled = string("RLIKE", operand, profile), pattern("RLIKE", wanted)
    if compiled is None:
        return _null(text, BOOLEAN)
    search = compiled.search
    return map1(lambda value: search(value) is not None, text, BOOLEAN)


@function("regexp_replace", takes="sss", gives="s")
def regexp_replace(profile: Profile, operand: Typed, wanted: Typed, by: Typed) -> Typed:
    """Return the text with every match replaced; `$1` in the replacement is a group."""
    text, compiled = string("regexp_replace", operand, profile), pattern("regexp_replace", wanted)
    new = string("regexp_replace", by, profile)
    if compiled is None:
        return _null(text, STRING)
    replace = compiled.replace

    def replaced(value: str, replacement: str) -> str:
        try:
            return replace(value, replacement)
        except PatternError as error:
            raise InvalidValueError(str(error), replacement) from None

    return map2(replaced, text, new, STRING)


@function("regexp_extract", takes="ss[n]", gives="s")
def regexp_extract(profile: Profile, operand: Typed, wanted: Typed, group: Typed | None = None) -> Typed:
    """Return what a group (by default the first, 0 for all) of the first match holds; without one, ''."""
    text, compiled = string("regexp_extract", operand, profile), pattern("regexp_extract", wanted)
    if compiled is None:
        return _null(text, STRING)
    index = 1 if group is None else _constant(group, profile)
    if index is None:
        return _null(text, STRING)
    search, known = compiled.search, 0 <= index <= compiled.groups

    def extracted(value: str) -> str:
        found = search(value)
        if found is None:
            return ""
        if not known:
            raise InvalidValueError(f"has no group {index}, the pattern has {compiled.groups}", value)
        return found[index] or ""

    return map1(extracted, text, STRING)


def _constant(operand: Typed, profile: Profile) -> int | None:
    number = whole_number("regexp_extract or split", operand, profile)
    if not number.constant:
        raise Refused("regexp_extract or split with a number that is no constant")
    value: int | None = number.value
    return value


@function("split", takes="ss[n]", gives="a")
def split(profile: Profile, operand: Typed, wanted: Typed, limit: Typed | None = None) -> Typed:
    """Return the parts of the text between the matches; empty parts at the end stay."""
    text, compiled = string("split", operand, profile), pattern("split", wanted)
    most = -1 if limit is None else _constant(limit, profile)
    if compiled is None or most is None:
        return _null(text, ArrayType(STRING))
    cut: Callable[[str], Any] = lambda value: compiled.split(value, most or -1)  # noqa: E731
    if not compiled.pattern:
        cut = lambda value: _characters(value, most, keeps=profile.at_least("4.0"))  # noqa: E731
    return map1(cut, text, ArrayType(STRING))


def _characters(text: str, limit: int, *, keeps: bool) -> list[str]:
    """Return the characters of the text up to the limit; only since 4.0 the last keeps what is beyond."""
    if not text:
        return [""]
    if not 0 < limit < len(text):
        return list(text)
    return [*text[: limit - 1], text[limit - 1 :] if keeps else text[limit - 1]]
