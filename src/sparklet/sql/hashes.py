"""Hashes and bits.

Follows Spark's `catalyst/expressions/{hash,bitwiseExpressions,misc}.scala` (4.2).
"""

from __future__ import annotations

import datetime as dt
import hashlib
import struct
import zlib
from collections.abc import Callable
from decimal import Context
from typing import Any

from sparklet.java.hashing import hash_bytes, hash_int, hash_long
from sparklet.profile import Profile
from sparklet.sql.binary import bytes_of
from sparklet.sql.casts import cast, wrapped
from sparklet.sql.functions import function, map1, map2, refuse_types
from sparklet.sql.nodes import Refused
from sparklet.sql.strings import whole_number
from sparklet.sql.times import EPOCH
from sparklet.sql.typed import Typed
from sparklet.types import (
    BOOLEAN,
    BYTE,
    DATE,
    DOUBLE,
    FLOAT,
    INTEGER,
    LONG,
    NULL,
    SHORT,
    STRING,
    TIMESTAMP,
    TIMESTAMP_NTZ,
    ArrayType,
    DataType,
    DecimalType,
    IntegralType,
)
from sparklet.types.coercion import wider_common_type

__all__ = ["xxhash64_bytes", "xxhash64_int", "xxhash64_long"]

MASK = (1 << 64) - 1


def _utf8(text: str) -> bytes:
    return text.encode("utf-8", "replace")  # as Java does for half a surrogate pair


# --- digests ---------------------------------------------------------------------------------------


def _digest(name: str, of: Callable[[bytes], Any], type: DataType) -> Callable[[Profile, Typed], Typed]:
    def build(_profile: Profile, operand: Typed) -> Typed:
        return map1(of, bytes_of(name, operand), type)

    return build


# S324: these are Spark's functions, not a protection.
function("md5", takes="s", gives="s")(_digest("md5", lambda data: hashlib.md5(data).hexdigest(), STRING))  # noqa: S324
function("sha", "sha1", takes="s", gives="s")(
    _digest("sha1", lambda data: hashlib.sha1(data).hexdigest(), STRING)  # noqa: S324
)
function("crc32", takes="s", gives="n")(_digest("crc32", zlib.crc32, LONG))

_SHA2 = {
    0: hashlib.sha256, 224: hashlib.sha224, 256: hashlib.sha256, 384: hashlib.sha384, 512: hashlib.sha512,
}  # fmt: skip


@function("sha2", takes="sn", gives="s")
def sha2(profile: Profile, operand: Typed, bits: Typed) -> Typed:
    """Return the SHA-2 digest of so many bits in hexadecimal, null for any other number."""

    def digest(data: bytes, length: int) -> str | None:
        of = _SHA2.get(length)
        return None if of is None else of(data).hexdigest()

    return map2(digest, bytes_of("sha2", operand), whole_number("sha2", bits, profile), STRING)


# --- hash, xxhash64 --------------------------------------------------------------------------------

P1, P2, P3, P4, P5 = (
    0x9E3779B185EBCA87, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9, 0x85EBCA77C2B2AE63, 0x27D4EB2F165667C5,
)  # fmt: skip


def _rotated(value: int, bits: int) -> int:
    return (value << bits | value >> (64 - bits)) & MASK


def _mixed(value: int) -> int:
    value = (value ^ value >> 33) * P2 & MASK
    value = (value ^ value >> 29) * P3 & MASK
    return wrapped(value ^ value >> 32, 64)


def _with_long(value: int, word: int) -> int:
    value ^= _rotated((word & MASK) * P2 & MASK, 31) * P1 & MASK
    return (_rotated(value, 27) * P1 + P4) & MASK


def _with_int(value: int, word: int) -> int:
    value ^= (word & 0xFFFFFFFF) * P1 & MASK
    return (_rotated(value, 23) * P2 + P3) & MASK


def xxhash64_int(value: int, seed: int) -> int:
    """Return the XXH64 of an int.

    >>> xxhash64_int(1, 42)
    -6698625589789238999
    """
    return _mixed(_with_int((seed + P5 + 4) & MASK, value))


def xxhash64_long(value: int, seed: int) -> int:
    """Return the XXH64 of a long.

    >>> xxhash64_long(1, 42)
    -7001672635703045582
    """
    return _mixed(_with_long((seed + P5 + 8) & MASK, value))


def xxhash64_bytes(data: bytes, seed: int) -> int:
    """Return the XXH64 of bytes.

    >>> xxhash64_bytes(b"Spark", 42)
    -4294468057691064905
    """
    length, at = len(data), 0
    if length >= 32:
        lanes = [(seed + P1 + P2) & MASK, (seed + P2) & MASK, seed & MASK, (seed - P1) & MASK]
        while at <= length - 32:
            for index, word in enumerate(struct.unpack_from("<4Q", data, at)):
                lanes[index] = _rotated((lanes[index] + word * P2) & MASK, 31) * P1 & MASK
            at += 32
        value = 0
        for lane, bits in zip(lanes, (1, 7, 12, 18), strict=True):
            value = (value + _rotated(lane, bits)) & MASK
        for lane in lanes:
            value = ((value ^ _rotated(lane * P2 & MASK, 31) * P1 & MASK) * P1 + P4) & MASK
    else:
        value = (seed + P5) & MASK
    value = (value + length) & MASK
    while at <= length - 8:
        value = _with_long(value, int.from_bytes(data[at : at + 8], "little"))
        at += 8
    if at <= length - 4:
        value = _with_int(value, int.from_bytes(data[at : at + 4], "little"))
        at += 4
    for byte in data[at:]:
        value = _rotated(value ^ byte * P5 & MASK, 11) * P1 & MASK
    return _mixed(value)


Hash = Callable[[Any, int], int]
_Kit = tuple[Callable[[int, int], int], Callable[[int, int], int], Callable[[bytes, int], int]]
_MURMUR3: _Kit = (hash_int, hash_long, lambda data, seed: hash_bytes(data, legacy=True, seed=seed))
_XXHASH: _Kit = (xxhash64_int, xxhash64_long, xxhash64_bytes)


def _bits(layout: str, whole: str) -> Callable[[float], int]:
    nan, pack, unpack = float("nan"), struct.Struct(layout).pack, struct.Struct(whole).unpack
    # All NaN have one hash, and -0.0 that of 0.0.
    return lambda value: unpack(pack(nan if value != value else value + 0.0))[0]


_DOUBLE_BITS, _FLOAT_BITS = _bits("<d", "<q"), _bits("<f", "<i")
_EXACT = Context(prec=80)
_MICROSECOND = dt.timedelta(microseconds=1)


def _hash_of(type: DataType, kit: _Kit) -> Hash | None:
    """Return the hash of a value of the type with a seed."""
    of_int, of_long, of_bytes = kit
    if type in (BYTE, SHORT, INTEGER):
        return of_int
    if isinstance(type, DecimalType):
        return _hash_of_decimal(type, kit)
    if isinstance(type, ArrayType):
        return _hash_of_array(type, kit)
    hashes: dict[DataType, Hash] = {
        LONG: of_long,
        BOOLEAN: lambda value, seed: of_int(int(value), seed),
        DOUBLE: lambda value, seed: of_long(_DOUBLE_BITS(value), seed),
        FLOAT: lambda value, seed: of_int(_FLOAT_BITS(value), seed),
        STRING: lambda value, seed: of_bytes(_utf8(value), seed),
        DATE: lambda value, seed: of_int((value - EPOCH.date()).days, seed),
        **dict.fromkeys(
            (TIMESTAMP, TIMESTAMP_NTZ), lambda value, seed: of_long((value - EPOCH) // _MICROSECOND, seed)
        ),
        NULL: lambda _value, seed: seed,
    }
    return hashes.get(type)


def _hash_of_decimal(type: DecimalType, kit: _Kit) -> Hash:
    _, of_long, of_bytes = kit
    scale = type.scale

    def hashed(value: Any, seed: int) -> int:
        unscaled = int(value.scaleb(scale, _EXACT))
        if type.precision <= 18:
            return of_long(unscaled, seed)
        length = (unscaled if unscaled >= 0 else ~unscaled).bit_length() // 8 + 1
        return of_bytes(unscaled.to_bytes(length, "big", signed=True), seed)

    return hashed


def _hash_of_array(type: ArrayType, kit: _Kit) -> Hash | None:
    each = _hash_of(type.elementType, kit)
    if each is None:
        return None

    def hashed(values: Any, seed: int) -> int:
        for value in values:
            if value is not None:
                seed = each(value, seed)
        return seed

    return hashed


def _hashing(name: str, kit: _Kit, type: DataType) -> Callable[..., Typed]:
    def build(_profile: Profile, *operands: Typed) -> Typed:
        found = [_hash_of(operand.type, kit) for operand in operands]
        parts = [
            (operand.run, each) for operand, each in zip(operands, found, strict=True) if each is not None
        ]
        if not operands or len(parts) < len(operands):
            raise refuse_types(name, *operands)

        def applied(row: tuple[Any, ...]) -> int:
            seed = 42
            for run, each in parts:
                value = run(row)
                if value is not None:
                    seed = each(value, seed)
            return seed

        return Typed(type, applied, all(operand.constant for operand in operands))

    return build


function("hash", takes=".*", gives="n")(_hashing("hash", _MURMUR3, INTEGER))
function("xxhash64", takes=".*", gives="n")(_hashing("xxhash64", _XXHASH, LONG))


# --- bits ------------------------------------------------------------------------------------------


def _bitwise(name: str, of: Callable[[int, int], int]) -> Callable[[Profile, Typed, Typed], Typed]:
    def build(profile: Profile, left: Typed, right: Typed) -> Typed:
        sides = [side.type for side in (left, right)]
        type = wider_common_type(sides, profile)
        if not all(isinstance(side, IntegralType) for side in sides) or type is None:
            raise refuse_types(name, left, right)
        return map2(of, cast(left, type, profile), cast(right, type, profile), type)

    return build


function("&", takes="nn", gives="n")(_bitwise("&", lambda a, b: a & b))
function("|", takes="nn", gives="n")(_bitwise("|", lambda a, b: a | b))
function("^", takes="nn", gives="n")(_bitwise("^", lambda a, b: a ^ b))


@function("~", takes="n", gives="n")
def inverted(_profile: Profile, operand: Typed) -> Typed:
    """Return the whole number with all bits changed."""
    if not isinstance(operand.type, IntegralType):
        raise refuse_types("~", operand)
    return map1(lambda value: ~value, operand, operand.type)


def _shift(name: str, of: Callable[[int, int, int], int]) -> Callable[[Profile, Typed, Typed], Typed]:
    def build(profile: Profile, value: Typed, count: Typed) -> Typed:
        if not isinstance(value.type, IntegralType):
            raise refuse_types(name, value, count)
        value = value if value.type == LONG else cast(value, INTEGER, profile)
        bits = 64 if value.type == LONG else 32
        by = whole_number(name, count, profile)
        return map2(lambda a, b: wrapped(of(a, b & (bits - 1), bits), bits), value, by, value.type)

    return build


function("shiftleft", "<<", takes="nn", gives="n")(_shift("shiftleft", lambda a, b, _: a << b))
function("shiftright", ">>", takes="nn", gives="n")(_shift("shiftright", lambda a, b, _: a >> b))
function("shiftrightunsigned", ">>>", takes="nn", gives="n")(
    _shift("shiftrightunsigned", lambda a, b, bits: (a & ((1 << bits) - 1)) >> b)
)


@function("bit_count", takes="n", gives="n")
def bit_count(_profile: Profile, operand: Typed) -> Typed:
    """Return how many bits of the number, as a long, are 1."""
    if operand.type != BOOLEAN and not isinstance(operand.type, IntegralType):
        raise refuse_types("bit_count", operand)
    return map1(lambda value: (int(value) & MASK).bit_count(), operand, INTEGER)


@function("bit_get", "getbit", takes="nn", gives="n")
def bit_get(profile: Profile, operand: Typed, position: Typed) -> Typed:
    """Return a bit of a whole number by its position from the right."""
    if not isinstance(operand.type, IntegralType):
        raise refuse_types("bit_get", operand, position)
    if not (position.constant and 0 <= (position.value or 0) < operand.type.bits):
        raise Refused("bit_get with a position that is no constant within the number's bits")
    return map2(lambda value, at: value >> at & 1, operand, whole_number("bit_get", position, profile), BYTE)
