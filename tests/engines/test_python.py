"""The model that callers hold."""

from __future__ import annotations

import copy
import pickle
import shutil
from concurrent.futures import ThreadPoolExecutor

import pytest

import sparklet
from sparklet.errors import (
    ColumnTypeError,
    InvalidValueError,
    MissingColumnError,
    NullValueError,
    OptionError,
    RowError,
    SchemaError,
    VectorSizeError,
)
from sparklet.linalg import DenseVector
from sparklet.testing import assert_same
from tests.conftest import GOLDEN
from tests.models import (
    CITY,
    FEATURE,
    assembler,
    encoder,
    indexer,
    linear_regression,
    logistic_regression,
    save_pipeline,
    save_stage,
)


@pytest.fixture
def city(tmp_path):
    return save_pipeline(tmp_path / "model", CITY)


def test_score(city):
    model = sparklet.load(city)
    assert_same({"prediction": 93.0}, model.scoreInstance({"age": 41, "city": "SF"}))
    assert_same({"prediction": 83.0}, model.scoreInstance({"CITY": "LA", "Age": 41.0, "more": object()}))


def test_facts(city):
    model = sparklet.load(city)
    assert model.schema == {"city": "string", "age": "double"}
    assert [column.name for column in model.outputs] == ["prediction"]
    assert [type(stage).__name__ for stage in model.stages] == [
        "StringIndexerModel",
        "OneHotEncoderModel",
        "VectorAssembler",
        "LinearRegressionModel",
    ]
    assert model.profile.release == "4.1+"
    assert model.path == city


def test_repr(city):
    model = sparklet.load(city)
    assert "4 stages" in repr(model)
    assert "age: double" in repr(model)
    page = model._repr_html_()
    assert "<td>age</td>" in page


def test_html_is_escaped(tmp_path):
    evil = "<script>alert(1)</script>"
    path = save_pipeline(
        tmp_path / "m", [assembler(inputs=[evil], output="features"), linear_regression(weights=(1.0,))]
    )
    assert "<script>" not in sparklet.load(path)._repr_html_()


def test_immutable(city):
    model = sparklet.load(city)
    with pytest.raises(AttributeError, match="immutable"):
        model.profile = None
    with pytest.raises(TypeError):
        del model.plan


@pytest.mark.parametrize("copied", [lambda m: pickle.loads(pickle.dumps(m)), copy.copy, copy.deepcopy])
def test_copies_score_the_same(city, copied):
    model = sparklet.load(city, outputs=["features", "prediction"], missing="null", schema={"age": "int"})
    row = {"age": 3, "city": "SF"}
    assert_same(model.scoreInstance(row), copied(model).scoreInstance(row))
    assert copied(model).schema == model.schema


def test_threads(city):
    model = sparklet.load(city)
    rows = [{"age": float(i), "city": "SF" if i % 2 else "LA"} for i in range(2000)]
    expected = [model.scoreInstance(row) for row in rows]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(model.scoreInstance, rows)) == expected


def test_outputs(city):
    def scored(outputs):
        model = sparklet.load(city, outputs=outputs, schema={"age": "double"})
        return model.scoreInstance({"age": 1, "city": "LA"})

    assert list(scored("*")) == ["city_i", "city_v", "features", "prediction"]
    assert scored(["FEATURES"]) == {"features": DenseVector((1.0, 0.0))}
    assert scored(["age", "prediction"]) == {"age": 1.0, "prediction": 3.0}
    with pytest.raises(OptionError, match="did you mean 'features'"):
        scored(["feature"])
    with pytest.raises(OptionError, match="a list of column names"):
        scored("features")


def test_outputs_that_nobody_asks_for_are_not_computed(city):
    model = sparklet.load(city, outputs=["city_i"])
    assert model.schema == {"city": "string"}
    assert model.scoreInstance({"city": "LA"}) == {"city_i": 1.0}


def test_default_outputs_without_a_predictor(tmp_path):
    path = save_pipeline(
        tmp_path / "m", [indexer(), encoder(), indexer("si2", inputCol="plan", outputCol="plan_i")]
    )
    assert [column.name for column in sparklet.load(path).outputs] == ["city_v", "plan_i"]


def test_default_outputs_after_the_predictor(tmp_path):
    back = (
        FEATURE + "IndexToString",
        "its",
        {"inputCol": "prediction", "outputCol": "word", "labels": ["no", "yes"]},
        None,
    )
    path = save_pipeline(tmp_path / "m", [*CITY[:3], logistic_regression(), back])
    model = sparklet.load(path)
    scored = model.scoreInstance({"age": 1, "city": "SF"})
    assert list(scored) == ["rawPrediction", "probability", "prediction", "word"]
    assert scored["word"] == "yes"


def test_label_indexer_is_not_needed(tmp_path):
    label = indexer("li", inputCol="sold", outputCol="label", handleInvalid="skip")
    model = sparklet.load(save_pipeline(tmp_path / "m", [label, *CITY]))
    assert "sold" not in model.schema
    assert model.scoreInstance({"age": 1, "city": "LA"}) == {"prediction": 3.0}


def test_what_a_predictor_makes_is_never_its_own_label(tmp_path):
    # A fitted model may be told to call its prediction as training called the label.
    class_name, uid, params, data = logistic_regression()
    model = (class_name, uid, {**params, "predictionCol": "label"}, data)
    path = save_pipeline(tmp_path / "m", [*CITY[:3], model])
    assert [column.name for column in sparklet.load(path).outputs] == [
        "rawPrediction",
        "probability",
        "label",
    ]


def test_clusters_are_no_labels(tmp_path):
    shutil.copytree(GOLDEN / "4.3" / "KMeansModel" / "default" / "model", tmp_path / "m")
    (metadata,) = (tmp_path / "m" / "metadata").glob("part-*")
    metadata.write_text(
        metadata.read_text().replace('"predictionCol":"prediction"', '"predictionCol":"label"')
    )
    assert [column.name for column in sparklet.load(tmp_path / "m").outputs] == ["label"]


def test_label_indexer_under_all_outputs_is_skipped_where_its_input_is_absent(tmp_path):
    label = indexer("li", inputCol="sold", outputCol="label")
    model = sparklet.load(save_pipeline(tmp_path / "m", [label, *CITY]), outputs="*")
    row = {"age": 1, "city": "LA"}
    assert list(model.scoreInstance(row)) == ["city_i", "city_v", "features", "prediction"]
    assert list(model.scoreInstance({**row, "sold": "SF"})) == [
        "label",
        "city_i",
        "city_v",
        "features",
        "prediction",
    ]


def test_a_filter_works_though_nobody_reads_its_output(tmp_path):
    other = indexer("si2", inputCol="plan", outputCol="plan_i", handleInvalid="skip")
    model = sparklet.load(save_pipeline(tmp_path / "m", [other, *CITY]))
    assert model.scoreInstance({"age": 1, "city": "LA", "plan": "?"}) is None
    assert model.scoreInstance({"age": 1, "city": "LA", "plan": "SF"}) == {"prediction": 3.0}


def test_missing_null(city):
    model = sparklet.load(city, missing="null")
    with pytest.raises(
        NullValueError, match=r"VectorAssembler va, column 'age': is null \(handleInvalid is 'error'\)"
    ):
        model.scoreInstance({"city": "SF"})


def test_many_rows(city):
    model = sparklet.load(city)
    rows = [{"age": 1, "city": "LA"}, {"age": "x", "city": "LA"}, {"age": 2, "city": "SF"}]
    with pytest.raises(ColumnTypeError):
        model.scoreInstances(rows)
    first, second, third = model.scoreInstances(rows, errors="collect")
    assert (first, third) == ({"prediction": 3.0}, {"prediction": 15.0})
    assert isinstance(second, ColumnTypeError)
    with pytest.raises(OptionError):
        model.scoreInstances(rows, errors="ignore")


def test_row_errors_name_stage_column_and_value(city):
    model = sparklet.load(city)
    with pytest.raises(InvalidValueError) as caught:
        model.scoreInstance({"age": 1, "city": "Paris"})
    assert str(caught.value).startswith(
        "stage StringIndexerModel si, column 'city': holds a label unseen in training: 'Paris'"
    )
    assert caught.value.value == "Paris"
    again = pickle.loads(pickle.dumps(caught.value))
    assert (str(again), again.column, again.stage) == (str(caught.value), "city", "StringIndexerModel si")
    with pytest.raises(MissingColumnError, match="stage StringIndexerModel si, column 'city': is absent"):
        model.scoreInstance({"age": 1})


def test_rows_are_not_mutated(city):
    model, row = sparklet.load(city), {"age": 1, "city": "SF"}
    model.scoreInstance(row)
    assert row == {"age": 1, "city": "SF"}


def test_a_bare_stage(tmp_path):
    path = save_stage(tmp_path / "lr", *linear_regression()[:3], linear_regression()[3])
    model = sparklet.load(path)
    assert model.scoreInstance({"features": [1.0, 1.0]}) == {"prediction": 13.0}
    assert model.schema == {"features": "vector(2)"}
    with pytest.raises(VectorSizeError, match="column 'features': has 3 elements, expected 2"):
        model.scoreInstance({"features": [1.0, 1.0, 1.0]})
    with pytest.raises(RowError, match="is null"):
        model.scoreInstance({"features": None})


def test_a_column_read_as_number_and_as_label_is_a_number(tmp_path):
    stages = [
        indexer(inputCol="age", outputCol="age_i", labels=("41.0",)),
        assembler(inputs=["age", "age_i"]),
        linear_regression(),
    ]
    model = sparklet.load(save_pipeline(tmp_path / "m", stages))
    assert model.schema == {"age": "double"}
    assert model.scoreInstance({"age": 41}) == {"prediction": 83.0}


def test_schema_decides_how_labels_are_cast(tmp_path):
    path = save_pipeline(tmp_path / "m", [indexer(labels=("1", "1.0"))])
    assert sparklet.load(path, schema={"city": "int"}).scoreInstance({"city": 1}) == {"city_i": 0.0}
    assert sparklet.load(path, schema={"city": "double"}).scoreInstance({"city": 1}) == {"city_i": 1.0}


@pytest.mark.parametrize(
    ("options", "word"),
    [
        ({"spark": "newest"}, "spark"),
        ({"missing": "ignore"}, "missing"),
        ({"engine": "scala"}, "engine"),
        ({"schema": {"age": "number"}}, "type"),
        ({"schema": ["age"]}, "schema"),
        ({"schema": {1: "int"}}, "schema"),
        ({"trusted": "mine"}, "trusted"),
        ({"trusted": ["mine; import os"]}, "trusted"),
        ({"outputs": [5]}, "outputs"),
    ],
)
def test_options(city, options, word):
    with pytest.raises(OptionError, match=word):
        sparklet.load(city, **options)


def test_nothing_to_verify(city):
    with pytest.raises(sparklet.SparkletError, match="contains no example rows"):
        sparklet.load(city, verify=True)


def test_types_that_contradict_the_stages(city):
    with pytest.raises(
        SchemaError, match="VectorAssembler va: column 'age' must be a number, boolean or vector"
    ):
        sparklet.load(city, schema={"age": "string"})


def test_profile_follows_the_saving_version_and_can_be_chosen(tmp_path):
    for version, line in (
        ("2.0.2", "3.5"),
        ("3.5.6-amzn-1", "3.5"),
        ("4.0.1", "4.0"),
        ("4.3.0", "4.1+"),
    ):
        path = save_pipeline(tmp_path / version, [assembler(inputs=["a"])], version)
        assert sparklet.load(path).profile.release == line
    assert sparklet.load(path, spark="3.5").profile.release == "3.5"
