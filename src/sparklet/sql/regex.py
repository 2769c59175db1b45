"""Functions of Java regular expressions.

Follows Spark's `catalyst/expressions/regexpExpressions.scala` and `unsafe/types/UTF8String.java` (4.2).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sparklet.errors import InvalidValueError, PatternError
from sparklet.java import utf16_length
from sparklet.java.regex import JavaPattern, java_pattern
from sparklet.profile import Profile
from sparklet.sql.functions import function, map1, map2, maps
from sparklet.sql.nodes import Refused
from sparklet.sql.strings import string, whole_number
from sparklet.sql.typed import Typed, always
from sparklet.types import BOOLEAN, INTEGER, STRING, ArrayType, DataType

__all__ = ["pattern"]

WORDS = ArrayType(STRING)


def pattern(name: str, operand: Typed, profile: Profile) -> Typed:
    """Return an expression whose value is the compiled pattern; one of a constant is compiled here.

    Raises `Refused` for a constant that Java refuses.
    """
    text = string(name, operand, profile)
    if not text.constant:
        return map1(_compiled, text, STRING)
    if text.value is None:
        return always(None, STRING)
    try:
        return always(java_pattern(text.value), STRING)
    except PatternError as error:
        raise Refused(f"{name} where {error}") from None


def _compiled(text: str) -> JavaPattern:
    try:
        return java_pattern(text)
    except PatternError as error:
        raise InvalidValueError(str(error), text) from None


def _of_pattern(
    name: str, of: Callable[[str, JavaPattern], Any], type: DataType
) -> Callable[[Profile, Typed, Typed], Typed]:
    return lambda profile, operand, wanted: map2(
        of, string(name, operand, profile), pattern(name, wanted, profile), type
    )


function("rlike", "regexp", "regexp_like", takes="ss", gives="b")(
    _of_pattern("RLIKE", lambda text, wanted: wanted.search(text) is not None, BOOLEAN)
)
function("regexp_count", takes="ss", gives="n")(
    _of_pattern("regexp_count", lambda text, wanted: len(wanted.findall(text)), INTEGER)
)
function("regexp_substr", takes="ss", gives="s")(
    _of_pattern("regexp_substr", lambda text, wanted: (wanted.search(text) or (None,))[0] or None, STRING)
)


# --- replacing -------------------------------------------------------------------------------------


def _replaced(text: str, wanted: JavaPattern, by: str, position: int = 1) -> str:
    head = ""
    if position > 1:
        if position > utf16_length(text):
            return text
        units = text.encode("utf-16-le", "surrogatepass")
        head, text = (
            part.decode("utf-16-le", "replace")
            for part in (units[: 2 * position - 2], units[2 * position - 2 :])
        )
    try:
        return head + wanted.replace(text, by)
    except PatternError as error:
        raise InvalidValueError(str(error), by) from None


@function("regexp_replace", takes="sss[n]", gives="s")
def regexp_replace(
    profile: Profile, operand: Typed, wanted: Typed, by: Typed, position: Typed | None = None
) -> Typed:
    """Return the text with every match (from a position) replaced; `$1` in the replacement is a group."""
    text, new = string("regexp_replace", operand, profile), string("regexp_replace", by, profile)
    compiled = pattern("regexp_replace", wanted, profile)
    if position is None:
        if compiled.constant and compiled.value is not None:
            fixed = compiled.value
            return map2(lambda value, replacement: _replaced(value, fixed, replacement), text, new, STRING)
        return maps(_replaced, (text, compiled, new), STRING)
    place = whole_number("regexp_replace", position, profile)
    if not place.constant or (place.value is not None and place.value < 1):
        raise Refused("regexp_replace from a position that is no constant above 0")
    return maps(_replaced, (text, compiled, new, place), STRING)


# --- groups ----------------------------------------------------------------------------------------


def _group(found: tuple[str | None, ...], index: int, text: str) -> str:
    if not 0 <= index < len(found):
        raise InvalidValueError(f"has no group {index}, the pattern has {len(found) - 1}", text)
    return found[index] or ""


def _extracted(text: str, wanted: JavaPattern, index: int) -> str:
    found = wanted.search(text)
    return "" if found is None else _group(found, index, text)


def _all_extracted(text: str, wanted: JavaPattern, index: int) -> list[str]:
    return [_group(found, index, text) for found in wanted.finditer(text)]


def _groups(name: str, of: Callable[[str, JavaPattern, int], Any], type: DataType) -> Callable[..., Typed]:
    def build(profile: Profile, operand: Typed, wanted: Typed, group: Typed | None = None) -> Typed:
        text, compiled = string(name, operand, profile), pattern(name, wanted, profile)
        index = always(1, INTEGER) if group is None else whole_number(name, group, profile)
        if index.constant and index.value is not None:
            fixed = index.value
            return map2(lambda value, made: of(value, made, fixed), text, compiled, type)
        return maps(of, (text, compiled, index), type)

    return build


function("regexp_extract", takes="ss[n]", gives="s")(_groups("regexp_extract", _extracted, STRING))
function("regexp_extract_all", takes="ss[n]", gives="a")(_groups("regexp_extract_all", _all_extracted, WORDS))


@function("regexp_instr", takes="ss[n]", gives="n")
def regexp_instr(profile: Profile, operand: Typed, wanted: Typed, group: Typed | None = None) -> Typed:
    """Return where the pattern first matches, from 1; 0 where it does not.

    Before Spark 4.1 units of UTF-16 are counted, since then characters.
    """
    text, compiled = string("regexp_instr", operand, profile), pattern("regexp_instr", wanted, profile)
    measure = len if profile.at_least("4.1+") else utf16_length

    def position(value: str, made: JavaPattern, _group: int) -> int:
        head = made.before(value)
        return 0 if head is None else measure(head) + 1

    # Spark takes a group, and asks it for nothing but null.
    index = always(0, INTEGER) if group is None else whole_number("regexp_instr", group, profile)
    return maps(position, (text, compiled, index), INTEGER)


# --- splitting -------------------------------------------------------------------------------------


@function("split", takes="ss[n]", gives="a")
def split(profile: Profile, operand: Typed, wanted: Typed, limit: Typed | None = None) -> Typed:
    """Return the parts of the text between the matches; empty parts at the end stay."""
    text, compiled = string("split", operand, profile), pattern("split", wanted, profile)
    keeps = profile.at_least("4.0")

    def cut(value: str, made: JavaPattern, most: int) -> list[str]:
        return made.split(value, most or -1) if made.pattern else _characters(value, most, keeps=keeps)

    if limit is None:
        return map2(lambda value, made: cut(value, made, -1), text, compiled, WORDS)
    return maps(cut, (text, compiled, whole_number("split", limit, profile)), WORDS)


def _characters(text: str, limit: int, *, keeps: bool) -> list[str]:
    """Return the characters of the text up to the limit; only since 4.0 the last keeps what is beyond."""
    if not text:
        return [""]
    if not 0 < limit < len(text):
        return list(text)
    return [*text[: limit - 1], text[limit - 1 :] if keeps else text[limit - 1]]
