"""The base of factorization machines for classification and regression.

Follows `FactorizationMachines` in Spark's `ml/regression/FMRegressor.scala` (4.2).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sparklet.java import dot
from sparklet.linalg import Matrix, SparseVector, Vector
from sparklet.profile import Profile
from sparklet.saved import SavedStage
from sparklet.stages.shared import sized

__all__ = ["check_factors", "factors_data", "raw_prediction"]


def factors_data(saved: SavedStage) -> Mapping[str, Any]:
    """Read intercept, linear and factors."""
    return saved.table().row(intercept="double", linear="vector", factors="matrix")


def check_factors(linear: Vector, factors: Matrix) -> str | None:
    """Return why the sizes do not match, or None."""
    if linear.size != factors.numRows:
        return f"{linear.size} linear weights do not match factors of {factors.numRows} features"
    return None


def raw_prediction(
    intercept: float, linear: Vector, factors: Matrix, profile: Profile
) -> Callable[[Vector], float]:
    """Return the function from features to intercept, linear terms and pairwise interactions."""
    product = dot(linear, profile.blas)
    columns = tuple(zip(*factors.rows(), strict=True))

    def raw(features: Vector) -> float:
        result = intercept + product(features)
        values = features.values
        indices = features.indices if isinstance(features, SparseVector) else range(len(values))
        nonzeros = [(index, value) for index, value in zip(indices, values, strict=True) if value != 0.0]
        for column in columns:
            squares = total = 0.0
            for index, value in nonzeros:
                vx = column[index] * value
                squares += vx * vx
                total += vx
            result += 0.5 * (total * total - squares)
        return result

    return sized(raw, linear.size)
