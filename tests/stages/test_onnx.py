"""Stages that run an ONNX graph: scores of onnxruntime, SynapseML's folders, and what is refused at load."""

import contextlib
import json
import math
import os
import random
import struct
import subprocess
import sys

import numpy
import pytest

import sparklet
from sparklet.errors import (
    CorruptModelError,
    InvalidValueError,
    MissingExtraError,
    ModelError,
    SchemaError,
    VectorSizeError,
)
from sparklet.linalg import DenseVector, SparseVector
from sparklet.same import assert_same
from sparklet.stages.onnx.protobuf import refusal
from sparklet.testing import CHECKS
from tests.models import CITY, save_pipeline, save_stage

onnxruntime = pytest.importorskip("onnxruntime")
onnx = pytest.importorskip("onnx")
from tests import onnx_graphs  # noqa: E402

SYNAPSEML = "com.microsoft.azure.synapse.ml.onnx.ONNXModel"
OURS = "sparklet.spark.onnx.OnnxTransformer"
NETWORK = onnx_graphs.network(6, 16, 3)
ARRAY = bytes.fromhex("aced0005757200025b42acf317f8060854e00200007870")


def java(data):
    """Return what Java's ObjectOutputStream writes for an array of bytes."""
    return ARRAY + struct.pack(">i", len(data)) + data


def synapseml(path, graph=NETWORK, payload=None, **params):
    params = {"feedDict": {"x": "features"}, "fetchDict": {"raw": "y"}} | params
    save_stage(path, SYNAPSEML, "onnx", params)
    (path / "complexParams").mkdir()
    (path / "complexParams" / "modelPayload").write_bytes(java(graph) if payload is None else payload)
    return str(path)


def ours(path, graph=NETWORK, **params):
    save_stage(path, OURS, "onnx", {"feedDict": {"x": "features"}} | params)
    (path / "graph.onnx").write_bytes(graph)
    return str(path)


def reference(graph, feeds):
    return onnxruntime.InferenceSession(graph).run(None, feeds)


def vectors(count):
    draw = random.Random(4)
    for position in range(count):
        values = [draw.gauss(0, 3) for _ in range(6)]
        values[draw.randrange(6)] = draw.choice([0.0, math.nan, math.inf, 1e300, -1e-60, 5.0])
        dense = DenseVector(tuple(values))
        yield SparseVector(6, (1, 4), (values[1], 2.0)) if position % 3 == 0 else dense


@pytest.mark.parametrize("save", [synapseml, ours], ids=["synapseml", "ours"])
def test_rows_are_scored_by_onnxruntime(tmp_path, save):
    model = sparklet.load(save(tmp_path / "model", fetchDict={"raw": "y"}))
    assert {column.name: str(column.type) for column in model.outputs} == {"raw": "array<float>"}
    for vector in vectors(60):
        with numpy.errstate(over="ignore"):
            row = vector.toArray().astype(numpy.float32)
        (expected,) = reference(NETWORK, {"x": row.reshape(1, 6)})
        assert_same({"raw": expected[0].tolist()}, model.scoreInstance({"features": vector}))


def test_softmax_and_argmax_follow_the_fetched_column(tmp_path):
    params = {"softMaxDict": {"raw": "probability"}, "argMaxDict": {"raw": "prediction"}}
    model = sparklet.load(synapseml(tmp_path / "model", **params))
    scored = model.scoreInstance({"features": DenseVector((1.0, 2.0, 3.0, 4.0, 5.0, 6.0))})
    assert list(scored) == ["raw", "probability", "prediction"]
    powers = numpy.exp(numpy.array(scored["raw"]) - max(scored["raw"]))
    assert numpy.allclose(scored["probability"].toArray(), powers / powers.sum(), rtol=1e-14)
    assert scored["prediction"] == float(numpy.argmax(scored["raw"]))
    with pytest.raises(InvalidValueError, match="has NaN"):
        model.scoreInstance({"features": DenseVector((math.nan,) * 6)})


def test_several_inputs_and_outputs(tmp_path):
    feeds = {"a": "number", "b": "values"}
    model = sparklet.load(ours(tmp_path / "model", onnx_graphs.two_inputs(), feedDict=feeds))
    scored = model.scoreInstance({"number": 0.25, "values": DenseVector((1.0, -2.0))})
    assert_same({"sum": [1.25, -1.75], "twice": 0.5, "small": True}, scored)
    model = sparklet.load(model.path, schema={"values": "array<float>", "number": "int"}, outputs=["twice"])
    assert_same({"twice": 6.0}, model.scoreInstance({"number": 3, "values": [1.0]}))


@pytest.mark.parametrize("check", CHECKS.values(), ids=CHECKS)
def test_check(check, tmp_path):
    params = {"softMaxDict": {"raw": "probability"}, "argMaxDict": {"raw": "prediction"}}
    model = sparklet.load(synapseml(tmp_path / "model", **params))
    check(model, [{"features": vector} for vector in [*vectors(12), DenseVector((1.0,)), None]])


def test_a_graph_in_a_pipeline(tmp_path):
    path = save_pipeline(
        tmp_path / "model", [*CITY[:3], (OURS, "onnx", {"feedDict": {"x": "features"}}, None)]
    )
    graph = onnx_graphs.network(2, 2)
    (tmp_path / "model" / "stages" / "3_onnx" / "graph.onnx").write_bytes(graph)
    scored = sparklet.load(path).scoreInstance({"age": 3.5, "city": "LA"})
    (expected,) = reference(graph, {"x": numpy.array([[3.5, 0.0]], numpy.float32)})
    assert_same({"y": expected[0].tolist()}, scored)


def test_vectors_of_another_size_are_refused(tmp_path):
    model = sparklet.load(ours(tmp_path / "model"))
    with pytest.raises(VectorSizeError):
        model.scoreInstance({"features": DenseVector((1.0,) * 5)})
    with pytest.raises(SchemaError, match="has 4 elements, the graph takes 6"):
        sparklet.load(model.path, schema={"features": "vector(4)"})
    model = sparklet.load(model.path, schema={"features": "array<double>"})
    with pytest.raises(InvalidValueError, match="has a null element"):
        model.scoreInstance({"features": [1.0, None, 1.0, 1.0, 1.0, 1.0]})


def wide(type=onnx_graphs.FLOAT, shape=("n", 6), operator="Identity"):
    nodes = [onnx.helper.make_node(operator, ["x"], ["y"])]
    return onnx_graphs.model(nodes, [("x", type, list(shape))], [("y", type, list(shape))])


@pytest.mark.parametrize(
    ("graph", "params", "problem"),
    [
        (NETWORK, {"feedDict": {}}, "feedDict names no column for the input 'x'"),
        (NETWORK, {"fetchDict": {"raw": "z"}}, "fetches 'z' as 'raw'; the graph has the outputs y"),
        (NETWORK, {"softMaxDict": {"other": "p"}}, "softMaxDict takes 'other', which is no fetched column"),
        (NETWORK, {"feedDict": {"x": 3}}, "feedDict is"),
        (NETWORK, {"deviceType": "CUDA"}, "deviceType is CUDA"),
        (NETWORK, {"optimizationLevel": "MUCH"}, "has the optimization level 'MUCH'"),
        (wide(shape=("n", 6, 2)), {}, "the input 'x' has 3 dimensions"),
        (wide(shape=(5, 6)), {}, "has batches of 5 rows"),
        (wide(onnx.TensorProto.STRING), {}, r"the input 'x' is a tensor\(string\)"),
        (wide(onnx.TensorProto.INT64), {}, "the input 'x' takes int64"),
        (wide(operator="NoSuchOperator"), {}, "is refused by onnxruntime"),
        (b"", {}, "is refused by onnxruntime"),
        (b"\xff" * 30, {}, "is no ONNX graph"),
    ],
)
def test_what_cannot_be_run_is_refused_at_load(tmp_path, graph, params, problem):
    with pytest.raises(ModelError, match=problem):
        sparklet.load(synapseml(tmp_path / "model", graph, **params))


@pytest.mark.parametrize(
    ("payload", "problem"),
    [
        (b"", "no array of bytes"),
        (ARRAY, "no array of bytes"),
        (java(NETWORK)[1:], "no array of bytes"),
        (java(NETWORK)[:-1], "declares"),
        (ARRAY + struct.pack(">i", -1) + NETWORK, "declares -1 bytes"),
        (ARRAY + struct.pack(">i", (1 << 31) - 1) + NETWORK, "declares 2147483647 bytes"),
    ],
)
def test_a_payload_that_java_did_not_write_is_refused(tmp_path, payload, problem):
    with pytest.raises(CorruptModelError, match=problem):
        sparklet.load(synapseml(tmp_path / "model", payload=payload))


def test_a_graph_does_not_read_other_files(tmp_path):
    graph = onnx.load_from_string(NETWORK)
    weights = graph.graph.initializer[0]
    onnx.external_data_helper.set_external_data(weights, location="../secret")
    weights.ClearField("raw_data")
    with pytest.raises(CorruptModelError, match="keeps its weights in other files"):
        sparklet.load(ours(tmp_path / "model", graph.SerializeToString()))


def test_a_graph_has_no_loops():
    body = onnx.helper.make_graph([], "body", [], [])
    loop = onnx.helper.make_node("Loop", ["", "more"], [], body=body)
    inner = onnx.helper.make_node("If", ["more"], [], then_branch=onnx.helper.make_graph([loop], "g", [], []))
    for node in (loop, inner):
        found = onnx_graphs.model([node], [("more", onnx.TensorProto.BOOL, [])], [])
        assert refusal(found) == "has the operator Loop, whose number of rounds has no bound"


def test_damaged_graphs_are_refused_or_run(tmp_path):
    draw = random.Random(2)
    path = ours(tmp_path / "model")
    for _ in range(150):
        changed = bytearray(NETWORK)
        for _ in range(draw.choice((1, 3))):
            changed[draw.randrange(len(changed))] = draw.randrange(256)
        end = draw.choice((len(changed), draw.randrange(len(changed))))
        (tmp_path / "model" / "graph.onnx").write_bytes(bytes(changed[:end]))
        with contextlib.suppress(sparklet.SparkletError):
            sparklet.load(path).scoreInstance({"features": DenseVector((1.0,) * 6)})


def test_without_onnxruntime_the_error_tells_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'sparklet\[onnx\]'"):
        sparklet.load(ours(tmp_path / "model"))


def test_a_stored_pipeline_of_python_is_read_without_pyspark(tmp_path):
    path = ours(tmp_path / "model")
    program = (
        f"import sys, sparklet; sparklet.load({path!r}); "
        "assert not {'pyspark', 'onnx', 'pyarrow'} & set(sys.modules); print('good')"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout == "good\n"
    assert json.loads((tmp_path / "model" / "metadata" / "part-00000").read_text())["class"] == OURS
