"""An author's stage over many rows in Spark, next to the same arithmetic in a pandas UDF written by hand.

    python -m benchmarks.offline                 10,000,000 rows
    python -m benchmarks.offline --rows 100000   a look

Both read the same Parquet table in one session and write Parquet, turn by turn; answers are compared first.
The row function (`scoreInstance`) is measured on a tenth of the rows.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

EXAMPLES = str(Path(__file__).resolve().parents[1] / "examples")


def table(spark: Any, rows: int, path: str) -> None:
    """Write a table of two doubles, an integer and a text."""
    spark.range(0, rows, 1, 8).selectExpr(
        "id",
        "CAST(hash(id) AS double) / 1e6 AS x",
        "CAST(hash(id, 7) AS double) / 1e6 AS y",
        "concat('c', id % 100) AS city",
    ).write.parquet(path)


def by_hand(frame: Any) -> Any:
    """Return the frame with the arithmetic of `shop.stages.Wave` in a pandas UDF."""
    from pyspark.sql.functions import pandas_udf

    @pandas_udf("double")
    def wave(x: pd.Series, y: pd.Series) -> pd.Series:
        return np.sqrt(x * x + y * y) * 0.5 + np.abs(x - y) / (1.0 + np.abs(y))

    return frame.withColumn("z", wave("x", "y"))


def seconds(work: Callable[[], object]) -> float:
    """Return how long a call takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--master", default="local[1]")
    options = parser.parse_args()
    sys.path.insert(0, EXAMPLES)
    from shop.stages import Ratio, Wave

    from sparklet.spark import embedded_session, predict_offline, ship

    spark = embedded_session(
        options.master, {"spark.driver.memory": "2g", "spark.ui.showConsoleProgress": "false"}
    )
    spark.sparkContext.setLogLevel("ERROR")
    ship(spark, ["shop"])
    stage = Wave(inputCols=["x", "y"], outputCol="z")
    slow = Ratio(inputCols=["x", "y"], outputCol="z")
    with tempfile.TemporaryDirectory() as temporary:
        source, few, target = (f"{temporary}/{name}" for name in ("rows", "few", "scored"))
        table(spark, options.rows, source)
        table(spark, max(1, options.rows // 10), few)
        given = spark.read.parquet(source)
        both = by_hand(stage.transform(given.where("id < 100000")).withColumnRenamed("z", "ours"))
        compared, different = both.count(), both.where("NOT (ours <=> z)").count()
        print(f"PySpark {spark.version}, {options.master}, {options.rows:,} rows")
        print(f"{different:,} of {compared:,} values that were compared differ")

        def job(model: Any, path: str) -> object:
            return predict_offline(model, spark.read.parquet(path), target, mode="overwrite")

        def hand() -> None:
            by_hand(spark.read.parquet(source)).write.mode("overwrite").parquet(target)

        job(stage, few)
        taken: dict[str, list[float]] = {"sparklet scoreBatch": [], "pandas UDF by hand": []}
        hand()
        turns = [("sparklet scoreBatch", lambda: job(stage, source)), ("pandas UDF by hand", hand)]
        for turn in range(options.rounds):
            # Whoever goes second finds a warmer machine: each does so every other time.
            for name, work in turns[:: 1 if turn % 2 else -1]:
                taken[name].append(seconds(work))
        for name, times in taken.items():
            middle = statistics.median(times)
            print(f"{name:24} {middle:8.2f} s  {options.rows / middle:12,.0f} rows/s")
        ratios = [one / other for one, other in zip(*taken.values(), strict=True)]
        spread = f"({min(ratios):.2f} to {max(ratios):.2f})"
        print(f"{'time, ours / by hand':24} {statistics.median(ratios):8.2f}   {spread}")
        once = seconds(lambda: job(slow, few))
        print(f"{'sparklet scoreInstance':24} {once:8.2f} s  {options.rows / 10 / once:12,.0f} rows/s")
    spark.stop()


if __name__ == "__main__":
    main()
