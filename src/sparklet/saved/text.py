"""Read text folders that Spark wrote: any number of part files, which may be compressed or empty."""

from __future__ import annotations

from collections.abc import Iterator

from sparklet.errors import CorruptModelError, MissingDataError
from sparklet.saved.codecs import OversizedError, decompress
from sparklet.saved.stores import Store, join

__all__ = ["COPIED", "LFS_HINT", "LFS_PROBLEM", "first_line", "is_lfs_pointer", "joined_lines", "part_files"]

# Enough for a hundred million characters of stop words, but not for a decompression bomb.
_LIMIT = 256 << 20

_LFS = b"version https://git-lfs.github.com/spec/"
# The usual reason for absent files.
COPIED = "was the model copied or committed completely?"
LFS_PROBLEM = "is a Git LFS pointer, not the file itself"
LFS_HINT = "git lfs pull"


def is_lfs_pointer(data: bytes) -> bool:
    """Return whether the bytes are the pointer that Git stores in place of an LFS object."""
    return data.startswith(_LFS)


def part_files(store: Store, folder: str) -> list[str] | None:
    """Return the data files of a folder in name order, None when the folder does not exist."""
    names = store.files(folder)
    return None if names is None else [join(folder, name) for name in names]


def _content(store: Store, path: str) -> bytes:
    """Return the decompressed bytes of one text file, without a byte order mark."""
    shown = store.shown(path)
    data = store.read(path, _LIMIT)
    if is_lfs_pointer(data):
        raise MissingDataError(shown, LFS_PROBLEM, LFS_HINT)
    try:
        data = decompress(path, data, _LIMIT)
    except LookupError as error:
        raise CorruptModelError(
            shown, f"is compressed with a codec that is not supported: {error}"
        ) from error
    except OversizedError:
        raise CorruptModelError(shown, f"unpacks to more than {_LIMIT >> 20} MiB") from None
    except ValueError as error:
        raise CorruptModelError(shown, f"cannot be decompressed: {error}") from error
    return data.removeprefix(b"\xef\xbb\xbf")


def lines(store: Store, path: str) -> Iterator[bytes]:
    """Yield the non-empty lines of one text file."""
    # bytes.splitlines splits at \n and \r only; str.splitlines also splits at U+2028 inside a string.
    for line in _content(store, path).splitlines():
        if stripped := line.strip():
            yield stripped


def first_line(store: Store, folder: str) -> tuple[str, bytes]:
    """Return the first non-empty line of a text folder and its file; raise MissingDataError without one."""
    files = _present(store, folder)
    for path in files:
        for line in lines(store, path):
            return path, line
    raise _empty(store, folder, files)


def joined_lines(store: Store, folder: str) -> bytes:
    """Return a text folder's lines in the order of its files, joined; raise MissingDataError without one."""
    files = _present(store, folder)
    joined = b"".join([line for path in files for line in _content(store, path).splitlines()])
    if not joined:
        raise _empty(store, folder, files)
    return joined


def _present(store: Store, folder: str) -> list[str]:
    files = part_files(store, folder)
    if files is None:
        raise MissingDataError(store.shown(folder), "is absent")
    return files


def _empty(store: Store, folder: str, files: list[str]) -> MissingDataError:
    problem = "holds empty files only" if files else "holds no part file"
    return MissingDataError(store.shown(folder), problem, COPIED)
