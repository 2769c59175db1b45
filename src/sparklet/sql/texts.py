"""More functions of strings: parts by delimiters, distances, sounds and number formats.

Follows Spark's `catalyst/expressions/{stringExpressions,regexpExpressions,mathExpressions}.scala` and
`unsafe/types/UTF8String.java` (4.2).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sparklet.errors import InvalidValueError
from sparklet.profile import Profile
from sparklet.sql.binary import bytes_of
from sparklet.sql.casts import cast
from sparklet.sql.conditions import both, either, negation
from sparklet.sql.functions import function, functions, map1, map2, maps, refuse_types
from sparklet.sql.nodes import Refused
from sparklet.sql.strings import part, string, whole_number
from sparklet.sql.typed import Typed
from sparklet.types import BINARY, DOUBLE, INTEGER, LONG, NULL, STRING, IntegralType, is_numeric

__all__ = ["before_delimiter", "levenshtein", "soundex"]


# --- parts -----------------------------------------------------------------------------------------


def before_delimiter(text: str, delimiter: str, count: int) -> str:
    """Return what stands before so many delimiters, behind them from the end if the count is negative.

    >>> before_delimiter("a.b.c", ".", 2), before_delimiter("a.b.c", ".", -1), before_delimiter("a", "", 1)
    ('a.b', 'c', '')
    """
    if not delimiter or not count:
        return ""
    index = -1 if count > 0 else len(text) - len(delimiter) + 1
    for _ in range(min(abs(count), len(text) + 1)):
        if count > 0:
            index = text.find(delimiter, index + 1)
        else:
            index = text.rfind(delimiter, 0, index - 1 + len(delimiter)) if index > 0 else -1
        if index < 0:
            return text
    return text[:index] if count > 0 else text[index + len(delimiter) :]


@function("substring_index", takes="ssn", gives="s")
def substring_index(profile: Profile, operand: Typed, delimiter: Typed, count: Typed) -> Typed:
    """Return what stands before the n-th delimiter."""
    return maps(
        before_delimiter,
        (
            string("substring_index", operand, profile),
            string("substring_index", delimiter, profile),
            whole_number("substring_index", count, profile),
        ),
        STRING,
    )


@function("split_part", takes="ssn", gives="s")
def split_part(profile: Profile, operand: Typed, delimiter: Typed, index: Typed) -> Typed:
    """Return the n-th part between delimiters, from the end if n is negative; '' outside, 0 is an error."""

    def found(text: str, by: str, at: int) -> str:
        if at == 0:
            raise InvalidValueError("has no part at 0, positions start at 1", at)
        parts = text.split(by) if by else [text]
        return parts[at - 1 if at > 0 else at] if abs(at) <= len(parts) else ""

    return maps(
        found,
        (
            string("split_part", operand, profile),
            string("split_part", delimiter, profile),
            whole_number("split_part", index, profile),
        ),
        STRING,
    )


def overlaid(text: str, new: str, position: int, length: int) -> str:
    """Return the text with `length` characters from a position replaced; below 0, as many as are new.

    >>> overlaid("Spark SQL", "_", 6, -1), overlaid("Spark SQL", "ANSI ", 7, 0)
    ('Spark_SQL', 'Spark ANSI SQL')
    """
    head = part(text, 1, position - 1)
    count = length if length >= 0 else len(new)
    return head + new + part(text, position + count, (1 << 31) - 1)


@function("overlay", takes="ssn[n]", gives="s")
def overlay(
    profile: Profile, operand: Typed, new: Typed, position: Typed, length: Typed | None = None
) -> Typed:
    """Return the text with a part replaced."""
    operands = [string("overlay", operand, profile), string("overlay", new, profile)]
    operands.append(whole_number("overlay", position, profile))
    if length is None:
        return maps(lambda text, by, at: overlaid(text, by, at, -1), operands, STRING)
    return maps(overlaid, (*operands, whole_number("overlay", length, profile)), STRING)


@function("find_in_set", takes="ss", gives="n")
def find_in_set(profile: Profile, wanted: Typed, listed: Typed) -> Typed:
    """Return the position of a text among those between commas, 0 where it is not or has a comma."""

    def found(text: str, texts: str) -> int:
        parts = texts.split(",")
        return parts.index(text) + 1 if "," not in text and text in parts else 0

    return map2(
        found, string("find_in_set", wanted, profile), string("find_in_set", listed, profile), INTEGER
    )


# --- distances and sounds ----------------------------------------------------------------------------


def levenshtein(one: str, other: str) -> int:
    """Return how many characters are to be added, removed or replaced to make one text the other.

    >>> levenshtein("kitten", "sitting")
    3
    """
    before = list(range(len(other) + 1))
    for row, left in enumerate(one, 1):
        current = [row]
        for column, right in enumerate(other, 1):
            cost = before[column - 1] + (left != right)
            current.append(min(cost, before[column] + 1, current[-1] + 1))
        before = current
    return before[-1]


@function("levenshtein", takes="ss[n]", gives="n")
def levenshtein_of(profile: Profile, one: Typed, other: Typed, most: Typed | None = None) -> Typed:
    """Return the Levenshtein distance, -1 beyond the third argument."""
    texts = string("levenshtein", one, profile), string("levenshtein", other, profile)
    if most is None:
        return map2(levenshtein, *texts, INTEGER)

    def within(left: str, right: str, bound: int) -> int:
        distance = levenshtein(left, right)
        return distance if distance <= bound else -1

    return maps(within, (*texts, whole_number("levenshtein", most, profile)), INTEGER)


# The digit of each letter; 7 is passed over, 0 ends a run.
_SOUNDS = dict(zip("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "01230127022455012623017202", strict=True))


def soundex(text: str) -> str:
    """Return the Soundex code; a text that does not start with a Latin letter stays.

    >>> soundex("Miller"), soundex("Ashcraft"), soundex("1a")
    ('M460', 'A261', '1a')
    """
    first = text[:1]
    if not first or not first.isascii() or not first.isalpha():
        return text
    code, last = first.upper(), _SOUNDS[first.upper()]
    for char in text[1:]:
        if not (char.isascii() and char.isalpha()):
            last = "0"
            continue
        digit = _SOUNDS[char.upper()]
        if digit == "7":
            continue
        if digit not in ("0", last):
            code += digit
            if len(code) == 4:
                break
        last = digit
    return code.ljust(4, "0")


def _of_text(name: str, of: Callable[[str], Any], type: Any) -> Callable[[Profile, Typed], Typed]:
    return lambda profile, operand: map1(of, string(name, operand, profile), type)


function("soundex", takes="s", gives="s")(_of_text("soundex", soundex, STRING))


def _of_bytes(name: str, of: Callable[[bytes], int]) -> Callable[[Profile, Typed], Typed]:
    def build(profile: Profile, operand: Typed) -> Typed:
        data = operand if operand.type == BINARY else string(name, operand, profile)
        return map1(of, bytes_of(name, data), INTEGER)

    return build


function("octet_length", takes="s", gives="n")(_of_bytes("octet_length", len))
function("bit_length", takes="s", gives="n")(_of_bytes("bit_length", lambda data: 8 * len(data)))


@function("space", takes="n", gives="s")
def space(profile: Profile, count: Typed) -> Typed:
    """Return so many spaces."""
    return map1(lambda number: " " * number, whole_number("space", count, profile), STRING)


@function("chr", "char", takes="n", gives="s")
def chr_of(profile: Profile, code: Typed) -> Typed:
    """Return the character whose code is the last eight bits of a number, '' for a negative one."""
    if not isinstance(code.type, IntegralType):
        raise refuse_types("chr", code)
    return map1(
        lambda number: "" if number < 0 else chr(number & 0xFF) if number & 0xFF else "\0",
        cast(code, LONG, profile),
        STRING,
    )


# --- numbers as text ---------------------------------------------------------------------------------


@function("bin", takes="n", gives="s")
def binary(profile: Profile, operand: Typed) -> Typed:
    """Return the bits of a number, as a long, without zeros before."""
    if not is_numeric(operand.type):
        raise refuse_types("bin", operand)
    return map1(lambda value: f"{value & ((1 << 64) - 1):b}", cast(operand, LONG, profile), STRING)


@function("hex", takes="n", gives="s")
def hexadecimal(profile: Profile, operand: Typed) -> Typed:
    """Return a whole number, or the bytes of a text, in hexadecimal."""
    if operand.type in (STRING, BINARY):
        return map1(lambda data: data.hex().upper(), bytes_of("hex", operand), STRING)
    if not isinstance(operand.type, IntegralType):
        raise refuse_types("hex", operand)
    return map1(lambda value: f"{value & ((1 << 64) - 1):X}", cast(operand, LONG, profile), STRING)


@function("factorial", takes="n", gives="n")
def factorial(profile: Profile, operand: Typed) -> Typed:
    """Return n!, null outside 0 to 20."""
    products = [1]
    for number in range(1, 21):
        products.append(products[-1] * number)
    return map1(
        lambda value: products[value] if 0 <= value <= 20 else None,
        whole_number("factorial", operand, profile),
        LONG,
    )


@function("width_bucket", takes="nnnn", gives="n")
def width_bucket(profile: Profile, value: Typed, low: Typed, high: Typed, count: Typed) -> Typed:
    """Return the number of the bucket, of so many of one width, in which a value lies."""
    if not all(is_numeric(operand.type) or operand.type == NULL for operand in (value, low, high)):
        raise refuse_types("width_bucket", value, low, high)
    if not isinstance(count.type, IntegralType):
        raise refuse_types("width_bucket", count)

    def bucket(number: float, least: float, most: float, buckets: int) -> int | None:
        infinite = float("inf")
        if buckets <= 0 or buckets == (1 << 63) - 1 or number != number or least == most:
            return None
        if least != least or most != most or infinite in (abs(least), abs(most)):
            return None
        lower, upper = min(least, most), max(least, most)
        if least < most:
            if number < lower:
                return 0
            if number >= upper:
                return buckets + 1
            return _to_long(buckets * (number - lower) / (upper - lower)) + 1
        if number > upper:
            return 0
        if number <= lower:
            return buckets + 1
        return _to_long(buckets * (upper - number) / (upper - lower)) + 1

    numbers = [cast(operand, DOUBLE, profile) for operand in (value, low, high)]
    return maps(bucket, (*numbers, cast(count, LONG, profile)), LONG)


def _to_long(value: float) -> int:
    if value != value:
        return 0
    bound = (1 << 63) - 1
    return int(value) if abs(value) < bound else bound if value > 0 else -bound - 1


# --- LIKE of several patterns -----------------------------------------------------------------------


def _quantified(word: str, quantifier: str, *, negated: bool) -> Callable[..., Typed]:
    join = either if quantifier == "any" else both

    def build(profile: Profile, value: Typed, *patterns: Typed) -> Typed:
        if not patterns:
            raise Refused(f"{word.upper()} {quantifier.upper()} of nothing")
        like = functions[word].build
        found: Typed | None = None
        for each in patterns:
            match = like(profile, value, each)
            match = negation(profile, match) if negated else match
            found = match if found is None else join(profile, found, match)
        assert found is not None  # noqa: S101 - there is a pattern
        return found

    return build


for _word in ("like", "ilike"):
    for _quantifier in ("any", "all"):
        for _negation in ("", "not_"):
            function(f"{_negation}{_word}_{_quantifier}", takes="ss*", gives="b")(
                _quantified(_word, _quantifier, negated=bool(_negation))
            )
