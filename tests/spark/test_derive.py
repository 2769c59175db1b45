"""`transform(df)` out of what an author wrote: types in and out, nulls, vectors, checks before any job."""

from __future__ import annotations

import datetime as dt
import math
from decimal import Decimal

import pytest

import sparklet
from sparklet.errors import AmbiguousColumnError, ColumnExistsError, OptionError, SchemaError
from sparklet.linalg import DenseVector, SparseVector
from sparklet.testing import assert_same
from sparklet.types import parse_type
from tests.models import save_stage
from tests.spark.code.echoes import TYPES

pytestmark = pytest.mark.spark

VALUES = [
    (1.5, 0.5, 1 << 60, -5, 7, -1, True, "é", dt.date(2024, 2, 29), dt.datetime(2024, 2, 29, 1, 2, 3, 456),
     Decimal("1.250"), (1.0, -0.0), ["a", None, ""], [math.nan, -0.0]),
    (math.nan, -0.0, -1, 0, 0, 0, False, "", dt.date(1969, 1, 1), dt.datetime(1969, 1, 1), Decimal("-0.001"),
     (3, [1], [2.0]), [], []),
    (-0.0, math.inf, 0, 1, 1, 1, None, "x" * 300, None, None, None, (), None, None),
    (None,) * len(TYPES),
]  # fmt: skip


def frame(spark):
    from pyspark.ml.linalg import Vectors
    from pyspark.sql.types import StructField, StructType

    from sparklet.spark.types import data_type

    schema = StructType([StructField(name, data_type(parse_type(kind))) for name, kind in TYPES.items()])
    vector = list(TYPES).index("a_vector")
    rows = []
    for values in VALUES:
        row = list(values)
        if row[vector] is not None:
            row[vector] = (
                Vectors.sparse(*row[vector]) if len(row[vector]) == 3 else Vectors.dense(row[vector])
            )
        rows.append(row)
    return spark.createDataFrame(rows, schema)


def plain(value):
    """Return a value that Spark gave as sparklet holds it."""
    kind = type(value).__name__
    if kind == "DenseVector":
        return DenseVector(tuple(value.values.tolist()))
    if kind == "SparseVector":
        return SparseVector(value.size, tuple(value.indices.tolist()), tuple(value.values.tolist()))
    return value


@pytest.mark.parametrize("name", ["ByRow", "Untyped", "ByArrow", "ByTable", "ByList"])
def test_every_type_both_ways(echoes, workers, tmp_path, name):
    given = frame(workers)
    stage = getattr(echoes, name)()
    made = stage.transform(given)
    assert made.columns == [*given.columns, *(f"{column}_out" for column in TYPES)]
    assert [field.dataType for field in made.schema.fields[len(TYPES) :]] == [
        field.dataType for field in given.schema.fields
    ]
    stage.save(str(tmp_path / "stage"))
    served = sparklet.load(tmp_path / "stage", trusted=["echoes"], schema=TYPES)
    for row in made.collect():
        values = {column: plain(row[column]) for column in TYPES}
        assert_same(values, {column: plain(row[f"{column}_out"]) for column in TYPES})
        assert_same(
            {f"{column}_out": value for column, value in values.items()}, served.scoreInstance(values)
        )


def test_declared_types_are_wider(echoes, workers, tmp_path):
    stage = echoes.Widened()
    stage.save(str(tmp_path / "stage"))
    types = {name: TYPES[name] for name in stage.inputs()}
    served = sparklet.load(tmp_path / "stage", trusted=["echoes"], schema=types)
    for row in stage.transform(frame(workers)).collect():
        given = {name: row[name] for name in stage.inputs()}
        assert_same({name: row[name] for name in stage.outputs()}, served.scoreInstance(given))


@pytest.mark.parametrize("name", ["Pandas", "Matrix"])
def test_whole_columns(echoes, workers, tmp_path, name):
    stage = getattr(echoes, name)()
    stage.save(str(tmp_path / "stage"))
    types = {name: TYPES[name] for name in stage.inputs()}
    served = sparklet.load(tmp_path / "stage", trusted=["echoes"], schema=types)
    made = stage.transform(frame(workers))
    for row in made.collect():
        given = {column: plain(row[column]) for column in stage.inputs()}
        assert_same({column: plain(row[column]) for column in stage.outputs()}, served.scoreInstance(given))
    sizes = {"Pandas": {"pair": 2}, "Matrix": {"v": 3}}[name]
    for column, size in sizes.items():
        assert made.schema[column].metadata == {"ml_attr": {"num_attrs": size}}


def test_names_without_regard_to_case_and_with_dots(shop, workers):
    given = workers.createDataFrame(
        [(6.0, 3.0, dt.datetime(2024, 1, 1, 12))], "`A.x` double, B double, t timestamp"
    )
    made = shop.Ratio(inputCols=["a.X", "b"], outputCol="r.s").transform(given)
    assert made.columns == ["A.x", "B", "t", "r.s"]
    assert tuple(made.collect()[0]) == (6.0, 3.0, dt.datetime(2024, 1, 1, 12), 2.0)


def test_checks_come_before_any_job(shop, spark):
    given = spark.createDataFrame([(6.0, "x")], "a double, b string")

    def ratio(*columns, output="c"):
        return shop.Ratio(inputCols=list(columns), outputCol=output).transform(given)

    with pytest.raises(SchemaError, match=r"Ratio Ratio_\w+: column 'b' must be a number, it is string"):
        ratio("a", "b")
    with pytest.raises(SchemaError, match="column 'aa' is absent from the DataFrame; did you mean 'a'"):
        ratio("a", "aa")
    with pytest.raises(ColumnExistsError, match="column 'B' already exists"):
        ratio("a", "a", output="B")
    with pytest.raises(AmbiguousColumnError):
        shop.Ratio(inputCols=["a", "a"], outputCol="c").transform(given.selectExpr("a", "a AS A"))
    with pytest.raises(SchemaError, match="column 'm' must be a number, it is map<double,double>"):
        shop.Ratio(inputCols=["m", "m"], outputCol="c").transform(given.selectExpr("map(a, a) AS m"))


def test_a_wrong_result_names_stage_and_column(echoes, workers):
    with pytest.raises(Exception, match="column 'n': takes double, got 'é'"):
        echoes.Wrong().transform(frame(workers)).collect()


def test_params_are_checked(shop):
    with pytest.raises(OptionError, match=r"inputCol=.*did you mean 'inputCols'"):
        shop.Ratio(inputCol="a")
    with pytest.raises(OptionError, match="set inputCol or inputCols"):
        shop.Ratio(outputCol="x").inputs()


def test_a_model_copies_and_keeps_its_state(shop, workers, tmp_path):
    from pyspark.ml.param import Param

    data = workers.createDataFrame([("a", 1.0), ("b", 2.5), ("a", 2.0)], "g string, y double")
    made = shop.GroupMean(inputCol="g", outputCol="m", labelCol="y").fit(data)
    assert made.uid.startswith("GroupMean_")
    assert {param.name for param in made.params} == {"inputCol", "outputCol", "labelCol"}
    assert all(isinstance(param, Param) for param in made.params)
    copied = made.copy({made.outputCol: "n"})
    assert copied.transform(data).columns == ["g", "y", "n"]
    assert copied.state["means"].tolist() == [1.5, 2.5]
    made.save(str(tmp_path / "m"))
    again = shop.GroupMeanModel.load(str(tmp_path / "m"))
    assert again.state["groups"].tolist() == ["a", "b"]
    assert [row.m for row in again.transform(data).collect()] == [1.5, 2.5, 1.5]


def test_tables_in_the_state(echoes, workers, tmp_path):
    import pandas as pd
    import pyarrow as pa

    from sparklet.spark import OnlineModel

    made = OnlineModel(state={"t": pa.table({"a": [1, None]}), "f": pd.DataFrame({"b": ["x"]}), "n": 2.5})
    made.save(str(tmp_path / "m"))
    found = OnlineModel.load(str(tmp_path / "m")).state
    assert found["t"].to_pylist() == [{"a": 1}, {"a": None}]
    assert found["f"].to_pylist() == [{"b": "x"}]
    assert found["n"].shape == ()
    assert not list((tmp_path / "m").rglob("*.pkl"))


def test_a_vector_attribute_tells_its_size(spark):
    from pyspark.ml.feature import VectorAssembler

    from sparklet.spark.types import carried

    given = VectorAssembler(inputCols=["a", "b"], outputCol="v").transform(
        spark.createDataFrame([(1.0, 2.0)], "a double, b double")
    )
    types = {name: str(type) for name, type in carried(given.schema).items()}
    assert types == {"a": "double", "b": "double", "v": "vector(2)"}


def test_save_stage_layout_is_sparks(shop, spark, tmp_path):
    """What PySpark writes for a stage of ours reads as what a hand-written folder reads as."""
    shop.Ratio(inputCols=["a", "b"], outputCol="c").save(str(tmp_path / "one"))
    save_stage(tmp_path / "two", "shop.stages.Ratio", "u", {"inputCols": ["a", "b"], "outputCol": "c"})
    row = {"a": 1.0, "b": 3.0}
    one, two = (sparklet.load(tmp_path / name, trusted=["shop"]) for name in ("one", "two"))
    assert_same(one.scoreInstance(row), two.scoreInstance(row))
