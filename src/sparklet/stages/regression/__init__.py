"""Stages of `org.apache.spark.ml.regression`."""

__all__ = ["STAGES"]

STAGES = {
    "org.apache.spark.ml.regression.AFTSurvivalRegressionModel": "aft_survival_regression",
    "org.apache.spark.ml.regression.DecisionTreeRegressionModel": "decision_tree_regressor",
    "org.apache.spark.ml.regression.FMRegressionModel": "fm_regressor",
    "org.apache.spark.ml.regression.GBTRegressionModel": "gbt_regressor",
    "org.apache.spark.ml.regression.GeneralizedLinearRegressionModel": "generalized_linear_regression",
    "org.apache.spark.ml.regression.IsotonicRegressionModel": "isotonic_regression",
    "org.apache.spark.ml.regression.LinearRegressionModel": "linear_regression",
    "org.apache.spark.ml.regression.RandomForestRegressionModel": "random_forest_regressor",
}
"""The module that defines each stage, by its Spark class name."""
