"""ONNX Runtime, with the model converted by onnxmltools. All numbers are float32, as its README asks."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from benchmarks.rivals.spark import quiet_session, schema_of_model

__all__ = ["answer", "load", "prepare", "score_one", "scorer"]


def prepare(folder: str, target: str) -> dict[str, Any]:
    """Convert the saved pipeline to `model.onnx`."""
    import onnx
    import onnxmltools
    from onnxmltools.convert.common.data_types import FloatTensorType, StringTensorType
    from pyspark.ml import PipelineModel

    schema = schema_of_model(folder)
    swapped = _mend_splits()
    with quiet_session() as session:
        model = PipelineModel.load(f"{folder}/model")
        kinds = {"string": StringTensorType, "double": FloatTensorType}
        types = [(name, kinds[kind]([None, 1])) for name, kind in schema.items()]
        converted = onnxmltools.convert_sparkml(model, "pipeline", types, spark_session=session)
        version = session.version
    mended = "; ".join(filter(None, (_mend(converted), *swapped[:1])))
    onnx.save_model(converted, f"{target}/model.onnx")
    Path(target, "schema.json").write_text(json.dumps(schema), encoding="utf-8")
    facts = {"converted with": f"onnxmltools {onnxmltools.__version__}, PySpark {version}"}
    return facts | ({"mended": mended} if mended else {})


class _Tree:
    """Stand for the DataFrame of a tree's nodes, of which the converter asks these two."""

    def __init__(self, nodes: Any) -> None:
        self._nodes = nodes

    def toPandas(self) -> Any:
        return self._nodes

    def count(self) -> int:
        return len(self._nodes)


def _mend_splits() -> list[str]:
    """Let the converter read splits of one-hot columns rightly; the list tells afterwards what it met.

    Spark has such a column as a category of two values and writes which of them go left. The converter takes
    the first of these for a threshold: right for {0}, but x <= 1 for {1}, where every row goes left.
    """
    from importlib import import_module

    home = "onnxmltools.convert.sparkml.operator_converters"
    common = import_module(f"{home}.tree_ensemble_common")
    plain = common.sparkml_tree_dataset_to_sklearn
    met: list[str] = []

    def read(frame: Any, is_classifier: bool) -> Any:
        nodes = frame.toPandas()
        for place, split in zip(nodes.index, nodes["split"], strict=True):
            feature, left, categories = split
            if categories > 2 or (categories == 2 and len(left) != 1):
                raise ValueError(f"a split of {categories} categories is not converted")
            if categories == 2 and left[0] == 1.0:
                sides = [nodes.at[place, "rightChild"], nodes.at[place, "leftChild"]]
                nodes.at[place, "leftChild"], nodes.at[place, "rightChild"] = sides
                nodes.at[place, "split"] = (feature, [0.0], categories)
                met.append("splits of one-hot columns on {1}, which are converted to x <= 1: always true")
        return plain(_Tree(nodes), is_classifier)

    for name in ("decision_tree_regressor", "random_forest_classifier"):
        import_module(f"{home}.{name}").sparkml_tree_dataset_to_sklearn = read
    return met


def _mend(model: Any) -> str:
    """Make a graph with an Imputer of several columns load at all; return what was wrong with it."""
    from onnx import helper

    mended = ""
    for node in model.graph.node:
        for attribute in list(node.attribute):
            if node.op_type == "Split" and attribute.name == "split":
                name = f"{node.output[0]}_split"
                model.graph.initializer.append(
                    helper.make_tensor(name, 7, [len(attribute.ints)], attribute.ints)
                )
                node.input.append(name)
                node.attribute.remove(attribute)
                mended = "the Imputer's Split, which ONNX Runtime refuses as it is converted"
    return mended


def load(path: str) -> Any:
    """Return a session on one thread, and what it takes to feed it."""
    import numpy
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(f"{path}/model.onnx", options, providers=["CPUExecutionProvider"])
    schema = json.loads(Path(path, "schema.json").read_text(encoding="utf-8"))
    known = [output.name for output in session.get_outputs()]
    outputs = [name for name in ("rawPrediction", "probability", "prediction") if name in known]
    return session.run, outputs, [(name, kind == "string") for name, kind in schema.items()], numpy


def score_one(model: Any, row: Mapping[str, Any]) -> Any:
    """Score a row: one array of one element for each input."""
    run, outputs, inputs, numpy = model
    feed = {}
    for name, is_text in inputs:
        value = row[name]
        if is_text:
            feed[name] = numpy.array([["" if value is None else value]], dtype=object)
        else:
            feed[name] = numpy.array([[float("nan") if value is None else value]], dtype=numpy.float32)
    return outputs, run(outputs, feed)


def scorer(model: Any) -> Callable[[Mapping[str, Any]], Any]:
    """Return what is timed."""
    return lambda row: score_one(model, row)


def answer(result: Any) -> list[Any]:
    """Return the outputs as floats."""
    found = dict(zip(*result, strict=True))

    def vector(name: str) -> list[float] | None:
        return None if name not in found else [float(value) for value in found[name].ravel()]

    return [vector("rawPrediction"), vector("probability"), float(found["prediction"].ravel()[0])]
