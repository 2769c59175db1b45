"""Explain why a path is not a saved model, with a message for each common mistake."""

from __future__ import annotations

from sparklet.errors import MissingDataError, ModelError, NotAModelError
from sparklet.saved.stores import Store, join
from sparklet.saved.text import COPIED, LFS_HINT, LFS_PROBLEM, is_lfs_pointer, part_files

__all__ = ["why_no_model"]

_SAVED = "model.write().save(path) writes a folder that holds metadata/"
_PEEK = 1 << 20


def why_no_model(store: Store, root: str) -> ModelError:
    """Return the error for a path that exists but has no metadata folder."""
    shown = store.shown(root)
    if store.is_file(root):
        return _file(store, root)
    entries = store.entries(root)
    if entries is None:
        return NotAModelError(shown, "is neither a folder nor a file", _SAVED)
    names = {name for name, _ in entries}
    if "metadata" in names and not store.is_folder(join(root, "metadata")):
        return NotAModelError(shown, "has a file metadata where Spark saves a folder", _SAVED)
    if "MLmodel" in names:
        return NotAModelError(shown, "is an MLflow model", "the Spark model is its folder sparkml")
    data = part_files(store, join(root, "data")) or ()
    if names & {"stages", "treesMetadata"} or any(path.endswith(".parquet") for path in data):
        return MissingDataError(join(shown, "metadata"), "is absent", COPIED)
    for path in part_files(store, root) or ():
        start = _peek(store, path)
        if start.startswith(b'{"class":'):
            return NotAModelError(shown, "is the metadata folder of a model", "pass the folder that holds it")
        if _is_pmml(start):
            problem = 'holds PMML text, written by write().format("pmml")'
            return NotAModelError(shown, problem, "save it without format")
    if not entries:
        return NotAModelError(shown, "is an empty folder", _SAVED)
    inside = [name for name, _ in entries if store.is_folder(join(join(root, name), "metadata"))]
    if inside:
        return NotAModelError(shown, "is not a saved model but holds some", f"such as {inside[0]}")
    return NotAModelError(shown, "is a folder without metadata/", _SAVED)


def _file(store: Store, path: str) -> ModelError:
    shown, data = store.shown(path), _peek(store, path)
    if is_lfs_pointer(data):
        return MissingDataError(shown, LFS_PROBLEM, LFS_HINT)
    if _is_pmml(data):
        return NotAModelError(shown, "is a PMML file, not a folder saved by Spark", _SAVED)
    return NotAModelError(shown, "is a file, not a folder saved by Spark", _SAVED)


def _peek(store: Store, path: str) -> bytes:
    try:
        return store.read(path, _PEEK)
    except ModelError:  # large or unreadable; the content would only improve the message
        return b""


def _is_pmml(data: bytes) -> bool:
    return b"<PMML" in data[:4096]
