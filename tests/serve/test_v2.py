"""The Open Inference Protocol V2 over REST, asked of a server process."""

from __future__ import annotations

import math

import pytest

from sparklet.columns import Column
from sparklet.errors import NullValueError, VectorSizeError
from sparklet.linalg import DenseVector, SparseVector
from sparklet.serve.errors import BadRequestError
from sparklet.serve.tensors import columns_of, metadata_of, tensor_of
from sparklet.types import parse_type

INFER = "/v2/models/city/infer"


def tensor(name, datatype, data, shape=None):
    return {"name": name, "datatype": datatype, "shape": shape or [len(data)], "data": data}


def inputs(ages=(41, 1), cities=("SF", "LA")):
    return [tensor("age", "INT32", list(ages)), tensor("city", "BYTES", list(cities), [len(cities), 1])]


@pytest.mark.parametrize("path", [INFER, "/v2/models/city/versions/1/infer"])
def test_infer(server, path):
    answer = server.post(path, {"id": "7", "inputs": inputs()})
    assert answer.json == {
        "model_name": "city",
        "model_version": "2" if path == INFER else "1",
        "id": "7",
        "outputs": [tensor("prediction", "FP64", [93.0, 3.0])],
    }


def test_metadata(server):
    assert server.get("/v2").json["name"] == "sparklet"
    assert server.get("/v2/models/city").json == {
        "name": "city",
        "versions": ["1", "2"],
        "platform": "sparkml",
        "inputs": [
            {"name": "city", "datatype": "BYTES", "shape": [-1]},
            {"name": "age", "datatype": "INT32", "shape": [-1]},
        ],
        "outputs": [{"name": "prediction", "datatype": "FP64", "shape": [-1]}],
    }
    assert server.get("/v2/models/city/ready").json == {"name": "city", "ready": True}
    assert server.get("/v2/models/none/ready").status == 404
    states = server.post("/v2/repository/index").json
    assert [(each["name"], each["version"]) for each in states] == [("city", "1"), ("city", "2")]


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ([], 400, "bad_request"),
        ({}, 400, "bad_request"),
        ({"inputs": [1]}, 400, "bad_request"),
        ({"inputs": inputs(ages=[1])}, 400, "bad_request"),
        ({"inputs": inputs(ages=[1, 2**31])}, 400, "bad_request"),
        ({"inputs": inputs(ages=[1, 1.5])}, 400, "bad_request"),
        ({"inputs": inputs(ages=[1, True])}, 400, "bad_request"),
        ({"inputs": inputs(), "outputs": [{"name": "none"}]}, 400, "bad_request"),
        ({"inputs": inputs(ages=[1] * 101, cities=["LA"] * 101)}, 413, "too_large"),
        ({"inputs": inputs()[:1]}, 422, "missing_column"),
        ({"inputs": inputs(cities=["SF", "?"])}, 422, "null_value"),
        ({"inputs": [tensor("age", "FP64", [1.5]), tensor("city", "BYTES", ["SF"])]}, 422, "column_type"),
    ],
)
def test_a_bad_request_is_refused_as_such(server, body, status, code):
    answer = server.post(INFER, body)
    assert (answer.status, answer.code) == (status, code)


def test_binary_tensors_are_refused(server):
    assert server.post(INFER, b"{}", Inference_Header_Content_Length="2").status == 400


def test_tensors_become_columns():
    wide = tensor("v", "FP64", [[1.0, "NaN"], [3, 4.0]], [2, 2])
    flat = tensor("w", "FP32", [0.1, None, 0.5, 2], [2, 2])
    names, columns = columns_of([wide, flat, tensor("b", "BOOL", [True, False])], 10)
    assert names == ["v", "w", "b"]
    assert columns[0] == [[1.0, "NaN"], [3.0, 4.0]]
    assert columns[1] == [[0.10000000149011612, None], [0.5, 2.0]]
    assert columns[2] == [True, False]


@pytest.mark.parametrize(
    "bad",
    [
        {"name": "x", "datatype": "FP64", "shape": [1]},
        tensor("x", "FP64", [1.0], [2]),
        tensor("x", "FP64", [1.0], [-1]),
        tensor("x", "FP64", [1.0], [1, 1, 1]),
        tensor("x", "FP64", [[1.0], [1.0, 2.0]], [2, 1]),
        tensor("x", "FP65", [1.0]),
        tensor("x", ["FP64"], [1.0]),
        tensor("x", "FP32", [1e300]),
        tensor("x", "FP64", ["1.0"]),
        tensor("x", "BYTES", [1]),
        tensor("x", "UINT8", [256]),
        tensor("x", "INT8", [[1]], [1, 2]),
        tensor("x", "FP64", [], [2**62, 0]),
    ],
)
def test_bad_tensors_are_refused(bad):
    with pytest.raises(BadRequestError):
        columns_of([bad], 10)


def column(type, size=None):
    return Column("c", parse_type(type), origin="schema", size=size)


def test_outputs_become_tensors():
    vectors = [DenseVector((1.0, 2.0)), SparseVector(2, [1], [math.inf])]
    assert tensor_of(column("vector", 2), vectors) == tensor("c", "FP64", [1.0, 2.0, 0.0, math.inf], [2, 2])
    assert tensor_of(column("bigint"), [2**60]) == tensor("c", "INT64", [2**60])
    assert tensor_of(column("string"), ['a"b']) == tensor("c", "BYTES", ['a"b'])
    assert tensor_of(column("array<string>"), [["a"]]) == tensor("c", "BYTES", ['["a"]'])
    assert metadata_of(column("vector", 2)) == {"name": "c", "datatype": "FP64", "shape": [-1, 2]}


def test_what_a_tensor_cannot_hold_is_refused():
    with pytest.raises(NullValueError, match="row 1, column 'c'"):
        tensor_of(column("double"), [1.0, None])
    with pytest.raises(VectorSizeError, match="row 1"):
        tensor_of(column("vector"), [DenseVector((1.0,)), DenseVector((1.0, 2.0))])
