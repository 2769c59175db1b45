"""Strict equality: what "the same answer as Spark" means, down to the bits of every float."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping

__all__ = ["assert_same", "differences", "ulp_distance"]

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


def _kind(value: object) -> str:
    # By name, so that pyspark's vectors and ours are one kind without importing pyspark.
    return type(value).__name__


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 200 else text[:199] + "…"


def differences(
    expected: object, actual: object, path: str = "$", ulps: int = 0
) -> Iterator[tuple[str, str]]:
    """Yield `(path, what differs)` for every place where two values are not the same; see `assert_same`.

    >>> list(differences({"a": [1, 2.0]}, {"a": [1.0, 2.0]}))
    [('$.a[0]', 'expected 1 (int), got 1.0 (float)')]
    """
    kind = _kind(expected)
    if kind != _kind(actual):
        yield path, f"expected {_shown(expected)} ({kind}), got {_shown(actual)} ({_kind(actual)})"
    elif isinstance(expected, float) and isinstance(actual, float):
        distance = ulp_distance(expected, actual)
        if distance > ulps:
            apart = f", {distance} ulp apart" if distance < _FAR else ""
            yield path, f"expected {expected!r}, got {actual!r}{apart}"
    elif isinstance(expected, Mapping) and isinstance(actual, Mapping):
        if list(expected) != list(actual):
            yield path, f"expected keys {list(expected)}, got {list(actual)}"
        else:
            for key, value in expected.items():
                yield from differences(value, actual[key], f"{path}.{key}", ulps)
    elif isinstance(expected, list | tuple) and isinstance(actual, list | tuple):
        if len(expected) != len(actual):
            yield (
                path,
                f"expected {len(expected)} elements {_shown(expected)}, got {len(actual)} {_shown(actual)}",
            )
        else:
            for position, (one, other) in enumerate(zip(expected, actual, strict=True)):
                yield from differences(one, other, f"{path}[{position}]", ulps)
    elif kind in {"DenseVector", "SparseVector"}:
        yield from _vector_differences(expected, actual, kind, path, ulps)
    elif expected != actual:
        yield path, f"expected {_shown(expected)}, got {_shown(actual)}"


def _vector_differences(
    expected: object, actual: object, kind: str, path: str, ulps: int
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
    for index, one, other in zip(indices, theirs, ours, strict=True):
        yield from differences(one, other, f"{path}[{index}]", ulps)


def assert_same(expected: object, actual: object, path: str = "", ulps: int = 0) -> None:
    """Raise AssertionError, naming the path, unless `actual` is the same value as `expected`.

    Same keys in the same order, same types (1, 1.0 and True are three values), same vector kind,
    size and stored indices; floats by their bits, where NaN equals NaN and -0.0 differs from 0.0.
    `ulps` is the slack for floats only: 0 but for operations of the transcendental class.

    >>> assert_same({"x": [1.0, float("nan")]}, {"x": [1.0, float("nan")]})
    >>> assert_same({"x": 0.0}, {"x": -0.0})
    Traceback (most recent call last):
    AssertionError: $.x: expected 0.0, got -0.0, 1 ulp apart
    """
    __tracebackhide__ = True  # pytest then shows the caller's line
    for place, problem in differences(expected, actual, path or "$", ulps):
        raise AssertionError(f"{place}: {problem}")
