"""Stages of XGBoost: `xgboost.spark`, its Python package, and XGBoost4J-Spark, its package for the JVM."""

__all__ = ["STAGES"]

STAGES = {
    "ml.dmlc.xgboost4j.scala.spark.XGBoostClassificationModel": "jvm_models",
    "ml.dmlc.xgboost4j.scala.spark.XGBoostRankerModel": "jvm_models",
    "ml.dmlc.xgboost4j.scala.spark.XGBoostRegressionModel": "jvm_models",
    # Until 1.7.1 the models stood in `core`.
    "xgboost.spark.core.SparkXGBClassifierModel": "spark_models",
    "xgboost.spark.core.SparkXGBRankerModel": "spark_models",
    "xgboost.spark.core.SparkXGBRegressorModel": "spark_models",
    "xgboost.spark.estimator.SparkXGBClassifierModel": "spark_models",
    "xgboost.spark.estimator.SparkXGBRankerModel": "spark_models",
    "xgboost.spark.estimator.SparkXGBRegressorModel": "spark_models",
}
"""The module that defines each stage, by its class name."""
