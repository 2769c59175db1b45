import json
import shutil

import pytest

from sparklet.errors import CorruptModelError, MissingDataError, UnfittedModelError
from sparklet.saved import open_model
from tests.saved.folders import metadata, write_data, write_pipeline, write_stage, write_text

PIPELINE = "org.apache.spark.ml.PipelineModel"


def uids(stage):
    return [child.uid for child in stage.stages()]


@pytest.mark.parametrize("count", [0, 1, 9, 10, 11, 100])
def test_stages_come_in_their_order(tmp_path, count):
    names = [f"u{place}" for place in range(count)]
    assert uids(open_model(write_pipeline(tmp_path, names))) == names


def test_uids_may_repeat(tmp_path):
    assert uids(open_model(write_pipeline(tmp_path, ["same", "same"]))) == ["same", "same"]


def test_stale_stage_folders_are_ignored(tmp_path):
    write_pipeline(tmp_path, ["a", "b"])
    for name in ("0_old", "1_old", "2_b", "00_a", "junk"):
        write_stage(tmp_path / "stages" / name, uid="old")
    assert uids(open_model(tmp_path)) == ["a", "b"]


@pytest.mark.parametrize("uid", ["we ird", "é%20_ü", "a.b", "..a", "a/b", "my:uid", "x" * 200])
def test_odd_uids(tmp_path, uid):
    assert uids(open_model(write_pipeline(tmp_path, [uid]))) == [uid]


def test_a_renamed_stage_folder_is_found_by_index_and_uid(tmp_path):
    write_pipeline(tmp_path, ["a:b", "c"])
    stages = tmp_path / "stages"
    write_stage(stages / "0_another", uid="stale")
    (stages / "0_a:b").rename(stages / "00_a_b")
    assert uids(open_model(tmp_path)) == ["a:b", "c"]


def test_a_stale_folder_does_not_stand_in_for_an_absent_one(tmp_path):
    write_pipeline(tmp_path, ["a", "b"])
    shutil.rmtree(tmp_path / "stages" / "1_b")
    write_stage(tmp_path / "stages" / "1_old", uid="old")
    with pytest.raises(MissingDataError, match=r"1_b: is absent"):
        open_model(tmp_path).stages()


@pytest.mark.parametrize("uid", ["../../other", "/etc", "a/../../../b", "..\\x", "..", "\\x", "a\0b"])
def test_uids_that_lead_out_are_refused(tmp_path, uid):
    write_stage(tmp_path / "model", PIPELINE, "p", paramMap={"stageUids": [uid]})
    write_stage(tmp_path / "other", uid=uid)
    with pytest.raises(CorruptModelError, match="lead out"):
        open_model(tmp_path / "model").stages()


@pytest.mark.parametrize("value", [None, "a", {"a": 1}, [1], [None], [["a"]]])
def test_stage_uids_of_a_wrong_type(tmp_path, value):
    write_stage(tmp_path, PIPELINE, "p", paramMap={"stageUids": value})
    with pytest.raises(CorruptModelError, match=r"part-00000: stageUids"):
        open_model(tmp_path).stages()


def test_absent_stage_uids_and_stages(tmp_path):
    write_stage(tmp_path / "a", PIPELINE, "p")
    with pytest.raises(CorruptModelError, match=r"stageUids.* is absent"):
        open_model(tmp_path / "a").stages()
    write_stage(tmp_path / "b", PIPELINE, "p", paramMap={"stageUids": ["x"]})
    with pytest.raises(MissingDataError, match="0_x: is absent"):
        open_model(tmp_path / "b").stages()


def test_a_stage_folder_without_metadata(tmp_path):
    write_pipeline(tmp_path, ["a"])
    shutil.rmtree(tmp_path / "stages" / "0_a" / "metadata")
    with pytest.raises(MissingDataError, match=r"0_a/metadata: is absent"):
        open_model(tmp_path).stages()


def test_a_broken_stage_names_its_file(tmp_path):
    write_pipeline(tmp_path, ["a"])
    file = write_text(tmp_path / "stages" / "0_a" / "metadata", "{")
    with pytest.raises(CorruptModelError) as caught:
        open_model(tmp_path).stages()
    assert caught.value.path == str(file)


def test_an_estimator_among_the_stages(tmp_path):
    write_pipeline(tmp_path, ["a"])
    write_stage(tmp_path / "stages" / "0_a", "org.apache.spark.ml.feature.IDF", "a")
    with pytest.raises(UnfittedModelError, match="0_a"):
        open_model(tmp_path).stages()


def test_nested_and_python_pipelines(tmp_path):
    write_stage(
        tmp_path,
        "pyspark.ml.pipeline.PipelineModel",
        "p",
        paramMap={"stageUids": ["q"], "language": "Python"},
    )
    write_pipeline(tmp_path / "stages" / "0_q", ["a", "b"])
    outer = open_model(tmp_path)
    assert outer.className == PIPELINE
    assert outer.metadata["class"] == "pyspark.ml.pipeline.PipelineModel"
    assert uids(outer.stages()[0]) == ["a", "b"]


def test_children(tmp_path):
    write_stage(tmp_path, "org.apache.spark.ml.classification.OneVsRestModel", "o")
    for place in range(12):
        write_stage(tmp_path / f"model_{place}", uid=f"m{place}")
    write_stage(tmp_path / "model_old", uid="stale")
    write_stage(tmp_path / "classifier", "org.apache.spark.ml.classification.LogisticRegression", "lr")
    model = open_model(tmp_path)
    assert [child.uid for child in model.children("model_")] == [f"m{place}" for place in range(12)]
    assert model.children("sub") == []
    assert model.child("classifier").uid == "lr"
    assert model.has("classifier")
    assert not model.has("bestModel")
    shutil.rmtree(tmp_path / "model_3")
    with pytest.raises(MissingDataError, match="model_3: is absent"):
        model.children("model_")


def test_nested_models_of_the_old_api(tmp_path):
    write_stage(tmp_path, "org.apache.spark.ml.clustering.BisectingKMeansModel", "b", sparkVersion="2.4.8")
    line = {"class": "org.apache.spark.mllib.clustering.BisectingKMeansModel", "version": "2.0", "rootId": -1}
    write_text(tmp_path / "data" / "metadata", json.dumps(line))
    write_data(tmp_path / "data" / "data", {})
    nested = open_model(tmp_path).child("data")
    assert (nested.uid, nested.params, nested.metadata["rootId"]) == ("", {}, -1)
    assert nested.version == (2, 4)
    assert nested.table().names == ()


def test_a_stage_shows_itself(tmp_path):
    assert repr(open_model(write_stage(tmp_path, uid="u"))).startswith(
        "SavedStage(org.apache.spark.ml.feature.NGram 'u'"
    )


def test_errors_can_name_the_metadata_file(tmp_path):
    stage = open_model(write_stage(tmp_path))
    assert str(stage.corrupt("numFeatures is absent")).endswith("part-00000: numFeatures is absent")


def test_deeply_nested_pipelines(tmp_path):
    folder = tmp_path
    for _ in range(30):
        write_text(folder / "metadata", json.dumps(metadata(PIPELINE, "p", paramMap={"stageUids": ["p"]})))
        folder = folder / "stages" / "0_p"
    stage = open_model(tmp_path)
    for _ in range(29):
        (stage,) = stage.stages()
    with pytest.raises(MissingDataError):
        stage.stages()
