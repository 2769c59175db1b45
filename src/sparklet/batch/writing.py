"""Convert scored values to Arrow arrays; vectors become the struct that Spark stores for them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from sparklet.columns import Column, encode_vector
from sparklet.linalg import DenseVector, Vector
from sparklet.types import VECTOR

if TYPE_CHECKING:
    import pyarrow

__all__ = ["array_of", "dense_vectors", "objects_of", "vectors"]


def array_of(values: Any, column: Column, width: int | None) -> pyarrow.Array:
    """Return the Arrow array of a column; with `width`, `values` are the elements of dense vectors."""
    import numpy
    import pyarrow as pa

    from sparklet.types.arrow import to_arrow

    if width is not None:
        return dense_vectors(numpy.asarray(values, numpy.float64), len(values) // width, width)
    if column.type == VECTOR:
        return vectors(values)
    return pa.array(values, to_arrow(column.type))


def objects_of(values: Any, width: int | None) -> list[Any]:
    """Return a column's values, a list or an array of floats, as one Python object for each row.

    >>> objects_of([0.5, 0.5, 1.0, 0.0], 2)
    [DenseVector([0.5, 0.5]), DenseVector([1.0, 0.0])]
    """
    if not isinstance(values, list):
        return objects_of(list(values.tolist()), width)
    if width is None:
        return values
    return [DenseVector(tuple(values[at : at + width])) for at in range(0, len(values), width)]


def dense_vectors(elements: Any, count: int, width: int) -> pyarrow.Array:
    """Return the Arrow array of `count` dense vectors, whose elements are consecutive in a numpy array."""
    import numpy
    import pyarrow as pa

    from sparklet.types.arrow import to_arrow

    kind = to_arrow(VECTOR)
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

    from sparklet.types.arrow import to_arrow

    return pa.array([None if v is None else encode_vector(v) for v in values], to_arrow(VECTOR))
