"""Sparklet in a process of its own, where there is no Java: score rows singly."""

import os
import pickle
import sys
from pathlib import Path


def main(model, given, target):
    os.environ["PATH"] = os.environ["JAVA_HOME"] = os.environ["SPARK_HOME"] = "/nowhere"

    import pyarrow.parquet as pq

    import sparklet

    loaded = sparklet.load(model, trusted=["shop"], outputs="*")
    scored = loaded.scoreInstances(pq.read_table(given).to_pylist())
    Path(target).write_bytes(pickle.dumps(scored))

    from pyspark import SparkContext

    assert SparkContext._gateway is None


if __name__ == "__main__":
    main(*sys.argv[1:])
