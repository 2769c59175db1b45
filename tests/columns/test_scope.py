"""How columns get their types and names."""

from __future__ import annotations

import pytest

from sparklet.columns import TEXT, Columns, Inputs, parse_schema, wants
from sparklet.errors import AmbiguousColumnError, ColumnExistsError, SchemaError
from sparklet.profile import Profile
from sparklet.types import DOUBLE, VECTOR


def scope(**schema):
    return Columns(Inputs(parse_schema(schema)), Profile.of("4.3"))


@pytest.mark.parametrize(
    ("want", "type_"),
    [
        (wants.NUMBER, "double"),
        (wants.label(TEXT), "string"),
        (wants.VECTOR, "vector"),
        (wants.TOKENS, "array<string>"),
    ],
)
def test_inferred(want, type_):
    column = scope().take("x", want)
    assert (str(column.type), column.origin) == (type_, "inferred")


def test_declared_beats_inferred():
    column = scope(x="int").take("X", wants.NUMBER)
    assert (column.name, str(column.type), column.origin) == ("x", "int", "schema")


def test_a_declared_type_that_the_stage_refuses():
    with pytest.raises(SchemaError, match="must be a number, it is string"):
        scope(x="string").take("x", wants.NUMBER)


def test_number_beats_label_in_either_order():
    for order in ((wants.NUMBER, wants.label(TEXT)), (wants.label(TEXT), wants.NUMBER)):
        inputs = Inputs({})
        for _ in range(2):
            columns = Columns(inputs, Profile.of("4.3"))
            found = [columns.take("x", want) for want in order]
        assert [str(column.type) for column in found] == ["double", "double"]


def test_text_beats_label():
    inputs = Inputs({})
    for _ in range(2):
        columns = Columns(inputs, Profile.of("4.3"))
        columns.take("x", wants.label(TEXT))
        found = columns.take("x", wants.STRING)
    assert not found.casts


def test_uses_that_no_type_satisfies():
    columns = scope()
    columns.take("x", wants.VECTOR)
    with pytest.raises(SchemaError, match=r"is taken for a vector by .*, an array of strings by"):
        columns.take("x", wants.TOKENS)


def test_a_schema_with_names_that_differ_in_case_only():
    with pytest.raises(AmbiguousColumnError):
        scope(age="int", Age="int")


def test_made_columns_shadow_and_may_not_exist():
    columns = scope()
    columns.take("x", wants.NUMBER)
    with pytest.raises(ColumnExistsError):
        columns.new("X", DOUBLE)
    columns.add(columns.new("X", VECTOR, replaces=True))
    assert columns.take("x", wants.VECTOR).type == VECTOR


def test_a_dropped_column_is_gone():
    columns = scope()
    columns.add(columns.new("x", DOUBLE))
    columns.drop("x")
    with pytest.raises(SchemaError, match="was removed by an earlier stage"):
        columns.take("x", wants.NUMBER)
    assert list(columns.produced()) == []


def test_an_expected_size_shows_on_an_undeclared_vector():
    inputs = Inputs({})
    for _ in range(2):
        found = Columns(inputs, Profile.of("4.3")).take("x", wants.VECTOR, 3)
    assert found.size == 3
