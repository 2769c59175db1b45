"""Write values as JSON; a Python writer handles what orjson does not, with the same text."""

from __future__ import annotations

import base64
import datetime
import decimal
import enum
import math
from collections.abc import Callable, Mapping
from json.encoder import encode_basestring
from typing import Any, Final

from sparklet.columns import encode_vector
from sparklet.errors import JsonError
from sparklet.linalg import DenseMatrix, DenseVector, SparseMatrix, SparseVector, vector

__all__ = ["FLOAT_WORDS", "MAX_DEPTH", "dump_bytes", "dumps"]

MAX_DEPTH: Final = 256
"""The deepest nesting of lists and objects that is written and read."""

FLOAT_WORDS: Mapping[str, float] = {
    "NaN": math.nan,
    "Infinity": math.inf,
    "+Infinity": math.inf,
    "+INF": math.inf,
    "-Infinity": -math.inf,
    "-INF": -math.inf,
}
"""The texts that Spark's JSON reader takes as floats; `dumps` writes those without INF and +."""


def dumps(value: object) -> str:
    """Return a value as compact JSON: a scored row, a list of rows, an error's `to_dict()`.

    Raises `JsonError` for a value that the rule of `docs/json.md` does not cover, such as a set.

    >>> import datetime
    >>> dumps({"when": datetime.date(2024, 1, 31), "score": float("nan"), "key": b"ab"})
    '{"when":"2024-01-31","score":"NaN","key":"YWI="}'
    """
    return dump_bytes(value).decode()


def dump_bytes(value: object) -> bytes:
    """Return a value as compact JSON in UTF-8, which is what a server sends.

    Raises `JsonError` like `dumps`.

    >>> dump_bytes([1.0, None, "a"])
    b'[1.0,null,"a"]'
    """
    if _quick is not None:
        try:
            text = _quick(value)
        except (TypeError, ValueError):
            pass  # a large integer, a lone surrogate, a name that is no string, or no JSON at all
        else:
            # orjson writes NaN and infinities as null.
            if b"null" not in text:
                return text
    return write(value).encode()


def encode(value: Any) -> Any:
    """Return a value that JSON has no form for as one that it has; raise `JsonError` for others."""
    kind = value.__class__
    encoder = _ENCODERS.get(kind)
    if encoder is not None:
        return encoder(value)
    if kind.__name__ in ("NAType", "NaTType"):  # pandas' NaT is a datetime, too
        return None
    for base, encoder in (*_SUBCLASSED.items(), *_ENCODERS.items()):
        if isinstance(value, base):
            return encoder(value)
    library = kind.__module__.partition(".")[0]
    if library == "numpy" and hasattr(value, "tolist"):
        # numpy returns times in nanoseconds as integers.
        return (value.astype("datetime64[us]") if value.dtype.kind == "M" else value).tolist()
    if library == "pyspark" and kind.__name__ in ("DenseVector", "SparseVector"):
        return encode(vector(value))
    if library == "uuid":
        return str(value)
    raise JsonError(f"has no form in JSON: {kind.__name__}", value=value)


def _dense_matrix(value: DenseMatrix) -> dict[str, Any]:
    shape = {"type": 1, "numRows": value.numRows, "numCols": value.numCols}
    return {**shape, "values": value.values, "isTransposed": value.isTransposed}


def _sparse_matrix(value: SparseMatrix) -> dict[str, Any]:
    shape = {"type": 0, "numRows": value.numRows, "numCols": value.numCols}
    places = {"colPtrs": value.colPtrs, "rowIndices": value.rowIndices}
    return {**shape, **places, "values": value.values, "isTransposed": value.isTransposed}


def _base64(value: bytes | bytearray | memoryview) -> str:
    return base64.b64encode(value).decode("ascii")


def _decimal(value: decimal.Decimal) -> str:
    return format(value, "f") if value.is_finite() and abs(value.adjusted()) <= 76 else str(value)


# The structs of vectors and matrices are those of Spark's toJSON (`VectorUDT.scala`, `MatrixUDT.scala`).
_ENCODERS: Mapping[type, Callable[[Any], Any]] = {
    DenseVector: encode_vector,
    SparseVector: encode_vector,
    DenseMatrix: _dense_matrix,
    SparseMatrix: _sparse_matrix,
    decimal.Decimal: _decimal,
    datetime.datetime: datetime.datetime.isoformat,
    datetime.date: datetime.date.isoformat,
    datetime.time: datetime.time.isoformat,
    bytes: _base64,
    bytearray: _base64,
    memoryview: _base64,
}
_SUBCLASSED: Mapping[type, Callable[[Any], Any]] = {
    enum.Enum: lambda value: value.value,
    str: str.__str__,
    int: int.__int__,
    float: float.__float__,
    list: list,
    tuple: list,
    Mapping: dict,
}
"""Subclasses of JSON's own types are written as their base, and mappings as dicts."""


def write(value: object) -> str:
    """Return a value as JSON; this is the rule in Python, without orjson."""
    parts: list[str] = []
    _write(value, parts.append, MAX_DEPTH)
    return "".join(parts)


def _write(value: Any, emit: Callable[[str], None], depth: int) -> None:
    kind = value.__class__
    if kind is float:
        emit(_float(value))
    elif kind is str:
        emit(_text(value))
    elif value is None or kind is bool:
        emit("null" if value is None else "true" if value else "false")
    elif kind is int:
        emit(_integer(value))
    elif depth == 0:
        raise JsonError(f"is nested deeper than {MAX_DEPTH} levels")
    elif kind is dict:
        _write_object(value, emit, depth - 1)
    elif kind is list or kind is tuple:
        separator = "["
        for item in value:
            emit(separator)
            separator = ","
            _write(item, emit, depth - 1)
        emit("]" if value else "[]")
    else:
        _write(encode(value), emit, depth)


def _write_object(value: dict[Any, Any], emit: Callable[[str], None], depth: int) -> None:
    names = set()
    separator = "{"
    for key, item in value.items():
        name = _text(key) if key.__class__ is str else _name(key)
        if name in names:
            raise JsonError(f"has two keys that are the name {name} in JSON", value=key)
        names.add(name)
        emit(f"{separator}{name}:")
        separator = ","
        try:
            _write(item, emit, depth)
        except JsonError as error:
            error.column = str(key)  # the outermost name is the column
            raise
    emit("}" if value else "{}")


def _name(key: object) -> str:
    """Return the name of a key that is no string, such as the number 1: its JSON text in quotes."""
    text = write(key)
    if text[0] in '[{"':
        if text[0] == '"':
            return text
        raise JsonError("is a key that has no form in JSON", value=key)
    if key is None:
        raise JsonError("is a null key, which Spark's maps do not have", value=key)
    return f'"{text}"'


def _float(value: float) -> str:
    """Return the shortest digits that read back as the same float, as orjson spells them."""
    text = repr(value)
    if "e" in text:
        digits, _, exponent = text.partition("e")
        if exponent == "-05":
            sign = "-" if digits[0] == "-" else ""
            return f"{sign}0.0000{digits.lstrip('-').replace('.', '')}"
        return f"{digits}e{exponent[0]}{exponent[1:].lstrip('0')}"
    if value - value != 0.0:
        return '"NaN"' if value != value else '"Infinity"' if value > 0.0 else '"-Infinity"'
    return text


def _integer(value: int) -> str:
    # Python converts integers of more digits in quadratic time, and refuses them by default.
    if value.bit_length() > 4096:
        raise JsonError("is an integer of more than 4096 bits")
    return str(value)


def _text(value: str) -> str:
    text = encode_basestring(value)
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        # In Java, two surrogates in a row are the character that they encode; one alone is escaped.
        joined = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")
        return "".join(f"\\u{ord(char):04x}" if "\ud800" <= char <= "\udfff" else char for char in joined)
    return text


_PROBE = (1.0, -0.0, 1e15, 1e16, 1.5e300, 1e-4, 1.5e-5, 1e-5, 9.99e-6, 1e-7, 5e-324, 1.7976931348623157e308)


def _orjson() -> Callable[[Any], bytes] | None:
    """Return orjson's writer; None without it, or if its release spells floats in another way."""
    try:
        import orjson
    except ImportError:
        return None
    option = orjson.OPT_PASSTHROUGH_DATACLASS | orjson.OPT_PASSTHROUGH_DATETIME
    option |= orjson.OPT_PASSTHROUGH_SUBCLASS
    dump, encoded = orjson.dumps, encode

    def quick(value: Any) -> bytes:
        text: bytes = dump(value, encoded, option)
        return text

    return quick if quick(_PROBE) == write(_PROBE).encode() else None


_quick = _orjson()
