"""`from_json`.

Follows Spark's `catalyst/json/JacksonParser.scala`, `catalyst/util/FailureSafeParser.scala` and
`JsonToStructs` of `catalyst/expressions/jsonExpressions.scala` (3.5 and 4.2).
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, NoReturn, TypeAlias

from sparklet.errors import InvalidValueError, OptionError
from sparklet.profile import Profile
from sparklet.sql.casts import WIDE, nearest_float
from sparklet.sql.functions import function, map1, refuse_types
from sparklet.sql.json_options import FORMATS, RULES, Options
from sparklet.sql.json_texts import copied
from sparklet.sql.json_times import reader, seconds
from sparklet.sql.json_tokens import JsonError, MismatchError, Tokens
from sparklet.sql.nodes import Refused
from sparklet.sql.strings import string
from sparklet.sql.typed import Typed
from sparklet.types import (
    BOOLEAN,
    BYTE,
    DATE,
    DOUBLE,
    FLOAT,
    LONG,
    NULL,
    STRING,
    TIMESTAMP,
    TIMESTAMP_NTZ,
    ArrayType,
    DataType,
    DecimalType,
    IntegralType,
    MapType,
    StructField,
    StructType,
    parse_ddl,
    parse_json,
    parse_type,
)

Convert: TypeAlias = Callable[[Tokens], Any]

_KNOWN = (*RULES, *FORMATS, "mode", "enabledatetimeparsingfallback")
_CORRUPT = "_corrupt_record"
_MODES = ("PERMISSIVE", "FAILFAST")
_NON_NUMERIC = {
    "NaN": "nan",
    **dict.fromkeys(("+INF", "+Infinity", "Infinity"), "inf"),
    **dict.fromkeys(("-INF", "-Infinity"), "-inf"),
}
_DECIMAL = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,10})?")
_MOST_DIGITS = 38
_DIGITS_OF_LONG = 18


class _Partial(Exception):  # noqa: N818 - carries a value
    """Raised for an object or array of which a part does not have the type that it should have."""

    def __init__(self, value: Any) -> None:
        super().__init__()
        self.value = value


@function("from_json", takes="ss[.]", gives=".")
def from_json(profile: Profile, operand: Typed, schema: Typed, options: Typed | None = None) -> Typed:
    """Return the struct, array or map that a text of JSON stands for, null where a part is none."""
    given = Options("from_json", options, _KNOWN)
    mode = (given.text("mode") or "PERMISSIVE").upper()
    if mode not in _MODES:
        raise Refused(f"from_json with the mode {mode}")
    if operand.type not in (STRING, NULL):
        raise refuse_types("from_json", operand)
    type = _schema(schema, profile)
    read = _Reader(type, given, profile, fails=mode == "FAILFAST").read
    return map1(read, string("from_json", operand, profile), type)


def _schema(operand: Typed, profile: Profile) -> DataType:
    """Return the type that the second argument names."""
    if not operand.constant or operand.type != STRING or operand.value is None:
        raise Refused("from_json with a schema that is no constant string")
    type = _parsed(operand.value, profile)
    if not isinstance(type, (StructType, ArrayType, MapType)):
        raise Refused(f"from_json to {type}")
    if isinstance(type, StructType) and _CORRUPT in [each.name for each in type]:
        # The optimizer reads only the fields that are used, and an unread field is not corrupt.
        raise Refused(f"from_json with the field {_CORRUPT}, whose value depends on which others are used")
    return _nullable(type)


def _parsed(text: str, profile: Profile) -> DataType:
    """Return the type that a text names: a type, the columns of a table, and since Spark 4 JSON."""
    parsers: tuple[Callable[[object], DataType], ...] = (parse_type, parse_ddl, parse_json)
    for parse in parsers if profile.at_least("4.0") else parsers[:2]:
        try:
            return parse(text)
        except OptionError:
            continue
    raise Refused(f"from_json with the schema {text!r}, which names no type")


def _nullable(type: DataType) -> DataType:
    """Return the type without metadata; `Refused` for one that is not read here."""
    match type:
        case ArrayType(element):
            return ArrayType(_nullable(element))
        case MapType(key, value):
            if key != STRING:
                raise Refused(f"from_json to a map with keys of type {key}")
            return MapType(STRING, _nullable(value))
        case StructType(fields):
            names = [each.name for each in fields]
            if len(set(names)) != len(names):
                raise Refused(f"from_json to a struct with two fields of one name ({type})")
            return StructType(tuple([StructField(each.name, _nullable(each.dataType)) for each in fields]))
    read = (BOOLEAN, FLOAT, DOUBLE, STRING, DATE, TIMESTAMP, TIMESTAMP_NTZ)
    if type not in read and not isinstance(type, (IntegralType, DecimalType)):
        raise Refused(f"from_json to {type}")
    return type


class _Reader:
    """Read texts of one type."""

    def __init__(self, type: DataType, options: Options, profile: Profile, *, fails: bool) -> None:
        self._options, self._profile, self._fails = options, profile, fails
        self._rules = options.rules()
        self._convert = self._converter(type)
        self._single: Convert | None
        # An object is read as an array of one struct, too.
        match type:
            case ArrayType(StructType() as element):
                self._single = self._converter(element)
            case _:
                self._single = None
        self._nothing = [each.name for each in type] if isinstance(type, StructType) else None

    def read(self, text: str) -> Any:
        """Return what a text stands for; null for a blank text."""
        tokens = Tokens(text, self._rules)
        try:
            kind = tokens.advance()
            if kind is None:
                return None
            if kind == "{" and self._single is not None:
                return _array_of_one(self._single, tokens)
            value = self._convert(tokens)
            if value is not None:
                return value
            value, problem, kept = self._no_rows(), "null at the root", False
        except JsonError as error:
            value, problem = self._no_rows(), str(error)
            kept = tokens.passed_error and isinstance(error, MismatchError)
        except _Partial as partial:
            value, problem = partial.value, "a part has another type"
            kept = tokens.passed_error and value != self._no_rows()
        if kept:
            # Spark's answer depends on which fields the query uses, as it reads no others.
            raise InvalidValueError(f"is malformed JSON inside an object: {text[:80]!r}", text)
        if self._fails:
            raise InvalidValueError(f"is no JSON of the schema ({problem}): {text[:80]!r}", text)
        return value

    def _no_rows(self) -> dict[str, None] | None:
        """Return what Spark gives for a text without a value."""
        return None if self._nothing is None else dict.fromkeys(self._nothing)

    def _converter(self, type: DataType) -> Convert:
        """Return the function that reads a value from its first kind."""
        match type:
            case StructType(fields):
                return _objects({each.name: self._converter(each.dataType) for each in fields})
            case ArrayType(element):
                return _arrays(self._converter(element))
            case MapType(_, value):
                return _maps(self._converter(value))
        if type == STRING:
            return _text
        if type == BOOLEAN:
            return _of_tokens({"true": lambda _: True, "false": lambda _: False})
        if isinstance(type, IntegralType):
            return _of_tokens({"int": _whole(type)})
        if isinstance(type, DecimalType):
            fit = _decimal(type)
            return _of_tokens(
                {
                    "int": fit,
                    "float": fit,
                    "string": lambda text: fit(text.replace(",", "")) if text else _mismatch(text),
                }
            )
        if type in (FLOAT, DOUBLE):
            number = _single if type == FLOAT else _double
            named = _non_numeric if self._rules.non_numeric else _mismatch
            return _of_tokens({"int": number, "float": number, "string": named})
        read = reader(type, self._options, self._profile)
        moments: dict[str, Callable[[str], Any]] = {
            "string": lambda text: read(text) if text else _mismatch(text)
        }
        if type == TIMESTAMP:
            moments["int"] = lambda text: seconds(_whole(LONG)(text))
        return _of_tokens(moments)


# --- values ----------------------------------------------------------------------------------------


def _first(tokens: Tokens) -> str | None:
    """Return the first kind of a value, behind the name of its field."""
    return tokens.advance() if tokens.current == "name" else tokens.current


def _mismatch(text: str) -> NoReturn:
    raise MismatchError(f"{text[:80]!r} has another type")


def _of_tokens(by_kind: Mapping[str, Callable[[str], Any]]) -> Convert:
    """Return the function that reads a scalar from the text of its kind, by its kind; null is null."""

    def convert(tokens: Tokens) -> Any:
        kind = _first(tokens)
        if kind in (None, "null"):
            return None
        text = tokens.text
        return by_kind.get(kind, _mismatch)(text)

    return convert


def _text(tokens: Tokens) -> str | None:
    """Read a string; another value is written anew."""
    kind = _first(tokens)
    if kind in (None, "null"):
        return None
    if kind in ("}", "]"):
        _mismatch(kind)
    return _encodable(tokens.text if kind == "string" else copied(tokens, in_bytes=True))


def _encodable(text: str) -> str:
    """Return a text as Java encodes it in UTF-8: half a character becomes a question mark."""
    return re.sub("[\ud800-\udfff]", "?", text)


def _whole(type: IntegralType) -> Callable[[str], int]:
    limit = 1 << (type.bits - 1)

    def convert(text: str) -> int:
        value = int(text)
        if type == BYTE and 128 <= value <= 255:
            return value - 256  # which Jackson takes for unsigned
        return value if -limit <= value < limit else _mismatch(text)

    return convert


def _double(text: str) -> float:
    return float(int(text)) if text == "-0" else float(text)


def _single(text: str) -> float:
    double = _double(text)
    if not double or not math.isfinite(double):
        return double
    # Jackson reads a long whole number as a double first.
    long = len(text.lstrip("-")) > _DIGITS_OF_LONG and text.lstrip("-").isdecimal()
    return nearest_float(Decimal(double) if long else Decimal(text))


def _non_numeric(text: str) -> float:
    return float(_NON_NUMERIC[text]) if text in _NON_NUMERIC else _mismatch(text)


def _decimal(type: DecimalType) -> Callable[[str], Decimal]:
    step = Decimal(1).scaleb(-type.scale)

    def convert(text: str) -> Decimal:
        number = Decimal(text) if _DECIMAL.fullmatch(text) else None
        if number is None or abs(int(number.as_tuple().exponent)) >= 1 << 31:
            _mismatch(text)
        if number and number.adjusted() >= _MOST_DIGITS:
            _mismatch(text)
        value = WIDE.quantize(number if number.adjusted() > -_MOST_DIGITS - 2 else Decimal(0), step)
        if value and value.adjusted() >= type.precision - type.scale:
            _mismatch(text)
        return value or abs(value)

    return convert


# --- objects and arrays ----------------------------------------------------------------------------


def _part(convert: Convert, tokens: Tokens) -> tuple[Any, bool]:
    """Return a part of an object or array, and whether all of it has the type that it should have."""
    try:
        return convert(tokens), True
    except _Partial as partial:
        return partial.value, False


def _objects(converters: Mapping[str, Convert]) -> Convert:
    def convert(tokens: Tokens) -> dict[str, Any] | None:
        if (kind := _first(tokens)) != "{":
            return None if kind in (None, "null") else _mismatch(kind)
        row: dict[str, Any] = dict.fromkeys(converters)
        whole = True
        while tokens.advance() not in (None, "}"):
            name = tokens.name
            one = None if name is None else converters.get(name)
            if one is None or name is None:
                tokens.skip_children()
                continue
            try:
                row[name], fits = _part(one, tokens)
                whole &= fits
            except JsonError as error:
                whole = False
                tokens.passed_error |= not isinstance(error, MismatchError)
                tokens.skip_children()
        if not whole:
            raise _Partial(row)
        return row

    return convert


def _arrays(one: Convert) -> Convert:
    def convert(tokens: Tokens) -> list[Any] | None:
        if (kind := _first(tokens)) != "[":
            return None if kind in (None, "null") else _mismatch(kind)
        values: list[Any] = []
        whole = True
        while tokens.advance() not in (None, "]"):
            value, fits = _part(one, tokens)
            values.append(value)
            whole &= fits
        if not whole:
            raise _Partial(values)
        return values

    return convert


def _array_of_one(one: Convert, tokens: Tokens) -> list[Any]:
    value, fits = _part(one, tokens)
    if not fits:
        raise _Partial([value])
    return [value]


def _maps(one: Convert) -> Convert:
    def convert(tokens: Tokens) -> dict[str, Any] | None:
        if (kind := _first(tokens)) != "{":
            return None if kind in (None, "null") else _mismatch(kind)
        entries: dict[str, Any] = {}
        whole = complete = True
        while tokens.advance() not in (None, "}"):
            name = _encodable(tokens.name or "")
            try:
                value, fits = _part(one, tokens)
            except JsonError as error:
                complete = False  # a key without a value, for which Spark makes no map
                tokens.passed_error |= not isinstance(error, MismatchError)
                tokens.skip_children()
                continue
            if name in entries:
                raise InvalidValueError(
                    "is a name that is twice in a JSON object, of which no map is made", name
                )
            entries[name] = value
            whole &= fits
        if not complete:
            _mismatch("{")
        if not whole:
            raise _Partial(entries)
        return entries

    return convert
