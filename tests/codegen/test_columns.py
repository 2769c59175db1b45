"""Whole columns: what numpy and the kernels do gives the bits of rows, and rows that fail are found."""

from __future__ import annotations

import random

import numpy as np
import pyarrow as pa
import pytest

import sparklet
from sparklet.codegen import evaluation
from sparklet.codegen.arrays import Texts, column_of, looked_up
from sparklet.errors import InvalidValueError
from sparklet.testing import assert_same
from sparklet.types import BOOLEAN, DOUBLE, LONG, STRING
from tests.models import CITY, assembler, encoder, indexer, logistic_regression, save_pipeline


def test_columns_of_values():
    assert_same([1.0, None], column_of([1.0, None], DOUBLE).tolist())
    assert_same([2**62, None], column_of([2**62, None], LONG).tolist())
    assert column_of(["a", None, "a"], STRING).words == ["a", None]
    assert column_of([True], BOOLEAN) == [True]


def test_a_label_is_looked_up_once_a_word():
    asked = []

    def find(word):
        asked.append(word)
        if word == "b":
            raise InvalidValueError("unseen", word)
        return 2.0

    found, fails = looked_up(find, Texts(["a", "b"], np.array([1, 0, 0])))
    assert asked == ["a", "b"]
    assert found.tolist()[1:] == [2.0, 2.0]
    assert fails.tolist() == [True, False, False]


def pipeline(tmp_path, handling):
    stages = [
        indexer(labels=["SF", "LA", "NY"], handleInvalid=handling),
        encoder(size=3),
        assembler(),
        logistic_regression(weights=(0.5, 1.0, -2.0), intercept=0.25),
    ]
    return sparklet.load(save_pipeline(tmp_path / handling, stages), outputs=["probability", "prediction"])


ROWS = [{"city": ["SF", "LA", "NY"][n % 3], "age": n * 0.37 - 50.0} for n in range(400)]


@pytest.fixture
def spied(monkeypatch):
    """Note how many rows come by columns."""
    noted = {"columns": 0}
    original = evaluation.Evaluation.run

    def noting(self, columns, count):
        batch = original(self, columns, count)
        assert batch is not None
        noted["columns"] += count
        return batch

    monkeypatch.setattr(evaluation.Evaluation, "run", noting)
    return noted


def test_the_flagship_s_rows_go_by_columns(tmp_path, spied):
    model = pipeline(tmp_path, "error")
    table = model.transform(pa.Table.from_pylist(ROWS))
    assert spied["columns"] == 400
    assert_same(
        [(list(s["probability"].values), s["prediction"]) for s in model.scoreInstances(ROWS)],
        [(s["probability"]["values"], s["prediction"]) for s in table.to_pylist()],
    )


def test_rows_that_fail_are_put_in_their_place(tmp_path, spied):
    model = pipeline(tmp_path, "skip")
    rows = [{**row, "city": "unseen"} if n % 50 == 7 else row for n, row in enumerate(ROWS)]
    table = model.transform(pa.Table.from_pylist(rows))
    assert spied["columns"] == 400
    expected = [s for s in map(model.scoreInstance, rows) if s is not None]
    assert len(expected) == 392
    assert_same([s["prediction"] for s in expected], table["prediction"].to_pylist())
    assert table["age"].to_pylist() == [row["age"] for row in rows if row["city"] != "unseen"]


def test_the_first_row_that_fails_is_named(tmp_path):
    model = pipeline(tmp_path, "error")
    rows = [{**row, "city": "unseen"} if n in (77, 300) else row for n, row in enumerate(ROWS)]
    with pytest.raises(InvalidValueError) as raised:
        model.transform(pa.Table.from_pylist(rows))
    assert raised.value.row == 77


def test_where_many_fail_rows_go_one_by_one(tmp_path):
    model = pipeline(tmp_path, "skip")
    rows = [{**row, "city": None} if n % 2 else row for n, row in enumerate(ROWS)]
    assert model.transform(pa.Table.from_pylist(rows)).num_rows == 200


def test_chunked_and_dictionary_columns(tmp_path):
    model = sparklet.load(save_pipeline(tmp_path / "m", CITY))
    rows = [{"city": ["SF", "LA"][n % 2], "age": n * 0.5 if n % 5 else 0.0} for n in range(300)]
    table = pa.concat_tables([pa.Table.from_pylist(rows[:100]), pa.Table.from_pylist(rows[100:])])
    coded = table.set_column(0, "city", table["city"].dictionary_encode())
    expected = [scored["prediction"] for scored in model.scoreInstances(rows)]
    for given_ in (table, coded, table.to_pandas()):
        assert_same(expected, list(model.transform(given_)["prediction"].to_numpy().tolist()))


@pytest.mark.parametrize("native", ["1", "0"])
def test_wide_vectors_compile(tmp_path, native, monkeypatch):
    monkeypatch.setenv("SPARKLET_NATIVE", native)
    names = [f"c{n}" for n in range(1000)]
    stages = [assembler(inputs=names), logistic_regression(weights=[0.01 * n for n in range(1000)])]
    model = sparklet.load(save_pipeline(tmp_path / "m", stages), outputs="*")
    chosen = random.Random(3)
    # Few of the first rows' numbers are zero, few of the second's are not: dense and sparse vectors.
    rows = [
        {name: chosen.gauss(0, 1) * (chosen.random() < share) for name in names} for share in (0.9, 0.1) * 150
    ]
    expected = model.scoreInstances(rows)
    assert {type(scored["features"]).__name__ for scored in expected} == {"DenseVector", "SparseVector"}
    table = model.transform(pa.Table.from_pylist(rows))
    assert_same([scored["prediction"] for scored in expected], table["prediction"].to_pylist())
    assert_same(
        [list(scored["rawPrediction"].values) for scored in expected],
        [vector["values"] for vector in table["rawPrediction"].to_pylist()],
    )
