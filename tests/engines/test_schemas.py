"""Every form of `schema=`: the same types from each, the metadata of columns, and names that do not exist."""

from __future__ import annotations

import json
import sys
import types

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

import sparklet
from sparklet.cli import cli
from sparklet.engines.schemas import read_schema
from sparklet.errors import OptionError, SchemaError
from sparklet.linalg import DenseVector
from sparklet.types import StructField, StructType, parse_ddl, to_json
from tests.models import FEATURE, assembler, save_pipeline, save_stage

DDL = "age INT, city STRING, paid DECIMAL(10,2), tags INTERVAL DAY TO SECOND"
TYPES = {"age": "int", "city": "string", "paid": "decimal(10,2)"}
ARROW = pa.schema(
    [
        ("age", pa.int32()),
        ("city", pa.dictionary(pa.int32(), pa.string())),
        ("paid", pa.decimal128(10, 2)),
        ("tags", pa.uint64()),
    ]
)
SQL = f"{FEATURE}SQLTransformer"


class PySparkType:
    """A StructType of PySpark, as far as it is used."""

    def jsonValue(self):
        return json.loads(to_json(parse_ddl(DDL)))


def mlflow(monkeypatch):
    """Return a signature of MLflow, as far as it is used."""
    module = types.ModuleType("mlflow.types")
    monkeypatch.setitem(sys.modules, "mlflow.types", module)

    def made(**facts):
        return type("Made", (), {"__module__": "mlflow.types", **facts})()

    specs = [made(name=name, type=made(name=kind)) for name, kind in [("age", "integer"), ("city", "string")]]
    return made(inputs=made(inputs=specs))


def as_text(schema):
    return {name: str(type) for name, type in schema.items()}


def delta(path):
    log = path / "_delta_log"
    log.mkdir(parents=True)
    lines = [{"protocol": {}}, {"metaData": {"schemaString": to_json(parse_ddl("age STRING"))}}]
    (log / "00.json").write_text("\n".join(map(json.dumps, lines)))
    (log / "01.json").write_text(json.dumps({"metaData": {"schemaString": to_json(parse_ddl(DDL))}}))
    (log / "02.json").write_text(json.dumps({"add": {}}))
    return path


def test_all_forms_give_the_same_types(tmp_path, monkeypatch):
    table = ARROW.empty_table()
    pq.write_table(table, tmp_path / "t.parquet")
    (tmp_path / "folder").mkdir()
    pq.write_table(table, tmp_path / "folder" / "part-0.parquet")
    with pa.OSFile(str(tmp_path / "t.arrow"), "wb") as sink, pa.ipc.new_file(sink, ARROW) as writer:
        writer.write_table(table)
    with pa.OSFile(str(tmp_path / "s.arrow"), "wb") as sink, pa.ipc.new_stream(sink, ARROW) as writer:
        writer.write_table(table)
    sources = [TYPES, DDL, to_json(parse_ddl(DDL)), parse_ddl(DDL), PySparkType(), ARROW]
    sources += [tmp_path / "t.parquet", str(tmp_path / "folder"), tmp_path / "t.arrow", tmp_path / "s.arrow"]
    sources += [delta(tmp_path / "delta")]
    for source in sources:
        assert as_text(read_schema(source)) == TYPES, source
    assert as_text(read_schema(mlflow(monkeypatch))) == {"age": "int", "city": "string"}


def test_the_schema_that_spark_stores_in_parquet(tmp_path):
    metadata = {"org.apache.spark.sql.parquet.row.metadata": to_json(parse_ddl("age SMALLINT"))}
    pq.write_table(pa.table({"age": [1]}).replace_schema_metadata(metadata), tmp_path / "t.parquet")
    assert as_text(read_schema(tmp_path / "t.parquet")) == {"age": "smallint"}


@pytest.mark.parametrize(
    "source", [5, "age", "age INT,", {"age": "integre"}, {5: "int"}, "no/such.parquet", "{"]
)
def test_what_is_no_schema(source):
    with pytest.raises(OptionError):
        read_schema(source)


def test_files_without_a_schema(tmp_path):
    (tmp_path / "empty").mkdir()
    (tmp_path / "x.parquet").write_text("nothing")
    for name in ("empty", "x.parquet"):
        with pytest.raises(OptionError, match="schema"):
            read_schema(tmp_path / name)


def test_a_name_that_the_model_does_not_have(tmp_path):
    path = save_pipeline(tmp_path / "m", [assembler(inputs=("age",))])
    with pytest.raises(OptionError, match="no such input column; did you mean 'age'"):
        sparklet.load(path, schema={"aeg": "int"})
    assert sparklet.load(path, schema={"AGE": "int"}).schema == {"AGE": "int"}
    assert sparklet.load(path, schema="age INT, more STRING").schema == {"age": "int"}
    assert sparklet.load(path, schema=ARROW).schema == {"age": "int"}


NOMINAL = {"ml_attr": {"type": "nominal", "vals": ["SF", "LA"], "name": "ix"}}


def test_index_to_string_takes_the_labels_of_the_column(tmp_path):
    path = save_stage(
        tmp_path / "m", f"{FEATURE}IndexToString", "its", {"inputCol": "ix", "outputCol": "city"}
    )
    with pytest.raises(SchemaError, match="carries no labels"):
        sparklet.load(path)
    schema = StructType((StructField("ix", parse_ddl("ix DOUBLE").fields[0].dataType, metadata=NOMINAL),))
    for source in (schema, to_json(schema)):
        assert sparklet.load(path, schema=source).scoreInstance({"ix": 1.0}) == {"city": "LA"}


def test_interaction_takes_the_attributes_of_columns(tmp_path):
    params = {"inputCols": ["ix", "v"], "outputCol": "e"}
    path = save_stage(tmp_path / "m", f"{FEATURE}Interaction", "i", params)
    with pytest.raises(SchemaError, match="Spark knows no attributes"):
        sparklet.load(path, schema={"ix": "double", "v": "vector(2)"})
    vector = {"ml_attr": {"num_attrs": 2, "attrs": {"numeric": [{"idx": 0, "name": "a"}, {"idx": 1}]}}}
    json_ = json.loads(to_json(parse_ddl("ix DOUBLE, v VECTOR")))
    json_["fields"][0]["metadata"], json_["fields"][1]["metadata"] = NOMINAL, vector
    model = sparklet.load(path, schema=json.dumps(json_))
    assert model.schema == {"ix": "double", "v": "vector(2)"}
    row = {"ix": 1.0, "v": DenseVector((3.0, 5.0))}
    assert list(model.scoreInstance(row)["e"].toArray()) == [0.0, 0.0, 3.0, 5.0]


def test_the_command_stores_the_types_with_the_model(tmp_path):
    params = {"statement": "SELECT *, CAST(age + 1 AS STRING) AS e FROM __THIS__"}
    path = save_pipeline(tmp_path / "m", [(SQL, "sql", params, None)])
    pq.write_table(ARROW.empty_table(), tmp_path / "train.parquet")
    done = CliRunner().invoke(cli, ["schema", path, "--from", str(tmp_path / "train.parquet")])
    assert done.exit_code == 0, done.output
    assert done.output.endswith(": age INT\n")
    model = sparklet.load(path)
    assert model.scoreInstance({"age": 2}) == {"e": "3"}
    assert sparklet.load(path, schema={"age": "double"}).scoreInstance({"age": 2}) == {"e": "3.0"}
    scored = model.transform(pa.table({"age": pa.array([2.0])}))
    assert scored["e"].to_pylist() == ["3.0"]
    other = CliRunner().invoke(cli, ["schema", path, "--from", "more STRING"])
    assert isinstance(other.exception, OptionError)
