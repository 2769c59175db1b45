"""Lists of scored values as Arrow arrays; vectors as the struct that Spark stores for them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from sparklet.columns import Column, element_type
from sparklet.linalg import DenseVector, SparseVector, Vector

if TYPE_CHECKING:
    import pyarrow

__all__ = ["array_of", "arrow_type", "objects_of"]


def arrow_type(type_: str) -> pyarrow.DataType:
    """Return the Arrow type of a Spark type.

    A vector is the struct that Spark's `VectorUDT` is stored as: type (0 sparse, 1 dense), size, indices,
    values.

    >>> arrow_type("array<int>")
    ListType(list<element: int32>)
    """
    import pyarrow as pa

    if (element := element_type(type_)) is not None:
        return pa.list_(pa.field("element", arrow_type(element)))
    if type_.startswith("decimal("):
        return pa.decimal128(*map(int, type_[8:-1].split(",")))
    if type_ == "vector":
        return pa.struct(
            [
                pa.field("type", pa.int8(), nullable=False),
                pa.field("size", pa.int32()),
                pa.field("indices", pa.list_(pa.field("element", pa.int32(), nullable=False))),
                pa.field("values", pa.list_(pa.field("element", pa.float64(), nullable=False))),
            ]
        )
    return {
        "tinyint": pa.int8(),
        "smallint": pa.int16(),
        "int": pa.int32(),
        "bigint": pa.int64(),
        "float": pa.float32(),
        "double": pa.float64(),
        "boolean": pa.bool_(),
        "string": pa.string(),
        "date": pa.date32(),
        "timestamp": pa.timestamp("us", "UTC"),
        "timestamp_ntz": pa.timestamp("us"),
    }[type_]


def array_of(values: Sequence[Any], column: Column, width: int | None) -> pyarrow.Array:
    """Return a column's values as an array; with `width`, the elements of dense vectors of that size."""
    import numpy
    import pyarrow as pa

    if width is not None:
        return _dense(numpy.array(values, numpy.float64), width)
    if column.type == "vector":
        return _vectors(values)
    return pa.array(values, arrow_type(column.type))


def objects_of(values: Sequence[Any], width: int | None) -> Sequence[Any]:
    """Return a column's values as Python objects, one a row.

    >>> objects_of([0.5, 0.5, 1.0, 0.0], 2)
    [DenseVector([0.5, 0.5]), DenseVector([1.0, 0.0])]
    """
    if width is None:
        return values
    return [DenseVector(tuple(values[at : at + width])) for at in range(0, len(values), width)]


def _dense(elements: Any, width: int) -> pyarrow.Array:
    import numpy
    import pyarrow as pa

    count = len(elements) // width
    kind = arrow_type("vector")
    offsets = numpy.arange(0, len(elements) + 1, width, dtype=numpy.int32)
    lists = pa.ListArray.from_arrays(pa.array(offsets), pa.array(elements), type=kind.field("values").type)
    return pa.StructArray.from_arrays(
        [
            pa.array(numpy.ones(count, numpy.int8)),
            pa.nulls(count, pa.int32()),
            pa.nulls(count, kind.field("indices").type),
            lists,
        ],
        fields=list(kind),
    )


def _vectors(values: Sequence[Vector | None]) -> pyarrow.Array:
    import pyarrow as pa

    structs: list[dict[str, Any] | None] = []
    for value in values:
        if value is None:
            structs.append(None)
        elif isinstance(value, SparseVector):
            structs.append({"type": 0, "size": value.size, "indices": value.indices, "values": value.values})
        else:
            structs.append({"type": 1, "size": None, "indices": None, "values": value.values})
    return pa.array(structs, arrow_type("vector"))
