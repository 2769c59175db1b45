"""The similarity of texts, base 32, and the places of bits in bitmaps.

Follows Spark's `catalyst/expressions/{stringExpressions,bitmapExpressions}.scala` (4.3).
"""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from typing import Any

from sparklet.profile import Profile
from sparklet.sql.binary import bytes_of
from sparklet.sql.casts import cast
from sparklet.sql.functions import function, map1, map2, refuse_types
from sparklet.sql.strings import string
from sparklet.sql.typed import Typed
from sparklet.types import BINARY, DOUBLE, LONG, STRING, IntegralType

__all__ = ["jaro_winkler"]


def jaro_winkler(one: Sequence[Any], other: Sequence[Any]) -> float:
    """Return the similarity of Jaro and Winkler of two texts or sequences, from 0.0 to 1.0.

    >>> jaro_winkler("MARTHA", "MARHTA")
    0.9611111111111111
    """
    if one == other:
        return 1.0
    if not one or not other:
        return 0.0
    matches = _matches(one, other)
    count = len(matches)
    if not count:
        return 0.0
    paired = [other[place] for place in sorted(place for _, place in matches)]
    misplaced = 0
    for (index, _), letter in zip(matches, paired, strict=True):
        misplaced += one[index] != letter
    similarity = (count / len(one) + count / len(other) + (count - misplaced // 2) / count) / 3.0
    prefix = 0
    while prefix < min(4, len(one), len(other)) and one[prefix] == other[prefix]:
        prefix += 1
    return similarity + 0.1 * prefix * (1.0 - similarity)


def _matches(one: Sequence[Any], other: Sequence[Any]) -> list[tuple[int, int]]:
    """Return the pairs of places of equal letters that are near to each other."""
    window = max(max(len(one), len(other)) // 2 - 1, 0)
    taken: set[int] = set()
    pairs: list[tuple[int, int]] = []
    for index, letter in enumerate(one):
        for place in range(max(0, index - window), min(index + window + 1, len(other))):
            if place not in taken and other[place] == letter:
                taken.add(place)
                pairs.append((index, place))
                break
    return pairs


def _units(text: str) -> Sequence[Any]:
    """Return the characters of Java, of which a letter beyond 16 bits has two."""
    if max(text, default="") <= "\uffff":
        return text
    data = text.encode("utf-16-be", "surrogatepass")
    return [data[at : at + 2] for at in range(0, len(data), 2)]


@function("jaro_winkler_similarity", takes="ss", gives="n", since="4.1+")
def jaro_winkler_similarity(profile: Profile, one: Typed, other: Typed) -> Typed:
    """Return the similarity of Jaro and Winkler of two texts."""
    one, other = (string("jaro_winkler_similarity", each, profile) for each in (one, other))
    return map2(lambda left, right: jaro_winkler(_units(left), _units(right)), one, other, DOUBLE)


_NO_BASE32 = re.compile(r"[^A-Z2-7]")


def from_base32(text: str) -> bytes:
    """Return the bytes of a text in base 32; other characters are skipped, and all behind the first `=`.

    >>> from_base32("mzxw6ytboi")
    b'foobar'
    """
    letters = _NO_BASE32.sub("", text.partition("=")[0].translate(_UPPER))
    number = 0
    for letter in letters:
        number = number << 5 | _BASE32.index(letter)
    bits = len(letters) * 5
    if len(letters) % 8 == 1:
        # The decoder of Java makes a byte of one letter, and of the bits before it.
        return (number >> 5).to_bytes(bits // 8, "big") + bytes([number >> 2 & 0xFF])
    return (number >> bits % 8).to_bytes(bits // 8, "big")


_BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
_UPPER = {ord(letter.lower()): letter for letter in _BASE32[:26]}


@function("to_base32", takes="s", gives="s", since="4.1+")
def to_base32(_profile: Profile, operand: Typed) -> Typed:
    """Return the bytes of a text in base 32."""
    data = bytes_of("to_base32", operand)
    return map1(lambda value: base64.b32encode(value).decode("ascii"), data, STRING)


@function("from_base32", takes="s", gives=".", since="4.1+")
def from_base32_of(profile: Profile, operand: Typed) -> Typed:
    """Return the bytes of a text in base 32."""
    return map1(from_base32, string("from_base32", operand, profile), BINARY)


# --- bitmaps ----------------------------------------------------------------------------------------

_BITS = 8 * 4096


def _bucket(value: int) -> int:
    return 1 + (value - 1) // _BITS if value > 0 else -(-value // _BITS)


def _position(value: int) -> int:
    return (value - 1) % _BITS if value > 0 else -value % _BITS


def _of_long(name: str, operand: Typed, profile: Profile) -> Typed:
    if not isinstance(operand.type, IntegralType):
        raise refuse_types(name, operand)
    return cast(operand, LONG, profile)


@function("bitmap_bucket_number", takes="n", gives="n")
def bitmap_bucket_number(profile: Profile, operand: Typed) -> Typed:
    """Return the number of the bitmap that holds a number."""
    return map1(_bucket, _of_long("bitmap_bucket_number", operand, profile), LONG)


@function("bitmap_bit_position", takes="n", gives="n")
def bitmap_bit_position(profile: Profile, operand: Typed) -> Typed:
    """Return the place of a number in its bitmap."""
    return map1(_position, _of_long("bitmap_bit_position", operand, profile), LONG)


@function("bitmap_count", takes=".", gives="n")
def bitmap_count(_profile: Profile, operand: Typed) -> Typed:
    """Return how many bits of some bytes are set."""
    if operand.type != BINARY:
        raise refuse_types("bitmap_count", operand)
    return map1(lambda data: int.from_bytes(data, "big").bit_count(), operand, LONG)
