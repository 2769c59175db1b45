"""Verification: the example rows that a model carries, scored again and compared with Spark's answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sparklet.errors import SparkletError, VerificationError
from sparklet.same import differences
from sparklet.saved import Example

__all__ = ["LOOSE", "SLACK", "verify"]

SLACK = 4
"""Units in the last place that floats may differ: an exp of C's library and one of the JVM's may by one."""

LOOSE = 4096
"""The same where Spark summed its dots in an order that nobody knows (a native BLAS, or a cluster)."""


def verify(path: str, example: Example, score: Callable[[Mapping[str, Any]], dict[str, Any] | None]) -> int:
    """Score the example again and return how many rows it has.

    `score` gives all columns that Spark's `transform` adds or replaces. Raises `VerificationError` at the
    first difference: a value, a column that one of the two lacks, a row that one of the two drops or refuses.
    """
    ulps = SLACK if example.exact else LOOSE
    rows = example.rows()
    for place, (row, expected) in enumerate(rows):
        try:
            actual = score(row)
        except SparkletError as error:
            raise VerificationError(
                path, place, None, expected, error, f"Spark scored it, sparklet refuses it: {error}"
            ) from error
        if expected is None or actual is None:
            if (expected is None) != (actual is None):
                dropped = "Spark drops" if expected is None else "sparklet drops"
                raise VerificationError(
                    path, place, None, expected, actual, f"{dropped} it, the other does not"
                )
            continue
        _compare(path, place, row, expected, actual, ulps)
    return len(rows)


def _compare(
    path: str,
    place: int,
    row: Mapping[str, Any],
    expected: Mapping[str, Any],
    actual: Mapping[str, Any],
    ulps: int,
) -> None:
    # All that transform gave stands in the example: what came in and was passed through is not compared.
    for name in [*expected, *(name for name in actual if name not in expected)]:
        if name not in actual and name in row:
            continue
        if name not in actual or name not in expected:
            one, other = ("Spark", "sparklet") if name in expected else ("sparklet", "Spark")
            problem = f"{one} gives this column, {other} does not"
            raise VerificationError(path, place, name, expected.get(name), actual.get(name), problem)
        for where, what in differences(expected[name], actual[name], name, ulps):
            problem = f"{where}: {what}, more than the {ulps} ulp that floats may differ"
            if "ulp apart" not in what:
                problem = f"{where}: {what}"
            raise VerificationError(path, place, name, expected[name], actual[name], problem)
