"""Access to a live Spark session: its JVM, its error messages and folders on its file systems.

This module does not import PySpark.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sparklet.errors import OptionError, SparkletError

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

__all__ = ["Folder", "is_connect", "is_spark_frame", "jvm", "why"]

_CHUNK = 1 << 20


def is_connect(value: Any) -> bool:
    """Return whether a session or DataFrame belongs to Spark Connect, whose JVM is not accessible."""
    return ".connect." in type(value).__module__


def is_spark_frame(value: object) -> bool:
    """Return whether a value is a PySpark DataFrame, either classic or of Spark Connect."""
    return any(
        cls.__name__ == "DataFrame" and cls.__module__.startswith("pyspark.sql.")
        for cls in type(value).__mro__
    )


def jvm(spark: SparkSession, feature: str) -> Any:
    """Return the JVM of a session; raise `OptionError` for Spark Connect."""
    if is_connect(spark):
        raise OptionError(
            "spark", spark, f"{feature} needs a classic session: Spark Connect gives no access to the driver"
        )
    return spark.sparkContext._jvm


def why(error: BaseException) -> str:
    """Return the first line of the message of an error from Spark or its JVM."""
    java = getattr(error, "java_exception", None)
    text = str(error) if java is None else str(java.getMessage() or java.toString())
    return (text.strip().splitlines() or [type(error).__name__])[0]


class Folder:
    """A folder on any file system that Spark can access."""

    def __init__(self, spark: SparkSession, path: str) -> None:
        self._jvm = jvm(spark, "writing files")
        self.path = path
        try:
            self._path = self._jvm.org.apache.hadoop.fs.Path(path)
            self._fs = self._path.getFileSystem(spark.sparkContext._jsc.hadoopConfiguration())
        except Exception as error:
            raise OptionError("path", path, f"Spark cannot reach it: {why(error)}") from error

    def _at(self, name: str) -> Any:
        return self._jvm.org.apache.hadoop.fs.Path(self._path, name) if name else self._path

    def write(self, name: str, data: bytes) -> None:
        """Write a file below the folder and create its missing parent folders."""
        stream = self._fs.create(self._at(name))
        try:
            for start in range(0, len(data), _CHUNK):
                stream.write(bytearray(data[start : start + _CHUNK]))
        finally:
            stream.close()

    def read(self, name: str) -> bytes:
        """Return the content of a file."""
        stream = self._fs.open(self._at(name))
        try:
            return bytes(self._jvm.org.apache.commons.io.IOUtils.toByteArray(stream))
        finally:
            stream.close()

    def listed(self) -> list[str]:
        """Return the paths of all files below the folder, relative to it."""
        root = str(self._fs.makeQualified(self._path).toUri().getPath()).rstrip("/") + "/"
        paths, files = [], self._fs.listFiles(self._path, True)
        while files.hasNext():
            paths.append(str(files.next().getPath().toUri().getPath()).removeprefix(root))
        return sorted(paths)

    def sha256(self, name: str) -> str:
        """Return the SHA-256 of a file in hexadecimal, computed in the JVM."""
        stream = self._fs.open(self._at(name))
        try:
            return str(self._jvm.org.apache.commons.codec.digest.DigestUtils.sha256Hex(stream))
        finally:
            stream.close()

    def exists(self, name: str = "") -> bool:
        """Return whether the file or folder exists."""
        return bool(self._fs.exists(self._at(name)))

    def remove(self, name: str = "") -> None:
        """Remove a file, or a folder and its content; do nothing when it does not exist."""
        self._fs.delete(self._at(name), True)

    def rename(self, target: str) -> None:
        """Rename the folder within its file system; raise `SparkletError` when that fails."""
        path = self._jvm.org.apache.hadoop.fs.Path(target)
        if not self._fs.rename(self._path, path):
            raise SparkletError(f"{self.path} cannot be renamed to {target}")

    @property
    def parent(self) -> str:
        """Return the path of the parent folder."""
        return str(self._fs.makeQualified(self._path).getParent().toString())

    @property
    def name(self) -> str:
        """Return the last part of the path."""
        return str(self._path.getName())
