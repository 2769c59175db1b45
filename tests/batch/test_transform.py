"""Tables in, the same kind of table out, scored as rows are."""

from __future__ import annotations

import math
import sys

import pandas as pd
import pyarrow as pa
import pytest

import sparklet
from sparklet.errors import (
    AmbiguousColumnError,
    ColumnTypeError,
    InvalidValueError,
    MissingColumnError,
    NullValueError,
    OptionError,
)
from sparklet.linalg import DenseVector, SparseVector
from sparklet.testing import assert_same
from tests.models import CITY, assembler, encoder, indexer, logistic_regression, save_pipeline

ROWS = [{"city": "SF", "age": 41.0}, {"city": "LA", "age": -1.5}, {"city": "SF", "age": 0.0}]
PREDICTIONS = [93.0, -2.0, 11.0]


@pytest.fixture
def city(tmp_path):
    return sparklet.load(save_pipeline(tmp_path / "m", CITY))


@pytest.fixture
def small_chunks(monkeypatch):
    monkeypatch.setattr(sys.modules["sparklet.batch.transform"], "_CHUNK", 2)


def test_arrow_table(city):
    table = pa.Table.from_pylist([{"id": i, **row} for i, row in enumerate(ROWS)])
    scored = city.transform(table)
    assert scored.column_names == ["id", "city", "age", "prediction"]
    assert scored.schema.field("prediction").type == pa.float64()
    assert scored["prediction"].to_pylist() == PREDICTIONS
    assert scored["id"].to_pylist() == [0, 1, 2]


def test_record_batch(city):
    scored = city.transform(pa.RecordBatch.from_pylist(ROWS))
    assert isinstance(scored, pa.RecordBatch)
    assert scored.column("prediction").to_pylist() == PREDICTIONS


def test_pandas_keeps_its_index_and_gives_vectors(tmp_path):
    model = sparklet.load(save_pipeline(tmp_path / "m", CITY), outputs=["city_v", "prediction"])
    frame = pd.DataFrame(ROWS, index=[7, 5, 3])
    scored = model.transform(frame)
    assert list(scored.index) == [7, 5, 3]
    assert list(frame.columns) == ["city", "age"]
    assert scored["prediction"].tolist() == PREDICTIONS
    assert_same(SparseVector(1, (0,), (1.0,)), scored["city_v"].iloc[0])


def test_vectors_in_arrow_are_the_struct_of_spark(tmp_path):
    stages = (indexer(), encoder(), assembler(), logistic_regression())
    model = sparklet.load(save_pipeline(tmp_path / "m", stages), outputs="*")
    scored = model.transform(pa.Table.from_pylist(ROWS)).to_pylist()
    for row, given in zip(scored, ROWS, strict=True):
        for name, value in model.scoreInstance(given).items():
            if isinstance(value, DenseVector):
                expected = {"type": 1, "size": None, "indices": None, "values": list(value.values)}
            elif isinstance(value, SparseVector):
                indices, values = list(value.indices), list(value.values)
                expected = {"type": 0, "size": value.size, "indices": indices, "values": values}
            else:
                expected = value
            assert_same(expected, row[name])


@pytest.mark.parametrize("type_", [pa.int32(), pa.int64(), pa.float32(), pa.float64()], ids=str)
@pytest.mark.parametrize(
    "text", [pa.string(), pa.large_string(), pa.dictionary(pa.int8(), pa.string())], ids=str
)
def test_arrow_types_that_fit(city, type_, text):
    cities = pa.array(["SF", "LA", "SF"], text if not pa.types.is_dictionary(text) else pa.string())
    table = pa.table({"AGE": pa.array([41, -2, 0], type_), "city": cities.cast(text)})
    assert city.transform(table)["prediction"].to_pylist() == [93.0, -3.0, 11.0]


@pytest.mark.usefixtures("small_chunks")
@pytest.mark.parametrize("gil", [True, False])
def test_chunks_of_a_table_of_work_and_of_threads(city, monkeypatch, gil):
    monkeypatch.setattr(sys, "_is_gil_enabled", lambda: gil, raising=False)
    table = pa.concat_tables([pa.Table.from_pylist(ROWS)] * 7)
    assert city.transform(table)["prediction"].to_pylist() == PREDICTIONS * 7


@pytest.mark.usefixtures("small_chunks")
def test_dropped_rows_are_left_out(tmp_path):
    stages = (indexer(handleInvalid="skip"), encoder(), assembler(), logistic_regression())
    model = sparklet.load(save_pipeline(tmp_path / "m", stages))
    rows = [ROWS[0], {"city": "unseen", "age": 1.0}, ROWS[1], {"city": None, "age": 2.0}]
    assert model.transform(pa.Table.from_pylist(rows))["city"].to_pylist() == ["SF", "LA"]
    assert list(model.transform(pd.DataFrame(rows)).index) == [0, 2]
    assert len(model.transform(pa.Table.from_pylist(rows[1:2]))) == 0


def test_an_empty_table_has_the_outputs(city):
    table = pa.table({"city": pa.array([], pa.string()), "age": pa.array([], pa.float64())})
    assert city.transform(table).schema.field("prediction").type == pa.float64()
    assert list(city.transform(table.to_pandas()).columns) == ["city", "age", "prediction"]


def test_an_output_replaces_a_column_of_its_name(city):
    scored = city.transform(pa.Table.from_pylist([{"prediction": "old", **row} for row in ROWS]))
    assert scored.column_names == ["prediction", "city", "age"]
    assert scored["prediction"].to_pylist() == PREDICTIONS


def test_pandas_objects_of_several_types(city):
    frame = pd.DataFrame({"city": ["SF", "LA", "SF"], "age": pd.Series([41, -1.5, "x"], dtype=object)})
    with pytest.raises(ColumnTypeError, match=r"row 2, .*'age'.*takes double"):
        city.transform(frame)
    assert city.transform(frame[:2])["prediction"].tolist() == PREDICTIONS[:2]


def test_gaps(tmp_path):
    stages = (indexer(handleInvalid="keep"), encoder(size=3), assembler(handleInvalid="keep"))
    model = sparklet.load(save_pipeline(tmp_path / "m", stages))
    rows = [{"city": None, "age": 1.0}, {"city": "SF", "age": None}, {"city": "LA", "age": math.nan}]
    expected = [model.scoreInstance(row)["features"] for row in rows]
    frame = pd.DataFrame({"city": [None, "SF", "LA"], "age": [1.0, None, math.nan]})
    assert_same(expected, model.transform(frame)["features"].tolist())


@pytest.mark.usefixtures("small_chunks")
@pytest.mark.parametrize(
    ("row", "error", "words"),
    [
        ({"city": "new", "age": 1.0}, InvalidValueError, "row 3, stage StringIndexerModel si, column 'city'"),
        ({"city": "SF", "age": None}, NullValueError, "row 3, stage VectorAssembler va, column 'age'"),
    ],
)
def test_an_error_names_the_row(city, row, error, words):
    with pytest.raises(error, match=words):
        city.transform(pa.Table.from_pylist([*ROWS, row]))


def test_tables_that_do_not_fit(city):
    with pytest.raises(MissingColumnError, match="'age'"):
        city.transform(pa.table({"city": ["SF"]}))
    with pytest.raises(AmbiguousColumnError):
        city.transform(
            pa.Table.from_arrays([pa.array(["SF"])] * 2 + [pa.array([1.0])], ["city", "city", "age"])
        )
    with pytest.raises(AmbiguousColumnError):
        city.transform(pa.table({"city": ["SF"], "City": ["LA"], "age": [1.0]}))
    with pytest.raises(ColumnTypeError, match=r"row 0, .*'age'"):
        city.transform(pa.table({"city": ["SF"], "age": ["41"]}))


@pytest.mark.parametrize("data", [ROWS, None, "table", {"city": ["SF"]}], ids=type)
def test_no_table(city, data):
    with pytest.raises(OptionError, match="pyarrow Table"):
        city.transform(data)


def test_a_missing_column_may_be_null(tmp_path):
    stages = (indexer(), encoder(), assembler(handleInvalid="keep"))
    model = sparklet.load(save_pipeline(tmp_path / "m", stages), missing="null")
    (features,) = model.transform(pd.DataFrame({"city": ["SF"]}))["features"]
    assert_same(DenseVector((math.nan, 1.0)), features)


def test_an_absent_label_leaves_its_index_out(tmp_path):
    label = indexer("label_si", ("no", "yes"), inputCol="answer", outputCol="label")
    stages = (label, indexer(), encoder(), assembler(), logistic_regression())
    model = sparklet.load(save_pipeline(tmp_path / "m", stages), outputs="*")
    assert "label" not in model.transform(pa.Table.from_pylist(ROWS)).column_names
    table = pa.Table.from_pylist([{"answer": "yes", **row} for row in ROWS])
    assert model.transform(table)["label"].to_pylist() == [1.0] * 3


def test_polars(city):
    polars = pytest.importorskip("polars", reason="polars is not installed here")
    scored = city.transform(polars.DataFrame(ROWS))
    assert isinstance(scored, polars.DataFrame)
    assert scored["prediction"].to_list() == PREDICTIONS
