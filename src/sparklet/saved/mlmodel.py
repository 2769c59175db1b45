"""The file MLmodel of a model that MLflow stores: where Spark's folder is, and the types of the signature."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from sparklet.columns import Schema, schema_of
from sparklet.errors import CorruptModelError, MissingExtraError, NotAModelError
from sparklet.types import (
    BINARY,
    BOOLEAN,
    DOUBLE,
    FLOAT,
    INTEGER,
    LONG,
    STRING,
    VECTOR,
    ArrayType,
    DataType,
    StructField,
)

__all__ = ["MLFLOW_TYPES", "is_mlflow_folder", "mlflow_data", "signature_types"]

_NAME = "MLmodel"
MLFLOW_TYPES: Mapping[str, DataType] = {
    "binary": BINARY,
    "boolean": BOOLEAN,
    "double": DOUBLE,
    "float": FLOAT,
    "integer": INTEGER,
    "long": LONG,
    "sparkml_vector": VECTOR,
    "string": STRING,
}
"""The Spark type of each of MLflow's.

`datetime` is absent: MLflow writes it for dates and for timestamps, between which Spark's answers differ.
"""


def is_mlflow_folder(path: object) -> bool:
    """Return whether a path is a local folder that MLflow wrote a model to."""
    try:
        return os.path.isfile(os.path.join(os.fspath(path), _NAME))  # type: ignore[call-overload]
    except (TypeError, ValueError):  # no path, or one with a null byte
        return False


def mlflow_data(folder: str) -> str:
    """Return the folder that Spark wrote inside a model that MLflow stores.

    Raises `NotAModelError` if no flavor of the model contains one, `CorruptModelError` for a damaged MLmodel.
    """
    flavors = _read(Path(folder)).get("flavors")
    flavors = flavors if isinstance(flavors, dict) else {}
    spark, function = flavors.get("spark"), flavors.get("python_function")
    if isinstance(function, dict) and function.get("loader_module") == "sparklet.mlflow":
        data = function.get("data")
    else:
        data = spark.get("model_data") if isinstance(spark, dict) else None
    if data is None:
        known = ", ".join(sorted(map(str, flavors))) or "none"
        hint = "log the model with sparklet.mlflow.log_model or mlflow.spark.log_model"
        raise NotAModelError(folder, f"this model of MLflow has no flavor spark, only: {known}", hint)
    root = Path(folder).resolve()
    place = (root / str(data)).resolve()
    if root not in place.parents:
        raise CorruptModelError(f"{folder}/{_NAME}", f"the model's data {data!r} lies outside its folder")
    return str(Path(folder) / str(data))


def signature_types(path: str) -> Schema:
    """Return the input types of the signature of the MLflow model that contains a saved model, or none.

    `path` is a folder that `mlflow_data` returns. Types that MLflow's own types do not determine are absent.
    """
    for folder in list(Path(path).parents)[:2]:
        if is_mlflow_folder(folder) and mlflow_data(str(folder)) == path:
            signature = _read(folder).get("signature")
            inputs = signature.get("inputs") if isinstance(signature, dict) else None
            return Schema() if inputs is None else schema_of(_fields(folder, inputs))
    return Schema()


def _fields(folder: Path, text: Any) -> Iterable[StructField]:
    try:
        columns = json.loads(text)
        specs = [(column.get("name"), _type_of(column)) for column in columns if "type" in column]
    except (AttributeError, LookupError, TypeError, ValueError) as error:
        raise CorruptModelError(str(folder / _NAME), f"its signature cannot be read: {error}") from None
    return [StructField(name, type) for name, type in specs if isinstance(name, str) and type is not None]


def _type_of(spec: Any) -> DataType | None:
    """Return the Spark type of a column or element in MLflow's JSON, None if it does not determine one."""
    if spec.get("type") == "array":
        element = _type_of(spec["items"])
        return None if element is None else ArrayType(element)
    return MLFLOW_TYPES.get(spec.get("type"))


def _read(folder: Path) -> Mapping[str, Any]:
    try:
        import yaml
    except ModuleNotFoundError:
        raise MissingExtraError("a model of MLflow", "mlflow") from None
    path = folder / _NAME
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError, RecursionError) as error:
        raise CorruptModelError(str(path), f"cannot be read as YAML: {type(error).__name__}") from None
    if not isinstance(content, dict):
        raise CorruptModelError(str(path), "is no mapping")
    return content
