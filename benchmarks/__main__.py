"""Measure sparklet beside its rivals, in one run, answers compared first.

python -m benchmarks                         everything, with quick defaults: what `make bench` runs
python -m benchmarks rivals --help           sparklet, Spark, MLeap, ONNX, JPMML, MLflow and a floor in C
python -m benchmarks stages --help           a row for every stage, sparklet beside Spark
python -m benchmarks report FILE.json        write docs/benchmarks.md and its plots again from saved figures
python -m benchmarks.serving --help          `sparklet serve` beside FastAPI by hand
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

__all__: list[str] = []


def main(arguments: Sequence[str]) -> int:
    """Hand on to the script that is asked for."""
    first, *rest = arguments or ["all"]
    if first not in ("all", "rivals", "report", "stages") or (first == "all" and rest):
        print(__doc__)
        return 0 if first in ("-h", "--help") else 2
    if first in ("all", "rivals", "report"):
        from benchmarks import compare

        (compare.report if first == "report" else compare.main)(rest)
    if first in ("all", "stages"):
        from benchmarks import stages

        stages.main(rest)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
