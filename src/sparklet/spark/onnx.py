"""A transformer that runs an ONNX graph, on DataFrames in Spark and on rows without it."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from pyspark.ml.param import Param, Params, TypeConverters
from pyspark.ml.util import DefaultParamsReader, DefaultParamsWriter

from sparklet.errors import InvalidValueError, MissingExtraError, OptionError, VectorSizeError
from sparklet.linalg import DenseVector, SparseVector, to_dense
from sparklet.saved import SavedStage
from sparklet.saved.arrow import decode_nullable
from sparklet.session import Folder
from sparklet.spark.authors import OnlineTransformer
from sparklet.stages.onnx.graph import GraphTensor, OnnxGraph
from sparklet.stages.onnx.values import argmax, softmax
from sparklet.types import ArrayType

__all__ = ["OnnxTransformer"]

_FILE = "graph.onnx"


def _names(value: Any) -> dict[str, str]:
    if not isinstance(value, Mapping) or not all(
        isinstance(each, str) for pair in value.items() for each in pair
    ):
        raise TypeError(f"{value!r} is no mapping from names to names")
    return dict(value)


class OnnxTransformer(OnlineTransformer):
    """Run an ONNX graph, with the params of SynapseML's `ONNXModel`; the graph is saved with the pipeline.

    - `feedDict`: the column of each input of the graph. An input of shape (batch, n) takes vectors or arrays
      of numbers, one of shape (batch) takes numbers.
    - `fetchDict`: the output of the graph for each output column, by default all under their own names.
    - `softMaxDict`, `argMaxDict`: columns of the softmax (a vector) and of the index of the largest element
      (a double) of a fetched column.
    - `batchSize`: the number of rows that onnxruntime gets in one call on Spark. With 1, the default, every
      bit equals that of a row that is scored without Spark.

    `graph` is the content of an ONNX file. Raises `ModelError` for a graph that cannot be run,
    `MissingExtraError` without onnxruntime.
    """

    feedDict = Param(Params._dummy(), "feedDict", "column of each input of the graph", _names)
    fetchDict = Param(Params._dummy(), "fetchDict", "output of the graph of each output column", _names)
    softMaxDict = Param(Params._dummy(), "softMaxDict", "softmax column of each fetched column", _names)
    argMaxDict = Param(Params._dummy(), "argMaxDict", "argmax column of each fetched column", _names)
    batchSize = Param(Params._dummy(), "batchSize", "rows in one call", TypeConverters.toInt)
    defaults = {"fetchDict": {}, "softMaxDict": {}, "argMaxDict": {}, "batchSize": 1}  # noqa: RUF012

    def __init__(self, *, graph: bytes | None = None, **params: Any) -> None:
        super().__init__(**params)
        self._graph = None if graph is None else OnnxGraph("graph", bytes(graph))

    @classmethod
    def of(cls, model: Any, example: Any, **params: Any) -> OnnxTransformer:
        """Return a transformer with the graph of a scikit-learn or PyTorch model.

        `example` is an array, or a tensor, of at least one row of its input. skl2onnx exports models of
        scikit-learn, whose input is called `X`; `torch.onnx` exports modules, with the input `input` and the
        output `output`. `params` are those of the class. Raises `OptionError` for another kind of model,
        `MissingExtraError` if its exporter is not installed.
        """
        kinds = {base.__module__.partition(".")[0] for base in type(model).__mro__}
        if "torch" in kinds:
            return cls(graph=_torch_graph(model, example), **params)
        if "sklearn" in kinds:
            return cls(graph=_sklearn_graph(model, example), **params)
        raise OptionError("model", model, "a model of scikit-learn or a module of PyTorch")

    @classmethod
    def fromFile(cls, path: str | Path, **params: Any) -> OnnxTransformer:
        """Return a transformer with the graph of an ONNX file."""
        return cls(graph=Path(path).read_bytes(), **params)

    @property
    def graph(self) -> OnnxGraph:
        """Return the graph; raise `OptionError` if there is none."""
        if self._graph is None:
            raise OptionError("graph", None, "pass the content of an ONNX file")
        return self._graph

    def inputs(self) -> Mapping[str, Any]:
        """Return the columns that feed the graph, of any type."""
        feeds = self.getOrDefault("feedDict")
        missing = [name for name in self.graph.inputs if name not in feeds]
        if missing:
            raise OptionError(
                "feedDict", feeds, f"name a column for the inputs {', '.join(missing)} of the graph"
            )
        return dict.fromkeys(feeds[name] for name in self.graph.inputs)

    def outputs(self) -> Mapping[str, Any]:
        """Return the fetched columns, and those of the softmax and argmax, with their types."""
        types: dict[str, Any] = {}
        for column, tensor in self._fetched().items():
            types[column] = tensor.type
        for name in self.getOrDefault("softMaxDict").values():
            types[name] = "vector"
        for name in self.getOrDefault("argMaxDict").values():
            types[name] = "double"
        return types

    def _fetched(self) -> dict[str, GraphTensor]:
        known = self.graph.outputs
        fetches = self.getOrDefault("fetchDict") or {name: name for name in known}
        for column, name in fetches.items():
            if name not in known or known[name].problem:
                problem = known[name].problem if name in known else f"is none of {', '.join(known)}"
                raise OptionError("fetchDict", fetches, f"{column!r}: the output {name!r} {problem}")
        for param in ("softMaxDict", "argMaxDict"):
            for column in self.getOrDefault(param):
                if column not in fetches or not isinstance(known[fetches[column]].type, ArrayType):
                    raise OptionError(param, column, "is no fetched column of arrays")
        return {column: known[name] for column, name in fetches.items()}

    def scoreBatch(self, batch: pa.RecordBatch) -> dict[str, Any]:
        """Return the outputs of a batch of rows, `batchSize` rows in each call of onnxruntime."""
        feeds = self.getOrDefault("feedDict")
        arrays = {
            name: _tensor(each, feeds[name], batch[feeds[name]]) for name, each in self.graph.inputs.items()
        }
        fetched = self._fetched()
        names, size = [tensor.name for tensor in fetched.values()], max(1, self.getOrDefault("batchSize"))
        parts = [
            self.graph.run(names, {name: array[start : start + size] for name, array in arrays.items()})
            for start in range(0, len(batch), size)
        ]
        joined = [np.concatenate([part[index] for part in parts]) for index in range(len(names))]
        columns: dict[str, Any] = {
            column: found.tolist() for column, found in zip(fetched, joined, strict=True)
        }
        more = {
            name: [softmax(row) for row in columns[c]] for c, name in self.getOrDefault("softMaxDict").items()
        }
        more |= {
            name: [float(argmax(row)) for row in columns[c]]
            for c, name in self.getOrDefault("argMaxDict").items()
        }
        return columns | more

    def write(self) -> DefaultParamsWriter:
        """Return the writer that saves the params, and the graph as `graph.onnx`."""
        return _Writer(self)

    @classmethod
    def read(cls) -> DefaultParamsReader:
        """Return the reader of params and graph."""
        return _Reader(cls)

    def _restore(self, saved: SavedStage) -> None:
        self._graph = OnnxGraph(*saved.file(_FILE))


class _Writer(DefaultParamsWriter):
    def saveImpl(self, path: str) -> None:
        super().saveImpl(path)
        Folder(self.sparkSession, path).write(_FILE, self.instance.graph.data)


class _Reader(DefaultParamsReader):
    def load(self, path: str) -> Any:
        stage = super().load(path)
        stage._graph = OnnxGraph(f"{path}/{_FILE}", Folder(self.sparkSession, path).read(_FILE))
        return stage


def _tensor(tensor: GraphTensor, column: str, array: pa.Array) -> np.ndarray:
    """Return the tensor of a column of numbers, arrays or vectors."""
    values = decode_nullable(array)
    if any(value is None for value in values):
        raise InvalidValueError("is null", column=column)
    if tensor.width is not None:
        values = [
            to_dense(value).values if isinstance(value, DenseVector | SparseVector) else value
            for value in values
        ]
        width = tensor.width if tensor.width >= 0 else len(values[0])
        for value in values:
            if len(value) != width:
                raise VectorSizeError(len(value), width, column=column)
    with np.errstate(over="ignore"):
        return np.array(values, np.float64).astype(tensor.dtype)


def _sklearn_graph(model: Any, example: Any) -> bytes:
    try:
        from skl2onnx import to_onnx
    except ModuleNotFoundError:
        raise MissingExtraError("exporting a model of scikit-learn", "onnx-export") from None

    # A classifier gives a tensor of probabilities instead of a list of mappings.
    options = {"zipmap": False} if hasattr(model, "predict_proba") else None
    rows = np.asarray(example, np.float32)[:1]
    found: bytes = to_onnx(model, rows, options=options).SerializeToString()
    return found


def _torch_graph(model: Any, example: Any) -> bytes:
    import torch

    rows = torch.as_tensor(example, dtype=torch.float32)[:1]
    file = io.BytesIO()
    names: dict[str, Any] = {"input_names": ["input"], "output_names": ["output"]}
    names["dynamic_axes"] = {"input": {0: "batch"}, "output": {0: "batch"}}
    torch.onnx.export(model.eval(), (rows,), file, dynamo=False, **names)
    return file.getvalue()
