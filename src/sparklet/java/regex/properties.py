r"""The named character classes: `\d`, `\p{Punct}`, `\p{IsAlphabetic}`, `\p{IsHan}`, `\p{InGreek}` ..."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

from sparklet.java.regex.charset import ALL, NONE, CharSet

__all__ = [
    "DIGIT",
    "HORIZONTAL",
    "SPACE",
    "VERTICAL",
    "WORD",
    "Class",
    "blocks",
    "category",
    "folded",
    "lower_case",
    "named",
    "posix",
    "script",
    "to_lower",
    "to_upper",
    "unicode_property",
    "upper_case",
    "white_space",
    "word_or_mark",
]

Class = tuple[CharSet, bool]
"""A set, and whether Java treats it as a set of characters up to U+FFFF without surrogates."""

DIGIT = CharSet.of((0x30, 0x39))
_LOWER, _UPPER = CharSet.of((0x61, 0x7A)), CharSet.of((0x41, 0x5A))
_ALPHA = _LOWER | _UPPER
WORD = _ALPHA | DIGIT | CharSet.of("_")
SPACE = CharSet.of(" \t\n\x0b\f\r")
HORIZONTAL = CharSet.of("\t \u00a0\u1680\u180e\u202f\u205f\u3000", (0x2000, 0x200A))
VERTICAL = CharSet.of((0x0A, 0x0D), "\u0085\u2028\u2029")
_PUNCT = CharSet.of((0x21, 0x2F), (0x3A, 0x40), (0x5B, 0x60), (0x7B, 0x7E))

_ASCII_CLASSES = {
    "ASCII": CharSet.of((0, 0x7F)),
    "Alnum": _ALPHA | DIGIT,
    "Alpha": _ALPHA,
    "Blank": CharSet.of(" \t"),
    "Cntrl": CharSet.of((0, 0x1F), 0x7F),
    "Digit": DIGIT,
    "Graph": _ALPHA | DIGIT | _PUNCT,
    "L1": CharSet.of((0, 0xFF)),
    "Lower": _LOWER,
    "Print": CharSet.of((0x20, 0x7E)),
    "Punct": _PUNCT,
    "Space": SPACE,
    "Upper": _UPPER,
    "XDigit": DIGIT | CharSet.of((0x41, 0x46), (0x61, 0x66)),
}


# --- the tables -----------------------------------------------------------------------------------


@cache
def _tables() -> dict[str, Any]:
    # Loaded on demand, because most patterns do not need the tables.
    import base64
    import json
    import zlib

    from sparklet.java.regex.unicode13 import PACKED

    tables: dict[str, Any] = json.loads(zlib.decompress(base64.b85decode(PACKED)))
    return tables


def _runs(text: str) -> Iterator[tuple[int, int, str]]:
    """Yield first character, last character and value of each `<length><value>`; no length means 1."""
    start = 0
    for length, value in re.findall(r"(\d*)(\D[^\d\sA-Z]?)", text):
        end = start + int(length or 1)
        yield start, end - 1, value
        start = end


@cache
def _by_value(table: str) -> dict[str, CharSet]:
    ranges_by_value: dict[str, list[tuple[int, int]]] = {}
    for first, last, value in _runs(_tables()[table]):
        ranges_by_value.setdefault(value, []).append((first, last))
    return {value: CharSet.of(*ranges) for value, ranges in ranges_by_value.items()}


@cache
def category(names: str) -> CharSet:
    """Return the characters of general categories, given as `Lu Ll` or as a first letter."""
    result = NONE
    for name in names.split():
        for category, members in _by_value("category").items():
            if category.startswith(name):
                result |= members
    return result


def _listed(table: str) -> CharSet:
    return _by_value(table)["Y"]


@cache
def _mapping(name: str) -> dict[int, int]:
    mapping: dict[int, int] = {}
    for first, count, step, delta in _tables()[name]:
        for char in range(first, first + count * step, step):
            mapping[char] = char + delta
    return mapping


def to_upper(char: int) -> int:
    """Return Java's `Character.toUpperCase(char)`."""
    return _mapping("upper").get(char, char)


def to_lower(char: int) -> int:
    """Return Java's `Character.toLowerCase(char)`."""
    return _mapping("lower").get(char, char)


@cache
def folded() -> dict[int, CharSet]:
    """Return the characters that fold to each letter, for letters with other characters than themselves."""
    chars_by_letter: dict[int, list[int]] = {}
    for char in _mapping("upper").keys() | _mapping("lower").keys():
        lower = to_lower(to_upper(char))
        chars_by_letter.setdefault(lower, []).append(char)
    return {lower: CharSet.of(*chars, lower) for lower, chars in chars_by_letter.items()}


# --- names ----------------------------------------------------------------------------------------

_LETTER_CATEGORIES = "Lu Ll Lt"
_CATEGORIES = frozenset(
    "Cn Lu Ll Lt Lm Lo Mn Me Mc Nd Nl No Zs Zl Zp Cc Cf Co Cs Pd Ps Pe Pc Po Sm Sc Sk So Pi Pf "
    "L M N Z C P S".split()
)


def lower_case() -> CharSet:
    """Return the characters that Java calls lower case."""
    return category("Ll") | _listed("lowercase")


def upper_case() -> CharSet:
    """Return the characters that Java calls upper case."""
    return category("Lu") | _listed("uppercase")


def _cased() -> CharSet:
    return lower_case() | upper_case() | category("Lt")


def _alphabetic() -> CharSet:
    return category("L Nl") | _listed("alphabetic")


def white_space() -> CharSet:
    r"""Return the class `\s` under UNICODE_CHARACTER_CLASS."""
    return category("Z") | CharSet.of((0x9, 0xD), 0x85)


def _blank() -> CharSet:
    return category("Zs") | CharSet.of("\t")


def _hex_digit() -> CharSet:
    return category("Nd") | CharSet.of((0x41, 0x46), (0x61, 0x66), (0xFF21, 0xFF26), (0xFF41, 0xFF46))


def _graph() -> CharSet:
    return ~category("Z Cc Cs Cn")


def _join_control() -> CharSet:
    return CharSet.of((0x200C, 0x200D))


def word_or_mark() -> CharSet:
    r"""Return the class `\w` under UNICODE_CHARACTER_CLASS."""
    return _alphabetic() | category("M Nd Pc") | _join_control()


def _non_characters() -> CharSet:
    ends = [(plane + 0xFFFE, plane + 0xFFFF) for plane in range(0, 0x110000, 0x10000)]
    return CharSet.of((0xFDD0, 0xFDEF), *ends)


_POSIX: dict[str, Callable[[], CharSet]] = {
    "ALPHA": _alphabetic,
    "LOWER": lower_case,
    "UPPER": upper_case,
    "SPACE": white_space,
    "PUNCT": lambda: category("P"),
    "XDIGIT": _hex_digit,
    "ALNUM": lambda: _alphabetic() | category("Nd"),
    "CNTRL": lambda: category("Cc"),
    "DIGIT": lambda: category("Nd"),
    "BLANK": _blank,
    "GRAPH": _graph,
    "PRINT": lambda: (_graph() | _blank()) - category("Cc"),
}
_UNICODE: dict[str, Callable[[], CharSet]] = {
    "ALPHABETIC": _alphabetic,
    "ASSIGNED": lambda: ~category("Cn"),
    "CONTROL": lambda: category("Cc"),
    "HEXDIGIT": _hex_digit,
    "HEX_DIGIT": _hex_digit,
    "IDEOGRAPHIC": lambda: _listed("ideographic"),
    "JOINCONTROL": _join_control,
    "JOIN_CONTROL": _join_control,
    "LETTER": lambda: category("L"),
    "LOWERCASE": lower_case,
    "NONCHARACTERCODEPOINT": _non_characters,
    "NONCHARACTER_CODE_POINT": _non_characters,
    "TITLECASE": lambda: category("Lt"),
    "PUNCTUATION": lambda: category("P"),
    "UPPERCASE": upper_case,
    "WHITESPACE": white_space,
    "WHITE_SPACE": white_space,
    "WORD": word_or_mark,
}
_JAVA: dict[str, Callable[[], CharSet]] = {
    "javaLowerCase": lower_case,
    "javaUpperCase": upper_case,
    "javaAlphabetic": _alphabetic,
    "javaIdeographic": lambda: _listed("ideographic"),
    "javaTitleCase": lambda: category("Lt"),
    "javaDigit": lambda: category("Nd"),
    "javaDefined": lambda: ~category("Cn"),
    "javaLetter": lambda: category("L"),
    "javaLetterOrDigit": lambda: category("L Nd"),
    "javaSpaceChar": lambda: category("Z"),
    "javaWhitespace": lambda: (
        category("Z") - CharSet.of("\u00a0\u2007\u202f") | CharSet.of((0x9, 0xD), (0x1C, 0x1F))
    ),
    "javaISOControl": lambda: CharSet.of((0, 0x1F), (0x7F, 0x9F)),
}
# These classes ignore case when the pattern ignores case.
_CASED = frozenset(
    {
        "LOWER",
        "UPPER",
        "LOWERCASE",
        "UPPERCASE",
        "TITLECASE",
        "javaLowerCase",
        "javaUpperCase",
        "javaTitleCase",
    }
)


def named(name: str, ignore_case: bool) -> Class | None:
    r"""Return the class `\p{name}` of a category, an ASCII class or a method of `Character`, or None."""
    if name in _ASCII_CLASSES:
        return (_ALPHA if ignore_case and name in ("Lower", "Upper") else _ASCII_CLASSES[name]), True
    if name in _CATEGORIES:
        return category(_LETTER_CATEGORIES if ignore_case and name in ("Lu", "Ll", "Lt") else name), False
    if name in ("LC", "LD"):
        return category(_LETTER_CATEGORIES if name == "LC" else "L Nd"), False
    if name == "all":
        return ALL, False
    return _made(_JAVA, name, ignore_case)


def posix(name: str, ignore_case: bool) -> Class | None:
    r"""Return the class `\p{Alpha}` ... under UNICODE_CHARACTER_CLASS, or None."""
    return _made(_POSIX, name.upper(), ignore_case)


def unicode_property(name: str, ignore_case: bool) -> Class | None:
    r"""Return the class `\p{IsAlphabetic}` ..., or None."""
    return _made(_UNICODE, name.upper(), ignore_case) or _made(_POSIX, name.upper(), ignore_case)


def _made(table: dict[str, Callable[[], CharSet]], name: str, ignore_case: bool) -> Class | None:
    if name not in table:
        return None
    return (_cased() if ignore_case and name in _CASED else table[name]()), False


def script(name: str) -> Class | None:
    r"""Return the class `\p{IsHan}`, `\p{script=Han}` ..., or None."""
    return _of_group("script", "scripts", name.upper())


def blocks(name: str) -> Class | None:
    r"""Return the class `\p{InGreek}`, `\p{block=Greek}` ..., or None."""
    return _of_group("block", "blocks", re.sub(r"[ _-]", "", name.upper()))


def _of_group(table: str, names: str, name: str) -> Class | None:
    for value, known in _tables()[names].items():
        if name in known:
            return _by_value(table).get(value, NONE), False
    return None
