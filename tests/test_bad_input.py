"""Each malformed model gets one clear error."""

from __future__ import annotations

import json
import shutil

import pytest

import sparklet
from sparklet.columns.names import quoted
from sparklet.errors import (
    AmbiguousColumnError,
    ColumnExistsError,
    CorruptModelError,
    LegacyModelError,
    MissingColumnError,
    MissingDataError,
    ModelError,
    ModelNotFoundError,
    NotAModelError,
    SchemaError,
    UnfittedModelError,
    UnsupportedModelError,
)
from tests.models import (
    CITY,
    FEATURE,
    assembler,
    indexer,
    linear_regression,
    logistic_regression,
    save_pipeline,
    save_stage,
)


@pytest.fixture
def city(tmp_path):
    save_pipeline(tmp_path / "model", CITY)
    return tmp_path / "model"


def refuse(path, error, match):
    with pytest.raises(error, match=match) as caught:
        sparklet.load(path)
    assert isinstance(caught.value, ModelError)
    return caught.value


def test_no_such_path(tmp_path):
    error = refuse(tmp_path / "nowhere", ModelNotFoundError, "nowhere")
    assert isinstance(error, FileNotFoundError)


def test_no_model(tmp_path):
    (tmp_path / "readme.md").write_text("hello")
    refuse(tmp_path, NotAModelError, str(tmp_path))


def test_truncated_json(city):
    part = city / "metadata" / "part-00000"
    part.write_text(part.read_text()[:40])
    refuse(city, CorruptModelError, "part-00000")


def test_truncated_parquet(city):
    (data,) = (city / "stages" / "3_lr" / "data").iterdir()
    data.write_bytes(data.read_bytes()[:-30])
    refuse(city, CorruptModelError, data.name)


def test_absent_parquet(city):
    shutil.rmtree(city / "stages" / "3_lr" / "data")
    refuse(city, MissingDataError, "3_lr/data")


def test_absent_stage(city):
    shutil.rmtree(city / "stages" / "3_lr")
    refuse(city, MissingDataError, "3_lr")


def test_unfitted_pipeline(tmp_path):
    path = save_stage(tmp_path / "p", "org.apache.spark.ml.Pipeline", "p", {"stageUids": []})
    refuse(path, UnfittedModelError, "fit")


def test_old_mllib(tmp_path):
    folder = tmp_path / "old"
    (folder / "metadata").mkdir(parents=True)
    metadata = {
        "class": "org.apache.spark.mllib.classification.LogisticRegressionModel",
        "version": "1.0",
        "numFeatures": 2,
    }
    (folder / "metadata" / "part-00000").write_text(json.dumps(metadata))
    refuse(folder, LegacyModelError, "spark.mllib")


def test_every_unsupported_stage_is_listed(tmp_path):
    strange = [
        ("com.acme.Scaler", "a", {}, None),
        ("__main__.MyTransformer", "b", {}, None),
        ("org.apache.spark.ml.feature.StringIndexerModle", "c", {}, None),
        indexer("d", handleInvalid="ignore"),
        assembler("e", inputCols=5),
    ]
    error = refuse(
        save_pipeline(tmp_path / "m", [*strange, linear_regression()]), UnsupportedModelError, "5 stages"
    )
    assert [problem.className.rpartition(".")[2] for problem in error.problems] == [
        "Scaler",
        "MyTransformer",
        "StringIndexerModle",
        "StringIndexerModel",
        "VectorAssembler",
    ]
    text = str(error)
    assert "a stage of a JVM library, which sparklet does not score" in text
    assert "Python-defined" in text
    assert "did you mean 'org.apache.spark.ml.feature.StringIndexerModel'" in text
    assert "handleInvalid is 'ignore', expected one of 'error', 'skip', 'keep'" in text
    assert "4_e" in text


def test_a_class_nobody_knows(tmp_path):
    refuse(save_stage(tmp_path / "m", "os.system", "echo"), UnsupportedModelError, "os.system")


def test_params_that_contradict(tmp_path):
    refuse(
        save_pipeline(tmp_path / "m", [indexer(inputCols=["a", "b"], outputCols=["c"])]),
        UnsupportedModelError,
        "2 inputCols do not match 1 outputCols",
    )


def test_threshold_contradicts_thresholds(tmp_path):
    refuse(
        save_pipeline(tmp_path / "m", [logistic_regression(threshold=0.5, thresholds=[0.1, 0.9])]),
        UnsupportedModelError,
        "contradict",
    )


def test_params_of_the_wrong_type(tmp_path):
    for value in (None, "x", [1], {}, True, 10**400):
        path = save_pipeline(tmp_path / str(hash(str(value))), [logistic_regression(threshold=value)])
        refuse(path, UnsupportedModelError, "threshold is")


def test_a_stage_without_what_it_needs(tmp_path):
    refuse(
        save_stage(tmp_path / "a", FEATURE + "VectorAssembler", "va"), CorruptModelError, "lacks inputCols"
    )
    refuse(
        save_pipeline(tmp_path / "b", [indexer(inputCol=None)]), UnsupportedModelError, "inputCol is not set"
    )


def test_columns_that_exist(tmp_path):
    with pytest.raises(ColumnExistsError, match="StringIndexerModel si: column 'city' already exists"):
        sparklet.load(save_pipeline(tmp_path / "m", [indexer(outputCol="city")]))


def test_columns_of_the_wrong_type(tmp_path):
    with pytest.raises(SchemaError, match="column 'city_i' must be a vector, it is double"):
        sparklet.load(save_pipeline(tmp_path / "m", [indexer(), linear_regression(featuresCol="city_i")]))


def test_inputs_that_differ_in_case_only(city):
    with pytest.raises(AmbiguousColumnError, match="'age', 'AGE' differ in case only"):
        sparklet.load(city, schema={"age": "int", "AGE": "double"})
    model = sparklet.load(city)
    with pytest.raises(AmbiguousColumnError, match="'age', 'AGE' differ in case only"):
        model.scoreInstance({"age": 1, "AGE": 2, "city": "SF"})


def test_inputs_that_the_stages_spell_differently_are_one_column(tmp_path):
    path = save_pipeline(tmp_path / "m", [assembler(inputs=["Age", "age"]), linear_regression()])
    assert sparklet.load(path).scoreInstance({"age": 1}) == {"prediction": 13.0}


def test_nothing_of_a_model_reaches_an_import_or_eval(tmp_path):
    marker = tmp_path / "touched"
    evil = f"__import__('pathlib').Path({str(marker)!r}).touch()"
    stages = [
        assembler(inputs=[quoted(evil)], output=evil + "v"),
        linear_regression(featuresCol=quoted(evil + "v"), predictionCol=evil + "x", weights=(1.0,)),
    ]
    model = sparklet.load(save_pipeline(tmp_path / "m", stages))
    assert model.scoreInstance({evil: 1}) == {evil + "x": 2.0}
    assert not marker.exists()
    # Without backticks Spark 4 takes the same text for fields of nested structs.
    nested = sparklet.load(
        save_pipeline(tmp_path / "n", [assembler(inputs=[evil]), linear_regression(weights=(1.0,))])
    )
    with pytest.raises(MissingColumnError, match="is another column, which a stage refers to in backticks"):
        nested.scoreInstance({evil: 1})
    assert not marker.exists()


@pytest.mark.parametrize(("depth", "fine"), [(20, True), (250, False)])
def test_nesting(tmp_path, depth, fine):
    inner = folder = tmp_path / "m"
    for level in range(depth):
        save_stage(inner, "org.apache.spark.ml.PipelineModel", f"p{level}", {"stageUids": ["s"]})
        inner = inner / "stages" / "0_s"
    save_stage(inner, *linear_regression()[:3], linear_regression()[3])
    if fine:
        assert sparklet.load(folder).scoreInstance({"features": [1.0, 1.0]}) == {"prediction": 13.0}
    else:
        with pytest.raises(CorruptModelError, match="stages deep"):
            sparklet.load(folder)
