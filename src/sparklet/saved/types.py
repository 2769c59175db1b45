"""Arrow types named as Spark names them, with `vector` and `matrix` for Spark's two structs."""

from __future__ import annotations

import pyarrow as pa
from pyarrow import types

__all__ = ["spark_type"]

# `mllib-local/src/main/scala/org/apache/spark/ml/linalg/VectorUDT.scala` and `MatrixUDT.scala` (4.2).
_STRUCTS = {
    "struct<type:tinyint,size:int,indices:array<int>,values:array<double>>": "vector",
    "struct<type:tinyint,numRows:int,numCols:int,colPtrs:array<int>,rowIndices:array<int>,"
    "values:array<double>,isTransposed:boolean>": "matrix",
}

# By id: a type itself hashes by its text, which is slow.
_NAMES = {
    pa.bool_().id: "boolean",
    pa.int8().id: "tinyint",
    pa.int16().id: "smallint",
    pa.int32().id: "int",
    pa.int64().id: "bigint",
    pa.float32().id: "float",
    pa.float64().id: "double",
    pa.string().id: "string",
    pa.large_string().id: "string",
    pa.binary().id: "binary",
    pa.date32().id: "date",
}


def spark_type(type_: pa.DataType) -> str:
    """Return Spark's name of an Arrow type; what Spark ML never writes keeps Arrow's name.

    >>> import pyarrow as pa
    >>> spark_type(pa.map_(pa.int32(), pa.list_(pa.float64())))
    'map<int,array<double>>'
    """
    if (name := _NAMES.get(type_.id)) is not None:
        return name
    if types.is_struct(type_):
        text = "struct<" + ",".join([f"{field.name}:{spark_type(field.type)}" for field in type_]) + ">"
        return _STRUCTS.get(text, text)
    if types.is_list(type_) or types.is_large_list(type_):
        return f"array<{spark_type(type_.value_type)}>"
    if types.is_map(type_):
        return f"map<{spark_type(type_.key_type)},{spark_type(type_.item_type)}>"
    return str(type_)
