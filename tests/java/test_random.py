"""Random numbers of java.util.Random and of commons-math3."""

from __future__ import annotations

import math

import pytest

from sparklet.java import JavaRandom, MersenneTwister

SEEDS = [0, 1, 42, -5, 2**63 - 1, -(2**63), -1234567890123]


def close(left, right):
    """Tell whether two gaussians agree but for a few units in the last place of log, sin and cos."""
    return math.isclose(left, right, rel_tol=1e-14)


def test_java_random_constants():
    # JDK 17
    draw = JavaRandom(42)
    assert (draw.next_int(), draw.next_int(10), draw.next_double()) == (-1170105035, 3, 0.6832234717598454)
    assert (draw.next_int(64), draw.next_long()) == (19, -1068554554583376509)
    draw = JavaRandom(-5)
    assert draw.next_int(1000000007) == 578319411
    expected = [-1.2335934147092407, -1.4122352602250308, 0.7511242102808579]
    assert all(close(draw.next_gaussian(), value) for value in expected)


def test_mersenne_twister_constants():
    # commons-math3 3.6.1
    draw = MersenneTwister(42)
    assert (draw.next_double(), draw.next_int()) == (0.433919173241921, -1550003641)
    draw = MersenneTwister(-1234567890123)
    total = 0.0
    for _ in range(5000):
        total += draw.next_double()
    assert total == 2509.824068255527
    assert close(draw.next_gaussian(), 0.5932068754823354)
    assert close(draw.next_gaussian(), 0.08799390359140989)


@pytest.mark.spark
@pytest.mark.parametrize("seed", SEEDS)
def test_live_java_random(spark, seed):
    theirs, ours = spark.sparkContext._jvm.java.util.Random(seed), JavaRandom(seed)
    for bound in (1, 2, 3, 64, 1000, 2**30, 2**30 + 1, 2**31 - 1):
        for _ in range(20):
            assert ours.next_int(bound) == theirs.nextInt(bound)
    for _ in range(50):
        assert ours.next_int() == theirs.nextInt()
        assert ours.next_long() == theirs.nextLong()
        assert ours.next_double() == theirs.nextDouble()
        assert close(ours.next_gaussian(), theirs.nextGaussian())


@pytest.mark.spark
@pytest.mark.parametrize("seed", SEEDS)
def test_live_mersenne_twister(spark, seed):
    jvm = spark.sparkContext._jvm
    long = jvm.java.lang.Long.valueOf(seed)
    kind = jvm.java.lang.Class.forName("org.apache.commons.math3.random.MersenneTwister")
    types = spark.sparkContext._gateway.new_array(jvm.java.lang.Class, 1)
    types[0] = jvm.java.lang.Class.forName("java.lang.Long").getField("TYPE").get(None)
    values = spark.sparkContext._gateway.new_array(jvm.java.lang.Object, 1)
    values[0] = long
    theirs, ours = kind.getConstructor(types).newInstance(values), MersenneTwister(seed)
    for _ in range(400):
        assert ours.next_int() == theirs.nextInt()
        assert ours.next_double() == theirs.nextDouble()
        assert close(ours.next_gaussian(), theirs.nextGaussian())
