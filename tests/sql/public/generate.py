"""Ask a live Spark what every public statement gives, and keep the answers.

    PYTHONPATH=src python tests/sql/public/generate.py

Run it once with each Spark line that is kept. The rows are a local relation, which Spark evaluates while it
plans, so that no job is started for most statements.
"""

from __future__ import annotations

import json
import logging
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT))

from sparklet.testing.spark import SparkFailure, spark_session, to_frame  # noqa: E402
from tests.oracle.encoding import encode  # noqa: E402 - the path above is what makes tests importable
from tests.sql.public.corpus import COLUMNS, ROWS, adds_columns, statements  # noqa: E402

ANSWERS = ROOT / "tests" / "sql" / "answers"


def answer(spark: Any, statement: str) -> dict[str, Any]:
    """Return the names, types and rows that a statement gives, or what it is refused with or fails with."""
    try:
        frame = spark.sql(statement.replace("__THIS__", "rows"))
    except Exception as exception:
        return {"refused": SparkFailure.of(exception).error[:100]}
    skip = len(COLUMNS) if adds_columns(statement) else 0
    try:
        rows = [list(row) for row in frame.collect()]
    except Exception as exception:
        return {"fails": SparkFailure.of(exception).error[:100]}
    fields = frame.schema.fields[skip:] if len(frame.columns) > skip else frame.schema.fields[:1]
    start = skip if len(frame.columns) > skip else 0
    return {
        "names": [field.name for field in fields],
        "types": [field.dataType.simpleString() for field in fields],
        "rows": encode([row[start : start + len(fields)] for row in rows]),
    }


def main() -> None:
    """Write answers/<line>/public.json."""
    spark = spark_session()
    logging.getLogger("SQLQueryContextLogger").setLevel(logging.CRITICAL)
    made = to_frame(spark, ROWS, COLUMNS)
    local = spark._jsparkSession.createDataFrame(made._jdf.collectAsList(), made._jdf.schema())
    local.createOrReplaceTempView("rows")
    answers = {statement: answer(spark, statement) for statement in statements()}
    line = ".".join(spark.version.split(".")[:2])
    lines = [f"{json.dumps(statement)}: {json.dumps(found)}" for statement, found in answers.items()]
    (ANSWERS / line / "public.json").write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")
    print(line, len(answers), flush=True)
    spark.stop()


if __name__ == "__main__":
    main()
