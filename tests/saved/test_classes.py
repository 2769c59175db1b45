import pytest

from sparklet.saved import SparkVersion, is_estimator
from sparklet.saved.classes import is_evaluator, jvm_name

ML = "org.apache.spark.ml."


@pytest.mark.parametrize(
    "name",
    [
        "Pipeline",
        "feature.StringIndexer",
        "classification.LinearSVC",
        "tuning.CrossValidator",
        "recommendation.ALS",
    ],
)
def test_estimators(name):
    assert is_estimator(ML + name)
    assert not is_estimator(ML + name + "Model")


def test_python_names_map_to_jvm_names():
    assert jvm_name("pyspark.ml.tuning.CrossValidatorModel") == ML + "tuning.CrossValidatorModel"
    assert jvm_name("my.Stage") == "my.Stage"
    assert is_estimator("pyspark.ml.pipeline.Pipeline")


def test_one_hot_encoder_was_a_transformer_before_3_0():
    name = ML + "feature.OneHotEncoder"
    assert not is_estimator(name, SparkVersion.parse("2.4.8"))
    assert is_estimator(name, SparkVersion.parse("3.0.0"))
    assert is_estimator(name + "Estimator", SparkVersion.parse("2.4.8"))


def test_evaluators():
    assert is_evaluator(ML + "evaluation.RegressionEvaluator")
    assert not is_evaluator(ML + "regression.LinearRegressionModel")
