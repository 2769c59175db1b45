"""The typed JSON of golden files: readable, and exact to the bit.

Plain JSON carries null, true, 1, 1.0, "text" and lists as they are; floats are written by `repr`
with the tokens NaN, Infinity and -0.0. Everything else is an object with one key that names the type:
`{"dense": [1.0]}`, `{"sparse": [3, [0], [1.0]]}`, `{"decimal": "1.50"}`, `{"date": "2024-02-29"}`,
`{"timestamp": "…"}`, `{"bytes": "<hex>"}`, `{"map": [[key, value]]}`, `{"struct": {"name": value}}`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sparklet.linalg import DenseVector, SparseVector

__all__ = ["decode", "dumps", "encode", "loads"]


def encode(value: Any) -> Any:
    """Return the JSON form of one value of a row; TypeError for a type that rows never carry.

    >>> encode([1, 1.0, DenseVector((0.5,))])
    [1, 1.0, {'dense': [0.5]}]
    """
    if value is None or isinstance(value, bool | int | float | str):
        return value
    kind = type(value).__name__  # pyspark's vectors have the names of ours
    if kind == "DenseVector":
        return {"dense": [float(item) for item in value.values]}
    if kind == "SparseVector":
        size, indices, values = int(value.size), value.indices, value.values
        return {"sparse": [size, [int(index) for index in indices], [float(item) for item in values]]}
    if kind == "Row":
        return {"struct": {name: encode(item) for name, item in value.asDict().items()}}
    if isinstance(value, list | tuple):
        return [encode(item) for item in value]
    if isinstance(value, Mapping):
        return {"map": [[encode(key), encode(item)] for key, item in value.items()]}
    if isinstance(value, Decimal):
        return {"decimal": str(value)}
    if isinstance(value, datetime):
        return {"timestamp": value.isoformat()}
    if isinstance(value, date):
        return {"date": value.isoformat()}
    if isinstance(value, bytes | bytearray):
        return {"bytes": value.hex()}
    raise TypeError(f"no golden form for {kind}: {value!r}")


def decode(value: Any) -> Any:
    """Return the value that `encode` was given; vectors come back as `sparklet.linalg` values.

    >>> decode({"sparse": [3, [0], [1.0]]})
    SparseVector(3, {0: 1.0})
    """
    if isinstance(value, list):
        return [decode(item) for item in value]
    if not isinstance(value, dict):
        return value
    ((kind, content),) = value.items()
    match kind:
        case "dense":
            return DenseVector(tuple(content))
        case "sparse":
            return SparseVector(content[0], tuple(content[1]), tuple(content[2]))
        case "decimal":
            return Decimal(content)
        case "timestamp":
            return datetime.fromisoformat(content)
        case "date":
            return date.fromisoformat(content)
        case "bytes":
            return bytes.fromhex(content)
        case "map":
            return {decode(key): decode(item) for key, item in content}
        case "struct":
            return {name: decode(item) for name, item in content.items()}
    raise ValueError(f"unknown type {kind!r} in a golden file")


def dumps(rows: Iterable[Mapping[str, Any]]) -> str:
    r"""Return rows as JSON lines, one row a line.

    >>> dumps([{"x": -0.0, "v": SparseVector(2, (1,), (3.0,))}])
    '{"x": -0.0, "v": {"sparse": [2, [1], [3.0]]}}\n'
    """
    return "".join(
        json.dumps({name: encode(value) for name, value in row.items()}, ensure_ascii=True) + "\n"
        for row in rows
    )


def loads(text: str) -> list[dict[str, Any]]:
    r"""Return the rows that `dumps` wrote.

    >>> loads('{"x": -0.0, "v": {"dense": [NaN]}}\n')
    [{'x': -0.0, 'v': DenseVector([nan])}]
    """
    return [
        {name: decode(value) for name, value in json.loads(line).items()}
        for line in text.splitlines()
        if line
    ]
