"""Locality-sensitive hashing for the Euclidean distance."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from sparklet.java import gemv
from sparklet.linalg import DenseVector, Matrix, Vector
from sparklet.profile import Profile
from sparklet.saved import SavedStage
from sparklet.stages.feature.lsh import LSHModel
from sparklet.stages.shared import sized
from sparklet.stages.stage import stage

__all__ = ["BucketedRandomProjectionLSHModel"]


@stage("org.apache.spark.ml.feature.BucketedRandomProjectionLSHModel")
class BucketedRandomProjectionLSHModel(LSHModel):
    """Hash a vector to its buckets along random directions.

    Up to 3.1, Spark stored the directions of several hash tables in scrambled order. Every Spark that loads
    such a model uses them as stored, and so does sparklet. Follows Spark's
    `ml/feature/BucketedRandomProjectionLSH.scala` (4.2).
    """

    bucketLength: float
    randUnitVectors: Matrix

    @classmethod
    def data(cls, saved: SavedStage) -> Mapping[str, Any]:
        return saved.table().row(randUnitVectors="matrix")

    def check(self) -> str | None:
        if not 0.0 < self.bucketLength < math.inf:
            return f"bucketLength is {self.bucketLength}, expected a positive number"
        return super().check()

    @property
    def width(self) -> int:
        return self.randUnitVectors.numCols

    def hashing(self, profile: Profile) -> Callable[[Vector], list[DenseVector]]:
        project = gemv(self.randUnitVectors, profile.blas, 1.0 / self.bucketLength)
        zeros = [0.0] * self.randUnitVectors.numRows
        return sized(
            lambda x: [DenseVector((_floor(length),)) for length in project(x, 0.0, zeros)], self.width
        )


def _floor(value: float) -> float:
    """Return Java's `Math.floor`, which returns NaN, infinities and -0.0 unchanged."""
    return float(math.floor(value)) if value and value - value == 0.0 else value
