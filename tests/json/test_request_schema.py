"""`requestSchema()`: the JSON Schema of a row accepts what the model's reader takes, and nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

import sparklet
from sparklet.columns import Column, RowReader
from sparklet.errors import RowError
from sparklet.json import dumps, loads, row_schema
from sparklet.types import parse_type
from tests.json.values import SCALARS

GOLDEN = Path(__file__).resolve().parents[1] / "golden" / "4.3"

TYPES = ["double", "float", "tinyint", "smallint", "int", "bigint", "boolean", "string", "date", "timestamp"]
TYPES += [
    "decimal(10,2)",
    "decimal(5,5)",
    "decimal(38,0)",
    "vector",
    "vector(2)",
    "array<int>",
    "array<double>",
]

# JSON values that some types take and others refuse.
NEAR: list[Any] = [
    *(None, True, False, 0, 1, -1, 1.0, 1.5, -0.25, 127, 128, 40000, 2**31, 2**63, 10**38, 1e300, "", "x"),
    *("NaN", "Infinity", "-INF", "1", "1.25", "-0.125", "12345678.9", "1e3", "2024-01-31", "2024-1-31"),
    *("2024-01-31T10:00:00", "2024-01-31 10:00:00.5", "2024-01-31T10:00:00Z", "2024-01-31T10:00:00+01:00"),
    *([], [1], [1, 2.5], [1, None], ["NaN", 1], ["x"], [[1]], {}, {"type": 1}, {"type": 1, "values": [1, 2]}),
    *({"type": 1, "values": ["NaN"]}, {"type": 1, "values": ["x"]}, {"type": 2, "values": [1]}),
    *({"type": 0, "size": 2, "indices": [1], "values": [1.5]}, {"type": 0, "size": 2, "indices": [1]}),
    {"type": 0, "size": 3, "indices": [], "values": []},
]


def reads(column: Column, text: str) -> bool:
    try:
        RowReader([column])(loads(text, [column]))
    except RowError:
        return False
    return True


def column_of(type: str) -> Column:
    return Column.of("x", parse_type(type), "schema")


@pytest.mark.parametrize("type", TYPES)
def test_the_schema_and_the_reader_agree(type: str) -> None:
    column = column_of(type)
    schema = row_schema([column], ["x"])
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema)
    for value in NEAR:
        text = dumps({"x": value})
        valid, taken = validator.is_valid(loads(text)), reads(column, text)
        # A pattern cannot say which numbers with an exponent a decimal holds.
        assert valid == taken or (valid and type.startswith("decimal") and "e" in str(value)), value


@settings(max_examples=300)
@given(st.data())
def test_what_is_written_is_valid_and_read(data: st.DataObject) -> None:
    type = data.draw(st.sampled_from([type for type in TYPES if type in SCALARS and type != "string"]))
    column = column_of(type)
    text = dumps({"x": data.draw(st.none() | SCALARS[type])})
    Draft202012Validator(row_schema([column], ["x"])).validate(loads(text))
    assert reads(column, text)


def test_rows_of_a_label_take_what_spark_casts() -> None:
    model = sparklet.load(GOLDEN / "StringIndexerModel" / "default" / "model")
    (column,) = model.inputs
    validator = Draft202012Validator(model.requestSchema())
    for value in NEAR:
        text = dumps({column.name: value})
        # JSON Schema has one type for numbers, so it takes integers that bigint does not hold.
        if not isinstance(value, int) or abs(value) < 2**63:
            assert validator.is_valid(loads(text)) == reads(column, text), value


@pytest.mark.parametrize("missing", ["error", "null"])
def test_a_model_states_what_its_rows_must_have(missing: str) -> None:
    model = sparklet.load(GOLDEN / "VectorAssembler" / "default" / "model", missing=missing)
    names = [column.name for column in model.inputs]
    schema = model.requestSchema()
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert list(schema["properties"]) == names
    assert schema["required"] == ([] if missing == "null" else names)
    validator = Draft202012Validator(schema)
    assert validator.is_valid({}) == (missing == "null")
    assert not validator.is_valid([])
    assert validator.is_valid(dict.fromkeys(names) | {"another": "column"})


def test_an_optional_column_is_not_required() -> None:
    model = sparklet.load(GOLDEN / "StringIndexerModel" / "default" / "model", outputs="*")
    assert model.requestSchema()["required"] == []
    assert model.scoreInstance({}) == {}


def test_names_of_types_are_valid_pointers() -> None:
    columns = [Column.of(f"c {i}", parse_type(type), "schema") for i, type in enumerate(TYPES)]
    validator = Draft202012Validator(row_schema(columns, []))
    assert validator.is_valid(dict.fromkeys(column.name for column in columns))
    for column in columns:
        assert not validator.is_valid({column.name: {"no": "value"}})
