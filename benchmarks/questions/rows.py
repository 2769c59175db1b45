"""The time of one row.

Children stay alive and take turns, round by round.
"""

from __future__ import annotations

import json
import math
import statistics
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from benchmarks.rivals.adapter import Unable
from benchmarks.rivals.agreement import agreement
from benchmarks.rivals.process import Process, converted
from benchmarks.rivals.registry import Rival
from benchmarks.workloads import Workload

__all__ = ["measure", "summary"]

WARM = 1.0  # seconds of rows, again and again before anything is timed, until they get no faster:
FASTER, MOST = 0.95, 15  # a JVM compiles meanwhile, which takes long where others use the cores


def measure(
    workload: Workload,
    folder: Path,
    rivals: Sequence[Rival],
    rounds: int,
    seconds: float,
) -> dict[str, dict[str, Any]]:
    """Return for each rival its agreement with Spark and its row times, or its problem.

    Every round gives each rival `seconds` of rows; `against` holds the median, over rounds, of a rival's time
    for a row over sparklet's in the same round.
    """
    results: dict[str, dict[str, Any]] = {}
    with ExitStack() as stack:
        alive: dict[str, Process] = {}
        for rival in rivals:
            print(f"{workload.name}: {rival.name}", file=sys.stderr)
            results[rival.name] = {}
            try:
                path, facts = converted(rival, folder)
                process = stack.enter_context(Process(rival))
                results[rival.name] |= facts | _ready(process, path, folder, workload.outputs)
                alive[rival.name] = process
                _warm(process, seconds)
            except Unable as problem:
                results[rival.name]["problem"] = str(problem)
                alive.pop(rival.name, None)
        _rounds(alive, results, rounds, seconds)
        for name, process in alive.items():
            results[name]["resident"] = process.resident()
    return results


def _ready(process: Process, path: str, folder: Path, outputs: Sequence[str]) -> dict[str, Any]:
    process.ask("load", path=path)
    process.ask("rows_from", path=str(folder / "rows.json"))
    expected = json.loads((folder / "expected.json").read_text(encoding="utf-8"))
    return {"agreement": agreement(process.ask("answers")["answers"], expected, outputs).facts}


def _warm(process: Process, seconds: float) -> None:
    if process.rival.slow:
        process.ask("time", seconds=seconds)
        return
    best, same = math.inf, 0
    for _ in range(MOST):
        block = statistics.median(process.ask("time", seconds=WARM)["blocks"])
        same = same + 1 if block > FASTER * best else 0
        if same == 2:
            return
        best = min(best, block)


def _rounds(
    alive: dict[str, Process], results: dict[str, dict[str, Any]], rounds: int, seconds: float
) -> None:
    calls: dict[str, list[float]] = {name: [] for name in alive}
    means: dict[str, list[float]] = {name: [] for name in alive}
    for turn in range(rounds):
        names = list(alive)
        # The order turns, so that nobody always runs after the same neighbour.
        for name in names[turn % len(names) :] + names[: turn % len(names)]:
            reply = alive[name].ask("time", seconds=seconds)
            calls[name] += reply["calls"]
            means[name].append(statistics.median(reply["blocks"]))
    for name in alive:
        results[name]["row"] = summary(calls[name]) | {"block": statistics.median(means[name])}
        if "sparklet" in means:
            pairs = zip(means[name], means["sparklet"], strict=True)
            results[name]["against"] = statistics.median(theirs / ours for theirs, ours in pairs)


def summary(taken: Sequence[float]) -> dict[str, Any]:
    """Return least, median and 99th percentile of times in seconds.

    >>> summary([3.0, 1.0, 2.0])
    {'times': 3, 'min': 1.0, 'p50': 2.0, 'p99': 3.0}
    """
    ordered = sorted(taken)
    high = ordered[min(len(ordered) - 1, len(ordered) * 99 // 100)]
    return {"times": len(ordered), "min": ordered[0], "p50": statistics.median(ordered), "p99": high}
