"""KMeans by hand: layouts, shortcuts that must not change the answer, rows that Spark refuses."""

from __future__ import annotations

import math
import random

import pyarrow as pa
import pytest

import sparklet
from sparklet.errors import InvalidValueError, UnsupportedModelError, VectorSizeError
from sparklet.linalg import DenseVector, SparseVector, to_dense
from sparklet.stages.clustering.distance_measure import closest, norm
from sparklet.types import INTEGER
from tests.models import VECTOR, dense, save_stage

NAN, INF = math.nan, math.inf
KIND = "org.apache.spark.ml.clustering.KMeansModel"
CENTERS = [(0.0, 0.0), (4.0, 0.0), (0.0, 4.0)]


def save(folder, centers=CENTERS, order=(2, 0, 1), **params):
    places = list(order)[: len(centers)] if centers is CENTERS else list(range(len(centers)))
    data = [
        ("clusterIdx", pa.int32(), places),
        ("clusterCenter", VECTOR, [dense(*centers[place]) for place in places]),
    ]
    return save_stage(folder, KIND, "km", params, data)


def nearest(centers, point):
    values = to_dense(point).values
    return min(range(len(centers)), key=lambda i: math.dist(to_dense(centers[i]).values, values))


def test_clusters_in_any_order(tmp_path):
    model = sparklet.load(save(tmp_path / "m"))
    assert [model.scoreInstance({"features": list(center)}) for center in CENTERS] == [
        {"prediction": 0},
        {"prediction": 1},
        {"prediction": 2},
    ]
    assert model.outputs[0].type == INTEGER


def test_one_row_before_2_0(tmp_path):
    data = [("clusterCenters", pa.list_(VECTOR), [[dense(*center) for center in CENTERS]])]
    model = sparklet.load(save_stage(tmp_path / "m", KIND, "km", {}, data, version="1.6.3"))
    assert model.scoreInstance({"features": [0.5, 3.0]}) == {"prediction": 2}


@pytest.mark.parametrize("type_", ["array<double>", "array<float>"])
def test_arrays(tmp_path, type_):
    model = sparklet.load(save(tmp_path / "m"), schema={"features": type_})
    assert model.scoreInstance({"features": [3.5, 0.25]}) == {"prediction": 1}


@pytest.mark.parametrize("measure", ["cosine", "euclidean"])
def test_a_saved_model_is_euclidean(tmp_path, measure):
    path = save(tmp_path / "m", [(1.0, 0.0), (0.0, 10.0)], distanceMeasure=measure)
    assert sparklet.load(path).scoreInstance({"features": [0.1, 1.0]}) == {"prediction": 0}


@pytest.mark.parametrize("count", [1, 2, 30, 1000])
@pytest.mark.parametrize("kind", ["dense", "sparse", "mixed"])
def test_shortcuts_do_not_change_the_answer(count, kind):
    rng = random.Random(count)

    def vector():
        values = [rng.uniform(-5.0, 5.0) for _ in range(4)]
        if kind == "dense" or (kind == "mixed" and rng.random() < 0.5):
            return DenseVector(tuple(values))
        return SparseVector(4, (1, 3), (values[1], values[3]))

    centers = [vector() for _ in range(count)]
    find = closest(centers, "java11")
    for _ in range(60):
        point = vector()
        assert find(point) == nearest(centers, point)


def test_infinite_and_not_a_number(tmp_path):
    model = sparklet.load(save(tmp_path / "m"))
    assert model.scoreInstance({"features": [INF, 0.0]}) == {"prediction": 0}
    with pytest.raises(InvalidValueError, match="NaN"):
        model.scoreInstance({"features": [NAN, 0.0]})
    # Without the shortcuts Spark compares with NaN, always in vain.
    many = [DenseVector((float(i),)) for i in range(1000)]
    assert closest(many, "java11")(DenseVector((NAN,))) == 0


def test_size_is_checked(tmp_path):
    model = sparklet.load(save(tmp_path / "m"))
    for features in ([1.0], [1.0, 2.0, 3.0], SparseVector(3, (), ())):
        with pytest.raises(VectorSizeError):
            model.scoreInstance({"features": features})


@pytest.mark.parametrize(
    ("centers", "params", "reason"),
    [
        ([], {}, "no cluster centers"),
        ([(1.0,), (1.0, 2.0)], {}, "size"),
        ([(1.0, NAN)], {}, "NaN"),
        (CENTERS, {"predictionCol": ""}, "predictionCol"),
    ],
)
def test_models_that_spark_refuses(tmp_path, centers, params, reason):
    with pytest.raises(UnsupportedModelError, match=reason):
        sparklet.load(save(tmp_path / "m", centers, **params))


def test_norm_sums_in_order():
    assert norm(SparseVector(9, (1, 5), (3.0, 4.0))) == 5.0
