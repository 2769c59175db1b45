"""SavedStage: one folder of a saved model, whose contents are read on demand."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sparklet.errors import (
    CorruptModelError,
    MissingDataError,
    UnfittedModelError,
    shown,
)
from sparklet.saved.classes import is_estimator
from sparklet.saved.example import SCHEMA, Example, read_example
from sparklet.saved.metadata import Metadata, read_metadata
from sparklet.saved.stores import Store, join
from sparklet.saved.tables import Table, parquet_files, read_table
from sparklet.saved.text import (
    COPIED,
    LFS_HINT,
    LFS_PROBLEM,
    first_line,
    is_lfs_pointer,
    joined_lines,
    part_files,
)
from sparklet.saved.version import SparkVersion

if TYPE_CHECKING:
    import pyarrow as pa

    from sparklet.saved.avro import Shape

__all__ = ["SavedStage"]

_MOST_BYTES = 1 << 30


class SavedStage:
    """One folder of a saved model: its metadata, and access to its tables and nested folders.

    `params` are the values of the JSON, where NaN and infinities may be the strings "NaN", "Inf" and "-Inf".
    `className` is the JVM class name, even when PySpark wrote a Python name, which is in `metadata["class"]`.
    """

    __slots__ = ("_file", "_folder", "_store", "className", "metadata", "params", "path", "uid", "version")

    path: str
    className: str
    uid: str
    version: SparkVersion
    params: Mapping[str, object]
    metadata: Mapping[str, object]

    def __init__(self, store: Store, folder: str, metadata: Metadata) -> None:
        self._store, self._folder, self._file = store, folder, metadata.path
        self.path = store.shown(folder)
        self.className, self.uid, self.version = metadata.className, metadata.uid, metadata.version
        self.params, self.metadata = metadata.params, metadata.entries

    def __repr__(self) -> str:
        return f"SavedStage({self.className} {self.uid!r} of Spark {self.version} at {self.path!r})"

    @property
    def explicit(self) -> frozenset[str]:
        """Return the names of the params that were set; before Spark 2.4 these include the defaults."""
        params = self.metadata.get("paramMap")
        return frozenset(params) if isinstance(params, Mapping) else frozenset()

    def require_fitted(self) -> None:
        """Raise UnfittedModelError for an estimator."""
        if is_estimator(self.className, self.version):
            kind = "unfitted Pipeline" if self.className.endswith(".Pipeline") else "estimator"
            problem = f"is an {kind} ({self.className}), which cannot score"
            raise UnfittedModelError(self.path, problem, "save the model that fit returns")

    def corrupt(self, problem: str) -> CorruptModelError:
        """Return the error for invalid content of this stage's metadata file."""
        return CorruptModelError(self._file, problem)

    def number(self, key: str, least: int) -> int:
        """Return an integer that is stored beside the params; raise CorruptModelError below `least`."""
        value = self.metadata.get(key)
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value < 1 << 31:
            raise self.corrupt(f"{key} is {shown(value)}, expected a whole number of at least {least}")
        return value

    def table(self, name: str = "data", columns: Sequence[str] | None = None) -> Table:
        """Return a Parquet folder inside this stage, with all columns or those with these dotted paths."""
        return read_table(self._store, join(self._folder, name), columns)

    def arrow_files(self, name: str) -> list[tuple[str, pa.Table]]:
        """Return the path and the Arrow table of each file of a Parquet folder inside this stage."""
        from sparklet.saved.arrow import read_file

        files = parquet_files(self._store, join(self._folder, name))
        return [(self._store.shown(path), read_file(self._store, path)) for path in files]

    def avro(self, name: str, shape: Shape) -> list[dict[str, Any]]:
        """Return the records of all Avro files of a folder inside this stage; see `read_avro`."""
        from sparklet.saved.avro import read_avro

        folder = join(self._folder, name)
        files = part_files(self._store, folder)
        if not files:
            problem = "is absent" if files is None else "holds no Avro file"
            raise MissingDataError(self._store.shown(folder), problem, COPIED)
        records: list[dict[str, Any]] = []
        for path in files:
            data = self._store.read(path, _MOST_BYTES)
            if is_lfs_pointer(data):
                raise MissingDataError(self._store.shown(path), LFS_PROBLEM, LFS_HINT)
            records += read_avro(self._store.shown(path), data, shape)
        return records

    def text(self, name: str) -> tuple[str, bytes]:
        """Return the path of a text folder inside this stage, and its lines joined."""
        folder = join(self._folder, name)
        return self._store.shown(folder), joined_lines(self._store, folder)

    def file(self, name: str) -> tuple[str, bytes]:
        """Return the path and the bytes of a file of this stage; raise MissingDataError if it is absent."""
        path = join(self._folder, name)
        shown = self._store.shown(path)
        if not self._store.is_file(path):
            raise MissingDataError(shown, "is absent", COPIED)
        data = self._store.read(path, _MOST_BYTES)
        if is_lfs_pointer(data):
            raise MissingDataError(shown, LFS_PROBLEM, LFS_HINT)
        return shown, data

    def has_file(self, name: str) -> bool:
        """Return whether this stage has a file of that name."""
        return self._store.is_file(join(self._folder, name))

    def has(self, name: str) -> bool:
        """Return whether this stage has a folder of that name."""
        return self._store.is_folder(join(self._folder, name))

    def example(self) -> Example | None:
        """Return the example that `sparklet.save` wrote to this folder, None when there is none."""
        return read_example(self._store, self._folder)

    def schema(self) -> str | None:
        """Return Spark's JSON of the input columns, which `sparklet schema` wrote to this folder, if any."""
        folder = join(self._folder, SCHEMA)
        if not self._store.is_folder(folder):
            return None
        path, line = first_line(self._store, folder)
        try:
            return line.decode("utf-8")
        except UnicodeDecodeError:
            raise CorruptModelError(self._store.shown(path), "is no text in UTF-8") from None

    def child(self, name: str) -> SavedStage:
        """Open a stage saved inside this one (`bestModel`, `pipelineModel`, `model_0` ...).

        `data` of BisectingKMeans and `oldModel` of DistributedLDA are models of the old API. These have this
        stage's version, an empty uid and no params; `metadata` has all their values. Raises MissingDataError
        when the folder is absent.
        """
        folder = join(self._folder, name)
        try:
            metadata = read_metadata(self._store, join(folder, "metadata"), self.version)
        except MissingDataError:
            for missing in (folder, join(folder, "metadata")):
                if not self._store.is_folder(missing):
                    raise MissingDataError(self._store.shown(missing), "is absent", COPIED) from None
            raise
        return SavedStage(self._store, folder, metadata)

    def children(self, prefix: str) -> list[SavedStage]:
        """Open the stages in the folders `<prefix>0`, `<prefix>1` ...; raise MissingDataError for a gap."""
        numbered = re.compile(re.escape(prefix) + "(0|[1-9][0-9]*)")
        entries = self._store.entries(self._folder) or ()
        count = sum(is_folder and numbered.fullmatch(name) is not None for name, is_folder in entries)
        # Count instead of sorting the names: model_10 follows model_9, and `child` raises for a gap.
        return [self.child(f"{prefix}{index}") for index in range(count)]

    def stages(self) -> list[SavedStage]:
        """Open the stages of a pipeline in their order; folders that `stageUids` does not list are ignored.

        Follows Spark's `ml/Pipeline.scala` (`SharedReadWrite.load`, 4.2).
        """
        uids = self.params.get("stageUids")
        if not isinstance(uids, list) or not all(isinstance(uid, str) for uid in uids):
            state = shown(uids) if "stageUids" in self.params else "absent"
            raise self.corrupt(f"stageUids, the list of the pipeline's stages, is {state}")
        folders = [
            name for name, is_folder in self._store.entries(join(self._folder, "stages")) or () if is_folder
        ]
        width = len(str(len(uids)))
        stages = [
            self._stage(f"{index:0{width}d}_{uid}", index, uid, folders) for index, uid in enumerate(uids)
        ]
        for stage in stages:
            stage.require_fitted()
        return stages

    def _stage(self, exact: str, index: int, uid: str, folders: Sequence[str]) -> SavedStage:
        if "\0" in uid or uid.startswith(("/", "\\")) or (".." in uid and ".." in re.split(r"[/\\]", uid)):
            raise self.corrupt(f"stage uid {shown(uid)} would lead out of the model's folder")
        if exact not in folders:
            # A copy may have changed a name that the file system does not allow: search by index and uid.
            for name in folders:
                if re.match(f"0*{index}_", name) and self.has(f"stages/{name}/metadata"):
                    stage = self.child(f"stages/{name}")
                    if stage.uid == uid:
                        return stage
        return self.child(f"stages/{exact}")
