"""Stages of `pyspark.ml.connect`, which are Python classes and save other files than Spark ML's."""

__all__ = ["CONNECT"]

CONNECT = {
    "pyspark.ml.connect.classification.LogisticRegressionModel": "logistic_regression",
    "pyspark.ml.connect.feature.ArrayAssembler": "array_assembler",
    "pyspark.ml.connect.feature.MaxAbsScalerModel": "scalers",
    "pyspark.ml.connect.feature.StandardScalerModel": "scalers",
}
"""The module that defines each stage, by its Python class name."""
