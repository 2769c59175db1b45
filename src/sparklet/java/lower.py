"""The JVM's `String.toLowerCase`, which differs from Python's in new letters, final sigma and locales."""

from __future__ import annotations

import re
import unicodedata
from functools import cache

__all__ = ["java_lower"]

SIGMA, FINAL_SIGMA = "\u03a3", "\u03c2"
DOT_ABOVE = "\u0307"

# Capitals added by Unicode 14 to 16; JDK 17 supports Unicode 13 and does not change them.
YOUNG_CAPITALS = (
    "[\u1c89\u2c2f\ua7c0\ua7cb\ua7cc\ua7d0\ua7d6\ua7d8\ua7da\ua7dc\U00010570-\U00010595\U00010d50-\U00010d65]"
)
SPECIAL = f"{SIGMA}|{YOUNG_CAPITALS}"
BELOW_CLASSES = frozenset({0, 230})  # combining classes that end the search for a mark above the letter


@cache
def _pattern(text: str) -> re.Pattern[str]:
    """Return a pattern, compiled on first use, which takes longer than the import of the module."""
    return re.compile(text)


def java_lower(text: str, locale: str = "en") -> str:
    """Return `text.toLowerCase(new Locale(locale))` of JDK 17.

    Only the locales "tr", "az" and "lt" have special rules. "tr_TR" has none, because Spark passes the full
    name as the language.

    >>> java_lower("ΛΟΓΟΣ ΛΟΓΟΣ-Δ"), java_lower("TITLE", "tr"), java_lower("TITLE", "tr_TR")
    ('λογος λογοσ-δ', 't\u0131tle', 'title')
    """
    language = locale.lower()
    if language in _LANGUAGES:
        text = _LANGUAGES[language](text)
    if text.isascii() or not _pattern(SPECIAL).search(text):
        return text.lower()
    ends = _word_ends(text) if SIGMA in text else frozenset()
    lowered = []
    for index, char in enumerate(text):
        if char == SIGMA:
            lowered.append(FINAL_SIGMA if _is_final(text, index, ends) else "\u03c3")
        else:
            lowered.append(char if _pattern(YOUNG_CAPITALS).match(char) else char.lower())
    return "".join(lowered)


# --- locales --------------------------------------------------------------------------------------


def _turkish(text: str) -> str:
    # str.lower converts all other letters. I becomes dotless unless a combining dot follows, which is
    # removed.
    if "I" not in text and "\u0130" not in text:
        return text
    result, chars = [], list(text)
    for index, char in enumerate(chars):
        if char == "I":
            dot = _following_mark(chars, index, DOT_ABOVE)
            result.append("i" if dot else "\u0131")
            if dot:
                chars[dot] = ""
        else:
            result.append("i" if char == "\u0130" else char)
    return "".join(result)


def _lithuanian(text: str) -> str:
    # An i with another mark above keeps its dot.
    result = []
    for index, char in enumerate(text):
        if char in LITHUANIAN:
            result.append(LITHUANIAN[char])
        elif char in "IJ\u012e" and _following_mark(text, index):
            result.append(char.lower() + DOT_ABOVE)
        else:
            result.append(char)
    return "".join(result)


LITHUANIAN = {"\u00cc": "i\u0307\u0300", "\u00cd": "i\u0307\u0301", "\u0128": "i\u0307\u0303"}
_LANGUAGES = {"tr": _turkish, "az": _turkish, "lt": _lithuanian}


def _following_mark(chars: list[str] | str, index: int, wanted: str = "") -> int:
    """Return the index of the first mark above after `index` (of `wanted`, if given), 0 if there is none."""
    for position in range(index + 1, len(chars)):
        char = chars[position]
        mark = unicodedata.combining(char) if char else 0
        if char == wanted or (not wanted and mark == 230):
            return position
        if mark in BELOW_CLASSES:
            return 0
    return 0


# --- final sigma ----------------------------------------------------------------------------------
# Java uses its own word iterator instead of Unicode's rule: a hyphen or dot does not end a word if a letter
# follows, and a colon ends it. Each character maps to one letter, its class in the iterator's grammar.

CLASS_OF_CATEGORY = {
    **dict.fromkeys(("Lu", "Ll", "Lt", "Lm", "Lo", "Mc"), "L"),
    **dict.fromkeys(("Mn", "Me"), "E"),
    **dict.fromkeys(("Nd", "Nl", "No"), "D"),
    **dict.fromkeys(("Pd", "Pc"), "-"),
    "Cf": "i",
    "Sc": "#",
}
CLASS_OF_CHAR = {
    **dict.fromkeys("\"'", "q"),
    **dict.fromkeys(",\u066b", ","),
    **dict.fromkeys("%&\u00a2\u066a\u2030\u2031", "%"),
    **dict.fromkeys("\u0964\u0965", "d"),
    "\u00ad": "-",
    "\u2027": "-",
    "#": "#",
    ".": ".",
}
CJK = "[\u3005\u3041-\u3094\u309b-\u309e\u30a1-\u30fe\u4e00-\u9fa5\uf900-\ufa2d]"

LETTER, DIGIT = "(?:Li*(?:Ei*)*)", "(?:Di*(?:Ei*)*)"
WORD = f"(?:{LETTER}+(?:[-q.]i*{LETTER}+)*(?:di*)?)"
NUMBER = f"(?:{DIGIT}+(?:[,q.]i*{DIGIT}+)*)"
RUN = f"(?:{NUMBER}{WORD})*(?:{NUMBER}(?:%i*)?)?"
TOKEN = f"i*(?:{WORD}{RUN}|[#.]i*{RUN}|(?=D){RUN}|.i*(?:Ei*)*)"
# JDK 17's list of cased characters other than upper, lower and title case
OTHER_CASED = "[\u02b0-\u02b8\u02c0\u02c1\u02e0-\u02e4\u0345\u037a\u1d2c-\u1d61\u2160-\u217f\u24b6-\u24e9]"
BMP_END = "\uffff"


def _class(char: str) -> str:
    if _pattern(CJK).match(char):
        return "x"
    return CLASS_OF_CHAR.get(char) or CLASS_OF_CATEGORY.get(unicodedata.category(char), "x")


def _word_ends(text: str) -> frozenset[int]:
    """Return the boundaries of Java's `BreakIterator.getWordInstance` that matter for letters."""
    classes = "".join(map(_class, text))
    ends, position = {0, len(text)}, 0
    while position < len(text):
        match = _pattern(TOKEN).match(classes, position)
        position = match.end() if match and match.end() > position else position + 1
        ends.add(position)
    # The iterator reads the second half of a surrogate pair and breaks after it, except at the start.
    ends.update(index + 1 for index, char in enumerate(text) if index and char > BMP_END)
    return frozenset(ends)


def _is_cased(char: str) -> bool:
    return unicodedata.category(char) in {"Lu", "Ll", "Lt"} or _pattern(OTHER_CASED).match(char) is not None


def _is_final(text: str, index: int, ends: frozenset[int]) -> bool:
    before = index
    while before not in ends and not _is_cased(text[before - 1]):
        before -= 1
    if before in ends:
        return False
    after = index + 1
    while after < len(text) and after not in ends:
        if _is_cased(text[after]):
            return False
        after += 1
    return True
