"""Special functions against values that commons-math3 3.6.1 gave on a JVM (OpenJDK 17)."""

from __future__ import annotations

import math

import pytest

from sparklet.errors import InvalidValueError
from sparklet.java import digamma, digammas, erf, gamma_draws, log1p, normal_cdf
from sparklet.same import ulp_distance

DIGAMMA = (
    ("0x1.5ebc4c5c9fe06p+5", "0x1.e273470d1a24dp+1"),
    ("0x1.cf09630b44e43p+10", "0x1.e18670e4295d2p+2"),
    ("0x1.cb67e8df0d23cp+0", "0x1.1fb6ad25aae12p-2"),
    ("-0x1.1b455748ea3b0p+5", "0x1.2061cf1277708p+2"),
    ("0x1.51d69364a3332p+4", "0x1.83579ee3711abp+1"),
    ("0x1.4fd9453cbff4ap-7", "-0x1.88834c8ebc6f7p+6"),
    ("0x1.ee88ed02b9ff0p-3", "-0x1.18412cafbce69p+2"),
    ("-0x1.53f719fda864fp+5", "0x1.e6e9b5de1bd0cp+1"),
    ("0x1.3f904f9338624p+2", "0x1.812df9b8ad76bp+0"),
    ("0x1.304753c06b790p+5", "0x1.d009ca979aa87p+1"),
    ("0x1.91cc0a5efc0e5p+0", "0x1.97c1bb7e72158p-4"),
    ("-0x1.d72c9ac354e5dp+4", "0x1.f4ea789ba952ap+1"),
)
ERF = (
    ("-0x1.779506ff27309p+0", "-0x1.ec8ad0a4d1da3p-1"),
    ("0x1.2ffbeb5589856p+4", "0x1.0000000000000p+0"),
    ("0x1.bcd423d9ca509p+0", "0x1.f8d57507dbe40p-1"),
    ("-0x1.c38150570618dp+2", "-0x1.0000000000000p+0"),
    ("0x1.8d6b7868358fap+1", "0x1.fffe853f2c20ep-1"),
    ("0x1.58d1158f9cabep-12", "0x1.851581730b2a7p-12"),
    ("0x1.b419145d102c4p-2", "0x1.cfe29901e0080p-2"),
    ("-0x1.4e342a66c576ep+3", "-0x1.0000000000000p+0"),
    ("0x1.54dc4b885a77dp+2", "0x1.ffffffffffe3ep-1"),
    ("0x1.b7c9bbf0d0358p-1", "0x1.8d139a0b0a97bp-1"),
    ("0x1.86de178cdb9b8p-3", "0x1.b3bff0ec7d92dp-3"),
    ("-0x1.05b88a0ab8493p+5", "-0x1.0000000000000p+0"),
)
# The first ones differ from glibc's log1p.
LOG1P = (
    ("-0x1.5db7f3a31a28ep-3", "-0x1.7f7b4b992c43ap-3"),
    ("-0x1.4174591bc3d22p-2", "-0x1.81cdcc0c98309p-2"),
    ("0x1.15870878c1ce8p-2", "0x1.eb27cfa285f5ap-3"),
    ("-0x1.239dcf7218fc0p-2", "-0x1.573622bdd0ba4p-2"),
    ("-0x1.3104a3afa32bdp-1", "-0x1.cfb70b16875f4p-1"),
    ("-0x1.d4a968708a180p-3", "-0x1.0a182835aaaa1p-2"),
    ("-0x1.764d26c7fd02cp-1", "-0x1.50319f8bbb825p+0"),
    ("-0x1.b74ddd31db182p-1", "-0x1.f3b8ebabbf00cp+0"),
    ("0x1.43808a8a3369ep-34", "0x1.43808a8a00503p-34"),
    ("-0x1.1315b91ba99a0p-10", "-0x1.133ab2b0b5ca8p-10"),
    ("0x1.a6f609295f80dp-4", "0x1.9284da4f99c3cp-4"),
    ("-0x1.447b0d15c886cp-3", "-0x1.61454280def6dp-3"),
    ("0x1.922263b52eaa0p-4", "0x1.7f990fdada763p-4"),
    ("0x1.d027bb606ffbfp+11", "0x1.0709aa36ca23cp+3"),
    ("-0x1.3ae06df61ce57p-13", "-0x1.3ae67b4b1a8a3p-13"),
    ("0x1.1511212fa5c87p+668", "0x1.cf19f53ba50adp+8"),
    ("-0x1.78aec33ab7ca4p-2", "-0x1.d5a474b9b1a39p-2"),
)
# Gamma(shape, 1 / shape) on MersenneTwister(1421925485): the first four draws.
DRAWS = {
    100.0: ("0x1.1bd9977375ce1p+0", "0x1.b9419dc3825dap-1", "0x1.f41700dcfcf3bp-1", "0x1.1da54cab6e7f7p+0"),
    1.0: ("0x1.436d253b275b9p-3", "0x1.971b10ae432bbp+0", "0x1.284ddcd4904c2p-2", "0x1.83924e85ed23dp-2"),
    0.3: ("0x1.3e55717dfa370p+1", "0x1.4bbea5196723ap+0", "0x1.7ce723f062c1ap-5", "0x1.4ca695cecd9eap-9"),
    2.5: ("0x1.ac83956933a2ap+0", "0x1.161313a084e50p-2", "0x1.81ddbd60f8eeep-1", "0x1.bbf6464bf9b37p+0"),
}


@pytest.mark.parametrize(("x", "expected"), DIGAMMA)
def test_digamma(x: str, expected: str) -> None:
    assert ulp_distance(float.fromhex(expected), digamma(float.fromhex(x))) <= 1


@pytest.mark.parametrize("x", [math.inf, -math.inf, math.nan])
def test_digamma_returns_what_is_not_finite(x: float) -> None:
    assert digamma(x) is x


def test_digamma_of_zero_and_of_poles() -> None:
    assert digamma(0.0) == -math.inf
    assert digamma(-3.0) == -math.inf


def test_digamma_far_below_zero_is_refused() -> None:
    with pytest.raises(InvalidValueError, match="digamma"):
        digamma(-1e300)


def test_digammas_are_digamma() -> None:
    xs = [0.0, 5e-324, 1e-5, 1.0000001e-5, 0.5, 3.0, 48.99, 49.0, 1e300] + [i / 7 for i in range(1, 9000)]
    assert digammas(xs) == [digamma(x) for x in xs]
    assert digammas([]) == []


@pytest.mark.parametrize(("x", "expected"), ERF)
def test_erf(x: str, expected: str) -> None:
    assert ulp_distance(float.fromhex(expected), erf(float.fromhex(x))) <= 3


def test_erf_at_its_edges() -> None:
    assert erf(math.inf) == 1.0
    assert erf(-41.0) == -1.0
    assert math.isnan(erf(math.nan))
    assert erf(1e-200) == 0.0
    assert [normal_cdf(x) for x in (-math.inf, 0.0, math.inf)] == [0.0, 0.5, 1.0]


@pytest.mark.parametrize(("shape", "expected"), DRAWS.items())
def test_gamma_draws(shape: float, expected: tuple[str, ...]) -> None:
    assert gamma_draws(1421925485, shape, 1.0 / shape, 4) == [float.fromhex(value) for value in expected]


@pytest.mark.parametrize(("x", "expected"), LOG1P)
def test_log1p_is_fdlibm(x: str, expected: str) -> None:
    assert log1p(float.fromhex(x)) == float.fromhex(expected)
