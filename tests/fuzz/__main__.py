"""`make fuzz`: mutated models and rows, each of which gets an answer or a `SparkletError`.

The seed and the number of a mutant decide all of it: `--only NUMBER` tries one again. A run that was stopped
goes on where it ended.
"""

from __future__ import annotations

import argparse
import json
import select
import subprocess
import sys
import tempfile
import time
import warnings
from dataclasses import astuple
from pathlib import Path
from typing import Any

from tests.fuzz.attempt import Cost, Models, Rows, limited
from tests.oracle import goldens

ROOT = Path(__file__).resolve().parents[2]
# A worker that is silent for so long hangs where no signal reaches it.
_SILENT = 60.0
# Half of an attempt on a disk is making and removing its folder.
_IN_MEMORY = "/dev/shm" if Path("/dev/shm").is_dir() else None


def arguments() -> argparse.Namespace:
    """Return what the command line says."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--models", type=int, default=200_000, help="mutated folders (default: %(default)s)")
    parser.add_argument("--rows", type=int, default=1_000_000, help="mutated rows (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--state", type=Path, default=ROOT / "build" / "fuzz.json", help="where a run stands")
    parser.add_argument("--only", metavar="KIND:NUMBER", help="try one mutant again, such as models:17")
    parser.add_argument("--worker", nargs=3, help=argparse.SUPPRESS)
    return parser.parse_args()


def attempts(kind: str, seed: int, scratch: Path) -> Models | Rows:
    """Return the mutants of a kind."""
    cases = [golden for golden in goldens(ROOT / "tests" / "golden") if golden.failure is None]
    return Models(cases, scratch, seed) if kind == "models" else Rows(cases, seed)


def work(kind: str, start: int, end: int, seed: int) -> None:
    """Try mutants, and print a line of JSON for each fault and each hundred mutants."""
    with tempfile.TemporaryDirectory(prefix="sparklet-fuzz-", dir=_IN_MEMORY) as scratch, limited():
        made = attempts(kind, seed, Path(scratch))
        for number in range(start, end):
            # What hangs must be known by its number.
            if kind == "models" or number % 100 == 0:
                print(json.dumps({"at": number, "cost": astuple(made.cost)}), flush=True)
            fault = made.attempt(number)
            if fault is not None:
                print(json.dumps({"fault": [number, fault.kind, fault.detail]}), flush=True)
        print(json.dumps({"done": end, "loaded": made.loaded, "cost": astuple(made.cost)}), flush=True)


class Run:
    """One run: workers one after another, what they found, and where it stands."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        self.state: dict[str, Any] = {"seed": options.seed, "models": 0, "rows": 0, "faults": [], "cost": {}}
        if options.state.exists():
            found = json.loads(options.state.read_text())
            if found["seed"] == options.seed:
                self.state = found

    def save(self) -> None:
        """Write where the run stands."""
        self.options.state.parent.mkdir(parents=True, exist_ok=True)
        self.options.state.write_text(json.dumps(self.state))

    def fault(self, kind: str, number: int, name: str, detail: str) -> None:
        """Remember a fault and show it."""
        self.state["faults"].append([kind, number, name, detail])
        print(f"\n{kind}:{number} {name}\n{detail}", file=sys.stderr)

    def all(self, kind: str, total: int) -> None:
        """Try all mutants of a kind, in workers of some thousands each."""
        shown, begun, first = 0.0, time.monotonic(), self.state[kind]
        while self.state[kind] < total:
            start = self.state[kind]
            end = min(total, start + (5_000 if kind == "models" else 100_000))
            command = [sys.executable, "-m", "tests.fuzz", "--seed", str(self.options.seed)]
            worker = subprocess.Popen(
                [*command, "--worker", kind, str(start), str(end)],
                cwd=ROOT,
                stdout=subprocess.PIPE,
                text=True,
            )
            try:
                for line in self._lines(worker):
                    if "cost" in line:
                        cost = Cost(*self.state["cost"].get(kind, ()))
                        cost.add(*line["cost"])
                        self.state["cost"][kind] = astuple(cost)
                    if "at" in line:
                        self.state[kind] = line["at"]
                    elif "fault" in line:
                        self.fault(kind, *line["fault"])
                    else:
                        self.state[kind] = line["done"]
                    if time.monotonic() > shown + 1:
                        shown = time.monotonic()
                        speed = (self.state[kind] - first) / max(shown - begun, 1e-9)
                        text = f"{self.state[kind]:,} of {total:,} {kind}, {len(self.state['faults'])} faults"
                        print(f"\r{text}, {speed:.0f}/s   ", end="", file=sys.stderr, flush=True)
                        self.save()
            finally:
                worker.kill()
                worker.wait()
            if self.state[kind] < end:
                self.fault(kind, self.state[kind], "died", f"the worker hung or ended by {worker.returncode}")
                self.state[kind] += 1 if kind == "models" else 100
        self.save()

    def _lines(self, worker: subprocess.Popen[str]) -> Any:
        assert worker.stdout is not None
        while select.select([worker.stdout], [], [], _SILENT)[0]:
            line = worker.stdout.readline()
            if not line:
                return
            yield json.loads(line)


def main() -> int:
    """Run what the command line says; 1 where there was a fault."""
    options = arguments()
    # A model that was saved by a newer Spark is answered with a warning.
    warnings.simplefilter("ignore")
    if options.worker:
        kind, start, end = options.worker
        work(kind, int(start), int(end), options.seed)
        return 0
    if options.only:
        kind, _, number = options.only.partition(":")
        with tempfile.TemporaryDirectory(prefix="sparklet-fuzz-", dir=_IN_MEMORY) as scratch, limited():
            fault = attempts(kind, options.seed, Path(scratch)).attempt(int(number))
        print("an answer or a SparkletError" if fault is None else f"{fault.kind}\n{fault.detail}")
        return int(fault is not None)
    run = Run(options)
    run.all("models", options.models)
    run.all("rows", options.rows)
    faults = run.state["faults"]
    for kind, (seconds, megabytes) in run.state["cost"].items():
        print(f"{kind}: at most {seconds:.2f} s and {megabytes:.0f} MB")
    print(f"\n{options.models:,} models, {options.rows:,} rows, {len(faults)} faults", file=sys.stderr)
    return int(bool(faults))


if __name__ == "__main__":
    sys.exit(main())
