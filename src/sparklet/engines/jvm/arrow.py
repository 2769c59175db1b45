"""Rows as Arrow streams, in the form that `ArrowRows.scala` reads and writes."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow

from sparklet.columns import Column, encode_vector, holds_instants, inward
from sparklet.java.zones import Zone
from sparklet.linalg import DenseVector, SparseVector, vector
from sparklet.types import VECTOR, ArrayType, DataType, MapType, StructType, TimestampType, VectorUDT
from sparklet.types.arrow import to_arrow

__all__ = ["Failure", "decode", "encode"]


@dataclass(frozen=True)
class Failure:
    """The facts that the engine reports about a row that it could not score."""

    facts: Mapping[str, str]


def _stored(value: Any) -> Any:
    if isinstance(value, DenseVector | SparseVector):
        return encode_vector(value)
    if isinstance(value, list):
        return [_stored(item) for item in value]
    if isinstance(value, dict):
        return {key: _stored(item) for key, item in value.items()}
    return value


def _holds_vectors(type: DataType) -> bool:
    match type:
        case ArrayType(element):
            return _holds_vectors(element)
        case MapType(_, value):
            return _holds_vectors(value)
        case StructType(fields):
            return any(_holds_vectors(field.dataType) for field in fields)
    return type == VECTOR


def encode(columns: Sequence[Column], rows: Sequence[Sequence[Any]], zone: Zone | None) -> bytes:
    """Return rows as an Arrow stream; each row has the values of `columns` in order, times in `zone`."""
    arrays = []
    for position, column in enumerate(columns):
        values: Iterable[Any] = [row[position] for row in rows]
        if _holds_vectors(column.type):
            values = map(_stored, values)
        if holds_instants(column.type):
            values = map(inward(column.type, zone), values)
        arrays.append(pyarrow.array(list(values), to_arrow(column.type)))
    names = [column.name for column in columns]
    if arrays:
        batch = pyarrow.record_batch(arrays, names=names)
    else:  # without inputs the batch still states the number of rows
        batch = pyarrow.record_batch([pyarrow.nulls(len(rows), pyarrow.bool_())], names=[""])
    sink = pyarrow.BufferOutputStream()
    with pyarrow.ipc.new_stream(sink, batch.schema) as writer:
        writer.write_batch(batch)
    return bytes(sink.getvalue())


def _vector(parts: Mapping[str, Any]) -> Any:
    if parts["type"] == 1:
        return DenseVector(tuple(parts["values"]))
    return vector(SparseVector(parts["size"], tuple(parts["indices"]), tuple(parts["values"])))


def _same(value: Any) -> Any:
    return value


def _reader(type: DataType, zone: Zone | None) -> Callable[[Any], Any]:
    match type:
        case VectorUDT():
            return _vector
        case ArrayType(element):
            read = _reader(element, zone)
            return lambda items: [None if item is None else read(item) for item in items]
        case MapType(key, value):
            read_key, read_value = _reader(key, zone), _reader(value, zone)
            return lambda pairs: {
                read_key(one): None if other is None else read_value(other) for one, other in pairs
            }
        case StructType(fields):
            readers = [(field.name, _reader(field.dataType, zone)) for field in fields]
            return lambda struct: {
                name: None if struct[name] is None else read(struct[name]) for name, read in readers
            }
        case TimestampType():
            if zone is None:
                return _same
            clock = zone.folded
            return lambda moment: clock(moment.replace(tzinfo=None))
    return _same


def _values(array: pyarrow.Array, read: Callable[[Any], Any]) -> list[Any]:
    listed: list[Any] = array.to_pylist()
    return listed if read is _same else [None if value is None else read(value) for value in listed]


def decode(
    columns: Sequence[Column], stream: bytes, zone: Zone | None
) -> Iterator[dict[str, Any] | Failure | None]:
    """Yield for each row its outputs, None if it was dropped, or its failure.

    Times are on the clock of `zone`, without tzinfo, or in UTC with it when the zone is unknown.
    """
    names = [column.name for column in columns]
    readers = [_reader(column.type, zone) for column in columns]
    with pyarrow.ipc.open_stream(stream) as reader:
        for batch in reader:
            status = batch.column(0).to_pylist()
            listed = [_values(batch.column(i + 1), read) for i, read in enumerate(readers)]
            rows = zip(*listed, strict=True) if listed else ((),) * len(status)
            for state, row in zip(status, rows, strict=True):
                if state is None:
                    yield dict(zip(names, row, strict=True))
                else:
                    yield Failure(json.loads(state)) if state else None
