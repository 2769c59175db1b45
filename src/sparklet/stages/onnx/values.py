"""Values of rows as tensors of one row and back, and what SynapseML computes from the outputs."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from struct import Struct, error
from typing import Any

from sparklet.errors import InvalidValueError, VectorSizeError
from sparklet.java import functions
from sparklet.linalg import DenseVector, SparseVector, to_dense
from sparklet.stages.onnx.graph import GraphTensor

__all__ = ["argmax", "from_tensor", "softmax", "to_tensor"]


@cache
def _packer(count: int, dtype: str) -> Struct:
    """Return what packs numbers in C, whose cast to float is that of Java."""
    return Struct(f"{count}{'f' if dtype == 'float32' else 'd'}")


def to_tensor(tensor: GraphTensor) -> Callable[[Any], Any]:
    """Return the function from a value to the tensor of one row; doubles are rounded as Spark casts them."""
    import numpy

    width, dtype = tensor.width, numpy.dtype(tensor.dtype)
    if width is None:
        one = _packer(1, tensor.dtype)
        return lambda value: numpy.frombuffer(one.pack(value), dtype)

    def convert(value: Any) -> Any:
        values = to_dense(value).values if isinstance(value, DenseVector | SparseVector) else value
        count = len(values)
        if count != width and width >= 0:
            raise VectorSizeError(count, width)
        if not count:
            raise InvalidValueError("is empty", value)
        try:
            packed = _packer(count, tensor.dtype).pack(*values)
        except error:
            raise InvalidValueError("has a null element", value) from None
        return numpy.frombuffer(packed, dtype).reshape(1, count)

    return convert


def from_tensor(tensor: GraphTensor) -> Callable[[Any], Any]:
    """Return the function from an output of one row to the value of its column."""
    if tensor.width is None:
        return lambda found: found.reshape(-1)[0].item()
    return lambda found: found[0].tolist()


def softmax(values: list[float]) -> DenseVector:
    """Return e to the power of each value minus the logarithm of the sum of all powers.

    Follows `softMaxTransform` in SynapseML's `ONNXModel.scala` (1.0) and Breeze's `softmax`. Raises
    `InvalidValueError` if a value is NaN or the largest is infinite.

    >>> softmax([0.0, 0.0])
    DenseVector([0.5, 0.5])
    """
    largest = values[argmax(values)]
    if largest - largest != 0.0:
        raise InvalidValueError("has no finite maximum, so no softmax", values)
    total = 0.0
    for value in values:
        total += functions.exp(value - largest)
    logarithm = largest + functions.log(total)
    return DenseVector(tuple([functions.exp(value - logarithm) for value in values]))


def argmax(values: list[float]) -> int:
    """Return the index of the largest value, the first of equal ones; refuse NaN.

    >>> argmax([1.0, 3.0, 3.0])
    1
    """
    best = 0
    for index, value in enumerate(values):
        if value != value:
            raise InvalidValueError("has NaN, which is not the largest or smaller than another", values)
        if value > values[best]:
            best = index
    return best
