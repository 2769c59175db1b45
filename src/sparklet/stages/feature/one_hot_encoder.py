"""Encode category indices as one-hot vectors."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Literal, TypeAlias

from sparklet.columns import Attribute, Column, Columns, wants
from sparklet.errors import InvalidValueError, SchemaError
from sparklet.ir import Emit, Graph, Node
from sparklet.saved import SavedStage
from sparklet.stages.shared import HasInputCol, HasInputCols
from sparklet.stages.stage import Bound, stage
from sparklet.types import VECTOR

__all__ = ["OneHotEncoder", "OneHotEncoderModel"]

# A range represents the numbers as names, because a model can declare two billion categories.
_Names: TypeAlias = tuple[str | None, ...] | range


@stage("org.apache.spark.ml.feature.OneHotEncoderModel")
class OneHotEncoderModel(HasInputCols):
    """Encode a category index as a sparse vector with at most a single one, in one column or several.

    Null stays null. Follows Spark's `ml/feature/OneHotEncoder.scala` (4.2).
    """

    since = "2.3"

    dropLast: bool = True
    handleInvalid: Literal["error", "keep"] = "error"
    categorySizes: tuple[int, ...]

    @classmethod
    def data(cls, saved: SavedStage) -> Mapping[str, Any]:
        return saved.table().row(categorySizes="array<int>")

    def check(self) -> str | None:
        if (problem := super().check()) is not None:
            return problem
        if len(self.pairs) != len(self.categorySizes):
            return f"{len(self.pairs)} input columns do not match {len(self.categorySizes)} category sizes"
        return None

    def bind(self, columns: Columns) -> Iterator[Bound]:
        taken = [columns.take(name, wants.NUMBER) for name, _ in self.pairs]
        for source, (_, output), categories in zip(taken, self.pairs, self.categorySizes, strict=True):
            known = _names(source, str(self)) or range(categories)
            size = categories + self._extra
            if len(known) != categories or size < 0:
                carried = max(len(known) + self._extra, 0)
                raise SchemaError(
                    source.name, f"carries {carried} categories, the encoder expects {size}", str(self)
                )
            target = columns.new(
                output,
                VECTOR,
                size=size,
                nonzeros=(0, 1),
                attributes=lambda known=known: _binary(self._configured(known)),
            )
            yield Bound((source,), (target,), emit=self._encoder(categories, size), nulls=True)

    @property
    def _extra(self) -> int:
        return int(self.handleInvalid == "keep") - int(self.dropLast)

    def _configured(self, names: _Names) -> Iterable[str | int | None]:
        return names[:-1] if self._extra < 0 else (*names, "invalidValues") if self._extra > 0 else names

    def _encoder(self, categories: int, size: int) -> Emit:
        keep = self.handleInvalid == "keep"

        def invalid(value: Any) -> float:
            # If the last category is dropped, its index lies outside the vector, which is then all zero.
            if keep:
                return float(categories)
            kind = "a negative index" if value < 0 else "an index unseen in training"
            raise InvalidValueError(f"holds {kind}: {value}", value, hint="handleInvalid is 'error'")

        return lambda graph, x: _encoded(graph, x, categories, size, invalid)


@stage("org.apache.spark.ml.feature.OneHotEncoder")
class OneHotEncoder(HasInputCol):
    """Encode a category index as a sparse vector, in the transformer of this name before Spark 3.0.

    The number of categories comes from the attributes of the input column. Without them, Spark searched all
    rows for the largest index, so a single row cannot be scored. Since 3.0 no Spark loads this stage. Null
    stays null. Follows Spark's `ml/feature/OneHotEncoder.scala` (2.4).
    """

    dropLast: bool = True

    @classmethod
    def data(cls, saved: SavedStage) -> Mapping[str, Any]:
        # Since 3.0 an estimator has this name.
        saved.require_fitted()
        return {}

    def bind(self, columns: Columns) -> Iterator[Bound]:
        source = columns.take(self.inputCol or "", wants.NUMBER)
        names = _names(source, str(self))
        if names is None:
            problem = (
                "carries no categories: their number is the largest index of all rows, which no row tells"
            )
            raise SchemaError(source.name, problem, str(self))
        if self.dropLast:
            if len(names) < 2:
                raise SchemaError(source.name, "has a single category, the last is dropped", str(self))
            names = names[:-1]
        size = len(names)
        target = columns.new(
            self.output,
            VECTOR,
            size=size,
            nonzeros=(0, 1),
            attributes=lambda: _binary(names),
        )
        yield Bound((source,), (target,), emit=_old_encoder(size), nulls=True)


def _old_encoder(size: int) -> Emit:
    def outside(value: Any) -> float:
        # NaN compares false; a fraction is truncated toward zero.
        if value <= -1:
            raise InvalidValueError(f"holds a negative index: {value}", value)
        return 0.0 if value < size else float(size)

    return lambda graph, x: _encoded(graph, x, size, size, outside)


def _encoded(graph: Graph, x: Node, categories: int, size: int, invalid: Callable[[Any], float]) -> Node:
    """Return the vector of an index, null for null; call `invalid` for an index without category."""
    if x.categories is not None and x.categories <= categories and not x.null:
        return graph.one_hot(x, size)
    index, null = graph.to_double(x), graph.is_null(x)
    inside = graph.both(graph.compare("<=", 0.0, index), graph.compare("<", index, float(categories)))
    category = graph.otherwise(graph.either(null, inside), index, invalid, x, null=x.null)
    if not x.null:
        return graph.one_hot(category, size)
    vector = graph.one_hot(graph.select(null, float(size), category, null=False), size)
    return graph.select(null, None, vector)


def _binary(names: Iterable[str | int | None]) -> tuple[Attribute, ...]:
    return tuple(Attribute("binary", str(name) if isinstance(name, int) else name) for name in names)


def _names(source: Column, stage_name: str) -> _Names | None:
    """Return the category names in the input column's attributes, or None; unnamed categories count."""
    attribute = source.attribute
    if attribute is None:
        return None
    if attribute.kind == "numeric":
        raise SchemaError(source.name, "is continuous, an encoder takes categories", stage_name)
    if attribute.values is not None:
        return attribute.values
    count = 2 if attribute.kind == "binary" else attribute.numValues
    return None if count is None else range(count)
