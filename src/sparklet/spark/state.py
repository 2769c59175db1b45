"""The state of a fitted stage: arrays and tables, stored as Parquet beside its metadata, never as pickles."""

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
    """Return the path of an item's file in the stage's folder; like Spark's, it lies in a Parquet folder."""
    return f"state/{name}/part-00000.parquet"


def checked_state(state: Mapping[str, Any]) -> dict[str, Any]:
    """Return the state with every value converted to an array or a table.

    Raises `OptionError` for a value that cannot be stored, or a name that is not a Python identifier.
    """
    checked = {}
    for name, value in state.items():
        if not _NAME.fullmatch(str(name)):
            raise OptionError("state", name, "a name must be a Python identifier")
        if type(value).__module__.partition(".")[0] == "pandas":
            value = pa.Table.from_pandas(value.to_frame() if value.ndim == 1 else value)  # noqa: PLW2901
        if not isinstance(value, pa.Table):
            value = np.array(value)  # noqa: PLW2901
            if value.dtype.kind not in "biufU":
                problem = (
                    f"an array of {value.dtype}; expected a table or an array of numbers, booleans or strings"
                )
                raise OptionError(f"state[{name!r}]", value, problem)
            value.setflags(write=False)
        checked[name] = value
    return checked


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
    """Return the item that is stored in a Parquet file.

    Raises `CorruptModelError` if the stored shape does not match the data.
    """
    metadata = table.schema.metadata or {}
    if _SHAPE not in metadata:
        return table
    try:
        array = _array(table, json.loads(metadata[_SHAPE]))
    except (ValueError, TypeError, RecursionError, pa.ArrowException) as error:
        raise CorruptModelError(path, f"contains no valid array: {error}") from None
    array.setflags(write=False)
    return array


def _array(table: pa.Table, shape: Any) -> np.ndarray:
    good = isinstance(shape, list) and all(type(size) is int and size >= 0 for size in shape)
    if not good or table.column_names != [_COLUMN] or math.prod(shape) != table.num_rows:
        raise ValueError(f"shape {shown(shape)} of {table.num_rows} values")
    array = table.column(0).combine_chunks()
    if array.null_count:
        raise ValueError("some values are null")
    text = pa.types.is_string(array.type) or pa.types.is_large_string(array.type)
    flat = np.array(array.to_pylist(), "U") if text else np.array(as_numpy(array))
    return flat.reshape(shape)


def checked_names(names: Any, path: str) -> Iterable[str]:
    """Return the names of the state's items, as listed in the metadata.

    Raises `CorruptModelError` for a name that is not an identifier and could lead to another folder.
    """
    if not isinstance(names, list) or not all(
        isinstance(name, str) and _NAME.fullmatch(name) for name in names
    ):
        raise CorruptModelError(path, f"state {shown(names)} is not a list of names")
    return names
