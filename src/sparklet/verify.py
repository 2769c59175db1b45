"""Verification: compare a model's files with their checksums and its example rows with Spark's scores."""

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
"""Units in the last place that every column may differ by when the plan is unknown."""

_UNKNOWN_ORDER = 4096
"""Units in the last place when Spark's summation order is unknown: a native BLAS or a cluster."""


def verify(
    path: str,
    example: Example,
    score: Callable[[Mapping[str, Any]], dict[str, Any] | None],
    plan: Plan | None,
) -> int:
    """Check the files, score the example rows and return the number of rows.

    `score` returns all columns that Spark's `transform` adds or replaces, or None for a dropped row. `plan`
    is the plan that `score` runs, None when it is unknown. Raises `VerificationError` at the first
    difference: a changed file, a different value, a column that only one side has, or a row that one side
    drops or refuses.
    """
    example.check_files()
    slack = _slack(example, plan)
    rows = example.rows()
    for index, (row, expected) in enumerate(rows):
        try:
            actual = score(row)
        except SparkletError as error:
            raise VerificationError(
                path, index, None, expected, error, f"Spark scored it, sparklet refuses it: {error}"
            ) from error
        if expected is None or actual is None:
            if (expected is None) != (actual is None):
                dropped = "Spark drops" if expected is None else "sparklet drops"
                raise VerificationError(
                    path, index, None, expected, actual, f"{dropped} it, the other does not"
                )
            continue
        _compare(path, index, row, expected, actual, slack)
    return len(rows)


def _rounded(plan: Plan) -> dict[str, Slack]:
    """Return the slack of each column that the rounding of a stage affects, by folded name.

    These are the columns that a stage declares in `rounding` and all columns computed from them.
    """
    ulps: dict[Column, int] = {}
    for step in plan.steps:
        inherited = max((ulps.get(column, 0) for column in step.bound.inputs), default=0)
        for column in step.bound.outputs:
            ulps[column] = max(inherited, step.stage.slack(column.name))
    # An output that is a small difference, such as 1 - p, has the absolute error of its operands.
    return {
        fold(column.name): Slack(allowed, "vector" if column.type == VECTOR else "one")
        for column, allowed in ulps.items()
        if allowed
    }


def _slack(example: Example, plan: Plan | None) -> Callable[[str], Slack]:
    """Return the function from a column name to the slack of its floats, which is 0 by default."""
    if not example.exact:
        return lambda _: Slack(_UNKNOWN_ORDER, "vector")
    if plan is None:
        return lambda _: Slack(_UNKNOWN_PLAN, "vector")
    slacks = _rounded(plan)
    return lambda name: slacks.get(fold(name), Slack())


def _compare(
    path: str,
    index: int,
    row: Mapping[str, Any],
    expected: Mapping[str, Any],
    actual: Mapping[str, Any],
    slack: Callable[[str], Slack],
) -> None:
    # The example holds all columns of transform; columns that pass through unchanged are not compared.
    for name in [*expected, *(name for name in actual if name not in expected)]:
        if name not in actual and name in row:
            continue
        if name not in actual or name not in expected:
            one, other = ("Spark", "sparklet") if name in expected else ("sparklet", "Spark")
            problem = f"{one} gives this column, {other} does not"
            raise VerificationError(path, index, name, expected.get(name), actual.get(name), problem)
        allowed = slack(name)
        for location, difference in differences(expected[name], actual[name], name, allowed):
            problem = f"{location}: {difference}"
            if "ulp apart" in difference and allowed.ulps:
                problem += f", more than the allowed {allowed}"
            raise VerificationError(path, index, name, expected[name], actual[name], problem)
