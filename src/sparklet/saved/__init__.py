"""Spark's directory format: the only package that opens files or reads Parquet.

>>> from sparklet.saved import SparkVersion
>>> SparkVersion.parse("3.5.0-amzn-1") >= (3, 5)
True
"""

from __future__ import annotations

from sparklet.saved.avro import Shape
from sparklet.saved.bounds import check_elements, check_expansion
from sparklet.saved.checksums import FILES, is_listed, listing
from sparklet.saved.classes import is_estimator
from sparklet.saved.example import EXAMPLE, SCHEMA, Example, example_json
from sparklet.saved.folder import SavedStage
from sparklet.saved.java_objects import JavaObject, read_java_object
from sparklet.saved.metadata import json_object
from sparklet.saved.mlmodel import MLFLOW_TYPES, is_mlflow_folder, mlflow_data, signature_types
from sparklet.saved.opening import open_model
from sparklet.saved.tables import Table
from sparklet.saved.version import SparkVersion

__all__ = [
    "EXAMPLE",
    "FILES",
    "MLFLOW_TYPES",
    "SCHEMA",
    "Example",
    "JavaObject",
    "SavedStage",
    "Shape",
    "SparkVersion",
    "Table",
    "check_elements",
    "check_expansion",
    "example_json",
    "is_estimator",
    "is_listed",
    "is_mlflow_folder",
    "json_object",
    "listing",
    "mlflow_data",
    "open_model",
    "read_java_object",
    "signature_types",
]
