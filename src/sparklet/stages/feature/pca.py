"""Project vectors onto principal components."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from sparklet.columns import Columns, wants
from sparklet.java import gemv
from sparklet.linalg import DenseMatrix, DenseVector, Matrix, SparseMatrix, Vector
from sparklet.saved import SavedStage
from sparklet.stages.shared import HasInputCol, sized
from sparklet.stages.stage import Bound, stage
from sparklet.types import VECTOR

__all__ = ["PCAModel"]


@stage("org.apache.spark.ml.feature.PCAModel")
class PCAModel(HasInputCol):
    """Project a vector onto the `k` principal components; the mean is not subtracted.

    Follows Spark's `ml/feature/PCA.scala` (4.2).
    """

    k: int
    pc: Matrix

    @classmethod
    def data(cls, saved: SavedStage) -> Mapping[str, Any]:
        return saved.table().row(pc="matrix")

    def check(self) -> str | None:
        if self.k != self.pc.numCols:
            return f"k is {self.k}, but {self.pc.numCols} components are stored"
        return super().check()

    def bind(self, columns: Columns) -> Iterator[Bound]:
        source = columns.take(self.inputCol or "", wants.VECTOR, self.pc.numRows)
        target = columns.new(self.output, VECTOR, size=self.k)
        yield Bound((source,), (target,), sized(self._projection(columns.profile.blas), self.pc.numRows))

    def _projection(self, order: str) -> Callable[[Vector], Vector]:
        pc = self.pc
        if isinstance(pc, SparseMatrix):
            pc = DenseMatrix(pc.numRows, pc.numCols, tuple(value for row in pc.rows() for value in row), True)
        transposed = DenseMatrix(pc.numCols, pc.numRows, pc.values, not pc.isTransposed)
        multiply, zeros = gemv(transposed, order), [0.0] * self.k
        return lambda x: DenseVector(tuple(multiply(x, 0.0, zeros)))
