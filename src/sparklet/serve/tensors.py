"""Tensors of the Open Inference Protocol V2: columns of rows as JSON, and back."""

from __future__ import annotations

import math
import struct
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sparklet.columns import Column
from sparklet.errors import NullValueError, VectorSizeError
from sparklet.json import dumps
from sparklet.serve.errors import BadRequestError
from sparklet.types import (
    BOOLEAN,
    BYTE,
    DOUBLE,
    FLOAT,
    INTEGER,
    LONG,
    SHORT,
    DataType,
    VectorUDT,
)

__all__ = ["columns_of", "datatype", "metadata_of", "tensor_of"]

_DATATYPES: Mapping[DataType, str] = {
    BOOLEAN: "BOOL",
    BYTE: "INT8",
    SHORT: "INT16",
    INTEGER: "INT32",
    LONG: "INT64",
    FLOAT: "FP32",
    DOUBLE: "FP64",
}
_BITS = {f"{sign}INT{bits}": (bits, sign == "") for bits in (8, 16, 32, 64) for sign in ("", "U")}
_FLOATS = ("FP16", "FP32", "FP64")


def datatype(type: DataType) -> str:
    """Return the datatype of the tensors of a column: BYTES for types that have none of their own.

    >>> datatype(LONG), datatype(VectorUDT())
    ('INT64', 'FP64')
    """
    return "FP64" if isinstance(type, VectorUDT) else _DATATYPES.get(type, "BYTES")


def metadata_of(column: Column) -> dict[str, Any]:
    """Return the metadata of the tensor of a column; -1 stands for the number of rows or an unknown size."""
    shape = [-1]
    if isinstance(column.type, VectorUDT):
        shape.append(-1 if column.size is None else column.size)
    return {"name": column.name, "datatype": datatype(column.type), "shape": shape}


def columns_of(inputs: Any, most_rows: int) -> tuple[list[str], list[Sequence[Any]]]:
    """Return the names of the inputs of a request, and for each the values of the rows as plain JSON.

    A tensor of shape [n] or [n, 1] has a value for each row, one of shape [n, k] a list. A number that FP32
    does not hold is rounded to it. Raises `BadRequestError` for other inputs. The caller refuses more than
    `most_rows` rows.
    """
    if not isinstance(inputs, list) or not inputs:
        raise BadRequestError("inputs is no list of tensors", _HINT)
    names, columns, count = [], [], None
    for tensor in inputs:
        name = tensor.get("name") if isinstance(tensor, dict) else None
        if not isinstance(name, str):
            raise BadRequestError("an input is no object with a name", _HINT)
        if name in names:
            raise BadRequestError(f"the input {name!r} is there twice")
        values = _values(name, tensor)
        if count is not None and len(values) != count:
            raise BadRequestError(f"the input {name!r} has {len(values)} rows, another one has {count}")
        count = len(values)
        names.append(name)
        columns.append(values)
        if count > most_rows:
            break
    return names, columns


_HINT = 'such as {"inputs": [{"name": "age", "shape": [1], "datatype": "FP64", "data": [41.0]}]}'


def _values(name: str, tensor: Mapping[str, Any]) -> Sequence[Any]:
    shape, kind, data = tensor.get("shape"), tensor.get("datatype"), tensor.get("data")
    if not isinstance(data, list):
        raise BadRequestError(f"the input {name!r} has no data", "binary tensors are not read over REST")
    sizes = shape if isinstance(shape, list) else []
    if len(sizes) not in (1, 2) or not _are_sizes(sizes):
        raise BadRequestError(f"the input {name!r} has a shape other than [rows] and [rows, size]")
    rows, size = sizes[0], sizes[1] if len(sizes) == 2 else 1
    if len(data) == rows and data and data[0].__class__ is list:
        if any(each.__class__ is not list or len(each) != size for each in data):
            raise BadRequestError(f"the data of input {name!r} do not have its shape")
        data = [value for each in data for value in each]
    if len(data) != rows * size:
        raise BadRequestError(f"the input {name!r} has {len(data)} values, its shape {rows * size}")
    check = _checked(name, kind)
    data = [None if value is None else check(value) for value in data]
    if size == 1:
        return data
    return [data[start : start + size] for start in range(0, rows * size, size)]


def _are_sizes(shape: list[Any]) -> bool:
    """Return whether a shape has a number of rows, and no size 0, which would make rows of nothing."""
    return all(each.__class__ is int and each >= least for least, each in enumerate(shape))


def _checked(name: str, kind: object) -> Callable[[Any], Any]:
    """Return the function that checks a value of a datatype and returns it."""

    def refuse(value: object) -> BadRequestError:
        return BadRequestError(
            f"the input {name!r} has datatype {kind}, which does not hold {str(value)[:40]!r}"
        )

    def boolean(value: Any) -> Any:
        if value.__class__ is not bool:
            raise refuse(value)
        return value

    def text(value: Any) -> Any:
        if value.__class__ is not str:
            raise refuse(value)
        return value

    def integer(value: Any) -> Any:
        if value.__class__ is not int or not least <= value <= most:
            raise refuse(value)
        return value

    def number(value: Any) -> Any:
        if value in ("NaN", "Infinity", "-Infinity"):
            return value
        if value.__class__ is not int and value.__class__ is not float:
            raise refuse(value)
        try:
            rounded: float = form.unpack(form.pack(value))[0]
        except (OverflowError, struct.error):
            raise refuse(value) from None
        return rounded if math.isfinite(rounded) else str(value)

    if kind == "BOOL":
        return boolean
    if kind == "BYTES":
        return text
    if kind in _FLOATS:
        form = struct.Struct({"FP16": "<e", "FP32": "<f", "FP64": "<d"}[str(kind)])
        return number
    if not isinstance(kind, str) or kind not in _BITS:
        known = ", ".join(("BOOL", "BYTES", *_BITS, *_FLOATS))
        raise BadRequestError(f"the input {name!r} has the datatype {str(kind)[:40]!r}", f"one of {known}")
    bits, signed = _BITS[kind]
    least, most = (-(1 << (bits - 1)), (1 << (bits - 1)) - 1) if signed else (0, (1 << bits) - 1)
    return integer


def tensor_of(column: Column, values: Sequence[Any]) -> dict[str, Any]:
    """Return the tensor of an output column.

    Vectors are dense and must have one size. Values of types without a datatype are BYTES: strings as they
    are, others as JSON. Raises `NullValueError` for a null and `VectorSizeError` for vectors of several
    sizes, which a tensor cannot hold.
    """
    kind = datatype(column.type)
    for index, value in enumerate(values):
        if value is None:
            error = NullValueError("is null, which a tensor cannot hold", hint=_SCORE, column=column.name)
            error.row = index
            raise error
    shape, data = [len(values)], list(values)
    if isinstance(column.type, VectorUDT):
        data = [value.toArray().tolist() for value in values]
        size = len(data[0]) if data else column.size or 0
        for index, each in enumerate(data):
            if len(each) != size:
                uneven = VectorSizeError(len(each), size, column=column.name)
                uneven.row = index
                raise uneven
        shape.append(size)
        data = [number for each in data for number in each]
    elif kind == "BYTES":
        data = [value if value.__class__ is str else _text(value) for value in values]
    return {"name": column.name, "datatype": kind, "shape": shape, "data": data}


_SCORE = "POST /models/{name}:score answers with nulls"


def _text(value: object) -> str:
    text = dumps(value)
    # Dates, decimals and bytes are strings in JSON; here they need no quotes.
    return text[1:-1] if text[0] == '"' else text
