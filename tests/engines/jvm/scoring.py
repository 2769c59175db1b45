"""Goldens through the JVM engine: Spark without its planning must give Spark's answers, bit for bit."""

from __future__ import annotations

from typing import Any

from sparklet.engines.jvm import JvmPipelineModel, load_jvm
from sparklet.errors import SparkletError
from sparklet.testing import SparkFailure, differences
from sparklet.testing.compare import settled
from tests.oracle import Golden

# Spark draws a new seed each time it loads such a model, so that its own answers differ from load to load, by
# about a thousandth, which is so many ulps.
SEEDED_AT_LOAD = {"DistributedLDAModel": 1 << 43}


def first_values(golden: Golden) -> dict[str, Any]:
    """Return a row of the first values, by which Spark learns the sizes of vectors."""
    return {
        name: next((row[name] for row in golden.rows if row.get(name) is not None), None)
        for name in golden.schema
    }


def load_golden(golden: Golden, **options: Any) -> JvmPipelineModel:
    """Load a golden's model as its answers were made: all columns, the row's position among the inputs."""
    schema = {**golden.schema, "__row": "bigint"} if "__row" in str(golden.facts) else golden.schema
    options = {
        "schema": schema,
        "outputs": "*",
        "example": first_values(golden),
        "timezone": "UTC",
        **options,
    }
    return load_jvm(golden.model, **options)


def problems(golden: Golden) -> list[str]:
    """Return what differs between Spark's stored answers and the JVM engine's."""
    rows = [{**row, "__row": position} for position, row in enumerate(golden.rows)]
    try:
        scores = load_golden(golden).scoreInstances(rows, errors="collect")
    except SparkletError as error:
        return [] if golden.failure is not None else [f"refused: {error}"]
    if golden.failure is not None:
        passed = [score for score in scores if not isinstance(score, SparkletError)]
        return [f"Spark fails with {golden.failure}, not so the engine"] if passed else []
    ulps = SEEDED_AT_LOAD.get(golden.stage, 0)
    unordered = golden.facts["unordered"]
    found = []
    for position, (theirs, ours) in enumerate(zip(golden.expected, scores, strict=True)):
        expected, actual = settled(theirs, unordered), settled(ours, unordered)
        if isinstance(expected, SparkFailure) or isinstance(actual, SparkletError):
            if not (isinstance(expected, SparkFailure) and isinstance(actual, SparkletError)):
                found.append(f"row {position}: Spark {expected!r}, engine {actual!r}")
        else:
            found += [f"row {position}: {p}: {what}" for p, what in differences(expected, actual, "$", ulps)]
    return found
