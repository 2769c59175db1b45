"""Text files as Hadoop compresses them: the suffix names the codec."""

from __future__ import annotations

import posixpath
from collections.abc import Callable
from typing import Any

__all__ = ["OversizedError", "decompress"]


class OversizedError(Exception):
    """Raise for data that unfolds to more than the limit: a decompression bomb."""


def decompress(name: str, data: bytes, limit: int) -> bytes:
    """Return the contents of a text file, decompressed as its suffix says: `limit` bytes at most.

    Raise OversizedError for more than `limit` bytes, LookupError for a codec that is unknown here, and
    ValueError for damaged data.

    >>> import gzip
    >>> decompress("part-00000.gz", gzip.compress(b"text"), 100)
    b'text'
    """
    suffix = posixpath.splitext(name)[1].lower()
    if suffix in _UNKNOWN:
        raise LookupError(suffix)
    unpack = _CODECS.get(suffix)
    return data if unpack is None else unpack(data, limit)


def _members(data: bytes, limit: int, make: Any, damage: type[Exception]) -> bytes:
    """Unpack members that follow one another, as Hadoop concatenates them."""
    out = bytearray()
    while data:
        machine = make()
        try:
            out += machine.decompress(data, limit + 1 - len(out))
        except damage as error:
            raise ValueError(str(error)) from error
        if len(out) > limit:
            raise OversizedError
        if not machine.eof:
            raise ValueError("the compressed data ends early")
        data = machine.unused_data
    return bytes(out)


def _gzip(data: bytes, limit: int) -> bytes:
    import zlib

    return _members(data, limit, lambda: zlib.decompressobj(wbits=31), zlib.error)


def _deflate(data: bytes, limit: int) -> bytes:
    import zlib

    return _members(data, limit, zlib.decompressobj, zlib.error)


def _bzip2(data: bytes, limit: int) -> bytes:
    import bz2

    return _members(data, limit, bz2.BZ2Decompressor, OSError)


def _xz(data: bytes, limit: int) -> bytes:
    import lzma

    return _members(data, limit, lzma.LZMADecompressor, lzma.LZMAError)


def _zstd(data: bytes, limit: int) -> bytes:
    import pyarrow as pa

    try:
        with pa.CompressedInputStream(pa.BufferReader(data), "zstd") as stream:
            out: bytes = stream.read(limit + 1)
    except OSError as error:
        raise ValueError(str(error)) from error
    if len(out) > limit:
        raise OversizedError
    return out


def _snappy_size(chunk: bytes) -> int:
    """Return the unpacked size, which raw Snappy states first as a varint."""
    size = 0
    for place, byte in enumerate(chunk[:5]):
        size |= (byte & 0x7F) << (7 * place)
        if byte < 0x80:
            return size
    raise ValueError("the Snappy data has no length")


def _lz4_size(chunk: bytes) -> int:
    """Return the unpacked size of a raw LZ4 block, which only its tokens tell."""
    size = place = 0

    def extended(length: int) -> int:
        nonlocal place
        more = 255 if length == 15 else 0
        while more == 255:
            more = chunk[place]
            place += 1
            length += more
        return length

    try:
        while place < len(chunk):
            token = chunk[place]
            place += 1
            literals = extended(token >> 4)
            place += literals
            size += literals
            if place < len(chunk):
                place += 2  # where to copy from
                size += extended(token & 15) + 4
    except IndexError:
        raise ValueError("the LZ4 data ends early") from None
    return size


def _blocks(data: bytes, limit: int, codec: str, size_of: Callable[[bytes], int]) -> bytes:
    """Unpack Hadoop's `BlockCompressorStream`: raw length, then chunks of (packed length, packed bytes).

    This is neither the framing of `snzip` nor of the `lz4` tool, so no stream reader of pyarrow opens it.
    """
    import pyarrow as pa

    out, place = bytearray(), 0
    while place < len(data):
        end = len(out) + int.from_bytes(data[place : place + 4], "big")
        place += 4
        if end > limit:
            raise OversizedError
        while len(out) < end:
            size = int.from_bytes(data[place : place + 4], "big")
            chunk = data[place + 4 : place + 4 + size]
            if not chunk or len(chunk) != size:
                raise ValueError("the compressed data ends early")
            place += 4 + size
            unpacked = size_of(chunk)
            if not 0 < unpacked <= end - len(out):
                raise ValueError("a chunk does not fit its block")
            try:
                out += pa.decompress(chunk, decompressed_size=unpacked, codec=codec, asbytes=True)
            except OSError as error:
                raise ValueError(str(error)) from error
    return bytes(out)


def _snappy(data: bytes, limit: int) -> bytes:
    return _blocks(data, limit, "snappy", _snappy_size)


def _lz4(data: bytes, limit: int) -> bytes:
    return _blocks(data, limit, "lz4_raw", _lz4_size)


_CODECS = {
    ".gz": _gzip,
    ".deflate": _deflate,
    ".bz2": _bzip2,
    ".xz": _xz,
    ".zst": _zstd,
    ".snappy": _snappy,
    ".lz4": _lz4,
}
_UNKNOWN = frozenset({".lzo", ".lzo_deflate", ".passthrough", ".br", ".z"})
