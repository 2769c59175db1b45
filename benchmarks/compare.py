"""Measure sparklet beside its rivals and write the figures as JSON, a Markdown table and plots.

    python -m benchmarks rivals                         every question, quick; longer at first, to fit
    python -m benchmarks rivals rows --workload lr      one question, one pipeline
    python -m benchmarks rivals rows --rival sparklet floor --rounds 20
    python -m benchmarks rivals batch --batch-rows 1000000 --spark-rows 50000 --sinks memory
    python -m benchmarks rivals --json all.json --docs  write docs/benchmarks.md too

Questions: rows (answers, one row), cold (import, first score, warm load, memory), batch (rows a second and
core, beside Spark), growth (one row along the series, beside the floor and MLeap) and instructions (of
sparklet and the floor, by callgrind). Series: trees, features and stages end in a classifier; assembled,
scaled, prepared (imputed, scaled and bucketized) and scalers (a chain) give a vector, without MLeap.

Sparklet is measured with its C module; without one nothing is measured, unless --fallback asks for that.
Models are fitted once with this Python's PySpark, rivals get environments of their own on first use; both
are kept in benchmarks/.cache. Rivals run in processes of their own and take turns. One that cannot convert
a pipeline, answers wrong or cannot be installed is a row that says so. Times are this machine's; quote the
ratios.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import platform
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks import markdown
from benchmarks.engine import choose, said
from benchmarks.fit import folder_of, is_fitted
from benchmarks.questions import batch, cold, instructions, rows
from benchmarks.rivals.adapter import CACHE
from benchmarks.rivals.registry import RIVALS, ROOT, Rival, command
from benchmarks.workloads import BATCHES, FLAGSHIPS, SERIES, Workload, chosen

__all__ = ["main", "report"]

QUESTIONS = ("rows", "cold", "batch", "growth", "instructions")
ASKED = {
    "growth": ("sparklet", "floor", "mleap"),
    "batch": ("sparklet", "spark"),
    "instructions": ("sparklet", "floor"),
}
FITS = CACHE / "spark4"
DOCS = ROOT / "docs"


def parser() -> argparse.ArgumentParser:
    """Return what the command line understands."""
    made = argparse.ArgumentParser(
        "python -m benchmarks rivals",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    made.add_argument("questions", nargs="*", help=f"of {', '.join(QUESTIONS)}; all by default")
    made.add_argument(
        "--workload",
        nargs="+",
        metavar="NAME",
        help=f"of {', '.join(w.name for w in FLAGSHIPS)}, or a point of a series such as features-1000; "
        f"by default those, and for batch {', '.join(w.name for w in BATCHES)}",
    )
    series = list(dict.fromkeys(point.series for point in SERIES))
    made.add_argument(
        "--series", nargs="+", default=series, metavar="NAME", help=f"for growth: of {', '.join(series)}"
    )
    made.add_argument(
        "--rival", nargs="+", default=list(RIVALS), metavar="NAME", help=f"of {', '.join(RIVALS)}"
    )
    made.add_argument("--rounds", type=int, default=7, help="turns of each rival (%(default)s)")
    made.add_argument("--seconds", type=float, default=0.4, help="of rows in each turn (%(default)s)")
    made.add_argument("--starts", type=int, default=3, help="cold starts of each rival (%(default)s)")
    made.add_argument("--batch-rows", type=int, default=200_000, help="rows of the batch (%(default)s)")
    made.add_argument(
        "--spark-rows", type=int, default=200_000, help="of these, the rows that Spark scores (%(default)s)"
    )
    made.add_argument("--batch-times", type=int, default=3, help="batches that are timed (%(default)s)")
    made.add_argument(
        "--sinks", nargs="+", default=batch.SINKS, choices=batch.SINKS, help="of batches (both by default)"
    )
    made.add_argument("--instruction-rows", type=int, default=300, help="N of 2N - N rows (%(default)s)")
    made.add_argument("--fallback", action="store_true", help="measure sparklet without its C module")
    made.add_argument(
        "--json", metavar="FILE", help="write the figures here; what it holds already is added to"
    )
    made.add_argument(
        "--docs", action="store_true", help="write docs/benchmarks.md and its plots from the figures"
    )
    return made


def main(arguments: Sequence[str]) -> None:
    """Measure what the command line asks for and show it."""
    options = parser().parse_args(arguments)
    questions = options.questions or list(QUESTIONS)
    for kind, given, known in (("question", questions, QUESTIONS), ("rival", options.rival, tuple(RIVALS))):
        for name in given:
            if name not in known:
                raise SystemExit(f"{name!r} is no {kind}; there are {', '.join(known)}")
    unknown = set(options.series) - {point.series for point in SERIES}
    if unknown:
        raise SystemExit(f"there is no series {', '.join(sorted(unknown))}")
    choose(fallback=options.fallback)
    print(said(), file=sys.stderr)
    asked = {question: _workloads(question, options) for question in QUESTIONS if question in questions}
    _fit(list(dict.fromkeys(workload for each in asked.values() for workload in each)))
    rivals = [RIVALS[name] for name in options.rival]
    found: dict[str, Any] = {"facts": _facts() | {"runs": 1}}
    file = Path(options.json) if options.json else None
    if file is not None and file.exists():
        before = json.loads(file.read_text(encoding="utf-8"))
        if before["facts"].get("engine") != said():
            raise SystemExit(f"{file} holds figures of another engine; now {said()}")
        found = before | found
        found["facts"]["runs"] = before["facts"].get("runs", 1) + 1
    for question, workloads in asked.items():
        found[question] = found.get(question, {})
        for workload in workloads:
            figures = _measure(question, workload, rivals, options)
            found[question][workload.name] = found[question].get(workload.name, {}) | figures
            if file is not None:
                file.write_text(json.dumps(found, indent=1), encoding="utf-8")
    print(markdown.page(found))
    if options.docs:
        markdown.write(found, DOCS)


def report(arguments: Sequence[str]) -> None:
    """Write docs/benchmarks.md again from a file of figures."""
    if len(arguments) != 1:
        raise SystemExit("usage: python -m benchmarks report FILE.json")
    markdown.write(json.loads(Path(arguments[0]).read_text(encoding="utf-8")), DOCS)


def _workloads(question: str, options: Any) -> Sequence[Workload]:
    """Return what a question is asked of."""
    if question == "growth":
        return [point for point in SERIES if point.series in options.series]
    if options.workload:
        return chosen(options.workload)
    return {"batch": BATCHES, "instructions": FLAGSHIPS[:3]}.get(question, FLAGSHIPS)


def _measure(
    question: str, workload: Workload, rivals: Sequence[Rival], options: Any
) -> dict[str, dict[str, Any]]:
    """Return the figures of each rival that can be asked."""
    folder = folder_of(FITS, workload)
    names = ASKED.get(question)
    some = [rival for rival in rivals if names is None or rival.name in names]
    if not workload.classifier:
        some = [rival for rival in some if rival.name in ("sparklet", "floor")]
    turns, seconds = options.rounds, options.seconds
    if question == "cold":
        return cold.measure(workload, folder, some, options.starts)
    if question == "batch":
        counts = options.batch_rows, options.batch_times
        return batch.measure(workload, folder, some, *counts, sinks=options.sinks, few=options.spark_rows)
    if question == "growth":
        return rows.measure(workload, folder, some, turns, seconds / 2)
    if question == "instructions":
        return instructions.measure(workload, folder, some, options.instruction_rows)
    return rows.measure(workload, folder, some, turns, seconds)


def _fit(workloads: Sequence[Workload]) -> None:
    missing = [workload.name for workload in workloads if not is_fitted(FITS, workload)]
    if missing:
        words, variables = command(RIVALS["spark"])
        subprocess.run(
            [words[0], "-m", "benchmarks.fit", str(FITS), *missing], check=True, env=variables, cwd=ROOT
        )


def _facts() -> dict[str, Any]:
    import sparklet

    cpu = ""
    information = Path("/proc/cpuinfo")
    if information.exists():
        lines = [
            line
            for line in information.read_text(encoding="utf-8").splitlines()
            if line.startswith("model name")
        ]
        cpu = lines[0].partition(":")[2].strip() if lines else ""
    done = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"],  # noqa: S607 - whichever git built this checkout
        check=False,
        capture_output=True,
        text=True,
        cwd=ROOT,
    )
    return {
        "sparklet": sparklet.__version__,
        "engine": said(),
        "commit": done.stdout.strip() or "unknown",
        "python": platform.python_version(),
        "cpu": cpu or platform.machine(),
        "cores": os.cpu_count(),
        "load": os.getloadavg()[0],
        "when": datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%d"),
    }


if __name__ == "__main__":
    main(sys.argv[1:])
