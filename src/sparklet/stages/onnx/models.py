"""The stages that run an ONNX graph on each row."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, ClassVar

from sparklet.columns import Column, Columns, wants
from sparklet.errors import CorruptModelError, SchemaError
from sparklet.records import record
from sparklet.saved import SavedStage
from sparklet.stages.onnx.graph import GraphTensor, OnnxGraph
from sparklet.stages.onnx.values import argmax, from_tensor, softmax, to_tensor
from sparklet.stages.stage import Bound, Rounding, Stage, stage
from sparklet.types import DOUBLE, VECTOR, ArrayType

__all__ = ["ONNXModel", "OnnxStage", "OnnxTransformer"]

# What Java writes before the length of an array of bytes.
_ARRAY = bytes.fromhex("aced0005757200025b42acf317f8060854e002000078")
_NULL = b"\x70"
# Eight units in the last place of a float, counted in doubles.
_FLOATS = 1 << 32


@record(kw_only=True, eq=False)
class OnnxStage(Stage):
    """Feed columns to the inputs of a graph and fetch its outputs, for a batch of one row."""

    predictor: ClassVar[bool] = True

    feedDict: Mapping[str, str] = MappingProxyType({})
    fetchDict: Mapping[str, str] = MappingProxyType({})
    softMaxDict: Mapping[str, str] = MappingProxyType({})
    argMaxDict: Mapping[str, str] = MappingProxyType({})
    graph: OnnxGraph

    @property
    def fetched(self) -> Mapping[str, str]:
        """Return the output of the graph for each output column, by default all under their own names."""
        return self.fetchDict or {name: name for name in self.graph.outputs}

    def check(self) -> str | None:
        graph = self.graph
        if not self.fetched:
            return "the graph has no outputs"
        for name, tensor in graph.inputs.items():
            if name not in self.feedDict:
                return f"feedDict names no column for the input {name!r} of the graph"
            if tensor.problem:
                return f"the input {name!r} {tensor.problem}, which is not supported"
            if tensor.dtype not in ("float32", "float64"):
                return f"the input {name!r} takes {tensor.dtype}, only float and double are supported"
        for column, name in self.fetched.items():
            found = graph.outputs.get(name)
            if found is None:
                known = ", ".join(graph.outputs)
                return f"fetchDict fetches {name!r} as {column!r}; the graph has the outputs {known}"
            if found.problem:
                return f"the output {name!r} {found.problem}, which is not supported"
        for param in ("softMaxDict", "argMaxDict"):
            for column in getattr(self, param):
                name = self.fetched.get(column)
                if name is None or not isinstance(graph.outputs[name].type, ArrayType):
                    return f"{param} takes {column!r}, which is no fetched column of arrays"
        return super().check()

    def bind(self, columns: Columns) -> Iterator[Bound]:
        tensors = list(self.graph.inputs.values())
        taken = tuple([_taken(columns, self.feedDict[tensor.name], tensor) for tensor in tensors])
        outputs = {name: self.graph.outputs[name] for name in self.fetched.values()}
        targets = {column: columns.new(column, outputs[name].type) for column, name in self.fetched.items()}
        run, names = self.graph.run, list(self.fetched.values())
        readers = [(tensor.name, to_tensor(tensor)) for tensor in tensors]
        writers = [from_tensor(outputs[name]) for name in names]

        def score(*values: Any) -> Any:
            feeds = {name: read(value) for (name, read), value in zip(readers, values, strict=True)}
            found = run(names, feeds)
            made = [write(each) for write, each in zip(writers, found, strict=True)]
            return made[0] if len(made) == 1 else tuple(made)

        single = len(readers) == len(writers) == 1
        function = _single(self.graph, *readers[0], names, writers[0]) if single else score
        yield Bound(taken, tuple(targets.values()), function, kept=True, barrier=True)
        for column, name in self.softMaxDict.items():
            yield Bound((targets[column],), (columns.new(name, VECTOR),), softmax)
        for column, name in self.argMaxDict.items():
            yield Bound(
                (targets[column],), (columns.new(name, DOUBLE),), lambda values: float(argmax(values))
            )


def _single(
    graph: OnnxGraph,
    feed: str,
    read: Callable[[Any], Any],
    names: Sequence[str],
    write: Callable[[Any], Any],
) -> Callable[[Any], Any]:
    """Return the function from the one input to the one output."""
    run = graph.run
    return lambda value: write(run(names, {feed: read(value)})[0])


def _taken(columns: Columns, name: str, tensor: GraphTensor) -> Column:
    if tensor.width is None:
        return columns.take(name, wants.NUMBER)
    width = None if tensor.width < 0 else tensor.width
    column = columns.take(name, wants.POINT, width)
    if None not in (width, column.size) and column.size != width:
        raise SchemaError(name, f"has {column.size} elements, the graph takes {width}", columns.stage)
    return column


@stage("com.microsoft.azure.synapse.ml.onnx.ONNXModel")
class ONNXModel(OnnxStage):
    """Run an ONNX graph on the CPU, a row at a time, with the release of onnxruntime that is installed.

    Follows SynapseML's `com/microsoft/azure/synapse/ml/onnx/ONNXModel.scala` and `ONNXUtils.scala` (1.0).
    """

    rounding = Rounding(
        "SynapseML runs batches of rows, which onnxruntime may add up in another order", (), _FLOATS
    )

    deviceType: str | None = None

    @classmethod
    def data(cls, saved: SavedStage) -> Mapping[str, Any]:
        path, data = saved.file("complexParams/modelPayload")
        level = saved.params.get("optimizationLevel", "ALL_OPT")
        return {"graph": OnnxGraph(path, _payload(path, data), level)}

    def check(self) -> str | None:
        if (self.deviceType or "CPU").upper() != "CPU":
            return f"deviceType is {self.deviceType}; the graph runs on the CPU, whose results differ"
        return super().check()


def _payload(path: str, data: bytes) -> bytes:
    """Return the bytes of an array that Java serialized."""
    head = len(_ARRAY) + len(_NULL)
    if data[:head] != _ARRAY + _NULL or len(data) < head + 4:
        raise CorruptModelError(path, "is no array of bytes that Java serialized")
    (size,) = struct.unpack(">i", data[head : head + 4])
    if size != len(data) - head - 4:
        raise CorruptModelError(path, f"declares {size} bytes and has {len(data) - head - 4}")
    return data[head + 4 :]


@stage("sparklet.spark.onnx.OnnxTransformer")
class OnnxTransformer(OnnxStage):
    """Run an ONNX graph, a row at a time.

    Follows `sparklet/spark/onnx.py`, which runs it on Spark.
    """

    batchSize: int = 1

    @classmethod
    def data(cls, saved: SavedStage) -> Mapping[str, Any]:
        return {"graph": OnnxGraph(*saved.file("graph.onnx"))}

    def slack(self, column: str) -> int:
        if self.batchSize > 1:
            return _FLOATS
        return 16 if column in self.softMaxDict.values() else 0
