"""What XGBoost4J-Spark makes of a feature vector before the booster reads it; its releases differ."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

from sparklet.errors import InvalidValueError
from sparklet.ir import Emit, Graph, Node, Vector
from sparklet.linalg import DenseVector, SparseVector
from sparklet.linalg import Vector as VectorValue
from sparklet.stages.xgboost.booster import Booster
from sparklet.types import VECTOR

__all__ = ["features_of"]


def features_of(booster: Booster, missing: float, *, allow: bool) -> Emit:
    """Return the function from the features column to the vector that the booster reads.

    - Since 3.4.1 (`Utils.scala`), the absent elements of a sparse vector are 0.
    - From 3.0 to 3.4.0 (`Utils.scala`), a sparse vector is garbled: see `garbled`.
    - Until 2.1 (`DataUtils.scala`), they are missing. A sparse vector is refused unless `missing` is 0 or
      `allowNonZeroForMissing` is set (`allow`).
    """
    if booster.version >= (3, 4, 1) or (booster.version < (3,) and missing == 0.0):
        return _unchanged
    if booster.version >= (3,):
        return _replaced(partial(garbled, size=booster.features, missing=missing))
    return _replaced(gaps_missing) if allow else _dense_only


def _unchanged(graph: Graph, features: Node) -> Node:  # noqa: ARG001 - an Emit
    return features


def _replaced(function: Callable[[VectorValue], VectorValue]) -> Emit:
    def emit(graph: Graph, features: Node) -> Node:
        if isinstance(features, Vector) and features.kind == "dense":
            return features
        return graph.call(function, features, type=VECTOR, null=False)

    return emit


def _dense_only(graph: Graph, features: Node) -> Node:
    if isinstance(features, Vector):
        graph.guard(graph.is_sparse(features), _refuse)
        return features
    return graph.call(_require_dense, features, type=VECTOR, null=False)


def _refuse() -> None:
    raise InvalidValueError(
        "a sparse vector, which XGBoost4J-Spark refuses unless missing=0.0", hint="make the vector dense"
    )


def _require_dense(vector: VectorValue) -> VectorValue:
    if isinstance(vector, SparseVector):
        _refuse()
    return vector


def gaps_missing(vector: VectorValue) -> VectorValue:
    """Return a dense vector with NaN for the absent elements of a sparse one.

    >>> gaps_missing(SparseVector(3, (1,), (0.0,)))
    DenseVector([nan, 0.0, nan])
    """
    if isinstance(vector, DenseVector):
        return vector
    values = [math.nan] * vector.size
    for index, value in zip(vector.indices, vector.values, strict=True):
        values[index] = value
    return DenseVector(tuple(values))


def garbled(vector: VectorValue, size: int, missing: float) -> VectorValue:
    """Return the features that XGBoost4J-Spark 3.0 to 3.4.0 gives a booster of `size` features.

    It pairs the indices of a sparse vector with the values of all its elements, and the values that are left
    with index 0 (dmlc/xgboost#12347). If no value is missing, the booster does not expect missing features
    either: those without a value go right at each split, as infinity does.

    >>> garbled(SparseVector(3, (1,), (5.0,)), 3, 7.0)
    DenseVector([0.0, 0.0, inf])
    """
    if isinstance(vector, DenseVector):
        return vector
    dense = [0.0] * vector.size
    for index, value in zip(vector.indices, vector.values, strict=True):
        dense[index] = value
    places = [*vector.indices, *[0] * (vector.size - len(vector.indices))]
    present = [
        (place, value)
        for place, value in zip(places, dense, strict=True)
        if place < size and value == value and value != missing
    ]
    values = [math.inf if len(present) == size else math.nan] * size
    for place, value in present:
        values[place] = value
    return DenseVector(tuple(values))
