"""Spark's BLAS in each order: constants from a live JVM, properties, and live Spark itself."""

from __future__ import annotations

import ctypes
import ctypes.util
import math
import random
import struct
from fractions import Fraction

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sparklet.java import ORDERS, axpy, blas, dense_dot, dot, fma, gemm_column, gemv, nrm2, scal
from sparklet.linalg import DenseMatrix, DenseVector, SparseMatrix, SparseVector, to_dense

X = tuple(0.1 * (i + 1) for i in range(23))
W = tuple((-1.0) ** i / (i + 3) for i in range(23))
# Spark 4.3's BLAS.dot of X and W on JDK 17, pinned to each implementation (lanes by -XX:MaxVectorSize)
DOTS = {
    "java11": 0.057450500091434285,
    "java8": 0.05745050009143422,
    "vector8": 0.05745050009143422,
    "vector4": 0.05745050009143428,
    "vector2": 0.05745050009143442,
}
SPECIAL = [0.0, -0.0, 1.0, -1.0, math.inf, -math.inf, math.nan, 5e-324, -5e-324, 2.2250738585072014e-308]
SPECIAL += [1.7976931348623157e308, -1.7976931348623157e308, 1e200, -1e-200, 1 + 2**-52, 2.0**-537, 2.0**996]
numbers = st.floats() | st.floats(-10, 10) | st.sampled_from(SPECIAL) | st.integers(-99, 99).map(float)


def bits(*values):
    """Return what two results must share: the bits, with one NaN for all."""
    return [struct.pack("<d", value) if value == value else "NaN" for value in values]


@pytest.mark.parametrize("order", ORDERS)
def test_dot_constants(order):
    assert bits(dot(DenseVector(W), order)(DenseVector(X))) == bits(DOTS[order])
    assert bits(dense_dot(order)(X, W)) == bits(DOTS[order])


@given(numbers, numbers, numbers)
@example(0.1, 10.0, -1.0)
@example(1e200, 1e200, -math.inf)
@example(5e-324, 0.5, -0.0)
@example(-5e-324, 0.25, 0.0)
@example(3.0, 1e-308, 5e-324)
@example(1.7976931348623157e308, 2.0, -1.7976931348623157e308)
def test_every_fma_is_the_exact_one(a, b, c):
    expected = bits(blas._fma_rational(a, b, c))
    assert bits(blas._fma_split(a, b, c)) == expected
    assert bits(fma(a, b, c)) == expected
    if all(map(math.isfinite, (a, b, c))):
        exact = Fraction(a) * Fraction(b) + Fraction(c)
        result = fma(a, b, c)
        if math.isfinite(result) and exact:
            error = abs(Fraction(result) - exact)
            for neighbour in (math.nextafter(result, math.inf), math.nextafter(result, -math.inf)):
                assert math.isinf(neighbour) or error <= abs(Fraction(neighbour) - exact)


def test_fma_is_libms():
    name = ctypes.util.find_library("m")
    if name is None:
        pytest.skip("no libm to compare with")
    theirs = ctypes.CDLL(name).fma
    theirs.restype, theirs.argtypes = ctypes.c_double, [ctypes.c_double] * 3
    draw = random.Random(1)
    for _ in range(20_000):
        a, b, c = (
            struct.unpack("<d", struct.pack("<Q", draw.getrandbits(64)))[0]
            if draw.random() < 0.3
            else draw.choice(SPECIAL)
            if draw.random() < 0.3
            else draw.gauss(0, 1)
            for _ in range(3)
        )
        if draw.random() < 0.3:
            c = -a * b
        assert bits(blas._fma_split(a, b, c)) == bits(theirs(a, b, c)), (a, b, c)


@pytest.mark.parametrize("order", ORDERS)
@given(data=st.lists(st.tuples(numbers, numbers), max_size=40))
def test_bound_dot_is_dense_dot(order, data):
    x, w = tuple(pair[0] for pair in data), tuple(pair[1] for pair in data)
    assert bits(dot(DenseVector(w), order)(DenseVector(x))) == bits(dense_dot(order)(x, w))


@given(data=st.lists(st.tuples(numbers, numbers), max_size=20))
def test_every_fused_chain_is_the_plain_loop_of_fma(data):
    xs, weights = tuple(pair[0] for pair in data), tuple(pair[1] for pair in data)
    expected = 0.0
    for x, weight in data:
        expected = blas._fma_rational(x, weight, expected)
    assert bits(blas._split_chain(weights)(0.0, xs)) == bits(expected)
    assert bits(blas._chain(True, weights)(0.0, xs)) == bits(expected)
    assert bits(blas._python_chain(True, weights)(0.0, xs)) == bits(expected)
    if blas.NATIVE_FMA is not None:
        assert bits(blas._native_chain(weights)(0.0, xs)) == bits(expected)


def test_sizes_at_the_edges():
    for order in ORDERS:
        assert dense_dot(order)((), ()) == 0.0
        assert dot(DenseVector(()), order)(DenseVector(())) == 0.0
        assert dot(DenseVector((2.0,)), order)(SparseVector(1, (), ())) == 0.0
        assert gemv(DenseMatrix(2, 0, ()), order)(DenseVector(()), 0.0, [1.0, 2.0]) == [1.0, 2.0]
        assert gemm_column(DenseMatrix(2, 0, ()), order)((), [1.0, 2.0]) == [1.0, 2.0]
    assert scal(2.0, (1.0, -0.0)) == [2.0, -0.0]


def test_results_are_new():
    y = [1.0, 1.0]
    for matrix in (
        DenseMatrix(2, 2, (1.0,) * 4),
        DenseMatrix(2, 2, (1.0,) * 4, True),
        SparseMatrix(2, 2, (0, 1, 2), (0, 1), (1.0, 1.0)),
        SparseMatrix(2, 2, (0, 1, 2), (0, 1), (1.0, 1.0), True),
    ):
        f = gemv(matrix, "java11")
        for x in (DenseVector((1.0, 2.0)), SparseVector(2, (1,), (2.0,))):
            f(x, 1.0, y)
    axpy("java11")(2.0, DenseVector((1.0, 2.0)), y)
    gemm_column(DenseMatrix(2, 2, (1.0,) * 4), "java11")((1.0, 2.0), y)
    assert y == [1.0, 1.0]


# --- live ---------------------------------------------------------------------------------------------


class Draw:
    """Draw vectors and matrices of mixed magnitudes, zeros included."""

    def __init__(self, seed):
        self.random = random.Random(seed)

    def values(self, size):
        scale = 10.0 ** self.random.randrange(-3, 4)
        return tuple(self.random.gauss(0, scale) if self.random.random() < 0.8 else 0.0 for _ in range(size))

    def vector(self, size, dense):
        values = self.values(size)
        if dense:
            return DenseVector(values)
        indices = tuple(k for k in range(size) if self.random.random() < 0.4)
        return SparseVector(size, indices, tuple(values[k] for k in indices))

    def matrix(self, rows, cols, dense, transposed):
        if dense:
            return DenseMatrix(rows, cols, self.values(rows * cols), transposed)
        lines, length = (rows, cols) if transposed else (cols, rows)
        indices, pointers = [], [0]
        for _ in range(lines):
            indices += [k for k in range(length) if self.random.random() < 0.5]
            pointers.append(len(indices))
        return SparseMatrix(
            rows, cols, tuple(pointers), tuple(indices), self.values(len(indices)), transposed
        )


@pytest.fixture(params=ORDERS)
def live(request, spark):
    """Give (order, JVM) for every order that the live JVM has."""
    from tests.java.jvm import Jvm

    jvm = Jvm(spark)
    with jvm.summing(request.param) as possible:
        if not possible:
            pytest.skip(f"this JVM's VectorBLAS is {jvm.vector_order()}")
        yield request.param, jvm


SIZES = [1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 30, 31, 33, 100, 160, 255, 256, 300]


@pytest.mark.spark
def test_live_dot(live):
    order, jvm = live
    draw = Draw(1)
    for row in range(300):
        size = SIZES[row % len(SIZES)]
        for x_dense in (True, False):
            for w_dense in (True, False):
                x, w = draw.vector(size, x_dense), draw.vector(size, w_dense)
                assert bits(dot(w, order)(x)) == bits(jvm.dot(x, w)), (x, w)
    assert bits(jvm.dot(DenseVector(X), DenseVector(W))) == bits(DOTS[order])


@pytest.mark.spark
@pytest.mark.parametrize("transposed", [False, True], ids=["N", "T"])
@pytest.mark.parametrize("dense", [True, False], ids=["dense", "sparse"])
def test_live_gemv(live, dense, transposed):
    order, jvm = live
    draw = Draw(2)
    for _ in range(60):
        rows, cols = draw.random.randrange(1, 20), draw.random.randrange(1, 20)
        matrix = draw.matrix(rows, cols, dense, transposed)
        alpha, beta = draw.random.choice([1.0, 1.0, 0.3]), draw.random.choice([0.0, 1.0, 0.7])
        y = list(draw.values(rows))
        for x in (draw.vector(cols, True), draw.vector(cols, False)):
            expected = jvm.gemv(alpha, matrix, x, beta, y)
            assert bits(*gemv(matrix, order, alpha)(x, beta, y)) == bits(*expected), (
                matrix,
                x,
                alpha,
                beta,
                y,
            )


@pytest.mark.spark
def test_live_gemm_of_a_column(live):
    order, jvm = live
    draw = Draw(3)
    shapes = [(draw.random.randrange(1, 12), draw.random.randrange(1, 40)) for _ in range(60)]
    for rows, cols in [*shapes, (1000, 1000), (2500, 400)]:  # the large kernel from 1,000,000 elements on
        matrix, x, y = draw.matrix(rows, cols, True, False), draw.values(cols), list(draw.values(rows))
        target = jvm.doubles(y)
        jvm.blas(order).dgemm(
            "N",
            "N",
            rows,
            1,
            cols,
            1.0,
            jvm.doubles(matrix.values),
            rows,
            jvm.doubles(x),
            cols,
            1.0,
            target,
            rows,
        )
        assert bits(*gemm_column(matrix, order)(x, y)) == bits(*jvm.floats_of(target)), (rows, cols)


@pytest.mark.spark
def test_live_level_1(live):
    order, jvm = live
    draw = Draw(4)
    for row in range(100):
        size = SIZES[row % len(SIZES)]
        x, y, alpha = draw.vector(size, row % 3 > 0), list(draw.values(size)), draw.random.gauss(0, 1)
        target = jvm.vector(DenseVector(tuple(y)))
        jvm.linalg.BLAS.axpy(alpha, jvm.vector(x), target)
        assert bits(*axpy(order)(alpha, x, y)) == bits(*jvm.floats_of(target.values()))
        full = to_dense(x).values
        assert nrm2(order)(full) == jvm.blas(order).dnrm2(size, jvm.doubles(full), 1)
        before = jvm.floats_of(target.values())
        jvm.linalg.BLAS.scal(alpha, target)
        assert bits(*scal(alpha, before)) == bits(*jvm.floats_of(target.values()))
