"""Columns side by side in one vector."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, Literal

from sparklet.columns import Attribute, Column, Columns, wants
from sparklet.errors import InvalidValueError, NullValueError, SchemaError
from sparklet.linalg import DenseVector, SparseVector, sparse_is_smaller
from sparklet.stages.stage import Bound, Dropped, Stage, stage

__all__ = ["VectorAssembler"]

Vector = DenseVector | SparseVector


@stage("org.apache.spark.ml.feature.VectorAssembler")
class VectorAssembler(Stage):
    """Put numbers, booleans and vectors side by side in one vector, dense or sparse as takes less room.

    Zeros are not stored, which turns -0.0 into 0.0. NaN is looked for in numbers, never inside vectors.
    Follows Spark's `ml/feature/VectorAssembler.scala` (4.2).
    """

    inputCols: tuple[str, ...]
    outputCol: str | None = None
    handleInvalid: Literal["error", "skip", "keep"] = "error"

    def bind(self, columns: Columns) -> Iterator[Bound]:
        taken = tuple(columns.take(name, wants.ASSEMBLED) for name in self.inputCols)
        if self.handleInvalid == "keep":
            for column in taken:
                if column.type == "vector" and column.size is None:
                    raise SchemaError(
                        column.name,
                        "has no known size; declare it: load(schema={...: 'vector(3)'})",
                        str(self),
                    )
        sizes = [column.size if column.type == "vector" else 1 for column in taken]
        known = [size for size in sizes if size is not None]
        size = _total(known) if len(known) == len(sizes) else None
        made = columns.new(
            self.outputCol if self.outputCol is not None else f"{self.uid}__output",
            "vector",
            size=size,
            attributes=None
            if size is None
            else lambda: tuple(a for column in taken for a in _attributes(column)),
        )
        yield Bound(
            taken, (made,), self._assembler(taken, columns), drops=self.handleInvalid == "skip", nulls=True
        )

    def _assembler(self, taken: tuple[Column, ...], columns: Columns) -> Callable[..., Vector]:
        names = [column.name for column in taken]
        line, keep = columns.profile.line, self.handleInvalid == "keep"
        plan = [(column.type == "vector", column.size or 0) for column in taken]
        missing = self._missing

        def assemble(*row: Any) -> Vector:
            indices: list[int] = []
            values: list[float] = []
            size = 0
            for value, (is_vector, length), name in zip(row, plan, names, strict=True):
                if value is None:
                    if not keep:
                        missing(name, None)
                    gap = length if is_vector else 1
                    indices += range(size, size + gap)
                    values += [float("nan")] * gap
                    size += gap
                elif is_vector:
                    if value.__class__ is SparseVector:
                        for index, element in zip(value.indices, value.values, strict=True):
                            if element != 0.0:
                                indices.append(size + index)
                                values.append(element)
                        size += value.size
                    else:
                        for element in value.values:
                            if element != 0.0:
                                indices.append(size)
                                values.append(element)
                            size += 1
                else:
                    if value != value and not keep:
                        missing(name, value)
                    if value != 0:
                        indices.append(size)
                        values.append(float(value))
                    size += 1
            if sparse_is_smaller(len(indices), size, line):
                return SparseVector(size, tuple(indices), tuple(values))
            if len(values) == size:
                return DenseVector(tuple(values))
            dense = [0.0] * size
            for index, element in zip(indices, values, strict=True):
                dense[index] = element
            return DenseVector(tuple(dense))

        return assemble

    def _missing(self, name: str, value: Any) -> None:
        if self.handleInvalid == "skip":
            raise Dropped
        hint = "handleInvalid is 'error'"
        raise (
            NullValueError("is null", hint=hint, column=name)
            if value is None
            else InvalidValueError("is NaN", value, hint=hint, column=name)
        )


def _total(sizes: list[int]) -> int:
    total = 0
    for size in sizes:
        total += size
    return total


def _attributes(column: Column) -> tuple[Attribute, ...]:
    """Return the attributes that a column brings along, named `column` or `column_element` as by Spark."""
    if column.type != "vector":
        # Spark looks at the metadata of double columns only.
        kept = column.attribute if column.type == "double" and column.attribute is not None else Attribute()
        return (replace(kept, name=column.name),)
    attributes = column.attributes() or (Attribute(),) * (column.size or 0)
    return tuple(
        replace(attribute, name=f"{column.name}_{i if attribute.name is None else attribute.name}")
        for i, attribute in enumerate(attributes)
    )
