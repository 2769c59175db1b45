"""The columns of the nodes of a graph while a batch is evaluated, in the forms that operations need."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from sparklet.codegen.arrays import Columnar, Matrix, Numbers, Texts, listed
from sparklet.ir import Constant, Node, OneHot, Scalar, Vector
from sparklet.linalg import DenseVector
from sparklet.stages.stage import Dropped
from sparklet.types import BOOLEAN, DOUBLE, FLOAT

__all__ = ["Batch", "Values"]


@dataclass
class Batch:
    """The state of an evaluation: its outputs, and the masks of the failed and the dropped rows."""

    count: int
    fails: np.ndarray
    dropped: np.ndarray
    outputs: list[Columnar]

    @property
    def open(self) -> np.ndarray:
        """Return the indices of the rows that are neither failed nor dropped."""
        return np.flatnonzero(~(self.fails | self.dropped))


class Values:
    """The columns of the nodes computed so far, in the forms that operations need.

    `certain` tells whether the current node may drop rows, because all earlier effects precede it.
    """

    def __init__(self, batch: Batch) -> None:
        self.batch = batch
        self.certain = True
        self.known: dict[int, Columnar] = {}
        self._objects: dict[int, list[Any]] = {}

    def release(self, nodes: Iterable[int]) -> None:
        """Drop the columns of nodes that nothing reads any more, so that later columns use their memory."""
        for node in nodes:
            self.known.pop(node, None)
            self._objects.pop(node, None)

    def fail(self, rows: np.ndarray) -> None:
        """Mark the rows of a mask as failed, to be scored one by one."""
        self.batch.fails |= rows & ~self.batch.dropped

    def numbers(self, node: Node) -> tuple[Any, Any]:
        """Return a node's doubles, integers or booleans, and the mask of values that are not null."""
        if isinstance(node, Constant):
            return (0.0, False) if node.value is None else (node.value, True)
        column = self.known[id(node)]
        if isinstance(column, Numbers):
            return column.values, column.valid
        if isinstance(column, list) and node.type in (DOUBLE, FLOAT, BOOLEAN):
            valid: Any = np.array([value is not None for value in column], bool)
            filled = [0.0 if value is None else value for value in column]
            dtype = bool if node.type == BOOLEAN else float
            column = self.known[id(node)] = Numbers(np.array(filled, dtype), True if valid.all() else valid)
            return column.values, column.valid
        raise TypeError(f"{type(node).__name__} has no numbers")

    def truth(self, node: Node) -> Any:
        """Return the truth of a node's values, which is false for null."""
        numbers, valid = self.numbers(node)
        return numbers if valid is True else np.logical_and(numbers, valid)

    def nulls(self, node: Node) -> np.ndarray:
        """Return the mask of rows where a value is null."""
        column = self.column(node)
        if isinstance(column, Texts):
            return np.asarray(np.array([word is None for word in column.words], bool)[column.indices])
        if isinstance(column, list):
            return np.array([value is None for value in column], bool)
        nulls = np.zeros(self.batch.count, bool)
        if isinstance(column, Numbers) and column.valid is not True:
            nulls |= np.logical_not(column.valid)
        return nulls

    def column(self, node: Node) -> Columnar:
        """Return a node's column; for a vector of segments, the list of vector objects."""
        column = self.known.get(id(node))
        return self.objects(node) if column is None else column

    def objects(self, node: Node, rows: np.ndarray | None = None) -> list[Any]:
        """Return a node's values as Python objects, for the given rows or all rows."""
        if isinstance(node, Constant):
            return [node.value] * (self.batch.count if rows is None else len(rows))
        objects = self._objects.get(id(node))
        if objects is None and id(node) not in self.known:
            dense = isinstance(node, Vector) and node.kind == "dense"
            matrix = self.matrix(node) if dense else None
            if matrix is not None:
                objects = list(map(DenseVector, Matrix(matrix).tolist()))
            else:
                objects = self.called(node.function(), node.operands)
        elif objects is None:
            column = self.known[id(node)]
            objects = listed(column)
            if isinstance(column, Matrix):
                objects = list(map(DenseVector, objects))
        self._objects[id(node)] = objects
        return objects if rows is None else [objects[row] for row in rows.tolist()]

    def matrix(self, node: Node) -> np.ndarray | None:
        """Return the elements of dense vectors of one size as a matrix; None for other vectors."""
        if isinstance(node, Vector) and id(node) not in self.known:
            if node.size is None:
                return None
            parts: list[np.ndarray] = []
            for segment in node.segments:
                if isinstance(segment, Scalar):
                    parts.append(np.broadcast_to(self.numbers(segment.value)[0], self.batch.count)[:, None])
                elif isinstance(segment, OneHot):
                    parts.append(self._one_hot(segment))
            return np.ascontiguousarray(np.hstack(parts)) if parts else np.empty((self.batch.count, 0))
        column = self.known[id(node)]
        return column.values if isinstance(column, Matrix) else None

    def _one_hot(self, segment: OneHot) -> np.ndarray:
        index, _ = self.numbers(segment.index)
        index = np.broadcast_to(index, self.batch.count)
        rows = np.flatnonzero((index >= 0) & (index < segment.size))
        columns = index[rows].astype(np.int64)
        matrix = np.zeros((self.batch.count, segment.size))
        matrix[rows, columns] = 1.0 if segment.values is None else np.array(segment.values)[columns]
        return matrix

    def output(self, node: Node) -> Columnar:
        """Return the column of an output."""
        if isinstance(node, Constant):
            return self.objects(node)
        if isinstance(node, Vector) and node.kind == "dense" and (matrix := self.matrix(node)) is not None:
            return Matrix(matrix)
        column = self.column(node)
        return column.tolist() if isinstance(column, Texts) else column

    def each(self, function: Callable[..., Any], arguments: Sequence[Node], rows: np.ndarray) -> list[Any]:
        """Return a function's values for the given rows; mark rows for which it raises failed or dropped."""
        return self.mapped(function, [self.objects(argument, rows) for argument in arguments], rows)

    def mapped(
        self, function: Callable[..., Any], columns: Sequence[list[Any]], rows: np.ndarray
    ) -> list[Any]:
        """Return a function's values for columns of arguments, as `each` does."""
        if not columns:
            return [self._one(function, row, ()) for row in rows.tolist()]
        try:
            return list(map(function, *columns))
        except Exception:  # noqa: BLE001 - calls one by one find the failing rows
            return [
                self._one(function, row, values)
                for row, values in zip(rows.tolist(), zip(*columns, strict=True), strict=True)
            ]

    def called(self, function: Callable[..., Any], arguments: Sequence[Node], gap: Any = None) -> list[Any]:
        """Return a function's values for all open rows, and `gap` for the other rows."""
        rows = self.batch.open
        return self.spread(self.each(function, arguments, rows), rows, gap)

    def spread(self, values: list[Any], rows: np.ndarray, gap: Any) -> list[Any]:
        """Return a list with `values` at the given rows and `gap` at all other rows."""
        if len(rows) == self.batch.count:
            return values
        spread: list[Any] = [gap] * self.batch.count
        for row, value in zip(rows.tolist(), values, strict=True):
            spread[row] = value
        return spread

    def _one(self, function: Callable[..., Any], row: int, values: Sequence[Any]) -> Any:
        try:
            return function(*values)
        except Dropped:
            (self.batch.dropped if self.certain else self.batch.fails)[row] = True
        except Exception:  # noqa: BLE001 - scoring the row alone raises the error
            self.batch.fails[row] = True
        return None
