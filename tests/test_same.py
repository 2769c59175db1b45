"""What "the same" means, and how far floats may be off where a case says so."""

from __future__ import annotations

import math

import pytest

from sparklet.linalg import DenseVector, SparseVector
from sparklet.testing import Slack, assert_same, compare, differences

NAN, INF = math.nan, math.inf
ULP = math.ulp(1.0)


def problems(expected, actual, slack):
    return [problem for _, problem in differences(expected, actual, ulps=slack)]


@pytest.mark.parametrize(
    ("expected", "actual"),
    [(1, 1.0), (1, True), (0.0, -0.0), (NAN, 1.0), (INF, 1e308), (DenseVector((1.0,)), [1.0]),
     (DenseVector((0.0, 1.0)), SparseVector(2, (1,), (1.0,))), ({"a": 1, "b": 2}, {"b": 2, "a": 1})],
)  # fmt: skip
def test_nothing_is_alike_but_the_same(expected, actual):
    with pytest.raises(AssertionError):
        assert_same(expected, actual)


def test_slack_of_the_value():
    assert not problems(1.0, 1.0 + 3 * ULP, Slack(3))
    assert problems(1.0, 1.0 + 4 * ULP, Slack(3)) == ["expected 1.0, got 1.0000000000000009, 4 ulp apart"]
    assert not problems(1.0, 1.0 + 3 * ULP, 3)
    assert problems(1e-20, 2e-20, Slack(3))


def test_slack_of_one():
    assert not problems(1e-20, 2e-20, Slack(1, "one"))
    assert not problems(DenseVector((ULP, 1.0)), DenseVector((0.0, 1.0)), Slack(1, "one"))
    assert problems(DenseVector((3 * ULP, 1.0)), DenseVector((0.0, 1.0)), Slack(2, "one"))
    # Beyond 1.0 it is the slack of the value.
    assert not problems(1e9, math.nextafter(1e9, INF), Slack(1, "one"))


def test_slack_of_the_vector():
    near = DenseVector((1024.0, 1024 * ULP))
    assert not problems(near, DenseVector((1024.0, 0.0)), Slack(1, "vector"))
    assert problems(near, DenseVector((1024.0, -1024 * ULP)), Slack(1, "vector"))
    assert not problems(near, DenseVector((1024.0, -1024 * ULP)), Slack(2, "vector"))
    # Infinities do not widen it, zeros do not divide by it.
    assert problems(DenseVector((INF, 1.0)), DenseVector((INF, 1.0 + 2 * ULP)), Slack(1, "vector"))
    assert problems(DenseVector((0.0,)), DenseVector((1e-300,)), Slack(9, "vector"))


@pytest.mark.parametrize("of", ["value", "one", "vector"])
@pytest.mark.parametrize(
    ("expected", "actual"), [(NAN, 1.0), (1.0, NAN), (INF, 1e308), (INF, -INF), (1e308, INF)]
)
def test_no_slack_reaches_what_is_not_finite(of, expected, actual):
    assert problems(DenseVector((expected, 1.0)), DenseVector((actual, 1.0)), Slack(2**60, of))


def test_slack_holds_for_its_columns_alone():
    slack = Slack(1, columns=("probability",))
    off = 1.0 + ULP
    assert not problems({"probability": 1.0}, {"probability": off}, slack)
    assert problems({"raw": 1.0}, {"raw": off}, slack)
    rows = [{"probability": 1.0, "raw": 1.0}, {"probability": 1.0, "raw": 1.0}]
    found = compare(rows, [{"probability": off, "raw": 1.0}, {"probability": 1.0, "raw": off}], rows, slack)
    assert (found.values, found.equal, found.bits, found.max_ulp, found.same) == (4, 3, 2, 1, False)
    assert [difference.path for difference in found.problems()] == ["$.raw"]
