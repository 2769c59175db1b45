"""Select the features that a selector chose in training."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, ClassVar

from sparklet.columns import Attribute, Column, Columns, wants
from sparklet.errors import InvalidValueError
from sparklet.linalg import DenseVector, SparseVector, Vector
from sparklet.records import record
from sparklet.saved import SavedStage
from sparklet.stages.stage import Bound, Stage
from sparklet.types import VECTOR

__all__ = ["SelectorModel"]


@record(kw_only=True, eq=False)
class SelectorModel(Stage):
    """Select features in ascending order; sparse vectors stay sparse and keep their explicit zeros.

    Follows Spark's `ml/feature/Selector.scala` (4.2), and its copy in `UnivariateFeatureSelector.scala`.
    """

    unknown: ClassVar[Attribute] = Attribute()
    """The attribute of a feature if the input column has no attributes."""

    featuresCol: str = "features"
    outputCol: str | None = None
    selectedFeatures: tuple[int, ...]

    @classmethod
    def data(cls, saved: SavedStage) -> Mapping[str, Any]:
        return saved.table().row(selectedFeatures="array<int>")

    def check(self) -> str | None:
        selected = self.selectedFeatures
        if len(set(selected)) < len(selected) or min(selected, default=0) < 0:
            return "selectedFeatures holds a feature twice or a negative one"
        return None

    def bind(self, columns: Columns) -> Iterator[Bound]:
        source = columns.take(self.featuresCol, wants.VECTOR)
        selected = tuple(sorted(self.selectedFeatures))
        target = columns.new(
            self.outputCol if self.outputCol is not None else f"{self.uid}__output",
            VECTOR,
            size=len(selected),
            attributes=lambda: self._attributes(source, selected),
        )
        select = _selection(selected)
        yield Bound(
            (source,), (target,), emit=lambda graph, x: graph.pick(x, selected, select, keeps_zeros=True)
        )

    def _attributes(self, source: Column, selected: tuple[int, ...]) -> tuple[Attribute, ...]:
        known = source.attributes()
        if known is None:
            return (self.unknown,) * len(selected)
        return tuple(known[i] for i in selected if i < len(known))


def _selection(selected: tuple[int, ...]) -> Callable[[Vector], Vector]:
    size, largest = len(selected), max(selected, default=-1)
    positions = {feature: position for position, feature in enumerate(selected)}

    def select(vector: Vector) -> Vector:
        values = vector.values
        if isinstance(vector, DenseVector):
            if largest >= len(values):
                raise InvalidValueError(
                    f"has {len(values)} elements, feature {largest} is selected", len(values)
                )
            return DenseVector(tuple([values[feature] for feature in selected]))
        # Here Spark treats elements beyond the end as 0.
        kept = [
            (positions[i], value) for i, value in zip(vector.indices, values, strict=True) if i in positions
        ]
        return SparseVector(
            size, tuple([position for position, _ in kept]), tuple([value for _, value in kept])
        )

    return select
