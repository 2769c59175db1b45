"""One version of a model in memory."""

from __future__ import annotations

import pickle
import time
from typing import TYPE_CHECKING, Any

from sparklet.engines import OnlinePipelineModel, load
from sparklet.json import Decoder
from sparklet.saved import open_model

if TYPE_CHECKING:
    from sparklet.serve.settings import Settings

__all__ = ["Served", "load_version"]


class Served:
    """A loaded version of a model with what its routes need, made once.

    `example` is a row of the certificate, None without one; `verified` is the number of its rows that were
    compared with Spark's results. `size` is the number of bytes of the pickled model, which is close to the
    size of its arrays in memory.
    """

    __slots__ = ("decoder", "example", "loaded_at", "model", "name", "names", "size", "verified", "version")

    def __init__(self, name: str, version: str, model: OnlinePipelineModel, verified: int) -> None:
        self.name, self.version, self.model, self.verified = name, version, model, verified
        self.decoder = Decoder(model.inputs)
        self.names = [column.name for column in model.outputs]
        self.example: dict[str, Any] | None = model.example() if verified else None
        self.size = _size(model)
        self.loaded_at = time.time()


class _Counter:
    """A file that counts the bytes that are written to it."""

    def __init__(self) -> None:
        self.count = 0

    def write(self, data: Any) -> int:
        size = memoryview(data).nbytes
        self.count += size
        return size


def _size(model: OnlinePipelineModel) -> int:
    counter = _Counter()
    pickle.Pickler(counter, protocol=5).dump(model)
    return counter.count


def load_version(name: str, version: str, path: str, settings: Settings) -> Served:
    """Load a version of a model and compare the rows of its certificate with Spark's results.

    A model without a certificate is loaded unless the settings require one. Raises the errors of `load` and
    of `verify`.
    """
    model = load(path, undeclared=settings.undeclared, trusted=settings.trusted)
    certified = open_model(model.path).example() is not None
    verified = model.verify() if certified or settings.require_certificate else 0
    return Served(name, version, model, verified)
