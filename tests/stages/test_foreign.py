"""Stages of other libraries that are not scored: errors and `inspect` say what they are and what works."""

import json
import math

import pytest

import sparklet
from sparklet.errors import UnsupportedModelError
from sparklet.stages.foreign import FOREIGN_ADVICE
from tests.models import CITY, save_pipeline, save_stage
from tests.test_cli import run

LIBRARIES = {
    "com.johnsnowlabs.nlp.annotators.sbd.pragmatic.SentenceDetector": "Spark NLP",
    "sparknlp.base.Finisher": "Spark NLP",
    "ai.h2o.sparkling.ml.models.H2OMOJOModel": "H2O Sparkling Water",
    "ai.catboost.spark.CatBoostClassificationModel": "CatBoost",
    "catboost_spark.core.CatBoostRegressionModel": "CatBoost",
    "org.jpmml.sparkml.feature.ContinuousDomainModel": "JPMML-SparkML",
    "com.microsoft.azure.synapse.ml.vw.VowpalWabbitClassificationModel": "SynapseML",
    "com.linkedin.relevance.isolationforest.future.Model": "isolation-forest",
    "org.apache.spark.ml.mleap.feature.WordLengthFilter": "MLeap",
    "sparkdl.xgboost.xgboost.XgboostClassifierModel": "the Databricks Runtime",
}


def refused(path, **options):
    with pytest.raises(UnsupportedModelError) as caught:
        sparklet.load(path, **options)
    return caught.value


@pytest.mark.parametrize(("className", "library"), LIBRARIES.items())
def test_a_library_is_called_by_its_name(tmp_path, className, library):
    path = save_pipeline(tmp_path / "model", [*CITY[:3], (className, "other", {}, None)])
    error = refused(path)
    (problem,) = error.problems
    assert problem.className == className
    assert problem.reason.startswith(f"a stage of {library}, which sparklet does not score")
    assert error.advice == FOREIGN_ADVICE
    assert str(error).count("engine=") == 1
    # What the advice says works.
    model = sparklet.load(path, outputs=["features"])
    assert list(model.scoreInstance({"age": 3.0, "city": "SF"})) == ["features"]


def test_an_unknown_jvm_class_is_of_a_jvm_library(tmp_path):
    (problem,) = refused(save_stage(tmp_path / "model", "com.example.Stage", "s", {})).problems
    assert problem.reason == "a stage of a JVM library, which sparklet does not score"


def test_a_class_of_spark_and_one_of_a_user_get_other_advice(tmp_path):
    (problem,) = (
        error := refused(save_stage(tmp_path / "a", "org.apache.spark.ml.feature.Binarzer", "s", {}))
    ).problems
    assert problem.reason.endswith("did you mean 'org.apache.spark.ml.feature.Binarizer'?")
    assert error.advice == ""
    error = refused(save_stage(tmp_path / "b", "shop.stages.Basket", "s", {}))
    assert "OnlineTransformer" in error.advice
    assert FOREIGN_ADVICE not in error.advice


@pytest.mark.parametrize("options", [{}, {"outputs": ["nothing"]}])
def test_one_error_has_the_advice_for_each_kind_of_stage_once(tmp_path, options):
    names = ["sparknlp.base.Finisher", "shop.stages.Basket", "com.example.Stage", "shop.stages.Other"]
    stages = [(name, f"s{index}", {"outputCol": "nothing"}, None) for index, name in enumerate(names)]
    error = refused(save_pipeline(tmp_path / "model", stages), **options)
    assert [problem.className for problem in error.problems] == names
    assert error.advice.count("OnlineTransformer (") == error.advice.count(FOREIGN_ADVICE) == 1


def test_inspect_shows_the_library_and_the_advice(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "300")
    path = save_stage(tmp_path / "model", "ai.catboost.spark.CatBoostClassificationModel", "s", {})
    assert run("inspect", path) == 1
    shown = capsys.readouterr().out
    assert "a stage of CatBoost, which sparklet does not score" in shown
    assert FOREIGN_ADVICE in shown
    assert run("inspect", path, "--json") == 1
    (problem,) = json.loads(capsys.readouterr().out)["unsupported"]
    assert problem["reason"] == "a stage of CatBoost, which sparklet does not score"


def test_the_jvm_engine_names_the_stages_that_are_python(tmp_path):
    """The JSON of xgboost.spark has a bare NaN, which the JVM cannot parse."""
    xgboost = "xgboost.spark.estimator.SparkXGBRegressorModel"
    stages = [*CITY[:3], (xgboost, "xgb", {"missing": math.nan}, None), ("shop.stages.Basket", "b", {}, None)]
    error = refused(save_pipeline(tmp_path / "model", stages), engine="jvm")
    assert [(problem.className, problem.reason) for problem in error.problems] == [
        (xgboost, "written in Python, which a JVM does not run; engine='python' scores it"),
        ("shop.stages.Basket", "written in Python, which a JVM does not run"),
    ]
