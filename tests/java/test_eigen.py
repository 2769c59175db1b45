"""Eigenvectors of symmetric matrices: what they are, and LAPACK's own on the JVM."""

from __future__ import annotations

import random

import numpy
import pytest

from sparklet.java import symmetric_eigen
from tests.java.jvm import Jvm


def matrices():
    """Return symmetric matrices: of one to 40 rows, regular and singular, diagonal, equal, tiny and huge."""
    rng = random.Random(1)
    found = [[[2.5]], [[0.0]], [[1.0] * 3] * 3, [[0.0] * 4] * 4, numpy.diag([3.0, -1.0, 2.0]).tolist()]
    for size in (2, 2, 3, 3, 4, 5, 7, 12, 33, 40):
        for rank in (size, max(1, size - 1)):
            factor = numpy.array([[rng.gauss(0, 1) for _ in range(rank)] for _ in range(size)])
            found.append((factor @ factor.T).tolist())
    blocks = numpy.zeros((6, 6))
    blocks[:3, :3], blocks[3:, 3:] = found[9], found[9]
    found.append(blocks.tolist())
    found += [(numpy.array(found[10]) * scale).tolist() for scale in (1e-200, 1e-150, 1e150, 1e-320)]
    return found


@pytest.mark.parametrize("rows", matrices())
def test_eigenvectors(rows):
    values, vectors = symmetric_eigen(rows)
    matrix, z = numpy.array(rows), numpy.array(vectors)
    lower = numpy.tril(matrix) + numpy.tril(matrix, -1).T
    scale = max(abs(matrix).max(), 1e-300)
    assert values == sorted(values)
    assert numpy.allclose(z @ z.T, numpy.eye(len(rows)), atol=1e-12)
    assert numpy.allclose((z * (numpy.array(values) / scale)) @ z.T, lower / scale, atol=1e-12)


@pytest.mark.spark
def test_as_lapack_on_the_jvm(spark):
    from py4j.java_gateway import get_field

    jvm = Jvm(spark)
    lapack = jvm.jvm.dev.ludovic.netlib.lapack.JavaLAPACK.getInstance()
    for rows in matrices():
        n = len(rows)
        a = jvm.doubles([rows[max(i, j)][min(i, j)] for j in range(n) for i in range(n)])
        w, room = jvm.doubles([0.0] * n), max(1, 3 * n - 1)
        info = jvm.jvm.org.netlib.util.intW(0)
        lapack.dsyev("V", "L", n, a, n, w, jvm.doubles([0.0] * room), room, info)
        values, vectors = symmetric_eigen(rows)
        assert get_field(info, "val") == 0
        assert values == jvm.floats_of(w), n
        assert [row[j] for j in range(n) for row in vectors] == jvm.floats_of(a), n
