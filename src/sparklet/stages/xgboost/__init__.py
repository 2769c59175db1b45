"""Stages of XGBoost: `xgboost.spark`, its Python package for Spark."""

__all__ = ["STAGES"]

STAGES = {
    # Until 1.7.1 the models stood in `core`.
    "xgboost.spark.core.SparkXGBClassifierModel": "spark_models",
    "xgboost.spark.core.SparkXGBRankerModel": "spark_models",
    "xgboost.spark.core.SparkXGBRegressorModel": "spark_models",
    "xgboost.spark.estimator.SparkXGBClassifierModel": "spark_models",
    "xgboost.spark.estimator.SparkXGBRankerModel": "spark_models",
    "xgboost.spark.estimator.SparkXGBRegressorModel": "spark_models",
}
"""The module that defines each stage, by its Python class name."""
