"""Mutations of saved models and of rows: values, counts, types and bytes; most files still parse."""

from __future__ import annotations

import datetime
import io
import json
import math
from collections.abc import Iterator
from contextlib import suppress
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from sparklet.linalg import DenseVector, SparseVector

if TYPE_CHECKING:
    from random import Random

__all__ = ["mutated_folder", "mutated_row", "with_each_number"]

_INTS = (-1, 0, 1, 2, 3, 100, 65_536, 1_000_000, 2**31 - 1, -(2**31), 2**31, 2**63 - 1, -(2**63))
_FLOATS = (math.nan, math.inf, -math.inf, 0.0, -0.0, 1.0, -1.0, 0.5, 1e308, 5e-324, 2.0**31, 1e-3)
_TEXTS = ("", " ", "\0", "a", "NaN", "1", "é\U0001f600", "`", "a.b", "*", "x" * 5000, "(" * 300, "%s{}$1\\")
_JSON = (
    *_INTS,
    *_FLOATS,
    *_TEXTS,
    2**64,
    10**400,
    None,
    True,
    False,
    [],
    {},
    [[]],
    [None],
    {"": None},
    "Infinity",
)


# --- JSON ---------------------------------------------------------------------------------------


def _slots(value: Any) -> list[tuple[Any, Any]]:
    """Return every (container, key) inside a JSON value."""
    found: list[tuple[Any, Any]] = []
    waiting = [value]
    while waiting:
        node = waiting.pop()
        keys = list(node) if isinstance(node, dict) else range(len(node)) if isinstance(node, list) else ()
        for key in keys:
            found.append((node, key))
            waiting.append(node[key])
    return found


def _vary_json(rng: Random, value: Any) -> Any:
    """Change one place inside a JSON object, or return another value instead of it."""
    slots = _slots(value)
    if not slots or rng.random() < 0.01:
        return rng.choice(_JSON)
    node, key = rng.choice(slots)
    change = rng.randrange(8)
    if change == 0:
        del node[key]
    elif change == 1:
        other, place = rng.choice(slots)
        if place in other if isinstance(other, dict) else place < len(other):
            node[key] = json.loads(json.dumps(other[place]))
    elif change == 2 and isinstance(node, list):
        node.extend([node[key]] * rng.choice((1, 2, 1000)))
    elif change == 3 and isinstance(node, dict):
        node[str(rng.choice(_TEXTS))] = node.pop(key)
    elif change == 4 and isinstance(node[key], int | float) and not isinstance(node[key], bool):
        node[key] = rng.choice((node[key] + 1, node[key] - 1, -node[key], [node[key]], repr(node[key])[:50]))
    elif change == 5 and isinstance(node[key], str):
        text = node[key]
        node[key] = rng.choice((text[:-1], text + text, text.upper(), [text], text[::-1]))
    elif change == 6:
        node[key] = rng.choice(([node[key]], {"a": node[key]}))
    else:
        node[key] = rng.choice(_JSON)
    return value


def _json_file(rng: Random, data: bytes) -> bytes:
    try:
        value = json.loads(data.partition(b"\n")[0])
    except ValueError:
        return _vary_bytes(rng, data)
    for _ in range(rng.choice((1, 1, 1, 2, 4))):
        if isinstance(value, dict):
            value = _vary_json(rng, value)
    return json.dumps(value).encode() + b"\n"


# --- Parquet ------------------------------------------------------------------------------------


def _vary_value(rng: Random, value: Any, kind: pa.DataType) -> Any:
    """Return another value for a place of an Arrow type; the type stays."""
    if value is None or rng.random() < 0.05:
        return None
    if pa.types.is_struct(kind):
        field = kind.field(rng.randrange(kind.num_fields))
        return {**value, field.name: _vary_value(rng, value.get(field.name), field.type)}
    if pa.types.is_map(kind):
        return _vary_list(
            rng, list(value), pa.struct([("key", kind.key_type), ("value", kind.item_type)]), pairs=True
        )
    if pa.types.is_list(kind):
        return _vary_list(rng, list(value), kind.value_type)
    if pa.types.is_boolean(kind):
        return not value
    if pa.types.is_integer(kind):
        limit = 1 << (kind.bit_width - 1)
        near = (value + 1, value - 1, -value)
        return max(-limit, min(limit - 1, rng.choice((*near, *_INTS))))
    if pa.types.is_floating(kind):
        return rng.choice((*_FLOATS, -value, value * 2))
    if pa.types.is_string(kind):
        return rng.choice((*_TEXTS, value * 2))
    return value


def _vary_list(rng: Random, items: list[Any], kind: pa.DataType, *, pairs: bool = False) -> list[Any]:
    change = rng.randrange(6)
    if not items or change == 0:
        return []
    place = rng.randrange(len(items))
    if change == 1:
        del items[place]
    elif change == 2:
        items.extend([items[place]] * rng.choice((1, 2, 1000)))
    elif change == 3:
        rng.shuffle(items)
    elif pairs:
        key, item = items[place]
        made = _vary_value(rng, {"key": key, "value": item}, kind) or {"key": key, "value": None}
        items[place] = (key if made["key"] is None else made["key"], made["value"])
    else:
        items[place] = _vary_value(rng, items[place], kind)
    return items


def _vary_rows(rng: Random, table: pa.Table) -> pa.Table:
    """Change values, and keep the schema."""
    rows = table.to_pylist()
    if not rows:
        return table
    for _ in range(rng.choice((1, 1, 2, 5))):
        place, field = rng.randrange(len(rows)), rng.choice(list(table.schema))
        rows[place][field.name] = _vary_value(rng, rows[place][field.name], field.type)
    return pa.Table.from_pylist(rows, table.schema)


def _vary_count(rng: Random, table: pa.Table) -> pa.Table:
    """Drop, repeat or reorder rows."""
    count = table.num_rows
    places = list(range(count))
    change = rng.randrange(4)
    if change == 0 or not count:
        places = []
    elif change == 1:
        del places[rng.randrange(count)]
    elif change == 2:
        places += [rng.randrange(count)] * rng.choice((1, 1, 3, 1000))
    else:
        rng.shuffle(places)
    return table.take(pa.array(places, pa.int64()))


_TYPES = (pa.int32(), pa.int64(), pa.float64(), pa.float32(), pa.string(), pa.bool_(), pa.list_(pa.float64()))


def _vary_columns(rng: Random, table: pa.Table) -> pa.Table:
    """Drop, rename, swap or retype columns."""
    place = rng.randrange(table.num_columns)
    name, column = table.column_names[place], table.column(place)
    change = rng.randrange(5)
    if change == 0 and table.num_columns > 1:
        return table.remove_column(place)
    if change == 1:
        names = list(table.column_names)
        names[place] = rng.choice((name + "x", name.upper(), rng.choice(names), "a.b"))
        return table.rename_columns(names)
    if change == 2:
        names = list(table.column_names)
        rng.shuffle(names)
        return table.rename_columns(names)
    kind = rng.choice(_TYPES)
    if change == 3:
        return table.set_column(place, name, pa.nulls(table.num_rows, rng.choice((kind, column.type))))
    fill: Any = rng.choice((0, 1, 7))
    fill = {pa.string(): str(fill), pa.bool_(): bool(fill), pa.list_(pa.float64()): []}.get(kind, fill)
    return table.set_column(place, name, pa.array([fill] * table.num_rows, kind))


def _nullable(field: pa.Field) -> pa.Field:
    """Return a field whose values, and those inside them, may be null."""
    kind = field.type
    if pa.types.is_struct(kind):
        kind = pa.struct([_nullable(inner) for inner in kind])
    elif pa.types.is_list(kind):
        kind = pa.list_(_nullable(kind.value_field))
    return pa.field(field.name, kind, metadata=field.metadata)


def _read(data: bytes) -> pa.Table:
    table = pq.read_table(pa.BufferReader(data))
    return table.cast(pa.schema([_nullable(field) for field in table.schema], table.schema.metadata))


def _written(table: pa.Table) -> bytes:
    out = io.BytesIO()
    pq.write_table(table, out)
    return out.getvalue()


def _parquet_file(rng: Random, data: bytes) -> bytes:
    table = _read(data)
    for _ in range(rng.choice((1, 1, 1, 2))):
        vary = rng.choice((_vary_rows, _vary_rows, _vary_rows, _vary_rows, _vary_count, _vary_columns))
        try:
            table = vary(rng, table)
        except (pa.ArrowException, TypeError, ValueError, OverflowError):
            continue  # a combination that Arrow cannot hold
    return _written(table)


# --- bytes and folders --------------------------------------------------------------------------


def _vary_bytes(rng: Random, data: bytes) -> bytes:
    if not data:
        return b"\0"
    made, place = bytearray(data), rng.randrange(len(data))
    change = rng.randrange(5)
    if change == 0:
        return bytes(made[:place])
    if change == 1:
        made[place] ^= 1 << rng.randrange(8)
    elif change == 2:
        made[place : place + 4] = rng.choice((b"\xff\xff\xff\x7f", b"\0\0\0\0", b"\xff" * 4))
    elif change == 3:
        made[place:place] = rng.randbytes(rng.choice((1, 8, 100)))
    else:
        del made[place : place + rng.choice((1, 8, 100))]
    return bytes(made)


def mutated_folder(rng: Random, folder: Path) -> dict[Path, bytes | None]:
    """Return the files of a saved model that a mutant changes, and what they hold instead; None deletes."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    changed: dict[Path, bytes | None] = {}
    for _ in range(rng.choice((1, 1, 1, 2))):
        path = rng.choice(files)
        data, kind = path.read_bytes(), rng.random()
        if kind < 0.02:
            changed[path] = None
        elif kind < 0.04:
            changed[path] = rng.choice(files).read_bytes()
        elif kind < 0.15:
            changed[path] = _vary_bytes(rng, data)
        elif path.suffix == ".parquet":
            changed[path] = _parquet_file(rng, data)
        else:
            changed[path] = (
                _json_file(rng, data) if path.parent.name == "metadata" else _vary_bytes(rng, data)
            )
    return changed


def with_each_number(folder: Path, number: int) -> Iterator[tuple[Path, bytes]]:
    """Yield files of a saved model in which one of their whole numbers is replaced, each number in turn."""
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        if path.suffix == ".parquet":
            table = _read(path.read_bytes())
            for name in table.column_names:
                column = table[name].to_pylist()
                for place in _whole_numbers(column[:1], pa.list_(table.schema.field(name).type)):
                    values = _replaced(column, place, number)
                    with suppress(pa.ArrowException):  # a type or map that cannot hold it
                        changed = pa.array(values, table.schema.field(name).type)
                        index = table.column_names.index(name)
                        yield path, _written(table.set_column(index, table.schema.field(name), changed))
        elif path.parent.name == "metadata":
            whole = json.loads(path.read_bytes())
            for place, (node, key) in enumerate(_slots(whole)):
                if type(node[key]) is int:
                    copy = json.loads(json.dumps(whole))
                    container, name = _slots(copy)[place]
                    container[name] = number
                    yield path, json.dumps(copy).encode()


def _whole_numbers(value: Any, kind: pa.DataType) -> Iterator[tuple[Any, ...]]:
    """Yield the places of whole numbers inside a value; of a list, the first and the last element's."""
    if value is None:
        return
    if pa.types.is_integer(kind):
        yield ()
    elif pa.types.is_struct(kind):
        for field in kind:
            yield from ((field.name, *place) for place in _whole_numbers(value[field.name], field.type))
    elif pa.types.is_list(kind):
        for index in sorted({0, len(value) - 1} if value else ()):
            yield from ((index, *place) for place in _whole_numbers(value[index], kind.value_type))
    elif pa.types.is_map(kind) and value:
        for part, inner in enumerate((kind.key_type, kind.item_type)):
            yield from ((0, part, *place) for place in _whole_numbers(value[0][part], inner))


def _replaced(value: Any, place: tuple[Any, ...], number: int) -> Any:
    if not place:
        return number
    key, *rest = place
    inner = _replaced(value[key], tuple(rest), number)
    if isinstance(value, dict):
        return {**value, key: inner}
    return type(value)([*value[:key], inner, *value[key + 1 :]])


# --- rows ---------------------------------------------------------------------------------------


class _Odd:
    """An object of no type that a row can hold."""

    def __repr__(self) -> str:
        raise RuntimeError


_CELLS: tuple[Any, ...] = (
    *_INTS,
    *_FLOATS,
    *_TEXTS,
    10**400,
    None,
    True,
    b"\xff",
    "\ud800",
    Decimal("1e30"),
    Decimal("NaN"),
    datetime.date(1, 1, 1),
    datetime.datetime(9999, 12, 31, 23, 59, 59, 999999),
    [],
    [None],
    [math.nan, "x"],
    ["a", "b", None],
    ["x"] * 1000,
    (1.0, 2.0),
    {},
    {"a": 1},
    {"type": 1, "values": [1.0]},
    DenseVector(()),
    DenseVector((math.nan, -0.0, math.inf)),
    SparseVector(2**31 - 1, (0, 2**31 - 2), (1.0, -1.0)),
    SparseVector(3, (), ()),
    _Odd(),
    _Odd,
)


def mutated_row(rng: Random, row: dict[str, Any]) -> Any:
    """Return a row in which values, keys or types differ."""
    if rng.random() < 0.005:
        return rng.choice((None, [], "row", 1, {}, {1: 2}))
    made = dict(row)
    for _ in range(rng.choice((1, 1, 2, 3))):
        if not made:
            break
        name = rng.choice(list(made))
        change = rng.random()
        if change < 0.05:
            del made[name]
        elif change < 0.1:
            made[rng.choice((str(name).upper(), f"{name}x", 5, ""))] = made.pop(name)
        elif change < 0.4:
            made[name] = _vary_cell(rng, made[name])
        else:
            made[name] = rng.choice(_CELLS)
    return made


def _vary_cell(rng: Random, value: Any) -> Any:
    """Return a value that resembles another one."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return rng.choice(
            (value + 1, -value, value * 1.0 if abs(value) < 2**64 else 0.0, repr(value)[:50], *_INTS)
        )
    if isinstance(value, float):
        return rng.choice((-value, value * 1e300, int(value) if math.isfinite(value) else 0, *_FLOATS))
    if isinstance(value, str):
        return rng.choice((value * 2, value.upper(), value[::-1], value[:-1], [value], *_TEXTS))
    if isinstance(value, list) and value:
        place = rng.randrange(len(value))
        return rng.choice(
            (value[:place], value * 2, [*value[:place], _vary_cell(rng, value[place]), *value[place:]])
        )
    if isinstance(value, DenseVector):
        values = value.values
        place = rng.randrange(len(values) + 1)
        return rng.choice(
            (
                DenseVector(values[:place]),
                DenseVector((*values[:place], rng.choice(_FLOATS), *values[place + 1 :])),
            )
        )
    if isinstance(value, SparseVector):
        return rng.choice(
            (SparseVector(value.size + 1, value.indices, value.values), SparseVector(value.size, (), ()))
        )
    return rng.choice(_CELLS)
