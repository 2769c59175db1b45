"""Map Spark types to Arrow types and back; a separate module because pyarrow is slow to import."""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa
from pyarrow import types as kinds

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
    VectorUDT,
)

__all__ = ["arrow_name", "from_arrow", "ml_type", "to_arrow"]

_SCALARS: Mapping[DataType, pa.DataType] = {
    NULL: pa.null(),
    BOOLEAN: pa.bool_(),
    BYTE: pa.int8(),
    SHORT: pa.int16(),
    INTEGER: pa.int32(),
    LONG: pa.int64(),
    FLOAT: pa.float32(),
    DOUBLE: pa.float64(),
    STRING: pa.string(),
    BINARY: pa.binary(),
    DATE: pa.date32(),
    TIMESTAMP: pa.timestamp("us", "UTC"),
    TIMESTAMP_NTZ: pa.timestamp("us"),
}
# Keyed by id, because hashing an Arrow type builds its text, which is slow.
_BY_ID: Mapping[int, DataType] = {
    **{arrow.id: type for type, arrow in _SCALARS.items() if not kinds.is_timestamp(arrow)},
    pa.large_string().id: STRING,
    pa.large_binary().id: BINARY,
}
_ML_TYPES: Mapping[tuple[str, ...], VectorUDT | MatrixUDT] = {
    tuple([field.name for field in type.sqlType]): type for type in (VECTOR, MATRIX)
}


def to_arrow(type: DataType) -> pa.DataType:
    """Return the Arrow type for values of a Spark type.

    Vectors and matrices become the structs in which Spark stores them. Raises `OptionError` for a type
    without an Arrow type.

    >>> to_arrow(ArrayType(INTEGER))
    ListType(list<element: int32>)
    """
    if (scalar := _SCALARS.get(type)) is not None:
        return scalar
    match type:
        case DecimalType(precision, scale):
            return pa.decimal128(precision, scale)
        case ArrayType(element, contains_null):
            return pa.list_(_field("element", element, contains_null))
        case MapType(key, value, contains_null):
            return pa.map_(to_arrow(key), _field("value", value, contains_null))
        case StructType(fields):
            return pa.struct([_field(f.name, f.dataType, f.nullable) for f in fields])
        case VectorUDT() | MatrixUDT():
            return to_arrow(type.sqlType)
        case StringType():
            return pa.string()
    raise OptionError("type", str(type), "has no Arrow type here")


def _field(name: str, type: DataType, nullable: bool) -> pa.Field:
    return pa.field(name, to_arrow(type), nullable or type == NULL)  # Arrow's null type must be nullable


def from_arrow(type: pa.DataType) -> DataType:
    """Return the Spark type of an Arrow type; the structs of vectors and matrices become these types.

    Raises `OptionError` for an Arrow type without a Spark type.

    >>> str(from_arrow(pa.map_(pa.int32(), pa.list_(pa.float64()))))
    'map<int,array<double>>'
    """
    if (scalar := _BY_ID.get(type.id)) is not None:
        return scalar
    if kinds.is_struct(type):
        fields = [StructField(f.name, from_arrow(f.type), f.nullable) for f in type]
        return ml_type(type) or StructType(tuple(fields))
    if kinds.is_list(type) or kinds.is_large_list(type):
        return ArrayType(from_arrow(type.value_type), type.value_field.nullable)
    if kinds.is_map(type):
        return MapType(from_arrow(type.key_type), from_arrow(type.item_type), type.item_field.nullable)
    if kinds.is_timestamp(type):
        return TIMESTAMP_NTZ if type.tz is None else TIMESTAMP
    if kinds.is_decimal128(type) and type.scale <= type.precision:
        return DecimalType(type.precision, type.scale)
    raise OptionError("type", str(type), "an Arrow type that Spark has no type for")


def ml_type(type: pa.DataType) -> VectorUDT | MatrixUDT | None:
    """Return the Spark ML type that is stored as this Arrow struct, None for any other Arrow type.

    >>> ml_type(to_arrow(VECTOR)), ml_type(pa.float64())
    (VectorUDT(size=None), None)
    """
    ml = _ML_TYPES.get(tuple([field.name for field in type])) if kinds.is_struct(type) else None
    if ml is None:
        return None
    pairs = zip(type, ml.sqlType, strict=True)
    return ml if all(arrow_name(one.type) == str(other.dataType) for one, other in pairs) else None


def arrow_name(type: pa.DataType) -> str:
    """Return the name of an Arrow type's Spark type, or Arrow's name when there is no Spark type.

    >>> arrow_name(pa.list_(pa.int64())), arrow_name(pa.uint8())
    ('array<bigint>', 'uint8')
    """
    try:
        return str(from_arrow(type))
    except OptionError:
        return str(type)
