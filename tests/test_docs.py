"""The examples of the documents: they run as they stand."""

from __future__ import annotations

import doctest
from pathlib import Path

from tests.models import FEATURE, assembler, indexer, save_pipeline

DOCS = Path(__file__).resolve().parent.parent / "docs"


def test_names(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    index = indexer("ix", ("red", "blue"), inputCol="`a.b`", outputCol="colour", handleInvalid="keep")
    save_pipeline("model", [index, assembler(inputs=("colour", "user.age", "user.geo.lat"))])
    statement = "SELECT *, user.city AS city, tags['n'] AS n FROM __THIS__"
    save_pipeline("sql", [(f"{FEATURE}SQLTransformer", "sql", {"statement": statement}, None)])
    failed, tried = doctest.testfile(str(DOCS / "names.md"), module_relative=False)
    assert (failed, tried) == (0, 8)
