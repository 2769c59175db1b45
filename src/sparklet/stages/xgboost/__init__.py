"""Stages of XGBoost: `xgboost.spark`, its Python package for Spark."""

__all__ = ["STAGES"]

_SPARK = "xgboost.spark."

STAGES = {
    # Until 1.7.1 the models stood in `core`.
    _SPARK + package + model: "spark_models"
    for package in ("estimator.", "core.")
    for model in ("SparkXGBClassifierModel", "SparkXGBRankerModel", "SparkXGBRegressorModel")
}
"""The module that defines each stage, by its Python class name."""
