"""Resolve a user's path to a store and the root inside it."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping

from sparklet.errors import ModelNotFoundError, OptionError
from sparklet.saved.stores import LocalStore, RemoteStore, Store, first_line

__all__ = ["locate"]

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+):(/.*)", re.DOTALL)

# The schemes of Hadoop's connectors that pyarrow calls s3.
_PYARROW_SCHEMES = {"s3a": "s3", "s3n": "s3"}


_WAYS: Mapping[str, str] = {
    "abfs": "sign in with `az login`, or set AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET",
    "gs": "set GOOGLE_APPLICATION_CREDENTIALS to a key file, or run `gcloud auth application-default login`; "
    "a public bucket is gs://anonymous@BUCKET/PATH",
    "hdfs": "install Java and Hadoop, and set JAVA_HOME, HADOOP_HOME and "
    "CLASSPATH=`$HADOOP_HOME/bin/hadoop classpath --glob`",
    "s3": "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE, and AWS_REGION",
}
"""What makes `pyarrow.fs` open the addresses of a scheme."""
_ALIASES = {"abfss": "abfs", "gcs": "gs", "viewfs": "hdfs"}
_ELSE = "copy the folder to a local disk and load it from there"
# pyarrow would try to reach Google for fifteen minutes.
_PATIENCE = "retry_limit_seconds=30"


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
        folder = "/dbfs/" + rest.lstrip("/")
        hint = f"dbfs: is read at /dbfs, on Databricks; elsewhere: databricks fs cp -r {text} FOLDER"
        return _local(text, folder, hint)
    if scheme in ("wasb", "wasbs"):
        other = f"abfss:{rest}".replace(".blob.core.", ".dfs.core.")
        raise OptionError("path", text, "is an address of Hadoop's old connector to Azure", f"load {other}")
    return _remote(text, _PYARROW_SCHEMES.get(scheme, scheme), rest)


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


def _remote(shown: str, scheme: str, rest: str) -> tuple[Store, str]:
    import pyarrow
    from pyarrow.fs import FileSystem

    kind = _ALIASES.get(scheme, scheme)
    hint = _WAYS.get(kind, _ELSE)
    if kind == "gs" and "retry_limit_seconds" not in rest:
        rest += ("&" if "?" in rest else "?") + _PATIENCE
    try:
        filesystem, root = FileSystem.from_uri(f"{scheme}:{rest}")
    except (OSError, ValueError, NotImplementedError, pyarrow.ArrowException) as error:
        raise OptionError("path", shown, f"pyarrow.fs cannot open it: {first_line(error)}", hint) from error
    root = root.rstrip("/")
    return RemoteStore(filesystem, root, shown, hint), root
