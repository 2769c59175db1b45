"""Test a stage: strict equality, checks of a loaded model, and comparison with a live Spark.

Only the functions that take a `SparkSession` need PySpark.
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
    orders_of,
    pin_blas,
    pinned,
    session_of_its_own,
    spark_scores,
    spark_session,
)
from sparklet.testing.stage import check_stage

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
    "check_stage",
    "compare",
    "compare_with_spark",
    "differences",
    "orders_of",
    "outcome",
    "pin_blas",
    "pinned",
    "session_of_its_own",
    "settled",
    "spark_scores",
    "spark_session",
    "ulp_distance",
]
