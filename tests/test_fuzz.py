"""What a grammar can write, against live Spark: SQL expressions, and patterns of RegexTokenizer."""

from __future__ import annotations

import random
from collections import Counter
from pathlib import Path

import pytest

from sparklet.errors import PatternError
from sparklet.java.regex import java_pattern
from sparklet.testing import compare_with_spark
from tests.java.test_regex import random_pattern, random_text
from tests.sql.compositions import Grammar
from tests.sql.test_expressions import differing

pytestmark = pytest.mark.parity

EXPRESSIONS, PATTERNS, STAGES, TEXTS = 1_500, 280, 20, 40


def test_sql_expressions(spark, request, capsys):
    """Give Spark's value and type for every composed expression, or refuse it at load."""
    from tests.sql.generate import Oracle

    line = ".".join(spark.version.split(".")[:2])
    table = Grammar(line).table(EXPRESSIONS, request.config.getoption("--parity-seed"))
    answers = Oracle(spark, table).ask(table.expressions)
    counts, problems, values = Counter(), [], 0
    for expression, answer in zip(table.expressions, answers, strict=True):
        found = differing(table, line, expression, answer)
        if found and found[0].startswith("refused"):
            counts["refused by sparklet alone"] += 1
        elif found:
            problems.append(f"{expression}: {found[0]} ({len(found)})")
        elif "values" not in answer:
            counts["refused by both"] += 1
        else:
            counts["the same"] += 1
            values += len(answer["values"])
    with capsys.disabled():
        print(f"\nSQL on {line}: {values} values, expressions {dict(counts)}, {len(problems)} differ")
    assert not problems, f"{len(problems)} differ\n" + "\n".join(problems)
    assert values >= 10_000
    assert counts["the same"] >= 0.6 * EXPRESSIONS


def test_patterns(spark, request, capsys, tmp_path):
    """Cut and find as RegexTokenizer does, by every pattern that is not refused at load."""
    from pyspark.ml import PipelineModel
    from pyspark.ml.feature import RegexTokenizer

    rng = random.Random(f"patterns-{request.config.getoption('--parity-seed')}")
    java = spark.sparkContext._jvm.java.util.regex.Pattern
    patterns, refused = [], 0
    while len(patterns) < PATTERNS:
        pattern = random_pattern(rng)
        try:
            java_pattern(pattern)
        except PatternError:
            refused += 1
            continue
        java.compile(pattern)  # what sparklet takes, Java takes
        patterns.append(pattern)
    rows = [{"text": random_text(rng, 30)} for _ in range(TEXTS - 1)] + [{"text": None}]
    values = 0
    for start in range(0, PATTERNS, STAGES):
        stages = [
            RegexTokenizer(
                inputCol="text",
                outputCol=f"o{place}",
                pattern=pattern,
                gaps=rng.random() < 0.6,
                toLowercase=rng.random() < 0.5,
                minTokenLength=rng.choice((0, 1, 1, 2)),
            )
            for place, pattern in enumerate(patterns[start : start + STAGES])
        ]
        path = str(Path(tmp_path) / str(start))
        PipelineModel(stages).save(path)
        agreement = compare_with_spark(path, rows, spark, schema={"text": "string"})
        assert agreement.same, "\n".join(map(str, agreement.problems()))
        values += agreement.values
    with capsys.disabled():
        print(f"\n{PATTERNS} patterns ({refused} more refused), {values} texts cut, all the same")
    assert values >= 10_000
