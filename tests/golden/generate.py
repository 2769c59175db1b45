"""Write the golden files with a live Spark: run once in an environment with each Spark line that is kept.

    PYTHONPATH=src python tests/golden/generate.py                      # every case
    PYTHONPATH=src python tests/golden/generate.py 'Bucketizer-*' …     # some, by stage-case pattern
    PYTHONPATH=src python tests/golden/generate.py --missing            # those that have no golden yet
    PYTHONPATH=src python tests/golden/generate.py --facts   # recipes edited without effect

Only pyspark computes here; sparklet's part is the notation of rows.
"""

from __future__ import annotations

import argparse
import fnmatch
import importlib
import sys
import time
import traceback
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent.parent))

from sparklet.testing.spark import spark_session  # noqa: E402
from tests.oracle.cases import cases  # noqa: E402 - the path above is what makes tests importable
from tests.oracle.golden import refresh_facts, write_golden  # noqa: E402

# One golden keeps Spark's _SUCCESS and .crc files, as a folder copied from production has them.
KEEPS_MARKERS = {"StringIndexerModel-default"}


def main() -> int:
    """Write the goldens that the command line asks for; return the number of cases that failed."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("patterns", nargs="*", default=["*"], help="stage-case patterns")
    parser.add_argument("--missing", action="store_true", help="only cases without a golden")
    parser.add_argument("--facts", action="store_true", help="only bring recipes and exactness up to date")
    parser.add_argument("--list", action="store_true", help="print the chosen cases and stop")
    options = parser.parse_args()

    importlib.import_module("tests.cases").load_all()
    chosen = [
        case for case in cases() if any(fnmatch.fnmatch(case.id, pattern) for pattern in options.patterns)
    ]
    if options.list:
        print(*(case.id for case in chosen), sep="\n")
        return 0
    if options.facts:
        for case in chosen:
            refresh_facts(case, HERE)
        return 0
    for case in chosen:
        _ = case.source  # read now: files may be edited while Spark runs
    spark = spark_session()
    version = tuple(map(int, spark.version.split(".")[:2]))
    line = ".".join(map(str, version))
    failed = 0
    for case in chosen:
        done = (HERE / line / case.stage / case.name / "case.json").exists()
        if case.since > version or (options.missing and done):
            continue
        start = time.perf_counter()
        try:
            golden = write_golden(case, spark, HERE, keep_markers=case.id in KEEPS_MARKERS)
        except Exception:
            failed += 1
            print(f"FAILED {case.id}\n{traceback.format_exc()}", flush=True)
            continue
        outcomes = golden.expected
        scored, dropped = (
            sum(isinstance(outcome, dict) for outcome in outcomes),
            sum(o is None for o in outcomes),
        )
        result = (
            golden.failure or f"{scored} scored, {dropped} dropped, {len(outcomes) - scored - dropped} failed"
        )
        print(f"{golden.id}: {result} ({time.perf_counter() - start:.1f} s)", flush=True)
    spark.stop()
    return failed


if __name__ == "__main__":
    raise SystemExit(main())
