"""A pipeline of an author's stages and Spark's: fitted, saved, loaded by PySpark, served without a JVM."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from pathlib import Path

import pytest

import sparklet
from sparklet.saved.arrow import decode_nullable
from sparklet.testing import assert_same
from tests.spark.conftest import EXAMPLES
from tests.spark.homes import SCHEMA, fitted, rows

pytestmark = pytest.mark.spark

HERE = Path(__file__).parent
ROWS = 10_000


@pytest.fixture(scope="module")
def model(workers, shop, tmp_path_factory):
    """Give (fitted model, its folder, folder of rows)."""
    spark = workers
    root = tmp_path_factory.mktemp("homes")
    made = fitted(spark, shop)
    made.save(str(root / "model"))
    spark.createDataFrame(rows(ROWS, seed=2), SCHEMA).coalesce(1).write.parquet(str(root / "rows"))
    return made, str(root / "model"), str(root / "rows")


def fresh(script, *arguments):
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(HERE.parents[1] / "src"), EXAMPLES])}
    environment["PYSPARK_PYTHON"] = sys.executable
    subprocess.run([sys.executable, str(HERE / script), *arguments], env=environment, check=True)


def read(path):
    import pyarrow.parquet as pq

    table = pq.read_table(path)
    columns = [
        [value for chunk in column.chunks for value in decode_nullable(chunk)] for column in table.columns
    ]
    return [dict(zip(table.column_names, row, strict=True)) for row in zip(*columns, strict=True)]


@pytest.fixture(scope="module")
def expected(model, tmp_path_factory):
    """Give what plain PySpark answers in a process of its own."""
    _, path, given = model
    target = tmp_path_factory.mktemp("plain") / "spark"
    fresh("plain.py", path, given, str(target))
    return read(target)


def test_spark_and_sparklet_agree_on_every_bit(model, expected, tmp_path):
    _, path, given = model
    fresh("served.py", path, given, str(tmp_path / "served"))
    single, together = pickle.loads((tmp_path / "served").read_bytes())
    table = read(tmp_path / "served.parquet")
    assert len(expected) == len(single) == len(together) == len(table) == ROWS
    for one, two, three, four in zip(expected, single, together, table, strict=True):
        assert_same({name: one[name] for name in two}, two)
        assert_same(two, three)
        assert_same(one, four)
    assert len({two["prediction"] for two in single}) > ROWS / 2
    assert sum(two["ratio"] is None for two in single) > ROWS / 100


def test_the_same_model_on_a_dataframe(model, expected, workers, tmp_path):
    made, path, given = model
    frame = workers.read.parquet(given)
    scored = sparklet.load(path, trusted=["shop"], undeclared="tables").transform(frame)
    assert scored.columns == made.transform(frame).columns
    scored.write.parquet(str(tmp_path / "scored"))
    for one, two in zip(expected, read(tmp_path / "scored"), strict=True):
        assert_same(one, two)
