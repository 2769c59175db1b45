"""Stages of `org.apache.spark.ml.classification`."""

__all__ = ["STAGES"]

STAGES = {
    "org.apache.spark.ml.classification.DecisionTreeClassificationModel": "decision_tree_classifier",
    "org.apache.spark.ml.classification.FMClassificationModel": "fm_classifier",
    "org.apache.spark.ml.classification.GBTClassificationModel": "gbt_classifier",
    "org.apache.spark.ml.classification.LinearSVCModel": "linear_svc",
    "org.apache.spark.ml.classification.LogisticRegressionModel": "logistic_regression",
    "org.apache.spark.ml.classification.MultilayerPerceptronClassificationModel": "multilayer_perceptron_classifier",  # noqa: E501 - Spark names it so
    "org.apache.spark.ml.classification.NaiveBayesModel": "naive_bayes",
    "org.apache.spark.ml.classification.OneVsRestModel": "one_vs_rest",
    "org.apache.spark.ml.classification.RandomForestClassificationModel": "random_forest_classifier",
}
"""The module that defines each stage, by its Spark class name."""
