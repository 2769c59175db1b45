"""Forests written by hand: what is read, how rows walk, and tables that are no forest."""

from __future__ import annotations

import copy
import math
import pickle
import random
from pathlib import Path

import numpy
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import sparklet
from sparklet.errors import CorruptModelError, InvalidValueError, NullValueError, VectorSizeError
from sparklet.java import WHOLE
from sparklet.linalg import DenseVector, SparseVector
from sparklet.saved import open_model
from sparklet.stages import build
from sparklet.testing import assert_same
from tests.models import save_stage

NAN, INF = math.nan, math.inf


@pytest.fixture(autouse=True, params=["C module", "Python"])
def _both_ways(request, monkeypatch):
    if request.param == "Python":
        monkeypatch.setenv("SPARKLET_NATIVE", "0")


SPLIT = pa.struct(
    [
        ("featureIndex", pa.int32()),
        ("leftCategoriesOrThreshold", pa.list_(pa.float64())),
        ("numCategories", pa.int32()),
    ]
)
NODE = pa.struct(
    [
        ("id", pa.int32()),
        ("prediction", pa.float64()),
        ("impurity", pa.float64()),
        ("impurityStats", pa.list_(pa.float64())),
        ("rawCount", pa.int64()),
        ("gain", pa.float64()),
        ("leftChild", pa.int32()),
        ("rightChild", pa.int32()),
        ("split", SPLIT),
    ]
)


def leaf(id, prediction=0.0, stats=(1.0, 0.0, 0.0)):
    """Return the row of a leaf."""
    return {
        "id": id,
        "prediction": prediction,
        "impurity": 0.0,
        "impurityStats": list(stats),
        "rawCount": 1,
        "gain": -1.0,
        "leftChild": -1,
        "rightChild": -1,
        "split": {"featureIndex": -1, "leftCategoriesOrThreshold": [], "numCategories": -1},
    }


def inner(id, feature, left, right, *test, categories=-1):
    """Return the row of a node that splits: at a threshold, or by categories that go left."""
    split = {"featureIndex": feature, "leftCategoriesOrThreshold": list(test), "numCategories": categories}
    return {**leaf(id), "leftChild": left, "rightChild": right, "split": split}


def stump(left=1.0, right=2.0, threshold=0.5):
    """Return a tree with one split, of feature 0."""
    return [inner(0, 0, 1, 2, threshold), leaf(1, left), leaf(2, right)]


def by_category(*left, categories):
    """Return a tree that splits feature 0 by category: 1.0 to the left, 2.0 to the right."""
    return [inner(0, 0, 1, 2, *left, categories=categories), leaf(1, 1.0), leaf(2, 2.0)]


def names(rows):
    return list(rows[0]) if rows else [field.name for field in NODE]


def save_tree(folder, nodes, kind="regression.DecisionTreeRegressionModel", version="4.3.0", **facts):
    """Write a model of one tree."""
    extra = {"numFeatures": 3, **facts}
    params = extra.pop("params", {})
    data = [(name, NODE.field(name).type, [node[name] for node in nodes]) for name in names(nodes)]
    return save_stage(folder, "org.apache.spark.ml." + kind, "t", params, data, version, **extra)


def save_forest(
    folder,
    trees,
    kind="regression.GBTRegressionModel",
    *,
    weights=None,
    columns=("_1", "_2", "_3"),
    files=1,
    **facts,
):
    """Write an ensemble: nodes in random order over several files, weights in reverse order."""
    extra = {"numFeatures": 3, "numTrees": len(trees), **facts}
    params, version = extra.pop("params", {}), extra.pop("version", "4.3.0")
    path = Path(save_stage(folder, "org.apache.spark.ml." + kind, "f", params, None, version, **extra))
    rows = [{"treeID": tree, "nodeData": node} for tree, nodes in enumerate(trees) for node in nodes]
    random.Random(1).shuffle(rows)
    for name in ("data", "treesMetadata"):
        (path / name).mkdir()
    schema = pa.schema([("treeID", pa.int32()), ("nodeData", NODE)])
    for file in range(files):
        part = pa.Table.from_pylist(rows[file::files], schema=schema)
        pq.write_table(part, path / "data" / f"part-{file:05d}.snappy.parquet")
    weights = weights or [1.0] * len(trees)
    order = list(range(len(trees)))[::-1]
    values = [order, ["{}"] * len(trees), [weights[tree] for tree in order]]
    kinds = (pa.int32(), pa.string(), pa.float64())
    facts = pa.table({name: pa.array(v, k) for name, v, k in zip(columns, values, kinds, strict=True)})
    pq.write_table(facts, path / "treesMetadata" / "part-00000.snappy.parquet")
    return str(path)


def scores(path, *values, **options):
    model = sparklet.load(path, **options)
    return [model.scoreInstance({"features": list(v) if isinstance(v, tuple) else v}) for v in values]


def predictions(path, *values):
    return [score["prediction"] for score in scores(path, *values)]


# --- walking ------------------------------------------------------------------------------------


def test_threshold_is_inclusive_and_nan_goes_right(tmp_path):
    path = save_tree(tmp_path / "m", stump())
    below, at, above, nan, low, high = predictions(
        path, *[(x, 0.0, 0.0) for x in (0.4, 0.5, math.nextafter(0.5, 1), NAN, -INF, INF)]
    )
    assert [below, at, above, nan, low, high] == [1.0, 1.0, 2.0, 2.0, 1.0, 2.0]


@pytest.mark.parametrize(
    ("left", "categories", "expected"),
    [
        # At most half of the categories go left: what is unseen goes right.
        (
            (0.0, 2.0),
            4,
            {0.0: 1.0, 1.0: 2.0, 2.0: 1.0, 3.0: 2.0, 4.0: 2.0, 0.5: 2.0, -1.0: 2.0, INF: 2.0},
        ),
        # More than half: what is unseen goes left.
        ((0.0, 2.0), 3, {0.0: 1.0, 1.0: 2.0, 2.0: 1.0, 3.0: 1.0, 0.5: 1.0, -1.0: 1.0, INF: 1.0}),
        ((), 0, {0.0: 2.0}),
        ((0.0,), 1, {0.0: 1.0, 7.0: 1.0}),
    ],
)
def test_categories(tmp_path, left, categories, expected):
    path = save_tree(tmp_path / "m", by_category(*left, categories=categories))
    assert predictions(path, *[(value, 0.0, 0.0) for value in expected]) == list(expected.values())
    # NaN is in no set, so it goes where the unseen go.
    nan, unseen, negative, zero = predictions(path, *[(x, 0.0, 0.0) for x in (NAN, 99.0, -0.0, 0.0)])
    assert (nan, negative) == (unseen, zero)


def test_absent_elements_are_zero(tmp_path):
    path = save_tree(tmp_path / "m", stump(threshold=-0.5))
    assert predictions(path, SparseVector(3, (), ()), SparseVector(3, (0,), (-1.0,))) == [2.0, 1.0]


@pytest.mark.parametrize("size", [3, 5000])
def test_sparse_vectors_score_as_dense_ones(tmp_path, size):
    nodes = [inner(0, 0, 1, 2, 0.5), leaf(1, 1.0), inner(2, size - 1, 3, 4, 0.0), leaf(3, 2.0), leaf(4, 3.0)]
    path = save_tree(tmp_path / "m", nodes, numFeatures=size)
    for indices, values in [
        ((), ()),
        ((0,), (1.0,)),
        ((0, size - 1), (1.0, NAN)),
        ((1,), (9.0,)),
        ((size - 1,), (7.0,)),
    ]:
        sparse = SparseVector(size, indices, values)
        assert predictions(path, sparse) == predictions(path, DenseVector(tuple(sparse)))


def test_size_matters_only_where_a_split_tests_what_is_absent(tmp_path):
    path = save_tree(tmp_path / "m", stump())
    assert predictions(path, (0.0,), (0.0, 1.0, 2.0, 3.0), SparseVector(1, (), ())) == [1.0, 1.0, 1.0]
    wide = save_tree(tmp_path / "w", [inner(0, 4999, 1, 2, 0.5), leaf(1), leaf(2)], numFeatures=5000)
    for model, features in [(path, ()), (path, SparseVector(0, (), ())), (wide, SparseVector(4999, (), ()))]:
        with pytest.raises(VectorSizeError):
            predictions(model, features)


@pytest.mark.parametrize("features", [None, (), (NAN,)])
def test_trees_without_splits_do_not_look_at_features(tmp_path, features):
    path = save_tree(tmp_path / "m", [leaf(0, 5.0)], params={"leafCol": "leaf", "varianceCol": "v"})
    assert_same(scores(path, features), [{"prediction": 5.0, "v": 0.0, "leaf": 0.0}])
    mixed = save_forest(tmp_path / "f", [[leaf(0, 5.0)], stump()])
    assert predictions(save_forest(tmp_path / "l", [[leaf(0, 5.0)], [leaf(0, 6.0)]]), features) == [11.0]
    if features is None:
        with pytest.raises(NullValueError):
            predictions(mixed, features)


def test_leaves_count_from_the_left(tmp_path):
    # Ids need not be in pre-order, as long as children follow their parents.
    nodes = [
        inner(0, 0, 1, 5, 0.0),
        inner(1, 1, 2, 3, 0.0),
        leaf(2),
        inner(3, 2, 4, 6, 0.0),
        leaf(4),
        leaf(5),
        leaf(6),
    ]
    path = save_tree(tmp_path / "m", nodes, params={"leafCol": "leaf"})
    rows = [(-1.0, -1.0, 0.0), (-1.0, 1.0, -1.0), (-1.0, 1.0, 1.0), (1.0, 0.0, 0.0)]
    assert [score["leaf"] for score in scores(path, *rows)] == [0.0, 1.0, 2.0, 3.0]


def test_a_node_without_parent_is_ignored(tmp_path):
    nodes = [inner(0, 0, 1, 3, 0.5), leaf(1, 1.0), leaf(2, 9.0), leaf(3, 2.0)]
    path = save_tree(tmp_path / "m", nodes, params={"leafCol": "leaf"})
    assert_same(scores(path, (1.0, 0.0, 0.0)), [{"prediction": 2.0, "leaf": 1.0}])


def test_a_very_deep_tree(tmp_path):
    depth = 20_000
    nodes = [
        row
        for i in range(depth)
        for row in (inner(2 * i, 0, 2 * i + 1, 2 * i + 2, float(i)), leaf(2 * i + 1, float(i)))
    ]
    path = save_tree(tmp_path / "m", [*nodes, leaf(2 * depth, -1.0)], params={"leafCol": "leaf"})
    model = sparklet.load(path)
    assert model.scoreInstance({"features": [1e9, 0.0, 0.0]}) == {"prediction": -1.0, "leaf": float(depth)}
    again = pickle.loads(pickle.dumps(model))
    assert again.scoreInstance({"features": [77.5, 0.0, 0.0]}) == {"prediction": 78.0, "leaf": 78.0}


# --- ensembles ----------------------------------------------------------------------------------


@pytest.mark.parametrize("columns", [("treeID", "metadata", "weights"), ("_1", "_2", "_3")])
@pytest.mark.parametrize("files", [1, 3])
def test_trees_in_any_order_and_any_number_of_files(tmp_path, columns, files):
    trees = [stump(1.0, 2.0), stump(10.0, 20.0), [leaf(0, 100.0)]]
    path = save_forest(
        tmp_path / "m", trees, weights=[1.0, 0.5, 0.25], columns=columns, files=files, params={"leafCol": "l"}
    )
    expected = {"prediction": 2.0 + 10.0 + 25.0, "l": DenseVector((1.0, 1.0, 0.0))}
    assert_same(scores(path, (1.0, 0.0, 0.0)), [expected])


def test_boosted_classifier(tmp_path):
    path = save_forest(tmp_path / "m", [stump(-1.0, 1.0)], "classification.GBTClassificationModel")
    (score,) = scores(path, (1.0, 0.0, 0.0))
    first = 1.0 / (1.0 + math.exp(2.0))
    expected = {
        "rawPrediction": DenseVector((-1.0, 1.0)),
        "probability": DenseVector((first, 1.0 - first)),
        "prediction": 1.0,
    }
    assert_same(expected, score)


def test_votes_of_empty_leaves_are_passed_over(tmp_path):
    trees = [[leaf(0, 0.0, (3.0, 1.0))], [leaf(0, 0.0, (0.0, 0.0))]]
    kind = "classification.RandomForestClassificationModel"
    path = save_forest(tmp_path / "m", trees, kind, numClasses=2, weights=[5.0, 7.0])
    assert scores(path, (0.0, 0.0, 0.0))[0]["rawPrediction"] == DenseVector((0.75, 0.25))
    path = save_forest(tmp_path / "zero", trees[1:], kind, numClasses=2)
    with pytest.raises(InvalidValueError, match="0-vector"):
        scores(path, (0.0, 0.0, 0.0))
    (score,) = scores(path, (0.0, 0.0, 0.0), outputs=["rawPrediction"])
    assert_same(score, {"rawPrediction": DenseVector((0.0, 0.0))})


@pytest.mark.parametrize(("spark", "zero"), [("3.5", 0.0), ("4.0", -0.0)])
def test_sum_of_negative_zeros_follows_scala(tmp_path, spark, zero):
    kind = "regression.RandomForestRegressionModel"
    path = save_forest(tmp_path / "m", [[leaf(0, -0.0)], [leaf(0, -0.0)]], kind)
    assert_same(scores(path, (0.0, 0.0, 0.0), spark=spark), [{"prediction": zero}])


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({}, {"rawPrediction", "probability", "prediction"}),
        ({"rawPredictionCol": ""}, {"probability", "prediction"}),
        ({"rawPredictionCol": "", "probabilityCol": ""}, {"prediction"}),
        ({"predictionCol": "", "leafCol": "leaf"}, {"rawPrediction", "probability", "leaf"}),
    ],
)
def test_a_tree_ignores_thresholds_without_probabilities(tmp_path, params, expected):
    nodes = [leaf(0, 0.0, (3.0, 1.0))]
    kind = "classification.DecisionTreeClassificationModel"
    path = save_tree(tmp_path / "m", nodes, kind, numClasses=2, params={"thresholds": [1.0, 0.1], **params})
    (score,) = scores(path, (0.0, 0.0, 0.0))
    assert set(score) == expected
    if "prediction" in score:
        assert score["prediction"] == (0.0 if len(expected) == 1 else 1.0)


def test_before_3_nodes_have_no_raw_count(tmp_path):
    nodes = [{name: value for name, value in node.items() if name != "rawCount"} for node in stump()]
    assert predictions(save_tree(tmp_path / "m", nodes, version="2.4.7"), (0.0, 0.0, 0.0)) == [1.0]


def test_variance(tmp_path):
    nodes = [inner(0, 0, 1, 2, 0.5), leaf(1, 1.0, (4.0, 2.0, 3.0)), leaf(2, 2.0, (0.0, 0.0, 0.0))]
    path = save_tree(tmp_path / "m", nodes, params={"varianceCol": "v", "leafCol": "l", "predictionCol": ""})
    assert_same(
        [{"v": (3.0 - 1.0) / 4.0, "l": 0.0}, {"v": 0.0, "l": 1.0}], scores(path, (0.0,) * 3, (1.0,) * 3)
    )


def test_unknown_number_of_features(tmp_path):
    path = save_tree(tmp_path / "m", stump(), numFeatures=-1)
    assert predictions(path, (0.0,), (1.0,)) == [1.0, 2.0]


def test_forest_is_immutable_and_pickles(tmp_path):
    path = save_forest(tmp_path / "m", [stump(), by_category(1.0, categories=3)])
    forest = build(open_model(path)).forest
    again = pickle.loads(pickle.dumps(forest, 5))
    for one in (forest, again, copy.deepcopy(forest)):
        with pytest.raises(ValueError, match="read-only"):
            one.prediction[0] = 7.0
    assert numpy.array_equal(again.bounds, forest.bounds)
    x = DenseVector((1.0, 0.0, 0.0))
    assert again.leaves_of(WHOLE, 3)(x) == forest.leaves_of(WHOLE, 3)(x) == (2, 4)


# --- tables that are no forest ------------------------------------------------------------------


def edited(**changes):
    """Return a stump with changes to the root."""
    nodes = copy.deepcopy(stump())
    split = {name: changes.pop(name) for name in list(changes) if name in {field.name for field in SPLIT}}
    nodes[0].update(changes)
    nodes[0]["split"].update(split)
    return nodes


HOSTILE = {
    "left child out of range": edited(leftChild=3),
    "right child out of range": edited(rightChild=2**31 - 1),
    "left child negative": edited(leftChild=-2),
    "right child missing": edited(rightChild=-1),
    "own child": edited(leftChild=0),
    "one child twice": edited(rightChild=1),
    "cycle": [inner(0, 0, 1, 2, 0.5), inner(1, 0, 0, 3, 0.5), leaf(2), leaf(3)],
    "two parents": [inner(0, 0, 1, 2, 0.5), inner(1, 0, 2, 3, 0.5), leaf(2), leaf(3)],
    "root absent": stump()[1:],
    "id absent": [*stump(), leaf(4)],
    "id twice": [*stump(), leaf(2)],
    "id negative": [*stump(), leaf(-1)],
    "no nodes": [],
    "feature out of range": edited(featureIndex=3),
    "feature negative": edited(featureIndex=-1),
    "no threshold": edited(leftCategoriesOrThreshold=[]),
    "two thresholds": edited(leftCategoriesOrThreshold=[0.5, 1.0]),
    "threshold null": edited(leftCategoriesOrThreshold=[None]),
    "list null": edited(leftCategoriesOrThreshold=None),
    "category negative": edited(leftCategoriesOrThreshold=[-1.0], numCategories=3),
    "category too large": edited(leftCategoriesOrThreshold=[3.0], numCategories=3),
    "category NaN": edited(leftCategoriesOrThreshold=[NAN], numCategories=3),
    "categories negative": edited(leftCategoriesOrThreshold=[], numCategories=-2),
    "statistics short": edited(impurityStats=[1.0]),
    "statistics long": edited(impurityStats=[1.0] * 4),
    "prediction null": edited(prediction=None),
    "split null": [{**stump()[0], "split": None}, *stump()[1:]],
}


@pytest.mark.parametrize("nodes", HOSTILE.values(), ids=HOSTILE)
def test_a_table_that_is_no_tree_is_refused(tmp_path, nodes):
    with pytest.raises(CorruptModelError):
        sparklet.load(save_tree(tmp_path / "tree", nodes))
    kind = "classification.RandomForestClassificationModel"
    with pytest.raises(CorruptModelError):
        sparklet.load(save_forest(tmp_path / "forest", [stump(), nodes], kind, numClasses=3))


def test_doubling_tables_do_not_hang(tmp_path):
    # With shared children this small table would have 2**200 leaves.
    nodes = [inner(i, 0, i + 1, i + 1, 0.5) for i in range(200)]
    with pytest.raises(CorruptModelError, match="child of two"):
        sparklet.load(save_tree(tmp_path / "m", [*nodes, leaf(200)], params={"leafCol": "leaf"}))


@pytest.mark.parametrize(
    "facts",
    [
        {"numTrees": 3},
        {"numTrees": 0},
        {"numTrees": None},
        {"numTrees": True},
        {"numTrees": "2"},
        {"numFeatures": None},
        {"numFeatures": -2},
        {"numFeatures": 3.5},
    ],
)
def test_contradictory_metadata_is_refused(tmp_path, facts):
    with pytest.raises(CorruptModelError):
        sparklet.load(save_forest(tmp_path / "m", [stump(), stump()], **facts))


@pytest.mark.parametrize("numClasses", [0, 2, 2**31, None])
def test_number_of_classes_must_fit(tmp_path, numClasses):
    kind = "classification.DecisionTreeClassificationModel"
    with pytest.raises(CorruptModelError):
        sparklet.load(save_tree(tmp_path / "m", stump(), kind, numClasses=numClasses))


def test_weights_of_other_trees_are_refused(tmp_path):
    path = Path(save_forest(tmp_path / "m", [stump(), stump()]))
    facts = {"_1": pa.array([0, 5], pa.int32()), "_2": ["{}", "{}"], "_3": [1.0, 1.0]}
    pq.write_table(pa.table(facts), path / "treesMetadata" / "part-00000.snappy.parquet")
    with pytest.raises(CorruptModelError, match="not the same"):
        sparklet.load(str(path))
