"""Look through the Protobuf of an ONNX model for what a graph from elsewhere must not do."""

from __future__ import annotations

from collections.abc import Iterator

__all__ = ["refusal"]

# Fields of onnx.proto that contain messages of interest, and the kind of each.
_INNER = {
    "model": {7: "graph", 25: "function"},
    "graph": {1: "node", 5: "tensor", 15: "sparse"},
    "function": {7: "node"},
    "node": {5: "attribute"},
    "attribute": {5: "tensor", 6: "graph", 10: "tensor", 11: "graph", 22: "sparse", 23: "sparse"},
    "sparse": {1: "tensor", 2: "tensor"},
    "tensor": {},
}
_OP_TYPE, _EXTERNAL_DATA, _DATA_LOCATION = 4, 13, 14
_VARINT, _BYTES, _SIZES = 0, 2, {1: 8, 5: 4}
# A graph decides how often these run, possibly for ever.
_UNBOUNDED = (b"Loop", b"Scan")


def refusal(data: bytes) -> str | None:
    """Return why a model is refused, or None: it reads other files, or it has loops.

    Raises `ValueError` for bytes that are no Protobuf.

    >>> refusal(b"")
    """
    waiting = [("model", 0, len(data))]
    while waiting:
        kind, start, end = waiting.pop()
        for field, wire, first, last in _fields(data, start, end):
            if wire == _BYTES and (inner := _INNER[kind].get(field)) is not None:
                waiting.append((inner, first, last))
            elif kind == "tensor" and (field == _EXTERNAL_DATA or (field == _DATA_LOCATION and data[first])):
                return "keeps its weights in other files; save the graph with its weights inside"
            elif kind == "node" and field == _OP_TYPE and data[first:last] in _UNBOUNDED:
                return f"has the operator {data[first:last].decode()}, whose number of rounds has no bound"
    return None


def _fields(data: bytes, start: int, end: int) -> Iterator[tuple[int, int, int, int]]:
    """Yield number, wire type, start and end of each field of a message."""
    while start < end:
        key, start = _varint(data, start, end)
        field, wire = key >> 3, key & 7
        if wire == _VARINT:
            _, last = _varint(data, start, end)
        elif wire == _BYTES:
            size, start = _varint(data, start, end)
            last = start + size
        elif wire in _SIZES:
            last = start + _SIZES[wire]
        else:
            raise ValueError(f"field {field} has wire type {wire}")
        if last > end:
            raise ValueError(f"field {field} ends after its message")
        yield field, wire, start, last
        start = last


def _varint(data: bytes, start: int, end: int) -> tuple[int, int]:
    value = shift = 0
    while start < end and shift < 70:
        byte = data[start]
        start += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value, start
        shift += 7
    raise ValueError("a number does not end")
