"""Functions of `java.lang.Math`, which return infinities and NaN where Python raises exceptions.

The functions call libm, except log1p. HotSpot has its own exp, log and pow, which differ by at most one unit
in the last place.
"""

from __future__ import annotations

import math
import struct

__all__ = [
    "acos",
    "asin",
    "cos",
    "cosh",
    "div",
    "exp",
    "expm1",
    "log",
    "log1p",
    "log2",
    "log10",
    "pow",
    "sin",
    "sinh",
    "sqrt",
    "tan",
    "tanh",
]


def exp(x: float) -> float:
    """Return e**x, infinity on overflow.

    >>> exp(1.0), exp(1000.0), exp(-1000.0)
    (2.718281828459045, inf, 0.0)
    """
    try:
        return math.exp(x)
    except OverflowError:
        return math.inf


def expm1(x: float) -> float:
    """Return e**x - 1, infinity on overflow.

    >>> expm1(1e-20), expm1(1000.0)
    (1e-20, inf)
    """
    try:
        return math.expm1(x)
    except OverflowError:
        return math.inf


def log(x: float) -> float:
    """Return the natural logarithm, -infinity of zero, NaN of negative numbers.

    >>> log(1.0), log(0.0), log(-1.0)
    (0.0, -inf, nan)
    """
    try:
        return math.log(x)
    except ValueError:
        return -math.inf if x == 0.0 else math.nan


LN2_HIGH = 6.93147180369123816490e-01
LN2_LOW = 1.90821492927058770002e-10
LOG1P_TERMS = (
    1.479819860511658591e-01,
    1.531383769920937332e-01,
    1.818357216161805012e-01,
    2.222219843214978396e-01,
    2.857142874366239149e-01,
    3.999999999940941908e-01,
    6.666666666666735130e-01,
)


def log1p(x: float) -> float:
    """Return the natural logarithm of 1 + x, -infinity for -1, NaN for numbers below -1.

    Every JVM computes `Math.log1p` with fdlibm; this function reproduces fdlibm bit for bit.

    >>> log1p(1e-20), log1p(-1.0), log1p(-2.0)
    (1e-20, -inf, nan)
    """
    if not -1.0 < x < math.inf:
        return x if x != x or x > 0.0 else -math.inf if x == -1.0 else math.nan
    size = _high_word(abs(x))
    if size < 0x3E200000:  # below 2**-29
        return x if size < 0x3C900000 else x - x * x * 0.5
    high = _high_word(x) if x > 0.0 else -size
    if -0x3FD2BEC3 <= high < 0x3FDA827A:  # between sqrt(2) / 2 - 1 and sqrt(2) - 1
        power, rest, f = 0, 0.0, x
        fraction = 1
    else:
        large = high >= 0x43400000  # from 2**53 on, 1 + x is x
        u = x if large else 1.0 + x
        word = _high_word(u)
        power = (word >> 20) - 1023
        rest = 0.0 if large else (1.0 - (u - x) if power > 0 else x - (u - 1.0)) / u
        fraction = word & 0x000FFFFF
        if fraction < 0x6A09E:
            f = math.ldexp(u, -power) - 1.0
        else:
            power += 1
            f = math.ldexp(u, -power) - 1.0
            fraction = (0x00100000 - fraction) >> 2
    half = 0.5 * f * f
    if fraction == 0:  # f is below 2**-20
        if f == 0.0:
            return power * LN2_HIGH + (rest + power * LN2_LOW) if power else 0.0
        r = half * (1.0 - 0.66666666666666666 * f)
        return power * LN2_HIGH - ((r - (power * LN2_LOW + rest)) - f) if power else f - r
    s = f / (2.0 + f)
    z = s * s
    r = LOG1P_TERMS[0]
    for term in LOG1P_TERMS[1:]:
        r = term + z * r
    r *= z
    if power == 0:
        return f - (half - s * (half + r))
    return power * LN2_HIGH - ((half - (s * (half + r) + (power * LN2_LOW + rest))) - f)


def _high_word(x: float) -> int:
    word: int = struct.unpack(">i", struct.pack(">d", x)[:4])[0]
    return word


def log10(x: float) -> float:
    """Return the logarithm to base 10, -infinity of zero, NaN of negative numbers.

    >>> log10(1000.0), log10(0.0)
    (3.0, -inf)
    """
    try:
        return math.log10(x)
    except ValueError:
        return -math.inf if x == 0.0 else math.nan


LN2 = math.log(2.0)


def log2(x: float) -> float:
    """Return log(x) / log(2), as Spark's `log2` computes it.

    >>> log2(8.0), log2(0.0)
    (3.0, -inf)
    """
    return log(x) / LN2


def pow(x: float, y: float) -> float:
    """Return Java's `Math.pow`, which unlike C returns NaN for 1 to the power of NaN or an infinity.

    >>> pow(2.0, 0.5), pow(-8.0, 1 / 3), pow(-0.0, -3.0), pow(1.0, float("nan")), pow(float("nan"), 0.0)
    (1.4142135623730951, nan, -inf, nan, 1.0)
    """
    if y != y or (y in (math.inf, -math.inf) and x in (1.0, -1.0)):
        return math.nan
    try:
        return math.pow(x, y)
    except OverflowError:
        return -math.inf if x < 0.0 and y % 2.0 == 1.0 else math.inf
    except ValueError:
        if x != 0.0:
            return math.nan  # a root of a negative number
        return math.copysign(math.inf, x) if y % 2.0 == 1.0 else math.inf


def sqrt(x: float) -> float:
    """Return the square root, NaN of negative numbers.

    >>> sqrt(2.25), sqrt(-1.0), sqrt(-0.0)
    (1.5, nan, -0.0)
    """
    return math.sqrt(x) if x >= 0.0 else math.nan


def div(a: float, b: float) -> float:
    """Return the IEEE quotient a / b, which is an infinity or NaN for a division by zero.

    >>> div(1.0, -0.0), div(0.0, 0.0), div(3.0, 2.0)
    (-inf, nan, 1.5)
    """
    try:
        return a / b
    except ZeroDivisionError:
        if a == 0.0 or a != a:
            return math.nan
        return math.copysign(math.inf, math.copysign(1.0, a) * math.copysign(1.0, b))


def sin(x: float) -> float:
    """Return the sine, NaN of an infinity.

    >>> sin(0.0), sin(float("inf"))
    (0.0, nan)
    """
    try:
        return math.sin(x)
    except ValueError:
        return math.nan


def cos(x: float) -> float:
    """Return the cosine, NaN of an infinity.

    >>> cos(0.0), cos(float("inf"))
    (1.0, nan)
    """
    try:
        return math.cos(x)
    except ValueError:
        return math.nan


def tan(x: float) -> float:
    """Return the tangent, NaN of an infinity.

    >>> tan(0.0), tan(float("inf"))
    (0.0, nan)
    """
    try:
        return math.tan(x)
    except ValueError:
        return math.nan


def asin(x: float) -> float:
    """Return the arc sine, NaN for numbers outside [-1, 1].

    >>> asin(0.0), asin(2.0)
    (0.0, nan)
    """
    try:
        return math.asin(x)
    except ValueError:
        return math.nan


def acos(x: float) -> float:
    """Return the arc cosine, NaN for numbers outside [-1, 1].

    >>> acos(1.0), acos(2.0)
    (0.0, nan)
    """
    try:
        return math.acos(x)
    except ValueError:
        return math.nan


def tanh(x: float) -> float:
    """Return the hyperbolic tangent.

    >>> tanh(0.0), tanh(1000.0)
    (0.0, 1.0)
    """
    return math.tanh(x)


def sinh(x: float) -> float:
    """Return the hyperbolic sine, an infinity on overflow.

    >>> sinh(0.0), sinh(-1000.0)
    (0.0, -inf)
    """
    try:
        return math.sinh(x)
    except OverflowError:
        return math.copysign(math.inf, x)


def cosh(x: float) -> float:
    """Return the hyperbolic cosine, infinity on overflow.

    >>> cosh(0.0), cosh(-1000.0)
    (1.0, inf)
    """
    try:
        return math.cosh(x)
    except OverflowError:
        return math.inf
