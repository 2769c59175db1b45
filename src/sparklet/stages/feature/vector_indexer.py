"""Replace categories in vectors by indices."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Literal

from sparklet.columns import Attribute, Column, Columns, wants
from sparklet.errors import InvalidValueError, SchemaError
from sparklet.java import double_to_string
from sparklet.linalg import DenseVector, SparseVector, Vector
from sparklet.records import replace
from sparklet.saved import SavedStage
from sparklet.stages.shared import HasInputCol, sized
from sparklet.stages.stage import Bound, Dropped, stage
from sparklet.types import VECTOR

__all__ = ["VectorIndexerModel"]


@stage("org.apache.spark.ml.feature.VectorIndexerModel")
class VectorIndexerModel(HasInputCol):
    """Replace the values of categorical features by their indices; other features are not changed.

    In a sparse vector only stored elements are replaced: an implicit 0 stays 0. Follows Spark's
    `ml/feature/VectorIndexer.scala` (4.2).
    """

    handleInvalid: Literal["error", "skip", "keep"] = "error"
    numFeatures: int
    categoryMaps: Mapping[int, Mapping[float, int]]

    @classmethod
    def data(cls, saved: SavedStage) -> Mapping[str, Any]:
        return saved.table().row(numFeatures="int", categoryMaps="map<int,map<double,int>>")

    def check(self) -> str | None:
        if not all(0 <= feature < self.numFeatures for feature in self.categoryMaps):
            return f"categoryMaps names features outside of the {self.numFeatures} that there are"
        return super().check()

    def bind(self, columns: Columns) -> Iterator[Bound]:
        source = columns.take(self.inputCol or "", wants.VECTOR, self.numFeatures)
        if source.size not in (None, self.numFeatures) and source.origin != "inferred":
            raise SchemaError(
                source.name, f"has {source.size} elements, expected {self.numFeatures}", str(self)
            )
        target = columns.new(
            self.output,
            VECTOR,
            size=self.numFeatures,
            attributes=lambda: self._attributes(source),
            replaces=True,  # Spark does not check whether the column exists
        )
        indexer = sized(self._indexer(), self.numFeatures)
        yield Bound((source,), (target,), indexer, drops="output" if self.handleInvalid == "skip" else None)

    def _attributes(self, source: Column) -> tuple[Attribute, ...]:
        known = source.attributes() or (Attribute(),) * self.numFeatures
        return tuple(
            replace(self._categorical(i), name=attribute.name) if i in self.categoryMaps else attribute
            for i, attribute in enumerate(known)
        )

    def _categorical(self, feature: int) -> Attribute:
        # A loaded model computes these before handleInvalid is set, so "keep" adds no value.
        values = tuple(double_to_string(value) for value in sorted(self.categoryMaps[feature]))
        return Attribute("binary" if len(values) == 2 else "nominal", values=values)

    def _indexer(self) -> Callable[[Vector], Vector]:
        maps = {
            feature: {value: float(index) for value, index in self.categoryMaps[feature].items()}
            for feature in sorted(self.categoryMaps)
        }
        handling = self.handleInvalid

        def unseen(feature: int, value: float) -> float:
            if handling == "keep":
                return float(len(maps[feature]))
            if handling == "skip":
                raise Dropped
            raise InvalidValueError(
                f"holds a category unseen in training: {value} of feature {feature}",
                value,
                hint="handleInvalid is 'error'",
            )

        def index(vector: Vector) -> Vector:
            if isinstance(vector, DenseVector):
                dense = list(vector.values)
                for feature, categories in maps.items():
                    value = dense[feature]
                    category = categories.get(value)
                    dense[feature] = unseen(feature, value) if category is None else category
                return DenseVector(tuple(dense))
            values = list(vector.values)
            for position, feature in enumerate(vector.indices):
                if feature in maps:
                    category = maps[feature].get(values[position])
                    values[position] = unseen(feature, values[position]) if category is None else category
            return SparseVector(vector.size, vector.indices, tuple(values))

        return index
