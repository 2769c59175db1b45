"""Print a row for every stage: load and one-row latency, sparklet beside Spark.

    python -m benchmarks stages                      every stage, with Spark
    python -m benchmarks stages --no-spark           sparklet alone, in seconds
    python -m benchmarks stages Tokenizer 'GBT*'     some stages
    python -m benchmarks stages --json stages.json   the figures as JSON too

Models and rows are the golden cases; answers are compared before anything is timed. Absolute times are this
machine's; quote the ratios.
"""

from __future__ import annotations

import argparse
import fnmatch
import json
import os
import platform
import statistics
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import track
from rich.table import Table

import sparklet
from benchmarks.engine import choose, said
from benchmarks.timing import Timing, timed
from sparklet.stages import registry
from sparklet.testing import assert_same, outcome, spark_session
from sparklet.testing.spark import load_with_spark, to_frame
from tests.oracle import Golden, goldens

GOLDEN = Path(__file__).parents[1] / "tests" / "golden"


@dataclass(frozen=True)
class Row:
    """What was measured for one stage; times in seconds, None where a side cannot do it."""

    stage: str
    case: str
    problem: str = ""
    load: Timing | None = None
    row: Timing | None = None
    spark_load: Timing | None = None
    spark_row: Timing | None = None


def best_case(className: str, known: Sequence[Golden]) -> Golden | None:
    """Return the default golden case of a class, from the newest Spark; else the first whose rows score."""
    own = [golden for golden in known if golden.facts["class"] == className and golden.failure is None]
    own.sort(key=lambda golden: (golden.facts["case"] != "default", -float(golden.release)))
    return next((golden for golden in own if any(isinstance(e, dict) for e in golden.expected)), None)


def measure(className: str, golden: Golden | None, spark: Any | None) -> Row:
    """Return the figures of one stage, or the reason why there are none."""
    stage = className.rpartition(".")[2]
    if golden is None:
        return Row(stage, "", "no golden case with a scored row")
    case = f"{golden.release} {golden.facts['case']}"
    model = golden.load()
    scored = [
        (row, theirs)
        for row, theirs in zip(golden.rows, golden.expected, strict=True)
        if isinstance(theirs, dict)
    ]
    for row, theirs in scored:
        try:
            assert_same(theirs, outcome(model, row), ulps=golden.slack)
        except AssertionError as problem:
            return Row(stage, case, f"differs from Spark: {problem}")
    rows = [row for row, _ in scored]
    load = timed(golden.load, 30)
    turns = iter(rows * (3000 // len(rows) + 2))
    row = timed(lambda: model.scoreInstance(next(turns)), 3000)
    if spark is None:
        return Row(stage, case, "", load, row)
    return Row(stage, case, "", load, row, *_spark(golden, rows[0], spark))


def _spark(golden: Golden, row: Mapping[str, Any], spark: Any) -> tuple[Timing | None, Timing | None]:
    try:
        native = load_with_spark(golden.model, spark)
        frame = to_frame(spark, [row], golden.schema).cache()
        columns = [f"`{name}`" for name in golden.columns]
        return (
            timed(lambda: load_with_spark(golden.model, spark), 3),
            timed(lambda: native.transform(frame).select(columns).collect(), 8),
        )
    except Exception as error:  # noqa: BLE001 - a rival that fails is a row that says so
        print(f"Spark cannot: {golden.id}: {type(error).__name__}", file=sys.stderr)
        return None, None


def show(rows: Sequence[Row]) -> None:
    """Print the table."""
    table = Table(
        "stage",
        "case",
        "load p50",
        "Spark / sparklet",
        "row p50",
        "row p99",
        "Spark / sparklet",
        title="one row per stage",
    )
    for row in rows:
        if row.load is None or row.row is None:
            table.add_row(row.stage, row.case, row.problem)
            continue
        table.add_row(
            row.stage,
            row.case,
            f"{row.load.p50 * 1e3:.2f} ms",
            _ratio(row.spark_load, row.load),
            f"{row.row.p50 * 1e6:.1f} us",
            f"{row.row.p99 * 1e6:.1f} us",
            _ratio(row.spark_row, row.row),
        )
    Console(width=140).print(table)
    for name, pairs in (
        ("load", [(r.spark_load, r.load) for r in rows]),
        ("row", [(r.spark_row, r.row) for r in rows]),
    ):
        ratios = [theirs.p50 / ours.p50 for theirs, ours in pairs if theirs and ours]
        if ratios:
            print(f"{name}: median ratio {statistics.median(ratios):,.0f}x, lowest {min(ratios):,.0f}x")


def _ratio(theirs: Timing | None, ours: Timing) -> str:
    return f"{theirs.p50 / ours.p50:,.0f}x" if theirs else ""


def main(arguments: Sequence[str]) -> None:
    """Measure what the command line asks for."""
    parser = argparse.ArgumentParser(
        "python -m benchmarks stages",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("stages", nargs="*", help="names of stages, * allowed; all by default")
    parser.add_argument("--no-spark", action="store_true", help="measure sparklet alone")
    parser.add_argument("--fallback", action="store_true", help="measure sparklet without its C module")
    parser.add_argument("--json", metavar="FILE", help="write the figures here too")
    options = parser.parse_args(arguments)
    choose(fallback=options.fallback)
    print(said())
    chosen = [
        name
        for name in sorted(registry, key=lambda name: name.rpartition(".")[2])
        if not options.stages or any(fnmatch.fnmatch(name.rpartition(".")[2], p) for p in options.stages)
    ]
    known = goldens(GOLDEN)
    spark = None if options.no_spark else spark_session()
    rows = [
        measure(name, best_case(name, known), spark) for name in track(chosen, console=Console(stderr=True))
    ]
    show(rows)
    if options.json:
        facts = {
            "sparklet": sparklet.__version__,
            "engine": said(),
            "python": platform.python_version(),
            "machine": f"{platform.machine()}, {os.cpu_count()} CPUs",
            "spark": None if spark is None else spark.version,
            "stages": [asdict(row) for row in rows],
        }
        Path(options.json).write_text(json.dumps(facts, indent=1), encoding="utf-8")
