"""Multiply columns, with one-hot encoded categories."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import accumulate
from typing import Any

from sparklet.columns import Attribute, Column, Columns, Want
from sparklet.errors import InvalidValueError, SchemaError, VectorSizeError
from sparklet.linalg import DenseVector, SparseVector, Vector, compressed
from sparklet.profile import Release
from sparklet.records import replace
from sparklet.stages.shared import to_double
from sparklet.stages.stage import Bound, Stage, stage
from sparklet.types import DOUBLE, VECTOR, is_numeric

__all__ = ["Interaction"]

_INTERACTED = Want("a number or a vector", DOUBLE, lambda t: t == VECTOR or is_numeric(t))
_LARGEST_SIZE = (1 << 31) - 1

# From a value to the (index, number) of each stored element of its encoding, and the encoding's width.
_Encoder = tuple[Callable[[Any], list[tuple[int, float]]], int]


@stage("org.apache.spark.ml.feature.Interaction")
class Interaction(Stage):
    """Multiply each element of a column with each of the others, nominal ones as one-hot vectors.

    The last column varies fastest. The stages that computed the columns declare which are nominal, and their
    numbers of values. As in Spark, a vector without element attributes is refused. Follows Spark's
    `ml/feature/Interaction.scala` (4.2).
    """

    inputCols: tuple[str, ...]
    outputCol: str | None = None

    def check(self) -> str | None:
        if not self.inputCols:
            return "inputCols is empty"
        if len(set(self.inputCols)) < len(self.inputCols):
            return "inputCols names a column twice"
        return None

    def bind(self, columns: Columns) -> Iterator[Bound]:
        taken = tuple(columns.take(name, _INTERACTED) for name in self.inputCols)
        encoders = [self._encoder(column) for column in taken]
        size = 1
        for _, width in encoders:
            size *= width
        if size > _LARGEST_SIZE:
            raise SchemaError(
                taken[0].name, f"and the others make {size} products, more than a vector can have", str(self)
            )
        target = columns.new(
            self.outputCol if self.outputCol is not None else f"{self.uid}__output",
            VECTOR,
            size=size,
            attributes=lambda: _products(taken),
        )
        yield Bound(taken, (target,), _interaction(encoders[::-1], size, columns.profile.release))

    def _encoder(self, column: Column) -> _Encoder:
        if column.type != VECTOR:
            cast, width = to_double(column), self._width(column, column.attribute)
            encode = _scalar_encoder(width, column.name)
            return (encode if cast is None else lambda value: encode(cast(value))), width
        attributes = column.attributes()
        if attributes is None:
            raise SchemaError(
                column.name,
                "has elements of which Spark knows no attributes, put it into a VectorAssembler",
                str(self),
            )
        return _vector_encoder([self._width(column, attribute) for attribute in attributes], column.name)

    def _width(self, column: Column, attribute: Attribute | None) -> int:
        if attribute is None or attribute.kind != "nominal":
            return 1
        if attribute.cardinality is None:
            raise SchemaError(column.name, "is nominal, but with an unknown number of values", str(self))
        return max(1, attribute.cardinality)


def _hot(value: float, width: int, name: str) -> int:
    """Return the index of a category among `width`."""
    if not 0.0 <= value < width or value != int(value):
        raise InvalidValueError(f"holds {value}, which is no index of {width} categories", value, column=name)
    return int(value)


def _scalar_encoder(width: int, name: str) -> Callable[[float], list[tuple[int, float]]]:
    if width == 1:
        return lambda value: [(0, value)]
    return lambda value: [(_hot(value, width, name), 1.0)]


def _vector_encoder(widths: list[int], name: str) -> _Encoder:
    offsets = list(accumulate(widths, initial=0))

    def encode(vector: Vector) -> list[tuple[int, float]]:
        if vector.size != len(widths):
            raise VectorSizeError(vector.size, len(widths), column=name)
        indices = range(len(widths)) if isinstance(vector, DenseVector) else vector.indices
        return [
            (offsets[i], value) if widths[i] == 1 else (offsets[i] + _hot(value, widths[i], name), 1.0)
            for i, value in zip(indices, vector.values, strict=True)
        ]

    return encode, offsets[-1]


def _interaction(encoders: list[_Encoder], size: int, release: Release) -> Callable[..., Vector]:
    def interact(*row: Any) -> Vector:
        products, width = [(0, 1.0)], 1
        for (encode, factor), value in zip(encoders, reversed(row), strict=True):
            products = [
                (offset + index * width, product * number)
                for index, number in encode(value)
                for offset, product in products
            ]
            width *= factor
        indices, values = (
            tuple([offset for offset, _ in products]),
            tuple([product for _, product in products]),
        )
        return compressed(SparseVector(size, indices, values), release)

    return interact


def _products(taken: tuple[Column, ...]) -> tuple[Attribute, ...]:
    """Return what Spark calls the products: `first:second`, categories as `column_category`."""
    result: tuple[Attribute, ...] = ()
    for column in reversed(taken):
        encoded = _encoded(column)
        result = (
            tuple(Attribute(name=f"{head.name}:{tail.name}") for head in encoded for tail in result)
            if result
            else encoded
        )
    return result


def _encoded(column: Column) -> tuple[Attribute, ...]:
    if column.type != VECTOR:
        attribute = column.attribute or Attribute()
        return _named(
            attribute if attribute.name is not None else replace(attribute, name=column.name), "", 0
        )
    attributes = enumerate(column.attributes() or ())
    return tuple(target for i, attribute in attributes for target in _named(attribute, f"{column.name}_", i))


def _named(attribute: Attribute, group: str, index: int) -> tuple[Attribute, ...]:
    name = f"{group}{index if attribute.name is None else attribute.name}"
    if attribute.kind != "nominal":
        return (Attribute(name=name),)
    values = (
        attribute.values
        if attribute.values is not None
        else tuple(map(str, range(attribute.cardinality or 0)))
    )
    return tuple(Attribute("binary", f"{name}_{value}") for value in values)
