"""Columns side by side in one vector."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Literal

from sparklet.columns import Attribute, Column, Columns, wants
from sparklet.emit import (
    Builder,
    Emit,
    Number,
    OneHot,
    Part,
    Segment,
    Segments,
    Symbol,
    size_of,
)
from sparklet.errors import InvalidValueError, NullValueError, SchemaError
from sparklet.linalg import DenseVector, sparse_limit
from sparklet.profile import Release
from sparklet.stages.stage import Bound, Dropped, Stage, stage

__all__ = ["VectorAssembler"]


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
            taken,
            (made,),
            emit=self._assembler(taken, columns.profile.release),
            drops=self.handleInvalid == "skip",
            nulls=True,
        )

    def _assembler(self, taken: tuple[Column, ...], release: Release) -> Emit:
        def emit(b: Builder, *inputs: Symbol) -> Segments:
            parts: list[Segment] = []
            for column, symbol in zip(taken, inputs, strict=True):
                if column.type != "vector":
                    parts.append(self._number(b, column, symbol))
                elif isinstance(symbol, Segments) and not _has_stored_zeros(symbol):
                    parts += [_anew(part.var) if isinstance(part, Number) else part for part in symbol.parts]
                else:
                    parts.append(self._vector(b, column, symbol))
            size = size_of(parts)
            return Segments(
                tuple(parts), size, None if size is None else sparse_limit(size, release), release
            )

        return emit

    def _number(self, b: Builder, column: Column, symbol: Symbol) -> Number:
        var = b.value(symbol)
        null, nan = getattr(symbol, "null", False), getattr(symbol, "nan", False)
        if self.handleInvalid == "keep":
            var = b.let(f"{b.bind(math.nan)} if {var} is None else {var}") if null else var
        elif null or nan:
            tests = [f"{var} != {var}"] * nan + [f"{var} is None"] * null
            b.line(f"if {' or '.join(tests)}: {b.bind(self._missing)}({b.bind(column.name)}, {var})")
        if column.type not in ("double", "float"):
            var = b.let(f"float({var})")
            return Number(var, var)
        return _anew(var)

    def _vector(self, b: Builder, column: Column, symbol: Symbol) -> Part:
        var = b.value(symbol)
        if getattr(symbol, "null", False):
            if self.handleInvalid == "keep":
                gap = DenseVector((math.nan,) * (column.size or 0))
                var = b.let(f"{b.bind(gap)} if {var} is None else {var}")
            else:
                b.line(f"if {var} is None: {b.bind(self._missing)}({b.bind(column.name)}, {var})")
        return Part(var)

    def _missing(self, name: str, value: Any) -> None:
        if self.handleInvalid == "skip":
            raise Dropped
        hint = "handleInvalid is 'error'"
        raise (
            NullValueError("is null", hint=hint, column=name)
            if value is None
            else InvalidValueError("is NaN", value, hint=hint, column=name)
        )


def _anew(var: str) -> Number:
    """Return an element of which it is decided here whether it is stored: zeros are not, and become 0.0."""
    return Number(var, var, f"{var} + 0.0")


def _has_stored_zeros(vector: Segments) -> bool:
    """Tell whether a zero weight may be stored where the assembler stores nothing."""
    return any(isinstance(part, OneHot) and 0.0 in (part.weights or ()) for part in vector.parts)


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
