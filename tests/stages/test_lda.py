"""LDA on documents that no Spark could finish: negative counts send its iteration round without end."""

from __future__ import annotations

import random
import time

import pytest

from sparklet.errors import InvalidValueError
from sparklet.linalg import DenseVector
from tests.conftest import GOLDEN
from tests.oracle import goldens


@pytest.mark.parametrize("size", [10.0**2, 10.0**3, 10.0**5, 10.0**9])
def test_negative_counts_end_in_an_answer_or_an_error(size):
    (golden,) = goldens(GOLDEN / "4.3" / "LocalLDAModel" / "default")
    model = golden.load()
    (name,) = golden.schema
    rng = random.Random(size)
    outcomes = set()
    start = time.process_time()
    for _ in range(4):
        counts = [rng.uniform(-size, size) for _ in golden.rows[0][name]]
        try:
            outcomes.add(tuple(model.scoreInstance({name: DenseVector(counts)})))
        except InvalidValueError as error:
            outcomes.add(str(error).partition("column 'features': ")[2][:7])
    assert outcomes <= {("topicDistribution",), "topics ", "digamma"}
    assert outcomes != {("topicDistribution",)}
    assert time.process_time() - start < 20.0  # one document took over 10 s, and most never ended
