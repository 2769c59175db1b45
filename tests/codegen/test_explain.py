"""The generated source: what a person reads, and what never gets into it."""

from __future__ import annotations

import sparklet
from sparklet.columns import quoted
from tests.models import CITY, indexer, save_pipeline, save_stage


def test_stage_by_stage(tmp_path):
    text = sparklet.load(save_pipeline(tmp_path / "m", CITY)).explain()
    for line in (
        "2 columns in, 1 column out, ",
        "= row['city']  # string, inferred",
        "StringIndexerModel si",
        "  'city' -> 'city_i': double",
        "  'age', 'city_v' -> 'features': vector(2)",
        "    # nothing to do: its segments are used as they are",
        "  'features' -> 'prediction': double",
        "    'prediction': v",
    ):
        assert line in text


def test_no_text_of_a_model_reaches_the_source(tmp_path, monkeypatch):
    monkeypatch.setenv("SPARKLET_NATIVE", "0")
    evil = "'); import os; os.abort() #\n__import__('os').abort()"
    stage = indexer(evil, (evil, "SF"), inputCol=quoted(evil), outputCol=evil + "x")
    model = sparklet.load(save_pipeline(tmp_path / "m", (stage,)))
    assert model.scoreInstance({evil: evil}) == {evil + "x": 0.0}
    source = model._score.__globals__["__loader__"].text
    assert "def score(row):" in source
    assert "abort" not in source
    assert "SF" not in source
    assert "\n__import__" not in model.explain()


def test_unused_columns_are_no_lines(tmp_path):
    path = save_pipeline(tmp_path / "m", CITY)
    assert "linear" not in sparklet.load(path, outputs=["city_i"]).explain().lower()


def test_a_wide_vector_is_not_written_out(tmp_path):
    names = [f"x{i}" for i in range(3000)]
    save_stage(
        tmp_path / "m",
        "org.apache.spark.ml.feature.VectorAssembler",
        "va",
        {"inputCols": names, "outputCol": "features"},
    )
    model = sparklet.load(tmp_path / "m")
    row = {name: float(i) for i, name in enumerate(names)}
    assert model.scoreInstance(row)["features"].values == tuple(map(float, range(3000)))
