"""Spark's BLAS in the summation order of a given BLAS implementation, bit for bit.

Spark 3.2+ calls dev.ludovic.netlib, which picks one of three pure-Java implementations: Java8BLAS, Java11BLAS
(fma) or VectorBLAS (SIMD lanes, as wide as the CPU's registers). They sum in different orders, so the scores
of one model differ in the last bits. `ORDERS` describes the orders; "java11" is the reference.

Python before 3.13 has no `math.fma`. Here, fma is an exact product by Dekker's splitting and one correctly
rounded `math.fsum`, which is faster in CPython than a call of libm through ctypes.
"""

from __future__ import annotations

import math
import operator
from array import array
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TypeAlias

from sparklet._native import kernels, lazily
from sparklet.linalg import (
    DenseMatrix,
    DenseVector,
    Matrix,
    SparseMatrix,
    SparseVector,
    Vector,
)
from sparklet.records import record

if TYPE_CHECKING:
    import numpy

__all__ = [
    "ORDERS",
    "Order",
    "axpy",
    "bound_dot",
    "dense_dot",
    "dot",
    "float_dot",
    "fma",
    "gemm_column",
    "gemv",
    "nrm2",
    "scal",
]

# f(start, xs): start + xs·weights, one term after the other
Chain: TypeAlias = Callable[[float, Sequence[float]], float]
DenseDot: TypeAlias = Callable[[Sequence[float]], float]
Gemv: TypeAlias = Callable[[Vector, float, list[float]], list[float]]


@record()
class Order:
    """Describe how a BLAS implementation sums: its lanes, and whether it fuses multiply and add.

    A dot product alternates between `lanes` accumulators; `fused` declares that they use fma. A `vector`
    implementation also uses its lanes in the other kernels, and computes the rest that does not fill the
    lanes without fma.

    >>> ORDERS["java11"]
    Order(lanes=4, fused=True, vector=False)
    """

    lanes: int
    fused: bool
    vector: bool

    @property
    def facts(self) -> tuple[int, bool, bool]:
        """Return the order as an argument of the C module."""
        return self.lanes, self.fused, self.vector


ORDERS = {
    "java11": Order(lanes=4, fused=True, vector=False),
    "java8": Order(lanes=4, fused=False, vector=False),
    "vector8": Order(lanes=8, fused=True, vector=True),
    "vector4": Order(lanes=4, fused=True, vector=True),
    "vector2": Order(lanes=2, fused=True, vector=True),
}

# --- fma ------------------------------------------------------------------------------------------

SPLITTER = 134217729.0  # 2**27 + 1
# Outside these bounds a product, its error or the splitting of a factor may be inexact.
SMALLEST_EXACT = 2.0**-900
LARGEST_SPLIT = 2.0**990


def _fma_rational(a: float, b: float, c: float) -> float:
    """Return a * b + c rounded once, for every input; this is the slow definition.

    >>> _fma_rational(1e200, 1e200, float("-inf"))
    -inf
    """
    if not (math.isfinite(a) and math.isfinite(b)):
        return a * b + c
    if not math.isfinite(c):
        return c  # a * b may overflow, the exact product does not
    if a == 0.0 or b == 0.0:
        return a * b + c  # the product is exact, and its sign determines 0.0 + -0.0
    from fractions import Fraction

    exact = Fraction(a) * Fraction(b) + Fraction(c)
    try:
        # int / int rounds correctly, also to subnormals, and keeps the sign of a result that becomes zero
        return exact.numerator / exact.denominator
    except OverflowError:
        return math.inf if exact > 0 else -math.inf


def _fma_split(a: float, b: float, c: float) -> float:
    product = a * b
    if -SMALLEST_EXACT < product < SMALLEST_EXACT:
        return product + c if a == 0.0 or b == 0.0 else _fma_rational(a, b, c)
    scaled = SPLITTER * a
    a_high = scaled - (scaled - a)
    a_low = a - a_high
    scaled = SPLITTER * b
    b_high = scaled - (scaled - b)
    b_low = b - b_high
    error = (a_high * b_high - product) + a_high * b_low + a_low * b_high + a_low * b_low
    try:
        result = math.fsum((product, error, c))
    except (OverflowError, ValueError):
        return _fma_rational(a, b, c)
    return result if result - result == 0.0 else _fma_rational(a, b, c)


NATIVE_FMA: Callable[[float, float, float], float] | None = getattr(math, "fma", None)


def _fma_native(a: float, b: float, c: float) -> float:
    # math.fma raises where the JVM returns inf or NaN.
    try:
        return NATIVE_FMA(a, b, c)  # type: ignore[misc]
    except (OverflowError, ValueError):
        return _fma_rational(a, b, c)


def fma(a: float, b: float, c: float) -> float:
    """Return a * b + c rounded once, as Java's `Math.fma` does, including inf, NaN and -0.0; never raise.

    >>> fma(0.1, 10.0, -1.0), 0.1 * 10.0 - 1.0
    (5.551115123125783e-17, 0.0)
    """
    return _fma_split(a, b, c) if NATIVE_FMA is None else _fma_native(a, b, c)


fma_here = _fma_split if NATIVE_FMA is None else _fma_native

# --- chains: one accumulator ----------------------------------------------------------------------
# zip is not strict below: the caller checks the sizes, and a ValueError here means inf - inf.


def _plain(start: float, xs: Sequence[float], ys: Sequence[float]) -> float:
    for x, y in zip(xs, ys, strict=False):
        start += x * y
    return start


def _fused(start: float, xs: Sequence[float], ys: Sequence[float]) -> float:
    for x, y in zip(xs, ys, strict=False):
        start = fma_here(x, y, start)
    return start


def _plain_chain(weights: Sequence[float]) -> Chain:
    def chain(start: float, xs: Sequence[float]) -> float:
        for x, weight in zip(xs, weights, strict=False):
            start += x * weight
        return start

    return chain


def _native_chain(weights: Sequence[float]) -> Chain:
    multiply_add = NATIVE_FMA

    def chain(start: float, xs: Sequence[float]) -> float:
        total = start
        try:
            for x, weight in zip(xs, weights, strict=False):
                total = multiply_add(x, weight, total)  # type: ignore[misc]
        except (OverflowError, ValueError):
            return _fused(start, xs, weights)
        return total

    return chain


def _split_chain(weights: Sequence[float]) -> Chain:
    # This inlines _fma_split and splits the weights once.
    if not all(abs(weight) < LARGEST_SPLIT for weight in weights):
        return lambda start, xs: _fused(start, xs, weights)
    parts = []
    for weight in weights:
        scaled = SPLITTER * weight
        high = scaled - (scaled - weight)
        parts.append((weight, high, weight - high))
    splitter, smallest, fsum = SPLITTER, SMALLEST_EXACT, math.fsum

    def chain(start: float, xs: Sequence[float]) -> float:
        total = start
        try:
            for x, (weight, w_high, w_low) in zip(xs, parts, strict=False):
                product = x * weight
                if -smallest < product < smallest:
                    total = total + product if not (x and weight) else _fma_split(x, weight, total)
                else:
                    scaled = splitter * x
                    high = scaled - (scaled - x)
                    low = x - high
                    error = (high * w_high - product) + high * w_low + low * w_high + low * w_low
                    total = fsum((product, error, total))
        except (OverflowError, ValueError):
            return _fused(start, xs, weights)
        return total if total - total == 0.0 else _fused(start, xs, weights)

    return chain


def _chain(fused: bool, weights: Sequence[float]) -> Chain:
    module = kernels()
    if module is None:
        return _python_chain(fused, weights)
    fallback = lazily(lambda: _python_chain(fused, weights))
    chain: Chain = module.product(array("d", weights), (1, fused, False), True, fallback)
    return chain


def _python_chain(fused: bool, weights: Sequence[float]) -> Chain:
    if not fused:
        return _plain_chain(weights)
    return _split_chain(weights) if NATIVE_FMA is None else _native_chain(weights)


# --- dot ------------------------------------------------------------------------------------------


def dense_dot(order: str) -> Callable[[Sequence[float], Sequence[float]], float]:
    """Return f(x, y), BLAS's `ddot` of two sequences of equal length that support slices.

    Follows `ddotK` of netlib 3.0's Java8BLAS, Java11BLAS and VectorBLAS.

    >>> dense_dot("java11")((0.1, 0.2, 0.3), (10.0, 10.0, 10.0))
    6.0
    """
    form = ORDERS[order]
    lanes = form.lanes
    step = _fused if form.fused else _plain
    tail_step = _plain if form.vector else step

    def ddot(x: Sequence[float], y: Sequence[float]) -> float:
        aligned = len(x) // lanes * lanes
        total = 0.0
        if aligned:
            for lane in range(lanes):
                total += step(0.0, x[lane:aligned:lanes], y[lane:aligned:lanes])
        return tail_step(total, x[aligned:], y[aligned:])

    return ddot


def _bound_dot(weights: Sequence[float], form: Order, lanes: int) -> DenseDot:
    """Return `ddot` with fixed `weights`."""
    module = kernels()
    if module is None:
        return _python_dot(weights, form, lanes)
    fallback = lazily(lambda: _python_dot(weights, form, lanes))
    ddot: DenseDot = module.product(array("d", weights), (lanes, form.fused, form.vector), False, fallback)
    return ddot


def _python_dot(weights: Sequence[float], form: Order, lanes: int) -> DenseDot:
    """Return `ddot` with fixed `weights`, which are split into lanes once."""
    aligned = len(weights) // lanes * lanes
    cuts = [slice(lane, aligned, lanes) for lane in range(lanes)] if aligned else []
    chains = [(_python_chain(form.fused, weights[cut]), cut) for cut in cuts]
    tail = _python_chain(form.fused and not form.vector, weights[aligned:])
    if not chains:
        return lambda x: tail(0.0, x)
    if lanes == 1:
        ((only, _),) = chains
        return lambda x: only(0.0, x)
    has_tail = aligned < len(weights)

    def ddot(x: Sequence[float]) -> float:
        total = 0.0
        for chain, cut in chains:
            total += chain(0.0, x[cut])
        return tail(total, x[aligned:]) if has_tail else total

    return ddot


def dot(weights: Vector, order: str) -> Callable[[Vector], float]:
    """Return f(x), Spark's `BLAS.dot` with fixed weights, for both kinds of vectors; it does not check sizes.

    Only the product of two dense vectors uses BLAS; the other products add `x * y` in the order of the sparse
    vector's indices. Follows Spark's `ml/linalg/BLAS.scala` (3.5 and 4.2).

    >>> f = dot(DenseVector((0.5, 2.0, 4.0)), "java11")
    >>> f(DenseVector((1.0, 1.0, 0.25))), f(SparseVector(3, (1,), (3.0,)))
    (3.5, 6.0)
    """
    module = kernels()
    if module is None or not _ascending(weights):
        return _python_dot_by_kind(weights, order)
    actives = None if isinstance(weights, DenseVector) else array("i", weights.indices)
    product: Callable[[Vector], float] = module.linear(
        array("d", weights.values),
        actives,
        weights.size,
        ORDERS[order].facts,
        lazily(lambda: _python_dot_by_kind(weights, order)),
    )
    return product


def _ascending(weights: Vector) -> bool:
    """Return whether indices ascend, which is not certain for rows of a saved matrix."""
    return isinstance(weights, DenseVector) or all(map(operator.lt, weights.indices, weights.indices[1:]))


def _python_dot_by_kind(weights: Vector, order: str) -> Callable[[Vector], float]:
    by_dense: DenseDot
    values = weights.values
    if isinstance(weights, DenseVector):
        by_dense = _python_dot(values, ORDERS[order], ORDERS[order].lanes)

        def by_sparse(x: SparseVector) -> float:
            total = 0.0
            for index, value in zip(x.indices, x.values, strict=False):
                total += value * values[index]
            return total

    else:
        actives = tuple(zip(weights.indices, values, strict=True))
        lookup = dict(actives)

        def by_dense(x: Sequence[float]) -> float:
            total = 0.0
            for index, weight in actives:
                total += weight * x[index]
            return total

        def by_sparse(x: SparseVector) -> float:
            total = 0.0
            for index, value in zip(x.indices, x.values, strict=False):
                if index in lookup:
                    total += value * lookup[index]
            return total

    def spark_dot(x: Vector) -> float:
        return by_dense(x.values) if isinstance(x, DenseVector) else by_sparse(x)

    return spark_dot


def bound_dot(weights: Sequence[float], order: str) -> DenseDot:
    """Return f(x), BLAS's `ddot` of x and fixed weights; x must support slices and have the same length.

    >>> bound_dot((10.0, 10.0, 10.0), "java11")([0.1, 0.2, 0.3])
    6.0
    """
    return _bound_dot(weights, ORDERS[order], ORDERS[order].lanes)


# --- gemv -----------------------------------------------------------------------------------------


def gemv(matrix: Matrix, order: str, alpha: float = 1.0) -> Gemv:
    """Return f(x, beta, y), a new list alpha * matrix · x + beta * y, as Spark's `BLAS.gemv`.

    x has `matrix.numCols` elements, y `matrix.numRows`; `alpha` must not be zero. The kinds of matrix and x
    and the layout of the matrix decide the order of summation. Follows Spark's `ml/linalg/BLAS.scala` (3.5
    and 4.2) and `dgemvN`, `dgemvT` of netlib 3.0's Java8BLAS, Java11BLAS and VectorBLAS.

    >>> f = gemv(DenseMatrix(2, 2, (1.0, 2.0, 3.0, 4.0), isTransposed=True), "java11")
    >>> f(DenseVector((1.0, 10.0)), 1.0, [0.5, 0.5])
    [21.5, 43.5]
    """
    by_dense: _ByDense
    by_sparse: _BySparse
    if isinstance(matrix, SparseMatrix):
        csr = matrix.isTransposed
        by_dense, by_sparse = _csr_gemv(matrix, order, alpha) if csr else _csc_gemv(matrix, alpha)
    else:
        dense = _dgemv_t if matrix.isTransposed else _dgemv_n
        # Features mostly have one kind, so the product for the other kind is created on its first use.
        by_dense = lazily(lambda: dense(matrix, ORDERS[order], alpha))
        by_sparse = lazily(lambda: _dense_by_sparse(matrix, order, alpha))

    def spark_gemv(x: Vector, beta: float, y: list[float]) -> list[float]:
        return by_dense(x.values, beta, y) if isinstance(x, DenseVector) else by_sparse(x, beta, y)

    return spark_gemv


_ByDense: TypeAlias = Callable[[Sequence[float], float, list[float]], list[float]]
_BySparse: TypeAlias = Callable[[SparseVector, float, list[float]], list[float]]


def _dgemv_t(matrix: DenseMatrix, form: Order, alpha: float) -> _ByDense:
    # Row by row, but without the four accumulators of ddot, which BLAS uses for four rows at a time.
    rows = [_bound_dot(row, form, form.lanes if form.vector else 1) for row in matrix.rows()]

    def by_dense(x: Sequence[float], beta: float, y: list[float]) -> list[float]:
        if not x:
            return list(y)  # BLAS returns early, before beta
        if beta == 0.0:
            return [alpha * row(x) for row in rows]
        return [alpha * row(x) + beta * old for row, old in zip(rows, y, strict=True)]

    return by_dense


def _dgemv_n(matrix: DenseMatrix, form: Order, alpha: float) -> _ByDense:
    # Four columns at a time: fma(x0, a0, fma(x1, a1, fma(x2, a2, fma(x3, a3, y)))), so each row is one chain
    # over the columns 3 2 1 0, 7 6 5 4 and so on, then the remaining columns one by one.
    size = matrix.numCols
    aligned = size // 4 * 4
    columns = [start + offset for start in range(0, aligned, 4) for offset in (3, 2, 1, 0)]
    columns += range(aligned, size)
    rows = matrix.rows()
    fused_rows = len(rows) // form.lanes * form.lanes if form.vector else len(rows) * form.fused
    chains = [_chain(True, tuple(row[column] for column in columns)) for row in rows[:fused_rows]]
    unfused = [_unfused_row(row) for row in rows[fused_rows:]]

    def by_dense(x: Sequence[float], beta: float, y: list[float]) -> list[float]:
        if not x:
            return list(y)
        scaled = x if alpha == 1.0 else [alpha * value for value in x]
        start = [0.0] * len(y) if beta == 0.0 else [beta * old for old in y]
        result = []
        if chains:
            turned = [scaled[column] for column in columns]
            result = [chain(old, turned) for chain, old in zip(chains, start, strict=False)]
        result += [row(old, scaled) for row, old in zip(unfused, start[fused_rows:], strict=True)]
        return result

    return by_dense


def _unfused_row(row: Sequence[float]) -> Chain:
    """Return a row of `dgemvN` without fma, which sums the products of four columns before it adds y."""
    aligned = len(row) // 4 * 4
    quads = [(k, row[k], row[k + 1], row[k + 2], row[k + 3]) for k in range(0, aligned, 4)]
    tail = _plain_chain(row[aligned:])

    def chain(start: float, xs: Sequence[float]) -> float:
        for k, a0, a1, a2, a3 in quads:
            start += xs[k] * a0 + xs[k + 1] * a1 + xs[k + 2] * a2 + xs[k + 3] * a3
        return tail(start, xs[aligned:])

    return chain


def _dense_by_sparse(matrix: DenseMatrix, order: str, alpha: float) -> _BySparse:
    # Each row is a dot product in the order of the indices, as in Spark's loop.
    rows = [dot(DenseVector(row), order) for row in matrix.rows()]

    def by_sparse(x: SparseVector, beta: float, y: list[float]) -> list[float]:
        return [row(x) * alpha + beta * old for row, old in zip(rows, y, strict=True)]

    return by_sparse


def _csr_gemv(matrix: SparseMatrix, order: str, alpha: float) -> tuple[_ByDense, _BySparse]:
    size = matrix.numCols
    rows = [dot(SparseVector(size, indices, values), order) for indices, values in matrix.lines()]

    def by_dense(x: Sequence[float], beta: float, y: list[float]) -> list[float]:
        vector = DenseVector(tuple(x))
        return [beta * old + row(vector) * alpha for row, old in zip(rows, y, strict=True)]

    def by_sparse(x: SparseVector, beta: float, y: list[float]) -> list[float]:
        return [row(x) * alpha + beta * old for row, old in zip(rows, y, strict=True)]

    return by_dense, by_sparse


def _csc_gemv(matrix: SparseMatrix, alpha: float) -> tuple[_ByDense, _BySparse]:
    lines = [tuple(zip(indices, values, strict=True)) for indices, values in matrix.lines()]

    def add(columns: Sequence[tuple[int, float]], beta: float, y: list[float]) -> list[float]:
        result = list(y) if beta == 1.0 else [beta * old for old in y]
        for column, value in columns:
            scaled = value * alpha
            for index, element in lines[column]:
                result[index] += element * scaled
        return result

    def by_dense(x: Sequence[float], beta: float, y: list[float]) -> list[float]:
        return add(list(enumerate(x)), beta, y)

    def by_sparse(x: SparseVector, beta: float, y: list[float]) -> list[float]:
        return add(list(zip(x.indices, x.values, strict=False)), beta, y)

    return by_dense, by_sparse


SMALL_GEMM = 100 * 100 * 100
GEMM_BLOCK = 500


def gemm_column(matrix: DenseMatrix, order: str) -> Callable[[Sequence[float], list[float]], list[float]]:
    """Return f(x, y), the list matrix · x + y, as BLAS's `dgemm` computes it for a matrix x of one column.

    The layers of Spark's multilayer perceptron go through it: there is one accumulator per row, whatever the
    lanes, and y is added last. From 1,000,000 elements on, y takes the sum of every 500 columns. Follows
    `dgemmNN` and `dgebpTN` of netlib 3.0's Java8BLAS and Java11BLAS, which VectorBLAS inherits here.

    >>> gemm_column(DenseMatrix(1, 2, (2.0, 3.0)), "java11")((1.0, 10.0), [0.5])
    [32.5]
    """
    form = ORDERS[order]
    large = matrix.numRows * matrix.numCols >= SMALL_GEMM
    block = GEMM_BLOCK if large else max(matrix.numCols, 1)
    cuts = [slice(start, start + block) for start in range(0, matrix.numCols, block)]
    rows = [[(_chain(form.fused, row[cut]), cut) for cut in cuts] for row in matrix.rows()]

    def dgemm(x: Sequence[float], y: list[float]) -> list[float]:
        result = []
        for row, old in zip(rows, y, strict=True):
            total = old
            for chain, cut in row:
                total += chain(0.0, x[cut])
            result.append(total)
        return result

    return dgemm


# --- level 1 --------------------------------------------------------------------------------------


def axpy(order: str) -> Callable[[float, Vector, list[float]], list[float]]:
    """Return f(alpha, x, y), a new list alpha * x + y, as Spark's `BLAS.axpy`.

    A sparse x is added without fma. Follows Spark's `ml/linalg/BLAS.scala` (4.2) and netlib's `daxpyK`.

    >>> axpy("java11")(2.0, SparseVector(2, (1,), (3.0,)), [1.0, 1.0])
    [1.0, 7.0]
    """
    form = ORDERS[order]

    def spark_axpy(alpha: float, x: Vector, y: list[float]) -> list[float]:
        if isinstance(x, SparseVector):
            result = list(y)
            for index, value in zip(x.indices, x.values, strict=True):
                result[index] += alpha * value
            return result
        size = len(y)
        fused = size // form.lanes * form.lanes if form.vector else size * form.fused
        pairs = list(zip(x.values, y, strict=True))
        return [fma_here(alpha, value, old) for value, old in pairs[:fused]] + [
            old + alpha * value for value, old in pairs[fused:]
        ]

    return spark_axpy


def scal(alpha: float, y: Sequence[float]) -> list[float]:
    """Return a new list alpha * y, BLAS's `dscal`; the same in every order.

    >>> scal(0.5, (1.0, 3.0))
    [0.5, 1.5]
    """
    return [value * alpha for value in y]


def nrm2(order: str) -> Callable[[Sequence[float]], float]:
    """Return f(x), the square root of x·x summed as `ddot` does: netlib's `dnrm2K`, which does not rescale.

    >>> nrm2("java11")((3.0, 4.0))
    5.0
    """
    ddot = dense_dot(order)
    return lambda x: math.sqrt(ddot(x, x))


def float_dot(x: numpy.ndarray, y: numpy.ndarray) -> float:
    """Return the dot product of two float32 arrays, with each product and sum rounded to float32 in order.

    Follows the loop of Spark's `ml/recommendation/ALS.scala` (4.2), which no JVM fuses.

    >>> import numpy
    >>> float_dot(numpy.float32([0.1, 0.2]), numpy.float32([3.0, 4.0]))
    1.100000023841858
    """
    import numpy

    with numpy.errstate(all="ignore"):  # overflow returns infinity without a warning
        # numpy cannot reorder prefix sums; adding 0.0 turns a first term of -0.0 into 0.0, as 0.0f + term
        # does.
        return float(numpy.add.accumulate(x * y + numpy.float32(0.0))[-1])
