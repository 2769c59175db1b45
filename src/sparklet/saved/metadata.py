"""The JSON line that every stage starts with.

Follows Spark's `ml/util/ReadWrite.scala` (`DefaultParamsReader.parseMetadata`, 4.2).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from sparklet.errors import CorruptModelError, shown
from sparklet.saved.classes import jvm_name
from sparklet.saved.stores import Store
from sparklet.saved.text import first_line
from sparklet.saved.version import SparkVersion

__all__ = ["Metadata", "read_metadata"]

LEGACY = "org.apache.spark.mllib."


@dataclass(frozen=True, slots=True)
class Metadata:
    """Hold what the metadata of one stage says.

    `params` has `defaultParamMap` under `paramMap`; before Spark 2.4 `paramMap` held the defaults too.
    """

    path: str
    className: str
    uid: str
    version: SparkVersion
    params: Mapping[str, object]
    whole: Mapping[str, object]


def read_metadata(store: Store, folder: str, parent: SparkVersion | None = None) -> Metadata:
    """Read and check the metadata in a text folder.

    Spark nests two models of the old `spark.mllib` API, whose metadata has no uid, version and params:
    such a one is accepted below a stage and takes its `parent`'s version.
    Raise MissingDataError where there is none, CorruptModelError where it is not what Spark writes.
    """
    path, line = first_line(store, folder)
    name = store.shown(path)
    whole = _json_object(name, line)
    className = _text(name, whole, "class")
    if parent is not None and className.startswith(LEGACY):
        return Metadata(name, className, "", parent, {}, whole)
    if className.startswith(LEGACY) and "sparkVersion" not in whole:
        # Reported by the caller as a legacy model, not as a damaged one.
        return Metadata(name, className, "", SparkVersion(1, 0, ""), {}, whole)
    uid = _text(name, whole, "uid")
    text = _text(name, whole, "sparkVersion")
    try:
        version = SparkVersion.parse(text)
    except ValueError:
        raise CorruptModelError(name, f"sparkVersion {shown(text)} is not a version") from None
    defaults = _object(name, whole, "defaultParamMap") if "defaultParamMap" in whole else {}
    params = {**defaults, **_object(name, whole, "paramMap")}
    return Metadata(name, jvm_name(className), uid, version, params, whole)


def _json_object(path: str, line: bytes) -> dict[str, object]:
    try:
        text = line.decode("utf-8")
    except UnicodeDecodeError as error:
        raise CorruptModelError(path, f"is not UTF-8: {error.reason} at byte {error.start}") from None
    try:
        # Python-written metadata has bare NaN and Infinity, which this parser takes.
        value = json.loads(text)
    except RecursionError:
        raise CorruptModelError(path, "holds JSON that is nested too deeply") from None
    except ValueError as error:
        raise CorruptModelError(path, f"holds no valid JSON: {error}") from None
    if not isinstance(value, dict):
        raise CorruptModelError(path, f"holds JSON that is no object but {shown(value)}")
    return value


def _text(path: str, whole: Mapping[str, object], key: str) -> str:
    value = whole.get(key)
    if not isinstance(value, str) or not value:
        state = f"is {shown(value)}, expected a text" if key in whole else "is absent"
        raise CorruptModelError(path, f"{key!r} {state}")
    return value


def _object(path: str, whole: Mapping[str, object], key: str) -> dict[str, object]:
    value = whole.get(key)
    if not isinstance(value, dict):
        state = f"is {shown(value)}, expected an object" if key in whole else "is absent"
        raise CorruptModelError(path, f"{key!r} {state}")
    return value
