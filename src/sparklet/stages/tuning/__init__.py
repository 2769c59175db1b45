"""Stages of `org.apache.spark.ml.tuning`."""

__all__ = ["STAGES"]

STAGES = {
    "org.apache.spark.ml.tuning.CrossValidatorModel": "model_selection",
    "org.apache.spark.ml.tuning.TrainValidationSplitModel": "model_selection",
}
"""The module that defines each stage, by its Spark class name."""
