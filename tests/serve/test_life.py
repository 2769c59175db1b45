"""The life of a server process: swaps, tokens, load, several workers and the end."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import re
import shutil
import signal
import threading
import time

import pytest

from sparklet.cli import main
from tests.serve.models import save

SCORE = "/models/city:score"
SF = {"age": 41, "city": "SF"}
SCORED = {"prediction": 93.0}


def until(check, seconds=30):
    end = time.monotonic() + seconds
    while not check():
        assert time.monotonic() < end
        time.sleep(0.05)


@pytest.fixture
def models(tmp_path):
    save(tmp_path / "models" / "city" / "1")
    return tmp_path / "models"


def arrive(path, source):
    """Copy a version into place at once, as the documents advise."""
    shutil.copytree(source, path.parent.parent / f".{path.name}")
    (path.parent.parent / f".{path.name}").rename(path)


def version(server):
    return server.post(SCORE, SF).headers["X-Model-Version"]


def test_versions_are_swapped_under_load(start, models, tmp_path):
    admin = tmp_path / "admin"
    server = start(models, "--poll=0.1", f"--admin={admin}").wait()
    done, failures, versions = threading.Event(), [], set()

    def ask():
        connection = server.connect()
        while not done.is_set():
            connection.request("POST", SCORE, json.dumps(SF))
            response = connection.getresponse()
            if (response.status, json.loads(response.read())) != (200, SCORED):
                failures.append(response.status)
            versions.add(response.headers["X-Model-Version"])
        connection.close()

    thread = threading.Thread(target=ask)
    thread.start()
    try:
        arrive(models / "city" / "2", models / "city" / "1")
        until(lambda: version(server) == "2")
        assert server.post("/models/city:rollback", uds=admin).json["current"] == "1"
        save(tmp_path / "wrong", wrong=True)
        arrive(models / "city" / "3", tmp_path / "wrong")
        until(lambda: "3" in server.get("/models").json["models"][0]["refused"])
        assert version(server) == "1"
        assert "prediction" in server.get("/refused", uds=admin).json["city"]["3"]
        answer = server.post("/models/city/versions/3:load", uds=admin)
        assert (answer.status, answer.code) == (409, "conflict")
        assert server.post("/models/city/versions/2:load", uds=admin).json["current"] == "2"
        until(lambda: "2" in versions)
    finally:
        done.set()
        thread.join()
    assert failures == []
    assert versions == {"1", "2"}
    assert server.post("/models/city:unload", uds=admin).status == 200
    assert server.post(SCORE, SF).status == 404
    assert server.post("/refresh", uds=admin).json == {"models": 1}
    assert os.stat(admin).st_mode & 0o777 == 0o600  # noqa: PTH116


def test_tokens(start, models, tmp_path):
    (tmp_path / "tokens").write_text("0123456789abcdef\nfedcba9876543210\n")
    server = start(models, f"--token-file={tmp_path / 'tokens'}").wait()
    for sent in (None, "Bearer wrong", "Basic 0123456789abcdef", "Bearer 0123456789abcdef0"):
        answer = server.post(SCORE, SF, **({} if sent is None else {"Authorization": sent}))
        assert (answer.status, answer.code) == (401, "unauthorized")
        assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert server.post(SCORE, SF, Authorization="bearer fedcba9876543210").json == SCORED
    assert server.get("/metrics").status == 401
    assert server.get("/health").status == 200
    assert "0123456789" not in server.log.read_text()


def test_too_many_requests_are_told_to_come_again(start, models):
    server = start(models, "--max-requests=2").wait()
    waiting = []
    for _ in range(2):
        connection = server.connect()
        connection.putrequest("POST", SCORE)
        connection.putheader("Content-Length", "100")
        connection.endheaders()
        waiting.append(connection)
    until(lambda: server.post(SCORE, SF).status == 429)
    answer = server.post(SCORE, SF)
    assert (answer.code, answer.headers["Retry-After"]) == ("overloaded", "1")
    assert server.get("/health").status == 200
    for connection in waiting:
        connection.close()
    until(lambda: server.post(SCORE, SF).status == 200)


def test_a_request_that_was_accepted_is_answered_before_the_end(start, models):
    server = start(models).wait()
    body = json.dumps(SF).encode()
    connection = server.connect()
    connection.putrequest("POST", SCORE)
    connection.putheader("Content-Length", str(len(body)))
    connection.endheaders(body[:5])
    time.sleep(0.3)
    server.process.send_signal(signal.SIGTERM)
    time.sleep(0.5)
    connection.send(body[5:])
    response = connection.getresponse()
    assert (response.status, json.loads(response.read())) == (200, SCORED)
    connection.close()
    assert server.stop() == 0
    with pytest.raises(OSError):
        server.get("/health")


def test_workers_share_the_socket_and_a_dead_one_is_replaced(start, models):
    server = start(models, "--workers=2").wait()

    def workers():
        text = server.get("/metrics").body.decode()
        return set(re.findall(r'sparklet_models\{worker="(\d)"\} 1\.0', text))

    assert server.post(SCORE, SF).json == SCORED
    assert workers() == {"0", "1"}
    children = f"/proc/{server.process.pid}/task/{server.process.pid}/children"
    with open(children) as file:  # noqa: PTH123
        first = int(file.read().split()[0])
    os.kill(first, signal.SIGKILL)
    with contextlib.suppress(http.client.HTTPException, OSError):
        assert server.post(SCORE, SF).json == SCORED
    until(lambda: workers() == {"0", "1"})
    assert server.post(SCORE, SF).json == SCORED
    assert server.stop() == 0


@pytest.mark.parametrize("workers", [1, 2])
def test_a_named_model_that_cannot_be_served_ends_the_start(start, tmp_path, workers):
    save(tmp_path / "wrong", wrong=True)
    server = start(f"city={tmp_path / 'wrong'}", f"--workers={workers}")
    assert server.process.wait(120) == 1
    assert "no version can be served" in server.log.read_text()


def test_help_teaches(capsys):
    main(["serve", "--help"])
    text = capsys.readouterr().out
    assert "sparklet serve churn=my_model" in text
    assert "--poll" in text
