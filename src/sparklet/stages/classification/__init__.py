"""Stages of `org.apache.spark.ml.classification`."""

from sparklet.stages.classification import (
    decision_tree_classifier,
    fm_classifier,
    gbt_classifier,
    linear_svc,
    logistic_regression,
    multilayer_perceptron_classifier,
    naive_bayes,
    one_vs_rest,
    random_forest_classifier,
)

__all__ = [
    "decision_tree_classifier",
    "fm_classifier",
    "gbt_classifier",
    "linear_svc",
    "logistic_regression",
    "multilayer_perceptron_classifier",
    "naive_bayes",
    "one_vs_rest",
    "random_forest_classifier",
]
