"""What people pass instead of a model, and where models may lie."""

import json
from pathlib import Path
from types import SimpleNamespace

import pyarrow
import pytest
from pyarrow import fs

from sparklet.errors import (
    CorruptModelError,
    LegacyModelError,
    MissingDataError,
    ModelNotFoundError,
    NotAModelError,
    OptionError,
    SparkletError,
    UnfittedModelError,
)
from sparklet.saved import locations, open_model, stores
from tests.saved.folders import LFS, VECTOR, dense, write_data, write_pipeline, write_stage, write_text

PMML = '<?xml version="1.0"?><PMML version="4.2"></PMML>'


@pytest.mark.parametrize("path", ["", "absent", "a\0b", "file:///absent", "dbfs:/absent", "absent/metadata"])
def test_absent_paths(path):
    with pytest.raises(ModelNotFoundError):
        open_model(path)


@pytest.mark.parametrize("path", [None, 3, b"model", ["model"], "nothing://bucket/model", "model:/x"])
def test_what_is_no_path(path):
    with pytest.raises(OptionError):
        open_model(path)


def test_every_way_to_write_a_local_path(tmp_path, monkeypatch):
    folder = write_stage(tmp_path / "my model%20", uid="here")
    monkeypatch.chdir(tmp_path)
    escaped = str(folder).replace("%", "%25").replace(" ", "%20")
    for path in (
        folder,
        str(folder),
        f"{folder}//",
        f"file:{escaped}",
        f"file://{escaped}",
        f"file://localhost{escaped}/",
        "my model%20",
        Path("my model%20"),
    ):
        assert open_model(path).uid == "here"


def test_a_folder_may_look_like_a_scheme(tmp_path, monkeypatch):
    write_stage(tmp_path / "ab:" / "c", uid="here")
    monkeypatch.chdir(tmp_path)
    assert open_model("ab:/c").uid == "here"


def test_hadoop_names_of_s3(monkeypatch):
    seen = []

    def from_uri(uri):
        seen.append(uri)
        raise NotImplementedError("no S3 here")

    monkeypatch.setattr(fs, "FileSystem", type("FileSystem", (), {"from_uri": staticmethod(from_uri)}))
    with pytest.raises(OptionError, match="no S3 here"):
        locations.locate("s3a://bucket/model")
    assert seen == ["s3://bucket/model"]


def cases():
    """Yield (name, function that writes, error, what the message says)."""
    yield "empty folder", lambda at: at.mkdir(), NotAModelError, "empty"
    yield "other things", lambda at: write_text(at / "data", "a,b", "rows.csv"), NotAModelError, "metadata/"
    yield "a file", lambda at: at.write_text("text"), NotAModelError, "is a file"
    yield "a pmml file", lambda at: at.write_text(PMML), NotAModelError, "PMML"
    yield "a pmml folder", lambda at: write_text(at, PMML), NotAModelError, "pmml"
    yield "an lfs pointer", lambda at: at.write_text(LFS), MissingDataError, "git lfs pull"
    yield "mlflow", lambda at: write_text(at, "flavors:", "MLmodel"), NotAModelError, "sparkml"
    yield "metadata itself", lambda at: write_text(at, json.dumps({"class": "x"})), NotAModelError, "holds it"
    yield "models inside", lambda at: write_stage(at / "best"), NotAModelError, "such as best"
    yield "metadata is a file", lambda at: write_text(at, "{}", "metadata"), NotAModelError, "file metadata"
    yield (
        "stages only",
        lambda at: write_stage(at / "stages" / "0_a"),
        MissingDataError,
        "metadata: is absent",
    )
    yield "data only", lambda at: write_data(at / "data", {}), MissingDataError, "metadata: is absent"
    connect = json.dumps({"class": "pyspark.ml.connect.feature.StandardScalerModel", "type": "spark_connect"})
    yield "connect", lambda at: write_text(at, connect, "metadata.json"), CorruptModelError, "'uid' is absent"
    yield (
        "other json",
        lambda at: write_text(at, "[" * 9999, "metadata.json"),
        NotAModelError,
        "without metadata/",
    )
    ml = "org.apache.spark.ml."
    yield "pipeline", lambda at: write_stage(at, ml + "Pipeline"), UnfittedModelError, "fit"
    yield (
        "python pipeline",
        lambda at: write_stage(at, "pyspark.ml.pipeline.Pipeline"),
        UnfittedModelError,
        "fit",
    )
    yield "estimator", lambda at: write_stage(at, ml + "clustering.KMeans"), UnfittedModelError, "fit"
    evaluator = ml + "evaluation.RegressionEvaluator"
    yield "evaluator", lambda at: write_stage(at, evaluator), NotAModelError, "evaluator"
    legacy = json.dumps({"class": "org.apache.spark.mllib.clustering.KMeansModel", "version": "1.0", "k": 2})
    yield "mllib", lambda at: write_text(at / "metadata", legacy), LegacyModelError, "spark.mllib"


@pytest.mark.parametrize(
    ("write", "error", "says"), [case[1:] for case in cases()], ids=[case[0] for case in cases()]
)
def test_what_is_no_model(tmp_path, write, error, says):
    write(tmp_path / "thing")
    with pytest.raises(error, match=says) as caught:
        open_model(tmp_path / "thing")
    assert caught.value.path.startswith(str(tmp_path / "thing"))


def test_a_broken_link_is_no_model(tmp_path):
    (tmp_path / "link").symlink_to(tmp_path / "absent")
    with pytest.raises(NotAModelError):
        open_model(tmp_path / "link")


# --- addresses ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "problem", "hint"),
    [
        ("wasbs://c@a.blob.core.windows.net/m", "Azure", "load abfss://c@a.dfs.core.windows.net/m"),
        ("wasb://c@a.blob.core.windows.net/m", "Azure", "load abfss://c@a.dfs.core.windows.net/m"),
        ("https://host/model", "pyarrow.fs cannot open", "copy the folder to a local disk"),
        ("hdfs://host:8020/m", "cannot", "CLASSPATH="),
        ("dbfs:/models/m", "nothing exists here", "databricks fs cp -r dbfs:/models/m"),
    ],
)
def test_an_address_that_cannot_be_opened_names_the_way_out(address, problem, hint, monkeypatch):
    monkeypatch.setenv("JAVA_HOME", "/absent")
    monkeypatch.setenv("HADOOP_HOME", "/absent")
    with pytest.raises(SparkletError, match=problem) as caught:
        open_model(address)
    assert hint in caught.value.to_dict()["hint"]
    assert hint in str(caught.value)


@pytest.mark.parametrize(
    ("address", "hint"),
    [
        ("s3://b/m", "AWS_ACCESS_KEY_ID"),
        ("s3a://b/m", "AWS_ACCESS_KEY_ID"),
        ("gs://b/m", "GOOGLE_APPLICATION_CREDENTIALS"),
        ("gcs://b/m", "GOOGLE_APPLICATION_CREDENTIALS"),
        ("abfss://c@a.dfs.core.windows.net/m", "az login"),
        ("abfs://c@a.dfs.core.windows.net/m", "az login"),
    ],
)
@pytest.mark.parametrize("when", ["opened", "listed"])
def test_a_store_without_credentials_names_what_to_set(address, hint, when, monkeypatch):
    """The errors are those that pyarrow raises, at the places where it raises them."""
    error = pyarrow.ArrowException if "abfs" in address else OSError
    seen = []

    def refuse(*_):
        raise error("Failed to get token\nand a page more")

    def from_uri(uri):
        seen.append(uri)
        return refuse() if when == "opened" else (SimpleNamespace(get_file_info=refuse), "b/m")

    monkeypatch.setattr(fs, "FileSystem", type("FileSystem", (), {"from_uri": staticmethod(from_uri)}))
    with pytest.raises(SparkletError) as caught:
        open_model(address)
    assert hint in caught.value.to_dict()["hint"]
    assert "page" not in str(caught.value)
    # Google's client tries for fifteen minutes by itself.
    assert ("retry_limit_seconds=" in seen[0]) == address.startswith("g")


# --- remote -------------------------------------------------------------------------------------


@pytest.fixture
def remote(tmp_path, monkeypatch):
    """Serve `tmp_path` as `far://bucket/…` through pyarrow.fs."""
    base = fs.SubTreeFileSystem(str(tmp_path), fs.LocalFileSystem())
    far = type("FileSystem", (), {"from_uri": staticmethod(lambda uri: (base, uri.removeprefix("far://")))})
    monkeypatch.setattr(fs, "FileSystem", far)
    return tmp_path / "bucket"


def test_a_remote_pipeline(remote):
    write_pipeline(remote / "model", ["a", "b"])
    write_data(remote / "model" / "stages" / "0_a" / "data", {"std": (VECTOR, [dense(1.0)])})
    stage = open_model("far://bucket/model/").stages()[0]
    assert stage.path == "far://bucket/model/stages/0_a"
    assert stage.table().row()["std"].values == (1.0,)
    assert stage.has("data")
    assert not stage.has("stages")
    with pytest.raises(MissingDataError, match=r"^far://bucket/model/stages/1_b/data: is absent"):
        open_model("far://bucket/model").stages()[1].table()


def test_a_remote_table_that_is_not_small(remote, monkeypatch):
    write_stage(remote / "model")
    write_data(remote / "model" / "data", {"std": (VECTOR, [dense(1.0)])})
    monkeypatch.setattr(stores, "_WHOLE", 0)
    assert open_model("far://bucket/model").table().row()["std"].values == (1.0,)


def test_remote_things_that_are_no_model(remote):
    remote.mkdir()
    (remote / "file").write_text("text")
    write_stage(remote / "models" / "best")
    with pytest.raises(ModelNotFoundError, match=r"^far://bucket/absent: "):
        open_model("far://bucket/absent")
    with pytest.raises(NotAModelError, match="is a file"):
        open_model("far://bucket/file")
    with pytest.raises(NotAModelError, match="without metadata/"):
        open_model("far://bucket/models")


def test_a_remote_listing_may_know_files_only():
    """Object stores have no folders: they follow from the names of the files."""

    class Files:
        infos = (fs.FileInfo("b/m/metadata/part-0", fs.FileType.File, size=3),)

        def get_file_info(self, what):
            return fs.FileInfo(what, fs.FileType.Directory) if isinstance(what, str) else list(self.infos)

    store = stores.RemoteStore(Files(), "b/m", "far://b/m")
    assert store.entries("b/m") == [("metadata", True)]
    assert store.entries("b/m/metadata") == [("part-0", False)]
    assert store.entries("b/m/other") is None
