"""The routes that score and describe, asked of a server process."""

from __future__ import annotations

import json
import re
import time

import jsonschema
import pyarrow as pa
import pytest

from sparklet import __version__
from sparklet.serve.ipc import ARROW, write_table

SCORE = "/models/city:score"
SF = {"age": 41, "city": "SF"}
LA = {"age": 1, "city": "LA"}
UNSEEN = {"age": 1, "city": "?"}


@pytest.mark.parametrize("path", [SCORE, "/models/city/versions/1:score", "/models/city/aliases/old:score"])
def test_a_row(server, path):
    answer = server.post(path, SF, X_Request_Id="abc")
    assert (answer.status, answer.json) == (200, {"prediction": 93.0})
    assert answer.headers["X-Model-Version"] == ("2" if path == SCORE else "1")
    assert answer.headers["X-Request-Id"] == "abc"


def test_rows_keep_their_order_and_dropped_ones_are_null(server):
    answer = server.post(SCORE, [SF, UNSEEN, LA])
    assert answer.json == [{"prediction": 93.0}, None, {"prediction": 3.0}]
    assert server.post(SCORE, []).json == []
    assert server.post(SCORE, UNSEEN).json is None


def test_a_unix_socket_in_the_same_process(server):
    assert server.post(SCORE, SF, uds=server.uds).json == {"prediction": 93.0}


def test_an_arrow_stream(server):
    table = pa.table({"age": pa.array([41, 1, 1], pa.int32()), "city": ["SF", "?", "LA"], "more": [1, 2, 3]})
    answer = server.post(SCORE, write_table(table), Content_Type=ARROW)
    assert answer.headers["Content-Type"] == ARROW
    scored = pa.ipc.open_stream(answer.body).read_all()
    assert scored.to_pydict() == {
        "age": [41, 1],
        "city": ["SF", "LA"],
        "more": [1, 3],
        "prediction": [93.0, 3.0],
    }


def test_an_error_has_the_position_of_its_row(server):
    answer = server.post(SCORE, [SF, {"age": 1}])
    assert answer.status == 422
    assert (answer.code, answer.json["column"], answer.json["row"]) == ("missing_column", "city", 1)


BAD = [
    ("POST", SCORE, b"{", {}, 400, "json"),
    ("POST", SCORE, b"", {}, 400, "json"),
    ("POST", SCORE, b"null", {}, 400, "json"),
    ("POST", SCORE, b"[null]", {}, 400, "json"),
    ("POST", SCORE, b'["a"]', {}, 400, "json"),
    ("POST", SCORE, b'{"age":1,"age":2}', {}, 400, "json"),
    ("POST", SCORE, b"[" * 5000, {}, 400, "json"),
    ("POST", SCORE, b'{"age":1e999,"city":"SF"}', {}, 400, "json"),
    ("POST", SCORE, {"age": "x", "city": "SF"}, {}, 422, "column_type"),
    ("POST", SCORE, {"age": 2**80, "city": "SF"}, {}, 422, "column_type"),
    ("POST", SCORE, {"age": None, "city": "SF"}, {}, 422, "null_value"),
    ("POST", SCORE, [LA] * 101, {}, 413, "too_large"),
    ("POST", SCORE, b" " * 21_000, {}, 413, "too_large"),
    ("POST", SCORE, LA, {"Content-Encoding": "gzip"}, 415, "media_type"),
    ("POST", SCORE, b"ARROW1", {"Content-Type": ARROW}, 400, "bad_request"),
    ("POST", SCORE, LA, {"X-Request-Deadline": "soon"}, 400, "bad_request"),
    ("POST", SCORE, LA, {"X-Request-Deadline": "nan"}, 400, "bad_request"),
    ("POST", SCORE, LA, {"X-Request-Deadline": "1"}, 504, "deadline"),
    ("POST", "/models/none:score", LA, {}, 404, "unknown_model"),
    ("POST", "/models/city/versions/9:score", LA, {}, 404, "unknown_model"),
    ("POST", "/models/city/aliases/none:score", LA, {}, 404, "unknown_model"),
    ("POST", "/models/..%2Fcity:score", LA, {}, 404, "unknown_route"),
    ("GET", "/none", None, {}, 404, "unknown_route"),
    ("GET", SCORE, None, {}, 404, "unknown_model"),
    ("DELETE", "/models/city", None, {}, 405, "method"),
    ("POST", "/models/city:unload", None, {}, 405, "method"),
    ("POST", "/invocations", {"rows": []}, {}, 400, "bad_request"),
    ("POST", "/invocations", [], {}, 400, "bad_request"),
    ("POST", "/invocations", {"instances": [1]}, {}, 400, "json"),
    ("POST", "/invocations", {"dataframe_split": {"columns": ["a"], "data": [[]]}}, {}, 400, "bad_request"),
    ("POST", "/invocations", {"inputs": {"age": [1], "city": []}}, {}, 400, "bad_request"),
    ("POST", "/invocations", b"age,city\n1,LA", {"Content-Type": "text/csv"}, 415, "media_type"),
]


@pytest.mark.parametrize(("method", "path", "body", "headers", "status", "code"), BAD)
def test_a_bad_request_is_refused_as_such(server, method, path, body, headers, status, code):
    answer = server.ask(method, path, body, **headers)
    assert (answer.status, answer.code) == (status, code)
    assert list(answer.json) == ["code", "message", "stage", "column", "row", "value", "hint"]
    assert answer.headers["X-Request-Id"]
    assert server.post(SCORE, SF).status == 200


def test_a_body_without_a_length_is_limited_too(server):
    connection = server.connect()
    connection.request("POST", SCORE, iter([b" " * 1000] * 40), encode_chunked=True)
    assert connection.getresponse().status == 413
    connection.close()


def test_a_body_that_does_not_arrive_is_not_waited_for(server):
    connection = server.connect()
    connection.putrequest("POST", SCORE)
    connection.putheader("Content-Length", "100")
    connection.endheaders(b"{")
    response = connection.getresponse()
    assert (response.status, json.loads(response.read())["code"]) == (408, "request_timeout")
    connection.close()


def test_a_deadline_that_is_not_over(server):
    assert server.post(SCORE, SF, X_Request_Deadline=str(time.time() + 60)).status == 200


def test_an_id_that_is_no_word_is_replaced(server):
    answer = server.post(SCORE, SF, X_Request_Id="a b")
    assert re.fullmatch(r"[0-9a-f]{16}-[0-9a-f]+", answer.headers["X-Request-Id"])


@pytest.mark.parametrize(
    "body",
    [
        {"dataframe_split": {"columns": ["age", "city"], "data": [[41, "SF"], [1, "?"]]}},
        {"dataframe_records": [SF, UNSEEN]},
        {"instances": [SF, UNSEEN]},
        {"inputs": [SF, UNSEEN]},
        {"inputs": {"age": [41, 1], "city": ["SF", "?"]}},
    ],
)
def test_the_forms_of_mlflow(server, body):
    answer = server.post("/invocations", body, Content_Type="application/json")
    assert answer.json == {"predictions": [{"prediction": 93.0}, {"prediction": None}]}


def test_health(server):
    for path in ("/health", "/ready", "/ping", "/v2/health/live", "/v2/health/ready"):
        assert server.get(path).status == 200
    assert server.get("/version").body.decode() == __version__


def test_the_index(server):
    (city,) = server.get("/models").json["models"]
    assert (city["name"], city["current"], city["versions"], city["aliases"]) == (
        "city",
        "2",
        ["1", "2"],
        {"old": "1"},
    )
    facts = server.get("/models/city").json
    assert (facts["version"], facts["verified_rows"], facts["outputs"]) == (
        "2",
        3,
        [{"name": "prediction", "type": "double"}],
    )
    jsonschema.validate(facts["example"], facts["schema"])


def test_openapi_has_the_schema_and_an_example_of_each_model(server):
    document = server.get("/openapi.json").json
    content = document["paths"][SCORE]["post"]["requestBody"]["content"]["application/json"]
    schema = {**content["schema"], "components": document["components"]}
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(content["example"], schema)
    jsonschema.validate([SF, LA], schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"age": "x", "city": "SF"}, schema)
    assert server.post(SCORE, content["example"]).json == {"prediction": 93.0}


def test_metrics_count_outcomes_and_times(server):
    def count():
        text = server.get("/metrics").body.decode()
        found = re.search(
            r'^sparklet_request_seconds_count\{model="city",outcome="ok",version="2",worker="0"\} (.*)$',
            text,
            re.MULTILINE,
        )
        return float(found[1]), text

    server.post(SCORE, SF)
    before, _ = count()
    server.post(SCORE, SF)
    after, text = count()
    assert after == before + 1
    assert 'le="1e-06"' in text
    assert re.search(r'sparklet_rows_total\{model="city",version="2",worker="0"\} [1-9]', text)
