"""Decompress text files that Hadoop compressed; the suffix of a file names the codec."""

from __future__ import annotations

import posixpath
from collections.abc import Callable
from typing import Any

__all__ = ["OversizedError", "decompress"]


class OversizedError(Exception):
    """Raised for data that decompresses to more than the limit, such as a decompression bomb."""


def decompress(name: str, data: bytes, limit: int) -> bytes:
    """Return the content of a text file, decompressed with the codec of its suffix.

    Raises OversizedError for more than `limit` bytes, LookupError for an unsupported codec and ValueError for
    damaged data.

    >>> import gzip
    >>> decompress("part-00000.gz", gzip.compress(b"text"), 100)
    b'text'
    """
    if "." not in name[name.rfind("/") + 1 :]:
        return data
    suffix = posixpath.splitext(name)[1].lower()
    if suffix in _UNKNOWN:
        raise LookupError(suffix)
    unpack = _CODECS.get(suffix)
    return data if unpack is None else unpack(data, limit)


def _members(data: bytes, limit: int, make: Any, damage: type[Exception]) -> bytes:
    """Return the decompressed content of concatenated members, as Hadoop writes them."""
    out = bytearray()
    while data:
        decompressor = make()
        try:
            out += decompressor.decompress(data, limit + 1 - len(out))
        except damage as error:
            raise ValueError(str(error)) from error
        if len(out) > limit:
            raise OversizedError
        if not decompressor.eof:
            raise ValueError("the compressed data ends early")
        data = decompressor.unused_data
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
    """Return the decompressed size, which raw Snappy data starts with as a varint."""
    size = 0
    for index, byte in enumerate(chunk[:5]):
        size |= (byte & 0x7F) << (7 * index)
        if byte < 0x80:
            return size
    raise ValueError("the Snappy data has no length")


def _lz4_size(chunk: bytes) -> int:
    """Return the decompressed size of a raw LZ4 block, which is the sum of its tokens' lengths."""
    size = offset = 0

    def extended(length: int) -> int:
        nonlocal offset
        more = 255 if length == 15 else 0
        while more == 255:
            more = chunk[offset]
            offset += 1
            length += more
        return length

    try:
        while offset < len(chunk):
            token = chunk[offset]
            offset += 1
            literals = extended(token >> 4)
            offset += literals
            size += literals
            if offset < len(chunk):
                offset += 2  # the offset of the copy
                size += extended(token & 15) + 4
    except IndexError:
        raise ValueError("the LZ4 data ends early") from None
    return size


def _blocks(data: bytes, limit: int, codec: str, size_of: Callable[[bytes], int]) -> bytes:
    """Decompress Hadoop's `BlockCompressorStream`: the raw length, then chunks of (compressed length, bytes).

    The framing differs from that of the `snzip` and `lz4` tools, so pyarrow's stream readers cannot read it.
    """
    import pyarrow as pa

    out, offset = bytearray(), 0
    while offset < len(data):
        end = len(out) + int.from_bytes(data[offset : offset + 4], "big")
        offset += 4
        if end > limit:
            raise OversizedError
        while len(out) < end:
            size = int.from_bytes(data[offset : offset + 4], "big")
            chunk = data[offset + 4 : offset + 4 + size]
            if not chunk or len(chunk) != size:
                raise ValueError("the compressed data ends early")
            offset += 4 + size
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
