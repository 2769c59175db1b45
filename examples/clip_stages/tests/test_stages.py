"""The stages of this package, checked against the scores that Spark gave when `save.py` ran."""

from pathlib import Path

from sparklet.testing import check_stage

MODEL = Path(__file__).parent / "model"


def test_the_pipeline_of_both_stages():
    model = check_stage(MODEL, outputs="*")
    assert [type(stage).__name__ for stage in model.stages] == ["Sign", "ClipModel"]
