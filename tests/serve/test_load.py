"""The load generator of `benchmarks.serving`."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def load(server, rate, body=b'{"age": 41, "city": "SF"}', seconds="0.5"):
    command = [sys.executable, "-m", "benchmarks.serving.load", str(server.port), "/models/city:score"]
    done = subprocess.run(
        [*command, str(rate), seconds], cwd=ROOT, input=body, capture_output=True, check=True
    )
    return json.loads(done.stdout)


@pytest.mark.parametrize("rate", [0, 100])
def test_requests_are_counted_and_timed(server, rate):
    figures = load(server, rate)
    assert figures["failures"] == 0
    assert figures["count"] > 10
    assert 0 < figures["p50"] <= figures["p99"] <= figures["p99.9"]


def test_refusals_are_failures(server):
    assert load(server, 0, b"{")["failures"] > 10


def test_a_rate_beyond_the_capacity_shows_as_latency(server):
    assert load(server, 200_000)["p50"] > 50_000
