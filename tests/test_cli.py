"""The command line, run in this process."""

from __future__ import annotations

import io
import json
import subprocess
import sys

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import sparklet
from sparklet.cli import main
from tests.models import CITY, assembler, indexer, linear_regression, save_pipeline
from tests.shared_models import FIELD, needs_field


@pytest.fixture
def city(tmp_path):
    return save_pipeline(tmp_path / "model", CITY)


def run(*arguments):
    """Return the exit code."""
    try:
        main([str(argument) for argument in arguments])
    except SystemExit as exit_:
        return exit_.code
    return 0


def lines(capsys):
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


ROWS = [{"age": 41, "city": "SF"}, {"age": 1.5, "city": "LA"}]
SCORED = [{"prediction": 93.0}, {"prediction": 4.0}]


@pytest.mark.parametrize(
    "arguments", [["--help"], ["inspect", "-h"], ["score", "-h"], ["verify", "-h"], ["--version"]]
)
def test_help_teaches(arguments, capsys):
    assert run(*arguments) == 0
    assert "sparklet" in capsys.readouterr().out.lower()


def test_inspect(city, capsys):
    assert run("inspect", city) == 0
    shown = capsys.readouterr().out
    for word in ("Spark 4.1+", "java11", "StringIndexerModel", "inferred", "prediction", "4 stages", "bytes"):
        assert word in shown


def test_inspect_json(city, capsys):
    assert run("inspect", city, "--json", "--schema", "age:int", "--spark", "3.5", "-c", "features") == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["profile"]["release"] == "3.5"
    assert {"name": "age", "type": "int", "size": None, "from": "schema"} in facts["inputs"]
    assert [column["name"] for column in facts["outputs"]] == ["features"]
    assert [stage["uid"] for stage in facts["stages"]] == ["si", "ohe", "va", "lr"]


@pytest.mark.parametrize("as_json", [[], ["--json"]])
def test_inspect_says_what_is_unsupported_and_why(tmp_path, capsys, as_json):
    path = save_pipeline(tmp_path / "m", [("com.acme.Scaler", "a", {}, None), indexer()])
    assert run("inspect", path, *as_json) == 1
    shown = capsys.readouterr().out
    assert "com.acme.Scaler" in shown
    assert "a stage of a JVM library" in shown


SQL = "org.apache.spark.ml.feature.SQLTransformer"


def save_sql(folder, statement):
    return save_pipeline(folder, [(SQL, "sql", {"statement": statement}, None)])


WHEN = {"t": "2024-07-01T12:00:00+00:00"}


@pytest.mark.parametrize(("zone", "hour"), [("America/New_York", 8), ("Asia/Tokyo", 21), ("UTC", 12)])
def test_the_time_zone_is_an_option(tmp_path, capsys, zone, hour):
    path = save_sql(tmp_path / "m", "SELECT hour(t) AS h FROM __THIS__")
    rows = tmp_path / "rows.jsonl"
    rows.write_text(json.dumps(WHEN), encoding="utf-8")
    options = ["--schema", "t:timestamp", "--timezone", zone]
    assert run("score", path, rows, *options) == 0
    assert lines(capsys) == [{"h": hour}]
    assert run("inspect", path, "--json", *options) == 0
    assert json.loads(capsys.readouterr().out)["profile"]["timezone"] == zone
    assert run("explain", path, *options) == 0
    assert run("schema", path, "--from", "t timestamp", "--timezone", zone) == 0
    capsys.readouterr()
    assert run("score", path, rows, "--timezone", zone) == 0
    assert lines(capsys) == [{"h": hour}]


@pytest.mark.parametrize(
    "command", [["score"], ["inspect"], ["explain"], ["schema", "--from", "t timestamp"]]
)
def test_a_time_zone_that_is_needed_or_wrong_is_named(tmp_path, capsys, command):
    path = save_sql(tmp_path / "m", "SELECT hour(t) AS h FROM __THIS__")
    assert run(command[0], path, *command[1:]) == 1
    assert "timezone" in "".join(capsys.readouterr())
    assert run(command[0], path, *command[1:], "--timezone", "Mars/Olympus") == 1
    assert "Mars/Olympus" in capsys.readouterr().err


def test_ansi_is_an_option(tmp_path, capsys):
    path = save_sql(tmp_path / "m", "SELECT CAST(s AS INT) AS n FROM __THIS__")
    rows = tmp_path / "rows.jsonl"
    rows.write_text('{"s": "x"}', encoding="utf-8")
    assert run("score", path, rows, "--no-ansi") == 0
    assert lines(capsys) == [{"n": None}]
    for options in (["--ansi"], []):  # the model is of Spark 4.3, whose default is ANSI
        assert run("score", path, rows, *options) == 1
        assert "is no int" in capsys.readouterr().err
    assert run("score", path, rows, "--spark", "3.5") == 0
    assert lines(capsys) == [{"n": None}]
    assert run("score", path, rows, "--spark", "3.5", "--ansi") == 1


@pytest.mark.spark
@pytest.mark.parametrize(("ansi", "outcome"), [("--no-ansi", "1 scored"), ("--ansi", "1 refused by both")])
def test_verify_with_a_live_spark_in_the_zone_that_is_named(tmp_path, ansi, outcome):
    path = save_sql(tmp_path / "m", "SELECT *, hour(t) AS h, 1 / n AS q FROM __THIS__")
    rows = tmp_path / "rows.jsonl"
    rows.write_text(json.dumps({**WHEN, "n": 0}), encoding="utf-8")
    options = ["--schema", "t:timestamp", "--schema", "n:int", "--timezone", "Asia/Tokyo", ansi]
    assert outcome in verified(path, "--rows", rows, *options)


def verified(*arguments, check=True):
    """Return what `sparklet verify` prints in a process of its own."""
    program = [sys.executable, "-c", "from sparklet.cli import main; main()", "verify"]
    return subprocess.run([*program, *arguments], capture_output=True, text=True, check=check).stdout


@pytest.mark.spark
def test_verify_rows_of_a_model_that_drops_its_input_columns(tmp_path, spark, capsys):
    path = save_sql(tmp_path / "m", "SELECT n + 1 AS x FROM __THIS__ WHERE n <> 3")
    rows = tmp_path / "rows.jsonl"
    rows.write_text("\n".join(json.dumps({"n": n}) for n in (1, None, 3, 2147483647)), encoding="utf-8")
    before = spark.conf.get("spark.sql.session.timeZone"), spark.conf.get("spark.sql.ansi.enabled")
    # The command works in a session of its own, and neither stops nor changes the one of this process.
    options = ["--schema", "n:int", "--timezone", "Asia/Tokyo", "--ansi"]
    assert run("verify", path, "--rows", rows, *options) == 0
    assert "4 rows: 1 scored, 2 dropped and 1 refused by both" in " ".join(capsys.readouterr().out.split())
    assert spark.range(2).count() == 2
    assert (spark.conf.get("spark.sql.session.timeZone"), spark.conf.get("spark.sql.ansi.enabled")) == before


@pytest.mark.spark
@pytest.mark.parametrize("ansi", [True, False])
def test_verify_rows_in_the_ansi_mode_of_the_example(tmp_path, spark, ansi, capsys):
    from pyspark.ml.feature import SQLTransformer

    session = spark.newSession()
    session.conf.set("spark.sql.ansi.enabled", ansi)
    example = session.createDataFrame([(1, 2)], "n INT, m INT")
    path, rows = tmp_path / "m", tmp_path / "rows.jsonl"
    with_example = SQLTransformer(statement="SELECT *, n / m AS q FROM __THIS__")
    sparklet.save(with_example, str(path), example=example, rows=1)
    rows.write_text('{"n": 1, "m": 0}', encoding="utf-8")
    assert run("verify", path, "--rows", rows) == 0
    outcome = "0 scored, 0 dropped and 1 refused by both" if ansi else "1 scored"
    assert outcome in " ".join(capsys.readouterr().out.split())


def test_score_json_lines(city, tmp_path, capsys):
    rows = tmp_path / "rows.jsonl"
    rows.write_text("\n".join(map(json.dumps, ROWS)) + "\n\n", encoding="utf-8")
    assert run("score", city, rows) == 0
    assert lines(capsys) == SCORED


def test_score_stdin(city, monkeypatch, capsys):
    monkeypatch.setattr("sys.stdin", io.StringIO("\n".join(map(json.dumps, ROWS))))
    assert run("score", city) == 0
    assert lines(capsys) == SCORED


def test_score_csv(city, tmp_path):
    rows, target = tmp_path / "rows.csv", tmp_path / "out.jsonl"
    rows.write_bytes(b'\xef\xbb\xbfcity,age,"note, long"\r\n"SF",41,x\r\nLA,1.5,\r\n')
    assert run("score", city, rows, "-o", target) == 0
    assert [json.loads(line) for line in target.read_text().splitlines()] == SCORED


def test_score_writes_vectors_that_it_reads(city, tmp_path, capsys):
    rows = tmp_path / "rows.jsonl"
    rows.write_text(json.dumps(ROWS[0]))
    assert run("score", city, rows, "-c", "features") == 0
    (scored,) = lines(capsys)
    model = save_pipeline(tmp_path / "lr", [linear_regression()])
    rows.write_text(json.dumps(scored))
    assert run("score", model, rows) == 0
    assert lines(capsys) == SCORED[:1]


def test_a_failing_row_stops_with_its_line(city, tmp_path, capsys):
    rows = tmp_path / "rows.jsonl"
    rows.write_text(json.dumps(ROWS[0]) + '\n{"age": "x", "city": "SF"}\n')
    assert run("score", city, rows) == 1
    captured = capsys.readouterr()
    assert (
        f"{rows}, line 2: stage VectorAssembler va, column 'age': takes double, got 'x' (str)" in captured.err
    )


def test_keep_going(city, tmp_path, capsys):
    rows = tmp_path / "rows.jsonl"
    rows.write_text('{"age": 1}\n{"age": \n[]\n"x"\n' + json.dumps(ROWS[0]) + "\n" + "[" * 100_000)
    assert run("score", city, rows, "--keep-going") == 1
    captured = capsys.readouterr()
    found = [json.loads(line) for line in captured.out.splitlines()]
    assert ["error" in row for row in found] == [True, True, True, True, False, True]
    assert found[0]["line"] == 1
    assert [row["error"]["code"] for row in found if "error" in row] == ["missing_column", *["json"] * 4]
    assert "5 rows failed" in captured.err


def test_csv_errors_name_the_line(city, tmp_path, capsys):
    rows = tmp_path / "rows.csv"
    rows.write_text("city,age\nSF,old\n")
    assert run("score", city, rows) == 1
    assert "line 2: column 'age': holds 'old'" in capsys.readouterr().err


def test_dropped_rows_keep_lines_in_step(tmp_path, capsys):
    path = save_pipeline(tmp_path / "m", [indexer(handleInvalid="skip"), *CITY[1:]])
    rows = tmp_path / "rows.jsonl"
    rows.write_text('{"age": 1, "city": "?"}\n' + json.dumps(ROWS[0]))
    assert run("score", path, rows) == 0
    assert lines(capsys) == [None, SCORED[0]]


@pytest.mark.parametrize("age", ["NaN", '"NaN"'])
def test_not_a_number_is_read_and_written_in_strict_json(city, tmp_path, capsys, age):
    path = save_pipeline(tmp_path / "m", [*CITY[:2], assembler(handleInvalid="keep"), CITY[3]])
    rows = tmp_path / "rows.jsonl"
    rows.write_text(f'{{"age": {age}, "city": "SF"}}')
    assert run("score", path, rows) == 0
    assert capsys.readouterr().out == '{"prediction":"NaN"}\n'


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["score", "nowhere"], "nowhere"),
        (["inspect", "nowhere"], "nowhere"),
        (["score"], "Missing argument 'MODEL'"),
        (["scoer"], "No such command 'scoer'"),
        (["inspect", "MODEL", "--schema", "age"], "COLUMN:TYPE"),
        (["inspect", "MODEL", "--schema", "age:number"], "not a Spark type"),
        (["score", "MODEL", "nowhere.csv"], "nowhere.csv"),
        (["score", "MODEL", "MODEL"], "directory"),
    ],
)
def test_mistakes(city, arguments, message, capsys):
    assert run(*(city if argument == "MODEL" else argument for argument in arguments)) in (1, 2)
    shown = capsys.readouterr().err
    assert message in shown
    assert "Traceback" not in shown


def test_verify_without_pyspark(city, tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(__import__("sys").modules, "pyspark", None)
    assert run("verify", city, "--rows", tmp_path / "rows.jsonl") == 1
    assert "pip install 'sparklet[spark]'" in capsys.readouterr().err


@needs_field
def test_inspect_a_field_model(capsys):
    assert run("inspect", FIELD / "40-PipelineModel-3.2") == 0
    assert "HumidityRatio" in capsys.readouterr().out


def test_explain(city, capsys):
    assert run("explain", city) == 0
    assert "'features' -> 'prediction': double" in capsys.readouterr().out


def test_parquet(city, tmp_path, capsys):
    source, target = tmp_path / "rows.parquet", tmp_path / "scored.parquet"
    pq.write_table(pa.Table.from_pylist(ROWS), source)
    assert run("score", city, source, "-o", target) == 0
    assert "2 rows scored, 0 dropped" in capsys.readouterr().err
    assert pq.read_table(target).to_pylist() == [
        row | scored for row, scored in zip(ROWS, SCORED, strict=True)
    ]
    assert run("score", city, source) == 0
    assert lines(capsys) == SCORED


def test_parquet_that_fails_leaves_nothing(city, tmp_path, capsys):
    source, target = tmp_path / "rows.parquet", tmp_path / "scored.parquet"
    pq.write_table(pa.Table.from_pylist([*ROWS, {"age": None, "city": "SF"}]), source)
    assert run("score", city, source, "-o", target) == 1
    assert "row 2, stage VectorAssembler va, column 'age'" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir() if "scored" in path.name] == []
    source.write_bytes(b"PAR1 no parquet")
    assert run("score", city, source, "-o", target) == 1
    assert "cannot be read as Parquet" in capsys.readouterr().err
    assert run("score", city, "rows.csv", "-o", target) == 1
    assert "only if ROWS is Parquet" in capsys.readouterr().err
