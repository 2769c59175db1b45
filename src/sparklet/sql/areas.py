"""The inverse hyperbolic functions, for which Spark 4.1 took the formulas of fdlibm.

Follows Spark's `catalyst/expressions/mathExpressions.scala` (3.5.9 and 4.3) and fdlibm's `s_asinh.c` and
`e_acosh.c`.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from sparklet import java
from sparklet.java.strict import strict_log
from sparklet.profile import Profile
from sparklet.sql.arithmetic import LN2, double
from sparklet.sql.functions import function, map1
from sparklet.sql.typed import Typed
from sparklet.types import DOUBLE

__all__ = ["acosh", "asinh"]

_LARGE, _SMALL = 2.0**28, 2.0**-28


def asinh(value: float) -> float:
    """Return the inverse hyperbolic sine as fdlibm computes it.

    >>> asinh(1e-9), asinh(1e300)
    (1e-09, 691.4686750787736)
    """
    size = abs(value)
    if not math.isfinite(value) or size < _SMALL:
        return value
    if size > _LARGE:
        area = strict_log(size) + LN2
    elif size > 2:
        area = strict_log(2.0 * size + 1.0 / (java.sqrt(value * value + 1.0) + size))
    else:
        square = value * value
        area = java.log1p(size + square / (1.0 + java.sqrt(1.0 + square)))
    return math.copysign(area, value)


def acosh(value: float) -> float:
    """Return the inverse hyperbolic cosine as fdlibm computes it.

    >>> acosh(1.0), acosh(0.5)
    (0.0, nan)
    """
    if not value >= 1:
        return math.nan
    if value >= _LARGE:
        return strict_log(value) + LN2
    if value > 2:
        return strict_log(2.0 * value - 1.0 / (value + java.sqrt(value * value - 1.0)))
    above = value - 1.0
    return java.log1p(above + java.sqrt(2.0 * above + above * above))


def _plain_asinh(value: float) -> float:
    square = value * value
    if math.isinf(square):
        return math.copysign(strict_log(abs(value)) + LN2, value)
    return strict_log(value + java.sqrt(square + 1.0))


def _plain_acosh(value: float) -> float:
    if value < 1:
        return math.nan
    square = value * value
    return strict_log(value) + LN2 if math.isinf(square) else strict_log(value + java.sqrt(square - 1.0))


def _by_release(
    name: str, plain: Callable[[float], float], fdlibm: Callable[[float], float]
) -> Callable[[Profile, Typed], Typed]:
    def build(profile: Profile, operand: Typed) -> Typed:
        of = fdlibm if profile.at_least("4.1+") else plain
        return map1(of, double(name, operand, profile), DOUBLE)

    return build


function("asinh", takes="n", gives="n")(_by_release("asinh", _plain_asinh, asinh))
function("acosh", takes="n", gives="n")(_by_release("acosh", _plain_acosh, acosh))
