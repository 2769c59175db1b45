"""JPMML-SparkML's stage that makes vectors dense, alone and between an assembler and a regression."""

import math
import random

import pytest

import sparklet
from sparklet.errors import NullValueError
from sparklet.linalg import DenseVector, SparseVector
from sparklet.same import assert_same
from sparklet.stages import registry
from sparklet.testing import CHECKS
from tests.models import CITY, encoder, indexer, linear_regression, save_pipeline, save_stage
from tests.models import assembler as assembled

NAMES = [
    "org.jpmml.sparkml.feature.SparseToDenseTransformer",
    "org.jpmml.sparkml.feature.VectorDensifier",
    "org.jpmml.sparkml.xgboost.SparseToDenseTransformer",
]
PARAMS = {"inputCol": "f", "outputCol": "g"}


def alone(path, name=NAMES[1]):
    return sparklet.load(save_stage(path, name, "dense", PARAMS), outputs="*")


@pytest.mark.parametrize("name", NAMES)
def test_a_vector_becomes_dense(tmp_path, name):
    model = alone(tmp_path / "model", name)
    rows = [
        (SparseVector(4, (1, 3), (math.nan, -0.0)), DenseVector([0.0, math.nan, 0.0, -0.0])),
        (DenseVector([1.0, math.inf]), DenseVector([1.0, math.inf])),
        (SparseVector(0, (), ()), DenseVector([])),
    ]
    for vector, expected in rows:
        assert_same({"g": expected}, model.scoreInstance({"f": vector}))
    assert len({registry[each] for each in NAMES}) == 1


def test_null_is_refused(tmp_path):
    with pytest.raises(NullValueError, match="column 'f'"):
        alone(tmp_path / "model").scoreInstance({"f": None})


@pytest.mark.parametrize("check", CHECKS.values(), ids=CHECKS)
def test_check(check, tmp_path):
    draw = random.Random(3)
    rows = [
        {
            "f": SparseVector(
                9, tuple(sorted(draw.sample(range(9), 4))), tuple(draw.random() for _ in range(4))
            )
        }
        for _ in range(20)
    ]
    check(alone(tmp_path / "model"), [*rows, {"f": DenseVector([0.5] * 9)}, {"f": None}])


def test_a_pipeline_scores_as_without_it(tmp_path):
    plain = sparklet.load(save_pipeline(tmp_path / "plain", CITY))
    dense = (NAMES[0], "dense", {"inputCol": "sparse", "outputCol": "features"}, None)
    stages = [indexer(), encoder(), assembled(output="sparse"), dense, linear_regression()]
    model = sparklet.load(save_pipeline(tmp_path / "dense", stages), outputs=["prediction", "features"])
    for row in ({"age": 0.0, "city": "LA"}, {"age": 41.0, "city": "SF"}):
        scored = model.scoreInstance(row)
        assert isinstance(scored.pop("features"), DenseVector)
        assert_same(plain.scoreInstance(row), scored)
