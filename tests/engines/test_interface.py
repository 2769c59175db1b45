"""The interface of a model: both engines implement all of it, or say in one error why not."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from typing import Any

import pyarrow
import pytest

import sparklet
from sparklet import OnlinePipelineModel
from sparklet.engines.jvm import JvmPipelineModel
from sparklet.engines.python import PythonPipelineModel
from sparklet.errors import EngineError, MissingColumnError, OptionError
from sparklet.testing import assert_same

pytestmark = pytest.mark.spark

SCHEMA = "city string, price double"
ROWS = [{"city": city, "price": price} for city in ("SF", "LA", "NY") for price in (1.5, -2.0, 7.25)]


@pytest.fixture(scope="module")
def fitted(spark):
    from pyspark.ml import Pipeline
    from pyspark.ml.feature import StringIndexer, VectorAssembler
    from pyspark.ml.regression import LinearRegression

    frame = spark.createDataFrame(
        [(*row.values(), 2.0 * row["price"]) for row in ROWS], "city string, price double, label double"
    )
    stages = [
        StringIndexer(inputCol="city", outputCol="index"),
        VectorAssembler(inputCols=["index", "price"], outputCol="features"),
        LinearRegression(),
    ]
    return Pipeline(stages=stages).fit(frame)


@pytest.fixture(scope="module")
def path(fitted, spark, tmp_path_factory):
    path = str(tmp_path_factory.mktemp("interface") / "model")
    sparklet.save(fitted, path, example=spark.createDataFrame(ROWS, SCHEMA))
    return path


@pytest.fixture(scope="module", params=["python", "jvm"])
def engine(request):
    return request.param


@pytest.fixture(scope="module")
def model(path, engine):
    return sparklet.load(path, engine=engine)


# What each public attribute gives, in a form that is equal in both engines.
USES: dict[str, Callable[[Any], Any]] = {
    "example": lambda model: [model.example(), model.example(2)],
    "explain": lambda model: "LinearRegressionModel" in model.explain(),
    "fromSpark": lambda model: callable(model.fromSpark),  # called below
    "guesses": lambda model: [ask.column.name for ask in model.guesses],
    "inputs": lambda model: [(column.name, str(column.type)) for column in model.inputs],
    "outputs": lambda model: [(column.name, str(column.type)) for column in model.outputs],
    "path": lambda model: model.path,
    "requestSchema": lambda model: model.requestSchema(),
    "plan": lambda model: [column.name for column in model.plan.inputs],
    "profile": lambda model: model.profile.release,
    "schema": lambda model: model.schema,
    "scoreInstance": lambda model: [model.scoreInstance(row) for row in ROWS],
    "scoreInstances": lambda model: model.scoreInstances(ROWS),
    "stages": lambda model: [str(stage) for stage in model.stages],
    "transform": lambda model: model.transform(pyarrow.Table.from_pylist(ROWS)).num_rows,
    "trusted": lambda model: model.trusted,
    "verify": lambda model: model.verify(),
    "__repr__": repr,
    "_repr_html_": lambda model: model._repr_html_().count("<tr>"),
}
REFUSED = {"python": {}, "jvm": {"plan": "stays in the JVM", "transform": "engine='python'"}}
PUBLIC = {name for name in dir(OnlinePipelineModel) if not name.startswith("_")}


def test_every_public_name_is_used():
    assert PUBLIC | {"__repr__", "_repr_html_"} == set(USES)
    for kind in (PythonPipelineModel, JvmPipelineModel):
        assert {name for name in dir(kind) if not name.startswith("_")} == PUBLIC
        assert all(getattr(kind, name).__doc__ for name in PUBLIC)


@pytest.mark.parametrize("name", USES)
def test_the_engine_has_it_or_says_why_not(name, model, engine, path):
    if name in REFUSED[engine]:
        with pytest.raises(EngineError, match=REFUSED[engine][name]) as refused:
            USES[name](model)
        assert (refused.value.engine, refused.value.feature) == (engine, name)
        assert str(pickle.loads(pickle.dumps(refused.value))) == str(refused.value)
    else:
        assert_same(USES[name](sparklet.load(path)), USES[name](model))


def test_a_model_is_immutable_and_pickles(model):
    with pytest.raises(AttributeError, match="immutable"):
        model.path = "elsewhere"
    with pytest.raises(AttributeError, match="immutable"):
        model._inputs = ()
    with pytest.raises((AttributeError, TypeError)):
        del model._path
    again = pickle.loads(pickle.dumps(model))
    assert type(again) is type(model)
    assert_same(model.scoreInstances(ROWS), again.scoreInstances(ROWS))


def test_errors_are_alike(model):
    with pytest.raises(OptionError, match="'raise' or 'collect'"):
        model.scoreInstances(ROWS, errors="ignore")
    with pytest.raises(OptionError, match="9 rows"):
        model.example(9)
    with pytest.raises(MissingColumnError):
        model.scoreInstance({"city": "SF"})
    first, second = model.scoreInstances([{"city": "SF"}, ROWS[0]], errors="collect")
    assert isinstance(first, MissingColumnError)
    assert_same(model.scoreInstance(ROWS[0]), second)


def test_both_take_tables_of_spark_and_fitted_models(model, engine, fitted, spark):
    frame = spark.createDataFrame(ROWS, SCHEMA)
    assert model.transform(frame).collect() == fitted.transform(frame).collect()
    again = OnlinePipelineModel.fromSpark(fitted, engine=engine, schema=model.schema)
    assert type(again) is type(model)
    assert_same(model.scoreInstances(ROWS), again.scoreInstances(ROWS))
    assert again.transform(frame).collect() == fitted.transform(frame).collect()


def test_jobs_take_models_of_both(model, spark, tmp_path):
    spark.createDataFrame(ROWS, SCHEMA).createOrReplaceTempView("interface_rows")
    done = sparklet.predict_offline(
        model, "SELECT * FROM interface_rows", str(tmp_path / "scored"), spark=spark
    )
    assert done.rows_out == len(ROWS)
