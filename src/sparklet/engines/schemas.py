"""Read the argument `schema` of `load`: types in memory, or a file whose columns have them."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from sparklet.columns import Schema, parse_schema, schema_of
from sparklet.errors import OptionError
from sparklet.saved import MLFLOW_TYPES
from sparklet.types import TIMESTAMP, VECTOR, ArrayType, DataType, StructField, StructType, parse_json

__all__ = ["read_schema", "schema_of_file"]

_SPARK_SCHEMA = b"org.apache.spark.sql.parquet.row.metadata"
_ENDINGS = (".parquet", ".arrow", ".feather", ".ipc", ".delta")
# Who passes a signature says that its times are timestamps; one beside a model does not.
_MLFLOW = {**MLFLOW_TYPES, "datetime": TIMESTAMP}


def read_schema(source: Any) -> Schema:
    """Return the types that the argument `schema` of `load` declares.

    `source` is a mapping, DDL text, Spark's JSON, a StructType of PySpark, a pyarrow Schema, a signature of
    MLflow, or the path of a Parquet, Arrow or Delta table. Raises `OptionError` for anything else.
    """
    if source is None:
        return Schema()
    if isinstance(source, os.PathLike) or (isinstance(source, str) and _is_path(source)):
        return schema_of_file(os.fspath(source))
    module = type(source).__module__.partition(".")[0]
    if module == "pyarrow" and hasattr(source, "field"):
        return _of_arrow(source)
    if module == "mlflow":
        return _of_mlflow(source)
    return parse_schema(source)


def _is_path(text: str) -> bool:
    if text.lower().rstrip("/").endswith(_ENDINGS):
        return True
    try:
        return Path(text).exists()
    except (OSError, ValueError):  # too long, or with a null byte
        return False


def schema_of_file(path: str) -> Schema:
    """Return the types of the columns of a Parquet, Arrow or Delta table; raise `OptionError` without one."""
    import pyarrow as pa

    try:
        return _of_path(Path(path))
    except (OSError, pa.ArrowException) as error:
        raise OptionError("schema", path, f"cannot be read as Parquet, Arrow or Delta: {error}") from None


def _of_path(path: Path) -> Schema:
    if (path / "_delta_log").is_dir():
        return _of_delta(path / "_delta_log")
    if path.is_dir():
        files = [file for file in sorted(path.rglob("*.parquet")) if not file.name.startswith(("_", "."))]
        if not files:
            raise OptionError("schema", str(path), "the folder contains no Parquet file")
        path = files[0]
    with path.open("rb") as file:
        is_parquet = file.read(4) == b"PAR1"
    if is_parquet:
        import pyarrow.parquet as pq

        return _of_arrow(pq.read_schema(path))
    import pyarrow as pa

    with pa.memory_map(str(path)) as source:
        try:
            return _of_arrow(pa.ipc.open_file(source).schema)
        except pa.ArrowInvalid:
            source.seek(0)
            return _of_arrow(pa.ipc.open_stream(source).schema)


def _of_delta(log: Path) -> Schema:
    """Return the schema of a Delta table: that of the last commit that states one, else of a checkpoint."""
    for commit in sorted(log.glob("*.json"), reverse=True):
        for line in commit.read_text(encoding="utf-8").splitlines():
            action = json.loads(line)
            if isinstance(action, dict) and isinstance(action.get("metaData"), dict):
                return parse_schema(action["metaData"]["schemaString"])
    import pyarrow.parquet as pq

    for checkpoint in sorted(log.glob("*.checkpoint*.parquet"), reverse=True):
        for action in pq.read_table(checkpoint, columns=["metaData"]).column(0).to_pylist():
            if action and action.get("schemaString"):
                return parse_schema(action["schemaString"])
    raise OptionError("schema", str(log.parent), "its Delta log states no schema")


def _of_arrow(schema: Any) -> Schema:
    """Return the schema that Spark stored beside Arrow's in a Parquet file, else that of the Arrow types."""
    from sparklet.types.arrow import from_arrow

    stored = (schema.metadata or {}).get(_SPARK_SCHEMA)
    if stored is not None:
        parsed = parse_json(stored.decode("utf-8"))
        if isinstance(parsed, StructType):
            return schema_of(parsed.fields)
    fields: list[tuple[str, DataType]] = []
    for field in schema:
        type = field.type
        try:
            fields.append((field.name, from_arrow(type.value_type if _is_dictionary(type) else type)))
        except OptionError:
            continue
    return schema_of(StructField(name, type) for name, type in fields)


def _is_dictionary(type: Any) -> bool:
    return hasattr(type, "index_type")


def _of_mlflow(signature: Any) -> Schema:
    """Return the input columns of a ModelSignature, or the columns of a Schema, of MLflow."""
    columns = getattr(signature, "inputs", signature)
    specs: Iterable[Any] = getattr(columns, "inputs", columns) or ()
    fields = [(spec.name, _mlflow_type(spec.type)) for spec in specs if hasattr(spec, "type")]
    known = [StructField(name, type) for name, type in fields if name is not None and type is not None]
    if not known:
        raise OptionError("schema", signature, "the signature has no named columns")
    return schema_of(known)


def _mlflow_type(type: Any) -> DataType | None:
    if type.__class__.__name__ == "SparkMLVector":
        return VECTOR
    if type.__class__.__name__ == "Array":
        element = _mlflow_type(type.dtype)
        return None if element is None else ArrayType(element)
    return _MLFLOW.get(str(getattr(type, "name", "")))
