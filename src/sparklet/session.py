"""A live Spark session: its JVM, what its errors say, and folders on every file system that Spark knows.

PySpark is not imported here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sparklet.errors import OptionError, SparkletError

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

__all__ = ["Folder", "is_connect", "is_spark_frame", "jvm", "why"]

_CHUNK = 1 << 20


def is_connect(value: Any) -> bool:
    """Tell whether a session or DataFrame belongs to Spark Connect, whose JVM cannot be reached."""
    return ".connect." in type(value).__module__


def is_spark_frame(value: object) -> bool:
    """Tell whether a value is a PySpark DataFrame, of Spark Connect or not."""
    return any(
        cls.__name__ == "DataFrame" and cls.__module__.startswith("pyspark.sql.")
        for cls in type(value).__mro__
    )


def jvm(spark: SparkSession, feature: str) -> Any:
    """Return the JVM behind a session; `OptionError` for Spark Connect."""
    if is_connect(spark):
        raise OptionError(
            "spark", spark, f"{feature} needs a classic session: Spark Connect gives no access to the driver"
        )
    return spark.sparkContext._jvm


def why(error: BaseException) -> str:
    """Return in one line what Spark or its JVM says is wrong."""
    java = getattr(error, "java_exception", None)
    text = str(error) if java is None else str(java.getMessage() or java.toString())
    return (text.strip().splitlines() or [type(error).__name__])[0]


class Folder:
    """A folder on any file system that Spark knows."""

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
        """Write a file below the folder; folders between are made."""
        stream = self._fs.create(self._at(name))
        try:
            for start in range(0, len(data), _CHUNK):
                stream.write(bytearray(data[start : start + _CHUNK]))
        finally:
            stream.close()

    def read(self, name: str) -> bytes:
        """Return a whole file."""
        stream = self._fs.open(self._at(name))
        try:
            return bytes(self._jvm.org.apache.commons.io.IOUtils.toByteArray(stream))
        finally:
            stream.close()

    def listed(self) -> list[str]:
        """Return the paths of all files below the folder, relative to it."""
        root = str(self._fs.makeQualified(self._path).toUri().getPath()).rstrip("/") + "/"
        found, files = [], self._fs.listFiles(self._path, True)
        while files.hasNext():
            found.append(str(files.next().getPath().toUri().getPath()).removeprefix(root))
        return sorted(found)

    def sha256(self, name: str) -> str:
        """Return the SHA-256 of a file in hexadecimal; its bytes stay in the JVM."""
        stream = self._fs.open(self._at(name))
        try:
            return str(self._jvm.org.apache.commons.codec.digest.DigestUtils.sha256Hex(stream))
        finally:
            stream.close()

    def exists(self, name: str = "") -> bool:
        """Tell whether the file or folder is there."""
        return bool(self._fs.exists(self._at(name)))

    def remove(self, name: str = "") -> None:
        """Remove a file, or a folder with all in it; what is absent already is fine."""
        self._fs.delete(self._at(name), True)

    def rename(self, target: str) -> None:
        """Give the folder another path on the same file system; `SparkletError` where that fails."""
        path = self._jvm.org.apache.hadoop.fs.Path(target)
        if not self._fs.rename(self._path, path):
            raise SparkletError(f"{self.path} cannot be renamed to {target}")

    @property
    def parent(self) -> str:
        """Return the path of the folder that holds this one."""
        return str(self._fs.makeQualified(self._path).getParent().toString())

    @property
    def name(self) -> str:
        """Return the last part of the path."""
        return str(self._path.getName())
