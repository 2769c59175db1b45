"""`OnnxTransformer`: the same answers on Spark and without it, in a pipeline with Spark's own stages."""

from __future__ import annotations

import random

import numpy
import pytest

import sparklet
from sparklet.errors import OptionError, SparkletError
from sparklet.linalg import DenseVector
from sparklet.testing import assert_same, spark_scores

onnxruntime = pytest.importorskip("onnxruntime")
pytest.importorskip("onnx")
from tests import onnx_graphs  # noqa: E402

pytestmark = pytest.mark.spark

NETWORK = onnx_graphs.network(5, 32, 16, 3)
NAMES = [f"x{index}" for index in range(5)]
SCHEMA = dict.fromkeys(NAMES, "double")


def rows(count, seed=1):
    draw = random.Random(seed)
    return [{name: draw.gauss(index, 1 + index) for index, name in enumerate(NAMES)} for _ in range(count)]


def pipeline(spark, transformer):
    from pyspark.ml import Pipeline
    from pyspark.ml.feature import StandardScaler, VectorAssembler

    table = spark.createDataFrame([tuple(row.values()) for row in rows(200)], NAMES)
    assembled = VectorAssembler(inputCols=NAMES, outputCol="vector")
    scaled = StandardScaler(inputCol="vector", outputCol="features", withMean=True)
    return Pipeline(stages=[assembled, scaled, transformer]).fit(table), table


def transformer(**params):
    from sparklet.spark import OnnxTransformer

    params = {"feedDict": {"x": "features"}, "fetchDict": {"raw": "y"}} | params
    return OnnxTransformer(graph=NETWORK, **params)


@pytest.mark.parametrize("size", [1, 64])
def test_rows_and_dataframes_give_the_same(spark, tmp_path, size):
    from pyspark.ml import PipelineModel

    dicts = {"softMaxDict": {"raw": "probability"}, "argMaxDict": {"raw": "prediction"}}
    model, table = pipeline(spark, transformer(batchSize=size, **dicts))
    path = str(tmp_path / "model")
    sparklet.save(model, path, example=table.limit(20))
    online = sparklet.load(path, verify=True)
    assert [column.name for column in online.outputs] == ["raw", "probability", "prediction"]
    every = rows(500, 2)
    scored = [online.scoreInstance(row) for row in every]
    for loaded in (model, PipelineModel.load(path)):
        for expected, found in zip(
            spark_scores(loaded, every, SCHEMA, spark, group=250).outcomes, scored, strict=True
        ):
            if size == 1:
                assert_same(expected["raw"], found["raw"])
            assert numpy.allclose(expected["raw"], found["raw"], rtol=1e-5, atol=1e-6)
            assert numpy.allclose(
                expected["probability"].toArray(), found["probability"].toArray(), rtol=1e-5
            )
            assert expected["prediction"] == found["prediction"]
    # The model that is loaded runs DataFrames too, without trusting anything.
    first = online.transform(table).head()
    assert_same(online.scoreInstance(rows(1)[0])["raw"], first["raw"])


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_a_model_of_scikit_learn_becomes_a_transformer(spark, tmp_path):
    pytest.importorskip("skl2onnx")
    from sklearn.neural_network import MLPClassifier

    from sparklet.spark import OnnxTransformer

    draw = numpy.random.default_rng(3)
    table = draw.standard_normal((300, 5))
    labels = (table[:, 0] + table[:, 1] ** 2 > 1).astype(int)
    fitted = MLPClassifier((8,), max_iter=300, random_state=0).fit(table, labels)
    params = {"feedDict": {"X": "features"}, "argMaxDict": {"probabilities": "prediction"}}
    transformer = OnnxTransformer.of(fitted, table, **params)
    assert list(transformer.outputs()) == ["label", "probabilities", "prediction"]
    online = sparklet.OnlinePipelineModel.fromSpark(pipeline_of(transformer))
    for row, label in zip(table[:50], fitted.predict(table[:50]), strict=True):
        scored = online.scoreInstance({"features": DenseVector(tuple(row.tolist()))})
        assert scored["label"] == scored["prediction"] == label
        assert numpy.allclose(scored["probabilities"], fitted.predict_proba([row])[0], atol=1e-5)


def pipeline_of(stage):
    from pyspark.ml import PipelineModel

    return PipelineModel([stage])


def test_a_model_of_another_kind_is_refused():
    from sparklet.spark import OnnxTransformer

    with pytest.raises(OptionError, match="a model of scikit-learn or a module of PyTorch"):
        OnnxTransformer.of(len, [[1.0]])


@pytest.mark.parametrize(
    ("params", "problem"),
    [
        ({"feedDict": {}}, "name a column for the inputs x of the graph"),
        ({"fetchDict": {"raw": "z"}}, "the output 'z' is none of y"),
        ({"argMaxDict": {"other": "p"}}, "is no fetched column of arrays"),
    ],
)
def test_wrong_params_are_refused_before_a_job_starts(spark, params, problem):
    from pyspark.ml.linalg import Vectors

    table = spark.createDataFrame([(Vectors.dense([1.0] * 5),)], ["features"])
    with pytest.raises(SparkletError, match=problem):
        transformer(**params).transform(table)


def test_a_transformer_without_a_graph_says_so(spark):
    from sparklet.spark import OnnxTransformer

    with pytest.raises(OptionError, match="pass the content of an ONNX file"):
        OnnxTransformer(feedDict={"x": "features"}).transform(spark.createDataFrame([(1.0,)], ["features"]))
