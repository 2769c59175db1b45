"""Stages of `org.apache.spark.ml.regression`."""

from sparklet.stages.regression import (
    aft_survival_regression,
    decision_tree_regressor,
    fm_regressor,
    gbt_regressor,
    generalized_linear_regression,
    isotonic_regression,
    linear_regression,
    random_forest_regressor,
)

__all__ = [
    "aft_survival_regression",
    "decision_tree_regressor",
    "fm_regressor",
    "gbt_regressor",
    "generalized_linear_regression",
    "isotonic_regression",
    "linear_regression",
    "random_forest_regressor",
]
