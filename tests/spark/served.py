"""Sparklet in a process of its own, where there is no Java: the same rows singly, together, as a table."""

import os
import pickle
import sys
from pathlib import Path


def main(model, given, target):
    os.environ["PATH"] = os.environ["JAVA_HOME"] = os.environ["SPARK_HOME"] = "/nowhere"

    import pyarrow.parquet as pq

    import sparklet

    loaded = sparklet.load(model, trusted=["shop"], outputs="*", schema={"size": "double"})
    table = pq.read_table(given)
    rows = table.to_pylist()
    scored = [loaded.scoreInstance(row) for row in rows], loaded.scoreInstances(rows)
    Path(target).write_bytes(pickle.dumps(scored))
    pq.write_table(loaded.transform(table), f"{target}.parquet")

    from pyspark import SparkContext

    assert SparkContext._gateway is None


if __name__ == "__main__":
    main(*sys.argv[1:])
