"""Concatenate columns to one vector."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, Literal

from sparklet.columns import Attribute, Column, Columns, wants
from sparklet.errors import InvalidValueError, NullValueError, SchemaError
from sparklet.ir import Emit, Graph, Node, OneHot, Part, Scalar, Segment, Vector
from sparklet.linalg import DenseVector
from sparklet.profile import Release
from sparklet.records import replace
from sparklet.stages.stage import Bound, Dropped, Stage, stage
from sparklet.types import DOUBLE, VECTOR

__all__ = ["VectorAssembler"]

# The maximum number of NaN values that replace a null vector; a VectorSizeHint can declare any size.
_LONGEST_GAP = 1 << 22


@stage("org.apache.spark.ml.feature.VectorAssembler")
class VectorAssembler(Stage):
    """Concatenate numbers, booleans and vectors to a vector, dense or sparse, whichever needs less memory.

    Zeros are not stored, so -0.0 becomes 0.0. NaN is checked in numbers, not inside vectors.
    Follows Spark's `ml/feature/VectorAssembler.scala` (4.2).
    """

    inputCols: tuple[str, ...]
    outputCol: str | None = None
    handleInvalid: Literal["error", "skip", "keep"] = "error"

    def bind(self, columns: Columns) -> Iterator[Bound]:
        taken = tuple(columns.take(name, wants.ASSEMBLED) for name in self.inputCols)
        if self.handleInvalid == "keep":
            for column in taken:
                if column.type == VECTOR and column.size is None:
                    raise SchemaError(
                        column.name,
                        "has no known size; declare it: load(schema={...: 'vector(3)'})",
                        str(self),
                    )
        sizes = [column.size if column.type == VECTOR else 1 for column in taken]
        known = [size for size in sizes if size is not None]
        size = _total(known) if len(known) == len(sizes) else None
        target = columns.new(
            self.outputCol if self.outputCol is not None else f"{self.uid}__output",
            VECTOR,
            size=size,
            attributes=None
            if size is None
            else lambda: tuple(
                a
                for name, column in zip(self.inputCols, taken, strict=True)
                for a in _attributes(name, column)
            ),
        )
        yield Bound(
            taken,
            (target,),
            emit=self._assembler(taken, columns.profile.release),
            drops="input" if self.handleInvalid == "skip" else None,
            kept=True,
            nulls=True,
        )

    def _assembler(self, taken: tuple[Column, ...], release: Release) -> Emit:
        def emit(graph: Graph, *inputs: Node) -> Vector:
            segments: list[Segment] = []
            for column, node in zip(taken, inputs, strict=True):
                if column.type != VECTOR:
                    segments.append(_scalar(graph, self._number(graph, column, node)))
                elif isinstance(node, Vector) and not _has_stored_zeros(node):
                    segments += [
                        _scalar(graph, segment.value) if isinstance(segment, Scalar) else segment
                        for segment in node.segments
                    ]
                else:
                    segments.append(Part(self._vector(graph, column, node)))
            return graph.vector(segments, release)

        return emit

    def _number(self, graph: Graph, column: Column, node: Node) -> Node:
        number = graph.to_double(node)
        if self.handleInvalid == "keep":
            return graph.select(graph.is_null(number), math.nan, number, null=False)
        invalid = graph.is_missing(number)
        graph.guard(invalid, self._missing, column.name, node, drops=self.handleInvalid == "skip")
        return graph.known(number)

    def _vector(self, graph: Graph, column: Column, node: Node) -> Node:
        if self.handleInvalid == "keep" and node.null:
            if (column.size or 0) > _LONGEST_GAP:
                problem = f"has {column.size} elements, of which at most {_LONGEST_GAP} become NaN for a null"
                raise SchemaError(column.name, problem, str(self))
            gap = graph.constant(DenseVector((math.nan,) * (column.size or 0)))
            return graph.select(graph.is_null(node), gap, node, type=VECTOR, null=False)
        skips = self.handleInvalid == "skip"
        graph.guard(graph.is_null(node), self._missing, column.name, node, drops=skips)
        return graph.known(node)

    def _missing(self, name: str, value: Any) -> None:
        if self.handleInvalid == "skip":
            raise Dropped
        hint = "handleInvalid is 'error'"
        raise (
            NullValueError("is null", hint=hint, column=name)
            if value is None
            else InvalidValueError("is NaN", value, hint=hint, column=name)
        )


def _scalar(graph: Graph, x: Node) -> Scalar:
    """Return an element that is stored where it is not zero; -0.0 becomes 0.0."""
    element = graph.plus(x, 0.0)
    return Scalar(element, element)


def _has_stored_zeros(vector: Vector) -> bool:
    """Return whether a segment may store a zero, which the assembler does not store."""
    return any(isinstance(segment, OneHot) and 0.0 in (segment.values or ()) for segment in vector.segments)


def _total(sizes: list[int]) -> int:
    total = 0
    for size in sizes:
        total += size
    return total


def _attributes(name: str, column: Column) -> tuple[Attribute, ...]:
    """Return the attributes of a column, named `name` or `name_element` like Spark's."""
    if column.type != VECTOR:
        # Spark reads the metadata of double columns only.
        kept = column.attribute if column.type == DOUBLE and column.attribute is not None else Attribute()
        return (replace(kept, name=name),)
    attributes = column.attributes() or (Attribute(),) * (column.size or 0)
    return tuple(
        replace(attribute, name=f"{name}_{i if attribute.name is None else attribute.name}")
        for i, attribute in enumerate(attributes)
    )
