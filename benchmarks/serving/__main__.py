"""Measure one row over TCP: `sparklet serve` beside FastAPI by hand, at half of each server's capacity.

    python -m benchmarks.serving [MODEL ROW] [--seconds S]

MODEL is a saved pipeline and ROW a JSON object; the default is a pipeline of the tests. The servers run one
after the other, in alternation, and the median run by p99 of each is printed. FastAPI is measured if it is
installed.
"""

from __future__ import annotations

import argparse
import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

__all__: list[str] = []

ROOT = Path(__file__).resolve().parents[2]
CASE = ROOT / "tests" / "golden" / "4.3" / "PipelineModel" / "flagship-keep"
ROUNDS = 3
_SERVE = "from sparklet.cli import main; main()"


def commands(model: str, port: int) -> Mapping[str, tuple[Sequence[str], str]]:
    """Return the arguments and the path of each server."""
    options = ["--undeclared=infer", f"--port={port}"]
    servers = {
        "sparklet serve": (["-c", _SERVE, "serve", f"m={model}", *options], "/models/m:score"),
        "FastAPI, typed, by hand": (["-m", "benchmarks.serving.byhand", model, str(port)], "/score"),
    }
    return servers if find_spec("fastapi") else {"sparklet serve": servers["sparklet serve"]}


def measure(arguments: Sequence[str], path: str, port: int, row: bytes, seconds: float) -> dict[str, Any]:
    """Start a server, measure its capacity, then its latencies at half of that."""
    server = subprocess.Popen([sys.executable, *arguments], cwd=ROOT, stderr=subprocess.DEVNULL)
    try:
        _wait(server, port, path, row)
        capacity = _load(port, path, row, 0, seconds)["rate"]
        return {"capacity": capacity, **_load(port, path, row, capacity / 2, seconds)}
    finally:
        server.terminate()
        server.wait()


def _wait(server: subprocess.Popen[bytes], port: int, path: str, row: bytes) -> None:
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", row, headers)
    for _ in range(600):
        try:
            with urllib.request.urlopen(request, timeout=5) as answer:  # noqa: S310
                answer.read()
                return
        except OSError:
            if server.poll() is not None:
                break
            time.sleep(0.1)
    sys.exit("the server does not answer")


def _load(port: int, path: str, row: bytes, rate: float, seconds: float) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.serving.load", str(port), path, str(rate), str(seconds)]
    done = subprocess.run(command, cwd=ROOT, input=row, capture_output=True, check=True)
    figures: dict[str, Any] = json.loads(done.stdout)
    if figures["failures"]:
        sys.exit(f"{figures['failures']} answers were no scores")
    return figures


def main() -> None:
    """Measure all servers and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("model", nargs="?", default=str(CASE / "model"))
    parser.add_argument("row", nargs="?", default=(CASE / "rows.jsonl").read_text().splitlines()[0])
    parser.add_argument("--seconds", type=float, default=5.0)
    told = parser.parse_args()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    servers = commands(told.model, port)
    runs: dict[str, list[dict[str, Any]]] = {name: [] for name in servers}
    for _ in range(ROUNDS):
        for name, (arguments, path) in servers.items():
            runs[name].append(measure(arguments, path, port, told.row.encode(), told.seconds))
    load = os.getloadavg()[0]
    print(f"one row over TCP, open loop at half the capacity, {os.cpu_count()} CPUs, load {load:.1f}; µs\n")
    print("| server | requests/s | p50 | p99 | p99.9 |\n|---|--:|--:|--:|--:|")
    for name, each in runs.items():
        middle = sorted(each, key=lambda figures: figures["p99"])[len(each) // 2]
        quantiles = " | ".join(f"{middle[part]:,.0f}" for part in ("p50", "p99", "p99.9"))
        print(f"| {name} | {middle['capacity']:,.0f} | {quantiles} |")


if __name__ == "__main__":
    main()
