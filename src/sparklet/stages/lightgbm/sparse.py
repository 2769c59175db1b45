"""What SynapseML reads of a sparse vector."""

from __future__ import annotations

from sparklet.ir import Graph, Node, OneHot, Scalar, Vector
from sparklet.linalg import SparseVector
from sparklet.types import VECTOR

__all__ = ["as_read", "features_of"]


def as_read(vector: SparseVector) -> SparseVector:
    """Return a sparse vector without its last stored elements, as many as it stores zeros.

    `LightGBMBooster.predictForCSR` (SynapseML 1.1) passes all elements but, as their number, `numNonzeros`.

    >>> as_read(SparseVector(4, (0, 1, 3), (1.0, 0.0, 2.0)))
    SparseVector(4, {0: 1.0, 1: 0.0})
    """
    count = len(vector.values) - vector.values.count(0.0)
    if count == len(vector.values):
        return vector
    return SparseVector(vector.size, vector.indices[:count], vector.values[:count])


def features_of(graph: Graph, features: Node) -> Node:
    """Return the features, as a vector object if it may be a sparse vector that stores zeros."""
    if not isinstance(features, Vector) or features.kind == "dense":
        return features
    for segment in features.segments:
        if isinstance(segment, Scalar):
            stores = segment.active is not segment.value
        else:
            stores = isinstance(segment, OneHot) and 0.0 in (segment.values or ())
        if stores:
            return graph.call(lambda vector: vector, features, type=VECTOR, null=False)
    return features
