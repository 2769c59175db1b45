"""The SHA-256 of every file of a model, saved with its example, to detect any change of the files.

`_sparklet/files/` contains text in the format of the `sha256sum` command, so that the command
`sha256sum --check _sparklet/files/*.txt` in the model's folder checks it too. `_SUCCESS` and `.crc` files are
not listed, because copies often omit them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from sparklet.errors import CorruptModelError, MissingDataError, VerificationError, shown
from sparklet.saved.stores import Store, join
from sparklet.saved.text import lines, part_files

__all__ = ["FILES", "check_files", "is_listed", "listing"]

FILES = "_sparklet/files"
"""The path of the folder of checksums inside the model folder."""

_OWN = "_sparklet/"
_LINE = re.compile(r"([0-9a-f]{64})  (.+)")
_CHUNK = 1 << 20
_DEEPEST = 200


def is_listed(path: str) -> bool:
    """Return whether the list includes a file, given by its path inside the model folder.

    >>> is_listed("stages/0_x/data/part-00000.parquet"), is_listed("metadata/_SUCCESS")
    (True, False)
    """
    if path.startswith(FILES):
        return False
    names = path.removeprefix(_OWN).split("/")
    return not path.endswith(".crc") and not any(name.startswith(("_", ".")) for name in names)


def listing(digests: Mapping[str, str]) -> str:
    """Return the text of the list of files and digests."""
    return "".join(f"{digest}  {path}\n" for path, digest in sorted(digests.items()))


def check_files(store: Store, root: str) -> None:
    """Compare the files of a model with the list.

    Raises `VerificationError` at the first file that was modified, deleted or added, `MissingDataError` when
    the list is absent and `CorruptModelError` when it is malformed.
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
    digests = {}
    for file in files:
        for line in lines(store, file):
            match = _LINE.fullmatch(line.decode("utf-8", "replace"))
            if match is None:
                raise CorruptModelError(store.shown(file), f"is no list of files: {shown(line)}")
            digests[match[2]] = match[1]
    return digests


def _walk(store: Store, root: str) -> Iterator[str]:
    pending = [("", 0)]
    while pending:
        folder, depth = pending.pop()
        if depth > _DEEPEST:
            raise CorruptModelError(store.shown(root), f"has folders more than {_DEEPEST} deep")
        for name, is_folder in store.entries(join(root, folder) if folder else root) or ():
            path = join(folder, name) if folder else name
            if is_folder:
                pending.append((path, depth + 1))
            elif is_listed(path):
                yield path


def _digest(store: Store, path: str) -> str:
    import hashlib

    source, _ = store.source(path)
    digest = hashlib.sha256()
    with source:
        while chunk := source.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()
