"""Read and write Arrow IPC streams of callers that are not trusted."""

from __future__ import annotations

import struct
from typing import Any

from sparklet.serve.errors import BadRequestError

__all__ = ["ARROW", "read_table", "write_table"]

ARROW = "application/vnd.apache.arrow.stream"
"""The media type of Arrow IPC streams."""

_CONTINUATION = b"\xff\xff\xff\xff"
_DICTIONARY, _BATCH = 2, 3


def read_table(body: bytes, most_rows: int) -> Any:
    """Return the table of an Arrow IPC stream; raise `BadRequestError` for bytes that are not one.

    Compressed buffers, dictionaries, views and run ends are refused, as well as nulls inside other types,
    because the body does not bound the memory that their values need. All offsets,
    lengths and texts are checked. A table of more than `most_rows` rows may be cut after these and one more.
    """
    import pyarrow as pa

    _check_uncompressed(body)
    batches, count = [], 0
    try:
        with pa.ipc.open_stream(pa.py_buffer(body)) as reader:
            for field in reader.schema:
                _check_type(field.name, field.type, nested=False)
            for batch in reader:
                if batch.num_rows > most_rows:
                    return pa.nulls(most_rows + 1)
                batch.validate(full=True)
                batches.append(batch)
                count += batch.num_rows
                if count > most_rows:
                    break
            return pa.Table.from_batches(batches, reader.schema)
    except (pa.ArrowException, OSError, ValueError, TypeError, KeyError) as error:
        raise BadRequestError(f"the body is no Arrow IPC stream: {str(error)[:200]}") from None


def _check_type(name: str, type: Any, *, nested: bool) -> None:
    """Raise `BadRequestError` for a type whose values can be larger than the bytes that carry them."""
    from pyarrow import types as kinds

    text = str(type)
    if kinds.is_dictionary(type) or kinds.is_run_end_encoded(type) or "_view" in text:
        raise BadRequestError(f"column {name!r} is {text[:80]}, which is not read", "cast it to a plain type")
    if nested and kinds.is_null(type):
        raise BadRequestError(f"column {name!r} contains values without bytes, which are not read")
    for number in range(type.num_fields):
        child = type.field(number)
        _check_type(f"{name}.{child.name}", child.type, nested=True)


def write_table(table: Any) -> bytes:
    """Return a table as an Arrow IPC stream."""
    import pyarrow as pa

    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    data: bytes = sink.getvalue().to_pybytes()
    return data


def _check_uncompressed(body: bytes) -> None:
    """Raise `BadRequestError` for a stream with a compressed batch, or whose messages cannot be found.

    The stream is a sequence of messages: 0xFFFFFFFF, the length of the metadata, the metadata (FlatBuffers of
    `Message.fbs`) and a body whose length is in the metadata.
    """
    position = 0
    try:
        while position < len(body):
            if body[position : position + 4] != _CONTINUATION:
                raise BadRequestError("the body is no Arrow IPC stream: a message has no continuation mark")
            (length,) = struct.unpack_from("<i", body, position + 4)
            if length == 0:
                return
            start = position + 8
            if length < 0 or start + length > len(body):
                raise BadRequestError("the body is no Arrow IPC stream: it is cut")
            metadata = memoryview(body)[start : start + length]
            size = _check_message(metadata)
            if size < 0:
                raise BadRequestError("the body is no Arrow IPC stream: a length is negative")
            position = start + length + size
    except (struct.error, IndexError):
        raise BadRequestError("the body is no Arrow IPC stream: its metadata is damaged") from None


def _check_message(metadata: memoryview) -> int:
    """Return the length of the body of a message; refuse a compressed one."""
    (message,) = struct.unpack_from("<I", metadata, 0)
    kind_at, header_at, body_at = (_field(metadata, message, number) for number in (1, 2, 3))
    kind = metadata[kind_at] if kind_at else 0
    if kind == _DICTIONARY:
        raise BadRequestError("the Arrow stream has dictionaries", "cast them to a plain type")
    if kind == _BATCH:
        batch = _table(metadata, header_at)
        if _field(metadata, batch, 3):
            raise BadRequestError("the Arrow stream is compressed", "write it without compression")
    size: int = struct.unpack_from("<q", metadata, body_at)[0] if body_at else 0
    return size


def _field(metadata: memoryview, table: int, number: int) -> int:
    """Return the position of a field of a FlatBuffers table, 0 if it is absent."""
    (back,) = struct.unpack_from("<i", metadata, table)
    vtable = table - back
    if vtable < 0:
        raise IndexError
    (size,) = struct.unpack_from("<H", metadata, vtable)
    if 4 + 2 * number + 2 > size:
        return 0
    (offset,) = struct.unpack_from("<H", metadata, vtable + 4 + 2 * number)
    return table + offset if offset else 0


def _table(metadata: memoryview, position: int) -> int:
    if not position:
        raise IndexError
    return position + int(struct.unpack_from("<I", metadata, position)[0])
