"""What rivals' adapters share; an adapter is a module with some of these functions.

    prepare(folder, target)     convert the fitted model once, untimed, into the folder `target`
    load(path) -> model         what is timed as load; `path` is the saved model, or the folder `target`
    score_one(model, row)       a dict in; the rival's own answer out
    answer(result) -> [raw, probability, prediction]     as floats, None for what the rival does not give;
                                                         [features] of a pipeline without a classifier
    scorer(model) -> function   where a bound method spares a call: the function that is timed
    score_batch(model, path, sink) -> figures            a Parquet file in; see batch.py
    reference(model, path) -> figures                    Spark's answers with the reference BLAS

Nothing is imported here but the standard library: rivals run in environments of their own.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

__all__ = ["CACHE", "OUTPUTS", "Unable", "answer", "family", "first_line"]

OUTPUTS = ("rawPrediction", "probability", "prediction")

CACHE = Path(os.environ.get("SPARKLET_BENCH_CACHE") or Path(__file__).parents[1] / ".cache")
"""Where environments, fitted models and builds are kept; `make clean` removes it."""


class Unable(Exception):  # noqa: N818 - no fault: a rival that cannot is a row that says so
    """Say in one line why a rival cannot do what was asked."""


def first_line(error: BaseException) -> str:
    """Return the first line that tells something of an error, with its class."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    text = lines[0] if lines else ""
    return text if isinstance(error, Unable) else f"{type(error).__name__}: {text}"[:240]


def family(process: int) -> Iterator[Path]:
    """Yield the folders in /proc of a process and of all beneath it; threads may end meanwhile."""
    waiting = [process]
    while waiting:
        folder = Path("/proc", str(waiting.pop()))
        yield folder
        with suppress(OSError):
            for task in list((folder / "task").iterdir()):
                with suppress(OSError):
                    waiting += map(int, (task / "children").read_text(encoding="utf-8").split())


def answer(result: Mapping[str, Any]) -> list[Any]:
    """Return sparklet's and the floor's outputs as floats, in Spark's order."""
    names = OUTPUTS if "prediction" in result else ("features",)
    values = [result[name] for name in names]
    return [value if isinstance(value, float) else value.toArray().tolist() for value in values]
