"""A query in, a table out: all of it or nothing, and mistakes told before a job starts."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import sparklet
from sparklet.errors import OptionError, SchemaError, SparkletError, UnsupportedModelError
from sparklet.spark import predict_offline
from sparklet.testing import assert_same
from tests.spark.conftest import EXAMPLES
from tests.spark.homes import SCHEMA, fitted, rows
from tests.spark.test_pipeline import HERE

pytestmark = pytest.mark.spark


PEOPLE = [("SF", 41.0), ("LA", 1.5), ("?", 3.0), ("SF", 0.0)]


@pytest.fixture(scope="module")
def city(spark, tmp_path_factory):
    """Give the folder of a pipeline that drops whom it does not know."""
    from pyspark.ml import Pipeline
    from pyspark.ml.feature import StringIndexerModel, VectorAssembler
    from pyspark.ml.regression import LinearRegression

    stages = [
        StringIndexerModel.from_labels(
            ["SF", "LA"], inputCol="city", outputCol="city_i", handleInvalid="skip"
        ),
        VectorAssembler(inputCols=["age", "city_i"], outputCol="features"),
        LinearRegression(maxIter=2),
    ]
    data = [("SF", 1.0, 1.0), ("LA", 2.0, 7.0), ("SF", 3.0, 2.0)]
    path = str(tmp_path_factory.mktemp("city") / "model")
    frame = spark.createDataFrame(data, "city string, age double, label double")
    Pipeline(stages=stages).fit(frame).save(path)
    return path


@pytest.fixture
def people(spark):
    frame = spark.createDataFrame(PEOPLE, "city string, age double")
    frame.createOrReplaceTempView("people")
    return frame


def warehouse_of(spark):
    """Return the folder where the session's tables are."""
    return Path(spark.conf.get("spark.sql.warehouse.dir").removeprefix("file:"))


def left(path):
    """Return what a folder holds besides the model."""
    return {entry.name for entry in Path(path).iterdir()} - {"model", "best"}


def test_a_query_becomes_parquet(city, people, spark, tmp_path):
    target = str(tmp_path / "scored")
    done = predict_offline(city, "SELECT city, age FROM people", target)
    assert (done.rows_in, done.rows_out, done.dropped) == (4, 3, 1)
    assert str(done) == f"{target}: 4 rows in, 3 out, 1 dropped"
    found = spark.read.parquet(target)
    assert found.columns == ["city", "age", "city_i", "features", "prediction"]
    served = sparklet.load(city)
    for row in found.collect():
        assert_same({"prediction": row.prediction}, served.scoreInstance({"city": row.city, "age": row.age}))
    assert left(tmp_path) == {"scored"}
    with pytest.raises(OptionError, match="exists already; mode='overwrite'"):
        predict_offline(city, "people", target)
    assert predict_offline(city, "people", target, mode="overwrite").rows_out == 3
    assert left(tmp_path) == {"scored"}


@pytest.mark.parametrize("model", ["path", "loaded", "frame", "native"])
def test_models_of_every_kind(city, people, spark, tmp_path, model):
    from pyspark.ml import PipelineModel

    given = {
        "path": lambda: (Path(city), "people"),
        "loaded": lambda: (sparklet.load(city), "SELECT * FROM people;"),
        "frame": lambda: (city, people),
        "native": lambda: (PipelineModel.load(city), "people"),
    }[model]()
    assert predict_offline(*given, str(tmp_path / "scored")).rows_out == 3


def test_a_table_of_the_catalog(city, people, spark):
    spark.sql("DROP TABLE IF EXISTS scored")
    try:
        assert predict_offline(city, "people", "scored", spark=spark).rows_out == 3
        assert spark.table("scored").count() == 3
        with pytest.raises(OptionError, match="exists already"):
            predict_offline(city, "people", "scored")
        assert predict_offline(city, "people", "default.scored", mode="overwrite").dropped == 1
        tables = {table.name for table in spark.catalog.listTables()}
        assert {name for name in tables if name.startswith("s")} == {"scored"}
    finally:
        spark.sql("DROP TABLE IF EXISTS scored")


@pytest.mark.parametrize(
    ("query", "error", "message"),
    [
        ("SELECT city FROM people", SchemaError, r"column 'age' \(double\) is absent"),
        ("SELECT city, age AS aged FROM people", SchemaError, "did you mean 'aged'"),
        ("SELECT city, city AS age FROM people", SchemaError, "column 'age' must be a number"),
        ("SELECT *, 1 AS prediction FROM people", SparkletError, "prediction"),
        ("SELECT FROM WHERE", OptionError, "Spark refuses it"),
        ("nowhere", OptionError, "nowhere"),
        ("", OptionError, "query"),
    ],
)
def test_mistakes_are_told_before_the_job(city, people, spark, tmp_path, query, error, message):
    group = f"job-{tmp_path.name}"
    spark.sparkContext.setJobGroup(group, "mistakes")
    with pytest.raises(error, match=message):
        predict_offline(city, query, str(tmp_path / "scored"))
    assert left(tmp_path) == set()


@pytest.mark.parametrize("target", ["path", "table"])
def test_a_job_that_fails_leaves_nothing(city, spark, tmp_path, target):
    # The last of four partitions holds what the assembler refuses.
    spark.range(0, 4, 1, 4).selectExpr(
        "'SF' AS city", "IF(id = 3, NULL, double(id)) AS age"
    ).createOrReplaceTempView("bad")
    destination = str(tmp_path / "scored") if target == "path" else "half_scored"
    with pytest.raises(SparkletError, match="was not written"):
        predict_offline(city, "bad", destination)
    assert left(tmp_path) == set()
    assert not spark.catalog.tableExists("half_scored")
    assert not [
        entry for entry in warehouse_of(spark).glob("*") if entry.name.startswith(("sparklet_", "half_"))
    ]


def wait_for(happened):
    """Wait until it did."""
    until = time.monotonic() + 60
    while not happened():
        assert time.monotonic() < until
        time.sleep(0.05)


def first_task_committed(place):
    """Tell whether one task has committed its file, while its job runs."""
    return [file for file in place.rglob("part-*.parquet") if "_temporary/0/task" in str(file)]


@pytest.fixture
def endless(spark, tmp_path):
    """Give a view of two rows: one is there at once, the other as soon as a file is."""
    from pyspark.sql.functions import lit, udf

    go = str(tmp_path / "go")

    @udf("double")
    def age(place):
        import time
        from pathlib import Path

        while place == 1 and not Path(go).exists():
            time.sleep(0.05)
        return float(place)

    frame = spark.range(0, 2, 1, 2).select(lit("SF").alias("city"), age("id").alias("age"))
    frame.createOrReplaceTempView("endless")
    yield "endless"
    Path(go).touch()


@pytest.mark.parametrize("mode", ["error", "overwrite"])
@pytest.mark.parametrize("target", ["path", "table"])
def test_a_job_that_is_cancelled_in_the_middle_leaves_nothing(
    city, people, spark, endless, tmp_path, target, mode
):
    root = tmp_path / "out"
    root.mkdir()
    place = root if target == "path" else warehouse_of(spark)
    destination = str(root / "scored") if target == "path" else "cancelled"
    try:
        if mode == "overwrite":
            predict_offline(city, "people", destination)
        before = set(place.iterdir()) if place.exists() else set()

        with ThreadPoolExecutor(1) as pool:
            job = pool.submit(predict_offline, city, endless, destination, mode=mode, spark=spark)
            wait_for(lambda: job.done() or first_task_committed(place))
            spark.sparkContext.cancelAllJobs()
            with pytest.raises(SparkletError, match="was not written"):
                job.result(60)
        assert set(place.iterdir()) == before
        if mode == "overwrite":
            found = spark.read.parquet(destination) if target == "path" else spark.table(destination)
            assert found.count() == 3
    finally:
        spark.sql("DROP TABLE IF EXISTS cancelled")


@pytest.mark.parametrize("target", ["path", "table"])
def test_a_task_that_ends_after_the_cancelled_job_leaves_nothing(city, spark, tmp_path, target):
    # The second task opens its file when its first row is there, three seconds after it began: this sleep
    # ignores interrupts.
    sleep = "java_method('org.apache.hadoop.util.ThreadUtil', 'sleepAtLeastIgnoreInterrupts', 3000L) = 'null'"
    query = f"SELECT 'SF' AS city, double(id) AS age FROM range(0, 2, 1, 2) WHERE id < 1 OR {sleep}"
    place = tmp_path if target == "path" else warehouse_of(spark)
    destination = str(tmp_path / "scored") if target == "path" else "late"
    before = set(place.iterdir()) if place.exists() else set()

    with ThreadPoolExecutor(1) as pool:
        job = pool.submit(predict_offline, city, query, destination, spark=spark)
        wait_for(lambda: job.done() or first_task_committed(place))
        time.sleep(0.5)
        spark.sparkContext.cancelAllJobs()
        with pytest.raises(SparkletError, match="was not written"):
            job.result(60)
    time.sleep(3)
    assert (set(place.iterdir()) if place.exists() else set()) == before
    assert not spark.sparkContext.getJobTags()


def test_tasks_that_never_end_are_told(spark, monkeypatch):
    from sparklet.spark import jobs

    monkeypatch.setattr(jobs, "_PATIENCE", 0.2)
    monkeypatch.setattr(jobs, "_running", lambda *_: True)
    with pytest.warns(RuntimeWarning, match="still run: remove there"), jobs.finished_tasks(spark, "there"):
        spark.range(1).collect()


def test_options(city, people, tmp_path):
    with pytest.raises(OptionError, match="mode"):
        predict_offline(city, "people", str(tmp_path / "x"), mode="append")
    with pytest.raises(OptionError, match="destination"):
        predict_offline(city, "people", " ")
    with pytest.raises(OptionError, match="model"):
        predict_offline(5, "people", str(tmp_path / "x"))


def test_an_authors_stage(shop, workers, tmp_path):
    fitted(workers, shop).save(str(tmp_path / "model"))
    workers.createDataFrame(rows(50, seed=8), SCHEMA).createOrReplaceTempView("homes")
    with pytest.raises(UnsupportedModelError, match="trusted"):
        predict_offline(str(tmp_path / "model"), "homes", str(tmp_path / "scored"))
    done = predict_offline(str(tmp_path / "model"), "homes", str(tmp_path / "scored"), trusted=["shop"])
    assert (done.rows_in, done.rows_out) == (50, 50)


@pytest.mark.parity
def test_code_reaches_executors_of_their_own(shop, workers, tmp_path):
    """Executors in other processes, whose Python knows neither the author's package nor sparklet."""
    fitted(workers, shop).save(str(tmp_path / "model"))
    workers.createDataFrame(rows(50, seed=8), SCHEMA).write.parquet(str(tmp_path / "homes"))
    code = f"""
import sys
sys.path[:0] = [{str(Path(EXAMPLES).parent / "src")!r}, {EXAMPLES!r}]
from sparklet.cli import main
main()
"""
    arguments = ["batch", str(tmp_path / "model"), "homes", str(tmp_path / "scored"), "--trust", "shop"]
    arguments += ["--view", f"homes={tmp_path / 'homes'}", "--master", "local-cluster[1,1,1024]"]
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        env={**environment, "PYSPARK_PYTHON": sys.executable},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "50 rows in, 50 out, 0 dropped" in done.stdout, done.stderr[-2000:]


SCRIPT = """
import sys
from pyspark.sql import SparkSession
from sparklet import predict_offline
spark = SparkSession.builder.getOrCreate()
print(predict_offline(*sys.argv[1:], trusted=["shop"]))
"""


def submitted(script, *arguments, conf=()):
    """Return the command and environment that run a script with spark-submit."""
    import pyspark

    submit = Path(pyspark.__file__).with_name("bin") / "spark-submit"
    settings = ["spark.ui.enabled=false", "spark.driver.memory=1g", *conf]
    command = [str(submit), "--master", "local[1]", *(word for one in settings for word in ("--conf", one))]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(HERE.parents[1] / "src"), EXAMPLES])}
    environment |= {"PYSPARK_PYTHON": sys.executable, "SPARK_HOME": str(Path(pyspark.__file__).parent)}
    return [*command, str(script), *map(str, arguments)], environment


@pytest.mark.parity
def test_spark_submit(shop, workers, tmp_path):
    fitted(workers, shop).save(str(tmp_path / "model"))
    workers.createDataFrame(rows(50, seed=8), SCHEMA).write.parquet(str(tmp_path / "homes"))
    (tmp_path / "job.py").write_text(SCRIPT)
    query = f"SELECT * FROM parquet.`{tmp_path / 'homes'}`"
    command, environment = submitted(tmp_path / "job.py", tmp_path / "model", query, tmp_path / "scored")
    done = subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert "scored: 50 rows in, 50 out, 0 dropped" in done.stdout, done.stderr[-2000:]
    assert workers.read.parquet(str(tmp_path / "scored")).count() == 50
    example = Path(EXAMPLES, "submit.py")
    command, environment = submitted(
        example, "batch", tmp_path / "model", query, tmp_path / "again", "--trust", "shop"
    )
    done = subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert "again: 50 rows in, 50 out, 0 dropped" in done.stdout, done.stderr[-2000:]


@pytest.mark.parity
def test_a_driver_that_is_killed_leaves_nothing_at_the_destination(city, tmp_path):
    # The first of two tasks is done at once, the second sleeps a second for each row.
    asleep = "java_method('java.lang.Thread', 'sleep', 1000L) = 'awake'"
    query = f"SELECT 'SF' AS city, double(id) AS age FROM range(0, 2000, 1, 2) WHERE id < 1000 OR {asleep}"
    (tmp_path / "job.py").write_text(SCRIPT)
    out = tmp_path / "out"
    out.mkdir()
    command, environment = submitted(tmp_path / "job.py", city, query, out / "scored")
    job = subprocess.Popen(
        command, env=environment, cwd=tmp_path, start_new_session=True, stderr=subprocess.DEVNULL
    )
    try:
        wait_for(lambda: [file for file in out.rglob("part-*") if "_temporary/0/task" in str(file)])
        assert job.poll() is None
    finally:
        os.killpg(job.pid, signal.SIGKILL)
        job.wait()
    assert not (out / "scored").exists()
    assert all(path.name.startswith(".scored-") for path in out.iterdir())


def test_the_command_line_runs_an_embedded_spark(city, tmp_path):
    rows_ = tmp_path / "rows.json"
    rows_.write_text("\n".join(json.dumps({"city": city_, "age": 1.0}) for city_ in ("SF", "LA", "?")))
    environment = {**os.environ, "PYTHONPATH": str(HERE.parents[1] / "src"), "PYSPARK_PYTHON": sys.executable}

    def run(*arguments):
        return subprocess.run(
            [sys.executable, "-c", "from sparklet.cli import main; main()", "batch", city, *arguments],
            env=environment,
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )

    view = ("--view", f"people={rows_}", "--master", "local[1]")
    done = run("people", "./scored", *view)
    assert done.stdout == "./scored: 3 rows in, 2 out, 1 dropped\n", done.stderr
    done = run("people", "scored", *view)
    assert done.returncode == 1
    assert (
        "a table of an in-memory catalog is lost when this Spark stops: pass a path (./scored)" in done.stderr
    )
    assert "Traceback" not in done.stderr
