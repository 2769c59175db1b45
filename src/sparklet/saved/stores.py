"""Where the files are: one small interface over local folders and whatever `pyarrow.fs` opens."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from sparklet.errors import CorruptModelError, MissingDataError, ModelError, ModelNotFoundError

if TYPE_CHECKING:
    from pyarrow.fs import FileSystem

__all__ = ["Entry", "LocalStore", "RemoteStore", "Store", "join"]

# Below this a file is read in one call; above, Arrow fetches the ranges that it needs.
_WHOLE = 4 << 20
# Below this a local file is read in one call, as that is cheaper than to map it for the C module.
_WHOLE_LOCAL = 64 << 20


Entry: TypeAlias = tuple[str, bool]
"""The name of one thing in a folder, and whether it is a folder; pipes and devices are never listed."""


class Store(Protocol):
    """Read files below one root; paths use `/` and `shown` gives the text that messages name them by."""

    def shown(self, path: str) -> str:
        """Return the path as the user knows it."""

    def is_file(self, path: str) -> bool:
        """Return whether a regular file is there."""

    def is_folder(self, path: str) -> bool:
        """Return whether a folder is there."""

    def entries(self, path: str) -> list[Entry] | None:
        """Return the files and folders of a folder in name order, None where there is no such folder."""

    def read(self, path: str, limit: int) -> bytes:
        """Return a whole file; raise CorruptModelError for one of more than `limit` bytes."""

    def small(self, path: str) -> bytes | None:
        """Return a whole file, None for one so large that it had better be read in parts."""

    def source(self, path: str) -> tuple[Any, int]:
        """Return what Arrow can read a file from, and its size in bytes."""


def join(folder: str, name: str) -> str:
    """Join with `/`, which every store takes and Windows too."""
    return f"{folder}/{name}"


def _too_large(shown: str, limit: int) -> CorruptModelError:
    return CorruptModelError(shown, f"is larger than {limit >> 20} MiB, which no file of its kind needs")


@contextmanager
def _reading(shown: str) -> Iterator[None]:
    """Turn the operating system's errors into ours, naming the file."""
    try:
        yield
    except ModelError:  # ours already; some are OSError too
        raise
    except FileNotFoundError:
        raise MissingDataError(shown, "is absent") from None
    except (OSError, ValueError) as error:
        raise ModelError(shown, f"cannot be read: {error}") from error


class LocalStore:
    """Read local files with as few system calls as possible: a pipeline is many tiny files."""

    def shown(self, path: str) -> str:
        """Return the path itself."""
        return path

    def is_file(self, path: str) -> bool:
        """Return whether a regular file is there."""
        return os.path.isfile(path)

    def is_folder(self, path: str) -> bool:
        """Return whether a folder is there."""
        return os.path.isdir(path)

    def entries(self, path: str) -> list[Entry] | None:
        """Return the files and folders of a folder in name order, None where there is no such folder."""
        found = []
        try:
            with os.scandir(path) as listing:
                for item in listing:
                    if item.is_file():
                        found.append((item.name, False))
                    elif item.is_dir():
                        found.append((item.name, True))
        except (FileNotFoundError, NotADirectoryError):
            return None
        except (OSError, ValueError) as error:
            raise ModelError(path, f"cannot be listed: {error}") from error
        found.sort()
        return found

    def read(self, path: str, limit: int) -> bytes:
        """Return a whole file; raise CorruptModelError for one of more than `limit` bytes."""
        with _reading(path), open(path, "rb", buffering=0) as file:
            size = os.fstat(file.fileno()).st_size
            if size > limit:
                raise _too_large(path, limit)
            return file.readall()

    def small(self, path: str) -> bytes | None:
        """Return a whole file, None for one so large that it had better be read in parts."""
        with _reading(path), open(path, "rb", buffering=0) as file:
            return file.readall() if os.fstat(file.fileno()).st_size <= _WHOLE_LOCAL else None

    def source(self, path: str) -> tuple[Any, int]:
        """Return what Arrow can read a file from, and its size in bytes."""
        import pyarrow as pa

        with _reading(path):
            size = os.stat(path).st_size
            # Opening through Arrow costs more than reading a small file at once.
            return (pa.BufferReader(self.read(path, size)) if size <= _WHOLE else pa.OSFile(path)), size


class RemoteStore:
    """Read through `pyarrow.fs`; a model is listed once, as each listing of an object store is a request."""

    def __init__(self, filesystem: FileSystem, root: str, uri: str) -> None:
        from pyarrow.fs import FileType

        self._fs, self._root, self._uri = filesystem, root, uri.rstrip("/")
        self._files: dict[str, int] = {}
        self._folders: dict[str, set[Entry]] = {}
        with _reading(uri):
            top = filesystem.get_file_info(root)
            if top.type == FileType.NotFound:
                raise ModelNotFoundError(uri, "nothing exists here")
            if top.type == FileType.File:
                self._files[root] = top.size
                return
            self._list(recursive=False)
            # What is no model may be a whole bucket, which nobody wants listed.
            if ("metadata", True) in self._folders[root]:
                self._list(recursive=True)

    def _list(self, *, recursive: bool) -> None:
        from pyarrow.fs import FileSelector, FileType

        self._folders.setdefault(self._root, set())
        for info in self._fs.get_file_info(FileSelector(self._root, recursive=recursive)):
            if info.type == FileType.File:
                self._files[info.path] = info.size
                self._register(info.path, is_folder=False)
            elif info.type == FileType.Directory:
                self._folders.setdefault(info.path, set())
                self._register(info.path, is_folder=True)

    def _register(self, path: str, *, is_folder: bool) -> None:
        """Enter a path into its folder; object stores know files only, so folders follow from them."""
        while path != self._root:
            folder, _, name = path.rpartition("/")
            self._folders.setdefault(folder, set()).add((name, is_folder))
            if not folder:
                return
            path, is_folder = folder, True

    def shown(self, path: str) -> str:
        """Return the path as the URI that was asked for, continued."""
        return self._uri + path[len(self._root) :]

    def is_file(self, path: str) -> bool:
        """Return whether a file is there."""
        return path in self._files

    def is_folder(self, path: str) -> bool:
        """Return whether a folder is there."""
        return path in self._folders

    def entries(self, path: str) -> list[Entry] | None:
        """Return the files and folders of a folder in name order, None where there is no such folder."""
        found = self._folders.get(path)
        return None if found is None else sorted(found)

    def read(self, path: str, limit: int) -> bytes:
        """Return a whole file; raise CorruptModelError for one of more than `limit` bytes."""
        shown = self.shown(path)
        if self._files.get(path, 0) > limit:
            raise _too_large(shown, limit)
        with _reading(shown), self._fs.open_input_stream(path, compression=None) as stream:
            data = bytes(stream.read(limit + 1))
        if len(data) > limit:
            raise _too_large(shown, limit)
        return data

    def small(self, path: str) -> bytes | None:
        """Return a whole file, None for one so large that it had better be read in parts."""
        return self.read(path, _WHOLE) if self._files.get(path, 0) <= _WHOLE else None

    def source(self, path: str) -> tuple[Any, int]:
        """Return what Arrow can read a file from, and its size in bytes."""
        import pyarrow as pa

        size = self._files.get(path, 0)
        if size <= _WHOLE:
            return pa.BufferReader(self.read(path, _WHOLE)), size
        with _reading(self.shown(path)):
            return self._fs.open_input_file(path), size
