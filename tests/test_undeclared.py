"""Undeclared types: asked for where they change an answer, and nowhere else; tables carry them."""

from __future__ import annotations

import datetime as dt
import decimal
import pickle

import pandas as pd
import pyarrow as pa
import pytest

import sparklet
from sparklet.errors import ColumnTypeError, InvalidValueError, OptionError, SchemaError, UndeclaredTypeError
from sparklet.linalg import DenseVector
from sparklet.testing import assert_same
from sparklet.types import parse_type
from sparklet.types.arrow import to_arrow
from tests.models import FEATURE, assembler, indexer, linear_regression, save_pipeline

D = decimal.Decimal


def sql(expression, uid="sql"):
    statement = f"SELECT *, {expression} AS e FROM __THIS__"
    return f"{FEATURE}SQLTransformer", uid, {"statement": statement}, None


def imputer(surrogate, uid="imputer"):
    params = {"inputCols": ["n"], "outputCols": ["filled"]}
    return f"{FEATURE}ImputerModel", uid, params, [("n", pa.float64(), [surrogate])]


def load(tmp_path, *stages, **options):
    return sparklet.load(save_pipeline(tmp_path / "model", stages), **{"outputs": "*", **options})


# --- what is asked for ------------------------------------------------------------------------------

ASKED = {
    "CAST(n + 1 AS STRING)": "arithmetic depends on its type",
    "concat_ws('_', n % 2, 'x')": "arithmetic depends on its type",
    "string(abs(n))": "arithmetic depends on its type",
    "string(greatest(n, 2))": "string depends on its type",
    "n % 10": "arithmetic depends on its type",
    "n * n * n": "arithmetic depends on its type",
    "CASE WHEN n > 1 THEN n ELSE 0 END": "the type of output 'e'",
    "coalesce(n, 0)": "the type of output 'e'",
    "CAST(n AS STRING)": "its text depends on its type",
    "n / 2": "arithmetic depends on its type",
    "round(n, 1)": "arithmetic depends on its type",
    "hash(n)": "hash depends on its type",
    "n > 16777217": "its comparison depends on types",
    "CAST(n AS DECIMAL(10, 2)) + n": "its cast to decimal(10,2) depends on its type",
    "log(n + 1)": "arithmetic depends on its type",
    "n + CAST(1 AS DOUBLE)": "arithmetic depends on its type",
}


@pytest.mark.parametrize(("expression", "reason"), ASKED.items(), ids=ASKED)
def test_is_asked_for(tmp_path, expression, reason):
    with pytest.raises(UndeclaredTypeError) as refused:
        load(tmp_path, sql(expression))
    (ask,) = refused.value.asks
    assert (ask.column, ask.stage, ask.reason) == ("n", "SQLTransformer sql", reason)
    assert f"load(path, schema={refused.value.schema!r})" in str(refused.value)
    assert load(tmp_path / "typed", sql(expression), schema={"n": "int"}).guesses == ()
    inferred = load(tmp_path / "inferred", sql(expression), undeclared="infer")
    assert inferred.guesses == refused.value.asks
    assert inferred.schema == refused.value.schema


NOT_ASKED = [
    "IF(n > 1, 1, 0)",
    "CASE WHEN n BETWEEN 1 AND 5 THEN 'a' ELSE 'b' END",
    "n IN (1, 2)",
    "n > 1.5",
    "n = -1",
    "exp(n)",
    "sqrt(n) * 2",
    "CAST(n AS DOUBLE)",
    "CAST(n AS DOUBLE) * 2 + 1",
    "CAST(n AS INT) + 1",
    "n IS NULL",
    "nvl2(n, 1, 0) + 1",
    "upper(n)",
    "concat(n, 'x')",
    "n = 'x'",
    "IF(n, 1, 0)",
    "year(n)",
    "month(n)",
    "size(split(n, ','))",
]


@pytest.mark.parametrize("expression", NOT_ASKED)
def test_is_not_asked_for(tmp_path, expression):
    assert load(tmp_path, sql(expression)).guesses == ()


def test_a_choice_is_asked_for_where_it_shows(tmp_path):
    chosen = sql("greatest(n, 2)")
    model = load(tmp_path, chosen, assembler(inputs=("e",)), outputs=["features"])
    assert model.scoreInstance({"n": 1}) == {"features": DenseVector((2.0,))}
    with pytest.raises(UndeclaredTypeError, match="the type of output 'e'"):
        load(tmp_path / "2", chosen)
    with pytest.raises(UndeclaredTypeError, match="labels show the number's type"):
        load(tmp_path / "3", chosen, indexer(labels=("2", "3"), inputCol="e", outputCol="ix"), outputs=["ix"])


def test_through_renamed_columns_and_later_stages(tmp_path):
    rename = (f"{FEATURE}SQLTransformer", "rename", {"statement": "SELECT n AS m FROM __THIS__"}, None)
    later = (f"{FEATURE}SQLTransformer", "later", {"statement": "SELECT m + 1 AS e FROM __THIS__"}, None)
    with pytest.raises(UndeclaredTypeError, match=r"'n', for SQLTransformer later: arithmetic"):
        load(tmp_path, rename, later)


def test_only_what_the_outputs_need(tmp_path):
    stages = (sql("n + 1"), assembler(inputs=("n",)), linear_regression(weights=(1.0,)))
    assert load(tmp_path, *stages, outputs=None).guesses == ()
    with pytest.raises(UndeclaredTypeError):
        load(tmp_path / "2", *stages)


def test_an_imputer_whose_surrogate_an_integer_does_not_hold(tmp_path):
    stages = (assembler(inputs=("filled",)), linear_regression(weights=(1.0,)))
    with pytest.raises(UndeclaredTypeError, match=r"integers truncate the surrogate 38\.3"):
        load(tmp_path, imputer(38.3), *stages, outputs=None)
    model = load(tmp_path / "2", imputer(38.0), *stages, outputs=None)
    assert model.scoreInstance({"n": None}) == {"prediction": 39.0}
    with pytest.raises(UndeclaredTypeError, match="the type of output 'filled'"):
        load(tmp_path / "3", imputer(38.0))
    typed = load(tmp_path / "4", imputer(38.3), schema={"n": "int"})
    assert typed.scoreInstance({"n": None}) == {"filled": 38}


def test_the_order_of_what_declares_a_type(tmp_path):
    path = save_pipeline(tmp_path / "m", [sql("CAST(n + 1 AS STRING)")])
    tables = sparklet.load(path, outputs="*", undeclared="tables")
    whole = pa.table({"n": pa.array([2], pa.int32())})
    assert tables.transform(whole)["e"].to_pylist() == ["3"]
    declared = sparklet.load(path, outputs="*", schema={"n": "double"})
    assert declared.transform(whole)["e"].to_pylist() == ["3.0"]


NESTED = {
    "u.n + 1": ("struct<n:double>", "its fields are read", {"n": 2}, pa.struct([("n", pa.int32())]), 3),
    "upper(u.c)": (
        "struct<c:string>",
        "its fields are read",
        {"c": "a"},
        pa.struct([("c", pa.string())]),
        "A",
    ),
    "u.geo.lat + U.Geo.LAT": (
        "struct<geo:struct<lat:double>>",
        "its fields are read",
        {"geo": {"lat": 2}},
        pa.struct([("geo", pa.struct([("lat", pa.int32())]))]),
        4,
    ),
    "u.n > 1 OR NOT u.flag": (
        "struct<n:double,flag:boolean>",
        "its fields are read",
        {"n": 1, "flag": False},
        pa.struct([("n", pa.int32()), ("flag", pa.bool_())]),
        True,
    ),
    "u['k']": ("map<string,string>", "its values are read", {"k": 3}, pa.map_(pa.string(), pa.int32()), 3),
}


@pytest.mark.parametrize(("expression", "case"), NESTED.items(), ids=NESTED)
def test_structs_and_maps_are_asked_for_and_tables_carry_them(tmp_path, expression, case):
    guess, reason, value, kind, expected = case
    with pytest.raises(UndeclaredTypeError) as refused:
        load(tmp_path, sql(expression))
    (ask,) = refused.value.asks
    assert (ask.column, ask.reason) == ("u", reason)
    assert refused.value.schema == {"u": guess}
    model = load(tmp_path / "tables", sql(expression), undeclared="tables")
    cell = list(value.items()) if pa.types.is_map(kind) else value
    scored = model.transform(pa.table({"u": pa.array([cell], kind)}))
    assert scored["e"].to_pylist() == [expected]


@pytest.mark.parametrize("expression", ["u = u.x", "u.x = u", "coalesce(u, u.x, v.x, v).x", "u.x.x = u.x"])
def test_a_struct_that_meets_its_own_field_is_refused(tmp_path, expression):
    with pytest.raises(SchemaError):
        load(tmp_path, sql(expression), undeclared="infer")


# --- Spark's values ---------------------------------------------------------------------------------

EXPRESSIONS = (
    "CAST(n + 1 AS STRING)",
    "concat_ws('_', n % 2, 'x')",
    "string(abs(n))",
    "string(greatest(n, 2))",
    "CASE WHEN n > 1 THEN n ELSE 0 END",
    "CAST(n AS STRING)",
    "n / 2",
    "n % 10",
    "n * n * n",
    "round(n, 1)",
    "hash(n)",
    "coalesce(n, 0)",
    "floor(n)",
    "n * 1.5",
    "CAST(n AS INT)",
    "CAST(n AS DOUBLE)",
)
# What Spark 3.5.9 and Spark 4.3.0 give for a value of each type.
RECORDED = {
    "int": (2, ["3", "0_x", "2", "2", 2, "2", 1.0, 2, 8, 2, 1765031574, 2, 2, D("3.0"), 2, 2.0]),
    "bigint": (2, ["3", "0_x", "2", "2", 2, "2", 1.0, 2, 8, 2, -797927272, 2, 2, D("3.0"), 2, 2.0]),
    "float": (
        2.5,
        ["3.5", "0.5_x", "2.5", "2.5", 2.5, "2.5", 1.25, 2.5, 15.625, 2.5, 204117216, 2.5, 2, 3.75, 2, 2.5],
    ),
    "double": (
        2.0,
        ["3.0", "0.0_x", "2.0", "2.0", 2.0, "2.0", 1.0, 2.0, 8.0, 2.0, -2030303457, 2.0, 2, 3.0, 2, 2.0],
    ),
    "decimal(10,2)": (
        D("2.50"),
        [
            "3.50",
            "0.50_x",
            "2.50",
            "2.50",
            D("2.50"),
            "2.50",
            D("1.250000"),
            D("2.50"),
            D("15.625000"),
            D("2.5"),
            1179183271,
            D("2.50"),
            D("2"),
            D("3.750"),
            2,
            2.5,
        ],
    ),
}


@pytest.mark.parametrize("type_", RECORDED)
def test_declared_types_and_tables_give_the_values_of_spark(tmp_path, type_):
    value, expected = RECORDED[type_]
    statement = ", ".join(f"{text} AS e{place}" for place, text in enumerate(EXPRESSIONS))
    stage = f"{FEATURE}SQLTransformer", "sql", {"statement": f"SELECT *, {statement} FROM __THIS__"}, None
    path = save_pipeline(tmp_path / "model", [stage])
    with pytest.raises(UndeclaredTypeError):
        sparklet.load(path, outputs="*")
    declared = sparklet.load(path, outputs="*", schema={"n": type_})
    assert_same(expected, list(declared.scoreInstance({"n": value}).values()))
    table = pa.table({"n": pa.array([value], to_arrow(parse_type(type_)))})
    scored = sparklet.load(path, outputs="*", undeclared="tables").transform(table)
    row = scored.drop_columns(["n"]).to_pylist()[0]
    assert [None if each is None else str(each) for each in row.values()] == list(map(str, expected))


def test_bigints_and_overflow(tmp_path):
    path = save_pipeline(tmp_path / "big", [sql("n % 10")])
    model = sparklet.load(path, schema={"n": "bigint"})
    assert model.scoreInstance({"n": 2**53 + 1}) == {"e": 3}
    path = save_pipeline(tmp_path / "cube", [sql("n * n * n")])
    assert sparklet.load(path, schema="n INT", spark="3.5").scoreInstance({"n": 100000}) == {"e": -1530494976}
    with pytest.raises(InvalidValueError, match="overflow"):
        sparklet.load(path, schema="n INT", spark="4.3").scoreInstance({"n": 100000})


# --- tables -----------------------------------------------------------------------------------------

TYPED = [
    (pa.array([2, None], pa.int32()), ["3", None]),
    (pa.array([2, None], pa.int64()), ["3", None]),
    (pa.array([2, None], pa.float64()), ["3.0", None]),
    (pa.array([2.5, None], pa.float32()), ["3.5", None]),
    (pa.array([decimal.Decimal("2.50"), None], pa.decimal128(10, 2)), ["3.50", None]),
]


@pytest.mark.parametrize(("array", "expected"), TYPED, ids=lambda item: str(getattr(item, "type", "")))
def test_a_table_carries_types(tmp_path, array, expected):
    model = load(tmp_path, sql("CAST(n + 1 AS STRING)"), undeclared="tables")
    assert model.transform(pa.table({"n": array}))["e"].to_pylist() == expected
    with pytest.raises(UndeclaredTypeError, match="'n', for SQLTransformer sql"):
        model.scoreInstance({"n": 2})
    again = pickle.loads(pickle.dumps(model))
    assert again.transform(pa.table({"n": array}))["e"].to_pylist() == expected


def test_a_pandas_table_carries_types(tmp_path):
    model = load(tmp_path, sql("CAST(n + 1 AS STRING)"), undeclared="tables")
    assert list(model.transform(pd.DataFrame({"n": [2]}))["e"]) == ["3"]
    assert list(model.transform(pd.DataFrame({"n": [2.0]}))["e"]) == ["3.0"]
    assert list(model.transform(pd.DataFrame({"n": pd.array([2, None], "Int64")}))["e"]) == ["3", None]
    with pytest.raises(UndeclaredTypeError):
        model.transform(pd.DataFrame({"n": [None, None]}))


def test_a_plan_is_bound_once_for_a_schema(tmp_path):
    model = load(tmp_path, sql("CAST(n + 1 AS STRING)"), undeclared="tables")
    for _ in range(3):
        model.transform(pa.table({"n": pa.array([2], pa.int32())}))
    assert len(model._tables) == 1
    for scale in range(20):
        model.transform(pa.table({"n": pa.array([None], pa.decimal128(30, scale))}))
    assert len(model._tables) <= 16


def test_labels_of_a_table(tmp_path):
    model = load(tmp_path, indexer(labels=("1", "2"), handleInvalid="keep"))
    assert model.transform(pa.table({"city": pa.array([2], pa.int32())}))["city_i"].to_pylist() == [1.0]
    # Spark casts the double to "2.0", which is no label.
    assert model.transform(pa.table({"city": pa.array([2.0])}))["city_i"].to_pylist() == [2.0]


# --- labels that are numbers ------------------------------------------------------------------------

NOTATIONS = [
    (("1", "2"), [2, 2.0, "2", 7], [1.0, 1.0, 1.0, 2.0]),
    (("1.0", "2.0"), [2, 2.0, "2.0", "2"], [1.0, 1.0, 1.0, 2.0]),
    (("1.50", "2.00"), [2, 1.5, decimal.Decimal("2.00"), 2.25], [1.0, 0.0, 1.0, 2.0]),
    (("a", "2"), ["a", 2, 2.0], [0.0, 1.0, 2.0]),
]


@pytest.mark.parametrize(("labels", "values", "expected"), NOTATIONS, ids=str)
def test_labels_tell_how_numbers_are_written(tmp_path, labels, values, expected):
    model = load(tmp_path, indexer(labels=labels, handleInvalid="keep"))
    assert [model.scoreInstance({"city": value})["city_i"] for value in values] == expected


def test_labels_that_floats_and_doubles_write_differently(tmp_path):
    with pytest.raises(UndeclaredTypeError, match="labels show the number's type"):
        load(tmp_path, indexer(labels=("0.1", "0.2")))


def test_labels_of_a_column_that_is_a_number_too(tmp_path):
    stages = (indexer(labels=("1", "2")), assembler(inputs=("city", "city_i")))
    model = load(tmp_path, *stages)
    assert model.schema == {"city": "bigint"}
    assert model.scoreInstance({"city": 2.0})["features"] == DenseVector((2.0, 1.0))


# --- values of a near type --------------------------------------------------------------------------


def test_booleans_and_decimals_where_a_number_is_wanted(tmp_path):
    model = load(tmp_path, assembler(inputs=("n", "m")))
    row = {"n": True, "m": decimal.Decimal("0.25")}
    assert model.scoreInstance(row) == {"features": DenseVector((1.0, 0.25))}
    table = pa.table({"n": [True], "m": pa.array([decimal.Decimal("0.25")], pa.decimal128(10, 2))})
    assert model.transform(table)["features"].to_pylist()[0]["values"] == [1.0, 0.25]


def test_a_bucketizer_takes_decimals_and_no_booleans(tmp_path):
    params = {"inputCol": "n", "outputCol": "e", "splits": [0.0, 1.0, 2.0]}
    model = load(tmp_path, (f"{FEATURE}Bucketizer", "b", params, None))
    assert model.scoreInstance({"n": decimal.Decimal("1.5")}) == {"e": 1.0}
    with pytest.raises(ColumnTypeError, match=r"column 'n'.*schema=\{'n': 'boolean'\}"):
        model.scoreInstance({"n": True})


def test_a_column_that_is_only_cast_takes_what_spark_casts(tmp_path):
    model = load(tmp_path, sql("CAST(n AS DOUBLE)"))
    values = [2, 2.5, "2.5", True, decimal.Decimal("2.5"), None]
    assert [model.scoreInstance({"n": value})["e"] for value in values] == [2.0, 2.5, 2.5, 1.0, 2.5, None]
    with pytest.raises(ColumnTypeError):
        model.scoreInstance({"n": dt.date(2024, 1, 1)})


@pytest.mark.parametrize(
    ("type_", "value"),
    [
        (pa.struct([("n", pa.int64())]), {"n": 1}),
        (pa.map_(pa.string(), pa.float64()), {"k": 1.5}),
        (pa.list_(pa.float64()), [1.0, 2.0]),
        (pa.list_(pa.struct([("n", pa.int64())])), [{"n": 1}]),
        (pa.binary(), b"b"),
        (pa.float64(), float("nan")),
        (pa.date32(), dt.date(2024, 1, 2)),
    ],
    ids=str,
)
def test_values_of_any_type_are_compared_with_null(tmp_path, type_, value):
    model = load(tmp_path, sql("n IS NULL"))
    assert model.scoreInstances([{"n": value}, {"n": None}]) == [{"e": False}, {"e": True}]
    table = pa.table({"n": pa.array([value, None, value], type_)})
    assert model.transform(table).column("e").to_pylist() == [False, True, False]


def test_an_integer_that_a_bigint_and_a_double_cast_differently(tmp_path):
    model = load(tmp_path, sql("CAST(n AS INT)"), spark="3.5")
    assert model.scoreInstance({"n": 2**31 - 1}) == {"e": 2**31 - 1}
    assert model.scoreInstance({"n": 2.0**31}) == {"e": 2**31 - 1}
    with pytest.raises(ColumnTypeError, match=r"schema=\{'n': 'bigint'\}"):
        model.scoreInstance({"n": 2**31})


def test_options(tmp_path):
    with pytest.raises(OptionError, match="'refuse', 'infer' or 'tables'"):
        load(tmp_path, assembler(inputs=("n",)), undeclared="guess")
