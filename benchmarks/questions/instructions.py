"""Instructions for a row, counted by callgrind, which no neighbour on the machine disturbs.

Counting starts after the load, and the count is the difference between a run of 2N rows and one of N rows, so
that only rows remain.
"""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.rivals.adapter import CACHE
from benchmarks.rivals.floor import TARGET
from benchmarks.rivals.registry import ROOT, Rival
from benchmarks.workloads import Workload

__all__ = ["measure"]

SCRIPT = """
import importlib, json, os, subprocess, sys
name, folder, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
adapter = importlib.import_module(f"benchmarks.rivals.{name}")
score = adapter.scorer(adapter.load(f"{folder}/model"))
rows = json.load(open(f"{folder}/rows.json"))
subprocess.run(["callgrind_control", "-i", "on", str(os.getpid())], check=True, stdout=subprocess.DEVNULL)
for place in range(count):
    score(rows[place % len(rows)])
"""


def measure(
    workload: Workload, folder: Path, rivals: Sequence[Rival], rows: int
) -> dict[str, dict[str, Any]]:
    """Return the instructions for a row of the rivals that run in this Python, `rows` being N."""
    if shutil.which("valgrind") is None:
        return {rival.name: {"problem": "valgrind is not there"} for rival in rivals}
    results: dict[str, dict[str, Any]] = {}
    for rival in rivals:
        print(f"instructions: {workload.name}, {rival.name}", file=sys.stderr)
        try:
            few, many = (_count(rival.name, folder, count) for count in (rows, 2 * rows))
            results[rival.name] = {"instructions": (many - few) / rows}
        except RuntimeError as problem:
            results[rival.name] = {"problem": str(problem)}
    return results


def _count(name: str, folder: Path, rows: int) -> int:
    variables = os.environ | {"PYTHONPATH": f"{ROOT / 'src'}:{ROOT}", "SPARKLET_BENCH_CACHE": str(CACHE)}
    # Equal hashes give equal counts.
    variables |= {"PYTHONHASHSEED": "0", "PYTHONDONTWRITEBYTECODE": "1"}
    if platform.machine() == "x86_64":
        # Valgrind knows no AVX-512 and ends a process that uses it.
        variables[TARGET] = "x86-64-v3"
    with tempfile.NamedTemporaryFile(prefix="callgrind") as out:
        words = ["valgrind", "--tool=callgrind", "--instr-atstart=no", f"--callgrind-out-file={out.name}"]
        words += [sys.executable, "-c", SCRIPT, name, str(folder), str(rows)]
        done = subprocess.run(words, check=False, capture_output=True, text=True, env=variables)
        found = re.search(
            r"^(?:summary|totals): (\d+)", Path(out.name).read_text(encoding="utf-8"), re.MULTILINE
        )
    if done.returncode or found is None:
        lines = done.stderr.strip().splitlines()
        raise RuntimeError(lines[-1] if lines else f"valgrind ended with code {done.returncode}")
    return int(found[1])
