"""Verification: a model's files compared with those that were saved, its example rows scored again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sparklet.codegen import Plan
from sparklet.columns import Column, fold
from sparklet.errors import SparkletError, VerificationError
from sparklet.same import Slack, differences
from sparklet.saved import Example
from sparklet.types import VECTOR

__all__ = ["verify"]

_UNKNOWN_PLAN = 16
"""Units in the last place that every column may differ where it is not known what it is computed from."""

_UNKNOWN_ORDER = 4096
"""The same where Spark's summation order is unknown: a native BLAS, a cluster."""


def verify(
    path: str,
    example: Example,
    score: Callable[[Mapping[str, Any]], dict[str, Any] | None],
    plan: Plan | None,
) -> int:
    """Compare files, score the example again and return how many rows it has.

    `score` gives all columns that Spark's `transform` adds or replaces, by `plan`, or in a way that is not
    known. Raises `VerificationError` at the first difference: a file, a value, a column that one of the two
    lacks, a row that one of the two drops or refuses.
    """
    example.check_files()
    slack = _slack(example, plan)
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
        _compare(path, place, row, expected, actual, slack)
    return len(rows)


def _rounded(plan: Plan) -> dict[str, Slack]:
    """Return the slack of the columns that the rounding of a stage reaches, by folded name.

    These are the columns that a stage declares in `rounding`, and those that are computed from them.
    """
    ulps: dict[Column, int] = {}
    for step in plan.steps:
        inherited = max((ulps.get(column, 0) for column in step.bound.inputs), default=0)
        for column in step.bound.outputs:
            ulps[column] = max(inherited, step.stage.slack(column.name))
    # An output that cancels (1 - p, or one element of many) is as exact as what it was computed from.
    return {
        fold(column.name): Slack(allowed, "vector" if column.type == VECTOR else "one")
        for column, allowed in ulps.items()
        if allowed
    }


def _slack(example: Example, plan: Plan | None) -> Callable[[str], Slack]:
    """Return how far floats of a column may differ: not at all, unless a reason is known."""
    if not example.exact:
        return lambda _: Slack(_UNKNOWN_ORDER, "vector")
    if plan is None:
        return lambda _: Slack(_UNKNOWN_PLAN, "vector")
    near = _rounded(plan)
    return lambda name: near.get(fold(name), Slack())


def _compare(
    path: str,
    place: int,
    row: Mapping[str, Any],
    expected: Mapping[str, Any],
    actual: Mapping[str, Any],
    slack: Callable[[str], Slack],
) -> None:
    # All that transform gave stands in the example: what came in and was passed through is not compared.
    for name in [*expected, *(name for name in actual if name not in expected)]:
        if name not in actual and name in row:
            continue
        if name not in actual or name not in expected:
            one, other = ("Spark", "sparklet") if name in expected else ("sparklet", "Spark")
            problem = f"{one} gives this column, {other} does not"
            raise VerificationError(path, place, name, expected.get(name), actual.get(name), problem)
        granted = slack(name)
        for where, what in differences(expected[name], actual[name], name, granted):
            problem = f"{where}: {what}"
            if "ulp apart" in what and granted.ulps:
                problem += f", more than the {granted} that it may differ"
            raise VerificationError(path, place, name, expected[name], actual[name], problem)
