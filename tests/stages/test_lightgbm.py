"""Boosters of LightGBM: rows that SynapseML and the package lightgbm scored, damaged and edited models.

`lightgbm/generate.py` and `lightgbm/native.py` have trained them and stored the answers.
"""

from __future__ import annotations

import json
import math
import random
import re
import shutil
import struct
from pathlib import Path

import pytest

import sparklet
from sparklet._native import kernels
from sparklet.errors import (
    CorruptModelError,
    MissingDataError,
    SparkletError,
    UnsupportedModelError,
    VectorSizeError,
)
from sparklet.linalg import DenseVector, SparseVector
from sparklet.same import assert_same
from sparklet.stages.lightgbm.boosted import Boosted
from sparklet.stages.lightgbm.booster import read_booster
from sparklet.stages.lightgbm.shap import arguments_of
from tests.oracle.encoding import loads

STORED = Path(__file__).parent / "lightgbm"
CASES = sorted(STORED.glob("[01]*/*/*.jsonl"))
NATIVE = sorted(STORED.glob("native/*.txt"))
SYNAPSE = "com.microsoft.azure.synapse.ml.lightgbm."
NAN = math.nan


@pytest.fixture(autouse=True, params=["C module", "Python"])
def _both_ways(request, monkeypatch):
    if request.param == "Python":
        monkeypatch.setenv("SPARKLET_NATIVE", "0")


def utf(text):
    data = text.encode()
    return struct.pack(">H", len(data)) + data


def text_object(text):
    data = text.encode()
    return b"\x74" + utf(text) if len(data) < 1 << 16 else b"\x7c" + struct.pack(">Q", len(data)) + data


def booster_object(text, name="com.microsoft.ml.spark.lightgbm.LightGBMBooster"):
    """Return the stream of a booster of MMLSpark, whose one field is the text."""
    fields = struct.pack(">H", 1) + b"L" + utf("model") + text_object("Ljava/lang/String;")
    return (
        b"\xac\xed\x00\x05\x73\x72"
        + utf(name)
        + bytes(8)
        + b"\x02"
        + fields
        + b"\x78\x70"
        + text_object(text)
    )


def save(path, text, kind="Regression", prefix=SYNAPSE, **params):
    (path / "metadata").mkdir(parents=True)
    (path / "complexParams").mkdir()
    metadata = {
        "class": f"{prefix}LightGBM{kind}Model",
        "timestamp": 1,
        "sparkVersion": "3.5.0",
        "uid": "model_1",
        "paramMap": params,
        "defaultParamMap": {},
    }
    (path / "metadata/part-00000").write_text(json.dumps(metadata) + "\n")
    (path / "complexParams/lightGBMBooster").write_bytes(booster_object(text))
    return path


def load(path, text, kind="Regression", **params):
    return sparklet.load(save(path, text, kind, **params))


def stored(name):
    return (STORED / "native" / f"{name}.txt").read_text()


@pytest.mark.parametrize(
    "path", CASES, ids=lambda path: "-".join(path.relative_to(STORED).with_suffix("").parts)
)
def test_answers_are_those_of_synapseml(path):
    model = sparklet.load(path.parent / "model")
    rows = loads(path.read_text(encoding="utf-8"))
    vectors = [{"features": row.pop("features")} for row in rows]
    for row, vector in zip(rows, vectors, strict=True):
        assert_same(row, model.scoreInstance(vector))
    assert_same(rows, model.scoreInstances(vectors))
    assert len({repr(row["prediction"]) for row in rows}) > 1


@pytest.mark.parametrize("path", NATIVE, ids=lambda path: path.stem)
def test_answers_are_those_of_lightgbm(path, tmp_path):
    text, answers = path.read_text(), json.loads(path.with_suffix(".json").read_text())
    rows = [
        {"features": DenseVector(tuple(row))} for row in json.loads((STORED / "native/rows.json").read_text())
    ]
    columns = {"leafPredictionCol": "leaves"} | ({"featuresShapCol": "shap"} if "shap" in answers else {})
    model = load(tmp_path / "all", text, "Classification", **columns)
    several = len(answers["raw"][0]) > 1
    for index, row in enumerate(rows):
        scores = model.scoreInstance(row)
        for name, key in (("rawPrediction", "raw"), ("probability", "prediction")):
            values = scores[name].values
            assert_same(tuple(answers[key][index]), values if several else values[1:])
        assert_same(tuple(map(float, answers["leaves"][index])), scores["leaves"].values)
        if "shap" in answers:
            assert_same(tuple(answers["shap"][index]), scores["shap"].values)
    part = load(tmp_path / "part", text, startIteration=2, numIterations=3)
    for values, row in zip(answers["part"], rows, strict=True):
        assert_same(values[0], part.scoreInstance(row)["prediction"])


def test_the_layout_of_mmlspark(tmp_path):
    """Each argument of the constructor is a file of its own, until 1.0.0-rc1."""

    def number(value):
        described = (
            b"\x73\x72" + utf("java.lang.Integer") + bytes(8) + b"\x02\x00\x01I" + utf("value") + b"\x78"
        )
        return (
            described
            + b"\x72"
            + utf("java.lang.Number")
            + bytes(8)
            + b"\x02\x00\x00\x78\x70"
            + struct.pack(">i", value)
        )

    none = b"\x73\x72" + utf("scala.None$") + bytes(8) + b"\x02\x00\x00\x78\x70"
    texts = ["uid", None, "label", "x", "p", "", "raw"]
    arguments = [b"\xac\xed\x00\x05" + (text_object(text) if text is not None else b"") for text in texts]
    arguments[1] = booster_object(stored("sigmoid"))
    arguments += [b"\xac\xed\x00\x05" + none, b"\xac\xed\x00\x05" + number(2)]
    path = save(tmp_path / "old", "", "Classification", "com.microsoft.ml.spark.lightgbm.")
    shutil.rmtree(path / "complexParams")
    for index, argument in enumerate(arguments):
        (path / f"data_{index}").write_bytes(argument)
    new = load(
        tmp_path / "new", stored("sigmoid"), "Classification", rawPredictionCol="raw", probabilityCol=""
    )
    vector = DenseVector((0.5, NAN, 1.0, 0.0, 3.0, -1.0))
    old = sparklet.load(path).scoreInstance({"x": vector})
    assert list(old) == ["raw", "p"]
    assert_same(list(new.scoreInstance({"features": vector}).values()), list(old.values()))
    (path / "data_4").unlink()
    with pytest.raises(MissingDataError):
        sparklet.load(path)


@pytest.mark.parametrize("prefix", [SYNAPSE, "com.microsoft.ml.spark.lightgbm.", "com.microsoft.ml.spark."])
@pytest.mark.parametrize("kind", ["Classification", "Regression", "Ranker"])
def test_every_class_name_loads(tmp_path, prefix, kind):
    model = sparklet.load(save(tmp_path / "model", stored("entropy"), kind, prefix))
    assert 0.0 <= model.scoreInstance({"features": DenseVector((0.0,) * 6)})["prediction"] <= 1.0


def test_stored_zeros_of_a_sparse_vector_hide_its_last_elements(tmp_path):
    model = load(tmp_path / "model", stored("sqrt"))

    def score(vector):
        return model.scoreInstance({"features": vector})["prediction"]

    zeros = SparseVector(6, (0, 1, 2, 4), (1.0, 0.0, -0.0, 13.0))
    assert score(zeros) == score(DenseVector((1.0, 0.0, 0.0, 0.0, 0.0, 0.0)))
    assert score(zeros) != score(DenseVector((1.0, 0.0, 0.0, 0.0, 13.0, 0.0)))
    assert score(SparseVector(6, (0, 1, 2, 4), (1.0, 0.0, -0.0, 0))) == score(
        DenseVector((1.0,) + (0.0,) * 5)
    )


def test_a_small_element_is_zero_in_a_dense_vector_alone(tmp_path):
    text = re.sub(r"(?m)^threshold=\S+", "threshold=-1.0000000180025095e-35", stored("sqrt"), count=1)
    text = re.sub(r"(?m)^tree_sizes=.*\n", "", text)
    text = re.sub(r"(?m)^split_feature=\S+", "split_feature=0", text, count=1)
    text = re.sub(r"(?m)^decision_type=\S+", "decision_type=0", text, count=1)
    model = load(tmp_path / "model", text, leafPredictionCol="leaves")
    dense, sparse = (
        DenseVector((-1.0000000180025095e-35,) + (0.0,) * 5),
        SparseVector(6, (0,), (-1.0000000180025095e-35,)),
    )
    leaves = [model.scoreInstance({"features": vector})["leaves"].values[0] for vector in (dense, sparse)]
    assert leaves[0] != leaves[1]
    assert leaves[0] == model.scoreInstance({"features": DenseVector((0.0,) * 6)})["leaves"].values[0]


def test_vectors_of_another_size_are_refused(tmp_path):
    for params in ({}, {"predictDisableShapeCheck": True, "leafPredictionCol": "leaves"}):
        model = load(tmp_path / str(len(params)), stored("sqrt"), **params)
        for vector in (DenseVector((1.0,) * 5), SparseVector(7, (0,), (1.0,))):
            with pytest.raises(VectorSizeError):
                model.scoreInstance({"features": vector})


def test_wide_sparse_vectors(tmp_path):
    size = 300_000
    text = re.sub(r"(?m)^max_feature_idx=.*", f"max_feature_idx={size - 1}", stored("sqrt"))
    narrow = load(tmp_path / "narrow", stored("sqrt"))
    wide = load(tmp_path / "wide", text)
    for values in ((1.0, 2.0, -1.0, 3.0), (NAN, -2.0, 17.0, 0.5)):
        few = narrow.scoreInstance({"features": SparseVector(6, (0, 1, 4, 5), values)})
        many = wide.scoreInstance({"features": SparseVector(size, (0, 1, 4, 5, size - 1), (*values, 5.0))})
        assert_same(few, many)


@pytest.mark.parametrize(
    ("name", "params", "words"),
    [
        ("linear", {"featuresShapCol": "shap"}, "linear trees"),
        (
            "sqrt",
            {"thresholds": [0.5, 0.5], "actualNumClasses": 1},
            "2 thresholds do not match actualNumClasses=1",
        ),
        ("sqrt", {"thresholds": [0.5, 0.5], "probabilityCol": ""}, "thresholds without probabilityCol"),
        ("sqrt", {"thresholds": [0.5, 0.5, 0.1]}, "3 thresholds"),
        ("poisson", {"startIteration": 6}, "random forest without trees"),
    ],
)
def test_what_lightgbm_cannot_score_is_refused(tmp_path, name, params, words):
    with pytest.raises(UnsupportedModelError, match=words):
        load(tmp_path / "model", stored(name), "Classification", **params)


@pytest.mark.parametrize(
    ("pattern", "replacement", "error", "words"),
    [
        (r"objective=.*", "objective=mine", UnsupportedModelError, "objective mine"),
        (r"objective=.*", "objective=multiclass num_class:3", UnsupportedModelError, "1 classes"),
        (r"objective=.*", "objective=binary sigmoid:0", UnsupportedModelError, "no positive sigmoid"),
        (r"num_class=.*", "num_class=0", CorruptModelError, "num_class is '0'"),
        (r"num_class=.*", "num_class=2", CorruptModelError, "num_tree_per_iteration is 1"),
        (r"max_feature_idx=.*", "max_feature_idx=0", CorruptModelError, "none of 1 features"),
        (r"tree_sizes=\d+", "tree_sizes=9", CorruptModelError, "tree 1"),
        (r"tree_sizes=\d+", "tree_sizes=99999999999", CorruptModelError, "tree_sizes"),
        (r"left_child=\S+", "left_child=0", CorruptModelError, "are no tree"),
        (r"left_child=\S+ \S+", "left_child=5 5", CorruptModelError, "are no tree"),
        (r"left_child=\S+", "left_child=-99", CorruptModelError, "are no tree"),
        (r"left_child=\S+", "left_child=9" + "9" * 30, CorruptModelError, "left_child"),
        (r"num_leaves=.*", "num_leaves=268435455", CorruptModelError, "leaf_value"),
        (r"leaf_value=\S+", "leaf_value=nan", CorruptModelError, "not NaN"),
        (r"threshold=\S+", "threshold=1_0", CorruptModelError, "threshold"),
        (r"decision_type=.*", "decision_type=1 1 1 1 1 1", CorruptModelError, "threshold"),
        (r"decision_type=\S+", "decision_type=300", CorruptModelError, "eight bits"),
        (r"cat_boundaries=0 \S+", "cat_boundaries=0 99999999999", CorruptModelError, "cat_"),
        (r"cat_boundaries=0 \S+", "cat_boundaries=0 -1", CorruptModelError, "cat_"),
        (r"cat_threshold=\S+", "cat_threshold=4294967296", CorruptModelError, "cat_boundaries"),
    ],
)  # fmt: skip
def test_edited_texts_are_refused(tmp_path, pattern, replacement, error, words):
    text, count = re.subn(f"(?m)^{pattern}", replacement, stored("lambda"), count=1)
    assert count == 1
    if not pattern.startswith("tree_sizes"):
        text = re.sub(r"(?m)^tree_sizes=.*\n", "", text)
    with pytest.raises(error, match=words):
        load(tmp_path / "model", text)


def test_damaged_files_raise_one_clear_error(tmp_path):
    path = save(tmp_path / "model", stored("linear"), leafPredictionCol="leaves")
    file, seeded, refused = path / "complexParams/lightGBMBooster", random.Random(13), 0
    for data in (file.read_bytes(), booster_object(stored("entropy"))):
        for _ in range(300):
            changed = bytearray(data[: seeded.choice([len(data)] * 9 + [seeded.randrange(len(data))])])
            for _ in range(seeded.randint(1, 4)):
                position = seeded.randrange(len(changed))
                changed[position] = seeded.choice([seeded.randrange(256), *b"-0987 =\n."])
            file.write_bytes(changed)
            try:
                sparklet.load(path).scoreInstance({"features": DenseVector((1.0, NAN, 0.0, -1.0, 3.0, 0.0))})
            except SparkletError:
                refused += 1
    assert refused > 60
    file.unlink()
    with pytest.raises(MissingDataError):
        sparklet.load(path)


def test_a_pipeline_of_an_indexer_and_an_assembler():
    """The features reach the trees as separate numbers, in rows and in tables."""
    pandas = pytest.importorskip("pandas")
    rows = loads((STORED / "pipeline/rows.jsonl").read_text(encoding="utf-8"))
    names = ("rawPrediction", "probability", "prediction", "leaves", "shap")
    wanted = [{name: row.pop(name) for name in names} for row in rows]
    model = sparklet.load(STORED / "pipeline/model")
    assert_same(wanted, [model.scoreInstance(row) for row in rows])
    table = model.transform(pandas.DataFrame(rows))
    assert_same([row["prediction"] for row in wanted], table["prediction"].tolist())
    assert_same([row["probability"] for row in wanted], list(table["probability"]))


def test_the_c_module_checks_what_it_is_passed(monkeypatch):
    monkeypatch.delenv("SPARKLET_NATIVE", raising=False)
    module = kernels()
    if module is None:
        pytest.skip("the C module is not built")
    booster = read_booster("model", stored("lambda"))
    arrays = arguments_of(Boosted.of(booster, 0, booster.iterations).loaded)
    features = [0.0] * 6
    assert len(module.shap(*arrays, features, 1, 9)) == 7
    for changed, error, words in (
        ((*arrays, features[:1], 1, 9), ValueError, "do not fit"),
        ((*arrays[:-2], arrays[-2][1:], arrays[-1], features, 1, 9), ValueError, "do not fit"),
        ((*arrays[:-1], arrays[-1][1:], features, 1, 9), ValueError, "do not fit"),
        ((*arrays[:2], arrays[2] * 0, *arrays[3:], features, 1, 9), ValueError, "not a forest"),
        ((*arrays, features, 1, 1), ValueError, "deeper"),
        ((*arrays, features, 0, 9), ValueError, "too many"),
        ((*arrays, features, 1, 1 << 40), ValueError, "too many"),
        ((*arrays, [0] * 6, 1, 9), TypeError, "floats"),
        ((*arrays, tuple(features), 1, 9), TypeError, "a list"),
    ):
        with pytest.raises(error, match=words):
            module.shap(*changed)
