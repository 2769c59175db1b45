"""Whose session: the time zone that is known or not, the moment of a call, and versions that are too new."""

from __future__ import annotations

import datetime as dt
import time

import pyarrow as pa
import pytest

import sparklet
from sparklet.columns import table_schema
from sparklet.errors import InvalidValueError, OptionError, SchemaError
from sparklet.profile import NEWEST
from tests.conftest import GOLDEN
from tests.sql.test_transformer import load

NOON = dt.datetime(2024, 7, 1, 12, tzinfo=dt.UTC)
NEW_YORK = {"timezone": "America/New_York", "schema": {"ts": "timestamp"}}


def hour(tmp_path, **options):
    return load(tmp_path, "SELECT *, hour(ts) AS h FROM __THIS__", schema={"ts": "timestamp"}, **options)


# --- a zone that is not known -----------------------------------------------------------------------


@pytest.mark.parametrize(
    "expression",
    [
        "hour(ts)", "cast(ts as string)", "ts < now()", "unix_timestamp(ts)", "cast(d as timestamp)",
        "date_format(s, 'HH')", "to_timestamp(s)", "cast(s as timestamp)", "TIMESTAMP '2024-01-01'",
        "to_date(ts)",
        "from_unixtime(n)", "timestamp_seconds(n)", "current_date()", "months_between(d, d)", "d > ts",
        "to_date(s, 'yyyy-MM-dd HH')", "ts + INTERVAL 1 DAY", "make_timestamp(2024, 1, 1, 0, 0, 0)",
        "coalesce(ts, timestamp_seconds(n))", "date_trunc('second', ts)", "array(ts)[0]", "hash(ts)",
    ],
)  # fmt: skip
def test_what_depends_on_an_unknown_zone_is_refused(tmp_path, expression):
    schema = {"ts": "timestamp", "d": "date", "s": "string", "n": "bigint"}
    with pytest.raises(SchemaError, match=r"add load\(path, timezone="):
        load(tmp_path, f"SELECT {expression} AS x FROM __THIS__", schema=table_schema(schema))


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("ts", NOON), ("coalesce(ts, ts)", NOON), ("if(isnull(ts), 1, 2)", 2), ("ts IS NOT NULL", True),
        ("CASE WHEN n > 1 THEN ts END", NOON), ("year(d)", 2024), ("date_add(d, 1)", dt.date(2024, 7, 2)),
        ("datediff(d, '2024-06-30')", 1), ("to_date(s, 'dd/MM/yyyy')", dt.date(2024, 7, 1)), ("hour(z)", 12),
        ("date_format(d, 'E d MMM yyyy')", "Mon 1 Jul 2024"),
        ("cast('2024-07-01' as date)", dt.date(2024, 7, 1)),
        ("unix_seconds(timestamp_seconds(n))", 7), ("cast(timestamp_millis(n) as double)", 0.007),
        ("d + INTERVAL 1 MONTH", dt.date(2024, 8, 1)), ("z + INTERVAL 1 DAY", dt.datetime(2024, 7, 2, 12)),
        ("nvl2(ts, 1, 0)", 1),
    ],
)  # fmt: skip
def test_what_does_not_depend_on_it_is_scored(tmp_path, expression, value):
    schema = {"ts": "timestamp", "d": "date", "s": "string", "n": "bigint", "z": "timestamp_ntz"}
    model = load(tmp_path, f"SELECT {expression} AS x FROM __THIS__", schema=table_schema(schema))
    row = {"ts": NOON, "d": dt.date(2024, 7, 1), "s": "01/07/2024", "n": 7, "z": dt.datetime(2024, 7, 1, 12)}
    assert model.scoreInstance(row) == {"x": value}


@pytest.mark.parametrize(
    "expression", ["to_date(s, 'yyyyMMdd')", "to_date(d, 'yyyy')", "date_format(d, 'd')"]
)
def test_a_day_that_a_zone_skipped_needs_the_zone(tmp_path, expression):
    skipped, schema = {"s": "20111230", "d": dt.date(2011, 12, 30)}, {"s": "string", "d": "date"}
    model = load(tmp_path, f"SELECT {expression} AS x FROM __THIS__", schema=table_schema(schema))
    with pytest.raises(InvalidValueError, match=r"absent from the calendar .* load\(timezone="):
        model.scoreInstance(skipped)
    assert model.scoreInstance({"s": "20111229", "d": dt.date(2011, 12, 29)}) != {"x": None}


# --- a zone that is known ---------------------------------------------------------------------------


@pytest.mark.parametrize("timezone", ["UTC", "Etc/UTC", "GMT", "Z", "+00:00", "UTC+0"])
def test_the_names_of_utc(tmp_path, timezone):
    assert hour(tmp_path, timezone=timezone).scoreInstance({"ts": NOON})["h"] == 12


@pytest.mark.parametrize(("timezone", "expected"), [("America/New_York", 8), ("+05:30", 17), ("PST", 5)])
def test_a_time_without_zone_is_on_the_clock_of_the_session(tmp_path, timezone, expected):
    model = hour(tmp_path, timezone=timezone)
    assert model.scoreInstance({"ts": NOON})["h"] == expected
    assert model.scoreInstance({"ts": "2024-07-01T12:00:00"})["h"] == 12


@pytest.mark.parametrize("timezone", ["Mars", "europe/paris", "+19:00", "", 5, "../UTC"])
def test_no_time_zone(tmp_path, timezone):
    with pytest.raises(OptionError, match="timezone"):
        hour(tmp_path, timezone=timezone)


def test_ansi_is_on_or_off(tmp_path):
    with pytest.raises(OptionError, match="ansi"):
        hour(tmp_path, ansi="yes")


def test_a_time_in_and_out_again_is_the_same_instant(tmp_path):
    model = load(tmp_path, "SELECT coalesce(ts, ts) AS x, unix_seconds(ts) AS u FROM __THIS__", **NEW_YORK)
    for seconds in range(1730608200, 1730619000, 1800):  # the night on which the clock goes back
        instant = dt.datetime.fromtimestamp(seconds, dt.UTC)
        scored = model.scoreInstance({"ts": instant})
        assert scored["u"] == seconds
        assert model.scoreInstance({"ts": scored["x"]}) == scored


def test_tables_hold_instants(tmp_path):
    model = load(tmp_path, "SELECT *, date_trunc('DAY', ts) AS x, hour(ts) AS h FROM __THIS__", **NEW_YORK)
    midnight = NOON.replace(hour=4)
    for zone in ("UTC", "America/New_York", "Asia/Tokyo"):
        table = model.transform(pa.table({"ts": pa.array([NOON] * 70, pa.timestamp("us", zone))}))
        assert table["h"].to_pylist() == [8] * 70
        assert table["x"].type == pa.timestamp("us", "UTC")
        assert table["x"].to_pylist() == [midnight] * 70


def test_a_new_name_for_a_time_without_zone_in_a_table_needs_the_zone(tmp_path):
    model = load(tmp_path, "SELECT *, coalesce(ts, ts) AS x FROM __THIS__", schema={"ts": "timestamp"})
    with pytest.raises(InvalidValueError, match=r"time without a time zone.*load\(timezone="):
        model.transform(pa.table({"ts": pa.array([NOON.replace(tzinfo=None)], pa.timestamp("us"))}))


# --- the moment of a call ---------------------------------------------------------------------------

STATEMENT = "SELECT *, now() AS t, current_timestamp AS u, unix_micros(now()) AS m FROM __THIS__"


def test_a_call_has_one_moment(tmp_path):
    model = load(tmp_path, STATEMENT, "SELECT *, current_timestamp() AS v FROM __THIS__", timezone="UTC")
    before = dt.datetime.now(dt.UTC).replace(tzinfo=None)
    rows = model.scoreInstances([{}] * 50)
    assert len({(row["t"], row["u"], row["v"], row["m"]) for row in rows}) == 1
    assert rows[0]["t"] == rows[0]["u"] == rows[0]["v"] >= before
    time.sleep(0.002)
    assert model.scoreInstance({})["t"] > rows[0]["t"]
    table = model.transform(pa.table({"a": [1.0] * 100}))
    assert len(set(table["m"].to_pylist())) == 1
    assert table["m"].to_pylist()[0] > rows[0]["m"]


def test_the_date_is_that_of_the_session(tmp_path):
    statement = (
        "SELECT current_date AS d, localtimestamp() AS l, date_format(now(), 'yyyy-MM-dd') AS s FROM __THIS__"
    )
    for timezone in ("Pacific/Kiritimati", "Etc/GMT+12"):
        scored = load(tmp_path / timezone, statement, timezone=timezone).scoreInstance({})
        assert scored["d"] == scored["l"].date() == dt.date.fromisoformat(scored["s"])


def test_words_are_functions_unless_a_column_has_the_name(tmp_path):
    with pytest.raises(SchemaError, match="has the name of a function"):
        load(
            tmp_path,
            "SELECT current_date AS x FROM __THIS__",
            timezone="UTC",
            schema={"current_date": "date"},
        )


def test_a_time_without_a_date_is_of_today(tmp_path):
    model = load(tmp_path, "SELECT cast(s as timestamp) AS x FROM __THIS__", timezone="+14:00")
    today = dt.datetime.now(dt.timezone(dt.timedelta(hours=14)))
    scored = model.scoreInstance({"s": "10:20:30"})["x"]
    assert (scored.time(), abs((scored.date() - today.date()).days) <= 1) == (dt.time(10, 20, 30), True)


# --- versions that are too new ----------------------------------------------------------------------


@pytest.mark.parametrize("version", ["5.0.0", "4.4.0-SNAPSHOT"])
def test_a_version_that_nobody_has_compared_is_a_warning(tmp_path, version):
    with pytest.warns(UserWarning, match=f"Spark {version} is newer than .* checked against") as caught:
        load(tmp_path, "SELECT a FROM __THIS__", version=version)
    assert caught[0].filename.endswith("test_transformer.py")
    with pytest.warns(UserWarning, match=r"Spark 9\.9 is newer"):
        load(tmp_path / "other", "SELECT a FROM __THIS__", spark="9.9")


def test_the_newest_version_is_that_of_the_goldens():
    lines = [
        tuple(map(int, folder.name.split("."))) for folder in GOLDEN.iterdir() if folder.name[0].isdigit()
    ]
    assert max(line for line in lines if len(line) == 2) == NEWEST


def test_a_version_keeps_the_session(tmp_path):
    model = hour(tmp_path, timezone="Asia/Tokyo", ansi=False, spark="3.5")
    assert (model.profile.release, model.profile.ansi, model.profile.timezone) == ("3.5", False, "Asia/Tokyo")
    assert (
        sparklet.load(model.path, spark="3.5", timezone="UTC", schema={"ts": "timestamp"}).profile.ansi
        is False
    )
