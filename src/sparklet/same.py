"""Strict equality: the definition of "the same answer as Spark", which compares floats by their bits."""

from __future__ import annotations

import math
import struct
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

__all__ = ["Slack", "assert_same", "differences", "ulp_distance"]

_FAR = 1 << 64  # larger than any distance of two floats: NaN to a number, infinity to a finite number


def _ordered(value: float) -> int:
    """Return the rank of a float among all floats in ascending order; -0.0 has rank -1, 0.0 has rank 0."""
    (bits,) = struct.unpack("<q", struct.pack("<d", value))
    return int(bits) if bits >= 0 else -1 - (int(bits) & 0x7FFF_FFFF_FFFF_FFFF)


def ulp_distance(expected: float, actual: float) -> int:
    """Return the number of representable steps between two doubles.

    The distance of two NaNs is 0, whatever their payloads. The distance of NaN and a number, and of infinity
    and a finite number, exceeds any slack. The distance of -0.0 and 0.0 is 1.

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
    """Declare how far floats may differ: `ulps` units in the last place of the value that `of` selects.

    - "value": the value itself.
    - "one": 1.0, or the value when it is larger; for probabilities, because 1 - p near 0 has the rounding
      error of p.
    - "vector": the largest finite element of the value's vector, for elements that are differences of larger
      terms.

    `columns` are the columns that the slack applies to, all when it is empty; other columns must be
    identical.
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
        """Return the smallest distance that counts as one ulp, given the values of the vector."""
        if self.of == "one":
            return math.ulp(1.0)
        finite = (abs(value) for value in values if math.isfinite(value))
        return math.ulp(max(finite, default=0.0)) if self.of == "vector" else 0.0

    def __str__(self) -> str:
        if not self.ulps:
            return ""
        unit = {"value": "", "one": " of 1.0", "vector": " of the vector's largest"}[self.of]
        return f"{self.ulps} ulp{unit}"


def distance(expected: float, actual: float, unit: float = 0.0) -> int:
    """Return the distance of two floats in ulps, where one ulp is at least `unit`.

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
    # Compare class names, so that pyspark's vectors match sparklet's without an import of pyspark.
    return type(value).__name__


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 200 else text[:199] + "…"


def differences(
    expected: object, actual: object, path: str = "$", ulps: int | Slack = 0
) -> Iterator[tuple[str, str]]:
    """Yield `(path, difference)` for every part in which two values differ; see `assert_same`.

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
        actual_indices = [int(index) for index in actual.indices]  # type: ignore[attr-defined]
        if indices != actual_indices:
            yield path, f"expected indices {_shown(indices)}, got {_shown(actual_indices)}"
            return
    else:
        indices = list(range(size))
    ours = [float(value) for value in actual.values]  # type: ignore[attr-defined]
    theirs = [float(value) for value in expected.values]  # type: ignore[attr-defined]
    unit = slack.unit(theirs)
    for index, one, other in zip(indices, theirs, ours, strict=True):
        yield from _float_differences(one, other, f"{path}[{index}]", slack, unit)


def assert_same(expected: object, actual: object, path: str = "", ulps: int | Slack = 0) -> None:
    """Raise AssertionError with the path of the first difference of `actual` and `expected`.

    Two values are the same when they have the same keys in the same order, the same types (1, 1.0 and True
    are three values), the same kind of vector, vector size and stored indices, and floats with the same bits,
    where NaN equals NaN and -0.0 differs from 0.0. `ulps` is the slack for floats, as a number or a `Slack`;
    use a value other than 0 only for transcendental functions.

    >>> assert_same({"x": [1.0, float("nan")]}, {"x": [1.0, float("nan")]})
    >>> assert_same({"x": 0.0}, {"x": -0.0})
    Traceback (most recent call last):
    AssertionError: $.x: expected 0.0, got -0.0, 1 ulp apart
    """
    __tracebackhide__ = True  # makes pytest show the caller's line
    for location, problem in differences(expected, actual, path or "$", ulps):
        raise AssertionError(f"{location}: {problem}")
