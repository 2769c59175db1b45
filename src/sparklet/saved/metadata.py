"""Read the metadata of a stage, which is one line of JSON.

Follows Spark's `ml/util/ReadWrite.scala` (`DefaultParamsReader.parseMetadata`, 4.2).
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from sparklet.errors import CorruptModelError, shown
from sparklet.records import record
from sparklet.saved.classes import jvm_name
from sparklet.saved.stores import Store
from sparklet.saved.text import first_line
from sparklet.saved.version import SparkVersion

__all__ = ["Metadata", "json_object", "parse_metadata", "read_metadata"]

LEGACY = "org.apache.spark.mllib."


@record()
class Metadata:
    """The metadata of one stage.

    `params` merges `paramMap` over `defaultParamMap`; before Spark 2.4 `paramMap` contained the defaults too.
    """

    path: str
    className: str
    uid: str
    version: SparkVersion
    params: Mapping[str, object]
    entries: Mapping[str, object]

    @classmethod
    def of(cls, path: str, entries: dict[str, object]) -> Metadata:
        """Return the checked metadata of a parsed JSON object."""
        uid, text = _text(path, entries, "uid"), _text(path, entries, "sparkVersion")
        try:
            version = SparkVersion.parse(text)
        except ValueError:
            raise CorruptModelError(path, f"sparkVersion {shown(text)} is not a version") from None
        defaults = _object(path, entries, "defaultParamMap") if "defaultParamMap" in entries else {}
        params = {**defaults, **_object(path, entries, "paramMap")}
        return cls(path, jvm_name(_text(path, entries, "class")), uid, version, params, entries)


def read_metadata(store: Store, folder: str, parent: SparkVersion | None = None) -> Metadata:
    """Return the checked metadata of a text folder.

    Spark nests two models of the old `spark.mllib` API, whose metadata has no uid, version and params. Such a
    model is accepted below a stage and gets the version of its `parent`. Raises MissingDataError when there
    is no metadata, CorruptModelError when it is not what Spark writes.
    """
    path, line = first_line(store, folder)
    name = store.shown(path)
    entries = json_object(name, _utf8(name, line))
    className = _text(name, entries, "class")
    if parent is not None and className.startswith(LEGACY):
        return Metadata(name, className, "", parent, {}, entries)
    if className.startswith(LEGACY) and "sparkVersion" not in entries:
        # The caller reports a legacy model rather than a damaged one.
        return Metadata(name, className, "", SparkVersion(1, 0, ""), {}, entries)
    return Metadata.of(name, entries)


def parse_metadata(path: str, data: bytes) -> Metadata:
    """Return the checked metadata of a JSON text; `path` is its file, for errors.

    Raises CorruptModelError when it is not what Spark writes.
    """
    return Metadata.of(path, json_object(path, _utf8(path, data)))


def _utf8(path: str, data: bytes) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise CorruptModelError(path, f"is not UTF-8: {error.reason} at byte {error.start}") from None


def json_object(path: str, text: str | bytes) -> dict[str, object]:
    """Return the object of a JSON text; raise `CorruptModelError` when it is none. `path` is its file."""
    try:
        # Files written by Python may contain bare NaN and Infinity, which this parser accepts.
        value = json.loads(text)
    except RecursionError:
        raise CorruptModelError(path, "holds JSON that is nested too deeply") from None
    except ValueError as error:
        raise CorruptModelError(path, f"holds no valid JSON: {error}") from None
    if not isinstance(value, dict):
        raise CorruptModelError(path, f"holds JSON that is no object but {shown(value)}")
    return value


def _text(path: str, entries: Mapping[str, object], key: str) -> str:
    value = entries.get(key)
    if not isinstance(value, str) or not value:
        state = f"is {shown(value)}, expected a text" if key in entries else "is absent"
        raise CorruptModelError(path, f"{key!r} {state}")
    return value


def _object(path: str, entries: Mapping[str, object], key: str) -> dict[str, object]:
    value = entries.get(key)
    if not isinstance(value, dict):
        state = f"is {shown(value)}, expected an object" if key in entries else "is absent"
        raise CorruptModelError(path, f"{key!r} {state}")
    return value
