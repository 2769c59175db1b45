"""Stages of LightGBM in SynapseML, which was called MMLSpark until 1.0."""

__all__ = ["STAGES"]

STAGES = {
    "com.microsoft.azure.synapse.ml.lightgbm.LightGBMClassificationModel": "models",
    "com.microsoft.azure.synapse.ml.lightgbm.LightGBMRankerModel": "models",
    "com.microsoft.azure.synapse.ml.lightgbm.LightGBMRegressionModel": "models",
    # MMLSpark until 0.17.
    "com.microsoft.ml.spark.LightGBMClassificationModel": "models",
    "com.microsoft.ml.spark.LightGBMRankerModel": "models",
    "com.microsoft.ml.spark.LightGBMRegressionModel": "models",
    # MMLSpark 0.18 and 1.0.
    "com.microsoft.ml.spark.lightgbm.LightGBMClassificationModel": "models",
    "com.microsoft.ml.spark.lightgbm.LightGBMRankerModel": "models",
    "com.microsoft.ml.spark.lightgbm.LightGBMRegressionModel": "models",
}
"""The module that defines each stage, by its class name."""
