"""The session's time zone in the JVM engine: the rules of the Python engine, computed by Spark."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import sparklet
from sparklet.testing import assert_same

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

pytestmark = pytest.mark.spark

STATEMENT = """SELECT ts, hour(ts) AS h, date_trunc('DAY', ts) AS day, CAST(ts AS STRING) AS text,
    CAST(s AS TIMESTAMP) AS read, unix_micros(ts) AS micros, CAST(ts AS DATE) AS d FROM __THIS__"""
SCHEMA = {"ts": "timestamp", "s": "string"}
# Around the night on which the clock of New York goes back, and that on which it goes forward.
ROWS = [
    {"ts": dt.datetime.fromtimestamp(seconds, dt.UTC), "s": "2024-03-10 02:30:00"}
    for seconds in (*range(1730608200, 1730619000, 1800), *range(1710050400, 1710061200, 1800))
]


# Functions of times, JSON and intervals, each of which follows the session's clock.
FUNCTIONS = """SELECT date_format(ts, 'yyyy-MM-dd HH:mm:ss.SSS XXX VV') AS shown, to_json(struct(ts)) AS json,
    from_json(concat('{"t": "', s, '"}'), 't TIMESTAMP').t AS t, unix_timestamp(s) AS seconds,
    make_timestamp(2024, 11, 3, 1, minute(ts), 0) AS twice, last_day(ts) AS last, weekofyear(ts) AS week,
    from_utc_timestamp(ts, 'Asia/Tokyo') AS tokyo, to_utc_timestamp(ts, 'Europe/Paris') AS paris,
    months_between(ts, TIMESTAMP '2024-01-31 12:00:00') AS months, ts + INTERVAL 1 DAY AS tomorrow,
    ts - INTERVAL 1 MONTH AS before, ts + INTERVAL 90 MINUTES AS later, datediff(ts, s) AS days,
    CAST(ts - TIMESTAMP '2024-06-01 00:00:00' AS STRING) AS since,
    EXTRACT(HOUR FROM ts - TIMESTAMP '2024-06-01 00:00:00') AS hours,
    ts - CAST(ts AS DATE) > INTERVAL 2 HOURS AS late, CAST(ts AS TIMESTAMP_NTZ) AS n,
    timestampdiff(DAY, ts, TIMESTAMP '2024-12-31 00:00:00') AS left,
    convert_timezone('UTC', 'Asia/Tokyo', CAST(s AS TIMESTAMP_NTZ)) AS moved
    FROM __THIS__"""
FUNCTION_ZONES = ("America/New_York", "Australia/Lord_Howe", "Pacific/Apia", "Asia/Kolkata", "+05:30", "UTC")


@pytest.fixture(scope="module")
def functions(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Path:
    from pyspark.ml.feature import SQLTransformer

    path = tmp_path_factory.mktemp("functions") / "model"
    SQLTransformer(statement=FUNCTIONS).save(str(path))
    return path


@pytest.mark.parametrize("timezone", FUNCTION_ZONES)
def test_functions_as_the_python_engine(functions: Path, timezone: str) -> None:
    options = {"schema": SCHEMA, "timezone": timezone, "outputs": "*"}
    python, jvm = (sparklet.load(functions, engine=engine, **options) for engine in ("python", "jvm"))
    expected, actual = python.scoreInstances(ROWS), jvm.scoreInstances(ROWS)
    assert_same(expected, [{name: row[name] for name in expected[0]} for row in actual])


@pytest.fixture(scope="module")
def model(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Path:
    from pyspark.ml.feature import SQLTransformer

    path = tmp_path_factory.mktemp("zones") / "model"
    SQLTransformer(statement=STATEMENT).save(str(path))
    return path


@pytest.mark.parametrize("timezone", ["America/New_York", "PST", "+5:30", "Etc/UTC", "Pacific/Apia"])
def test_as_the_python_engine(model: Path, timezone: str) -> None:
    options = {"schema": SCHEMA, "timezone": timezone, "outputs": "*"}
    python, jvm = (sparklet.load(model, engine=engine, **options) for engine in ("python", "jvm"))
    assert jvm.profile.timezone == timezone
    expected, actual = python.scoreInstances(ROWS), jvm.scoreInstances(ROWS)
    assert_same(expected, [{name: row[name] for name in expected[0]} for row in actual])
    # Times without zone, as both gave them, mean the same instants again.
    again = [{"ts": row["day"], "s": row["text"]} for row in expected]
    assert_same(
        python.scoreInstances(again), [{k: r[k] for k in expected[0]} for r in jvm.scoreInstances(again)]
    )


def test_the_settings_of_a_load_are_its_own(model: Path, spark: SparkSession) -> None:
    before = spark.conf.get("spark.sql.session.timeZone")
    options = {"schema": SCHEMA, "outputs": ["h"], "engine": "jvm"}
    other = sparklet.load(model, timezone="Asia/Tokyo", ansi=False, **options)
    assert (other.profile.timezone, other.profile.ansi) == ("Asia/Tokyo", False)
    running = sparklet.load(model, **options)
    assert running.profile.timezone == before == spark.conf.get("spark.sql.session.timeZone")
    noon = {"ts": dt.datetime(2024, 7, 1, 12, tzinfo=dt.UTC), "s": None}
    assert (other.scoreInstance(noon), running.scoreInstance(noon)) == ({"h": 21}, {"h": 12})
