"""Lists of scored values as Arrow arrays; vectors as the struct that Spark stores for them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from sparklet.columns import Column, element_type, encode_vector
from sparklet.linalg import DenseVector, Vector

if TYPE_CHECKING:
    import pyarrow

__all__ = ["array_of", "arrow_type", "dense_vectors", "objects_of", "vectors"]


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


def array_of(values: Any, column: Column, width: int | None) -> pyarrow.Array:
    """Return a column's values as an array; with `width`, the elements of dense vectors of that size."""
    import numpy
    import pyarrow as pa

    if width is not None:
        return dense_vectors(numpy.asarray(values, numpy.float64), len(values) // width, width)
    if column.type == "vector":
        return vectors(values)
    return pa.array(values, arrow_type(column.type))


def objects_of(values: Any, width: int | None) -> list[Any]:
    """Return a column's values, a list or an array of floats, as Python objects, one a row.

    >>> objects_of([0.5, 0.5, 1.0, 0.0], 2)
    [DenseVector([0.5, 0.5]), DenseVector([1.0, 0.0])]
    """
    if not isinstance(values, list):
        return objects_of(list(values.tolist()), width)
    if width is None:
        return values
    return [DenseVector(tuple(values[at : at + width])) for at in range(0, len(values), width)]


def dense_vectors(elements: Any, count: int, width: int) -> pyarrow.Array:
    """Return `count` dense vectors of `width` elements, which stand one after the other in a numpy array."""
    import numpy
    import pyarrow as pa

    kind = arrow_type("vector")
    offsets = numpy.arange(count + 1, dtype=numpy.int32) * width
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


def vectors(values: Sequence[Vector | None]) -> pyarrow.Array:
    """Return vectors as an array of the struct that Spark stores; None is null."""
    import pyarrow as pa

    return pa.array([None if v is None else encode_vector(v) for v in values], arrow_type("vector"))
