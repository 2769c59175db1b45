"""Open models that `pyspark.ml.connect` saved: one JSON file with all stages, and a file a fitted stage.

Follows Spark's `python/pyspark/ml/connect/io_utils.py`, `pipeline.py` and `tuning.py` (3.5 and 4.3).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from sparklet.errors import CorruptModelError, MissingDataError, ModelError, shown
from sparklet.saved.folder import SavedStage
from sparklet.saved.metadata import Metadata, parse_metadata
from sparklet.saved.stores import Store, join
from sparklet.saved.tables import Table, read_parquet
from sparklet.saved.text import COPIED

if TYPE_CHECKING:
    from sparklet.saved.torch import Linear

__all__ = ["ConnectStage", "is_connect", "open_connect"]

_FILE = "metadata.json"
_MOST_JSON = 64 << 20
_MOST_WEIGHTS = 1 << 30


def is_connect(store: Store, root: str) -> bool:
    """Return whether a folder has a metadata file that `pyspark.ml.connect` wrote."""
    path = join(root, _FILE)
    if not store.is_file(path):
        return False
    try:
        data = store.read(path, _MOST_JSON)
    except ModelError:
        return False
    return b"spark_connect" in data or b"pyspark.ml.connect." in data


def open_connect(store: Store, root: str) -> ConnectStage:
    """Open the top stage of a folder; raise CorruptModelError for other metadata."""
    path = join(root, _FILE)
    metadata = parse_metadata(store.shown(path), store.read(path, _MOST_JSON))
    stage = ConnectStage(store, root, metadata)
    if metadata.entries.get("type") != "spark_connect":
        raise stage.corrupt("its type is not spark_connect")
    return stage


class ConnectStage(SavedStage):
    """A stage of a `pyspark.ml.connect` model; the stages inside it are objects of its metadata."""

    __slots__ = ()

    def stages(self) -> list[SavedStage]:
        """Return the stages of a pipeline in their order."""
        stages = self.metadata.get("stages")
        if not isinstance(stages, list):
            raise self.corrupt(f"stages is {shown(stages)}, expected a list")
        opened = [self._part(stage) for stage in stages]
        for stage in opened:
            stage.require_fitted()
        return opened

    def child(self, name: str) -> SavedStage:
        """Return the best model of a cross-validator, which is saved under another name than in Spark ML."""
        return self._part(self.metadata.get({"bestModel": "best_model"}.get(name, name)))

    def _part(self, entries: object) -> SavedStage:
        if not isinstance(entries, Mapping):
            raise self.corrupt(f"a stage is {shown(entries)}, expected an object")
        return ConnectStage(self._store, self._folder, Metadata.of(self._file, dict(entries)))

    def extra_number(self, key: str) -> int:
        """Return a positive integer of the stage's extra metadata."""
        extra = self.metadata.get("extra")
        value = extra.get(key) if isinstance(extra, Mapping) else None
        if not isinstance(value, int) or isinstance(value, bool) or not 0 < value < 1 << 31:
            raise self.corrupt(f"{key} is {shown(value)}, expected a positive integer")
        return value

    def core_table(self) -> Table:
        """Return the table of the fitted values."""
        return read_parquet(self._store, self._core_path())

    def core_linear(self) -> Linear:
        """Return the linear layer of the fitted PyTorch module."""
        from sparklet.saved.torch import read_linear

        path = self._core_path()
        name = self._store.shown(path)
        try:
            return read_linear(self._store.read(path, _MOST_WEIGHTS))
        except ValueError as error:
            raise CorruptModelError(name, f"is no saved linear layer of PyTorch: {error}") from error

    def _core_path(self) -> str:
        name = self.metadata.get("core_model_path")
        if not isinstance(name, str) or not name or name == ".." or set(name) & set("/\\\0"):
            raise self.corrupt(f"core_model_path is {shown(name)}, expected the name of a file")
        path = join(self._folder, name)
        if not self._store.is_file(path):
            raise MissingDataError(self._store.shown(path), "is absent", COPIED)
        return path
