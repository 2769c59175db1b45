"""An ONNX graph, run by onnxruntime (extra `onnx`) on one thread."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sparklet.errors import CorruptModelError, MissingExtraError, shown
from sparklet.records import record
from sparklet.stages.onnx.protobuf import refusal
from sparklet.types import BOOLEAN, BYTE, DOUBLE, FLOAT, INTEGER, LONG, SHORT, ArrayType, DataType

if TYPE_CHECKING:
    import numpy

__all__ = ["GraphTensor", "OnnxGraph"]

# The type of a tensor's elements as onnxruntime spells it, its dtype and Spark's type.
_ELEMENTS: Mapping[str, tuple[str, DataType]] = {
    "tensor(float)": ("float32", FLOAT),
    "tensor(double)": ("float64", DOUBLE),
    "tensor(int8)": ("int8", BYTE),
    "tensor(int16)": ("int16", SHORT),
    "tensor(int32)": ("int32", INTEGER),
    "tensor(int64)": ("int64", LONG),
    "tensor(bool)": ("bool", BOOLEAN),
}
_LEVELS = {
    "NO_OPT": "ORT_DISABLE_ALL",
    "BASIC_OPT": "ORT_ENABLE_BASIC",
    "EXTENDED_OPT": "ORT_ENABLE_EXTENDED",
    "ALL_OPT": "ORT_ENABLE_ALL",
}
_QUIET = 4


@record()
class GraphTensor:
    """An input or output of a graph: its name, numpy dtype, Spark type for a row, and elements in a row.

    `width` is None if a row has a single number, and -1 if the graph does not tell how many it has. `problem`
    says why the tensor is not supported, if it is not.
    """

    name: str
    dtype: str
    type: DataType
    width: int | None = None
    problem: str = ""


class OnnxGraph:
    """A graph from the bytes of an ONNX file; `path` is that file, for errors.

    The first dimension of each input and output is the batch. Raises `CorruptModelError` for a graph that
    onnxruntime refuses, that reads other files or has loops, `MissingExtraError` without onnxruntime.
    """

    __slots__ = ("_data", "_level", "_path", "_session", "inputs", "outputs")

    def __init__(self, path: str, data: bytes, level: object = "ALL_OPT") -> None:
        self._path, self._data, self._level = path, data, level
        try:
            reason = refusal(data)
        except ValueError as error:
            raise CorruptModelError(path, f"is no ONNX graph: {error}") from None
        if reason is not None:
            raise CorruptModelError(path, reason)
        self._session = _session(path, data, level)
        self.inputs = {each.name: _tensor(each) for each in self._session.get_inputs()}
        self.outputs = {each.name: _tensor(each) for each in self._session.get_outputs()}

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self._path, self._data, self._level)

    @property
    def data(self) -> bytes:
        """Return the ONNX file."""
        return self._data

    def run(self, names: Sequence[str], feeds: Mapping[str, numpy.ndarray]) -> list[numpy.ndarray]:
        """Return the outputs of these names for a batch of inputs."""
        found: list[numpy.ndarray] = self._session.run(names, feeds)
        return found


def _tensor(found: Any) -> GraphTensor:
    """Return an input or output of a session."""
    dtype, type = _ELEMENTS.get(found.type, ("", FLOAT))
    shape = found.shape
    if not dtype:
        return GraphTensor(found.name, dtype, type, problem=f"is a {found.type}")
    if len(shape) > 2:
        return GraphTensor(found.name, dtype, type, problem=f"has {len(shape)} dimensions")
    if shape and isinstance(shape[0], int) and shape[0] != 1:
        problem = f"has batches of {shape[0]} rows; export the graph with a dynamic batch dimension"
        return GraphTensor(found.name, dtype, type, problem=problem)
    if len(shape) < 2:
        return GraphTensor(found.name, dtype, type)
    width = shape[1] if isinstance(shape[1], int) else -1
    return GraphTensor(found.name, dtype, ArrayType(type), width)


def _session(path: str, data: bytes, level: object) -> Any:
    if level not in _LEVELS:
        raise CorruptModelError(path, f"has the optimization level {shown(level)}, not {', '.join(_LEVELS)}")
    try:
        import onnxruntime
    except ModuleNotFoundError:
        raise MissingExtraError("an ONNX graph", "onnx") from None

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = _QUIET
    options.graph_optimization_level = getattr(onnxruntime.GraphOptimizationLevel, _LEVELS[str(level)])
    try:
        return onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
    except Exception as error:
        raise CorruptModelError(path, f"is refused by onnxruntime: {shown(str(error), 300)}") from error
