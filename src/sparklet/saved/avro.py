"""Read records of Avro files with one known schema, through fastavro (extra `isolation-forest`).

The container is read here, so that no size in a file is believed before it is compared with the bytes that
are there; fastavro decodes the records.
"""

from __future__ import annotations

import io
import zlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sparklet.errors import CorruptModelError, MissingExtraError, shown
from sparklet.saved.metadata import json_object

__all__ = ["Shape", "read_avro"]

Shape = str | Mapping[str, Any] | Sequence[str]
"""A primitive type by name, a record as a mapping from field to shape, or an array as `("array", type)`."""

_MAGIC, _SYNC = b"Obj\x01", 16
_MOST_BYTES = 1 << 28
# The longest copy of Snappy, 64 bytes, takes 3 bytes.
_SNAPPY_RATIO = 22


def read_avro(path: str, data: bytes, shape: Shape) -> Iterator[dict[str, Any]]:
    """Yield the records of an Avro file whose schema has the given shape; a null in a field is refused.

    Raises `CorruptModelError` for another schema and for a damaged file; `MissingExtraError` without
    fastavro.
    """
    try:
        from fastavro import schemaless_reader
    except ModuleNotFoundError:
        raise MissingExtraError("reading the Avro data of an isolation forest", "isolation-forest") from None

    if not data.startswith(_MAGIC):
        raise CorruptModelError(path, "is no Avro file")
    stream = io.BytesIO(data)
    stream.seek(len(_MAGIC))
    try:
        header = schemaless_reader(stream, {"type": "map", "values": "bytes"}, None)
        sync = stream.read(_SYNC)
        schema = json_object(path, header.get("avro.schema", b""))
        if not _fits(schema, shape):
            raise CorruptModelError(path, f"has the schema {shown(schema, 400)}")
        codec = header.get("avro.codec", b"null")
        total = 0
        while stream.tell() < len(data):
            count, size = (schemaless_reader(stream, "long", None) for _ in range(2))
            if not 0 <= size <= len(data) - stream.tell():
                raise CorruptModelError(path, f"declares a block of {size} bytes, more than it has")
            block = _unpacked(path, codec, stream.read(size), _MOST_BYTES - total)
            total += len(block)
            if stream.read(_SYNC) != sync:
                raise CorruptModelError(path, "has a block without its end marker")
            # A record has at least a byte for each number.
            if not 0 <= count <= len(block):
                raise CorruptModelError(path, f"declares {count} records in a block of {len(block)} bytes")
            records = io.BytesIO(block)
            for _ in range(count):
                yield _whole(path, schemaless_reader(records, schema, None))
            if records.tell() != len(block):
                raise CorruptModelError(path, "has bytes after the records of a block")
    except (EOFError, ValueError, IndexError, KeyError, TypeError, OverflowError, RecursionError) as error:
        if isinstance(error, CorruptModelError):
            raise
        raise CorruptModelError(path, f"is damaged: {type(error).__name__}: {error}") from error


def _fits(schema: Any, shape: Shape) -> bool:
    """Return whether an Avro schema has a shape; a union with null fits as its other branch."""
    if isinstance(schema, list):
        others = [branch for branch in schema if branch != "null"]
        return len(others) == 1 and len(schema) == 2 and _fits(others[0], shape)
    if isinstance(shape, str):
        return bool(schema == shape)
    if not isinstance(schema, Mapping):
        return False
    if not isinstance(shape, Mapping):
        return schema.get("type") == shape[0] and _fits(schema.get("items"), shape[1])
    fields = schema.get("fields")
    if schema.get("type") != "record" or not isinstance(fields, list):
        return False
    if not all(isinstance(field, Mapping) for field in fields):
        return False
    return [field.get("name") for field in fields] == list(shape) and all(
        _fits(field.get("type"), shape[field["name"]]) for field in fields
    )


def _unpacked(path: str, codec: bytes, block: bytes, most: int) -> bytes:
    if codec == b"null":
        return block
    if codec == b"deflate":
        unpacker = zlib.decompressobj(-15)
        try:
            content = unpacker.decompress(block, most)
        except zlib.error as error:
            raise CorruptModelError(path, f"has a block that cannot be unpacked: {error}") from None
        if not unpacker.eof:
            raise CorruptModelError(path, f"has a block that does not end within {most} bytes")
        return content
    if codec == b"snappy":
        return _snappy(path, block, most)
    raise CorruptModelError(
        path, f"is compressed with {shown(codec.decode('latin-1'))}; null, deflate and snappy are read"
    )


def _snappy(path: str, block: bytes, most: int) -> bytes:
    """Return the content of a block of Snappy, which begins with its size and is followed by a checksum."""
    import pyarrow as pa

    body, checksum = block[:-4], block[-4:]
    size = shift = 0
    for byte in body[:5]:
        size |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            break
    if size > min(most, _SNAPPY_RATIO * len(body)):
        raise CorruptModelError(path, f"has a block of {len(body)} bytes that declares {size} bytes unpacked")
    try:
        content: bytes = pa.decompress(body, decompressed_size=size, codec="snappy", asbytes=True)
    except (pa.ArrowException, OSError) as error:
        raise CorruptModelError(path, f"has a block that cannot be unpacked: {error}") from None
    if zlib.crc32(content).to_bytes(4, "big") != checksum:
        raise CorruptModelError(path, "has a block with a wrong checksum")
    return content


def _whole(path: str, record: Any) -> dict[str, Any]:
    """Return a record without nulls; raise `CorruptModelError` if it has one."""
    if record is None or any(value is None for value in record.values()):
        raise CorruptModelError(path, f"has a null in the record {shown(record)}")
    for value in record.values():
        if isinstance(value, dict):
            _whole(path, value)
    return dict(record)
