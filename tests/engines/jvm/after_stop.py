"""Run by test_after_stop.py with a JVM of its own: load, let Spark end, clear what is softly held, score."""

from __future__ import annotations

import sys

from py4j.protocol import Py4JError

from sparklet.engines.jvm import connect
from sparklet.same import differences
from sparklet.testing.compare import settled
from tests.engines.jvm.scoring import load_golden
from tests.oracle import goldens


def main(folders: list[str]) -> int:
    """Print what differs from Spark's stored answers; return how much that is."""
    found = [golden for folder in folders for golden in goldens(folder)]
    models = [load_golden(golden) for golden in found]
    jvm = connect().java.jvm
    if not jvm.org.apache.spark.sql.SparkSession.getDefaultSession().isEmpty():
        print("a SparkContext is still running")
        return 1
    try:  # before Java says that memory is out, it has cleared every soft reference
        # By reflection, which hands an Error on; py4j's own way to make an array loses the connection.
        make, kind = jvm.java.lang.reflect.Array.newInstance, jvm.java.lang.Long.TYPE
        held = [make(kind, 1 << 22) for _ in range(400)]
    except Py4JError as error:
        if "OutOfMemoryError" not in str(error):
            raise
    else:
        print(f"{len(held)} arrays did not fill the heap")
        return 1
    wrong = 0
    for golden, model in zip(found, models, strict=True):
        for row, expected in zip(golden.rows, golden.expected, strict=True):
            if not isinstance(expected, dict):
                continue
            unordered = golden.facts["unordered"]
            scored = model.scoreInstance(row)
            problem = next(differences(settled(expected, unordered), settled(scored, unordered)), None)
            if problem:
                wrong += 1
                print(golden.id, problem)
    print(f"{len(models)} models, {wrong} wrong")
    return wrong


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
