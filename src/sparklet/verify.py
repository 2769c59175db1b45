"""Verification: a model's files compared with those that were saved, its example rows scored again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sparklet.codegen import Plan
from sparklet.columns import Column, fold
from sparklet.errors import SparkletError, VerificationError
from sparklet.same import Slack, differences
from sparklet.saved import Example
from sparklet.stages import Stage, registry

__all__ = ["LOOSE", "SLACK", "verify"]

SLACK = 16
"""Units in the last place that columns of `_ROUNDED` may differ: C and the JVM round an exp differently."""

LOOSE = 4096
"""The same for all columns where nobody knows the order of Spark's dots: a native BLAS, a cluster."""

# Columns that go through exp, log, pow, sin or a sum of such, by the params that name them.
_PROBABILITY = ("probabilityCol",)
_ROUNDED: Mapping[str, tuple[str, ...]] = {
    "AFTSurvivalRegressionModel": ("predictionCol", "quantilesCol"),
    "DCT": ("outputCol",),
    "DistributedLDAModel": ("topicDistributionCol",),
    "FMClassificationModel": _PROBABILITY,
    "GBTClassificationModel": _PROBABILITY,
    "GaussianMixtureModel": _PROBABILITY,
    "GeneralizedLinearRegressionModel": ("predictionCol",),
    "LocalLDAModel": ("topicDistributionCol",),
    "LogisticRegressionModel": _PROBABILITY,
    "MultilayerPerceptronClassificationModel": ("rawPredictionCol", *_PROBABILITY),
    "NaiveBayesModel": ("rawPredictionCol", *_PROBABILITY),
    "Normalizer": ("outputCol",),
    "OneVsRestModel": ("rawPredictionCol",),
}


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
    """Return the columns whose last bits depend on a library of functions, names folded, with their slack.

    These are the columns of `_ROUNDED`, those of stages that people wrote, and what is made of them.
    """
    found: set[Column] = set()
    for step in plan.steps:
        outputs = step.bound.outputs
        found |= {column for column in outputs if _rounds(step.stage, column.name)}
        if not found.isdisjoint(step.bound.inputs):
            found |= set(outputs)
    # What cancels, 1 - p or one element of many, is as exact as what it was made of.
    return {
        fold(column.name): Slack(SLACK, "vector" if column.type == "vector" else "one") for column in found
    }


def _rounds(stage: Stage, name: str) -> bool:
    kind = type(stage).__name__
    if kind == "SQLTransformer" or stage.className not in registry:
        return True
    return name in [getattr(stage, param, None) for param in _ROUNDED.get(kind, ())]


def _slack(example: Example, plan: Plan | None) -> Callable[[str], Slack]:
    """Return how far floats of a column may differ: not at all, but where a reason is known."""
    if not example.exact:
        return lambda _: Slack(LOOSE, "vector")
    if plan is None:
        return lambda _: Slack(SLACK, "vector")
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
