"""The SHA-256 of every file of a model, kept with its example: one changed byte anywhere is found.

`_sparklet/files/` holds text in the form of the `sha256sum` command, so that in the model's folder
`sha256sum --check _sparklet/files/*.txt` checks it too. Spark's bookkeeping (`_SUCCESS`, `.crc`) is not
listed: copies may come without it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from sparklet.errors import CorruptModelError, MissingDataError, VerificationError, shown
from sparklet.saved.stores import Store, join
from sparklet.saved.text import lines, part_files

__all__ = ["FILES", "check_files", "is_listed", "listing"]

FILES = "_sparklet/files"
"""The folder of the list, inside the model's."""

_OWN = "_sparklet/"
_LINE = re.compile(r"([0-9a-f]{64})  (.+)")
_CHUNK = 1 << 20
_DEEPEST = 200


def is_listed(path: str) -> bool:
    """Tell whether a file of a model, named by its path inside the folder, belongs into the list.

    >>> is_listed("stages/0_x/data/part-00000.parquet"), is_listed("metadata/_SUCCESS")
    (True, False)
    """
    if path.startswith(FILES):
        return False
    names = path.removeprefix(_OWN).split("/")
    return not path.endswith(".crc") and not any(name.startswith(("_", ".")) for name in names)


def listing(digests: Mapping[str, str]) -> str:
    """Return the list of files and their digests as text."""
    return "".join(f"{digest}  {path}\n" for path, digest in sorted(digests.items()))


def check_files(store: Store, root: str) -> None:
    """Compare the files of a model with the list.

    Raises `VerificationError` at the first file that changed, went or came, `MissingDataError` or
    `CorruptModelError` where there is no list.
    """
    known = _read(store, join(root, FILES))
    for path in _walk(store, root):
        if path not in known:
            raise _changed(store, root, path, "it was not there when the model was saved")
        expected, actual = known.pop(path), _digest(store, join(root, path))
        if expected != actual:
            problem = "its SHA-256 is not that of the file that was saved"
            raise _changed(store, root, path, problem, expected, actual)
    for path in known:
        raise _changed(store, root, path, "it is absent")


def _changed(
    store: Store, root: str, path: str, problem: str, expected: object = None, actual: object = None
) -> VerificationError:
    return VerificationError(store.shown(root), None, None, expected, actual, f"file {path!r}: {problem}")


def _read(store: Store, folder: str) -> dict[str, str]:
    files = part_files(store, folder)
    if not files:
        raise MissingDataError(store.shown(folder), "is absent", "save the model again with sparklet.save")
    found = {}
    for file in files:
        for line in lines(store, file):
            match = _LINE.fullmatch(line.decode("utf-8", "replace"))
            if match is None:
                raise CorruptModelError(store.shown(file), f"is no list of files: {shown(line)}")
            found[match[2]] = match[1]
    return found


def _walk(store: Store, root: str) -> Iterator[str]:
    waiting = [("", 0)]
    while waiting:
        folder, depth = waiting.pop()
        if depth > _DEEPEST:
            raise CorruptModelError(store.shown(root), f"has folders more than {_DEEPEST} deep")
        for name, is_folder in store.entries(join(root, folder) if folder else root) or ():
            path = join(folder, name) if folder else name
            if is_folder:
                waiting.append((path, depth + 1))
            elif is_listed(path):
                yield path


def _digest(store: Store, path: str) -> str:
    import hashlib

    source, _ = store.source(path)
    whole = hashlib.sha256()
    with source:
        while chunk := source.read(_CHUNK):
            whole.update(chunk)
    return whole.hexdigest()
