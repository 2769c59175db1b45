"""The column backend: compute each node for all rows before the next node.

numpy computes the arithmetic, which returns the same bits. Labels are looked up once for each distinct word,
kernels of the C module take whole columns, and every other node is called for each row. Rows that a node
refuses are marked and scored one by one afterwards.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeAlias

import numpy as np

from sparklet._native import kernels, lazily
from sparklet.codegen.arrays import (
    Columnar,
    Matrix,
    Numbers,
    Texts,
    listed,
    looked_up,
)
from sparklet.codegen.interpreter import Score, interpret
from sparklet.codegen.lower import Lowered
from sparklet.columns import ABSENT
from sparklet.errors import RowError
from sparklet.ir import (
    Affine,
    Apply,
    Arithmetic,
    Bucket,
    Call,
    Compare,
    Constant,
    Dot,
    Element,
    Exp,
    Guard,
    Input,
    IsNull,
    IsSparse,
    Kernel,
    Logic,
    Lookup,
    MatrixProduct,
    Negate,
    Node,
    Not,
    OneHot,
    Otherwise,
    Present,
    Scalar,
    Select,
    ToDouble,
    Vector,
    layout_of,
)
from sparklet.java import dot_of, exp
from sparklet.linalg import DenseVector, to_dense
from sparklet.stages.stage import Dropped
from sparklet.types import BOOLEAN, DOUBLE, FLOAT

__all__ = ["ScoreColumns", "Scored", "score_columns"]

_FEWEST = 128
"""The smallest number of rows for which column operations are faster than rows one by one."""
_MOST_FAILING = 0.25
"""When a larger fraction of the rows fails in column operations, all rows are scored one by one."""


@dataclass(frozen=True)
class Scored:
    """The result of scoring rows: the values of each output, and the indices of the dropped rows.

    The values of an output are a list or an array of doubles. When `widths` has a number for an output, its
    values are dense vectors of that size, stored as the array of all their elements.
    """

    columns: tuple[Any, ...]
    widths: tuple[int | None, ...]
    dropped: Sequence[int]

    def only(self, outputs: Sequence[int]) -> Scored:
        """Return the result with only the outputs at these indices."""
        return Scored(
            tuple([self.columns[index] for index in outputs]),
            tuple([self.widths[index] for index in outputs]),
            self.dropped,
        )


ScoreColumns: TypeAlias = Callable[[Sequence[Columnar], int], Scored]


def score_columns(lowered: Lowered, score: Score, missing: str, fewest: int = _FEWEST) -> ScoreColumns:
    """Return the function that scores columns, whose values already have the types of the plan's inputs.

    The function takes a column for each input of the plan and the number of rows; it uses column operations
    for `fewest` or more rows. It raises the `RowError` of the first row that fails, with its index as `row`.
    """
    by_rows = _ByRows(lowered, score, lazily(lambda: interpret(lowered, missing)))
    evaluation = cache(lambda: _Evaluation(lowered))

    def run(columns: Sequence[Columnar], count: int) -> Scored:
        # Columns cannot represent absent values.
        if count >= fewest and not lowered.plan.optional:
            # After any exception, scoring the rows one by one raises the right error.
            with suppress(Exception):
                batch = evaluation().run(columns, count)
                if batch is not None:
                    return by_rows.complete(batch, columns, count)
        return by_rows.all(columns, count)

    return run


# --- rows one by one ------------------------------------------------------------------------------


class _ByRows:
    """Score rows of columns one by one."""

    def __init__(self, lowered: Lowered, score: Score, interpreted: Score) -> None:
        self._names = [column.name for column in lowered.plan.inputs]
        self._outputs = [name for name, _ in lowered.outputs]
        self._score, self._interpreted = score, interpreted

    def all(self, columns: Sequence[Columnar], count: int) -> Scored:
        """Score all rows one by one."""
        outputs, dropped = self._scored([listed(column) for column in columns], range(count), self._score)
        return Scored(tuple(outputs), (None,) * len(outputs), dropped)

    def complete(self, batch: _Batch, columns: Sequence[Columnar], count: int) -> Scored:
        """Return the result of a batch without dropped rows, with failed rows scored one by one."""
        rows = np.flatnonzero(batch.fails)
        scored_outputs, dropped = self._scored(
            [listed(column, rows) for column in columns], rows.tolist(), self._interpreted
        )
        all_dropped = sorted(np.flatnonzero(batch.dropped).tolist() + dropped)
        scored = np.setdiff1d(rows, dropped)
        outputs, widths = [], []
        for column, values in zip(batch.outputs, scored_outputs, strict=True):
            merged, width = _merged(column, values, scored, all_dropped)
            outputs.append(merged)
            widths.append(width)
        return Scored(tuple(outputs), tuple(widths), all_dropped)

    def _scored(
        self, columns: Sequence[list[Any]], indices: Sequence[int], score: Score
    ) -> tuple[list[list[Any]], list[int]]:
        outputs: list[list[Any]] = [[] for _ in self._outputs]
        dropped = []
        for index, *values in zip(indices, *columns, strict=True):
            row = {
                name: value for name, value in zip(self._names, values, strict=True) if value is not ABSENT
            }
            try:
                scored = score(row)
            except RowError as error:
                error.row = index
                raise
            if scored is None:
                dropped.append(index)
                continue
            for name, output in zip(self._outputs, outputs, strict=True):
                output.append(scored.get(name, ABSENT))
        return outputs, dropped


def _merged(
    column: Any, values: list[Any], rows: np.ndarray, dropped: Sequence[int]
) -> tuple[Any, int | None]:
    """Return an output with `values` inserted at `rows` and without the dropped rows."""
    if isinstance(column, Matrix) and all(isinstance(value, DenseVector) for value in values):
        matrix = column.values
        if len(values):
            matrix = matrix.copy()
            matrix[rows] = np.array([value.values for value in values], np.float64)
        matrix = np.delete(matrix, dropped, 0) if len(dropped) else matrix
        return matrix.reshape(-1), matrix.shape[1]
    if (
        isinstance(column, Numbers)
        and column.valid is True
        and column.values.dtype == np.float64
        and all(value.__class__ is float for value in values)
    ):
        numbers = column.values
        if len(values):
            numbers = numbers.copy()
            numbers[rows] = values
        return (np.delete(numbers, dropped) if len(dropped) else numbers), None
    objects = list(map(DenseVector, column.tolist())) if isinstance(column, Matrix) else list(listed(column))
    for row, value in zip(rows.tolist(), values, strict=True):
        objects[row] = value
    removed = set(dropped)
    return ([value for row, value in enumerate(objects) if row not in removed] if removed else objects), None


# --- all rows at once -----------------------------------------------------------------------------


@dataclass
class _Batch:
    """The state of an evaluation: its outputs, and the masks of the failed and the dropped rows."""

    count: int
    fails: np.ndarray
    dropped: np.ndarray
    outputs: list[Columnar]

    @property
    def open(self) -> np.ndarray:
        """Return the indices of the rows that are neither failed nor dropped."""
        return np.flatnonzero(~(self.fails | self.dropped))


Operation: TypeAlias = Callable[..., Any]


class _Evaluation:
    """The nodes of a plan as operations on columns."""

    def __init__(self, lowered: Lowered) -> None:
        self._lowered = lowered
        self._work = _work(lowered)

    def run(self, columns: Sequence[Columnar], count: int) -> _Batch | None:
        """Return the batch with its outputs, None when too many rows fail."""
        batch = _Batch(count, np.zeros(count, bool), np.zeros(count, bool), [])
        values = _Values(batch)
        for source, column in zip(self._lowered.inputs, columns, strict=True):
            values.known[id(source)] = column
        with np.errstate(all="ignore"):
            for node, operation, released in self._work:
                values.known[id(node)] = operation(values)
                values.release(released)
                if not batch.outputs and np.count_nonzero(batch.fails) > count * _MOST_FAILING:
                    return None
            batch.outputs = [values.output(node) for _, node in self._lowered.outputs]
        return batch


def _work(lowered: Lowered) -> list[tuple[Node, Operation, list[int]]]:
    """Return each node with its operation and the nodes, by `id`, that no later node and no output reads."""
    read: set[int] = set()

    def last_reads(nodes: Iterable[Node]) -> list[int]:
        """Return the nodes that nothing later reads; a vector is read by its operands."""
        waiting, found = list(nodes), []
        while waiting:
            node = waiting.pop()
            if id(node) not in read:
                read.add(id(node))
                found.append(id(node))
                if isinstance(node, Vector):
                    waiting += node.operands
        return found

    last_reads([node for _, node in lowered.outputs])
    work = [
        (node, _operation(node), last_reads([node, *node.operands]))
        for node in reversed(lowered.nodes)
        if not isinstance(node, Input | Vector)
    ]
    return work[::-1]


class _Values:
    """The columns of the nodes computed so far, in the forms that operations need."""

    def __init__(self, batch: _Batch) -> None:
        self.batch = batch
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
            column = self.known[id(node)] = Numbers(np.array(filled, float), True if valid.all() else valid)
            return column.values, column.valid
        raise TypeError(f"{type(node).__name__} has no numbers")

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
        return self.objects(node) if isinstance(node, Vector) else self.known[id(node)]

    def objects(self, node: Node, rows: np.ndarray | None = None) -> list[Any]:
        """Return a node's values as Python objects, for the given rows or all rows."""
        if isinstance(node, Constant):
            return [node.value] * (self.batch.count if rows is None else len(rows))
        objects = self._objects.get(id(node))
        if objects is None and isinstance(node, Vector):
            matrix = self.matrix(node) if node.kind == "dense" else None
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
        if isinstance(node, Vector):
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
            self.batch.dropped[row] = True
        except Exception:  # noqa: BLE001 - scoring the row alone raises the error
            self.batch.fails[row] = True
        return None


def _operation(node: Node) -> Operation:
    """Return the operation of a node: the function from the computed values to the node's column."""
    for kind, make in _OPERATIONS.items():
        if isinstance(node, kind):
            return make(node)
    return _called(node.function(), node.operands, node.type)


def _called(function: Callable[..., Any], arguments: Sequence[Node], type_: Any) -> Operation:
    """Return the operation that calls a function for each open row."""
    gap = 0.0 if type_ == DOUBLE else None
    return lambda values: values.called(function, arguments, gap)


def _arithmetic(node: Arithmetic) -> Operation:
    apply = {"+": np.add, "-": np.subtract, "*": np.multiply, "/": np.divide}[node.operator]

    def compute(values: _Values) -> Numbers:
        (x, some), (y, others) = values.numbers(node.left), values.numbers(node.right)
        return Numbers(apply(x, y), _joined(some, others))

    return compute


def _affine(node: Affine) -> Operation:
    def compute(values: _Values) -> Numbers:
        x, shift, factor = [values.numbers(operand)[0] for operand in node.operands]
        return Numbers((x - shift) * factor)

    return compute


def _joined(some: Any, others: Any) -> Any:
    if some is True:
        return others
    return some if others is True else some & others


def _unary(apply: Callable[[Any], Any]) -> Callable[[Any], Operation]:
    def operation(node: Any) -> Operation:
        def compute(values: _Values) -> Numbers:
            x, valid = values.numbers(node.operand)
            return Numbers(apply(x), valid)

        return compute

    return operation


def _exps(x: np.ndarray) -> np.ndarray:
    """Return Java's `Math.exp` of numbers; numpy's exp differs in the last bits."""
    native = kernels()
    if native is None:
        return np.array([exp(value) for value in x.tolist()])
    result = np.empty(len(x))
    native.exps(np.ascontiguousarray(x), result)
    large = np.flatnonzero(~(x < 709.0))
    result[large] = [exp(value) for value in x[large].tolist()]
    return result


def _bucket(node: Bucket) -> Operation:
    splits = np.array(node.splits)
    return _unary(lambda x: np.searchsorted(splits, x, "right") - 1.0)(node)


def _compare(node: Compare) -> Operation:
    compare = {
        "<": np.less,
        "<=": np.less_equal,
        ">": np.greater,
        ">=": np.greater_equal,
        "==": np.equal,
        "!=": np.not_equal,
    }[node.operator]

    def test(values: _Values) -> Numbers:
        (x, some), (y, others) = values.numbers(node.left), values.numbers(node.right)
        found, valid = compare(x, y), _joined(some, others)
        return Numbers(found if valid is True else found & valid)

    return test


def _logic(node: Logic) -> Operation:
    join = np.logical_and if node.operator == "and" else np.logical_or
    return lambda values: Numbers(join(values.numbers(node.left)[0], values.numbers(node.right)[0]))


def _select(node: Select) -> Operation:
    numeric = node.type in (DOUBLE, FLOAT, BOOLEAN) and not isinstance(node.then, Vector)

    def choose(values: _Values) -> Columnar:
        test = np.broadcast_to(values.numbers(node.test)[0], values.batch.count)
        if not numeric:
            pairs = zip(test.tolist(), values.objects(node.then), values.objects(node.otherwise), strict=True)
            return [then if holds else otherwise for holds, then, otherwise in pairs]
        (x, some), (y, others) = values.numbers(node.then), values.numbers(node.otherwise)
        valid: Any = True if some is True and others is True else np.where(test, some, others)
        return Numbers(np.where(test, x, y), valid)

    return choose


def _present(node: Present) -> Operation:
    def known(values: _Values) -> Columnar:
        if isinstance(node.operand, Vector):
            return values.objects(node.operand)
        column = values.known[id(node.operand)]
        return Numbers(column.values) if isinstance(column, Numbers) else column

    return known


def _lookup(node: Lookup) -> Operation:
    find = node.function()
    called = _called(find, node.operands, DOUBLE)

    def look_up(values: _Values) -> Columnar:
        texts = values.known[id(node.operand)]
        if not isinstance(texts, Texts):
            column: Columnar = called(values)
            return column
        numbers, fails = looked_up(find, texts)
        if fails.any():
            # Call the function for each open row of a failing word, to mark the row failed or dropped.
            rows = np.intersect1d(np.flatnonzero(fails), values.batch.open)
            values.mapped(node.missing, [texts.take(rows)], rows)
        return Numbers(numbers)

    return look_up


def _otherwise(node: Otherwise) -> Operation:
    def choose(values: _Values) -> Numbers:
        test = np.broadcast_to(values.numbers(node.test)[0], values.batch.count)
        x, valid = values.numbers(node.value)
        rows = np.intersect1d(np.flatnonzero(~test), values.batch.open)
        if rows.size:
            x = np.array(np.broadcast_to(x, values.batch.count))
            results = values.each(node.target, node.arguments, rows)
            x[rows] = [0.0 if value is None else value for value in results]
            if None in results:
                valid = np.array(np.broadcast_to(valid, values.batch.count))
                valid[rows] = [value is not None for value in results]
        return Numbers(x, valid)

    return choose


def _guard(node: Guard) -> Operation:
    def check(values: _Values) -> Columnar:
        test = values.numbers(node.test)[0] & np.ones(values.batch.count, bool)
        if test.any():
            if node.drops:
                values.batch.dropped |= test & ~values.batch.fails
            else:
                values.fail(test)
        return []

    return check


def _element(node: Element) -> Operation:
    def take(values: _Values) -> Columnar:
        matrix = values.matrix(node.vector)
        if matrix is not None:
            return Numbers(matrix[:, node.index])
        return Numbers(np.array([vector.values[node.index] for vector in values.objects(node.vector)]))

    return take


def _apply(node: Apply) -> Operation:
    target, size = node.target, node.size

    def compute(values: _Values) -> Columnar:
        matrix, rows = values.matrix(node.vector), values.batch.open
        if matrix is None:
            tuples = [to_dense(vector).values for vector in values.objects(node.vector, rows)]
        else:
            tuples = Matrix(matrix if len(rows) == values.batch.count else matrix[rows]).tolist()
        gap: Any = 0.0 if size is None else (0.0,) * size
        results = [gap if value is None else value for value in values.mapped(target, [tuples], rows)]
        result = np.array(values.spread(results, rows, gap), np.float64)
        return Numbers(result) if size is None else Matrix(result.reshape(-1, size))

    return compute


def _kernel(node: Kernel) -> Operation:
    vector = node.vector
    layout = layout_of(vector) if isinstance(vector, Vector) else None
    kernel = None if layout is None else node.make(layout)
    if not isinstance(vector, Vector) or not hasattr(kernel, "batch"):
        return _vectors(_called(node.function(), node.operands, node.type), node.size)

    def compute(values: _Values) -> Columnar:
        results = _batched(kernel, values, vector)
        return (
            Numbers(results) if node.size is None else Matrix(results.reshape(values.batch.count, node.size))
        )

    return compute


def _vectors(call: Operation, size: int | None) -> Operation:
    """Return the operation that collects the dense vectors of a call in a matrix."""
    if size is None:
        return call
    gap = DenseVector((0.0,) * size)

    def compute(values: _Values) -> Columnar:
        vectors = [gap if vector is None else vector for vector in call(values)]
        return Matrix(np.array([vector.values for vector in vectors], np.float64).reshape(-1, size))

    return compute


def _batched(kernel: Any, values: _Values, vector: Vector) -> np.ndarray:
    """Return a kernel's results for the segments of all rows."""
    columns = []
    for segment in vector.segments:
        node = segment.value if isinstance(segment, Scalar) else segment.index  # type: ignore[union-attr]
        column = np.broadcast_to(values.numbers(node)[0], values.batch.count)
        columns.append(np.ascontiguousarray(column, np.float64))
    results = np.empty(values.batch.count * kernel.width)
    kernel.batch(tuple(columns), results)
    return results


def _dot(node: Dot) -> Operation:
    """Return the operation of a dot product: kernels for segments, a call for each row for vector objects."""
    vector, weights = node.vector, node.weights
    called = _called(node.function(), node.operands, DOUBLE)
    if not isinstance(vector, Vector) or vector.size != weights.size:
        return called
    size = weights.size
    plain, folded = _plain(vector, weights)
    layout = layout_of(plain)
    if layout is None:
        return called
    sparse = dot_of(folded, node.order, layout, size, "sparse")
    dense = dot_of(weights, node.order, (("vector", 0, size),), size, "dense")
    if not hasattr(sparse, "batch") or not hasattr(dense, "batch"):
        return called

    def by_segments(values: _Values) -> np.ndarray:
        return _batched(sparse, values, plain)

    def by_elements(values: _Values) -> np.ndarray:
        results = np.empty(values.batch.count)
        dense.batch((values.matrix(vector),), results)
        return results

    if vector.kind != "counted":
        compute = by_segments if vector.kind == "sparse" else by_elements
        return lambda values: Numbers(compute(values))

    def by_kind(values: _Values) -> Numbers:
        is_sparse = _is_sparse(vector, values)
        return Numbers(np.where(is_sparse, by_segments(values), by_elements(values)))

    return by_kind


def _plain(vector: Vector, weights: Any) -> tuple[Vector, Any]:
    """Return the vector with its one-hot values replaced by 1, and the weights multiplied by these values.

    A sparse dot product multiplies before it adds, so its bits do not change.
    """
    if not isinstance(weights, DenseVector):
        return vector, weights
    segments: list[Any] = []
    folded: list[float] = []
    start = 0
    for segment in vector.segments:
        size = segment.size if isinstance(segment, OneHot) else 1
        here = weights.values[start : start + size]
        if isinstance(segment, OneHot) and segment.values is not None:
            here = tuple([one * weight for one, weight in zip(segment.values, here, strict=True)])
            segments.append(OneHot(segment.index, size))
        else:
            segments.append(segment)
        folded += here
        start += size
    return Vector(tuple(segments), vector.size, vector.limit, vector.release), DenseVector(tuple(folded))


def _is_sparse(vector: Vector | IsSparse, values: _Values) -> np.ndarray:
    stored = np.zeros(values.batch.count, np.int64)
    for segment in vector.segments:
        if isinstance(segment, Scalar):
            stored += values.numbers(segment.active)[0] != 0.0
        elif isinstance(segment, OneHot):
            index = values.numbers(segment.index)[0]
            stored += (index >= 0) & (index < segment.size)
    return stored <= (vector.limit or 0)


def _sparse(node: IsSparse) -> Operation:
    if node.limit is None:
        return _called(node.function(), node.operands, BOOLEAN)
    return lambda values: Numbers(_is_sparse(node, values))


def _call(node: Call) -> Operation:
    return _called(node.function(), node.operands, node.type)


_OPERATIONS: dict[type, Callable[[Any], Operation]] = {
    Affine: _affine,
    Arithmetic: _arithmetic,
    Negate: _unary(np.negative),
    ToDouble: _unary(lambda x: np.asarray(x).astype(np.float64)),
    Exp: _unary(_exps),
    Bucket: _bucket,
    Compare: _compare,
    IsNull: lambda node: lambda values: Numbers(values.nulls(node.operand)),
    Not: _unary(np.logical_not),
    Logic: _logic,
    Select: _select,
    Present: _present,
    Lookup: _lookup,
    Otherwise: _otherwise,
    Guard: _guard,
    Element: _element,
    Apply: _apply,
    Kernel: _kernel,
    MatrixProduct: lambda node: _vectors(_call(node), node.size),
    Dot: _dot,
    IsSparse: _sparse,
}
