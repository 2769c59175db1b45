"""Locality-sensitive hashing for the Jaccard distance."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sparklet.errors import InvalidValueError
from sparklet.linalg import DenseVector, Vector
from sparklet.profile import Profile
from sparklet.saved import SavedStage
from sparklet.stages.feature.lsh import LSHModel
from sparklet.stages.stage import stage

__all__ = ["MinHashLSHModel"]

_PRIME = 2038074743


@stage("org.apache.spark.ml.feature.MinHashLSHModel")
class MinHashLSHModel(LSHModel):
    """Hash the set of non-zero elements, including NaN, to its minimum under random permutations.

    Follows Spark's `ml/feature/MinHashLSH.scala` (4.2).
    """

    randCoefficients: tuple[int, ...]

    @classmethod
    def data(cls, saved: SavedStage) -> Mapping[str, Any]:
        return saved.table().row(randCoefficients="array<int>")

    def check(self) -> str | None:
        if len(self.randCoefficients) % 2 or min(self.randCoefficients, default=0) < 0:
            return "randCoefficients are not pairs of positive numbers"
        return super().check()

    def hashing(self, profile: Profile) -> Callable[[Vector], list[DenseVector]]:
        pairs = tuple(zip(self.randCoefficients[::2], self.randCoefficients[1::2], strict=True))

        def hashes(vector: Vector) -> list[DenseVector]:
            indices = range(vector.size) if isinstance(vector, DenseVector) else vector.indices
            members = [1 + i for i, value in zip(indices, vector.values, strict=True) if value != 0.0]
            if not members:
                raise InvalidValueError("has no non-zero element, a hash needs one", vector)
            return [
                DenseVector((float(min([(member * a + b) % _PRIME for member in members])),))
                for a, b in pairs
            ]

        return hashes
