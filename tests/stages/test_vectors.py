"""What no live Spark can be asked of the stages on vectors: old formats, edited folders, element names."""

from __future__ import annotations

import math

import pyarrow as pa
import pytest

import sparklet
from sparklet.columns import Attribute
from sparklet.errors import (
    InvalidValueError,
    SchemaError,
    UnfittedModelError,
    UnsupportedModelError,
    VectorSizeError,
)
from sparklet.linalg import DenseVector, SparseVector
from sparklet.testing import assert_same
from tests.models import FEATURE, MATRIX, assembler, dense_matrix, save_pipeline, save_stage

NAN, INF = math.nan, math.inf


def old_indexer(labels=("y", "z", "x", "w"), **params):
    data = [("labels", pa.list_(pa.string()), [list(labels)])]
    return FEATURE + "StringIndexerModel", "si", {"inputCol": "s", "outputCol": "i", **params}, data


def old_encoder(**params):
    return FEATURE + "OneHotEncoder", "ohe", {"inputCol": "i", "outputCol": "o", **params}, None


def transformer(name, uid="t", **params):
    return FEATURE + name, uid, {"outputCol": "o", **params}, None


def vectors(*names):
    return [transformer("VectorSizeHint", f"hint_{name}", inputCol=name, size=3) for name in names]


# --- OneHotEncoder before 3.0 -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("params", "label", "expected"),
    [
        # Spark 2.1.3, 2.3.4 and 2.4.8 gave the first two.
        ({}, "y", SparseVector(3, (0,), (1.0,))),
        ({}, "x", SparseVector(3, (2,), (1.0,))),
        ({}, "w", SparseVector(3, (), ())),
        ({"dropLast": False}, "w", SparseVector(4, (3,), (1.0,))),
    ],
)
def test_old_encoder_takes_its_size_from_the_indexer(tmp_path, params, label, expected):
    path = save_pipeline(tmp_path / "m", [old_indexer(), old_encoder(**params)], "2.4.8")
    assert_same(expected, sparklet.load(path).scoreInstance({"s": label})["o"])


def test_old_encoder_names_its_elements_after_the_labels(tmp_path):
    model = sparklet.load(save_pipeline(tmp_path / "m", [old_indexer(), old_encoder()], "2.1.0"))
    (column,) = model.outputs
    assert column.size == 3
    assert column.attributes() == tuple(Attribute("binary", name) for name in "yzx")


def bucketed_encoder(tmp_path):
    bucketizer = (
        FEATURE + "Bucketizer",
        "b",
        {"inputCol": "x", "outputCol": "i", "splits": ["-Inf", 0.0, "Inf"]},
        None,
    )
    path = save_pipeline(tmp_path / "m", [bucketizer, old_encoder(dropLast=False)], "2.4.8")
    return sparklet.load(path)


def test_old_encoder_after_a_bucketizer_keeps_null(tmp_path):
    model = bucketed_encoder(tmp_path)
    assert_same({"o": None}, model.scoreInstance({"x": None}))
    assert_same({"o": SparseVector(2, (1,), (1.0,))}, model.scoreInstance({"x": 7.0}))


def test_old_encoder_refuses_a_column_that_tells_no_categories(tmp_path):
    path = save_stage(tmp_path / "m", *old_encoder()[:3], version="2.4.8")
    with pytest.raises(SchemaError, match="carries no categories"):
        sparklet.load(path)


def test_old_encoder_refuses_a_single_category_whose_last_is_dropped(tmp_path):
    path = save_pipeline(tmp_path / "m", [old_indexer(labels=["y"]), old_encoder()], "2.4.8")
    with pytest.raises(SchemaError, match="single category"):
        sparklet.load(path)


def test_since_3_0_the_name_belongs_to_an_estimator(tmp_path):
    path = save_pipeline(tmp_path / "m", [old_encoder()], "3.0.0")
    with pytest.raises(UnfittedModelError):
        sparklet.load(path)


# --- names of elements --------------------------------------------------------------------------


def test_interaction_names_products_as_spark_does(tmp_path):
    stages = [
        (
            FEATURE + "StringIndexerModel",
            "si",
            {"inputCol": "s", "outputCol": "i"},
            [("labelsArray", pa.list_(pa.list_(pa.string())), [[["p", "q"]]])],
        ),
        assembler(inputs=["x", "y"], output="v", handleInvalid="keep"),
        transformer("Interaction", inputCols=["i", "v"]),
    ]
    model = sparklet.load(save_pipeline(tmp_path / "m", stages))
    (column,) = model.outputs
    assert [a.name for a in column.attributes()] == ["i_p:v_x", "i_p:v_y", "i_q:v_x", "i_q:v_y"]
    row = {"s": "q", "x": 2.0, "y": 3.0}
    assert_same({"o": DenseVector((0.0, 0.0, 2.0, 3.0))}, model.scoreInstance(row))


def test_a_chi_sq_selector_calls_unknown_features_nominal(tmp_path):
    data = [("selectedFeatures", pa.list_(pa.int32()), [[2, 0]])]
    path = save_stage(tmp_path / "m", FEATURE + "ChiSqSelectorModel", "c", {"outputCol": "o"}, data)
    model = sparklet.load(path)
    assert model.outputs[0].attributes() == (Attribute("nominal"),) * 2
    # Saved out of order, and taken in order.
    row = {"features": DenseVector((1.0, 2.0, 3.0))}
    assert_same({"o": DenseVector((1.0, 3.0))}, model.scoreInstance(row))


def test_a_variance_selector_refuses_features_out_of_order(tmp_path):
    data = [("selectedFeatures", pa.list_(pa.int32()), [[2, 0]])]
    path = save_stage(
        tmp_path / "m", FEATURE + "VarianceThresholdSelectorModel", "c", {"outputCol": "o"}, data
    )
    with pytest.raises(UnsupportedModelError, match="ascending"):
        sparklet.load(path)


def test_vector_indexer_describes_features_before_it_learns_of_keep(tmp_path):
    kind = pa.map_(pa.int32(), pa.map_(pa.float64(), pa.int32()))
    maps = {0: {3.0: 1, 0.0: 0}, 2: {1e7: 0, -1.0: 1, 0.5: 2}}
    data = [
        ("numFeatures", pa.int32(), [3]),
        ("categoryMaps", kind, [[(f, list(m.items())) for f, m in maps.items()]]),
    ]
    params = {"inputCol": "v", "outputCol": "o", "handleInvalid": "keep"}
    model = sparklet.load(save_stage(tmp_path / "m", FEATURE + "VectorIndexerModel", "v", params, data))
    binary, numeric, nominal = model.outputs[0].attributes()
    assert binary == Attribute("binary", values=("0.0", "3.0"))
    assert numeric == Attribute()
    assert nominal == Attribute("nominal", values=("-1.0", "0.5", "1.0E7"))
    row = {"v": DenseVector((7.0, 7.0, 1e7))}
    assert_same({"o": DenseVector((2.0, 7.0, 0.0))}, model.scoreInstance(row))


# --- the rest -----------------------------------------------------------------------------------


def test_scrambled_directions_are_honoured_as_stored(tmp_path):
    params = {"inputCol": "v", "outputCol": "o", "bucketLength": 1.0}
    hashes = {}
    for transposed in (False, True):
        data = [("randUnitVectors", MATRIX, [dense_matrix(2, 3, [1.0, 2.0, 3.0, 4.0, 5.0, 6.0], transposed)])]
        name = FEATURE + "BucketedRandomProjectionLSHModel"
        path = save_stage(tmp_path / str(transposed), name, "b", params, data, version="3.1.0")
        found = sparklet.load(path).scoreInstance({"v": DenseVector((1.0, 0.0, 0.0))})["o"]
        hashes[transposed] = [hash_.values[0] for hash_ in found]
    assert hashes == {False: [1.0, 2.0], True: [1.0, 4.0]}


def test_dct_is_its_own_inverse_and_refuses_infinity(tmp_path):
    there = sparklet.load(save_stage(tmp_path / "a", *transformer("DCT", inputCol="v")[:3]))
    back = sparklet.load(save_stage(tmp_path / "b", *transformer("DCT", inputCol="v", inverse=True)[:3]))
    values = (1.5, -2.0, 0.25, 8.0, 3.0, 0.0, -1.0)
    spectrum = there.scoreInstance({"v": DenseVector(values)})["o"]
    assert back.scoreInstance({"v": spectrum})["o"].values == pytest.approx(values, abs=1e-14)
    with pytest.raises(InvalidValueError, match="inf"):
        there.scoreInstance({"v": DenseVector((1.0, INF))})
    with pytest.raises(InvalidValueError, match="no elements"):
        there.scoreInstance({"v": DenseVector(())})


def test_polynomials_of_long_vectors_do_not_recurse(tmp_path):
    params = {"inputCol": "v", "degree": 1}
    model = sparklet.load(save_stage(tmp_path / "m", *transformer("PolynomialExpansion", **params)[:3]))
    values = tuple(float(i + 1) for i in range(5000))
    assert_same({"o": DenseVector(values)}, model.scoreInstance({"v": DenseVector(values)}))


@pytest.mark.parametrize(
    ("name", "params", "reason"),
    [
        ("VectorSlicer", {}, "neither indices nor names"),
        ("VectorSlicer", {"indices": [1, 1]}, "twice"),
        ("VectorSlicer", {"indices": [-1]}, "negative"),
        ("PolynomialExpansion", {"degree": 0}, "degree"),
        ("VectorSizeHint", {"size": -1}, "size"),
        ("VectorSizeHint", {"size": 2, "handleInvalid": "keep"}, "handleInvalid"),
        ("Interaction", {"inputCols": []}, "empty"),
        ("Interaction", {"inputCols": ["a", "a"]}, "twice"),
    ],
)
def test_params_that_spark_refuses_are_refused_at_load(tmp_path, name, params, reason):
    path = save_stage(tmp_path / "m", *transformer(name, **{"inputCol": "v", **params})[:3])
    with pytest.raises(UnsupportedModelError, match=reason):
        sparklet.load(path)


def test_a_vector_of_another_size_than_its_hint(tmp_path):
    model = sparklet.load(save_pipeline(tmp_path / "m", [*vectors("v"), transformer("DCT", inputCol="v")]))
    assert model.outputs[0].size == 3
    with pytest.raises(VectorSizeError):
        model.scoreInstance({"v": DenseVector((1.0, NAN))})


# --- sizes of rows ------------------------------------------------------------------------------


def test_a_few_bytes_do_not_claim_the_memory_of_a_huge_vector(tmp_path):
    """A negative threshold makes every element that is not stored 1.0."""
    path = save_pipeline(tmp_path / "m", [transformer("Binarizer", inputCol="v", threshold=-0.5)])
    model = sparklet.load(path, schema={"v": "vector"})
    row = {"v": SparseVector(3, (1, 2), (-1.0, NAN))}
    assert_same({"o": DenseVector((1.0, 0.0, 1.0))}, model.scoreInstance(row))
    with pytest.raises(InvalidValueError, match="2147483647 elements"):
        model.scoreInstance({"v": SparseVector(2147483647, (1,), (-1.0,))})
