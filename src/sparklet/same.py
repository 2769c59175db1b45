"""Strict equality: what "the same answer as Spark" means, down to the bits of every float."""

from __future__ import annotations

import math
import struct
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

__all__ = ["Slack", "assert_same", "differences", "ulp_distance"]

_FAR = 1 << 64  # farther apart than any two floats: NaN against a number, infinity against a finite one


def _ordered(value: float) -> int:
    """Map a float to an integer that grows with it by one per representable step; -0.0 is -1, 0.0 is 0."""
    (bits,) = struct.unpack("<q", struct.pack("<d", value))
    return int(bits) if bits >= 0 else -1 - (int(bits) & 0x7FFF_FFFF_FFFF_FFFF)


def ulp_distance(expected: float, actual: float) -> int:
    """Count the representable floats from one double to the other.

    NaN is at distance 0 from NaN whatever its payload; NaN against a number and infinity against
    a finite number are farther than any slack; -0.0 and 0.0 are 1 apart.

    >>> ulp_distance(1.0, 1.0000000000000002), ulp_distance(float("nan"), float("nan"))
    (1, 0)
    >>> ulp_distance(0.0, -0.0)
    1
    """
    if expected != expected or actual != actual:
        return 0 if expected != expected and actual != actual else _FAR
    if expected in (float("inf"), float("-inf")) or actual in (float("inf"), float("-inf")):
        return 0 if expected == actual else _FAR
    return abs(_ordered(expected) - _ordered(actual))


@dataclass(frozen=True)
class Slack:
    """Say how far floats may be off: `ulps` units in the last place, counted from what `of` names.

    - "value": the value itself.
    - "one": 1.0, or the value where that is larger; for probabilities, as 1 - p near 0 has the rounding of p.
    - "vector": the largest finite element of the value's vector, for elements in which larger terms cancel.

    `columns` are those that it holds for, all where none is named; every other column must agree in each bit.
    """

    ulps: int = 0
    of: Literal["value", "one", "vector"] = "value"
    columns: tuple[str, ...] = ()

    def at(self, column: str) -> Slack:
        """Return the slack of one column.

        >>> Slack(2, columns=("probability",)).at("rawPrediction")
        Slack(ulps=0, of='value', columns=())
        """
        return Slack(self.ulps, self.of) if not self.columns or column in self.columns else Slack()

    def unit(self, values: Iterable[float] = ()) -> float:
        """Return the least distance that counts as one ulp of a value, given the values of its vector."""
        if self.of == "one":
            return math.ulp(1.0)
        finite = (abs(value) for value in values if math.isfinite(value))
        return math.ulp(max(finite, default=0.0)) if self.of == "vector" else 0.0

    def __str__(self) -> str:
        if not self.ulps:
            return ""
        whose = {"value": "", "one": " of 1.0", "vector": " of the vector's largest"}[self.of]
        return f"{self.ulps} ulp{whose}"


def distance(expected: float, actual: float, unit: float = 0.0) -> int:
    """Return the distance of two floats in ulps, of which none is counted as less than `unit`.

    >>> distance(1e-17, 2e-17, unit=2.0**-52), distance(1e-17, 2e-17) > 10**15
    (1, True)
    """
    ulps = ulp_distance(expected, actual)
    if not unit or not 0 < ulps < _FAR:
        return ulps
    apart = abs(expected - actual) / unit
    return min(ulps, max(1, math.ceil(apart))) if math.isfinite(apart) else ulps


def _slack(ulps: int | Slack) -> Slack:
    return ulps if isinstance(ulps, Slack) else Slack(ulps)


def _kind(value: object) -> str:
    # By name, so that pyspark's vectors and ours are one kind without importing pyspark.
    return type(value).__name__


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 200 else text[:199] + "…"


def differences(
    expected: object, actual: object, path: str = "$", ulps: int | Slack = 0
) -> Iterator[tuple[str, str]]:
    """Yield `(path, what differs)` for every place where two values are not the same; see `assert_same`.

    >>> list(differences({"a": [1, 2.0]}, {"a": [1.0, 2.0]}))
    [('$.a[0]', 'expected 1 (int), got 1.0 (float)')]
    """
    kind, slack = _kind(expected), _slack(ulps)
    if kind != _kind(actual):
        yield path, f"expected {_shown(expected)} ({kind}), got {_shown(actual)} ({_kind(actual)})"
    elif isinstance(expected, float) and isinstance(actual, float):
        yield from _float_differences(expected, actual, path, slack, slack.unit())
    elif isinstance(expected, Mapping) and isinstance(actual, Mapping):
        if list(expected) != list(actual):
            yield path, f"expected keys {list(expected)}, got {list(actual)}"
        else:
            for key, value in expected.items():
                yield from differences(value, actual[key], f"{path}.{key}", slack.at(key))
    elif isinstance(expected, list | tuple) and isinstance(actual, list | tuple):
        if len(expected) != len(actual):
            yield (
                path,
                f"expected {len(expected)} elements {_shown(expected)}, got {len(actual)} {_shown(actual)}",
            )
        else:
            for position, (one, other) in enumerate(zip(expected, actual, strict=True)):
                yield from differences(one, other, f"{path}[{position}]", slack)
    elif kind in {"DenseVector", "SparseVector"}:
        yield from _vector_differences(expected, actual, kind, path, slack)
    elif expected != actual:
        yield path, f"expected {_shown(expected)}, got {_shown(actual)}"


def _float_differences(
    expected: float, actual: float, path: str, slack: Slack, unit: float
) -> Iterator[tuple[str, str]]:
    apart = distance(expected, actual, unit)
    if apart > slack.ulps:
        text = f", {ulp_distance(expected, actual)} ulp apart" if apart < _FAR else ""
        yield path, f"expected {expected!r}, got {actual!r}{text}"


def _vector_differences(
    expected: object, actual: object, kind: str, path: str, slack: Slack
) -> Iterator[tuple[str, str]]:
    size, got = len(expected), len(actual)  # type: ignore[arg-type]
    if size != got:
        yield path, f"expected a vector of size {size}, got size {got}"
        return
    if kind == "SparseVector":
        indices = [int(index) for index in expected.indices]  # type: ignore[attr-defined]
        found = [int(index) for index in actual.indices]  # type: ignore[attr-defined]
        if indices != found:
            yield path, f"expected indices {_shown(indices)}, got {_shown(found)}"
            return
    else:
        indices = list(range(size))
    ours = [float(value) for value in actual.values]  # type: ignore[attr-defined]
    theirs = [float(value) for value in expected.values]  # type: ignore[attr-defined]
    unit = slack.unit(theirs)
    for index, one, other in zip(indices, theirs, ours, strict=True):
        yield from _float_differences(one, other, f"{path}[{index}]", slack, unit)


def assert_same(expected: object, actual: object, path: str = "", ulps: int | Slack = 0) -> None:
    """Raise AssertionError, naming the path, unless `actual` is the same value as `expected`.

    Same keys in the same order, same types (1, 1.0 and True are three values), same vector kind,
    size and stored indices; floats by their bits, where NaN equals NaN and -0.0 differs from 0.0.
    `ulps` is the slack for floats only, as a number or a `Slack`: 0 but for the transcendental class.

    >>> assert_same({"x": [1.0, float("nan")]}, {"x": [1.0, float("nan")]})
    >>> assert_same({"x": 0.0}, {"x": -0.0})
    Traceback (most recent call last):
    AssertionError: $.x: expected 0.0, got -0.0, 1 ulp apart
    """
    __tracebackhide__ = True  # pytest then shows the caller's line
    for place, problem in differences(expected, actual, path or "$", ulps):
        raise AssertionError(f"{place}: {problem}")
