"""Parse and write the JSON form of Spark's types (`DataType.json`).

Follows Spark's `sql/api/src/main/scala/org/apache/spark/sql/types/DataType.scala` (4.2).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, NoReturn

from sparklet.errors import OptionError
from sparklet.types.datatypes import (
    BINARY,
    BOOLEAN,
    BYTE,
    DATE,
    DOUBLE,
    FLOAT,
    INTEGER,
    LONG,
    MATRIX,
    NULL,
    SHORT,
    STRING,
    TIMESTAMP,
    TIMESTAMP_NTZ,
    VECTOR,
    ArrayType,
    DataType,
    DecimalType,
    MapType,
    MatrixUDT,
    StringType,
    StructField,
    StructType,
    UserDefinedType,
    VectorUDT,
)
from sparklet.types.ddl import MAX_DEPTH, MAX_TEXT, parse_type

__all__ = ["parse_json", "parse_json_value", "to_json", "to_json_value"]

_NAMES: Mapping[str, DataType] = {
    "void": NULL,
    "null": NULL,
    "boolean": BOOLEAN,
    "byte": BYTE,
    "short": SHORT,
    "integer": INTEGER,
    "long": LONG,
    "float": FLOAT,
    "double": DOUBLE,
    "string": STRING,
    "binary": BINARY,
    "date": DATE,
    "timestamp": TIMESTAMP,
    "timestamp_ltz": TIMESTAMP,
    "timestamp_ntz": TIMESTAMP_NTZ,
    "decimal": DecimalType(),
}
_WRITTEN: Mapping[DataType, str] = {
    type: name for name, type in _NAMES.items() if name not in ("null", "timestamp_ltz", "decimal")
}
_DECIMAL = r"decimal\(\s*(\d{1,9})\s*,\s*(-?\d{1,9})\s*\)"
# Other atomic types have the same text in JSON and in DDL.
_AS_DDL = r"(?:char|varchar|time)\(\s*\d+\s*\)|interval(?: \w+(?: to \w+)?)?|variant|string collate \w+"
_SPARK_ML = "org.apache.spark.ml.linalg."
_COLLATIONS = "__COLLATIONS"


def parse_json(text: object) -> DataType:
    """Return the type that a JSON text describes, with the metadata of its fields.

    Raises `OptionError` for any other text.

    >>> str(parse_json('{"type":"array","elementType":"integer","containsNull":true}'))
    'array<int>'
    """
    if not isinstance(text, str):
        _fail(text, "a text is expected")
    if len(text) > MAX_TEXT:
        _fail(text, f"it has {len(text)} characters, more than {MAX_TEXT}")
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        _fail(text, "it is not JSON")
    return parse_json_value(value)


def parse_json_value(value: object) -> DataType:
    """Return the type of a value that `json.loads` or PySpark's `jsonValue` returns.

    Raises `OptionError` for any other value.

    >>> parse_json_value("integer")
    IntegerType()
    """
    return _type(value, 0, {}, "")


def _fail(value: object, problem: str) -> NoReturn:
    raise OptionError("type", value, f"not Spark's JSON of a type: {problem}")


def _type(value: Any, depth: int, collations: Mapping[str, Any], path: str) -> DataType:
    """Return the type; `path` is its path below the field whose metadata contains `collations`."""
    if depth > MAX_DEPTH:
        _fail(value, f"it is nested deeper than {MAX_DEPTH} types")
    if isinstance(value, str):
        named = _named(value)
        if named is STRING and path in collations:
            return StringType(str(collations[path]).rpartition(".")[2])
        return named
    if not isinstance(value, Mapping):
        _fail(value, "a name or an object is expected")

    def inner(key: str, part: str) -> DataType:
        return _type(_member(value, key, object), depth + 1, collations, f"{path}.{part}")

    match value.get("type"):
        case "array":
            return ArrayType(inner("elementType", "element"), _member(value, "containsNull", bool))
        case "map":
            contains_null = _member(value, "valueContainsNull", bool)
            return MapType(inner("keyType", "key"), inner("valueType", "value"), contains_null)
        case "struct":
            return StructType(tuple([_field(each, depth + 1) for each in _member(value, "fields", list)]))
        case "udt":
            return _user_defined(value, depth)
    _fail(value, "its 'type' is none of array, map, struct and udt")


def _member(value: Mapping[str, Any], key: str, of: type) -> Any:
    if key not in value:
        _fail(value, f"it lacks {key!r}")
    if not isinstance(value[key], of):
        _fail(value, f"its {key!r} is not a JSON {_JSON_NAMES[of]}")
    return value[key]


_JSON_NAMES: Mapping[type, str] = {bool: "boolean", list: "array", str: "string"}


def _named(name: str) -> DataType:
    if name in _NAMES:
        return _NAMES[name]
    if match := re.fullmatch(_DECIMAL, name):
        return DecimalType(int(match[1]), int(match[2]))
    if re.fullmatch(_AS_DDL, name):
        return parse_type(name)
    _fail(name, "no such type")


def _field(value: Any, depth: int) -> StructField:
    if not isinstance(value, Mapping):
        _fail(value, "a field is an object")
    metadata = value.get("metadata")
    if metadata is None:
        metadata = {}
    if not isinstance(metadata, Mapping):
        _fail(value, "its 'metadata' is not a JSON object")
    name = _member(value, "name", str)
    collations = metadata.get(_COLLATIONS, {})
    if not isinstance(collations, Mapping):
        _fail(value, "its collations are not a JSON object")
    type = _type(_member(value, "type", object), depth, collations, name)
    kept = {key: each for key, each in metadata.items() if key != _COLLATIONS}
    return StructField(name, type, _member(value, "nullable", bool), kept)


def _user_defined(value: Mapping[str, Any], depth: int) -> DataType:
    names = [value.get(key) for key in ("class", "pyClass", "serializedClass")]
    for name in names:
        if name is not None and not isinstance(name, str):
            _fail(value, "its class is not a JSON string")
    if names[0] == _SPARK_ML + "VectorUDT":
        return VECTOR
    if names[0] == _SPARK_ML + "MatrixUDT":
        return MATRIX
    return UserDefinedType(_type(_member(value, "sqlType", object), depth + 1, {}, ""), *names)


def to_json(type: DataType) -> str:
    """Return the JSON text of a type, as Spark's `DataType.json` returns it, without the size of vectors.

    >>> to_json(ArrayType(STRING))
    '{"type":"array","elementType":"string","containsNull":true}'
    """
    return json.dumps(to_json_value(type), separators=(",", ":"), ensure_ascii=False)


def to_json_value(type: DataType) -> Any:
    """Return the value that `to_json` writes."""
    match type:
        case ArrayType(element, contains_null):
            return {"type": "array", "elementType": to_json_value(element), "containsNull": contains_null}
        case MapType(key, value, contains_null):
            parts = {"keyType": to_json_value(key), "valueType": to_json_value(value)}
            return {"type": "map", **parts, "valueContainsNull": contains_null}
        case StructType(fields):
            return {"type": "struct", "fields": [_field_value(each) for each in fields]}
        case VectorUDT() | MatrixUDT():
            name = VectorUDT.__name__ if isinstance(type, VectorUDT) else MatrixUDT.__name__
            names = {"class": _SPARK_ML + name, "pyClass": f"pyspark.ml.linalg.{name}"}
            return {"type": "udt", **names, "sqlType": to_json_value(type.sqlType)}
        case UserDefinedType(stored, scala, python, serialized):
            class_names = {"class": scala, "pyClass": python, "serializedClass": serialized}
            known = {key: name for key, name in class_names.items() if name is not None}
            return {"type": "udt", **known, "sqlType": to_json_value(stored)}
        case StringType():
            return "string"
    return _WRITTEN.get(type) or type.simpleString()


def _field_value(field: StructField) -> dict[str, Any]:
    metadata = dict(field.metadata)
    if collations := dict(_collations(field.dataType, field.name)):
        metadata[_COLLATIONS] = collations
    named = {"name": field.name, "type": to_json_value(field.dataType)}
    return {**named, "nullable": field.nullable, "metadata": metadata}


def _collations(type: DataType, path: str) -> Iterator[tuple[str, str]]:
    """Yield the path and the collation of each collated string outside nested structs."""
    match type:
        case StringType(str(collation)):
            provider = "spark" if collation.startswith("UTF8_") else "icu"
            yield path, f"{provider}.{collation}"
        case ArrayType(element):
            yield from _collations(element, f"{path}.element")
        case MapType(key, value):
            yield from _collations(key, f"{path}.key")
            yield from _collations(value, f"{path}.value")
