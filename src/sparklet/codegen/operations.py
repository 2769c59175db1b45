"""The operations on columns: how numpy, or a call for each row, computes each kind of node.

numpy's arithmetic returns the same bits as Spark's. Labels are looked up once for each distinct word. Rows
that a node refuses are marked and scored one by one afterwards.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import numpy as np

from sparklet.codegen.arrays import Columnar, Matrix, Numbers, Texts, listed, looked_up
from sparklet.codegen.values import Values
from sparklet.ir import (
    Affine,
    Apply,
    Arithmetic,
    Bucket,
    Compare,
    Constant,
    Element,
    Exp,
    Guard,
    IsMissing,
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
)
from sparklet.java import exp
from sparklet.linalg import DenseVector, to_dense
from sparklet.types import BOOLEAN, DOUBLE, FLOAT

__all__ = ["Operation", "operation"]

Operation: TypeAlias = Callable[[Values], Columnar]
"""The function from the columns computed so far to the column of a node."""


def operation(node: Node) -> Operation:
    """Return the operation of a node."""
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

    def compute(values: Values) -> Numbers:
        (x, some), (y, others) = values.numbers(node.left), values.numbers(node.right)
        return Numbers(apply(x, y), _joined(some, others))

    return compute


def _affine(node: Affine) -> Operation:
    def compute(values: Values) -> Numbers:
        x, shift, factor = [values.numbers(operand)[0] for operand in node.operands]
        return Numbers((x - shift) * factor)

    return compute


def _joined(some: Any, others: Any) -> Any:
    if some is True:
        return others
    return some if others is True else some & others


def _unary(apply: Callable[[Any], Any]) -> Callable[[Any], Operation]:
    def operation(node: Any) -> Operation:
        def compute(values: Values) -> Numbers:
            x, valid = values.numbers(node.operand)
            return Numbers(apply(x), valid)

        return compute

    return operation


def _to_double(node: ToDouble) -> Operation:
    call = _called(node.function(), node.operands, DOUBLE)
    convert = _unary(lambda x: np.asarray(x).astype(np.float64))(node)
    return lambda values: (convert if isinstance(values.column(node.operand), Numbers) else call)(values)


def _exps(x: np.ndarray) -> np.ndarray:
    """Return Java's `Math.exp` of numbers; numpy's exp differs in the last bits."""
    return np.array([exp(value) for value in x.tolist()])


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

    def test(values: Values) -> Numbers:
        (x, some), (y, others) = values.numbers(node.left), values.numbers(node.right)
        found, valid = compare(x, y), _joined(some, others)
        return Numbers(found if valid is True else found & valid)

    return test


def _is_missing(node: IsMissing) -> Operation:
    def test(values: Values) -> Numbers:
        x, some = values.numbers(node.operand)
        return Numbers(np.isnan(x) | np.logical_not(some))

    return test


def _logic(node: Logic) -> Operation:
    join = np.logical_and if node.operator == "and" else np.logical_or
    return lambda values: Numbers(join(values.truth(node.left), values.truth(node.right)))


def _select(node: Select) -> Operation:
    branches = [branch for branch in (node.then, node.otherwise) if not _is_null(branch)]
    numeric = all(branch.type == node.type for branch in branches) and node.type in (DOUBLE, FLOAT, BOOLEAN)

    def choose(values: Values) -> Columnar:
        test = np.broadcast_to(values.truth(node.test), values.batch.count)
        if not numeric:
            pairs = zip(test.tolist(), values.objects(node.then), values.objects(node.otherwise), strict=True)
            return [then if holds else otherwise for holds, then, otherwise in pairs]
        (x, some), (y, others) = values.numbers(node.then), values.numbers(node.otherwise)
        valid: Any = True if some is True and others is True else np.where(test, some, others)
        return Numbers(np.where(test, x, y), valid)

    return choose


def _is_null(node: Node) -> bool:
    return isinstance(node, Constant) and node.value is None


def _present(node: Present) -> Operation:
    def known(values: Values) -> Columnar:
        if isinstance(node.operand, Vector):
            return values.objects(node.operand)
        column = values.known[id(node.operand)]
        return Numbers(column.values) if isinstance(column, Numbers) else column

    return known


def _lookup(node: Lookup) -> Operation:
    find = node.function()
    called = _called(find, node.operands, DOUBLE)

    def look_up(values: Values) -> Columnar:
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
    def choose(values: Values) -> Numbers:
        test = np.broadcast_to(values.truth(node.test), values.batch.count)
        x, valid = values.numbers(node.value)
        rows = np.intersect1d(np.flatnonzero(~test), values.batch.open)
        if rows.size:
            x = np.array(np.broadcast_to(x, values.batch.count))
            results = values.each(node.target, node.arguments, rows)
            x[rows] = [0.0 if value is None else value for value in results]
            if valid is not True or None in results:
                valid = np.array(np.broadcast_to(valid, values.batch.count))
                valid[rows] = [value is not None for value in results]
        return Numbers(x, valid)

    return choose


def _guard(node: Guard) -> Operation:
    def check(values: Values) -> Columnar:
        test = values.truth(node.test) & np.ones(values.batch.count, bool)
        if test.any():
            if node.drops:
                values.each(
                    node.target, node.arguments, np.intersect1d(np.flatnonzero(test), values.batch.open)
                )
            else:
                values.fail(test)
        return []

    return check


def _element(node: Element) -> Operation:
    call = _called(node.function(), node.operands, DOUBLE)

    def take(values: Values) -> Columnar:
        matrix = values.matrix(node.vector)
        return call(values) if matrix is None else Numbers(matrix[:, node.index])

    return take


def _apply(node: Apply) -> Operation:
    target, size = node.target, node.size

    def of_vector(vector: Any) -> Any:
        return target(to_dense(vector).values)

    def compute(values: Values) -> Columnar:
        matrix, rows = values.matrix(node.vector), values.batch.open
        if matrix is None:
            found = values.mapped(of_vector, [values.objects(node.vector, rows)], rows)
        else:
            tuples = Matrix(matrix if len(rows) == values.batch.count else matrix[rows]).tolist()
            found = values.mapped(target, [tuples], rows)
        gap: Any = 0.0 if size is None else (0.0,) * size
        results = [gap if value is None else value for value in found]
        result = np.array(values.spread(results, rows, gap), np.float64)
        return Numbers(result) if size is None else Matrix(result.reshape(-1, size))

    return compute


def _vectors(call: Operation, size: int | None) -> Operation:
    """Return the operation that collects the dense vectors of a call in a matrix."""
    if size is None:
        return call
    gap = DenseVector((0.0,) * size)

    def compute(values: Values) -> Columnar:
        vectors = [gap if vector is None else vector for vector in listed(call(values))]
        return Matrix(np.array([vector.values for vector in vectors], np.float64).reshape(-1, size))

    return compute


def _is_sparse(vector: Vector | IsSparse, values: Values) -> np.ndarray:
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


def _call(node: Node) -> Operation:
    return _called(node.function(), node.operands, node.type)


_OPERATIONS: dict[type, Callable[[Any], Operation]] = {
    Affine: _affine,
    Arithmetic: _arithmetic,
    Negate: _unary(np.negative),
    ToDouble: _to_double,
    Exp: _unary(_exps),
    Bucket: _bucket,
    Compare: _compare,
    IsMissing: _is_missing,
    IsNull: lambda node: lambda values: Numbers(values.nulls(node.operand)),
    Not: lambda node: lambda values: Numbers(np.logical_not(values.truth(node.operand))),
    Logic: _logic,
    Select: _select,
    Present: _present,
    Lookup: _lookup,
    Otherwise: _otherwise,
    Guard: _guard,
    Element: _element,
    Apply: _apply,
    Kernel: lambda node: _vectors(_call(node), node.size),
    MatrixProduct: lambda node: _vectors(_call(node), node.size),
    IsSparse: _sparse,
}
