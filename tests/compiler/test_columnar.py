"""Whole columns: what numpy and the kernels do gives the bits of rows, and rows that fail are found."""

from __future__ import annotations

import importlib
import math
import random

import numpy as np
import pyarrow as pa
import pytest

import sparklet
from sparklet.compiler.arrays import Numbers, Texts, Unlike, exps, filled, floats, given, listed, looked_up
from sparklet.compiler.columnar import columnar
from sparklet.emit import Builder
from sparklet.errors import InvalidValueError
from sparklet.testing import assert_same
from tests.models import CITY, assembler, encoder, indexer, logistic_regression, save_pipeline

loop = importlib.import_module("sparklet.compiler.loop")


def run(lines, inputs, outputs, columns, count, **names):
    """Run lines by columns; return which rows fail, and the outputs as lists."""
    builder = Builder()
    builder.lines.extend(lines)
    builder.names.update(names)
    found = columnar(builder, inputs, [(output, None) for output in outputs])
    assert found is not None
    fails, made = found(columns, count)
    return fails.tolist(), [listed(column) for column in made]


X = Numbers(np.array([1.0, -0.0, math.nan, 4.0]), np.array([True, True, True, False]))


def test_arithmetic_is_python_s_to_the_bit():
    made = run(["v2 = (v1 - k) * 0.1", "v3 = -v2"], [("v1", "double")], ["v3"], [Numbers(X.values)], 4, k=0.3)
    assert_same([-((x - 0.3) * 0.1) for x in X.values.tolist()], made[1][0])


def test_rows_on_which_python_would_raise_fail():
    assert run(["v2 = v1 + 1.0"], [("v1", "double")], ["v2"], [X], 4)[0] == [False, False, False, True]
    divided = run(["v2 = 2.0 / v1"], [("v1", "double")], ["v2"], [Numbers(X.values)], 4)
    assert divided[0] == [False, True, False, False]


def test_a_line_that_raises_marks_its_rows():
    lines = ["if v1 is None: stop(v1)", "v2 = v1 + 1.0"]
    assert run(lines, [("v1", "double")], ["v2"], [X], 4, stop=print)[0] == [False, False, False, True]


def test_imputing_needs_no_row_alone():
    lines = ["v2 = v1 if v1 is not None and v1 == v1 else k"]
    fails, (made,) = run(lines, [("v1", "double")], ["v2"], [X], 4, k=7.0)
    assert not any(fails)
    assert_same([1.0, -0.0, 7.0, 7.0], made)


def test_null_stays_none():
    fails, (made,) = run(["v2 = None if v1 is None else v1 * 2.0"], [("v1", "double")], ["v2"], [X], 4)
    assert not any(fails)
    assert_same([2.0, -0.0, math.nan, None], made)


def test_a_called_branch_is_called_for_its_rows_alone():
    asked = []

    def other(value):
        asked.append(value)
        return 9.0

    lines = ["v2 = v1 if v1 < 3.0 else other(v1)"]
    column = Numbers(np.array([1.0, 5.0, 2.0]))
    assert run(lines, [("v1", "double")], ["v2"], [column], 3, other=other) == (
        [False] * 3,
        [[1.0, 9.0, 2.0]],
    )
    assert asked == [5.0]


def test_whole_numbers_become_floats_as_python_s_do():
    column = Numbers(np.array([2**53 + 1, -5, 0]))
    made = run(["v2 = float(v1)"], [("v1", "bigint")], ["v2", "v1"], [column], 3)[1]
    assert_same([[float(2**53 + 1), -5.0, 0.0], [2**53 + 1, -5, 0]], made)


def test_any_other_line_is_a_comprehension_of_itself():
    lines = ["v3 = join(v1, v2)", "v4 = v2 * 2.0"]
    columns = [Texts(["a", None], np.array([0, 1])), Numbers(np.array([1.0, 2.0]))]
    inputs = [("v1", "string"), ("v2", "double")]
    made = run(lines, inputs, ["v3", "v4"], columns, 2, join=lambda a, b: f"{a}{b}")[1]
    assert made == [["a1.0", "None2.0"], [2.0, 4.0]]


def test_nested_lines_and_lines_without_gain_are_left_to_rows():
    for lines in (["v2 = v1 + 1.0", "if v1 < 0:", "    v2 = 0.0"], ["v2 = f(v1)"]):
        builder = Builder()
        builder.lines.extend(lines)
        builder.names["f"] = abs
        assert columnar(builder, [("v1", "double")], [("v2", None)]) is None


def test_columns_of_values():
    assert_same([1.0, None], given([1.0, None], "double").tolist())
    assert_same([2**62, None], given([2**62, None], "bigint").tolist())
    assert given(["a", None, "a"], "string").words == ["a", None]
    assert given([True], "boolean") == [True]


def test_labels_are_looked_up_once_a_word():
    class Index(dict):
        def __missing__(self, word):
            raise InvalidValueError("unseen", word)

    found, fails = looked_up(Index(a=2.0), Texts(["a", "b"], np.array([1, 0, 0])))
    assert found.tolist()[1:] == [2.0, 2.0]
    assert fails.tolist() == [True, False, False]


def test_exp_is_that_of_the_rows():
    chosen = random.Random(5)
    values = [chosen.uniform(-750, 708.9) for _ in range(5000)] + [0.0, -0.0, -math.inf, math.nan]
    assert_same([math.exp(value) for value in values], exps(np.array(values)).tolist())
    assert np.isnan(exps(np.array([709.0, math.inf]))).all()


def test_a_column_of_other_kinds_is_none_of_floats():
    for values in ([1.0, None], [1, 2], ["a"], [(1.0,), (2.0,)]):
        with pytest.raises(Unlike):
            floats(values)
    with pytest.raises(Unlike):
        filled(np.zeros(1), np.array([True]), lambda _: None, [1.0])


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
    original = loop.columnar

    def noting(*given):
        score = original(*given)
        assert score is not None

        def run(columns, count):
            noted["columns"] += count
            return score(columns, count)

        return run

    monkeypatch.setattr(loop, "columnar", noting)
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
