"""Arrow streams from callers that are not trusted."""

from __future__ import annotations

import random
import struct

import pyarrow as pa
import pytest

from sparklet.serve.errors import BadRequestError
from sparklet.serve.ipc import read_table, write_table

TABLE = pa.table(
    {
        "n": [1.0, None, 3.0],
        "s": ["a", "b", None],
        "l": [[1], [], None],
        "t": [{"a": 1, "b": "x"}, None, {"a": None, "b": None}],
    }
)


def stream(table, **options):
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema, options=pa.ipc.IpcWriteOptions(**options)) as writer:
        writer.write_table(table)
    return sink.getvalue().to_pybytes()


def test_a_table_survives_the_trip():
    assert read_table(write_table(TABLE), 10).equals(TABLE)
    assert read_table(write_table(TABLE.slice(0, 0)), 10).num_rows == 0


@pytest.mark.parametrize("codec", ["lz4", "zstd"])
def test_compressed_batches_are_refused(codec):
    bomb = pa.table({"n": [0.0] * 100_000})
    body = stream(bomb, compression=codec)
    assert len(body) < 100_000
    with pytest.raises(BadRequestError, match="compressed"):
        read_table(body, 1 << 20)


LONG = pa.array(["x" * 1000] * 3)


@pytest.mark.parametrize(
    "array",
    [
        LONG.dictionary_encode(),
        LONG.cast(pa.string_view()),
        pa.RunEndEncodedArray.from_arrays([3], LONG.slice(0, 1)),
        pa.array([[None, None, None]] * 3, pa.list_(pa.null())),
        pa.array([{"a": None}] * 3, pa.struct([("a", pa.null())])),
    ],
    ids=lambda array: str(array.type)[:10],
)
def test_values_without_bytes_of_their_own_are_refused(array):
    with pytest.raises(BadRequestError):
        read_table(stream(pa.table({"d": array})), 10)


def test_rows_without_bytes_are_counted_before_they_are_read():
    body = stream(pa.table({"n": pa.Array.from_buffers(pa.null(), (1 << 31) - 1, [None])}))
    assert len(body) < 1000
    assert len(read_table(body, 10)) == 11


def test_many_batches_are_counted_together():
    table = pa.Table.from_batches(TABLE.to_batches() * 5)
    assert len(read_table(stream(table), 7)) > 7


def test_the_old_format_is_refused():
    with pytest.raises(BadRequestError, match="continuation"):
        read_table(stream(TABLE, use_legacy_format=True), 10)


def test_offsets_beyond_the_data_are_refused():
    body = stream(pa.table({"s": ["ab"]}))
    at = body.rindex(struct.pack("<ii", 0, 2))
    damaged = body[:at] + struct.pack("<ii", 0, 10**6) + body[at + 8 :]
    with pytest.raises(BadRequestError, match="no Arrow IPC stream"):
        read_table(damaged, 10)


def test_damaged_streams_are_refused_or_read():
    body, chance, refused = stream(TABLE), random.Random(1), 0
    for _ in range(2000):
        damaged = bytearray(body)
        for _ in range(chance.randint(1, 4)):
            damaged[chance.randrange(len(damaged))] = chance.randrange(256)
        try:
            read_table(bytes(damaged[: chance.randint(1, 2 * len(damaged))]), 10).to_pylist()
        except BadRequestError:
            refused += 1
    assert refused > 1000
