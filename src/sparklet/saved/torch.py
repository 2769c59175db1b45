"""Read the weights of a linear layer from a file that `torch.save` wrote, without PyTorch.

The file is a ZIP archive: `data.pkl` is a pickle that describes the modules, `data/0` ... are the bytes of
the tensors. Nothing is unpickled: the few opcodes that PyTorch writes are interpreted to plain values, names
of classes stay names, and calls stay descriptions of calls.
"""

from __future__ import annotations

import io
import math
import pickletools
import struct
import zipfile
import zlib
from collections.abc import Callable
from typing import Any, NamedTuple, cast

__all__ = ["Linear", "read_linear"]

_MOST_PICKLE = 1 << 20
_SEQUENTIAL = "torch.nn.modules.container.Sequential"
_LINEAR = "torch.nn.modules.linear.Linear"
_TENSOR = "torch._utils._rebuild_tensor_v2"
_PARAMETER = "torch._utils._rebuild_parameter"
_STORAGE = "torch.FloatStorage"


class Linear(NamedTuple):
    """A linear layer: the weights of each output, and the bias of each output if there is one."""

    weight: tuple[tuple[float, ...], ...]
    bias: tuple[float, ...] | None


class _Name(str):
    """The name of a class or function."""

    __slots__ = ()


class _Call:
    """A call of a named class or function, and what the pickle adds to its result."""

    __slots__ = ("arguments", "items", "name", "state")

    def __init__(self, name: str, arguments: tuple[Any, ...]) -> None:
        self.name, self.arguments = name, arguments
        self.state: Any = None
        self.items: dict[Any, Any] = {}


def read_linear(data: bytes) -> Linear:
    """Return the first module of a saved `Sequential`, which must be a `Linear` of 32-bit floats.

    Raises ValueError for any other content.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return _Reader(archive).linear()
    except _DAMAGE as error:
        raise ValueError(f"{type(error).__name__}: {error}") from error


# What zipfile, struct and the look-ups below raise for a damaged file.
_DAMAGE = (
    *(zipfile.BadZipFile, zlib.error, struct.error, EOFError, OSError, RuntimeError),
    *(AttributeError, LookupError, OverflowError, TypeError),
)


class _Reader:
    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        roots = [name.removesuffix("data.pkl") for name in archive.namelist() if name.endswith("/data.pkl")]
        if len(roots) != 1:
            raise ValueError(f"it holds {len(roots)} files data.pkl")
        self._root = roots[0]
        names = archive.namelist()
        big = self._root + "byteorder" in names and self._member("byteorder", 16) == b"big"
        self._order = ">" if big else "<"

    def linear(self) -> Linear:
        top = _interpret(self._member("data.pkl", _MOST_PICKLE))
        layer = _expect(_expect(top, _SEQUENTIAL).state["_modules"].items["0"], _LINEAR)
        parameters = layer.state["_parameters"]
        values = parameters.items if isinstance(parameters, _Call) else parameters
        weight, bias = values["weight"], values["bias"]
        (rows, columns), numbers = self._tensor(weight)
        if bias is not None:
            shape, bias = self._tensor(bias)
            if shape != (rows,):
                raise ValueError(f"{rows} rows of weights, but a bias of shape {shape}")
        return Linear(tuple([numbers[i * columns : (i + 1) * columns] for i in range(rows)]), bias)

    def _tensor(self, parameter: Any) -> tuple[tuple[int, ...], tuple[float, ...]]:
        """Return the shape of a parameter and its values, row by row."""
        tensor = _expect(_expect(parameter, _PARAMETER).arguments[0], _TENSOR)
        storage, offset, shape, strides = tensor.arguments[:4]
        kind, name, key, _device, count = storage
        dense = [math.prod(shape[position + 1 :]) for position in range(len(shape))]
        if kind != "storage" or name != _STORAGE or not isinstance(key, str) or not key.isdigit():
            raise ValueError("a parameter is no tensor of 32-bit floats")
        if list(strides) != dense or any(type(size) is not int or size < 1 for size in shape):
            raise ValueError("a tensor is not stored row by row")
        size = math.prod(shape)
        if type(offset) is not int or offset < 0 or type(count) is not int or offset + size > count:
            raise ValueError("a tensor reaches outside its storage")
        stored = self._member(f"data/{key}", 4 * count)
        return tuple(shape), struct.unpack_from(f"{self._order}{size}f", stored, 4 * offset)

    def _member(self, name: str, limit: int) -> bytes:
        member = self._archive.getinfo(self._root + name)
        if member.compress_type != zipfile.ZIP_STORED or member.file_size > limit:
            raise ValueError(f"{name} is compressed or has more than {limit} bytes")
        return self._archive.read(member)


def _expect(value: Any, name: str) -> _Call:
    if not isinstance(value, _Call) or value.name != name:
        raise ValueError(f"{name} is expected, got {getattr(value, 'name', type(value).__name__)}")
    return value


def _interpret(data: bytes) -> Any:
    """Return what a pickle describes, as plain values, names and descriptions of calls."""
    stack: list[Any] = []
    marks: list[int] = []
    memo: dict[Any, Any] = {}
    for opcode, value, _position in pickletools.genops(data):
        name, argument = opcode.name, cast("Any", value)
        if name in _CONSTANTS:
            stack.append(_CONSTANTS[name]())
        elif name in _ARGUMENTS:
            stack.append(argument)
        elif name == "GLOBAL":
            stack.append(_Name(argument.replace(" ", ".")))
        elif name == "MARK":
            marks.append(len(stack))
        elif name in _MARKED:
            start = marks.pop()
            items = stack[start:]
            del stack[start:]
            _MARKED[name](stack, items)
        elif name in _COUNTED:
            count = _COUNTED[name]
            items = stack[-count:]
            del stack[-count:]
            stack.append(tuple(items))
        elif name in ("BINPUT", "LONG_BINPUT"):
            memo[argument] = stack[-1]
        elif name in ("BINGET", "LONG_BINGET"):
            stack.append(memo[argument])
        elif name in ("REDUCE", "NEWOBJ"):
            arguments = stack.pop()
            function = stack.pop()
            if not isinstance(function, _Name) or not isinstance(arguments, tuple):
                raise ValueError("it calls what is no name")
            stack.append(_Call(function, arguments))
        elif name == "BUILD":
            state = stack.pop()
            _as_call(stack[-1]).state = state
        elif name == "SETITEM":
            item = stack.pop()
            key = stack.pop()
            _set_items(stack, [key, item])
        elif name == "APPEND":
            item = stack.pop()
            _append(stack, [item])
        elif name == "STOP":
            return stack.pop()
        elif name not in ("PROTO", "FRAME", "BINPERSID"):  # a persistent id is the tuple on the stack
            raise ValueError(f"the opcode {name} is not one that PyTorch writes")
    raise ValueError("the pickle ends early")


def _as_call(value: Any) -> _Call:
    if not isinstance(value, _Call):
        raise ValueError("it sets the state of what is no object")  # noqa: TRY004 - the file is invalid
    return value


def _set_items(stack: list[Any], items: list[Any]) -> None:
    target = stack[-1].items if isinstance(stack[-1], _Call) else stack[-1]
    target.update(zip(items[::2], items[1::2], strict=True))


def _append(stack: list[Any], items: list[Any]) -> None:
    stack[-1].extend(items)


_CONSTANTS: dict[str, Callable[[], Any]] = {
    "NONE": lambda: None,
    "NEWTRUE": lambda: True,
    "NEWFALSE": lambda: False,
    "EMPTY_TUPLE": tuple,
    "EMPTY_LIST": list,
    "EMPTY_DICT": dict,
}
_ARGUMENTS = frozenset(
    {"BININT", "BININT1", "BININT2", "LONG1", "BINFLOAT", "BINUNICODE", "SHORT_BINUNICODE"}
)
_COUNTED = {"TUPLE1": 1, "TUPLE2": 2, "TUPLE3": 3}
_MARKED: dict[str, Callable[[list[Any], list[Any]], None]] = {
    "TUPLE": lambda stack, items: stack.append(tuple(items)),
    "SETITEMS": _set_items,
    "APPENDS": _append,
}
