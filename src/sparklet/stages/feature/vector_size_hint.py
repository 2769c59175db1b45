"""Check the size of vectors."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Literal

from sparklet.columns import Columns, wants
from sparklet.errors import NullValueError, SchemaError, VectorSizeError
from sparklet.linalg import Vector
from sparklet.stages.stage import Bound, Dropped, Stage, stage
from sparklet.types import VECTOR

__all__ = ["VectorSizeHint"]


@stage("org.apache.spark.ml.feature.VectorSizeHint")
class VectorSizeHint(Stage):
    """Declare the size of a vector column, and refuse, drop or (`optimistic`) accept vectors of other sizes.

    Follows Spark's `ml/feature/VectorSizeHint.scala` (4.2).
    """

    since = "2.3"

    inputCol: str
    size: int
    handleInvalid: Literal["error", "skip", "optimistic"] = "error"

    def check(self) -> str | None:
        return f"size is {self.size}, expected 0 or more" if self.size < 0 else None

    def bind(self, columns: Columns) -> Iterator[Bound]:
        source = columns.take(self.inputCol, wants.VECTOR, self.size)
        # A size that was only inferred from later stages is not declared by the column.
        declared = None if source.origin == "inferred" else source.size
        if declared is not None and declared != self.size:
            raise SchemaError(source.name, f"has {declared} elements, the hint says {self.size}", str(self))
        if self.handleInvalid == "optimistic" and declared == self.size:
            return
        target = columns.new(
            self.inputCol,
            VECTOR,
            size=self.size,
            attributes=source.make_attributes,
            nonzeros=source.nonzeros,
            replaces=True,
        )
        drops: Literal["output"] | None = "output" if self.handleInvalid == "skip" else None
        yield Bound((source,), (target,), self._checked(), drops=drops, nulls=True, inlined=True)

    def _checked(self) -> Callable[[Any], Vector | None]:
        size, skip = self.size, self.handleInvalid == "skip"
        if self.handleInvalid == "optimistic":
            return lambda vector: vector

        def check(vector: Any) -> Vector:
            if vector is not None and vector.size == size:
                return vector  # type: ignore[no-any-return]
            if skip:
                raise Dropped
            if vector is None:
                raise NullValueError("is null", hint="handleInvalid is 'error'")
            raise VectorSizeError(vector.size, size)

        return check
