"""Fit workloads with the PySpark of this Python and write the models with the answers Spark gives.

    python -m benchmarks.fit CACHE lr gbt       folders CACHE/<workload>-<key>/, made where they are absent

Each folder holds `model` (what `PipelineModel.save` wrote), `rows.json` (rows to score), `expected.json`
(Spark's outputs for them, its BLAS pinned to the reference) and `facts.json`.
"""

from __future__ import annotations

import json
import shutil
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.workloads import Workload, chosen, rows_of, schema_of, stages_of

__all__ = ["fit", "folder_of", "is_fitted"]

ROWS = 1000
COLLAPSE = "org.apache.spark.sql.catalyst.optimizer.CollapseProject"
CELLS = 200_000  # a wide workload has fewer rows


def folder_of(cache: Path, workload: Workload) -> Path:
    """Return where the fit of a workload is kept."""
    return cache / workload.key


def is_fitted(cache: Path, workload: Workload) -> bool:
    """Tell whether the fit is there and whole: the facts are written last."""
    return (folder_of(cache, workload) / "facts.json").exists()


def fit(workload: Workload, cache: Path, spark: Any) -> None:
    """Fit one workload and let Spark score its rows."""
    from pyspark.ml import Pipeline

    from sparklet.testing.spark import to_frame

    folder = folder_of(cache, workload)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    schema = schema_of(workload)
    training = to_frame(
        spark, rows_of(workload, workload.train, 1, training=True), {**schema, "label": "double"}
    )
    start = time.perf_counter()
    model = Pipeline(stages=stages_of(workload)).fit(training.cache())
    seconds = time.perf_counter() - start
    training.unpersist()
    model.save(str(folder / "model"))
    rows = rows_of(workload, min(ROWS, CELLS // len(schema)), 2)
    scored = model.transform(to_frame(spark, rows, schema)).select(*workload.outputs).collect()
    answers = [
        [value if isinstance(value, float) else value.toArray().tolist() for value in row] for row in scored
    ]
    _write(folder / "rows.json", rows)
    _write(folder / "expected.json", answers)
    facts = {
        "spark": spark.version,
        "seconds": seconds,
        "title": workload.title,
        "schema": schema,
        "outputs": workload.outputs,
    }
    _write(folder / "facts.json", facts)


def _write(path: Path, value: Any) -> None:
    path.write_text(json.dumps(value), encoding="utf-8")


def main(arguments: Sequence[str]) -> None:
    """Fit what is asked for and absent."""
    from sparklet.testing.spark import spark_session

    cache = Path(arguments[0])
    missing = [workload for workload in chosen(arguments[1:]) if not is_fitted(cache, workload)]
    if not missing:
        return
    # Takes minutes where a stage adds a thousand columns, and does not change an answer.
    spark = spark_session(spark_sql_optimizer_excludedRules=COLLAPSE)
    try:
        for place, workload in enumerate(missing, 1):
            print(f"fitting {workload.name} ({place} of {len(missing)}): {workload.title}", file=sys.stderr)
            fit(workload, cache, spark)
    finally:
        spark.stop()


if __name__ == "__main__":
    main(sys.argv[1:])
