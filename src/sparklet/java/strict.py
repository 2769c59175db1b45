"""`java.lang.StrictMath`, bit for bit; Spark SQL's logarithms and `exp` call it, MLlib calls `Math`.

The algorithms and names are those of fdlibm, published by Sun Microsystems.
"""

from __future__ import annotations

import math
import struct

__all__ = ["strict_exp", "strict_log", "strict_log10"]

LN2_HI, LN2_LO = 6.93147180369123816490e-01, 1.90821492927058770002e-10
TWO54 = 1.80143985094819840000e16
SUBNORMAL_BELOW, MANTISSA = 0x00100000, 0x000FFFFF


def _split(x: float) -> tuple[int, int]:
    """Return the high and the low 32 bits of a double."""
    low, high = struct.unpack("<Ii", struct.pack("<d", x))
    return high, low


def _join(high: int, low: int) -> float:
    return struct.unpack("<d", struct.pack("<Ii", low, high))[0]  # type: ignore[no-any-return]


def _normal(x: float) -> tuple[float, int, int, int]:
    """Return a positive number scaled to normal, its exponent's correction, and its high and low bits."""
    high, low = _split(x)
    if high >= SUBNORMAL_BELOW:
        return x, 0, high, low
    x *= TWO54
    return (x, -54, *_split(x))


LG1, LG2, LG3 = 6.666666666666735130e-01, 3.999999999940941908e-01, 2.857142874366239149e-01
LG4, LG5, LG6 = 2.222219843214978396e-01, 1.818357216161805012e-01, 1.531383769920937332e-01
LG7 = 1.479819860511658591e-01


def strict_log(x: float) -> float:
    """Return `StrictMath.log(x)`: -infinity of zero, NaN of negative numbers.

    >>> strict_log(10.0), strict_log(0.0), strict_log(-1.0)
    (2.302585092994046, -inf, nan)
    """
    if x != x or x <= 0.0 or x == math.inf:
        return x if x == math.inf else -math.inf if x == 0.0 else math.nan
    x, k, hx, lx = _normal(x)
    k += (hx >> 20) - 1023
    hx &= MANTISSA
    i = (hx + 0x95F64) & 0x100000
    f = _join(hx | (i ^ 0x3FF00000), lx) - 1.0
    k += i >> 20
    dk = float(k)
    if (MANTISSA & (2 + hx)) < 3:  # |f| < 2**-20
        if f == 0.0:
            return dk * LN2_HI + dk * LN2_LO if k else 0.0
        r = f * f * (0.5 - 0.33333333333333333 * f)
        return dk * LN2_HI - ((r - dk * LN2_LO) - f) if k else f - r
    s = f / (2.0 + f)
    z = s * s
    w = z * z
    r = z * (LG1 + w * (LG3 + w * (LG5 + w * LG7))) + w * (LG2 + w * (LG4 + w * LG6))
    if ((hx - 0x6147A) | (0x6B851 - hx)) > 0:
        half = 0.5 * f * f
        if k == 0:
            return f - (half - s * (half + r))
        return dk * LN2_HI - ((half - (s * (half + r) + dk * LN2_LO)) - f)
    if k == 0:
        return f - s * (f - r)
    return dk * LN2_HI - ((s * (f - r) - dk * LN2_LO) - f)


IVLN10, LOG10_2HI, LOG10_2LO = (
    4.34294481903251816668e-01,
    3.01029995663611771306e-01,
    3.69423907715893078616e-13,
)


def strict_log10(x: float) -> float:
    """Return `StrictMath.log10(x)`: -infinity of zero, NaN of negative numbers.

    >>> strict_log10(1000.0), strict_log10(2.0), strict_log10(0.0)
    (3.0, 0.3010299956639812, -inf)
    """
    if x != x or x <= 0.0 or x == math.inf:
        return x if x == math.inf else -math.inf if x == 0.0 else math.nan
    x, k, hx, lx = _normal(x)
    k += (hx >> 20) - 1023
    i = 1 if k < 0 else 0
    y = float(k + i)
    z = y * LOG10_2LO + IVLN10 * strict_log(_join((hx & MANTISSA) | ((0x3FF - i) << 20), lx))
    return z + y * LOG10_2HI


INVLN2 = 1.44269504088896338700e00
P1, P2, P3 = 1.66666666666666019037e-01, -2.77777777770155933842e-03, 6.61375632143793436117e-05
P4, P5 = -1.65339022054652515390e-06, 4.13813679705723846039e-08
OVERFLOWS_ABOVE, UNDERFLOWS_BELOW = 7.09782712893383973096e02, -7.45133219101941108420e02
HALF_LN2, THREE_HALVES_LN2, TINY = 0x3FD62E42, 0x3FF0A2B2, 0x3E300000


def strict_exp(x: float) -> float:
    """Return `StrictMath.exp(x)`: infinity on overflow, 0 on underflow.

    >>> strict_exp(1.0), strict_exp(710.0), strict_exp(-746.0)
    (2.7182818284590455, inf, 0.0)
    """
    if x != x:
        return x
    if x > OVERFLOWS_ABOVE or x < UNDERFLOWS_BELOW:
        return math.inf if x > 0 else 0.0
    high, _ = _split(x)
    hx = high & 0x7FFFFFFF
    k, hi, lo = 0, 0.0, 0.0
    if hx > HALF_LN2:
        half = 0.5 if x > 0 else -0.5
        k = int(2 * half) if hx < THREE_HALVES_LN2 else int(INVLN2 * x + half)
        hi, lo = x - k * LN2_HI, k * LN2_LO
        x = hi - lo
    elif hx < TINY:
        return 1.0 + x
    t = x * x
    c = x - t * (P1 + t * (P2 + t * (P3 + t * (P4 + t * P5))))
    if k == 0:
        return 1.0 - ((x * c) / (c - 2.0) - x)
    y = 1.0 - ((lo - (x * c) / (2.0 - c)) - hi)
    return math.ldexp(y, k) if k >= -1021 else math.ldexp(y, k + 1000) * 2.0**-1000
