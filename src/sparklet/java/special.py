"""Special functions of commons-math3 and Breeze that Spark's models call.

They are written out as there, series by series: another good `erf` or `digamma` would differ in its last
bits. Inside, commons-math3 uses its own `FastMath.exp` and `log`, which are within an ulp of the ones here.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from sparklet.errors import InvalidValueError
from sparklet.java.functions import div, exp, log
from sparklet.java.functions import pow as java_pow
from sparklet.java.random import MersenneTwister

__all__ = ["digamma", "digammas", "erf", "gamma_draws", "normal_cdf"]

EULER_GAMMA = 0.577215664901532860606512090082
SMALLEST_SHIFTED = 1e-5
LARGEST_SHIFTED = 49.0
# Beyond it the JVM's recursion ends in a StackOverflowError.
LOWEST = -10_000.0

CHUNK = 8192

LOG_GAMMA_OF_HALF = 0.5723649429247001
LARGEST_ERF_ARGUMENT = 40.0
ERF_EPSILON = 1e-15
ERF_ITERATIONS = 10_000
TINY = 1e-50


def digamma(x: float) -> float:
    """Return the derivative of log Gamma, as `Gamma.digamma` of commons-math3 3.6.1.

    There it is a recursion from x to x + 1 up to 49; the terms are taken off in the same order here. One sign
    of its series is wrong, so that only eight digits are right, there and here. Raises InvalidValueError far
    below zero, where the recursion overflows the JVM's stack.

    >>> digamma(1.0), digamma(100.0)
    (-0.5772156677920..., 4.600161852571...)
    """
    if x != x or x in (math.inf, -math.inf):
        return x
    if x < LOWEST:
        raise InvalidValueError(f"digamma({x}) is not computable", x)
    shifted = []
    while not (0.0 < x <= SMALLEST_SHIFTED or x >= LARGEST_SHIFTED):
        shifted.append(x)
        x += 1.0
    result = _unshifted_digamma(x)
    for term in reversed(shifted):
        result -= div(1.0, term)
    return result


def _unshifted_digamma(x: float) -> float:
    if x <= SMALLEST_SHIFTED:
        return -EULER_GAMMA - 1.0 / x
    inverse = 1.0 / (x * x)
    return log(x) - 0.5 / x - inverse * ((1.0 / 12.0) + inverse * (1.0 / 120.0 - inverse / 252.0))


def digammas(xs: Sequence[float]) -> list[float]:
    """Return `digamma` of many finite non-negative numbers, with the same bits but faster.

    >>> digammas((1.0, 100.0)) == [digamma(1.0), digamma(100.0)]
    True
    """
    # numpy rounds divisions and additions correctly, but not logarithms.
    import numpy

    result: list[float] = []
    for start in range(0, len(xs), CHUNK):
        x = numpy.array(xs[start : start + CHUNK])
        shifts = []
        moving = ~((x > 0.0) & (x <= SMALLEST_SHIFTED)) & (x < LARGEST_SHIFTED)
        with numpy.errstate(divide="ignore", over="ignore"):
            while moving.any():
                shifts.append((moving, 1.0 / x))
                x = numpy.where(moving, x + 1.0, x)
                moving = moving & (x < LARGEST_SHIFTED)
        values = numpy.array([_unshifted_digamma(value) for value in x.tolist()])
        for moved, term in reversed(shifts):
            values = numpy.where(moved, values - term, values)
        result += values.tolist()
    return result


def erf(x: float) -> float:
    """Return the error function, as `Erf.erf` of commons-math3 3.6.1: by the gamma function P(1/2, x²).

    >>> erf(0.0), erf(0.5), erf(-50.0)
    (0.0, 0.5204998778130..., -1.0)
    """
    if abs(x) > LARGEST_ERF_ARGUMENT:
        return 1.0 if x > 0.0 else -1.0
    result = _regularized_gamma_p(x * x)
    return -result if x < 0.0 else result


def _regularized_gamma_p(x: float) -> float:
    """Return P(1/2, x): a series below 3/2, a continued fraction from there on."""
    if x != x:
        return x
    if x == 0.0:
        return 0.0
    scale = exp(-x + (0.5 * log(x)) - LOG_GAMMA_OF_HALF)
    if x >= 1.5:
        return 1.0 - scale * (1.0 / _continued_fraction(x))
    n, term = 0.0, 2.0
    total = term
    while abs(term / total) > ERF_EPSILON:
        n += 1.0
        term *= x / (0.5 + n)
        total += term
    return scale * total


def _continued_fraction(x: float) -> float:
    """Return the fraction of Q(1/2, x) by the modified Lentz algorithm (`util/ContinuedFraction.java`)."""
    value = c = 0.5 + x
    d = 0.0
    for n in range(1, ERF_ITERATIONS):
        a, b = ((2.0 * n) + 1.0) - 0.5 + x, n * (0.5 - n)
        d = a + b * d
        if abs(d) <= TINY:
            d = TINY
        c = a + b / c
        if abs(c) <= TINY:
            c = TINY
        d = 1.0 / d
        change = c * d
        value *= change
        if abs(change - 1.0) < ERF_EPSILON:
            break
    return value


SQRT_OF_TWO = math.sqrt(2.0)


def normal_cdf(x: float) -> float:
    """Return the standard normal distribution function, as Breeze 2.1's `Gaussian(0, 1).cdf`.

    >>> normal_cdf(0.0), normal_cdf(float("inf"))
    (0.5, 1.0)
    """
    return 0.5 * (1.0 + erf(x / SQRT_OF_TWO))


def gamma_draws(seed: int, shape: float, scale: float, count: int) -> list[float]:
    """Return the first draws of Breeze 2.1's `Gamma(shape, scale)` on commons-math3's MersenneTwister(seed).

    Above shape 1 the method is that of Marsaglia and Tsang with numpy's constants, below it is numpy's too.

    >>> gamma_draws(1421925485, 100.0, 0.01, 2)
    [1.1087889344105..., 0.8618287373694...]
    """
    generator = MersenneTwister(seed)
    return [_gamma_draw(generator, shape, scale) for _ in range(count)]


def _gamma_draw(generator: MersenneTwister, shape: float, scale: float) -> float:
    if shape == 1.0:
        return scale * -log(generator.next_double())
    if shape < 1.0:
        return scale * _small_gamma_draw(generator, shape)
    d = shape - 1.0 / 3.0
    c = 1.0 / math.sqrt(9.0 * d)
    while True:
        x = generator.next_gaussian()
        v = 1.0 + c * x
        if v <= 0.0:
            continue
        v = v * v * v
        squared = x * x
        u = generator.next_double()
        if u < 1.0 - 0.0331 * (squared * squared) or log(u) < 0.5 * squared + d * (1.0 - v + log(v)):
            return scale * d * v


def _small_gamma_draw(generator: MersenneTwister, shape: float) -> float:
    while True:
        u = generator.next_double()
        v = -log(generator.next_double())
        if u <= 1.0 - shape:
            x = java_pow(u, 1.0 / shape)
            if x <= v:
                return x
        else:
            y = -log((1.0 - u) / shape)
            x = java_pow(1.0 - shape + shape * y, 1.0 / shape)
            if x <= v + y:
                return x
