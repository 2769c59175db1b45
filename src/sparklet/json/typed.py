"""Read the values of rows from JSON by their Spark types."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from sparklet.columns import Column, coercer, fold, parse_schema
from sparklet.columns.rows import is_carried
from sparklet.errors import ColumnTypeError, JsonError, OptionError, RowError
from sparklet.json.read import read
from sparklet.json.write import FLOAT_WORDS
from sparklet.saved.values import matrices
from sparklet.types import (
    STRING,
    ArrayType,
    BinaryType,
    DataType,
    DecimalType,
    DoubleType,
    FloatType,
    MapType,
    MatrixUDT,
    StructType,
    VectorUDT,
    parse_type,
)

__all__ = ["Decoder", "loads"]

Decode = Callable[[Any], Any]


class Decoder:
    """Read JSON texts of rows whose columns have known Spark types.

    `schema` is that of `loads`. A call returns what `loads(text, schema)` returns.

    >>> decode = Decoder({"scores": "array<double>"})
    >>> decode('[{"scores": [1, "NaN"]}, null]')
    [{'scores': [1.0, nan]}, None]
    """

    __slots__ = ("_decoders",)

    def __init__(self, schema: object) -> None:
        self._decoders: dict[str, Decode] = {}
        for name, decode in _decoders(schema).items():
            # A row may spell a name in another case.
            self._decoders[fold(name)] = decode
            self._decoders[name] = decode

    def __call__(self, text: str | bytes | bytearray | memoryview) -> Any:
        """Return the row or the rows of a JSON text; raise the errors of `loads`."""
        return self.rows(read(text))

    def rows(self, value: Any) -> Any:
        """Return a row or a list of rows, of plain JSON values, with values of the columns' types.

        Raises `JsonError` for another value, `ColumnTypeError` for a value that is not of its type.
        """
        if value.__class__ is list:
            return [self._row(each) for each in value]
        return self._row(value)

    def _row(self, row: Any) -> Any:
        if row is None:
            return None
        if row.__class__ is not dict:
            raise JsonError("is not a JSON object", value=row)
        decoders = self._decoders
        if not decoders:
            return row
        for name, value in row.items():
            if value is None:
                continue
            decode = decoders.get(name) or decoders.get(fold(name))
            if decode is not None:
                try:
                    row[name] = decode(value)
                except RowError as error:
                    error.column = name
                    raise
        return row


def loads(text: str | bytes | bytearray | memoryview, schema: object = None) -> Any:
    """Return the value of a JSON text; with `schema`, a row or a list of rows with values of these types.

    - Anything that `sparklet.load(schema=...)` takes: the values have these types; other columns are plain.
    - `model.inputs`: the rows are arguments of `scoreInstance`, which checks the values and names the stage.

    `Decoder` reads many texts with one schema.

    Raises `JsonError` for text that is not JSON, for a name that an object has twice, a number beyond double
    and nesting deeper than 256 levels; `ColumnTypeError` for a value that is not of its type.

    >>> loads('{"age": 41, "when": "2024-01-31"}', {"when": "date"})
    {'age': 41, 'when': datetime.date(2024, 1, 31)}
    """
    value = read(text)
    return value if schema is None else Decoder(schema).rows(value)


def _decoders(schema: Any) -> dict[str, Decode]:
    if isinstance(schema, tuple | list) and all(isinstance(each, Column) for each in schema):
        made = {column.name: _carried(column.type) for column in schema}
        return {name: decode for name, decode in made.items() if decode is not None}
    if isinstance(schema, Mapping):
        types = {name: parse_type(type) if isinstance(type, str) else type for name, type in schema.items()}
    else:
        types = parse_schema(schema)
    return {name: _typed(type) for name, type in types.items()}


def _typed(type: DataType) -> Decode:
    """Return the function that returns the value of a type or raises `ColumnTypeError`."""
    match type:
        case ArrayType(element):
            return _array(_nullable(_typed(element)), str(type))
        case BinaryType():
            return _binary
        case MatrixUDT():
            return _matrix
        case StructType(fields):
            return _struct({each.name: _nullable(_typed(each.dataType)) for each in fields}, str(type))
        case MapType(key, item):
            return _map(_typed(key), _nullable(_typed(item)), str(type))
    if not is_carried(type):
        raise OptionError("schema", str(type), "values of this type have no form in JSON")
    coerce, decode = coercer(Column.of("", type, "schema")), _carried(type)
    return coerce if decode is None else lambda value: coerce(decode(value))


def _carried(type: DataType) -> Decode | None:
    """Return the function for values that a row's reader does not take from JSON; it leaves all others."""
    match type:
        case DoubleType() | FloatType():
            return _float
        case DecimalType():
            return _exact(coercer(Column.of("", type, "schema")))
        case VectorUDT():
            return _vector
        case BinaryType():
            return _binary
        case ArrayType(element) if (decode := _carried(element)) is not None:
            return _elements(decode)
        case MapType(key, item):
            decode = _carried(item)
            if key != STRING:
                return _entries(_typed(key), decode)
            return None if decode is None else _entries(str, decode)
        case StructType(fields):
            made = {each.name: _carried(each.dataType) for each in fields}
            known = {name: decode for name, decode in made.items() if decode is not None}
            return _known_fields(known) if known else None
    return None


def _nullable(decode: Decode) -> Decode:
    return lambda value: None if value is None else decode(value)


def _exact(coerce: Decode) -> Decode:
    """Return the function for numbers and text that a decimal type holds exactly."""

    def exact(value: Any) -> Any:
        if value.__class__ is not str and value.__class__ is not float:
            return value
        try:
            number = Decimal(repr(value) if value.__class__ is float else value)
        except InvalidOperation:
            return value
        coerced = coerce(number) if number.is_finite() else None
        if coerced != number:
            raise ColumnTypeError(value, "decimal", hint="the type does not hold it exactly")
        return coerced

    return exact


def _float(value: Any) -> Any:
    return FLOAT_WORDS.get(value, value) if value.__class__ is str else value


def _vector(value: Any) -> Any:
    """Return a vector's list of elements, or its struct, with floats for the words of floats."""
    if value.__class__ is list:
        return [_float(each) for each in value]
    if value.__class__ is dict and value.get("values").__class__ is list:
        return {**value, "values": [_float(each) for each in value["values"]]}
    return value


def _elements(decode: Decode) -> Decode:
    one = _nullable(decode)
    return lambda value: [one(each) for each in value] if value.__class__ is list else value


def _unchanged(value: Any) -> Any:
    return value


def _entries(key: Decode, item: Decode | None) -> Decode:
    """Return the function that decodes the keys and values of a map; it leaves a key that it cannot read."""
    one: Decode = _nullable(item or _unchanged)

    def read_key(name: str) -> Any:
        try:
            return _key(key, name)
        except (JsonError, RowError):
            return name

    def entries(value: Any) -> Any:
        if value.__class__ is not dict:
            return value
        decoded = {read_key(name): one(each) for name, each in value.items()}
        return decoded if len(decoded) == len(value) else value

    return entries


def _known_fields(decoders: Mapping[str, Decode]) -> Decode:
    """Return the function that decodes these fields of a struct, in any case, and leaves its others."""
    known = {fold(name): _nullable(decode) for name, decode in decoders.items()}
    known |= {name: _nullable(decode) for name, decode in decoders.items()}

    def fields(value: Any) -> Any:
        if value.__class__ is not dict:
            return value
        found = {name: known.get(name) or known.get(fold(name)) for name in value}
        return {
            name: each if (decode := found[name]) is None else decode(each) for name, each in value.items()
        }

    return fields


def _binary(value: Any) -> bytes:
    try:
        return base64.b64decode(value, validate=True)
    except (TypeError, ValueError):
        raise ColumnTypeError(value, "binary", hint="text in base64") from None


def _array(decode: Decode, name: str) -> Decode:
    def elements(value: Any) -> list[Any]:
        if value.__class__ is not list:
            raise ColumnTypeError(value, name)
        return [decode(each) for each in value]

    return elements


def _struct(decoders: Mapping[str, Decode], name: str) -> Decode:
    def fields(value: Any) -> dict[str, Any]:
        if value.__class__ is not dict:
            raise ColumnTypeError(value, name)
        return {field: decode(value.get(field)) for field, decode in decoders.items()}

    return fields


def _map(key: Decode, item: Decode, name: str) -> Decode:
    def entries(value: Any) -> dict[Any, Any]:
        if value.__class__ is not dict:
            raise ColumnTypeError(value, name)
        return {_key(key, each): item(entry) for each, entry in value.items()}

    return entries


def _key(decode: Decode, name: str) -> Any:
    try:
        return decode(name)
    except ColumnTypeError:
        # The name of a number or a boolean is its JSON text.
        return decode(read(name))


_PARTS = ("type", "numRows", "numCols", "colPtrs", "rowIndices", "values", "isTransposed")


def _matrix(value: Any) -> Any:
    if value.__class__ is not dict:
        raise ColumnTypeError(value, "matrix")
    fields = {"isTransposed": False, **_vector(value)}
    try:
        (matrix,) = matrices(None, *([fields.get(part)] for part in _PARTS))
    except (TypeError, ValueError) as error:
        raise ColumnTypeError(value, "matrix", hint=str(error)) from None
    return matrix
