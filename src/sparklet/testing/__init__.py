"""What proves a stage: strict equality, cases written by Spark, checks, and live Spark to compare with.

Needs no pyspark until a function that takes a `SparkSession` is called.
"""

from __future__ import annotations

from sparklet.same import Slack, assert_same, differences, ulp_distance
from sparklet.testing.cases import (
    Case,
    Family,
    Field,
    array,
    boolean,
    cases,
    dates,
    decimal,
    float32,
    integer,
    number,
    text,
    timestamps,
    tokens,
    vector,
)
from sparklet.testing.checks import CHECKS
from sparklet.testing.compare import (
    Agreement,
    ColumnAgreement,
    Difference,
    compare,
    compare_with_spark,
    outcome,
)
from sparklet.testing.engine import engine_scores
from sparklet.testing.golden import Golden, goldens, write_golden
from sparklet.testing.spark import (
    SPARK_OPTIONS,
    SparkFailure,
    SparkScores,
    pin_blas,
    pinned,
    spark_scores,
    spark_session,
)

__all__ = [
    "CHECKS",
    "SPARK_OPTIONS",
    "Agreement",
    "Case",
    "ColumnAgreement",
    "Difference",
    "Family",
    "Field",
    "Golden",
    "Slack",
    "SparkFailure",
    "SparkScores",
    "array",
    "assert_same",
    "boolean",
    "cases",
    "compare",
    "compare_with_spark",
    "dates",
    "decimal",
    "differences",
    "engine_scores",
    "float32",
    "goldens",
    "integer",
    "number",
    "outcome",
    "pin_blas",
    "pinned",
    "spark_scores",
    "spark_session",
    "text",
    "timestamps",
    "tokens",
    "ulp_distance",
    "vector",
    "write_golden",
]
