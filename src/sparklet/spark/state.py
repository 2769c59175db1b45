"""What a fitted stage learned: arrays and tables, as Parquet beside the stage's metadata. Never pickles."""

from __future__ import annotations

import io
import json
import math
import re
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from sparklet.errors import CorruptModelError, OptionError, shown
from sparklet.saved.arrow import as_numpy

__all__ = ["State", "checked_names", "checked_state", "from_arrow", "location", "to_parquet"]

State = Mapping[str, "np.ndarray | pa.Table"]

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,99}")
# The shape of an array; a table has none.
_SHAPE = b"sparklet.shape"
_COLUMN = "values"


def location(name: str) -> str:
    """Return the file of one item, below the stage's folder: a Parquet folder, as Spark would write it."""
    return f"state/{name}/part-00000.parquet"


def checked_state(state: Mapping[str, Any]) -> dict[str, Any]:
    """Return the state with everything made an array or a table.

    Numbers, texts, lists and pandas frames are taken too. Raises `OptionError` for what cannot be stored.
    """
    made = {}
    for name, value in state.items():
        if not _NAME.fullmatch(str(name)):
            raise OptionError("state", name, "names are those of Python variables")
        if type(value).__module__.partition(".")[0] == "pandas":
            value = pa.Table.from_pandas(value.to_frame() if value.ndim == 1 else value)  # noqa: PLW2901
        if not isinstance(value, pa.Table):
            value = np.array(value)  # noqa: PLW2901
            if value.dtype.kind not in "biufU":
                problem = (
                    f"an array of {value.dtype}; arrays of numbers, booleans or texts and tables are stored"
                )
                raise OptionError(f"state[{name!r}]", value, problem)
            value.setflags(write=False)
        made[name] = value
    return made


def to_parquet(value: np.ndarray | pa.Table) -> bytes:
    """Return one item of a state as the content of a Parquet file."""
    if isinstance(value, np.ndarray):
        flat = value.reshape(-1)
        array = pa.array(flat.tolist(), pa.string()) if value.dtype.kind == "U" else pa.array(flat)
        value = pa.table({_COLUMN: array}).replace_schema_metadata({_SHAPE: json.dumps(value.shape)})
    sink = io.BytesIO()
    pq.write_table(value, sink)
    return sink.getvalue()


def from_arrow(path: str, table: pa.Table) -> np.ndarray | pa.Table:
    """Return the item that a Parquet file holds.

    Raises `CorruptModelError` where its shape is not that of its data.
    """
    metadata = table.schema.metadata or {}
    if _SHAPE not in metadata:
        return table
    try:
        found = _array(table, json.loads(metadata[_SHAPE]))
    except (ValueError, TypeError, RecursionError, pa.ArrowException) as error:
        raise CorruptModelError(path, f"holds no array: {error}") from None
    found.setflags(write=False)
    return found


def _array(table: pa.Table, shape: Any) -> np.ndarray:
    good = isinstance(shape, list) and all(type(size) is int and size >= 0 for size in shape)
    if not good or table.column_names != [_COLUMN] or math.prod(shape) != table.num_rows:
        raise ValueError(f"shape {shown(shape)} of {table.num_rows} values")
    array = table.column(0).combine_chunks()
    if array.null_count:
        raise ValueError("some values are null")
    text = pa.types.is_string(array.type) or pa.types.is_large_string(array.type)
    found = np.array(array.to_pylist(), "U") if text else np.array(as_numpy(array))
    return found.reshape(shape)


def checked_names(names: Any, path: str) -> Iterable[str]:
    """Return the names of a state as the metadata lists them.

    Raises `CorruptModelError` for what would lead elsewhere.
    """
    if not isinstance(names, list) or not all(
        isinstance(name, str) and _NAME.fullmatch(name) for name in names
    ):
        raise CorruptModelError(path, f"state {shown(names)} is no list of names")
    return names
