"""Seconds from the start of a process to its first score, and the memory it holds then."""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.rivals.adapter import Unable
from benchmarks.rivals.process import Process, converted
from benchmarks.rivals.registry import Rival
from benchmarks.workloads import Workload

__all__ = ["measure"]


def measure(
    workload: Workload, folder: Path, rivals: Sequence[Rival], times: int
) -> dict[str, dict[str, Any]]:
    """Return for each rival the seconds to the first score (median, all), and the resident bytes after it."""
    row = json.loads((folder / "rows.json").read_text(encoding="utf-8"))[0]
    results: dict[str, dict[str, Any]] = {}
    taken: dict[str, list[float]] = {}
    held: dict[str, list[int]] = {}
    for turn in range(times):
        for rival in rivals:
            if "problem" in results.get(rival.name, {}):
                continue
            print(f"cold start {turn + 1} of {times}: {workload.name}, {rival.name}", file=sys.stderr)
            try:
                path, _ = converted(rival, folder)
                start = time.perf_counter()
                with Process(rival) as process:
                    process.ask("load", path=path)
                    process.ask("one", row=row)
                    taken.setdefault(rival.name, []).append(time.perf_counter() - start)
                    held.setdefault(rival.name, []).append(process.resident())
            except Unable as problem:
                results[rival.name] = {"problem": str(problem)}
    for name, seconds in taken.items():
        found = {
            "seconds": statistics.median(seconds),
            "all": seconds,
            "resident": statistics.median(held[name]),
        }
        results.setdefault(name, found)
    return results
