"""Coerce the Python values of rows to the types of their columns, or refuse them.

The table in `tests/columns/test_rows.py` shows all rules by example.
"""

from __future__ import annotations

import datetime
import decimal
import math
import operator
import struct
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sparklet.columns.column import Column
from sparklet.columns.labels import Notation
from sparklet.columns.nested import map_coercer, struct_coercer
from sparklet.columns.scope import fold
from sparklet.errors import (
    AmbiguousColumnError,
    ColumnTypeError,
    MissingColumnError,
    RowError,
    VectorSizeError,
)
from sparklet.linalg import DenseVector, SparseVector, Vector, vector
from sparklet.types import (
    DOUBLE,
    STRING,
    ArrayType,
    AtomicType,
    BinaryType,
    BooleanType,
    ByteType,
    DataType,
    DateType,
    DecimalType,
    DoubleType,
    FloatType,
    IntegerType,
    IntegralType,
    LongType,
    MapType,
    ShortType,
    StringType,
    StructType,
    TimestampNTZType,
    TimestampType,
    VectorUDT,
)

__all__ = ["ABSENT", "RowReader", "coercer", "encode_vector", "is_carried"]

Coerce = Callable[[Any], Any]


class _Absent:
    def __repr__(self) -> str:
        return "ABSENT"


ABSENT: Any = _Absent()
"""The value of an optional input column that is absent from a row."""


def _plain(value: Any) -> Any:
    """Return the Python value of a numpy scalar, and None for pandas' NA and NaT."""
    if type(value).__module__ == "numpy" and hasattr(value, "item") and getattr(value, "ndim", 1) == 0:
        # Spark's times have microseconds; numpy returns those with nanoseconds as integers.
        return (value.astype("M8[us]") if value.dtype.kind == "M" else value).item()
    if type(value).__name__ in ("NAType", "NaTType"):
        return None
    return value


def _is_nan(value: object) -> bool:
    return isinstance(value, float) and math.isnan(value)


def _to_double(value: Any) -> float | None:
    if value is None or value.__class__ is float:
        return value
    value = _plain(value)
    if value is None:
        return None
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        try:
            return float(value)
        except OverflowError:
            raise ColumnTypeError(value, "double", hint="the number is too large") from None
    hint = "declare it: load(schema={...: 'boolean'})" if isinstance(value, bool) else ""
    if isinstance(value, decimal.Decimal):
        hint = "declare it: load(schema={...: 'decimal(38,18)'}), with the precision and scale of the column"
    if isinstance(value, (DenseVector, SparseVector, list, tuple)) or hasattr(value, "toArray"):
        hint = "declare it: load(schema={...: 'vector'})"
    raise ColumnTypeError(value, "double", hint=hint)


_DIGITS = 15
"""Decimals of so many digits are told apart by their nearest doubles."""


def _is_short(value: decimal.Decimal) -> bool:
    return value.is_finite() and len(value.as_tuple().digits) <= _DIGITS


def _to_near_double(column: Column) -> Coerce:
    """Return the coercion to double that casts the other kinds of values which all readers accept."""
    booleans, decimals, short = [kind in column.near for kind in ("boolean", "decimal", "short decimal")]

    def coerce(value: Any) -> float | None:
        if value.__class__ is float:
            return value
        value = _plain(value)
        if booleans and isinstance(value, bool):
            return 1.0 if value else 0.0
        if isinstance(value, decimal.Decimal) and (
            (decimals and value.is_finite()) or (short and _is_short(value))
        ):
            return float(value)
        return _to_double(value)

    return coerce


def _to_cast(column: Column) -> Coerce:
    """Return the cast of each value from the type that its Python class tells."""
    convert: Callable[[Any], Any] = column.convert  # type: ignore[assignment]

    def coerce(value: Any) -> Any:
        value = _plain(value)
        return None if value is None else convert(value)

    return coerce


def _to_float(value: Any) -> float | None:
    try:
        number = _to_double(value)
    except ColumnTypeError as error:
        raise ColumnTypeError(value, "float", hint=error.hint) from None
    if number is None:
        return None
    try:
        return struct.unpack("f", struct.pack("f", number))[0]  # type: ignore[no-any-return]
    except OverflowError:
        return math.copysign(math.inf, number)


def _to_integral(type: IntegralType) -> Coerce:
    bound, name = 1 << (type.bits - 1), str(type)

    def coerce(value: Any) -> int | None:
        if value is None:
            return None
        value = _plain(value)
        if value is None or _is_nan(value):  # pandas stores an int column with nulls as floats and NaN
            return None
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if not isinstance(value, int) or isinstance(value, bool):
            raise ColumnTypeError(value, name)
        if not -bound <= value < bound:
            raise ColumnTypeError(value, name, hint="out of range")
        return int(value)

    return coerce


def _to_boolean(value: Any) -> bool | None:
    value = _plain(value)
    if value is None or value.__class__ is bool:
        return value
    if _is_nan(value):
        return None
    raise ColumnTypeError(value, "boolean")


def _to_string(value: Any) -> str | None:
    if value is None or value.__class__ is str:
        return value
    value = _plain(value)
    if value is None or _is_nan(value):
        return None
    if isinstance(value, str):
        return str(value)
    raise ColumnTypeError(value, "string")


def _to_label(notation: Notation) -> Coerce:
    """Return the cast of a value to the label that it has, for a column that only an indexer reads."""

    def coerce(value: Any) -> str | None:
        if value is None or value.__class__ is str:
            return value
        value = _plain(value)
        if value is None or _is_nan(value):
            return None
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, int):
            return notation.text(value) if abs(value) < 1 << 63 else _refuse_label(value)
        if isinstance(value, float):
            return notation.text(value)
        if isinstance(value, decimal.Decimal) and value.is_finite():
            return f"{value:f}"
        return str(value) if isinstance(value, str) else _refuse_label(value)

    return coerce


def _refuse_label(value: object) -> str:
    raise ColumnTypeError(value, "string or number")


def _to_decimal(type: DecimalType) -> Coerce:
    precision, scale, name = type.precision, type.scale, str(type)
    context = decimal.Context(prec=76, rounding=decimal.ROUND_HALF_UP, traps=[decimal.InvalidOperation])
    step, limit = decimal.Decimal(1).scaleb(-scale), decimal.Decimal(10) ** (precision - scale)

    def coerce(value: Any) -> decimal.Decimal | None:
        value = _plain(value)
        if value is None or _is_nan(value):
            return None
        if isinstance(value, bool) or not isinstance(value, (int, float, str, decimal.Decimal)):
            raise ColumnTypeError(value, name)
        # JSON writes decimals as numbers or text, and Python reads its numbers as floats.
        carried = isinstance(value, (float, str))
        try:
            exact = decimal.Decimal(repr(value) if isinstance(value, float) else value)
            number = exact.quantize(step, context=context)
            if carried and number != exact:
                raise ColumnTypeError(value, name, hint=f"it has more than {scale} digits after the point")
            if number.copy_abs() < limit:  # abs() rounds to 28 digits
                return number
        except decimal.InvalidOperation:  # NaN, no number, or more digits than a decimal can have
            pass
        raise ColumnTypeError(value, name, hint="no number, or out of range" if carried else "out of range")

    return coerce


def _to_date(value: Any) -> datetime.date | None:
    value = _plain(value)
    if value is None or _is_nan(value):
        return None
    if isinstance(value, str):
        try:
            return datetime.date.fromisoformat(value)
        except ValueError:
            raise ColumnTypeError(value, "date", hint="an ISO date such as '2024-01-31'") from None
    if isinstance(value, datetime.datetime):
        # pandas has no type for dates.
        if value.time() == datetime.time() and value.tzinfo is None:
            return value.date()
        hint = "a date has no time; declare it: load(schema={...: 'timestamp'})"
        raise ColumnTypeError(value, "date", hint=hint)
    if isinstance(value, datetime.date):
        return value
    raise ColumnTypeError(value, "date")


def _to_timestamp(value: Any) -> datetime.datetime | None:
    value = _plain(value)
    if value is None or _is_nan(value):
        return None
    if isinstance(value, str):
        try:
            return datetime.datetime.fromisoformat(value)
        except ValueError:
            raise ColumnTypeError(
                value, "timestamp", hint="an ISO timestamp such as '2024-01-31T10:00:00'"
            ) from None
    if isinstance(value, datetime.datetime):
        # Without the nanoseconds of pandas.
        return value.to_pydatetime(warn=False) if hasattr(value, "to_pydatetime") else value
    hint = "declare it: load(schema={...: 'date'})" if isinstance(value, datetime.date) else ""
    raise ColumnTypeError(value, "timestamp", hint=hint)


def _to_binary(value: Any) -> bytes | None:
    if value is None or value.__class__ is bytes:
        return value
    if isinstance(value, (bytes, bytearray, memoryview)):
        return bytes(value)
    if _plain(value) is None or _is_nan(value):
        return None
    raise ColumnTypeError(value, "binary", hint="bytes" if isinstance(value, str) else "")


def _to_array(type: ArrayType, missing: str) -> Coerce:
    coerce_element, name = _coerce_by_type(type.elementType, missing), str(type)

    def coerce(value: Any) -> list[Any] | None:
        if value is None:
            return None
        if hasattr(value, "tolist") and getattr(value, "ndim", 0) == 1:
            value = value.tolist()
        if not isinstance(value, (list, tuple)):
            if _is_nan(_plain(value)) or _plain(value) is None:
                return None
            raise ColumnTypeError(value, name)
        return [coerce_element(item) for item in value]

    return coerce


def _to_vector(value: Any) -> Vector | None:
    if value is None or value.__class__ is DenseVector or value.__class__ is SparseVector:
        return value
    if isinstance(value, Mapping):
        return _decode_vector(value)
    if _plain(value) is None or _is_nan(value):
        return None
    return vector(value)


def encode_vector(value: Vector) -> dict[str, Any]:
    """Return a vector in the form of Spark's `toJSON`, which is also the struct that Spark stores.

    >>> encode_vector(DenseVector((0.25, 0.75)))
    {'type': 1, 'values': (0.25, 0.75)}
    """
    if isinstance(value, DenseVector):
        return {"type": 1, "values": value.values}
    return {"type": 0, "size": value.size, "indices": value.indices, "values": value.values}


def _decode_vector(value: Mapping[str, Any]) -> Vector:
    """Return the vector of an object in the form of Spark's `toJSON`: type, size, indices and values."""
    try:
        if value["type"] == 1:
            return vector(value["values"])
        return vector(
            SparseVector(operator.index(value["size"]), tuple(value["indices"]), tuple(value["values"]))
        )
    except (KeyError, TypeError):
        raise ColumnTypeError(value, "vector", hint="keys are type, size, indices, values") from None


def _sized(size: int) -> Coerce:
    def coerce(value: Any) -> Vector | None:
        converted = _to_vector(value)
        if converted is not None and converted.size != size:
            raise VectorSizeError(converted.size, size)
        return converted

    return coerce


def _to_struct(type: StructType, missing: str) -> Coerce:
    fields = [(field.name, _coerce_by_type(field.dataType, missing)) for field in type]
    return _unless_missing(struct_coercer(str(type), fields, missing))


def _to_map(type: MapType, missing: str) -> Coerce:
    key, value = _coerce_by_type(type.keyType, missing), _coerce_by_type(type.valueType, missing)
    return _unless_missing(map_coercer(str(type), key, value))


def _unless_missing(coerce: Coerce) -> Coerce:
    """Return the coercion with pandas' NA and NaN taken for null."""
    return lambda value: None if _plain(value) is None or _is_nan(value) else coerce(value)


_COERCERS: Mapping[type[DataType], Callable[[Any], Coerce]] = {
    **dict.fromkeys((ByteType, ShortType, IntegerType, LongType), _to_integral),
    DoubleType: lambda _: _to_double,
    FloatType: lambda _: _to_float,
    BooleanType: lambda _: _to_boolean,
    StringType: lambda _: _to_string,
    DateType: lambda _: _to_date,
    TimestampType: lambda _: _to_timestamp,
    TimestampNTZType: lambda _: _to_timestamp,
    VectorUDT: lambda _: _to_vector,
    DecimalType: _to_decimal,
    BinaryType: lambda _: _to_binary,
}
"""The function that makes the coercion for each class of types without parts."""
_NESTED: Mapping[type[DataType], Callable[[Any, str], Coerce]] = {
    ArrayType: _to_array,
    StructType: _to_struct,
    MapType: _to_map,
}
"""The same for types with parts; the second argument is `missing` of the row reader."""


def is_carried(type: DataType) -> bool:
    """Return whether rows can contain values of a type.

    >>> from sparklet.types import parse_type
    >>> is_carried(parse_type("array<int>")), is_carried(parse_type("map<string,int>"))
    (True, True)
    """
    match type:
        case ArrayType(element):
            return is_carried(element)
        case MapType(key, value):
            return isinstance(key, AtomicType) and is_carried(key) and is_carried(value)
        case StructType(fields):
            names = {field.name for field in fields}
            return len(names) == len(fields) and all(is_carried(field.dataType) for field in fields)
        case StringType(collation):
            return collation is None
        case DecimalType(precision, scale):
            return precision >= 1 and scale >= 0
    return type.__class__ in _COERCERS


def _coerce_by_type(type: DataType, missing: str) -> Coerce:
    nested = _NESTED.get(type.__class__)
    return _COERCERS[type.__class__](type) if nested is None else nested(type, missing)


def coercer(column: Column, missing: str = "error") -> Coerce:
    """Return the function that coerces a row's value to the column's type or raises a `RowError`.

    With `missing="null"` a field that a struct lacks is null.

    >>> from sparklet.types import DOUBLE
    >>> coercer(Column("age", DOUBLE))(41)
    41.0
    """
    if column.convert is not None:
        return _to_cast(column)
    if column.casts and column.type == STRING:
        return _to_label(column.labels)
    if column.near and column.type == DOUBLE:
        return _to_near_double(column)
    if isinstance(column.type, VectorUDT) and column.size is not None and column.origin != "inferred":
        return _sized(column.size)
    if column.fields and isinstance(column.type, StructType):
        fields = [(field.name, coercer(field, missing)) for field in column.fields]
        return _unless_missing(struct_coercer(str(column.type), fields, missing))
    return _coerce_by_type(column.type, missing)


_KNOWN_LAYOUTS = 256


class RowReader:
    """Read the input columns of a row: match names once per row layout, and coerce the values.

    `optional` columns may be absent; when `missing` is `"null"`, all columns may. `readers` maps each column
    to the stage that reads it first, for errors. A call returns the values in column order, as the functions
    `coercers` return them.
    """

    def __init__(
        self,
        columns: Sequence[Column],
        optional: frozenset[Column] = frozenset(),
        missing: str = "error",
        readers: Mapping[Column, str] | None = None,
    ) -> None:
        self.columns = tuple(columns)
        self._readers = dict(readers or {})
        self.coercers = tuple([coercer(column, missing) for column in columns])
        self._optional = optional
        self._missing = missing
        # Rows of one service have the same keys, so the layout of each tuple of keys is cached, up to a
        # bound.
        self._layouts: dict[tuple[str, ...], tuple[tuple[str | None, Any], ...]] = {}

    def __call__(self, row: Mapping[str, Any]) -> list[Any]:
        """Return the values; raise a `RowError` that names the column and the stage that reads it."""
        try:
            layout = self._layouts[tuple(row)]
        except (KeyError, TypeError):
            layout = self._learn(row)
        values: list[Any] = []
        try:
            for coerce, (key, default) in zip(self.coercers, layout, strict=True):
                values.append(default if key is None else coerce(row[key]))
        except RowError as error:
            column = self.columns[len(values)]
            name = column.name if error.column is None else f"{column.name}.{error.column}"
            error.locate(name, self._readers.get(column))
            raise
        return values

    def arrange(self, row: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the row with the columns' names as keys; this is `row` when it is a dict with all of them.

        Raises a `RowError` for columns that are missing or ambiguous.
        """
        try:
            layout = self._layouts[tuple(row)]
        except (KeyError, TypeError):
            layout = self._learn(row)
        names = [column.name for column in self.columns]
        if row.__class__ is dict and all(key == name for name, (key, _) in zip(names, layout, strict=True)):
            return row
        return {
            name: default if key is None else row[key]
            for name, (key, default) in zip(names, layout, strict=True)
        }

    def _learn(self, row: Mapping[Any, Any]) -> tuple[tuple[str | None, Any], ...]:
        if not isinstance(row, Mapping):
            hint = "row.asDict()" if hasattr(row, "asDict") else ""
            raise ColumnTypeError(row, "a mapping of column names to values as a row", hint=hint)
        names: dict[str, list[str]] = {}
        for key in row:
            if isinstance(key, str):
                names.setdefault(fold(key), []).append(key)
        layout: list[tuple[str | None, Any]] = []
        for column in self.columns:
            keys = names.get(fold(column.name), [])
            if len(keys) > 1:
                raise AmbiguousColumnError(column.name, keys)
            if keys:
                layout.append((keys[0], None))
            elif column in self._optional:
                layout.append((None, ABSENT))
            elif self._missing == "null":
                layout.append((None, None))
            else:
                known = [key for key in row if isinstance(key, str)]
                raise MissingColumnError(column.name, known, self._readers.get(column))
        if len(self._layouts) >= _KNOWN_LAYOUTS:
            self._layouts.clear()
        self._layouts[tuple(row)] = result = tuple(layout)
        return result
