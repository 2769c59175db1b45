"""Select elements of vectors by position or name."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from sparklet.columns import Column, Columns, wants
from sparklet.errors import InvalidValueError, SchemaError, did_you_mean
from sparklet.linalg import DenseVector, SparseVector, Vector
from sparklet.stages.shared import HasInputCol
from sparklet.stages.stage import Bound, stage
from sparklet.types import VECTOR

__all__ = ["VectorSlicer"]


@stage("org.apache.spark.ml.feature.VectorSlicer")
class VectorSlicer(HasInputCol):
    """Select elements of a vector: those at `indices`, then those called `names`, in the order of the params.

    A sparse vector stays sparse and loses its explicit zeros. Names are those in the attributes of the
    column. Follows Spark's `ml/feature/VectorSlicer.scala` (4.2).
    """

    indices: tuple[int, ...] = ()
    names: tuple[str, ...] = ()

    def check(self) -> str | None:
        if not self.indices and not self.names:
            return "neither indices nor names select an element"
        if len(set(self.indices)) < len(self.indices) or len(set(self.names)) < len(self.names):
            return "an element is selected twice"
        if min(self.indices, default=0) < 0:
            return "an index is negative"
        return super().check()

    def bind(self, columns: Columns) -> Iterator[Bound]:
        source = columns.take(self.inputCol or "", wants.VECTOR)
        if (
            source.size is not None
            and source.origin != "inferred"
            and max(self.indices, default=-1) >= source.size
        ):
            raise SchemaError(
                source.name, f"has {source.size} elements, index {max(self.indices)} is taken", str(self)
            )
        selected = self.indices + self._named(source)
        if len(set(selected)) < len(selected):
            raise SchemaError(source.name, "has elements that both indices and names select", str(self))
        target = columns.new(
            self.output,
            VECTOR,
            size=len(selected),
            attributes=None
            if source.make_attributes is None
            else lambda: tuple((source.attributes() or ())[i] for i in selected),
        )
        pick = _slicer(selected)
        yield Bound(
            (source,), (target,), emit=lambda graph, x: graph.pick(x, selected, pick, keeps_zeros=False)
        )

    def _named(self, source: Column) -> tuple[int, ...]:
        if not self.names:
            return ()
        attributes = source.attributes()
        if attributes is None:
            raise SchemaError(source.name, f"carries no element names, {self.names[0]!r} is taken", str(self))
        # The last of several equal names is used, as in Spark's map.
        positions = {
            attribute.name: i for i, attribute in enumerate(attributes) if attribute.name is not None
        }
        for name in self.names:
            if name not in positions:
                hint = did_you_mean(name, positions)
                raise SchemaError(source.name, f"has no element called {name!r}{hint}", str(self))
        return tuple(positions[name] for name in self.names)


def _slicer(selected: tuple[int, ...]) -> Callable[[Vector], Vector]:
    size, largest, positions = len(selected), max(selected), tuple(enumerate(selected))

    def pick(vector: Vector) -> Vector:
        values = vector.values
        if isinstance(vector, DenseVector):
            if largest >= len(values):
                raise InvalidValueError(f"has {len(values)} elements, index {largest} is taken", len(values))
            return DenseVector(tuple([values[index] for index in selected]))
        # Here Spark treats elements beyond the end as 0.
        active = dict(zip(vector.indices, values, strict=True))
        kept = [(position, active[index]) for position, index in positions if active.get(index, 0.0) != 0.0]
        return SparseVector(
            size, tuple([position for position, _ in kept]), tuple([value for _, value in kept])
        )

    return pick
