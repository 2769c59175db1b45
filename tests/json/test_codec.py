"""`sparklet.json`: what is written reads back, and orjson changes nothing."""

from __future__ import annotations

import datetime
import decimal
import enum
import json
import math
import types
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import numpy
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import sparklet.json
from sparklet.columns import Column, coercer
from sparklet.errors import ColumnTypeError, JsonError, OptionError
from sparklet.json import Decoder, dump_bytes, dumps, loads, read, write
from sparklet.linalg import DenseMatrix, DenseVector, SparseMatrix, SparseVector
from sparklet.testing import assert_same
from sparklet.types import parse_type
from tests.json.values import JSON_TEXTS, PLAIN, SCALARS, TEXTS, typed

NAN = math.nan


class Colour(enum.Enum):
    RED = "red"


class Number(int):
    pass


WRITTEN = [
    # value, JSON
    (1.0, "1.0"),
    (-0.0, "-0.0"),
    (1e-5, "0.00001"),
    (-1.25e-5, "-0.0000125"),
    (9.99e-6, "9.99e-6"),
    (1e16, "1e+16"),
    (1.5e300, "1.5e+300"),
    (5e-324, "5e-324"),
    (NAN, '"NaN"'),
    (math.inf, '"Infinity"'),
    (-math.inf, '"-Infinity"'),
    (2**64, "18446744073709551616"),
    (Number(3), "3"),
    (decimal.Decimal("12.50"), '"12.50"'),
    (decimal.Decimal("1E+3"), '"1000"'),
    (datetime.date(2024, 1, 31), '"2024-01-31"'),
    (datetime.datetime(2024, 1, 31, 10), '"2024-01-31T10:00:00"'),
    (datetime.datetime(2024, 1, 31, 10, 0, 0, 5, datetime.UTC), '"2024-01-31T10:00:00.000005+00:00"'),
    (b"\x00\xff", '"AP8="'),
    (memoryview(b"ab"), '"YWI="'),
    ("é\x00\x7f\u2028\U0001f600", '"é\\u0000\x7f\u2028\U0001f600"'),
    ("\ud800", '"\\ud800"'),
    ("\ud83d\ude00", '"\U0001f600"'),
    (DenseVector((1.0, NAN)), '{"type":1,"values":[1.0,"NaN"]}'),
    (SparseVector(3, (1,), (2.0,)), '{"type":0,"size":3,"indices":[1],"values":[2.0]}'),
    (
        DenseMatrix(1, 2, (1.0, 2.0)),
        '{"type":1,"numRows":1,"numCols":2,"values":[1.0,2.0],"isTransposed":false}',
    ),
    (
        SparseMatrix(1, 2, (0, 0, 1), (0,), (6.0,)),
        '{"type":0,"numRows":1,"numCols":2,"colPtrs":[0,0,1],"rowIndices":[0],"values":[6.0],"isTransposed":false}',
    ),
    (numpy.float64(0.1), "0.1"),
    (numpy.float32(0.1), "0.10000000149011612"),
    (numpy.int8(-3), "-3"),
    (numpy.bool_(True), "true"),
    (numpy.str_("a"), '"a"'),
    (numpy.array([[1.5, NAN]]), '[[1.5,"NaN"]]'),
    (numpy.datetime64("2024-01-31T10:00:00.000000000"), '"2024-01-31T10:00:00"'),
    (numpy.datetime64("NaT"), "null"),
    (Colour.RED, '"red"'),
    (uuid.UUID(int=1), '"00000000-0000-0000-0000-000000000001"'),
    (types.MappingProxyType({"a": (1, 2)}), '{"a":[1,2]}'),
    ({1: 0, 2.5: 0, False: 0, datetime.date(2024, 1, 31): 0}, '{"1":0,"2.5":0,"false":0,"2024-01-31":0}'),
    ({}, "{}"),
    ([], "[]"),
    ((), "[]"),
]


@pytest.fixture(params=["orjson", "python"])
def codec(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Select the codec: both have the same results."""
    if request.param == "python":
        monkeypatch.setattr(write, "_quick", None)
        monkeypatch.setattr(read, "_quick", None)
    else:
        assert write._quick is not None
        assert read._quick is not None
    return request.param


@pytest.mark.parametrize(("value", "text"), [*WRITTEN], ids=[repr(value)[:40] for value, _ in WRITTEN])
def test_the_table_of_what_is_written(value: Any, text: str, codec: str) -> None:
    assert dumps(value) == text
    assert dumps([value, {"a": value}]) == f'[{text},{{"a":{text}}}]'
    assert dump_bytes(value) == text.encode()


@pytest.mark.parametrize(
    "value",
    [{1, 2}, 1j, object(), {None: 1}, {(1,): 1}, {1: 0, "1": 0}, 1 << 5000, datetime.timedelta(1), len],
    ids=repr,
)
def test_what_has_no_form_is_refused_with_its_column(value: Any, codec: str) -> None:
    with pytest.raises(JsonError) as caught:
        dumps({"fine": None, "bad": [value]})
    assert caught.value.column == "bad"


def test_nesting_is_bounded_both_ways(codec: str) -> None:
    value: Any = 1
    for _ in range(256):
        value = [value]
    assert loads(dumps(value)) == value
    with pytest.raises(JsonError, match="deeper than 256"):
        dumps([value])
    with pytest.raises(JsonError, match="deeper than 256"):
        loads("[" * 257 + "]" * 257)
    with pytest.raises(JsonError):
        loads('{"a":' * 100_000)
    circular: list[Any] = []
    circular.append(circular)
    with pytest.raises(JsonError, match="deeper than 256"):
        dumps(circular)


HOSTILE = {
    '{"a":1,"a":2}': "twice",
    '{"a":"x:y","a":"x"}': "twice",
    '{"a":1,"\\u0061":2}': "twice",
    '[{"b":[{"a":1,"a":1}]}]': "twice",
    # The colon that the repeated name loses must not be made up by an escaped one.
    '{"a":"\\u003a","a":1}': "twice",
    '{"a":1,"a":"\\u003A\\u003A"}': "twice",
    "1e999": "beyond the range",
    "-1E+400": "beyond the range",
    "1" * 5000: "digits",
    '{"a":1}x': "not JSON",
    "": "not JSON",
    "'a'": "not JSON",
    '"\t"': "not JSON",
    "\ufeff1": "not JSON",
    "[1,]": "not JSON",
    "01": "not JSON",
}


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: text[:30])
def test_hostile_texts_are_refused(text: str, codec: str) -> None:
    with pytest.raises(JsonError, match=HOSTILE[text]):
        loads(text)
    with pytest.raises(JsonError, match=HOSTILE[text]):
        loads(text.encode())


@pytest.mark.parametrize("data", [b'"\xff"', b'"\xed\xa0\x80"', '"a"'.encode("utf-16")])
def test_bytes_are_utf_8(data: bytes, codec: str) -> None:
    with pytest.raises(JsonError):
        loads(data)


@pytest.mark.parametrize("text", [None, 1, ["{}"]])
def test_only_text_is_read(text: Any) -> None:
    with pytest.raises(JsonError, match="takes text or bytes"):
        loads(text)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("18446744073709551616", 2**64),
        ("-9223372036854775809", -(2**63) - 1),
        ("0.12345678901234567890123", 0.12345678901234568),
        ("NaN", NAN),
        ("[-Infinity,Infinity]", [-math.inf, math.inf]),
        ('"\\ud800"', "\ud800"),
        ('{"a:b":":"," c":{"d":[":"]}}', {"a:b": ":", " c": {"d": [":"]}}),
        (' {"a" : 1 } ', {"a": 1}),
    ],
)
def test_the_table_of_what_is_read(text: str, value: Any, codec: str) -> None:
    assert_same(value, loads(text))
    assert_same(value, loads(bytearray(text.encode())))
    assert_same(value, loads(memoryview(text.encode())))


def outcome(call: Callable[[], Any]) -> Any:
    try:
        return call()
    except JsonError as error:
        return JsonError, error.column, str(error).partition(":")[0]


def without(module: Any, call: Callable[[], Any]) -> Any:
    quick, module._quick = module._quick, None
    try:
        return outcome(call)
    finally:
        module._quick = quick


@settings(max_examples=250)
@given(JSON_TEXTS)
def test_texts_read_alike_without_orjson(text: str) -> None:
    def call() -> Any:
        return loads(text)

    assert_same(without(read, call), outcome(call))


LEAVES = st.one_of(PLAIN, *SCALARS.values(), st.sampled_from([value for value, _ in WRITTEN] + [{1}, 1j]))


@settings(max_examples=250)
@given(st.lists(LEAVES, max_size=3) | st.dictionaries(TEXTS, LEAVES, max_size=3))
def test_values_are_written_alike_without_orjson(value: Any) -> None:
    def call() -> Any:
        return dump_bytes(value)

    assert without(write, call) == outcome(call)


def as_in_java(value: Any) -> Any:
    """Return the value with each pair of surrogates as one character, and with matrices as their fields."""
    match value:
        case DenseMatrix() | SparseMatrix():
            return [value.__class__.__name__, *map(as_in_java, value.__reduce__()[1])]
        case tuple():
            return list(value)
        case str():
            return value.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")
        case list():
            return [as_in_java(each) for each in value]
        case dict():
            return {as_in_java(key): as_in_java(each) for key, each in value.items()}
    return value


@settings(max_examples=250)
@given(st.lists(typed(), min_size=1, max_size=5))
def test_rows_read_back(columns: list[tuple[str, Any]]) -> None:
    row = {f"c{i}": value for i, (_, value) in enumerate(columns)}
    schema = {f"C{i}": type for i, (type, _) in enumerate(columns)}
    expected = as_in_java(row)
    text = dumps(row)
    json.loads(text, parse_constant=pytest.fail)  # strict JSON
    assert_same(expected, as_in_java(loads(text, schema)))
    decode = Decoder(schema)
    assert_same([expected, None, expected], as_in_java(decode(dumps([row, None, row]))))


@settings(max_examples=150)
@given(PLAIN)
def test_plain_values_read_back(value: Any) -> None:
    assert_same(as_in_java(with_words(value)), loads(dumps(value)))


def with_words(value: Any) -> Any:
    """Return the value with the words that stand for NaN and infinities."""
    match value:
        case float():
            return value if math.isfinite(value) else dumps(value)[1:-1]
        case list():
            return [with_words(each) for each in value]
        case dict():
            return {key: with_words(each) for key, each in value.items()}
    return value


WRONG: list[tuple[str, str]] = [
    ("double", '"x"'),
    ("double", "true"),
    ("int", "1.5"),
    ("int", "3000000000"),
    ("decimal(10,2)", "0.125"),
    ("decimal(10,2)", '"0.125"'),
    ("decimal(10,2)", '"x"'),
    ("decimal(10,2)", '"NaN"'),
    ("decimal(10,2)", '"1e999999999"'),
    ("decimal(10,2)", "123456789.5"),
    ("date", '"tomorrow"'),
    ("binary", '"%%"'),
    ("binary", "1"),
    ("vector", '"x"'),
    ("vector", '{"type":1}'),
    ("vector(2)", "[1,2,3]"),
    ("matrix", '{"type":1,"numRows":2,"numCols":2,"values":[1]}'),
    ("matrix", "1"),
    ("array<double>", "1"),
    ("array<double>", '["x"]'),
    ("struct<a:int>", "1"),
    ("map<int,int>", '{"x":1}'),
]


@pytest.mark.parametrize(("type", "text"), WRONG)
def test_values_of_another_type_are_refused_with_their_column(type: str, text: str) -> None:
    with pytest.raises((ColumnTypeError, JsonError, ValueError)) as caught:
        loads(f'{{"fine":1,"bad":{text}}}', {"bad": type})
    assert caught.value.column == "bad"


def test_numbers_and_words_of_spark() -> None:
    schema = {"d": "double", "m": "decimal(10,2)", "v": "vector"}
    row = loads('{"d":"+INF","m":0.25,"v":["-INF",1]}', schema)
    assert_same({"d": math.inf, "m": decimal.Decimal("0.25"), "v": DenseVector((-math.inf, 1.0))}, row)
    assert loads('{"m":"1.2500"}', schema) == {"m": decimal.Decimal("1.25")}


@pytest.mark.parametrize("text", ["1", '"a"', "[1]", "true"])
def test_what_is_no_row_is_refused(text: str) -> None:
    with pytest.raises(JsonError, match="not a JSON object"):
        loads(text, {"a": "int"})


def test_types_without_a_form_are_refused() -> None:
    with pytest.raises(OptionError):
        loads("{}", {"a": "interval"})


def test_another_spelling_of_floats_turns_orjson_off(monkeypatch: pytest.MonkeyPatch) -> None:
    import orjson

    dump = orjson.dumps
    monkeypatch.setattr(orjson, "dumps", lambda *arguments: dump(*arguments).replace(b"e+", b"e"))
    assert write._orjson() is None


@pytest.fixture
def no_orjson(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    import sys

    monkeypatch.setitem(sys.modules, "orjson", None)
    yield


@pytest.mark.usefixtures("no_orjson")
def test_orjson_is_optional() -> None:
    assert write._orjson() is None
    assert read._orjson() is None
    assert sparklet.json.dumps({"a": 1}) == '{"a":1}'


def test_inputs_of_a_model_are_left_to_its_reader() -> None:
    import sparklet
    from tests.json.test_request_schema import GOLDEN

    model = sparklet.load(GOLDEN / "Binarizer" / "default" / "model")
    row = loads('{"X":"NaN","y":"NaN"}', model.inputs)
    assert_same({"X": NAN, "y": "NaN"}, row)
    assert loads('{"x":"high"}', model.inputs) == {"x": "high"}
    assert loads('{"x":1}', model.inputs) == {"x": 1}


NESTED = {
    "s": "struct<x: double, Y: float, t: string, deep: struct<z: double>>",
    "a": "array<struct<x: double>>",
    "m": "map<string, double>",
    "n": "map<int, array<double>>",
    "b": "struct<data: binary, price: decimal(10,2)>",
}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"s":{"x":"NaN","y":"Infinity","t":"NaN","deep":{"z":"-Infinity"}}}',
         {"s": {"x": math.nan, "Y": math.inf, "t": "NaN", "deep": {"z": -math.inf}}}),
        ('{"s":{"x":null,"Y":1,"t":null,"deep":null}}',
         {"s": {"x": None, "Y": 1.0, "t": None, "deep": None}}),
        ('{"s":null}', {"s": None}),
        ('{"a":[{"x":"NaN"},null,{"x":2}]}', {"a": [{"x": math.nan}, None, {"x": 2.0}]}),
        ('{"m":{"k":"NaN","l":null,"NaN":"-Infinity"}}',
         {"m": {"k": math.nan, "l": None, "NaN": -math.inf}}),
        ('{"n":{"1":["NaN",null]}}', {"n": {1: [math.nan, None]}}),
        ('{"b":{"data":"YWI=","price":"12.50"}}', {"b": {"data": b"ab", "price": decimal.Decimal("12.50")}}),
    ],
)  # fmt: skip
def test_words_of_floats_are_read_inside_structs_and_maps(text: str, value: Any) -> None:
    (name,) = value
    column = Column(name, parse_type(NESTED[name]), origin="schema")
    scored = coercer(column)(loads(text, (column,))[name])
    assert_same(value[name], scored)
    assert_same(value[name], loads(dumps({name: scored}), {name: NESTED[name]})[name])
