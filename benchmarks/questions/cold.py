"""What a process costs: its start to the first score, a load when it is warm, its memory and that of a model.

Every rival in turn starts a process, scores one row, loads the model some times more and, where the model
lives in the process itself, keeps many copies of it. `against` holds medians, over turns, of a rival's figure
over sparklet's in the same turn.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.rivals.adapter import Unable
from benchmarks.rivals.process import Process, converted
from benchmarks.rivals.registry import Rival, command
from benchmarks.workloads import Workload

__all__ = ["measure"]

LOADS, SLOW_LOADS = 10, 3
COPIES, MOST_COPIES = 10, 200
ENOUGH = 64 << 20  # bytes of growth that tell the size of a model
PACKAGES = {"sparklet": "sparklet", "onnx": "onnxruntime"}
IMPORT = "import time; start = time.perf_counter(); import {}; print(time.perf_counter() - start)"


def measure(
    workload: Workload, folder: Path, rivals: Sequence[Rival], times: int
) -> dict[str, dict[str, Any]]:
    """Return for each rival the medians of what `_start` measures, and their ratios to sparklet's."""
    row = json.loads((folder / "rows.json").read_text(encoding="utf-8"))[0]
    results: dict[str, dict[str, Any]] = {}
    turns: dict[str, list[dict[str, float]]] = {}
    for turn in range(times):
        # The order turns, so that nobody always runs after the same neighbour.
        for rival in [*rivals[turn % len(rivals) :], *rivals[: turn % len(rivals)]]:
            if "problem" in results.get(rival.name, {}):
                continue
            print(f"cold start {turn + 1} of {times}: {workload.name}, {rival.name}", file=sys.stderr)
            try:
                turns.setdefault(rival.name, []).append(_start(rival, converted(rival, folder)[0], row))
            except Unable as problem:
                results[rival.name] = {"problem": str(problem)}
    for rival in rivals:
        if "problem" not in results.get(rival.name, {}):
            results[rival.name] = _medians(turns[rival.name], turns.get("sparklet", []))
    return results


def _start(rival: Rival, path: str, row: dict[str, Any]) -> dict[str, float]:
    """Return seconds to the first score, of a load and of the import; bytes of the process and of a copy."""
    start = time.perf_counter()
    with Process(rival) as process:
        process.ask("load", path=path)
        process.ask("one", row=row)
        figures: dict[str, float] = {"seconds": time.perf_counter() - start, "resident": process.resident()}
        loads = process.ask("load", path=path, times=SLOW_LOADS if rival.slow else LOADS)
        figures["load"] = statistics.median(loads["seconds"])
        if rival.copied:
            figures["copy"] = _copy(process, path, row)
    if rival.name in PACKAGES:
        figures["import"] = _import(rival)
    return figures


def _copy(process: Process, path: str, row: dict[str, Any]) -> float:
    """Return the bytes of one more model that has scored a row."""
    process.ask("keep", path=path, row=row, copies=COPIES)  # fills the memory that loads before it have freed
    before, count, grown = process.resident(), 0, 0
    while count < MOST_COPIES and grown < ENOUGH:
        process.ask("keep", path=path, row=row, copies=COPIES)
        count += COPIES
        grown = process.resident() - before
    return grown / count


def _import(rival: Rival) -> float:
    words, variables = command(rival)
    script = IMPORT.format(PACKAGES[rival.name])
    done = subprocess.run(
        [words[0], "-c", script], check=False, capture_output=True, text=True, env=variables
    )
    if done.returncode:
        raise Unable(f"cannot be imported: {done.stderr.strip().splitlines()[-1]}")
    return float(done.stdout)


def _medians(turns: Sequence[dict[str, float]], sparklet: Sequence[dict[str, float]]) -> dict[str, Any]:
    medians: dict[str, Any] = {name: statistics.median(turn[name] for turn in turns) for name in turns[0]}
    if sparklet:
        medians["against"] = {
            name: statistics.median(
                theirs[name] / ours[name] for theirs, ours in zip(turns, sparklet, strict=False)
            )
            for name in turns[0]
            if sparklet[0].get(name)
        }
    return medians
