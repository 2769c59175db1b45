"""The eigenvectors of a symmetric matrix, as LAPACK's `dsyev` computes them on the JVM.

Without a native LAPACK, Breeze calls the reference implementation (3.1) translated to Java. Any other finds
eigenvectors that differ in their last digits, so its steps are repeated here in their order: reduction to a
tridiagonal matrix by reflections (`dsytd2`), their product (`dorg2r`), implicit QL or QR sweeps (`dsteqr`).
Breeze gives so little work space that the blocked variants are never taken. numpy does what is element by
element.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from sparklet.errors import InvalidValueError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

__all__ = ["symmetric_eigen"]

EPS = 2.0**-53
SAFE_MIN = 2.0**-1022
MOST_SWEEPS = 30
LARGEST = math.sqrt(1.0 / SAFE_MIN) / 3.0
SMALLEST = math.sqrt(SAFE_MIN) / (EPS * EPS)


def symmetric_eigen(rows: Sequence[Sequence[float]]) -> tuple[list[float], list[list[float]]]:
    """Return the eigenvalues in ascending order, and the rows of the matrix whose columns are eigenvectors.

    Only the lower triangle is read. Raises InvalidValueError when the iteration does not converge.

    >>> symmetric_eigen([[2.0, 1.0], [1.0, 2.0]])
    ([1.0, 3.0], [[-0.7071067811865475, 0.7071067811865475], [0.7071067811865475, 0.7071067811865475]])
    """
    import numpy

    n = len(rows)
    a = numpy.tril(numpy.array(rows, dtype=float).reshape(n, n))
    if n == 1:
        return [float(a[0, 0])], [[1.0]]
    with numpy.errstate(all="ignore"):
        largest = float(numpy.abs(a).max())
        low, high = math.sqrt(SAFE_MIN / (2.0 * EPS)), math.sqrt(2.0 * EPS / SAFE_MIN)
        sigma = low / largest if 0.0 < largest < low else high / largest if largest > high else 1.0
        if sigma != 1.0:
            a *= sigma
        d, e, tau = _tridiagonal(a)
        z = _reflections(a, tau)
        _sweeps(d, e, z)
    if sigma != 1.0:
        d = [value * (1.0 / sigma) for value in d]
    return d, z.tolist()


def _norm(values: Sequence[float]) -> float:
    """Return the Euclidean norm without overflow (`dnrm2`)."""
    if len(values) == 1:
        return abs(values[0])
    scale, squares = 0.0, 1.0
    for value in values:
        if value != 0.0:
            size = abs(value)
            if scale < size:
                squares = 1.0 + squares * ((scale / size) * (scale / size))
                scale = size
            else:
                squares += (size / scale) * (size / scale)
    return scale * math.sqrt(squares)


def _hypotenuse(x: float, y: float) -> float:
    """Return sqrt(x² + y²) without overflow (`dlapy2`)."""
    w, z = max(abs(x), abs(y)), min(abs(x), abs(y))
    return w if z == 0.0 else w * math.sqrt(1.0 + (z / w) * (z / w))


def _reflector(column: Array) -> tuple[float, float]:
    """Return tau and beta of the reflection that reduces a column to beta, and scale it (`dlarfg`)."""
    alpha, rest = float(column[0]), column[1:]
    length = _norm(rest.tolist()) if len(rest) else 0.0
    if length == 0.0:
        return 0.0, alpha
    beta = -math.copysign(_hypotenuse(alpha, length), alpha)
    tiny, times = SAFE_MIN / EPS, 0
    while abs(beta) < tiny:
        times += 1
        rest *= 1.0 / tiny
        beta *= 1.0 / tiny
        alpha *= 1.0 / tiny
    if times:
        beta = -math.copysign(_hypotenuse(alpha, _norm(rest.tolist())), alpha)
    tau = (beta - alpha) / beta
    rest *= 1.0 / (alpha - beta)
    for _ in range(times):
        beta *= tiny
    return tau, beta


def _tridiagonal(a: Array) -> tuple[list[float], list[float], list[float]]:
    """Return diagonal, subdiagonal and the factors of the reflections; `a` receives these (`dsytd2`)."""
    n = len(a)
    d, e, tau = [0.0] * n, [0.0] * (n - 1), [0.0] * (n - 1)
    for i in range(n - 1):
        v = a[i + 1 :, i]
        factor, e[i] = _reflector(v)
        if factor != 0.0:
            v[0] = 1.0
            below = a[i + 1 :, i + 1 :]
            w = _symmetric_product(below, v, factor)
            total = 0.0
            for one, other in zip(w.tolist(), v.tolist(), strict=True):
                total += one * other
            w += (-0.5 * factor * total) * v
            for j in range(len(v)):
                if v[j] != 0.0 or w[j] != 0.0:
                    below[j:, j] = below[j:, j] + v[j:] * -w[j] + w[j:] * -v[j]
        v[0] = e[i]
        d[i], tau[i] = float(a[i, i]), factor
    d[n - 1] = float(a[n - 1, n - 1])
    return d, e, tau


def _symmetric_product(a: Array, x: Array, alpha: float) -> Array:
    """Return alpha · a · x, reading only the lower triangle of the symmetric matrix a (`dsymv`)."""
    import numpy

    n = len(x)
    right = numpy.zeros(n)  # the sums of each column below the diagonal, row by row
    for i in range(1, n):
        right[:i] += a[i, :i] * x[i]
    y = numpy.zeros(n)
    for j in range(n):
        left = alpha * x[j]
        y[j:] += left * a[j:, j]
        y[j] += alpha * right[j]
    return y


def _reflections(a: Array, tau: Sequence[float]) -> Array:
    """Return the product of the reflections (`dorgtr` by `dorg2r`)."""
    import numpy

    n = len(a)
    z = numpy.zeros((n, n))
    z[0, 0] = 1.0
    q = z[1:, 1:]
    q[:] = numpy.tril(a[1:, :-1])
    for i in reversed(range(n - 1)):
        v = q[i:, i]
        if i < n - 2:
            v[0] = 1.0
            if tau[i] != 0.0:
                right = q[i:, i + 1 :]
                w = numpy.zeros(n - 2 - i)
                for row, element in zip(right, v.tolist(), strict=True):
                    w += row * element
                right += v[:, None] * (-tau[i] * w)
            v[1:] *= -tau[i]
        v[0] = 1.0 - tau[i]
        q[:i, i] = 0.0
    return z


def _rotation(f: float, g: float) -> tuple[float, float, float]:
    """Return cosine, sine and length of the rotation from (f, g) to (length, 0) (`dlartg`)."""
    if g == 0.0:
        return 1.0, 0.0, f
    if f == 0.0:
        return 0.0, 1.0, g
    # 2 to the power of the whole part of log2(SAFE_MIN / EPS) / 2.
    small = 2.0**-484
    large, times, step = 2.0**484, 0, 1.0
    one, other = f, g
    while max(abs(one), abs(other)) >= large:
        one, other, times, step = one * small, other * small, times + 1, large
    if step == 1.0:
        while max(abs(one), abs(other)) <= small:
            one, other, times, step = one * large, other * large, times + 1, small
    length = math.sqrt(one * one + other * other)
    cosine, sine = one / length, other / length
    for _ in range(times):
        length *= step
    return (-cosine, -sine, -length) if abs(f) > abs(g) and cosine < 0.0 else (cosine, sine, length)


def _two_by_two(a: float, b: float, c: float) -> tuple[float, float, float, float]:
    """Return both eigenvalues of [[a, b], [b, c]], and cosine and sine of the first's vector (`dlaev2`)."""
    total, gap, twice = a + c, a - c, b + b
    most, least = (a, c) if abs(a) > abs(c) else (c, a)
    wide, high = abs(gap), abs(twice)
    if wide > high:
        root = wide * math.sqrt(1.0 + (high / wide) * (high / wide))
    elif wide < high:
        root = high * math.sqrt(1.0 + (wide / high) * (wide / high))
    else:
        root = high * math.sqrt(2.0)
    if total == 0.0:
        first, second = 0.5 * root, -0.5 * root
    else:
        first = 0.5 * (total - root) if total < 0.0 else 0.5 * (total + root)
        second = (most / first) * least - (b / first) * b
    other = gap + root if gap >= 0.0 else gap - root
    if abs(other) > high:
        tangent = -twice / other
        sine = 1.0 / math.sqrt(1.0 + tangent * tangent)
        cosine = tangent * sine
    elif high == 0.0:
        cosine, sine = 1.0, 0.0
    else:
        tangent = -other / twice
        cosine = 1.0 / math.sqrt(1.0 + tangent * tangent)
        sine = tangent * cosine
    if (total < 0.0) == (gap < 0.0):
        cosine, sine = -sine, cosine
    return first, second, cosine, sine


def _rotate(z: Array, j: int, cosine: float, sine: float) -> None:
    """Rotate columns j and j + 1 (`dlasr`)."""
    if cosine != 1.0 or sine != 0.0:
        right, left = z[:, j + 1].copy(), z[:, j].copy()
        z[:, j + 1] = cosine * right - sine * left
        z[:, j] = sine * right + cosine * left


def _sweeps(d: list[float], e: list[float], z: Array) -> None:
    """Replace a tridiagonal matrix by its eigenvalues and `z` by their vectors (`dsteqr`)."""
    n = len(d)
    rounds, start = [MOST_SWEEPS * n], 0
    while start < n:
        if start > 0:
            e[start - 1] = 0.0
        end = start
        while end < n - 1 and e[end] != 0.0:
            if abs(e[end]) <= math.sqrt(abs(d[end])) * math.sqrt(abs(d[end + 1])) * EPS:
                e[end] = 0.0
                break
            end += 1
        first, start = start, end + 1
        if end == first:
            continue
        size = _row_norm(d[first : end + 1], e[first:end])
        if size == 0.0:
            continue
        scale = LARGEST / size if size > LARGEST else SMALLEST / size if size < SMALLEST else 1.0
        if scale != 1.0:
            d[first : end + 1] = [value * scale for value in d[first : end + 1]]
            e[first:end] = [value * scale for value in e[first:end]]
        if abs(d[end]) < abs(d[first]):
            done = _qr(d, e, z, end, first, rounds)
        else:
            done = _ql(d, e, z, first, end, rounds)
        if scale != 1.0:
            d[first : end + 1] = [value * (1.0 / scale) for value in d[first : end + 1]]
            e[first:end] = [value * (1.0 / scale) for value in e[first:end]]
        if not done:
            raise InvalidValueError("has eigenvalues that do not converge", d)
    for i in range(n - 1):
        k = i
        for j in range(i + 1, n):
            if d[j] < d[k]:
                k = j
        if k != i:
            d[i], d[k] = d[k], d[i]
            z[:, [i, k]] = z[:, [k, i]]


def _ql(d: list[float], e: list[float], z: Array, low: int, end: int, rounds: list[int]) -> bool:
    """Compute the eigenvalues from the low end up; return False after too many iterations."""
    while low <= end:
        m = low
        while m < end and not _negligible(e[m], d[m], d[m + 1]):
            m += 1
        if m < end:
            e[m] = 0.0
        p = d[low]
        if m == low:
            low += 1
            continue
        if m == low + 1:
            d[low], d[low + 1], cosine, sine = _two_by_two(d[low], e[low], d[low + 1])
            _rotate(z, low, cosine, sine)
            e[low] = 0.0
            low += 2
            continue
        if not rounds[0]:
            return False
        rounds[0] -= 1
        g = (d[low + 1] - p) / (2.0 * e[low])
        g = d[m] - p + (e[low] / (g + math.copysign(_hypotenuse(g, 1.0), g)))
        sine, cosine, p = 1.0, 1.0, 0.0
        turns = []
        for i in range(m - 1, low - 1, -1):
            f, b = sine * e[i], cosine * e[i]
            cosine, sine, r = _rotation(g, f)
            if i != m - 1:
                e[i + 1] = r
            g = d[i + 1] - p
            r = (d[i] - g) * sine + 2.0 * cosine * b
            p = sine * r
            d[i + 1] = g + p
            g = cosine * r - b
            turns.append((i, cosine, -sine))
        for turn in turns:
            _rotate(z, *turn)
        d[low] -= p
        e[low] = g
    return True


def _qr(d: list[float], e: list[float], z: Array, high: int, end: int, rounds: list[int]) -> bool:
    """Compute the eigenvalues from the high end down; return False after too many iterations."""
    while high >= end:
        m = high
        while m > end and not _negligible(e[m - 1], d[m], d[m - 1]):
            m -= 1
        if m > end:
            e[m - 1] = 0.0
        p = d[high]
        if m == high:
            high -= 1
            continue
        if m == high - 1:
            d[high - 1], d[high], cosine, sine = _two_by_two(d[high - 1], e[high - 1], d[high])
            _rotate(z, high - 1, cosine, sine)
            e[high - 1] = 0.0
            high -= 2
            continue
        if not rounds[0]:
            return False
        rounds[0] -= 1
        g = (d[high - 1] - p) / (2.0 * e[high - 1])
        g = d[m] - p + (e[high - 1] / (g + math.copysign(_hypotenuse(g, 1.0), g)))
        sine, cosine, p = 1.0, 1.0, 0.0
        turns = []
        for i in range(m, high):
            f, b = sine * e[i], cosine * e[i]
            cosine, sine, r = _rotation(g, f)
            if i != m:
                e[i - 1] = r
            g = d[i] - p
            r = (d[i + 1] - g) * sine + 2.0 * cosine * b
            p = sine * r
            d[i] = g + p
            g = cosine * r - b
            turns.append((i, cosine, sine))
        for turn in turns:
            _rotate(z, *turn)
        d[high] -= p
        e[high - 1] = g
    return True


def _row_norm(d: Sequence[float], e: Sequence[float]) -> float:
    """Return the largest sum of absolute elements of a row (`dlanst`)."""
    sizes = [0.0, *map(abs, e), 0.0]
    return max(abs(value) + sizes[i] + sizes[i + 1] for i, value in enumerate(d))


def _negligible(element: float, one: float, other: float) -> bool:
    return element * element <= (EPS * EPS * abs(one)) * abs(other) + SAFE_MIN
