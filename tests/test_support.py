"""What is registered: every class of the newest PySpark, and a page that says so."""

from __future__ import annotations

import importlib
import importlib.util
import sys
import zipfile
from pathlib import Path

import pytest

from sparklet.sql import listed
from sparklet.sql.unlisted import REASONS
from sparklet.stages import registry
from tests.sql.asked import TABLES

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "support.md"
# Left out of the jar's list of services.
COMPOSITES = {
    "org.apache.spark.ml.PipelineModel",
    "org.apache.spark.ml.classification.OneVsRestModel",
    "org.apache.spark.ml.tuning.CrossValidatorModel",
    "org.apache.spark.ml.tuning.TrainValidationSplitModel",
}
EXEMPT = {
    # Spark Connect's own; no user can save them.
    "org.apache.spark.ml.clustering.PowerIterationClusteringWrapper",
    "org.apache.spark.ml.util.ConnectHelper",
}


def services() -> set[str]:
    """Return the Transformer classes that PySpark's jar lists."""
    spec = importlib.util.find_spec("pyspark")
    if spec is None or spec.origin is None:
        pytest.skip(reason="needs PySpark's jars")
    (jar,) = (Path(spec.origin).parent / "jars").glob("spark-mllib_2*.jar")
    name = "META-INF/services/org.apache.spark.ml.Transformer"
    with zipfile.ZipFile(jar) as content:
        if name not in content.namelist():
            pytest.skip(reason="this Spark's jar lists no services")
        lines = content.read(name).decode().splitlines()
    return {line.strip() for line in lines if line.strip() and not line.startswith("#")}


def test_every_class_of_spark_is_registered_or_exempt():
    known = services() | COMPOSITES
    missing = sorted(known - set(registry) - EXEMPT)
    print(f"\n{len(known - EXEMPT)} classes of Spark, {len(known & set(registry))} registered")
    assert not missing


def test_exemptions_are_needed():
    assert not EXEMPT & set(registry)


def test_the_page_lists_what_is_registered():
    page = PAGE.read_text(encoding="utf-8")
    listed = {line.split(" | ")[0].removeprefix("| ") for line in page.splitlines() if line.startswith("| ")}
    assert listed - {"class", "---"} == {name.removeprefix("org.apache.spark.ml.") for name in registry}


def test_the_page_of_sql_lists_what_is_compiled(monkeypatch):
    monkeypatch.setattr(sys, "path", [str(ROOT / "tools"), *sys.path])
    sql_page = importlib.import_module("sql_page")
    assert sql_page.PAGE.read_text(encoding="utf-8") == sql_page.page(), "run tools/sql_page.py"
    assert set(REASONS) <= sql_page.registry() - set(listed())
    inexact = [expression for table in TABLES if table.ulps for expression in table.expressions]
    assert {expression.partition("(")[0] for expression in inexact} == set(sql_page.INEXACT)
