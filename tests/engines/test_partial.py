"""`load(path, outputs=[...])` scores the stages before one that cannot be scored."""

from __future__ import annotations

import pickle
import shutil

import pytest

import sparklet
from sparklet.cli import main
from sparklet.errors import OptionError, SparkletError, UnsupportedModelError
from tests.models import assembler, encoder, indexer, linear_regression, save_pipeline, save_stage

FOREIGN = ("com.johnsnowlabs.nlp.annotators.classifier.dl.ClassifierDLModel", "nlp")
ROW = {"age": 3.0, "city": "SF"}
BEFORE = [indexer(), encoder(), assembler()]


def foreign(uid="nlp", className=FOREIGN[0], **params):
    return className, uid, {"featuresCol": "features", "predictionCol": "prediction", **params}, None


def load(tmp_path, stages, outputs=("features",)):
    return sparklet.load(save_pipeline(tmp_path / "m", stages), outputs=list(outputs))


def sql(statement):
    return "org.apache.spark.ml.feature.SQLTransformer", "sql", {"statement": statement}, None


@pytest.fixture
def whole(tmp_path):
    return load(tmp_path / "whole", BEFORE).scoreInstance(ROW)


AFTER = {
    "foreign": [foreign()],
    "foreign, then known": [foreign(), linear_regression(predictionCol="second")],
    "two foreign": [foreign(), foreign("other", "org.example.Model")],
    "python": [foreign("mine", "my.package.Mine")],
    "unknown of Spark": [foreign("new", "org.apache.spark.ml.feature.NotYetKnown")],
    "refused param": [linear_regression(predictionCol=["no", "text"])],
    "refused statement": [
        (
            "org.apache.spark.ml.feature.SQLTransformer",
            "sql",
            {"statement": "SELECT *, nope(age) AS n FROM __THIS__"},
            None,
        )
    ],
    "column that exists": [assembler("late", ("age",), "city_v")],
}


@pytest.mark.parametrize("after", AFTER.values(), ids=AFTER)
def test_stages_before_it_are_scored(after, tmp_path, whole, capsys):
    path = save_pipeline(tmp_path / "m", [*BEFORE, *after])
    with pytest.raises(SparkletError):
        sparklet.load(path)
    with pytest.raises(SparkletError):
        sparklet.load(path, outputs="*")
    model = sparklet.load(path, outputs=["features"])
    assert model.scoreInstance(ROW) == whole
    assert [column.name for column in model.inputs] == ["city", "age"]
    assert len(model.stages) == len(BEFORE) + len(after)
    assert pickle.loads(pickle.dumps(model)).scoreInstance(ROW) == whole
    assert repr(model)
    main(["inspect", str(path), "-c", "features"])
    assert "features" in capsys.readouterr().out
    assert model.explain()


def test_inside_a_composite(tmp_path, whole):
    inner = save_pipeline(tmp_path / "inner", [assembler(), foreign()])
    path = save_pipeline(tmp_path / "m", [indexer(), encoder(), linear_regression()])
    stage = next((tmp_path / "m" / "stages").glob("2_*"))
    uid = stage.name.partition("_")[2]
    shutil.rmtree(stage)
    shutil.copytree(inner, stage)
    metadata = stage / "metadata" / "part-00000"
    metadata.write_text(metadata.read_text().replace('"uid": "pipeline"', f'"uid": "{uid}"'))
    assert sparklet.load(path, outputs=["features"]).scoreInstance(ROW) == whole
    with pytest.raises(UnsupportedModelError) as caught:
        sparklet.load(path)
    assert [problem.className for problem in caught.value.problems] == [FOREIGN[0]]


REFUSED = {
    "an output of it": ([foreign()], ["features", "prediction"]),
    "an output after it": ([foreign(), linear_regression(predictionCol="second")], ["second"]),
    "it writes the column": ([foreign(outputCol="FEATURES")], ["features"]),
    "a later one writes the column": ([foreign(), assembler("again", ("age",), "features")], ["features"]),
    "it drops rows": ([foreign(handleInvalid="skip")], ["features"]),
    "a later one drops rows": (
        [foreign(), assembler("late", ("x",), "y", handleInvalid="skip")],
        ["features"],
    ),
    "a later statement drops rows": (
        [foreign(), sql("SELECT * FROM __THIS__ WHERE age > 1")],
        ["features"],
    ),
}


@pytest.mark.parametrize(("after", "outputs"), REFUSED.values(), ids=REFUSED)
def test_what_depends_on_it_is_refused(after, outputs, tmp_path):
    with pytest.raises(UnsupportedModelError) as caught:
        load(tmp_path, [*BEFORE, *after], outputs)
    assert [problem.className for problem in caught.value.problems] == [FOREIGN[0]]


def test_an_unknown_output_is_named_where_all_stages_are_scored(tmp_path):
    with pytest.raises(OptionError, match="no such output column"):
        load(tmp_path, BEFORE, ["nowhere"])


def test_all_refused_stages_are_listed_when_the_outputs_need_them(tmp_path):
    stages = [indexer(), foreign("a", "org.a.Model"), assembler(), foreign("b", "org.b.Model")]
    with pytest.raises(UnsupportedModelError) as caught:
        load(tmp_path, stages)
    assert [problem.className for problem in caught.value.problems] == ["org.a.Model", "org.b.Model"]


def test_stages_of_an_ensemble_are_no_parts(tmp_path, whole):
    """OneVsRest computes with its models: it is not scored without one of them."""
    ensemble = "org.apache.spark.ml.classification.OneVsRestModel"
    path = save_pipeline(tmp_path / "m", [*BEFORE, (ensemble, "ovr", {}, None)])
    folder = tmp_path / "m" / "stages" / "3_ovr"
    shutil.rmtree(folder)
    save_stage(folder, ensemble, "ovr", {}, numClasses=1)
    save_stage(folder / "model_0", *FOREIGN, {})
    assert sparklet.load(path, outputs=["features"]).scoreInstance(ROW) == whole
    with pytest.raises(UnsupportedModelError) as caught:
        sparklet.load(path, outputs=["prediction"])
    assert [problem.className for problem in caught.value.problems] == [FOREIGN[0]]
