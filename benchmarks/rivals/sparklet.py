"""sparklet itself: the folder that Spark saved, as it is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import sparklet
from benchmarks.rivals.adapter import answer

__all__ = ["answer", "load", "score_batch", "score_one", "scorer"]


def load(path: str) -> Any:
    """Load the model; the numbers of all workloads are doubles, as they are inferred."""
    return sparklet.load(path, undeclared="infer")


def score_one(model: Any, row: Mapping[str, Any]) -> Any:
    """Score a row."""
    return model.scoreInstance(row)


def scorer(model: Any) -> Callable[[Mapping[str, Any]], Any]:
    """Return what is timed."""
    found: Callable[[Mapping[str, Any]], Any] = model.scoreInstance
    return found


def score_batch(model: Any, path: str, sink: str) -> dict[str, Any]:
    """Score an Arrow table and give one back; `sink` "parquet" reads and writes files, "memory" does not."""
    import time

    import pyarrow.parquet as pq

    start = time.perf_counter(), time.process_time()
    table = pq.read_table(path, use_threads=False)
    if sink == "memory":
        start = time.perf_counter(), time.process_time()
    scored, target = model.transform(table), f"{path}.sparklet-scored"
    if sink == "parquet":
        pq.write_table(scored, target)
    wall, cpu = time.perf_counter() - start[0], time.process_time() - start[1]
    return {"rows": scored.num_rows, "seconds": wall, "cpu": cpu, "scored": target}
