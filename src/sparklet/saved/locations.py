"""Resolve a user's path to a store and the root inside it."""

from __future__ import annotations

import os
import re

from sparklet.errors import ModelNotFoundError, OptionError
from sparklet.saved.stores import LocalStore, RemoteStore, Store

__all__ = ["locate"]

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+):(/.*)", re.DOTALL)

# The schemes of Hadoop's connectors that pyarrow calls s3.
_PYARROW_SCHEMES = {"s3a": "s3", "s3n": "s3"}


def locate(path: str | os.PathLike[str]) -> tuple[Store, str]:
    """Return the store that contains `path` and the root inside it.

    `path` is a local path (str or `Path`), a `file:` URI, or a URI that `pyarrow.fs` supports: `s3://`,
    `gs://`, `hdfs://`, `abfss://`. Raises ModelNotFoundError when nothing exists there, OptionError for an
    invalid path.
    """
    try:
        text = os.fspath(path)
    except TypeError:
        raise OptionError("path", path, "takes a path as str or Path") from None
    if not isinstance(text, str):
        raise OptionError("path", path, "takes a path as str or Path")
    uri = _SCHEME.fullmatch(text)
    # A local folder may have a name such as `model:`.
    if uri is None or os.path.lexists(text):
        return _local(text, text)
    scheme, rest = uri[1].lower(), uri[2]
    if scheme == "file":
        return _local(text, _file_path(rest))
    if scheme == "dbfs":
        return _local(text, "/dbfs/" + rest.lstrip("/"), hint="dbfs: is read at /dbfs")
    return _remote(text, _PYARROW_SCHEMES.get(scheme, scheme) + ":" + rest)


def _local(shown: str, path: str, hint: str = "") -> tuple[Store, str]:
    if not os.path.lexists(path):
        raise ModelNotFoundError(shown, "nothing exists here", hint)
    return LocalStore(), path.rstrip("/") or "/"


def _file_path(rest: str) -> str:
    """Return the path of `file:/a`, `file:///a` and `file://localhost/a`, unescaped."""
    if rest.startswith("//"):
        host, slash, rest = rest[2:].partition("/")
        rest = slash + rest if host in ("", "localhost") else f"//{host}/{rest}"
    # On Windows, `file:///C:/model` contains a drive.
    from urllib.parse import unquote

    return unquote(rest[1:] if re.match(r"/[A-Za-z]:", rest) and os.name == "nt" else rest)


def _remote(shown: str, uri: str) -> tuple[Store, str]:
    from pyarrow.fs import FileSystem

    try:
        filesystem, root = FileSystem.from_uri(uri)
    except (OSError, ValueError, NotImplementedError) as error:
        raise OptionError("path", shown, f"pyarrow.fs cannot open it: {error}") from error
    return RemoteStore(filesystem, root.rstrip("/"), shown), root.rstrip("/")
