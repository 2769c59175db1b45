"""What proves a stage: strict equality, checks of a model, and a live Spark to compare with.

Needs no PySpark until a function that takes a `SparkSession` is called.
"""

from __future__ import annotations

from sparklet.same import Slack, assert_same, differences, ulp_distance
from sparklet.testing.checks import CHECKS
from sparklet.testing.compare import (
    Agreement,
    ColumnAgreement,
    Difference,
    compare,
    compare_with_spark,
    outcome,
    settled,
)
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
    "ColumnAgreement",
    "Difference",
    "Slack",
    "SparkFailure",
    "SparkScores",
    "assert_same",
    "compare",
    "compare_with_spark",
    "differences",
    "outcome",
    "pin_blas",
    "pinned",
    "settled",
    "spark_scores",
    "spark_session",
    "ulp_distance",
]
