"""Isolation forests: rows that the releases 3.0.5 and 4.1.5 scored on Spark 3.5, and damaged data.

`isolation_forest/generate.py` has trained them and stored the scores.
"""

import contextlib
import json
import random
import shutil
import sys
import zlib
from pathlib import Path

import pytest

import sparklet
from sparklet.errors import (
    CorruptModelError,
    MissingExtraError,
    ModelError,
    VectorSizeError,
)
from sparklet.linalg import DenseVector, SparseVector
from sparklet.same import assert_same, ulp_distance
from sparklet.saved.avro import read_avro
from sparklet.stages.isolation_forest.lengths import average_path_length
from sparklet.testing import CHECKS
from tests.oracle.encoding import loads

fastavro = pytest.importorskip("fastavro")

STORED = Path(__file__).parent / "isolation_forest"
CASES = sorted(STORED.glob("*/*/rows.jsonl"))
NAMES = ["-".join(path.parts[-3:-1]) for path in CASES]
PLAIN, EXTENDED = STORED / "4.1.5/plain/model", STORED / "4.1.5/extended/model"


def stored(path):
    return loads(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", CASES, ids=NAMES)
def test_scores_are_those_of_the_library(path):
    model = sparklet.load(path.parent / "model")
    rows = stored(path)
    exact = 0
    for row in rows:
        features = row.pop("features")
        scored = model.scoreInstance({"features": features})
        # pow of the JVM and of the C library differ in the last bit of one score in a thousand.
        distance = ulp_distance(row.pop("outlierScore"), scored.pop("outlierScore"))
        assert distance <= 1
        assert_same(row, scored)
        exact += distance == 0
    # The last two rows are stored because they differ.
    assert 41 <= len(rows) <= 42
    assert exact >= 40


@pytest.mark.parametrize("check", CHECKS.values(), ids=CHECKS)
@pytest.mark.parametrize("path", CASES, ids=NAMES)
def test_check(check, path):
    rows = [{"features": row["features"]} for row in stored(path)]
    check(sparklet.load(path.parent / "model"), [*rows[:15], {"features": None}])


@pytest.mark.parametrize("name", ["3.0.5/plain", "4.1.5/plain", "4.1.5/level"])
def test_a_label_at_the_threshold_is_that_of_the_library(tmp_path, name):
    row = next(
        row
        for row in stored(STORED / name / "rows.jsonl")[40:]
        if ulp_distance(row["outlierScore"], scored(STORED / name / "model", row)["outlierScore"])
    )
    path = edited(tmp_path, STORED / name / "model", outlierScoreThreshold=row["outlierScore"])
    assert scored(path, row)["predictedLabel"] == 1.0
    higher = edited(
        tmp_path / "more", STORED / name / "model", outlierScoreThreshold=row["outlierScore"] + 1e-12
    )
    assert scored(higher, row)["predictedLabel"] == 0.0


def scored(path, row):
    return sparklet.load(path).scoreInstance({"features": row["features"]})


def edited(tmp_path, model, params=None, **facts):
    """Return a copy of a model with other metadata; None removes an entry."""
    path = shutil.copytree(model, tmp_path / "model")
    file = next((path / "metadata").iterdir())
    entries = json.loads(file.read_text()) | facts
    entries["paramMap"] |= params or {}
    file.write_text(json.dumps({key: value for key, value in entries.items() if value is not None}))
    return path


def test_the_label_of_a_forest_without_threshold_needs_no_features():
    model = sparklet.load(PLAIN, outputs=["predictedLabel"])
    assert model.scoreInstance({}) == {"predictedLabel": 0.0}


def test_average_path_lengths_do_not_depend_on_the_last_bit_of_log():
    assert average_path_length(0) == average_path_length(1) == 0.0
    assert average_path_length(2) == 0.15443134307861328


@pytest.mark.parametrize("model", [PLAIN, EXTENDED], ids=["standard", "extended"])
@pytest.mark.parametrize(
    "vector", [DenseVector([0.5] * 5), SparseVector(7, (1,), (1.0,))], ids=["dense", "sparse"]
)
def test_a_vector_of_another_size_is_refused(model, vector):
    with pytest.raises(VectorSizeError):
        sparklet.load(model).scoreInstance({"features": vector})


def test_a_short_vector_is_refused_where_the_number_of_features_is_not_saved():
    model = sparklet.load(STORED / "3.0.5/plain/model")
    with pytest.raises(sparklet.SparkletError):
        model.scoreInstance({"features": DenseVector([0.5])})


@pytest.mark.parametrize(
    ("facts", "problem"),
    [
        ({"params": {"numEstimators": 7}}, "numEstimators is 7, but the model has 15 trees"),
        ({"outlierScoreThreshold": 2.5}, "outlierScoreThreshold is 2.5"),
        ({"outlierScoreThreshold": None}, "lacks outlierScoreThreshold"),
        ({"outlierScoreThreshold": "much"}, "expected a number"),
        ({"numSamples": 1}, "numSamples is 1, expected a whole number of at least 2"),
        ({"numSamples": None}, "numSamples is None"),
        ({"totalNumFeatures": 3}, "a split tests feature 5 of 3"),
        ({"totalNumFeatures": 0}, "totalNumFeatures is 0"),
    ],
)
def test_wrong_metadata_is_refused(tmp_path, facts, problem):
    with pytest.raises(ModelError, match=problem):
        sparklet.load(edited(tmp_path, PLAIN, **facts))


def test_without_fastavro_the_error_tells_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "fastavro", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'sparklet\[isolation-forest\]'"):
        sparklet.load(PLAIN)


def records(model):
    file = next((model / "data").iterdir())
    with file.open("rb") as stream:
        schema = fastavro.reader(stream).writer_schema
    return schema, list(read_avro(file, file.read_bytes(), shape_of(schema)))


def shape_of(schema):
    if isinstance(schema, list):
        return shape_of(schema[0])
    if isinstance(schema, str):
        return schema
    if schema["type"] == "array":
        return "array", shape_of(schema["items"])
    return {field["name"]: shape_of(field["type"]) for field in schema["fields"]}


def rewritten(tmp_path, model, change, codec="null"):
    """Return a copy of a model whose records `change` has edited."""
    path = shutil.copytree(model, tmp_path / "model")
    schema, rows = records(model)
    rows = change(rows) or rows
    file = next((path / "data").iterdir())
    with file.open("wb") as stream:
        fastavro.writer(stream, schema, rows, codec=codec)
    return path


@pytest.mark.parametrize("codec", ["null", "deflate"])
@pytest.mark.parametrize("model", [PLAIN, EXTENDED], ids=["standard", "extended"])
def test_codecs_and_the_order_of_records_do_not_matter(tmp_path, model, codec):
    path = rewritten(tmp_path, model, lambda rows: random.Random(1).shuffle(rows), codec)
    for row in stored(model.parent / "rows.jsonl")[:10]:
        assert_same(scored(model, row), scored(path, row))


def test_a_codec_that_is_not_read_is_named(tmp_path):
    path = rewritten(tmp_path, PLAIN, lambda rows: None, "bzip2")
    with pytest.raises(
        CorruptModelError, match="is compressed with 'bzip2'; null, deflate and snappy are read"
    ):
        sparklet.load(path)


def node(index, **values):
    def change(rows):
        rows[index][next(key for key in rows[index] if key != "treeID")] |= values

    return change


@pytest.mark.parametrize(
    ("model", "change", "problem"),
    [
        (PLAIN, node(0, leftChild=0), "0 cannot be a child of node 0"),
        (PLAIN, node(0, rightChild=1 << 30), "cannot be a child of node 0"),
        (PLAIN, node(0, leftChild=-7), "-7 cannot be a child of node 0"),
        (PLAIN, node(0, id=1), "the ids of its nodes are not 0 to"),
        (PLAIN, node(0, leftChild=-1, rightChild=-1), "leaf 0 has -1 instances"),
        (PLAIN, node(0, splitAttribute=-1), "a split tests no feature"),
        (PLAIN, lambda rows: [rows[0] | {"treeID": 99}, *rows], "a child of node 0"),
        (PLAIN, lambda rows: rows[:1], "a child of node 0"),
        (EXTENDED, node(0, indices=[], weights=[]), r"node 0 has the hyperplane \[\], \[\]"),
        (EXTENDED, node(0, indices=[1, 1], weights=[1.0, 1.0]), "node 0 has the hyperplane"),
        (EXTENDED, node(0, indices=[9], weights=[1.0]), "node 0 has the hyperplane"),
        (EXTENDED, node(0, indices=[-1], weights=[1.0]), "node 0 has the hyperplane"),
        (EXTENDED, node(0, weights=[1.0]), "node 0 has the hyperplane"),
        (EXTENDED, node(0, leftChild=-1), "-1 cannot be a child of node 0"),
    ],
)
def test_damaged_trees_are_refused(tmp_path, model, change, problem):
    with pytest.raises(CorruptModelError, match=problem):
        sparklet.load(rewritten(tmp_path, model, change))


def test_a_tree_that_no_training_makes_is_refused(tmp_path):
    """A chain of nodes as deep as the file is long would be walked for each row."""

    def chain(_rows):
        inner = {"splitAttribute": 0, "splitValue": 0.0, "numInstances": -1}
        leaf = {"leftChild": -1, "rightChild": -1, "splitAttribute": -1, "splitValue": 0.0, "numInstances": 1}
        nodes = []
        for index in range(0, 200, 2):
            nodes.append({"id": index, "leftChild": index + 1, "rightChild": index + 2, **inner})
            nodes.append({"id": index + 1, **leaf})
        return [{"treeID": 0, "nodeData": each} for each in [*nodes, {"id": 200, **leaf}]]

    with pytest.raises(CorruptModelError, match="no parent before it, or more than 64"):
        sparklet.load(rewritten(tmp_path, PLAIN, chain))


SHAPE = {"x": "int"}
SCHEMA = json.dumps({"type": "record", "name": "r", "fields": [{"name": "x", "type": "int"}]}).encode()


def long(value):
    """Return Avro's bytes of an integer."""
    value = value << 1 ^ value >> 63
    out = bytearray()
    while value >> 7:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes([*out, value])


def container(blocks, schema=SCHEMA, codec=b"null"):
    """Return an Avro file; a block is a number of records, the size that it declares and its bytes."""
    entries = [(b"avro.schema", schema), (b"avro.codec", codec)]
    header = b"".join(long(len(part)) + part for entry in entries for part in entry)
    body = b"".join(long(count) + long(size) + data + b"s" * 16 for count, size, data in blocks)
    return b"Obj\x01" + long(len(entries)) + header + long(0) + b"s" * 16 + body


def test_a_container_is_read():
    data = container([(2, 2, b"\x02\x03"), (1, 1, b"\x04")])
    assert list(read_avro("a", data, SHAPE)) == [{"x": 1}, {"x": -2}, {"x": 2}]


def deflated(data):
    packer = zlib.compressobj(9, wbits=-15)
    return packer.compress(data) + packer.flush()


BOMB = deflated(bytes((1 << 28) + 1))
HUGE = b"\xff\xff\xff\xff\x0f" + bytes(8)


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"", "is no Avro file"),
        (b"Obj\x01", "is damaged"),
        (b"Obj\x01" + long(1 << 60) + long(1 << 60), "is damaged"),
        (container([(1, 1 << 60, b"\x02")]), "declares a block of 1152921504606846976 bytes"),
        (container([(1, -5, b"\x02")]), "declares a block of -5 bytes"),
        (container([(1 << 60, 1, b"\x02")]), "declares 1152921504606846976 records in a block of 1 bytes"),
        (container([(-1, 1, b"\x02")]), "declares -1 records"),
        (container([(1, 2, b"\x02\x02")]), "has bytes after the records"),
        (container([(2, 2, b"\x02\xff")]), "is damaged"),
        (container([(1, 1, b"\x02")])[:-3], "without its end marker"),
        (container([], b"[" * 100_000), "holds JSON that is nested too deeply"),
        (container([], b"{}"), "has the schema"),
        (container([], SCHEMA.replace(b'"int"', b'"string"')), "has the schema"),
        (container([], SCHEMA.replace(b'"x"', b'"y"')), "has the schema"),
        (container([(1, len(BOMB), BOMB)], codec=b"deflate"), "does not end within"),
        (container([(1, 3, b"\xff\xff\xff")], codec=b"deflate"), "cannot be unpacked"),
        (container([(1, len(HUGE), HUGE)], codec=b"snappy"), "declares 4294967295 bytes unpacked"),
        (container([(1, 6, b"\x01\x00\x02AAA")], codec=b"snappy"), "cannot be unpacked|wrong checksum"),
    ],
)
def test_hostile_containers_are_refused(data, problem):
    with pytest.raises(CorruptModelError, match=problem):
        list(read_avro("a", data, SHAPE))


def test_damaged_files_are_refused_or_scored(tmp_path):
    draw = random.Random(5)
    for model in (PLAIN, EXTENDED):
        path = shutil.copytree(model, tmp_path / model.parent.name)
        file = next((path / "data").iterdir())
        data = file.read_bytes()
        for _ in range(60):
            changed = bytearray(data)
            for _ in range(draw.choice((1, 4))):
                changed[draw.randrange(len(changed))] = draw.randrange(256)
            file.write_bytes(bytes(changed[: draw.choice((len(data), draw.randrange(len(data))))]))
            with contextlib.suppress(ModelError):
                sparklet.load(path).scoreInstance({"features": DenseVector([0.5] * 6)})
