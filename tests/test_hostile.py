"""A folder's numbers are not trusted: no count is allocated or looped over unless the files bear it out."""

from __future__ import annotations

import json
import shutil
import time

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import sparklet
from sparklet.errors import (
    CorruptModelError,
    InvalidValueError,
    ModelError,
    SchemaError,
    UnsupportedModelError,
)
from sparklet.linalg import SparseVector
from tests.conftest import GOLDEN
from tests.models import FEATURE, VECTOR, assembler, encoder, save_pipeline, save_stage
from tests.oracle import goldens

HUGE = 2**31 - 1


def sparse(size):
    return {"type": 0, "size": size, "indices": [1], "values": [2.0]}


def one_hot(size):
    return encoder(size=size, inputCol="a", outputCol="v")


def load(path):
    """Load a model, or refuse it, within two seconds of processor time."""
    started = time.process_time()
    try:
        return sparklet.load(path)
    finally:
        assert time.process_time() - started < 2.0


def copied(tmp_path, stage, case="default"):
    """Return a copy of a golden's model, with its rows."""
    golden = next(one for one in goldens(GOLDEN / "4.3" / stage) if one.facts["case"] == case)
    shutil.copytree(golden.model, tmp_path / stage)
    return tmp_path / stage


def rewrite(folder, change):
    """Replace the table of a folder by what a function makes of it."""
    (path,) = folder.glob("*.parquet")
    pq.write_table(change(pq.read_table(path)), path)


def test_a_one_hot_encoder_of_two_thousand_million_categories(tmp_path):
    model = load(save_pipeline(tmp_path / "m", [one_hot(HUGE)]))
    assert model.scoreInstance({"a": 5.0}) == {"v": SparseVector(HUGE - 1, (5,), (1.0,))}
    stages = [one_hot(HUGE), assembler(inputs=["v"], output="f")]
    model = load(save_pipeline(tmp_path / "n", stages))
    assert model.scoreInstance({"a": HUGE - 2})["f"].indices == (HUGE - 2,)
    slicer = (FEATURE + "VectorSlicer", "vs", {"inputCol": "f", "outputCol": "s", "names": ["v_3"]}, None)
    with pytest.raises(SchemaError, match="attributes of 1048576 at most"):
        load(save_pipeline(tmp_path / "o", [*stages, slicer]))


@pytest.mark.parametrize("size", [-5, -HUGE, 0])
def test_a_one_hot_encoder_of_less_than_no_categories(tmp_path, size):
    with pytest.raises(SchemaError, match="the encoder expects"):
        load(save_pipeline(tmp_path / "m", [one_hot(size)]))


@pytest.mark.parametrize("rows", [0, 2])
def test_components_that_are_not_one_row(tmp_path, rows):
    folder = copied(tmp_path, "PCAModel")
    rewrite(folder / "data", lambda table: pa.concat_tables([table] * rows) if rows else table[:0])
    with pytest.raises(CorruptModelError, match=f"has {rows} rows, expected 1"):
        load(folder)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("k", "3"),
        ("k", {}),
        ("k", 10**400),
        ("k", HUGE),
        ("k", True),
        ("k", -1),
        ("vocabSize", HUGE),
        ("vocabSize", None),
        ("docConcentration", ["x"]),
        ("docConcentration", [{}]),
        ("docConcentration", [10**400]),
        ("docConcentration", 5),
        ("gammaShape", {}),
        ("gammaShape", 10**400),
    ],
)
def test_topics_of_the_wrong_type_or_number(tmp_path, key, value):
    folder = copied(tmp_path, "DistributedLDAModel")
    (path,) = (folder / "oldModel" / "metadata").iterdir()
    path.write_text(json.dumps({**json.loads(path.read_text()), key: value}))
    with pytest.raises(ModelError):
        load(folder)


@pytest.mark.parametrize(
    ("items", "match"),
    [
        ([5], "expected lists of items"),
        ([[["a"]]], "cannot be compared"),
        ([[{"a": [1]}]], "cannot be compared"),
        ([None], "expected lists of items"),
    ],
)
def test_itemsets_of_the_wrong_type(tmp_path, items, match):
    folder = copied(tmp_path, "FPGrowthModel")
    rewrite(folder / "data", lambda _: pa.table({"items": items, "freq": pa.array([1], pa.int64())}))
    with pytest.raises(CorruptModelError, match=match):
        load(folder)


@pytest.mark.parametrize(
    ("stage", "columns"),
    [
        ("MaxAbsScalerModel", ("maxAbs",)),
        ("MinMaxScalerModel", ("originalMin", "originalMax")),
        ("IDFModel", ("idf",)),
        ("LinearRegressionModel", ("coefficients",)),
        ("LinearSVCModel", ("coefficients",)),
    ],
)
def test_sparse_vectors_that_would_fill_the_memory(tmp_path, stage, columns):
    folder = copied(tmp_path, stage)

    def grown(table):
        for name in columns:
            table = table.set_column(table.column_names.index(name), name, pa.array([sparse(HUGE)], VECTOR))
        return table

    rewrite(folder / "data", grown)
    with pytest.raises(CorruptModelError, match=f"{HUGE} elements in vectors or matrices that store 1 value"):
        load(folder)


def test_a_sparse_param_that_would_fill_the_memory(tmp_path):
    params = {"inputCol": "x", "outputCol": "y", "scalingVec": sparse(HUGE)}
    with pytest.raises(UnsupportedModelError, match="scalingVec"):
        load(save_stage(tmp_path / "m", FEATURE + "ElementwiseProduct", "ep", params))


def test_a_row_that_would_fill_the_memory(tmp_path):
    path = save_stage(tmp_path / "m", FEATURE + "DCT", "dct", {"inputCol": "x", "outputCol": "y"})
    with pytest.raises(InvalidValueError, match=f"sparse vector has {HUGE} elements"):
        load(path).scoreInstance({"x": SparseVector(HUGE, (1,), (2.0,))})


def test_a_gap_that_would_fill_the_memory(tmp_path):
    hint = (
        FEATURE + "VectorSizeHint",
        "sh",
        {"inputCol": "x", "size": HUGE, "handleInvalid": "optimistic"},
        None,
    )
    stages = [hint, assembler(inputs=["x"], output="f", handleInvalid="keep")]
    with pytest.raises(SchemaError, match=f"has {HUGE} elements"):
        load(save_pipeline(tmp_path / "m", stages))
