"""Write what `torch.save` writes for a `Sequential(Linear, Softmax)`, without PyTorch.

The classes are stand-ins with PyTorch's names, so that Python's own pickler, with the protocol and the
persistent ids of `torch/serialization.py`, writes the file. No PyTorch has written these files.
"""

from __future__ import annotations

import io
import pickle
import struct
import sys
import types
import zipfile
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


class Module:
    def __init__(self, parameters: Any, modules: Any, **facts: Any) -> None:
        # As `torch/nn/modules/module.py` of 2.x leaves a module's __dict__.
        self.training = True
        self._parameters, self._buffers = parameters, {}
        self._non_persistent_buffers_set: set[str] = set()
        self._backward_pre_hooks: Any = OrderedDict()
        self._forward_hooks: Any = OrderedDict()
        self._is_full_backward_hook = None
        self._modules = modules
        self.__dict__.update(facts)


class FloatStorage:
    pass


class Storage:
    def __init__(self, key: str, values: list[float]) -> None:
        self.key, self.values = key, values


class Parameter:
    def __init__(
        self, storage: Storage, offset: int, shape: tuple[int, ...], stride: tuple[int, ...]
    ) -> None:
        self.tensor = Tensor(storage, offset, shape, stride)

    def __reduce_ex__(self, protocol: int) -> Any:
        return _rebuild_parameter, (self.tensor, True, OrderedDict())


class Tensor:
    """A tensor of a storage, an offset, a shape and strides."""

    def __init__(self, *facts: Any) -> None:
        self.facts = facts

    def __reduce_ex__(self, protocol: int) -> Any:
        return _rebuild_tensor_v2, (*self.facts, False, OrderedDict())


def _rebuild_parameter(*arguments: Any) -> None:
    raise AssertionError("nothing is unpickled")


def _rebuild_tensor_v2(*arguments: Any) -> None:
    raise AssertionError("nothing is unpickled")


class Sequential(Module):
    pass


class Linear(Module):
    pass


class Softmax(Module):
    pass


_NAMES = {
    "torch": [FloatStorage],
    "torch._utils": [_rebuild_parameter, _rebuild_tensor_v2],
    "torch.nn.modules.container": [Sequential],
    "torch.nn.modules.linear": [Linear],
    "torch.nn.modules.activation": [Softmax],
}


@contextmanager
def named() -> Iterator[None]:
    """Let the stand-ins be importable under PyTorch's names while they are pickled."""
    before = {name: sys.modules.get(name) for name in _NAMES}
    for name, members in _NAMES.items():
        module = types.ModuleType(name)
        for member in members:
            member.__module__ = name
            setattr(module, member.__name__, member)
        sys.modules[name] = module
    try:
        yield
    finally:
        for name, module in before.items():
            sys.modules.pop(name) if module is None else sys.modules.update({name: module})


class _Pickler(pickle.Pickler):
    def persistent_id(self, value: Any) -> Any:
        if isinstance(value, Storage):
            return "storage", FloatStorage, value.key, "cpu", len(value.values)
        return None


def linear_file(
    weight: list[list[float]], bias: list[float] | None, *, big: bool = False, shared: bool = False
) -> bytes:
    """Return the bytes of a saved linear layer; with `shared`, weight and bias are parts of one storage."""
    rows, columns = len(weight), len(weight[0])
    flat = [value for row in weight for value in row]
    storages = [Storage("0", flat)]
    if shared:
        storages = [Storage("0", [9.0, *flat, *(bias or [])])]
    elif bias is not None:
        storages.append(Storage("1", bias))
    first = Parameter(storages[0], int(shared), (rows, columns), (columns, 1))
    second = None if bias is None else Parameter(storages[-1], len(flat) + 1 if shared else 0, (rows,), (1,))
    layer = Linear({"weight": first, "bias": second}, {}, in_features=columns, out_features=rows)
    top = Sequential({}, OrderedDict([("0", layer), ("1", Softmax({}, {}, dim=1))]))
    return archive(top, storages, big=big)


def archive(
    top: Any, storages: list[Storage], *, big: bool = False, compression: int = zipfile.ZIP_STORED
) -> bytes:
    """Return the ZIP archive of a pickled object and its storages."""
    pickled, buffer = io.BytesIO(), io.BytesIO()
    with named():
        _Pickler(pickled, protocol=2).dump(top)
    with zipfile.ZipFile(buffer, "w", compression) as file:
        root = "LogisticRegressionModel"
        file.writestr(f"{root}/data.pkl", pickled.getvalue())
        file.writestr(f"{root}/byteorder", "big" if big else "little")
        for storage in storages:
            order = ">" if big else "<"
            values = struct.pack(f"{order}{len(storage.values)}f", *storage.values)
            file.writestr(f"{root}/data/{storage.key}", values)
        file.writestr(f"{root}/version", "3\n")
    return buffer.getvalue()
