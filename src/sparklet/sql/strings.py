"""Functions of strings. Positions count characters, as Spark's UTF8String does, not Java's UTF-16 units.

Follows Spark's `catalyst/expressions/{stringExpressions,regexpExpressions}.scala` and
`unsafe/types/UTF8String.java` (4.2).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from sparklet.errors import InvalidValueError
from sparklet.java import java_lower
from sparklet.profile import Profile
from sparklet.sql.casts import cast
from sparklet.sql.functions import function, map1, map2, maps, refuse_types
from sparklet.sql.nodes import Refused
from sparklet.sql.typed import Typed
from sparklet.types import BINARY, BOOLEAN, INTEGER, NULL, STRING, VECTOR, ArrayType, DataType, is_numeric
from sparklet.types.coercion import wider_common_type

__all__ = ["as_number", "string", "whole_number"]

LONGEST_TEXT = 10_000_000


def string(name: str, operand: Typed, profile: Profile) -> Typed:
    """Return the operand as text; Spark casts any atomic value to it."""
    if operand.type in (VECTOR, BINARY) or isinstance(operand.type, ArrayType):
        raise refuse_types(name, operand)
    return cast(operand, STRING, profile)


def as_number(name: str, operand: Typed, to: DataType, profile: Profile) -> Typed:
    """Return the operand as the number that a function takes; Spark casts any number or text to it."""
    if not is_numeric(operand.type) and operand.type not in (STRING, NULL):
        raise refuse_types(name, operand)
    return cast(operand, to, profile)


def whole_number(name: str, operand: Typed, profile: Profile) -> Typed:
    """Return the operand as the int that a function takes."""
    return as_number(f"the position or length in {name}", operand, INTEGER, profile)


def _of_one(
    name: str, of: Callable[[str], Any], type: DataType = STRING
) -> Callable[[Profile, Typed], Typed]:
    return lambda profile, operand: map1(of, string(name, operand, profile), type)


# --- case ------------------------------------------------------------------------------------------


def java_upper(text: str) -> str:
    """Return the text in upper case."""
    return text.upper()


@function("lower", "lcase", takes="s", gives="s")
def lower(profile: Profile, operand: Typed) -> Typed:
    """Return the text in lower case."""
    return map1(java_lower, string("lower", operand, profile), STRING)


function("upper", "ucase", takes="s", gives="s")(_of_one("upper", java_upper))


def capitalised(text: str) -> str:
    """Return the text in lower case but for the first letter behind each space, as Spark since 4.0 does it.

    >>> capitalised("ab-c  DE"), capitalised("\u00dfa")
    ('Ab-c  De', 'Ssa')
    """
    return " ".join(_capitalised(word) for word in text.split(" "))


def _capitalised(word: str) -> str:
    first = word[:1]
    return first.title() + java_lower(word)[len(java_lower(first)) :]


def capitalised_units(text: str) -> str:
    """Return the same as Spark 3 does it: one UTF-16 unit becomes one, or stays.

    >>> capitalised_units("ab-c  DE"), capitalised_units("\u00dfa")
    ('Ab-c  De', '\u00dfa')
    """
    return " ".join(_title_of_unit(word[:1]) + word[1:] for word in java_lower(text).split(" "))


def _title_of_unit(char: str) -> str:
    title = char.title()
    return title if len(title) == 1 and char < "\U00010000" else char


@function("initcap", takes="s", gives="s")
def initcap(profile: Profile, operand: Typed) -> Typed:
    """Return the text with each word capitalised."""
    of = capitalised if profile.at_least("4.0") else capitalised_units
    return map1(of, string("initcap", operand, profile), STRING)


# --- length and parts ------------------------------------------------------------------------------


@function("length", "char_length", "character_length", "len", takes="s", gives="n")
def length_of(profile: Profile, operand: Typed) -> Typed:
    """Return the number of characters of a text, or of bytes."""
    counted = operand if operand.type == BINARY else string("length", operand, profile)
    return map1(len, counted, INTEGER)


function("reverse", takes="s", gives="s")(_of_one("reverse", lambda text: text[::-1]))
function("ascii", takes="s", gives="n")(_of_one("ascii", lambda text: ord(text[0]) if text else 0, INTEGER))


def part(text: str, position: int, length: int) -> str:
    """Return Spark's substring: positions from 1, negative ones from the end.

    >>> part("Spark", 2, 3), part("Spark", 0, 2), part("Spark", -3, 2), part("Spark", -9, 6)
    ('par', 'Sp', 'ar', 'Sp')
    """
    start = position - 1 if position > 0 else len(text) + position if position < 0 else 0
    return text[max(start, 0) : max(start + length, 0)] if length > 0 else ""


@function("substring", "substr", takes="sn[n]", gives="s")
def substring(profile: Profile, operand: Typed, position: Typed, length: Typed | None = None) -> Typed:
    """Return a part of the text."""
    text, start = string("substring", operand, profile), whole_number("substring", position, profile)
    if length is None:
        return map2(lambda value, at: part(value, at, (1 << 31) - 1), text, start, STRING)
    return maps(part, (text, start, whole_number("substring", length, profile)), STRING)


@function("left", takes="sn", gives="s")
def left(profile: Profile, operand: Typed, length: Typed) -> Typed:
    """Return the first characters."""
    return map2(
        lambda text, count: part(text, 1, count),
        string("left", operand, profile),
        whole_number("left", length, profile),
        STRING,
    )


@function("right", takes="sn", gives="s")
def right(profile: Profile, operand: Typed, length: Typed) -> Typed:
    """Return the last characters."""
    return map2(
        lambda text, count: text[-count:] if count > 0 else "",
        string("right", operand, profile),
        whole_number("right", length, profile),
        STRING,
    )


# --- trimming and padding --------------------------------------------------------------------------

# Only the space is trimmed, no other blank.
function("trim", takes="s", gives="s")(_of_one("trim", lambda text: text.strip(" ")))
function("ltrim", takes="s", gives="s")(_of_one("ltrim", lambda text: text.lstrip(" ")))
function("rtrim", takes="s", gives="s")(_of_one("rtrim", lambda text: text.rstrip(" ")))


def _trimming(name: str, of: Callable[[str, str], str]) -> Callable[[Profile, Typed, Typed], Typed]:
    def build(profile: Profile, characters: Typed, operand: Typed) -> Typed:
        texts = string(name, operand, profile), string(name, characters, profile)
        return map2(lambda text, cut: of(text, cut) if cut else text, *texts, STRING)

    return build


function("btrim_of", takes="ss", gives="s")(_trimming("trim", str.strip))
function("ltrim_of", takes="ss", gives="s")(_trimming("trim", str.lstrip))
function("rtrim_of", takes="ss", gives="s")(_trimming("trim", str.rstrip))


@function("btrim", takes="s[s]", gives="s")
def btrim(profile: Profile, operand: Typed, characters: Typed | None = None) -> Typed:
    """Return the text without these characters (by default the space) at both ends."""
    if characters is None:
        return map1(lambda text: text.strip(" "), string("btrim", operand, profile), STRING)
    return _trimming("btrim", str.strip)(profile, characters, operand)


def _padded(text: str, length: int, pad: str) -> str:
    missing = length - len(text)
    if missing > LONGEST_TEXT:
        raise InvalidValueError(f"is padded to {length} characters", length)
    return (pad * (missing // len(pad) + 1))[:missing] if missing > 0 and pad else ""


def _pad(name: str, of: Callable[[str, int, str], str]) -> Callable[..., Typed]:
    def build(profile: Profile, operand: Typed, length: Typed, pad: Typed | None = None) -> Typed:
        text, count = string(name, operand, profile), whole_number(name, length, profile)
        padded = of if profile.at_least("4.0") else _within_int(of)
        if pad is None:
            return map2(lambda value, size: padded(value, size, " "), text, count, STRING)
        return maps(padded, (text, count, string(name, pad, profile)), STRING)

    return build


def _within_int(of: Callable[[str, int, str], str]) -> Callable[[str, int, str], str]:
    """Return the padding of Spark 3, which subtracts the length of the text from that wanted as Java does."""

    def applied(text: str, length: int, pad: str) -> str:
        if length - len(text) < -(1 << 31) and pad:
            raise InvalidValueError(f"is padded to {length} characters", length)
        return of(text, length, pad)

    return applied


def _lpad(text: str, length: int, pad: str) -> str:
    if length > len(text):
        return (_padded(text, length, pad) + text)[:length]
    return text[: max(length, 0)]


def _rpad(text: str, length: int, pad: str) -> str:
    return (text + _padded(text, length, pad))[: max(length, 0)]


function("lpad", takes="sn[s]", gives="s")(_pad("lpad", _lpad))
function("rpad", takes="sn[s]", gives="s")(_pad("rpad", _rpad))


@function("repeat", takes="sn", gives="s")
def repeat(profile: Profile, operand: Typed, times: Typed) -> Typed:
    """Return the text so many times."""

    def repeated(text: str, count: int) -> str:
        if len(text) * count > LONGEST_TEXT:
            raise InvalidValueError(f"is repeated {count} times", text[:80])
        return text * max(count, 0)

    return map2(repeated, string("repeat", operand, profile), whole_number("repeat", times, profile), STRING)


# --- searching and replacing -----------------------------------------------------------------------


@function("instr", takes="ss", gives="n")
def instr(profile: Profile, operand: Typed, wanted: Typed) -> Typed:
    """Return where a text first stands in another, from 1; 0 where it does not."""
    texts = string("instr", operand, profile), string("instr", wanted, profile)
    return map2(lambda text, part: text.find(part) + 1, *texts, INTEGER)


@function("locate", "position", takes="ss", gives="n")
def locate(profile: Profile, wanted: Typed, operand: Typed) -> Typed:
    """Return where the first text stands in the second, from 1; 0 where it does not."""
    texts = string("locate", wanted, profile), string("locate", operand, profile)
    return map2(lambda part, text: text.find(part) + 1, *texts, INTEGER)


@function("replace", takes="ss[s]", gives="s")
def replace(profile: Profile, operand: Typed, wanted: Typed, by: Typed | None = None) -> Typed:
    """Return the text with all of one part replaced; an empty part is in no text."""
    texts = [string("replace", item, profile) for item in (operand, wanted, by) if item is not None]
    if by is None:
        return map2(lambda text, old: text.replace(old, "") if old else text, texts[0], texts[1], STRING)
    return maps(lambda text, old, new: text.replace(old, new) if old else text, texts, STRING)


@function("translate", takes="sss", gives="s")
def translate(profile: Profile, operand: Typed, old: Typed, new: Typed) -> Typed:
    """Return the text with characters replaced one by one; those without a partner are removed."""

    def translated(text: str, matching: str, by: str) -> str:
        table: dict[int, str] = {}
        for place, char in enumerate(matching):
            table.setdefault(ord(char), by[place] if place < len(by) else "")
        return text.translate(table)

    return maps(translated, [string("translate", item, profile) for item in (operand, old, new)], STRING)


def _about(name: str, of: Callable[[str, str], bool]) -> Callable[[Profile, Typed, Typed], Typed]:
    def build(profile: Profile, operand: Typed, wanted: Typed) -> Typed:
        return map2(of, string(name, operand, profile), string(name, wanted, profile), BOOLEAN)

    return build


function("startswith", takes="ss", gives="b")(_about("startswith", str.startswith))
function("endswith", takes="ss", gives="b")(_about("endswith", str.endswith))
function("contains", takes="ss", gives="b")(_about("contains", lambda text, wanted: wanted in text))

# --- joining ---------------------------------------------------------------------------------------


@function("||", takes="ss", gives="s")
def joined(profile: Profile, *operands: Typed) -> Typed:
    """Return the texts one after the other; null if any is."""
    return concat(profile, *operands)


@function("concat", takes="s*", gives="s")
def concat(profile: Profile, *operands: Typed) -> Typed:
    """Return texts, or arrays of one type, one after the other; null if any is."""
    types = [operand.type for operand in operands]
    if types and all(isinstance(type, ArrayType) for type in types):
        common = wider_common_type(types, profile)
        if common is None:
            raise refuse_types("concat", *operands)
        arrays = [cast(operand, common, profile) for operand in operands]
        return maps(lambda *lists: [item for each in lists for item in each], arrays, common)
    texts = [string("concat", operand, profile) for operand in operands]
    return maps(lambda *values: "".join(values), texts, STRING)


@function("concat_ws", takes="s[s*]", gives="s")
def concat_ws(profile: Profile, separator: Typed, *operands: Typed) -> Typed:
    """Return texts, and the texts in arrays, with a separator between; nulls are left out."""
    between = string("concat_ws", separator, profile).run
    runs = []
    for operand in operands:
        if operand.type == ArrayType(STRING):
            runs.append((operand.run, True))
        else:
            runs.append((string("concat_ws", operand, profile).run, False))

    def applied(row: tuple[Any, ...]) -> str | None:
        joint = between(row)
        if joint is None:
            return None
        texts: list[str] = []
        for run, several in runs:
            value = run(row)
            if value is not None:
                texts += [item for item in value if item is not None] if several else [value]
        return str(joint.join(texts))

    return Typed(STRING, applied, separator.constant and all(operand.constant for operand in operands))


# --- LIKE ------------------------------------------------------------------------------------------


def like_pattern(pattern: str, escape: str = "\\") -> re.Pattern[str]:
    r"""Return the regular expression that a LIKE pattern stands for.

    Raises `InvalidValueError` where the escape character stands before anything but %, _ and itself.

    >>> bool(like_pattern("a\\%%").fullmatch("a%b")), bool(like_pattern("_b").fullmatch("ab\n"))
    (True, False)
    """
    parts: list[str] = []
    place = 0
    while place < len(pattern):
        char = pattern[place]
        place += 1
        if char == escape:
            following = pattern[place : place + 1]
            if following not in ("%", "_", escape) or not following:
                raise InvalidValueError(f"LIKE {pattern!r}: the escape character stands alone", pattern)
            parts.append(re.escape(following))
            place += 1
        elif char in "%_":
            parts.append(".*" if char == "%" else ".")
        else:
            parts.append(re.escape(char))
    return re.compile("".join(parts), re.DOTALL)


def _like(name: str, *, folds: bool) -> Callable[..., Typed]:
    def build(profile: Profile, operand: Typed, pattern: Typed, escape: Typed | None = None) -> Typed:
        mark = "\\" if escape is None else escape.value if escape.constant else None
        if not isinstance(mark, str) or len(mark) != 1:
            raise Refused(f"{name} with an escape that is no single character")
        texts = [string(name, item, profile) for item in (operand, pattern)]
        if folds:
            texts = [map1(java_lower, text, STRING) for text in texts]
        text, wanted = texts
        if wanted.constant and wanted.value is not None:
            try:
                match = like_pattern(wanted.value, mark).fullmatch
            except InvalidValueError as error:
                raise Refused(str(error)) from None
            return map1(lambda value: match(value) is not None, text, BOOLEAN)
        return map2(
            lambda value, other: like_pattern(other, mark).fullmatch(value) is not None,
            text,
            wanted,
            BOOLEAN,
        )

    return build


function("like", takes="ss[s]", gives="b")(_like("LIKE", folds=False))
function("ilike", takes="ss[s]", gives="b")(_like("ILIKE", folds=True))
