"""Boosters of XGBoost4J-Spark: rows that its releases 1.7.6 and 3.4.0 scored on Spark 3.5, and damaged files.

`xgboost4j/generate.py` has trained them and stored the answers.
"""

import json
import random
import shutil
from pathlib import Path

import pytest

import sparklet
from sparklet.errors import InvalidValueError, ModelError, UnsupportedModelError
from sparklet.linalg import DenseVector, SparseVector
from sparklet.same import assert_same
from sparklet.stages.xgboost.binary import decode_binary
from sparklet.stages.xgboost.ubjson import decode_ubjson
from tests.oracle.encoding import loads

STORED = Path(__file__).parent / "xgboost4j"
CASES = sorted(STORED.glob("*/*/*.jsonl"))


@pytest.mark.parametrize(
    "path", CASES, ids=lambda path: "-".join(path.relative_to(STORED).with_suffix("").parts)
)
def test_answers_are_those_of_the_library(path):
    model = sparklet.load(path.parent / "model")
    rows = loads(path.read_text(encoding="utf-8"))
    for row in rows:
        features = row.pop("features")
        assert_same(row, model.scoreInstance({"features": features}))
    assert len(rows) == 40


def test_a_sparse_vector_is_refused_as_the_library_does():
    model = sparklet.load(STORED / "1.7.6/bin/model")
    with pytest.raises(InvalidValueError, match="sparse vector"):
        model.scoreInstance({"features": SparseVector(8, (1,), (1.0,))})


def test_other_classes_than_the_booster_has_are_refused(tmp_path):
    shutil.copytree(STORED / "3.4.0/bin/model", tmp_path / "model")
    (metadata,) = (tmp_path / "model/metadata").iterdir()
    content = json.loads(metadata.read_text())
    content["paramMap"]["numClass"] = 3
    metadata.write_text(json.dumps(content))
    with pytest.raises(UnsupportedModelError, match="3 classes do not match"):
        sparklet.load(tmp_path / "model")


@pytest.mark.parametrize(
    ("file", "decode"),
    [
        ("1.7.6/bin/model/data/XGBoostClassificationModel", decode_binary),
        ("3.4.0/bin/model/data/model", decode_ubjson),
    ],
)
def test_damaged_files_raise_one_clear_error(tmp_path, file, decode):
    data = (STORED / file).read_bytes()
    for end in range(0, len(data), 97):
        with pytest.raises(ValueError):
            decode(data[:end])
    target = tmp_path / "model"
    shutil.copytree(STORED / Path(*Path(file).parts[:3]), target)
    damaged = target / Path(*Path(file).parts[3:])
    seeded, refused = random.Random(13), 0
    for _ in range(200):
        changed = bytearray(data)
        for _ in range(seeded.randint(1, 4)):
            changed[seeded.randrange(len(data))] = seeded.randrange(256)
        damaged.write_bytes(changed)
        try:
            sparklet.load(target).scoreInstance({"features": DenseVector((1.0,) * 8)})
        except (ModelError, InvalidValueError):
            refused += 1
    assert refused > 20
