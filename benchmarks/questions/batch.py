"""Rows a second and core, from Arrow to Arrow and from file to file, beside Spark's transform.

Both sides read the same Parquet file and add the same outputs. "memory" starts with the table in memory
and gives one in memory: an Arrow table for sparklet, a cached DataFrame and a sink that keeps nothing for
Spark, which so is spared to write. "parquet" reads a file and writes one. Rows are counted against CPU
seconds of the process and all its children, so that the JVM's compiler and collector threads count as the
cores they use; wall seconds stand beside.

Before anything is timed, each side writes its answers to the rows that Spark scores, and these are compared
with those of a Spark of its own whose BLAS is pinned to the reference.
"""

from __future__ import annotations

import statistics
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.rivals.adapter import CACHE, Unable
from benchmarks.rivals.agreement import CLOSE, Agreement
from benchmarks.rivals.process import Process, converted
from benchmarks.rivals.registry import RIVALS, Rival
from benchmarks.workloads import Workload, rows_of, schema_of

__all__ = ["SINKS", "compared", "measure", "rows_for"]

SINKS = ("memory", "parquet")
DISTINCT = 1_000_000  # values are made once, as whole rows, and repeated to the count that is asked for
CELLS = 50_000_000  # values in a table: a wide one has fewer rows
ROW = "row"  # the column that tells which row an answer belongs to
LIMIT = 3600.0  # seconds


def measure(
    workload: Workload,
    folder: Path,
    rivals: Sequence[Rival],
    count: int,
    times: int,
    sinks: Sequence[str] = SINKS,
    few: int = DISTINCT,
) -> dict[str, dict[str, Any]]:
    """Return for each rival its agreement with Spark and, for each sink, medians of wall and CPU seconds.

    Spark scores the first `few` rows, and those are compared, because its forests take minutes for all rows.
    """
    count = rows_for(workload, count)
    path, short = str(_table(workload, count)), str(_table(workload, min(count, few)))
    results: dict[str, dict[str, Any]] = {rival.name: {} for rival in rivals}
    taken: dict[tuple[str, str], list[dict[str, Any]]] = {}
    with ExitStack() as stack:
        alive: dict[str, Process] = {}
        reference = _reference(folder, short)
        for rival in rivals:
            print(f"answers to {min(count, few):,} rows: {workload.name}, {rival.name}", file=sys.stderr)
            try:
                process = stack.enter_context(Process(rival))
                process.ask("load", path=converted(rival, folder)[0])
                scored = process.ask("batch", path=short, sink="parquet", limit=LIMIT)["scored"]
                results[rival.name]["agreement"] = asdict(compared(scored, reference, workload.outputs))
                alive[rival.name] = process
            except Unable as problem:
                results[rival.name]["problem"] = str(problem)
        for sink in sinks:
            for turn in range(times + 1):
                for name, process in list(alive.items()):
                    print(
                        f"batch: {workload.name}, {name}, {sink}, {turn or 'to warm up'}",
                        file=sys.stderr,
                    )
                    try:
                        table = short if name == "spark" else path
                        reply = process.ask("batch", path=table, sink=sink, limit=LIMIT)
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


def rows_for(workload: Workload, count: int) -> int:
    """Return how many rows are scored where `count` are asked for: fewer where they are wide."""
    return min(count, CELLS // len(schema_of(workload)))


def _table(workload: Workload, count: int) -> Path:
    import pyarrow as pa
    import pyarrow.parquet as pq

    path = CACHE / "tables" / f"{workload.table}-{workload.width}-{count}-numbered.parquet"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        kinds = {"string": pa.string(), "double": pa.float64()}
        columns = schema_of(workload)
        schema = pa.schema([(name, kinds[kind]) for name, kind in columns.items()])
        part = pa.Table.from_pylist(rows_of(workload, min(count, DISTINCT // len(columns)), 3), schema)
        table = pa.concat_tables([part] * -(-count // len(part))).slice(0, count).combine_chunks()
        pq.write_table(table.append_column(ROW, pa.array(np.arange(count))), path)
    return path


def _reference(folder: Path, path: str) -> str:
    print("answers of a Spark whose BLAS is pinned", file=sys.stderr)
    with Process(RIVALS["spark"]) as process:
        process.ask("load", path=str(folder / "model"))
        written: str = process.ask("reference", path=path, limit=LIMIT)["scored"]
    return written


def compared(scored: str, expected: str, outputs: Sequence[str]) -> Agreement:
    """Compare all rows of two Parquet files that have the column "row" and the same dense outputs."""
    rows, ours = _flat(scored, outputs)
    wanted, theirs = _flat(expected, outputs)
    if ours.shape != theirs.shape or (rows != wanted).any():
        return Agreement(0, 0, len(wanted), ", ".join(outputs), f"{ours.shape} values for {theirs.shape}")
    equal = (ours.view(np.int64) == theirs.view(np.int64)).all(axis=1)
    close = (np.abs(ours - theirs) <= CLOSE * np.maximum(1.0, np.abs(theirs))).all(axis=1)
    if "prediction" in outputs:
        close &= ours[:, -1] == theirs[:, -1]
    wrong = np.flatnonzero(~equal & ~close)
    example = f"row {wrong[0]}: {ours[wrong[0]]} where Spark has {theirs[wrong[0]]}" if wrong.size else ""
    counts = int(equal.sum()), int((close & ~equal).sum()), len(wrong)
    return Agreement(*counts, ", ".join(outputs), example)


def _flat(path: str, outputs: Sequence[str]) -> tuple[Any, Any]:
    """Return the numbers of the rows, in order, and for each its outputs as one line of doubles."""
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    table = pq.read_table(path, columns=[ROW, *outputs]).sort_by(ROW).combine_chunks()
    parts = []
    for name in outputs:
        column = table.column(name).combine_chunks()
        if pa.types.is_struct(column.type):
            if not pc.all(pc.equal(pc.struct_field(column, "type"), 1)).as_py():
                raise Unable(f"{name} has sparse vectors, which are not compared")
            column = pc.list_flatten(pc.struct_field(column, "values"))
        parts.append(column.to_numpy(zero_copy_only=False).reshape(table.num_rows, -1))
    return table.column(ROW).to_numpy(), np.ascontiguousarray(np.hstack(parts))
