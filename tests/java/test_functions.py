"""Functions of java.lang.Math: special cases exactly, everything else within a unit in the last place."""

from __future__ import annotations

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sparklet.java import functions

NAN, INF = math.nan, math.inf
UNARY = [
    "exp",
    "expm1",
    "log",
    "log1p",
    "log10",
    "sqrt",
    "sin",
    "cos",
    "tan",
    "asin",
    "acos",
    "sinh",
    "cosh",
    "tanh",
]
SPECIAL = [
    0.0,
    -0.0,
    1.0,
    -1.0,
    0.5,
    -0.5,
    2.0,
    -2.0,
    3.0,
    -3.0,
    1e300,
    -1e300,
    5e-324,
    -5e-324,
    INF,
    -INF,
    NAN,
]
SPECIAL += [
    709.0,
    710.0,
    -745.0,
    -746.0,
    1.0000000000000002,
    0.9999999999999999,
    1e16,
    9007199254740993.0,
    -0.25,
]
# JDK 17's Math.pow
POWERS = [
    (1.0, NAN, NAN),
    (NAN, 0.0, 1.0),
    (1.0, INF, NAN),
    (-1.0, -INF, NAN),
    (-8.0, 1 / 3, NAN),
    (-2.0, 3.0, -8.0),
    (0.0, -1.0, INF),
    (-0.0, -1.0, -INF),
    (-0.0, -2.0, INF),
    (-10.0, 309.0, -INF),
    (-10.0, 310.0, INF),
    (-1e300, 9007199254740993.0, INF),
    (0.5, INF, 0.0),
    (2.0, -INF, 0.0),
]


def near(left, right, ulps=1):
    """Tell whether two results are the same special value, or within some units in the last place."""
    if left != left or right != right or math.isinf(left) or math.isinf(right):
        return repr(left) == repr(right)
    return abs(left - right) <= ulps * math.ulp(right) and math.copysign(1.0, left) == math.copysign(
        1.0, right
    )


@given(st.floats())
def test_nothing_raises(x):
    for name in [*UNARY, "log2"]:
        assert isinstance(getattr(functions, name)(x), float)


@given(st.floats(), st.floats())
def test_no_pair_raises(x, y):
    assert isinstance(functions.pow(x, y), float)
    assert isinstance(functions.div(x, y), float)
    if y != 0.0:
        assert repr(functions.div(x, y)) == repr(x / y)


@pytest.mark.parametrize(("x", "y", "power"), POWERS)
def test_pow(x, y, power):
    assert repr(functions.pow(x, y)) == repr(power)


@pytest.mark.parametrize(
    ("a", "b", "quotient"),
    [
        (1.0, 0.0, INF),
        (1.0, -0.0, -INF),
        (-1.0, 0.0, -INF),
        (0.0, 0.0, NAN),
        (NAN, 0.0, NAN),
        (INF, -0.0, -INF),
    ],
)
def test_div(a, b, quotient):
    assert repr(functions.div(a, b)) == repr(quotient)


@pytest.mark.spark
@pytest.mark.parametrize("name", UNARY)
def test_live_function(spark, name):
    java = getattr(spark.sparkContext._jvm.java.lang.Math, name)
    draw = random.Random(name)
    ours = getattr(functions, name)
    for x in SPECIAL + [draw.gauss(0, 10.0 ** draw.randrange(-3, 3)) for _ in range(300)]:
        # java.lang.Math promises 2.5 ulps for the hyperbolic functions
        assert near(ours(x), java(x), 3 if name in {"sinh", "cosh", "tanh"} else 1), x


@pytest.mark.spark
def test_live_pow(spark):
    java = spark.sparkContext._jvm.java.lang.Math.pow
    for x, y, power in POWERS:
        assert repr(java(x, y)) == repr(power)
    draw = random.Random(2)
    pairs = [(x, y) for x in SPECIAL for y in SPECIAL]
    pairs += [(abs(draw.gauss(0, 10)), draw.gauss(0, 5)) for _ in range(300)]
    for x, y in pairs:
        assert near(functions.pow(x, y), java(x, y)), (x, y)
