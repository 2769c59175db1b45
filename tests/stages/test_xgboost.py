"""Boosters that XGBoost trains here, without Spark: every bit of its own answers, and damaged files."""

from __future__ import annotations

import copy
import json
import math
import random

import numpy
import pytest
import xgboost
from scipy.special import expit, softmax

import sparklet
from sparklet.errors import CorruptModelError, SparkletError, UnsupportedModelError, VectorSizeError
from sparklet.linalg import DenseVector, SparseVector
from tests.shared_models import FIELD, needs_field

NAN, INF = math.nan, math.inf
ROWS = 400
KINDS = ["q", "c", "c", "q", "q", "q"]
CLASSIFIER, REGRESSOR, RANKER = (f"SparkXGB{kind}Model" for kind in ("Classifier", "Regressor", "Ranker"))


@pytest.fixture(autouse=True, params=["C module", "Python"])
def _both_ways(request, monkeypatch):
    if request.param == "Python":
        monkeypatch.setenv("SPARKLET_NATIVE", "0")


def features(count, seed=0):
    """Return features with missing values, zeros, two columns of categories and very large numbers."""
    rng = numpy.random.default_rng(seed)
    table = rng.normal(size=(count, 6))
    table[rng.random(table.shape) < 0.15] = NAN
    table[rng.random(table.shape) < 0.2] = 0.0
    table[:, 1] = rng.integers(0, 4, count)
    table[:, 2] = numpy.where(rng.random(count) < 0.1, NAN, rng.integers(0, 40, count))
    table[:, 3] = rng.integers(-3, 3, count) * 1e10
    return table


def odd(count):
    """Return features as in training, and some that are not."""
    table = features(count, seed=1)
    table[:, 4] *= numpy.exp(numpy.random.default_rng(2).normal(size=count) * 20)
    table[:10, 0] = INF, -INF, 1e300, -1e300, 5e-324, -0.0, NAN, 3.5e38, 1.5, 0.1
    table[:6, 1] = 77.0, -1.0, 1.7, -0.5, INF, NAN
    table[:4, 2] = 16777216.0, 39.0, 2147483648.0, -INF
    return table


def train(objective, groups=1, missing=NAN, kinds=None, rounds=12, **params):
    table = features(1200)
    score = numpy.nan_to_num(table[:, 0]) + numpy.nan_to_num(table[:, 2]) % 7 / 3
    if groups > 1:
        label = numpy.digitize(score, numpy.quantile(score, numpy.linspace(0, 1, groups + 1)[1:-1]))
        params["num_class"] = groups
    elif objective in ("reg:logistic", "binary:logistic", "binary:logitraw", "binary:hinge"):
        label = (score > 1.0).astype(float)
    elif objective.startswith("rank:"):
        label = numpy.digitize(score, [0.5, 1.5])
    else:
        label = numpy.exp(score / 3)
    data = xgboost.DMatrix(table, label, missing=missing, feature_types=kinds, enable_categorical=bool(kinds))
    if objective.startswith("rank:"):
        data.set_group([100] * 12)
    params = {"objective": objective, "max_depth": 6, "nthread": 1, "verbosity": 0, **params}
    if kinds:
        params |= {"tree_method": "hist", "max_cat_to_onehot": 3}
    return xgboost.train(params, data, rounds)


def save(path, kind, document, **params):
    """Write the folder of a stage as `SparkXGBModelWriter` does, with NaN that is no JSON."""
    (path / "metadata").mkdir(parents=True, exist_ok=True)
    (path / "model").mkdir(exist_ok=True)
    metadata = {
        "class": f"xgboost.spark.estimator.{kind}",
        "timestamp": 1,
        "sparkVersion": "3.5.0",
        "uid": f"{kind}_1",
        "paramMap": params,
        "defaultParamMap": {"missing": NAN, "features_cols": [], "max_depth": None, "iteration_range": None},
    }
    (path / "metadata" / "part-00000").write_text(json.dumps(metadata) + "\n")
    half = len(document) // 2  # long models are split between lines
    (path / "model" / "part-00000").write_text(f"{document[:half]}\n{document[half:]}\n")
    return path


def load(path, kind, booster, **params):
    return sparklet.load(save(path, kind, booster.save_raw("json").decode(), **params))


def expected(kind, booster, table, groups, **options):
    """Return what the stage's Python makes of `inplace_predict`; see `xgboost/spark/core.py`."""
    options = {"validate_features": False, **options}
    if kind != CLASSIFIER:
        return [{"prediction": float(value)} for value in booster.inplace_predict(table, **options)]
    margins = booster.inplace_predict(table, predict_type="margin", **options)
    if groups == 1:
        second = expit(margins)
        raw, probability = numpy.vstack((-margins, margins)).T, numpy.vstack((1.0 - second, second)).T
    else:
        raw, probability = margins, softmax(margins, axis=1)
    return [
        {
            "rawPrediction": DenseVector(tuple(map(float, a))),
            "prediction": float(numpy.argmax(b)),
            "probability": DenseVector(tuple(map(float, b))),
        }
        for a, b in zip(raw, probability, strict=True)
    ]


def same(answers, wanted):
    assert list(map(repr, answers)) == list(map(repr, wanted))
    assert len(set(map(repr, wanted))) > 1


BOOSTERS = {
    "binary": (CLASSIFIER, "binary:logistic", 1, {}),
    "classes": (CLASSIFIER, "multi:softprob", 3, {}),
    "many classes": (CLASSIFIER, "multi:softmax", 19, {"rounds": 3}),
    "dart": (CLASSIFIER, "binary:logistic", 1, {"booster": "dart", "rate_drop": 0.4}),
    "dart of classes": (CLASSIFIER, "multi:softprob", 5, {"booster": "dart", "rate_drop": 0.4}),
    "dart of numbers": (REGRESSOR, "count:poisson", 1, {"booster": "dart", "rate_drop": 0.4}),
    "forest": (CLASSIFIER, "multi:softprob", 3, {"num_parallel_tree": 3, "subsample": 0.5}),
    "categories": (CLASSIFIER, "binary:logistic", 1, {"kinds": KINDS}),
    "categories of numbers": (REGRESSOR, "reg:squarederror", 1, {"kinds": KINDS}),
    "zero is missing": (CLASSIFIER, "binary:logistic", 1, {"missing": 0.0}),
    "number is missing": (REGRESSOR, "reg:squarederror", 1, {"missing": 2.0}),
    "pruned": (REGRESSOR, "reg:squarederror", 1, {"gamma": 0.5, "max_depth": 8}),
    "base score": (REGRESSOR, "reg:logistic", 1, {"base_score": 0.3}),
    **{
        objective: (REGRESSOR, objective, 1, {})
        for objective in "reg:logistic binary:logitraw binary:hinge count:poisson reg:gamma reg:tweedie "
        "reg:pseudohubererror reg:squaredlogerror reg:absoluteerror survival:cox".split()
    },
    **{objective: (RANKER, objective, 1, {}) for objective in ("rank:pairwise", "rank:ndcg")},
}


@pytest.mark.parametrize("name", BOOSTERS)
def test_scores_every_bit(name, tmp_path):
    kind, objective, groups, params = BOOSTERS[name]
    booster, missing = train(objective, groups, **params), params.get("missing", NAN)
    table = odd(ROWS)
    with numpy.errstate(over="ignore"):
        wanted = expected(kind, booster, table.astype(numpy.float32), groups, missing=missing)
    model = load(tmp_path, kind, booster, missing=missing)
    rows = [{"features": DenseVector(tuple(map(float, row)))} for row in table]
    same([model.scoreInstance(row) for row in rows], wanted)
    same(model.scoreInstances(rows), wanted)


def test_absent_elements_of_sparse_vectors_are_zero(tmp_path):
    for missing in (NAN, 0.0):
        booster = train("binary:logistic", missing=missing)
        model = load(tmp_path, CLASSIFIER, booster, missing=missing)
        table = odd(ROWS)
        table[numpy.isnan(table)] = 0.0
        rows = [
            SparseVector(6, tuple(numpy.flatnonzero(row)), tuple(row[row != 0].tolist())) for row in table
        ]
        with numpy.errstate(over="ignore"):
            wanted = expected(CLASSIFIER, booster, table.astype(numpy.float32), 1, missing=missing)
        same(model.scoreInstances([{"features": row} for row in rows]), wanted)


def test_rounds(tmp_path):
    """Use the rounds until the best one, or those of `iteration_range`."""
    booster = train("multi:softprob", 3, num_parallel_tree=2)
    table = features(50, seed=3).astype(numpy.float32)
    rows = [{"features": DenseVector(tuple(map(float, row)))} for row in table]
    some = load(tmp_path / "some", CLASSIFIER, booster, iteration_range=[2, 5])
    same(some.scoreInstances(rows), expected(CLASSIFIER, booster, table, 3, iteration_range=(2, 5)))
    booster.set_attr(best_iteration="4")
    best = load(tmp_path / "best", CLASSIFIER, booster)
    same(best.scoreInstances(rows), expected(CLASSIFIER, booster, table, 3, iteration_range=(0, 5)))
    with pytest.raises(UnsupportedModelError, match="12 rounds"):
        load(tmp_path / "beyond", CLASSIFIER, booster, iteration_range=[2, 13])


def test_vectors_of_another_size_are_refused(tmp_path):
    model = load(tmp_path, REGRESSOR, train("reg:squarederror"))
    for vector in (DenseVector((1.0,) * 5), DenseVector((1.0,) * 7), SparseVector(7, (0,), (1.0,))):
        with pytest.raises(VectorSizeError):
            model.scoreInstance({"features": vector})


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({"base_margin_col": "m"}, "base_margin_col"),
        ({"features_cols": ["a", "b"]}, "features_cols"),
        ({"pred_contrib_col": "c"}, "pred_contrib_col"),
        ({"enable_sparse_data_optim": True}, "missing=0.0"),
    ],
)
def test_refused_params(params, words, tmp_path):
    with pytest.raises(UnsupportedModelError, match=words):
        load(tmp_path, REGRESSOR, train("reg:squarederror", rounds=1), **params)


def test_other_boosters_are_refused(tmp_path):
    linear = train("reg:squarederror", booster="gblinear", rounds=1)
    with pytest.raises(CorruptModelError, match="gblinear"):
        load(tmp_path, REGRESSOR, linear)
    with pytest.raises(UnsupportedModelError, match="5 outputs"):
        load(tmp_path, REGRESSOR, train("multi:softprob", 5, rounds=1))


# --- damaged files ------------------------------------------------------------------------------

ODD_VALUES = (None, True, -1, 0, 1, 2**31, 2**70, 1.5, NAN, INF, "", "7", "x", [], [0], [-1], {}, {"a": 1})


def paths(value, path=()):
    """Yield the way to each value inside a document, and to few of the elements of its lists."""
    items = (
        value.items() if isinstance(value, dict) else enumerate(value[:3]) if isinstance(value, list) else ()
    )
    for key, item in items:
        yield (*path, key)
        yield from paths(item, (*path, key))


def test_damaged_boosters_are_refused_or_scored(tmp_path):
    """Refuse a document with one value replaced, dropped or repeated; no other error, and no endless walk."""
    booster = train("binary:logistic", kinds=KINDS, rounds=2)
    document = json.loads(booster.save_raw("json"))
    rng, row = random.Random(4), {"features": DenseVector((0.5, 1.0, 3.0, 0.0, 0.0, NAN))}
    refused = scored = 0
    for path in paths(document):
        for value in [*rng.sample(ODD_VALUES, 1), "drop", "double"]:
            damaged = copy.deepcopy(document)
            owner = damaged
            for key in path[:-1]:
                owner = owner[key]
            if value == "drop":
                del owner[path[-1]]
            elif value == "double" and isinstance(owner[path[-1]], list):
                owner[path[-1]] *= 2
            else:
                owner[path[-1]] = value
            save(tmp_path, CLASSIFIER, json.dumps(damaged))
            try:
                sparklet.load(tmp_path).scoreInstance(row)
                scored += 1
            except SparkletError:
                refused += 1
    assert refused > 150
    assert scored > 50


@pytest.mark.parametrize("text", ["", "{", "[]", "7", '{"learner": 1}', "[" * 100_000, "\x00", "\udcff"])
def test_files_without_a_booster_are_refused(text, tmp_path):
    save(tmp_path, CLASSIFIER, "{}")
    (tmp_path / "model" / "part-00000").write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(SparkletError):
        sparklet.load(tmp_path)


# --- models of others ---------------------------------------------------------------------------


@needs_field
def test_field_model(tmp_path):
    """Score a pipeline of 2023, of XGBoost 1.7.3 on Spark 3.3, whose last stage is a regressor."""
    folder = FIELD / "44-PipelineModel-3.3"
    (stage,) = folder.glob("stages/2_*")
    booster = xgboost.Booster(model_file=bytearray((stage / "model" / "part-00000").read_bytes()))
    model, vectors = sparklet.load(folder), sparklet.load(folder, outputs=["features"])
    rng = random.Random(1)
    names = [column.name for column in model.inputs]
    rows = [{name: rng.choice((0.0, 1.0, 2.0, rng.random())) for name in names} for _ in range(20_000)]
    kept = []
    for row in rows:
        try:
            kept.append((row, vectors.scoreInstance(row)["features"]))
        except SparkletError:  # the VectorIndexer refuses categories that it does not know
            continue
    assert len(kept) > 100
    table = numpy.array([[float(vector[i]) for i in range(vector.size)] for _, vector in kept], numpy.float32)
    same(
        [model.scoreInstance(row) for row, _ in kept],
        expected(REGRESSOR, booster, table, 1, missing=0.0, iteration_range=(0, 10)),
    )
