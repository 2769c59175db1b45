"""Stages of `org.apache.spark.ml.fpm`."""

__all__ = ["STAGES"]

STAGES = {
    "org.apache.spark.ml.fpm.FPGrowthModel": "fp_growth",
}
"""The module that defines each stage, by its Spark class name."""
