"""Rows a second and core, from Arrow to Arrow and from file to file, beside Spark's transform.

Both sides read the same Parquet file and add the same outputs. "memory" starts with the table in memory
and gives one in memory: an Arrow table for sparklet, a cached DataFrame and a sink that keeps nothing for
Spark, which so is spared to write. "parquet" reads a file and writes one. Rows are counted against CPU
seconds of the process and all its children, so that the JVM's compiler and collector threads count as the
cores they use; wall seconds stand beside.
"""

from __future__ import annotations

import statistics
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from benchmarks.rivals.adapter import CACHE, Unable
from benchmarks.rivals.process import Process, converted
from benchmarks.rivals.registry import Rival
from benchmarks.workloads import Workload, rows_of, schema_of

__all__ = ["SINKS", "measure"]

SINKS = ("memory", "parquet")
DISTINCT = 20_000  # rows are made once and repeated to the count that is asked for


def measure(
    workload: Workload, folder: Path, rivals: Sequence[Rival], count: int, times: int
) -> dict[str, dict[str, Any]]:
    """Return for each rival and sink: rows, and the median of wall and CPU seconds."""
    path = str(_table(workload, count))
    results: dict[str, dict[str, Any]] = {rival.name: {} for rival in rivals}
    taken: dict[tuple[str, str], list[dict[str, Any]]] = {}
    with ExitStack() as stack:
        alive: dict[str, Process] = {}
        for rival in rivals:
            try:
                process = stack.enter_context(Process(rival))
                process.ask("load", path=converted(rival, folder)[0])
                alive[rival.name] = process
            except Unable as problem:
                results[rival.name]["problem"] = str(problem)
        for sink in SINKS:
            for turn in range(times + 1):
                for name, process in list(alive.items()):
                    print(
                        f"batch of {count:,}: {workload.name}, {name}, {sink}, {turn or 'to warm up'}",
                        file=sys.stderr,
                    )
                    try:
                        reply = process.ask("batch", path=path, sink=sink, limit=1800.0)
                    except Unable as problem:
                        results[name]["problem"] = str(problem)
                        del alive[name]
                        continue
                    if turn:
                        taken.setdefault((name, sink), []).append(reply)
    for (name, sink), replies in taken.items():
        medians = {key: statistics.median(reply[key] for reply in replies) for key in ("seconds", "cpu")}
        rows = replies[0]["rows"]
        results[name][sink] = medians | {"rows": rows, "rows a second and core": rows / medians["cpu"]}
    return results


def _table(workload: Workload, count: int) -> Path:
    import pyarrow as pa
    import pyarrow.parquet as pq

    path = CACHE / "tables" / f"{workload.table}-{workload.width}-{count}.parquet"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        kinds = {"string": pa.string(), "double": pa.float64()}
        schema = pa.schema([(name, kinds[kind]) for name, kind in schema_of(workload).items()])
        part = pa.Table.from_pylist(rows_of(workload, min(count, DISTINCT), 3), schema)
        table = pa.concat_tables([part] * -(-count // len(part))).slice(0, count).combine_chunks()
        pq.write_table(table, path)
    return path
