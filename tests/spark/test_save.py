"""Models saved with examples, made servable in memory, and run in Spark from the folder sparklet scores."""

from __future__ import annotations

import json
import shutil
import sys
import warnings
from pathlib import Path

import pytest

import sparklet
from sparklet import OnlinePipelineModel
from sparklet.engines.spark import load_native
from sparklet.errors import (
    CorruptModelError,
    ModelError,
    OptionError,
    SchemaError,
    SparkletError,
    UnsupportedModelError,
    VerificationError,
)
from sparklet.linalg import DenseVector
from sparklet.spark import predict_offline
from sparklet.testing import assert_same, pinned
from sparklet.types import DOUBLE
from tests.models import assembler, save_pipeline, save_stage, seal
from tests.spark.homes import SCHEMA, fitted, rows

pytestmark = pytest.mark.spark


@pytest.fixture(scope="module")
def made(workers, shop):
    return fitted(workers, shop)


@pytest.fixture(scope="module")
def saved(made, workers, tmp_path_factory):
    path = str(tmp_path_factory.mktemp("saved") / "model")
    example = workers.createDataFrame(rows(60, seed=3), SCHEMA).drop("label")
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        sparklet.save(made, path, example=example, rows=50)
    return path


def test_spark_passes_the_example_by(saved, made, workers):
    from pyspark.ml import PipelineModel

    frame = workers.createDataFrame(rows(20, seed=4), SCHEMA)
    again = PipelineModel.load(saved).transform(frame).collect()
    # By their text: no NaN equals another.
    assert repr(again) == repr(made.transform(frame).collect())


def test_the_example_is_schema_and_certificate(saved, spark):
    model = sparklet.load(saved, trusted=["shop"], verify=True)
    assert model.verify() == 50
    assert {(c.name, str(c.type), c.origin) for c in model.inputs} == {
        ("city", "string", "example"),
        ("price", "double", "example"),
        ("rooms", "int", "example"),
        ("size", "double", "example"),
    }
    city, price, rooms, size, _ = rows(60, seed=3)[0]
    assert_same({"city": city, "price": price, "rooms": rooms, "size": size}, model.example())
    (text,) = (line for part in _parts(saved, "metadata") for line in part.read_text().splitlines())
    facts = json.loads(text)
    assert facts["spark"] == spark.version
    assert facts["blas"]["java"] == "Java11BLAS"
    assert facts["order"] == "java11"
    assert facts["session"]["timezone"] == "UTC"


def _parts(saved, name):
    return [path for path in Path(saved, "_sparklet", name).iterdir() if path.name.startswith("part-")]


def test_a_changed_example_is_caught(saved, tmp_path):
    import pyarrow as pa
    import pyarrow.parquet as pq

    copy = str(tmp_path / "copy")
    shutil.copytree(saved, copy)
    for crc in Path(copy).rglob("*.crc"):
        crc.unlink()
    (data,) = (part for part in _parts(copy, "data"))
    table = pq.read_table(data)
    prices = table.column("i1").to_pylist()
    sizes = table.column("i3").to_pylist()
    first = next(place for place, price in enumerate(prices) if price and (sizes[place] or 0) > 1)
    prices[first] *= 1.0000001
    place = table.schema.get_field_index("i1")
    pq.write_table(table.set_column(place, "i1", pa.array(prices)), data)
    with pytest.raises(VerificationError, match=r"file '_sparklet/data/part-.*SHA-256 is not that"):
        sparklet.load(copy, trusted=["shop"], verify=True)
    seal(Path(copy))
    with pytest.raises(VerificationError, match=f"example row {first}, column 'ratio'"):
        sparklet.load(copy, trusted=["shop"], verify=True)
    data.write_bytes(data.read_bytes()[:-9])
    seal(Path(copy))
    with pytest.raises(CorruptModelError):
        sparklet.load(copy, trusted=["shop"], verify=True)


def test_another_file_system_than_the_default(made, workers, tmp_path):
    """What Spark can write to, `save` can; a name of Hadoop's alone is not one that sparklet can open."""
    conf = workers.sparkContext._jsc.hadoopConfiguration()
    conf.set("fs.viewfs.mounttable.away.link./models", tmp_path.as_uri())
    example = workers.createDataFrame(rows(20, seed=9), SCHEMA)
    with pytest.warns(UserWarning, match="the model is saved, but sparklet would refuse it: .*viewfs"):
        sparklet.save(made, "viewfs://away/models/m", example=example)
    assert sparklet.load(tmp_path / "m", trusted=["shop"]).verify() == 20


def test_under_sparks_own_blas(made, workers, tmp_path):
    """A session that nobody pinned: the certificate names its order of summation, and holds under it."""
    from sparklet.testing.spark import _blas_fields

    example = workers.createDataFrame(rows(200, seed=5), SCHEMA)
    with pinned(workers):
        jvm = workers.sparkContext._jvm
        own = jvm.dev.ludovic.netlib.blas.JavaBLAS.getInstance()
        for field, module in _blas_fields(workers):
            field.set(module, own)
        sparklet.save(made, str(tmp_path / "m"), example=example)
    example = sparklet.saved.open_model(tmp_path / "m").example()
    assert example.exact
    kind = "vector" if own.getClass().getSimpleName() == "VectorBLAS" else "java"
    assert example.profile.blas.startswith(kind)
    model = sparklet.load(tmp_path / "m", trusted=["shop"])
    assert model.profile.blas == example.profile.blas
    assert model.verify() == 200


def test_an_example_that_spark_refuses_is_told_before_anything_is_written(made, workers, tmp_path):
    path = tmp_path / "m"
    few = workers.createDataFrame([("Oslo", 1.0)], "city string, price double")
    with pytest.raises(SchemaError, match="column 'size' is absent"):
        sparklet.save(made, str(path), example=few)
    texts = workers.createDataFrame(
        [("Oslo", 1.0, "many", 2.0)], "city string, price double, rooms string, size double"
    )
    with pytest.raises(SparkletError, match="cannot score the example"):
        sparklet.save(made, str(path), example=texts)
    with pytest.raises(OptionError, match="it is empty"):
        sparklet.save(made, str(path), example=workers.createDataFrame([], SCHEMA))
    with pytest.raises(OptionError, match="rows"):
        sparklet.save(made, str(path), example=workers.createDataFrame([], SCHEMA), rows=0)
    assert not path.exists()


def test_dropped_rows_and_overwriting(workers, tmp_path):
    from pyspark.ml import PipelineModel
    from pyspark.ml.feature import SQLTransformer, StringIndexerModel

    stages = [
        StringIndexerModel.from_labels(["a", "b"], inputCol="x", outputCol="y", handleInvalid="skip"),
        SQLTransformer(statement="SELECT *, y + 1 AS z FROM __THIS__"),
    ]
    example = workers.createDataFrame([("b",), ("c",), ("a",)], "x string")
    path = str(tmp_path / "m")
    for _ in range(2):
        sparklet.save(PipelineModel(stages), path, example=example, overwrite=True)
    found = [row for row, _ in sparklet.saved.open_model(path).example().rows()]
    answers = [answer for _, answer in sparklet.saved.open_model(path).example().rows()]
    assert found == [{"x": "b"}, {"x": "c"}, {"x": "a"}]
    assert answers[1] is None
    assert answers[0]["z"] == 2.0
    assert sparklet.load(path, verify=True).verify() == 3
    with pytest.raises(Exception, match="exist"):
        sparklet.save(PipelineModel(stages), path, example=example)


def test_a_model_that_sparklet_cannot_score_is_saved_with_a_warning(echo_nothing, workers, tmp_path):
    with pytest.warns(UserWarning, match="the model is saved, but sparklet would refuse it"):
        sparklet.save(
            echo_nothing, str(tmp_path / "m"), example=workers.createDataFrame([(1.0,)], "x double")
        )
    assert (tmp_path / "m" / "_sparklet").is_dir()


@pytest.fixture
def echo_nothing():
    from pyspark.ml import Transformer
    from pyspark.ml.util import DefaultParamsReadable, DefaultParamsWritable

    class Nothing(Transformer, DefaultParamsReadable, DefaultParamsWritable):
        def _transform(self, dataset):
            return dataset

    return Nothing()


# --- in memory --------------------------------------------------------------------------------------


def test_from_spark(made, workers, saved):
    model = OnlinePipelineModel.fromSpark(made, outputs="*", schema={"size": "double"})
    frame = workers.createDataFrame(rows(30, seed=6), SCHEMA)
    doubles = [column.name for column in model.outputs if column.type == DOUBLE]
    for row, answer in zip(frame.collect(), made.transform(frame).collect(), strict=True):
        scored = model.scoreInstance(row.asDict())
        assert_same({name: answer[name] for name in doubles}, {name: scored[name] for name in doubles})
    assert repr(model.transform(frame).collect()) == repr(made.transform(frame).collect())
    assert not Path(model.path.removeprefix("file://")).exists()
    with pytest.raises(ModelError):
        model.example()


def test_a_class_of_the_notebook(shop, workers, monkeypatch, tmp_path):
    main = sys.modules["__main__"]
    kind = type("Notebook", (shop.Ratio,), {"__module__": "__main__"})
    monkeypatch.setattr(main, "Notebook", kind, raising=False)
    stage = kind(inputCols=["a", "b"], outputCol="c")
    assert_same({"c": 2.0}, OnlinePipelineModel.fromSpark(stage).scoreInstance({"a": 4, "b": 2}))
    stage.save(str(tmp_path / "m"))
    model = sparklet.load(tmp_path / "m", trusted=["__main__"])
    assert_same({"c": 2.0}, model.scoreInstance({"a": 4, "b": 2}))
    data = workers.createDataFrame([(4.0, 2.0)], "a double, b double")
    # A class of the notebook goes to the workers by value, as nothing there could import it.
    assert model.transform(data).collect()[0].c == 2.0
    monkeypatch.delattr(main, "Notebook")
    with pytest.raises(UnsupportedModelError, match="To make a Python-defined stage servable"):
        sparklet.load(tmp_path / "m")


@pytest.fixture
def canary(tmp_path, monkeypatch):
    """Give a module that must never be imported, and the function that tells whether it was."""
    monkeypatch.syspath_prepend(str(tmp_path))
    code = "from pathlib import Path\nPath(__file__).with_name('sang').touch()\nclass Bird: pass\n"
    (tmp_path / "canary.py").write_text(code)
    yield lambda: (tmp_path / "sang").exists() or "canary" in sys.modules
    sys.modules.pop("canary", None)


def test_what_scoring_never_reads_is_never_imported(workers, tmp_path, canary):
    """PySpark's own reader would import the estimator beside the best model."""
    path = tmp_path / "m"
    save_stage(path, "org.apache.spark.ml.tuning.CrossValidatorModel", "cv", {"estimatorParamMaps": []})
    save_pipeline(path / "bestModel", [assembler(inputs=("age",), output="v")])
    save_stage(path / "estimator", "canary.Bird", "bird")
    model = sparklet.load(path)
    assert model.scoreInstance({"age": 41}) == {"v": DenseVector([41.0])}
    frame = workers.createDataFrame([(41.0,)], "age double")
    assert list(model.transform(frame).collect()[0].v) == [41.0]
    assert not canary()


def hostile(path, trick):
    """Write a folder that leads one of PySpark's readers to another class than a look at it shows."""
    connect = {"class": "canary.Bird", "uid": "u", "sparkVersion": "4.3.0", "paramMap": {}}
    lines = ["pyspark.ml.pipeline.PipelineModel", "p", {"language": "Python", "stageUids": ["b"]}]
    if trick == "a stage":
        save_stage(path, *lines)
        save_stage(path / "stages" / "0_b", "canary.Bird", "b")
    elif trick in ("connect", "connect by the JVM's name"):
        # Readers of Spark Connect have a file of their own, and import what it names.
        root = "pyspark" if trick == "connect" else "org.apache.spark"
        save_stage(path, f"{root}.ml.connect.pipeline.PipelineModel", "p")
        (path / "metadata.json").write_text(json.dumps(connect))
    elif trick == "out of the folder":
        save_stage(path, *lines[:2], {"language": "Python", "stageUids": ["b/../../../other"]})
        save_stage(path.parent / "other", "canary.Bird", "b/../../../other")
    elif trick == "another file of metadata":
        # Hadoop lists this name first, sparklet takes it for a checksum.
        save_stage(path, *lines)
        save_stage(
            path / "stages" / "0_b", "shop.stages.Ratio", "b", {"inputCols": ["a", "a"], "outputCol": "c"}
        )
        evil = json.dumps({**connect, "timestamp": 1, "defaultParamMap": {}, "uid": "b"})
        (path / "stages" / "0_b" / "metadata" / "a.crc").write_text(evil)
    else:
        save_stage(path, trick, "u")
    return str(path)


@pytest.mark.parametrize(
    "trick",
    [
        "a stage",
        "connect",
        "connect by the JVM's name",
        "out of the folder",
        "another file of metadata",
        "canary.Bird",
        "pyspark.ml.util.canary.Bird",
        "pyspark.ml.canary.Bird",
        "shop.stages.canary.Bird",
        "shop_evil.Bird",
        "java.lang.System",
    ],
)
def test_no_reader_of_pyspark_is_led_astray(shop, workers, tmp_path, canary, trick):
    path = hostile(tmp_path / "m", trick)
    frame = workers.createDataFrame([(4.0,)], "a double")
    target = tmp_path / "scored"
    if trick == "another file of metadata":
        assert predict_offline(path, frame, str(target), trusted=["shop"]).rows_out == 1
    else:
        with pytest.raises(ModelError):
            predict_offline(path, frame, str(target), trusted=["shop"])
        with pytest.raises(ModelError):
            load_native(path, workers, ["shop"])
        assert not target.exists()
    assert not canary()


# --- what serving needs -----------------------------------------------------------------------------


def test_servable(workers, tmp_path):
    from pyspark.ml import Pipeline
    from pyspark.ml.classification import LogisticRegression
    from pyspark.ml.feature import IndexToString, StringIndexer, VectorAssembler
    from pyspark.ml.tuning import CrossValidatorModel

    data = workers.createDataFrame(
        [("no" if i % 3 else "yes", "ab"[i % 2], float(i % 7)) for i in range(40)],
        "answer string, k string, x double",
    )
    stages = [
        StringIndexer(inputCol="answer", outputCol="y"),
        StringIndexer(inputCol="k", outputCol="ki"),
        VectorAssembler(inputCols=["ki", "x"], outputCol="f"),
        LogisticRegression(featuresCol="f", labelCol="y", maxIter=3),
        IndexToString(inputCol="prediction", outputCol="told", labels=["no", "yes"]),
    ]
    tuned = CrossValidatorModel(Pipeline(stages=stages).fit(data))
    found = sparklet.servable(tuned)
    assert [type(stage).__name__ for stage in found.stages] == [
        "StringIndexerModel",
        "VectorAssembler",
        "LogisticRegressionModel",
        "IndexToString",
    ]
    assert found.stages[0].getOutputCol() == "ki"
    rowsd = data.drop("answer")
    kept = ("prediction", "told")
    assert found.transform(rowsd).select(*kept).collect() == tuned.transform(data).select(*kept).collect()
    online = OnlinePipelineModel.fromSpark(found)
    assert online.schema == {"k": "string", "x": "double"}


def test_servable_keeps_what_is_read(workers):
    from pyspark.ml import PipelineModel
    from pyspark.ml.classification import LogisticRegression
    from pyspark.ml.feature import Binarizer, Bucketizer, SQLTransformer, VectorAssembler

    data = workers.createDataFrame([(float(i % 2), float(i)) for i in range(8)], "raw double, x double")
    label = Binarizer(inputCol="raw", outputCol="label", threshold=0.5)
    assembler = VectorAssembler(inputCols=["x"], outputCol="features")
    model = LogisticRegression(maxIter=2).fit(assembler.transform(label.transform(data)))

    def kept(*stages):
        return [type(stage).__name__ for stage in sparklet.servable(PipelineModel(list(stages))).stages]

    assert kept(label, assembler, model) == ["VectorAssembler", "LogisticRegressionModel"]
    reads = SQLTransformer(statement="SELECT *, label * 2 AS twice FROM __THIS__")
    assert "Binarizer" in kept(label, assembler, reads, model)
    assert "Binarizer" in kept(
        label, Bucketizer(inputCol="label", outputCol="b", splits=[0, 1, 2]), assembler, model
    )
    assert kept(model) == ["LogisticRegressionModel"]
