"""`from_json` and its kin where they refuse: options at load, and texts whose value depends on the query."""

from __future__ import annotations

from typing import Any

import pytest

import sparklet
from sparklet.errors import InvalidValueError, SchemaError
from tests.models import save_pipeline

SQL = "org.apache.spark.ml.feature.SQLTransformer"


def load(folder: Any, expression: str, **options: Any) -> Any:
    stage = SQL, "sql", {"statement": f"SELECT *, {expression} AS x FROM __THIS__"}, None
    return sparklet.load(save_pipeline(folder / "model", [stage], "4.3.0"), outputs="*", **options)


@pytest.mark.parametrize(
    "option",
    [
        "locale",
        "multiLine",
        "encoding",
        "maxNestingDepth",
        "samplingRatio",
        "columnNameOfCorruptRecord",
        "foo",
    ],
)
def test_an_option_that_is_not_reproduced_is_refused_by_its_name(tmp_path: Any, option: str) -> None:
    with pytest.raises(SchemaError, match=f"from_json with the option {option}"):
        load(tmp_path, f"from_json(s, 'a INT', map('{option}', 'x'))", schema={"s": "string"})


@pytest.mark.parametrize("option", ["pretty", "sortKeys", "mode"])
def test_an_option_of_writing_too(tmp_path: Any, option: str) -> None:
    with pytest.raises(SchemaError, match=f"to_json with the option {option}"):
        load(tmp_path, f"to_json(struct(s), map('{option}', 'true'))", schema={"s": "string"})


@pytest.mark.parametrize(
    ("expression", "reason"),
    [
        ("from_json(s, 'a INT, _corrupt_record STRING')", "the field _corrupt_record"),
        ("from_json(s, 'a INTERVAL DAY')", "from_json to interval day"),
        ("from_json(s, 'a BINARY')", "from_json to binary"),
        ("from_json(s, 'a INT, a STRING')", "two fields of one name"),
        ("from_json(s, 'a INT', map('mode', s))", "no map of constant strings"),
        ("from_json(to_json(struct(s)), s)", "a schema that is no constant string"),
        ("schema_of_json(s)", "no constant string"),
    ],
)
def test_refused_at_load(tmp_path: Any, expression: str, reason: str) -> None:
    with pytest.raises(SchemaError, match=reason):
        load(tmp_path, expression, schema={"s": "string"})


def test_malformed_json_inside_an_object_is_an_error_where_spark_reads_a_part_of_it(tmp_path: Any) -> None:
    # Spark gives {"z": 5, "a": null} for the struct, and null for its field z alone.
    model = load(tmp_path, "from_json(s, 'z INT, a STRUCT<b: INT>')", schema={"s": "string"})
    assert model.scoreInstance({"s": '{"z": 5, "a": {"b": "x"}}'}) == {"x": {"z": 5, "a": {"b": None}}}
    with pytest.raises(InvalidValueError, match="malformed JSON inside an object"):
        model.scoreInstance({"s": '{"z": 5, "a": {"b": tru}}'})


def test_a_map_with_a_key_twice_is_an_error(tmp_path: Any) -> None:
    model = load(tmp_path, "from_json(s, 'MAP<STRING, INT>')", schema={"s": "string"})
    with pytest.raises(InvalidValueError, match="of which no map is made"):
        model.scoreInstance({"s": '{"k": 1, "k": 2}'})


def test_failfast_raises_for_what_permissive_makes_null(tmp_path: Any) -> None:
    model = load(tmp_path, "from_json(s, 'a INT', map('mode', 'FAILFAST'))", schema={"s": "string"})
    assert model.scoreInstance({"s": '{"a": 1}'}) == {"x": {"a": 1}}
    with pytest.raises(InvalidValueError, match="no JSON of the schema"):
        model.scoreInstance({"s": '{"a": "x"}'})


def test_times_need_the_zone_of_the_session_and_others_do_not(tmp_path: Any) -> None:
    assert load(tmp_path, "from_json(s, 'a DATE')", schema={"s": "string"}).scoreInstance(
        {"s": '{"a": "2024-02-29"}'}
    )
    with pytest.raises(SchemaError, match="time zone"):
        load(tmp_path / "times", "from_json(s, 'a TIMESTAMP')", schema={"s": "string"})
    options = "map('timeZone', 'Asia/Tokyo')"
    with pytest.raises(SchemaError, match="time zone"):
        load(tmp_path / "option", f"from_json(s, 'a TIMESTAMP', {options})", schema={"s": "string"})


def test_the_text_is_the_only_input_that_is_asked_for(tmp_path: Any) -> None:
    model = load(tmp_path, "from_json(s, 'a DOUBLE').a", undeclared="infer")
    assert model.schema == {"s": "string"}
    assert model.scoreInstance({"s": '{"a": 1}'}) == {"x": 1.0}
