"""The live JVM for the tests of java: bulk transfer of numbers, and Spark pinned to any of its BLAS."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from sparklet.engines.blas import vector_order
from sparklet.linalg import DenseMatrix, DenseVector, Matrix, SparseVector, Vector
from sparklet.testing.spark import _blas_fields

NETLIB = "dev.ludovic.netlib.blas."
CLASS_OF_ORDER = {"java8": "Java8BLAS", "java11": "Java11BLAS"}


class Jvm:
    """Move values between Python and the JVM of a Spark session, an array per call."""

    def __init__(self, spark):
        self.spark = spark
        self.gateway = spark.sparkContext._gateway
        self.jvm = spark.sparkContext._jvm
        self.linalg = self.jvm.org.apache.spark.ml.linalg

    def doubles(self, values: Sequence[float]):
        """Return a new Java double[] of the values."""
        array = self.gateway.new_array(self.jvm.double, len(values))
        buffer = self.jvm.java.nio.ByteBuffer.wrap(struct.pack(f">{len(values)}d", *values))
        buffer.asDoubleBuffer().get(array)
        return array

    def ints(self, values: Sequence[int]):
        """Return a new Java int[] of the values."""
        array = self.gateway.new_array(self.jvm.int, len(values))
        buffer = self.jvm.java.nio.ByteBuffer.wrap(struct.pack(f">{len(values)}i", *values))
        buffer.asIntBuffer().get(array)
        return array

    def floats_of(self, array) -> list[float]:
        """Return the elements of a Java double[]."""
        size = len(array)
        buffer = self.jvm.java.nio.ByteBuffer.allocate(8 * size)
        buffer.asDoubleBuffer().put(array)
        return list(struct.unpack(f">{size}d", buffer.array()))

    def vector(self, data: Vector):
        """Return Spark's vector of the same kind and contents."""
        if isinstance(data, SparseVector):
            return self.linalg.SparseVector(data.size, self.ints(data.indices), self.doubles(data.values))
        return self.linalg.DenseVector(self.doubles(data.values))

    def matrix(self, data: Matrix):
        """Return Spark's matrix of the same kind, layout and contents."""
        values = self.doubles(data.values)
        if isinstance(data, DenseMatrix):
            return self.linalg.DenseMatrix(data.numRows, data.numCols, values, data.isTransposed)
        pointers, indices = self.ints(data.colPtrs), self.ints(data.rowIndices)
        return self.linalg.SparseMatrix(
            data.numRows, data.numCols, pointers, indices, values, data.isTransposed
        )

    def dot(self, x: Vector, y: Vector) -> float:
        """Return Spark's BLAS.dot(x, y)."""
        return self.linalg.BLAS.dot(self.vector(x), self.vector(y))

    def gemv(self, alpha: float, matrix: Matrix, x: Vector, beta: float, y: Sequence[float]) -> list[float]:
        """Return what Spark's BLAS.gemv(alpha, matrix, x, beta, y) leaves in y."""
        target = self.vector(DenseVector(tuple(y)))
        self.linalg.BLAS.gemv(alpha, self.matrix(matrix), self.vector(x), beta, target)
        return self.floats_of(target.values())

    def blas(self, order: str):
        """Return netlib's implementation that sums in `order`, or None where this JVM or CPU has none."""
        if order in CLASS_OF_ORDER:
            return self._instance(CLASS_OF_ORDER[order])
        return self._instance("VectorBLAS") if order == self.vector_order() else None

    def vector_order(self) -> str | None:
        """Return the order of this JVM's VectorBLAS, None without the module jdk.incubator.vector."""
        return vector_order(self.jvm)

    def _instance(self, name: str):
        loader = self.jvm.java.lang.Thread.currentThread().getContextClassLoader()
        method = self.jvm.java.lang.Class.forName(NETLIB + name, True, loader).getMethod("getInstance", None)
        method.setAccessible(True)
        return method.invoke(None, None)

    @contextmanager
    def summing(self, order: str) -> Iterator[bool]:
        """Make Spark's BLAS sum in `order` within the block; yield whether it can."""
        instance = self.blas(order)
        fields = list(_blas_fields(self.spark))
        before = [(field, module, field.get(module)) for field, module in fields]
        try:
            if instance is not None:
                for field, module in fields:
                    field.set(module, instance)
            yield instance is not None
        finally:
            for field, module, value in before:
                field.set(module, value)
