"""Hash functions of Spark and Java: murmur3 as HashingTF and FeatureHasher use it, `String.hashCode`."""

from __future__ import annotations

import struct
from collections.abc import Callable

from sparklet._native import kernels
from sparklet.errors import OptionError
from sparklet.types import BOOLEAN, BYTE, DOUBLE, FLOAT, INTEGER, LONG, SHORT, STRING, DataType

__all__ = [
    "hash_bytes",
    "hash_int",
    "hash_long",
    "hash_term",
    "java_string_hash",
    "term_hasher",
]

MASK = 0xFFFFFFFF
SIGN = 0x80000000
C1, C2 = 0xCC9E2D51, 0x1B873593
SEED = 42
CANONICAL_NAN_INT, CANONICAL_NAN_LONG = 0x7FC00000, 0x7FF8000000000000


def _mixed(state: int, word: int) -> int:
    word = word * C1 & MASK
    word = (word << 15 | word >> 17) * C2 & MASK
    state ^= word
    return ((state << 13 | state >> 19) & MASK) * 5 + 0xE6546B64 & MASK


def _finished(state: int, length: int) -> int:
    state ^= length
    state = (state ^ state >> 16) * 0x85EBCA6B & MASK
    state = (state ^ state >> 13) * 0xC2B2AE35 & MASK
    return ((state ^ state >> 16) ^ SIGN) - SIGN  # as a signed int


def hash_bytes(data: bytes, *, legacy: bool = False, seed: int = SEED) -> int:
    """Return Spark's murmur3 of bytes as a signed int.

    `legacy` selects `hashUnsafeBytes` of Spark before 3.0, which mixes each byte after the last aligned word
    alone, as a signed int; the default is `hashUnsafeBytes2`, the standard murmur3_x86_32. Follows Spark's
    `common/unsafe/hash/Murmur3_x86_32.java` (4.2).

    >>> hash_bytes(b"hello"), hash_bytes(b"hello", legacy=True)
    (-488910111, -1008564952)
    """
    length = len(data)
    aligned = length & ~3
    state = seed & MASK
    for word in struct.unpack(f"<{aligned >> 2}I", data[:aligned]):
        # _mixed, written out: this runs per term
        word = word * 0xCC9E2D51 & 0xFFFFFFFF  # noqa: PLW2901
        state ^= (word << 15 | word >> 17) * 0x1B873593 & 0xFFFFFFFF
        state = ((state << 13 | state >> 19) & 0xFFFFFFFF) * 5 + 0xE6546B64 & 0xFFFFFFFF
    if legacy:
        for byte in data[aligned:]:
            state = _mixed(state, (byte ^ 0x80) - 0x80 & MASK)
    elif aligned < length:
        word = int.from_bytes(data[aligned:], "little") * C1 & MASK
        state ^= (word << 15 | word >> 17) * C2 & MASK
    return _finished(state, length)


def hash_int(value: int, seed: int = SEED) -> int:
    """Return Spark's murmur3 of a 32-bit int as a signed int.

    >>> hash_int(1)
    -559580957
    """
    return _finished(_mixed(seed & MASK, value & MASK), 4)


def hash_long(value: int, seed: int = SEED) -> int:
    """Return Spark's murmur3 of a 64-bit int as a signed int.

    >>> hash_long(1)
    -1712319331
    """
    return _finished(_mixed(_mixed(seed & MASK, value & MASK), value >> 32 & MASK), 8)


def _hash_double(value: float) -> int:
    bits: int = struct.unpack("<Q", struct.pack("<d", value))[0]
    return hash_long(bits if value == value else CANONICAL_NAN_LONG)


def _hash_float(value: float) -> int:
    bits: int = struct.unpack("<I", struct.pack("<f", value))[0]
    return hash_int(bits if value == value else CANONICAL_NAN_INT)


def _string_hasher(legacy: bool) -> Callable[..., int]:
    if (module := kernels()) is not None:
        murmur3 = module.murmur3
        return lambda value: murmur3(value, legacy, SEED)
    # Java encodes a lone surrogate as ?, as the "replace" handler does.
    return lambda value: hash_bytes(value.encode("utf-8", "replace"), legacy=legacy)


_HASHERS: dict[DataType, Callable[..., int]] = {
    BOOLEAN: lambda value: hash_int(1 if value else 0),
    BYTE: hash_int,
    SHORT: hash_int,
    INTEGER: hash_int,
    LONG: hash_long,
    FLOAT: _hash_float,
    DOUBLE: _hash_double,
}


def term_hasher(type: DataType, *, legacy: bool = False) -> Callable[[object], int]:
    """Return f(term), the signed murmur3 hash of a term of the Spark type `type`; null hashes to the seed.

    `legacy` is the hash of strings by a HashingTF that Spark before 3.0 saved. The index of a term is
    `f(term) % numFeatures`. Raises OptionError for a type that Spark's hashing refuses. Follows Spark's
    `mllib/feature/HashingTF.scala` and `ml/feature/FeatureHasher.scala` (4.2).

    >>> f = term_hasher(STRING)
    >>> [f(term) % 1000 for term in ("a", "hello world", "é", "😀", None)]
    [467, 609, 903, 379, 42]
    """
    if type != STRING and type not in _HASHERS:
        raise OptionError("type", str(type), "Spark does not hash terms of this type")
    hasher = _string_hasher(legacy) if type == STRING else _HASHERS[type]
    return lambda term: SEED if term is None else hasher(term)


def hash_term(value: object, type: DataType, legacy: bool = False) -> int:
    """Return the signed murmur3 hash of one term: `term_hasher(type)(value)`.

    >>> hash_term("a", STRING) % 1000, hash_term(True, BOOLEAN) == hash_int(1)
    (467, True)
    """
    return term_hasher(type, legacy=legacy)(value)


def java_string_hash(text: str) -> int:
    """Return Java's `text.hashCode()`, a signed int over the UTF-16 units.

    >>> java_string_hash("hello"), java_string_hash("😀")
    (99162322, 1772899)
    """
    data = text.encode("utf-16-le", "surrogatepass")
    result = 0
    for unit in struct.unpack(f"<{len(data) >> 1}H", data):
        result = 31 * result + unit & MASK
    return (result ^ SIGN) - SIGN
