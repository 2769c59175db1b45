"""File access: one small interface to local folders and the file systems of `pyarrow.fs`."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from sparklet.errors import CorruptModelError, MissingDataError, ModelError, ModelNotFoundError

if TYPE_CHECKING:
    from pyarrow.fs import FileSystem

__all__ = ["Entry", "LocalStore", "RemoteStore", "Store", "first_line", "join"]

# Files up to this size are read in one call; of larger files, Arrow reads the ranges that it needs.
_WHOLE = 4 << 20
# Local files up to this size are read in one call, which is cheaper than mapping them for the C module.
_WHOLE_LOCAL = 64 << 20


_READ = os.O_RDONLY | getattr(os, "O_BINARY", 0)  # Windows would translate line ends

# As in Hadoop, files with such names are not data.
_NO_DATA, _CHECKSUM = ("_", "."), ".crc"

Entry: TypeAlias = tuple[str, bool]
"""The name of an entry of a folder, and whether it is a folder; pipes and devices are not listed."""


class Store(Protocol):
    """Read files below one root; paths use `/`, and `shown` returns their text for messages."""

    def shown(self, path: str) -> str:
        """Return the path in the user's notation."""

    def is_file(self, path: str) -> bool:
        """Return whether the path is a regular file."""

    def is_folder(self, path: str) -> bool:
        """Return whether the path is a folder."""

    def entries(self, path: str) -> list[Entry] | None:
        """Return the files and folders of a folder in name order, None when the folder does not exist."""

    def files(self, path: str) -> list[str] | None:
        """Return the names of a folder's data files in name order, None when the folder does not exist."""

    def read(self, path: str, limit: int) -> bytes:
        """Return the content of a file; raise CorruptModelError for more than `limit` bytes."""

    def small(self, path: str) -> bytes | None:
        """Return the content of a file, None for a large file, which is better read in parts."""

    def source(self, path: str) -> tuple[Any, int]:
        """Return a source from which Arrow can read a file, and its size in bytes."""


def join(folder: str, name: str) -> str:
    """Return the joined path with `/`, which every store and Windows accept."""
    return f"{folder}/{name}"


def _too_large(shown: str, limit: int) -> CorruptModelError:
    return CorruptModelError(shown, f"is larger than {limit >> 20} MiB, which no file of its kind needs")


def first_line(error: Exception) -> str:
    """Return the first line of a library's error, which may be a page."""
    return str(error).strip().partition("\n")[0][:300]


@contextmanager
def _reading(shown: str, hint: str = "", also: tuple[type[Exception], ...] = ()) -> Iterator[None]:
    """Convert errors of the operating system, and those in `also`, to errors that name the file."""
    converted: tuple[type[Exception], ...] = (OSError, ValueError, *also)
    try:
        yield
    except ModelError:  # already converted; some of these are OSError too
        raise
    except converted as error:
        raise _unreadable(shown, error, hint) from error


def _unreadable(shown: str, error: Exception, hint: str = "") -> ModelError:
    if isinstance(error, FileNotFoundError):
        return MissingDataError(shown, "is absent")
    return ModelError(shown, f"cannot be read: {first_line(error)}", hint)


class LocalStore:
    """Read local files with few system calls, because a pipeline consists of many tiny files."""

    def shown(self, path: str) -> str:
        """Return the path itself."""
        return path

    def is_file(self, path: str) -> bool:
        """Return whether the path is a regular file."""
        return os.path.isfile(path)

    def is_folder(self, path: str) -> bool:
        """Return whether the path is a folder."""
        return os.path.isdir(path)

    def entries(self, path: str) -> list[Entry] | None:
        """Return the files and folders of a folder in name order, None when the folder does not exist."""
        try:
            with os.scandir(path) as listing:
                return sorted(
                    [(item.name, item.is_dir()) for item in listing if item.is_file() or item.is_dir()]
                )
        except (FileNotFoundError, NotADirectoryError):
            return None
        except (OSError, ValueError) as error:
            raise _unlisted(path, error) from error

    def files(self, path: str) -> list[str] | None:
        """Return the names of a folder's data files in name order, None when the folder does not exist."""
        try:
            with os.scandir(path) as listing:
                return sorted(
                    [
                        item.name
                        for item in listing
                        if not item.name.startswith(_NO_DATA)
                        and not item.name.endswith(_CHECKSUM)
                        and item.is_file()
                    ]
                )
        except (FileNotFoundError, NotADirectoryError):
            return None
        except (OSError, ValueError) as error:
            raise _unlisted(path, error) from error

    def read(self, path: str, limit: int) -> bytes:
        """Return the content of a file; raise CorruptModelError for more than `limit` bytes."""
        data = _content(path, limit)
        if data is None:
            raise _too_large(path, limit)
        return data

    def small(self, path: str) -> bytes | None:
        """Return the content of a file, None for a large file, which is better read in parts."""
        return _content(path, _WHOLE_LOCAL)

    def source(self, path: str) -> tuple[Any, int]:
        """Return a source from which Arrow can read a file, and its size in bytes."""
        import pyarrow as pa

        with _reading(path):
            size = os.stat(path).st_size
            # For a small file, opening it through Arrow is slower than reading it in one call.
            return (pa.BufferReader(self.read(path, size)) if size <= _WHOLE else pa.OSFile(path)), size


def _unlisted(path: str, error: Exception) -> ModelError:
    return ModelError(path, f"cannot be listed: {error}")


def _content(path: str, limit: int) -> bytes | None:
    """Return the content of a local file, None for more than `limit` bytes."""
    # Without a file object, which takes more system calls than the descriptor.
    try:
        file = os.open(path, _READ)
    except (OSError, ValueError) as error:
        raise _unreadable(path, error) from error
    try:
        size = os.fstat(file).st_size
        if size > limit:
            return None
        data = os.read(file, size)
        while len(data) < size and (more := os.read(file, size - len(data))):
            data += more
    except OSError as error:
        raise _unreadable(path, error) from error
    finally:
        os.close(file)
    return data


class RemoteStore:
    """Read through `pyarrow.fs`; list a model once, because each listing of an object store is a request."""

    def __init__(self, filesystem: FileSystem, root: str, uri: str, hint: str = "") -> None:
        from pyarrow.fs import FileType

        self._fs, self._root, self._uri, self._hint = filesystem, root, uri.rstrip("/"), hint
        self._files: dict[str, int] = {}
        self._folders: dict[str, set[Entry]] = {}
        with self._reading(uri):
            top = filesystem.get_file_info(root)
            if top.type == FileType.NotFound:
                raise ModelNotFoundError(uri, "nothing exists here")
            if top.type == FileType.File:
                self._files[root] = top.size
                return
            self._list(recursive=False)
            # A path that is not a model may be a whole bucket, which must not be listed.
            if ("metadata", True) in self._folders[root]:
                self._list(recursive=True)

    def _reading(self, shown: str) -> AbstractContextManager[None]:
        import pyarrow as pa

        return _reading(shown, self._hint, (pa.ArrowException,))

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
        """Add a path to its folder; create the folders, because object stores list only files."""
        while path != self._root:
            folder, _, name = path.rpartition("/")
            self._folders.setdefault(folder, set()).add((name, is_folder))
            if not folder:
                return
            path, is_folder = folder, True

    def shown(self, path: str) -> str:
        """Return the path as a URI below the URI of the user."""
        return self._uri + path[len(self._root) :]

    def is_file(self, path: str) -> bool:
        """Return whether the path is a file."""
        return path in self._files

    def is_folder(self, path: str) -> bool:
        """Return whether the path is a folder."""
        return path in self._folders

    def entries(self, path: str) -> list[Entry] | None:
        """Return the files and folders of a folder in name order, None when the folder does not exist."""
        entries = self._folders.get(path)
        return None if entries is None else sorted(entries)

    def files(self, path: str) -> list[str] | None:
        """Return the names of a folder's data files in name order, None when the folder does not exist."""
        entries = self.entries(path)
        if entries is None:
            return None
        return [
            name
            for name, is_folder in entries
            if not is_folder and not name.startswith(_NO_DATA) and not name.endswith(_CHECKSUM)
        ]

    def read(self, path: str, limit: int) -> bytes:
        """Return the content of a file; raise CorruptModelError for more than `limit` bytes."""
        shown = self.shown(path)
        if self._files.get(path, 0) > limit:
            raise _too_large(shown, limit)
        with self._reading(shown), self._fs.open_input_stream(path, compression=None) as stream:
            data = bytes(stream.read(limit + 1))
        if len(data) > limit:
            raise _too_large(shown, limit)
        return data

    def small(self, path: str) -> bytes | None:
        """Return the content of a file, None for a large file, which is better read in parts."""
        return self.read(path, _WHOLE) if self._files.get(path, 0) <= _WHOLE else None

    def source(self, path: str) -> tuple[Any, int]:
        """Return a source from which Arrow can read a file, and its size in bytes."""
        import pyarrow as pa

        size = self._files.get(path, 0)
        if size <= _WHOLE:
            return pa.BufferReader(self.read(path, _WHOLE)), size
        with self._reading(self.shown(path)):
            return self._fs.open_input_file(path), size
