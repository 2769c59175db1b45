"""`to_json`.

Follows Spark's `catalyst/json/JacksonGenerator.scala` and `StructsToJson` of
`catalyst/expressions/jsonExpressions.scala` (3.5 and 4.2).
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from decimal import Decimal
from typing import Any, TypeAlias

from sparklet.java import double_to_string, float_to_string
from sparklet.profile import Profile
from sparklet.sql.casts import WIDE
from sparklet.sql.functions import function, map1, refuse_types
from sparklet.sql.json_options import FORMATS, Options
from sparklet.sql.json_texts import number, quoted
from sparklet.sql.json_times import writer
from sparklet.sql.nodes import Refused
from sparklet.sql.typed import Typed, always
from sparklet.types import (
    BINARY,
    BOOLEAN,
    DATE,
    DOUBLE,
    FLOAT,
    NULL,
    STRING,
    TIMESTAMP,
    TIMESTAMP_NTZ,
    ArrayType,
    DataType,
    DecimalType,
    IntegralType,
    MapType,
    StructType,
)

Write: TypeAlias = Callable[[Any], str]

_KNOWN = (*FORMATS, "ignorenullfields", "writenonasciicharacterascodepoint")


@function("to_json", takes=".[.]", gives="s")
def to_json(profile: Profile, operand: Typed, options: Typed | None = None) -> Typed:
    """Return a struct, array or map as JSON, without the fields of structs that are null."""
    if operand.type == NULL:
        return always(None, STRING)
    if not isinstance(operand.type, (StructType, ArrayType, MapType)):
        raise refuse_types("to_json", operand)
    given = Options("to_json", options, _KNOWN)
    return map1(_Writer(given, profile).of(operand.type), operand, STRING)


class _Writer:
    """Create the functions that write values of a type."""

    def __init__(self, options: Options, profile: Profile) -> None:
        self._options, self._profile = options, profile
        self._without_nulls = options.flag("ignorenullfields", default=True)
        self._in_ascii = options.flag("writenonasciicharacterascodepoint", default=False)

    def of(self, type: DataType) -> Write:
        """Return the function that writes a value that is not null; `Refused` for a type that has none."""
        match type:
            case StructType():
                return self._struct(type)
            case ArrayType(element):
                one = _or_null(self.of(element))
                return lambda values: f"[{','.join([one(value) for value in values])}]"
            case MapType(key, value):
                name, item = self._key(key), _or_null(self.of(value))
                return lambda entries: (
                    f"{{{','.join([f'{name(one)}:{item(other)}' for one, other in entries.items()])}}}"
                )
        if type in (DATE, TIMESTAMP, TIMESTAMP_NTZ):
            write = writer(type, self._options, self._profile)
            return lambda moment: self._text(write(moment))
        simple = self._simple(type)
        if simple is None:
            raise Refused(f"to_json of {type}")
        return simple

    def _simple(self, type: DataType) -> Write | None:
        if type == STRING:
            return self._text
        if isinstance(type, IntegralType):
            return str
        if isinstance(type, DecimalType):
            step = Decimal(1).scaleb(-type.scale)
            return lambda value: str(WIDE.quantize(value, step))
        others: dict[DataType, Write] = {
            NULL: lambda _: "null",
            BOOLEAN: lambda value: "true" if value else "false",
            DOUBLE: lambda value: number(double_to_string(value)),
            FLOAT: lambda value: number(float_to_string(value)),
            BINARY: lambda data: f'"{base64.b64encode(data).decode()}"',
        }
        return others.get(type)

    def _text(self, text: str) -> str:
        return quoted(text, in_ascii=self._in_ascii)

    def _key(self, type: DataType) -> Write:
        """Return the function that writes a key of a map, which is a text in JSON."""
        if type in (STRING, BOOLEAN, DOUBLE) or isinstance(type, IntegralType):
            plain: Write = (
                str
                if type == STRING or isinstance(type, IntegralType)
                else double_to_string
                if type == DOUBLE
                else lambda value: str(value).lower()
            )
            return lambda key: self._text(plain(key))
        raise Refused(f"to_json of a map with keys of type {type}")

    def _struct(self, type: StructType) -> Write:
        names = [each.name for each in type]
        if len(set(names)) != len(names):
            raise Refused(f"to_json of a struct with two fields of one name ({type})")
        parts = [(each.name, f"{self._text(each.name)}:", self.of(each.dataType)) for each in type]
        without_nulls = self._without_nulls

        def write(value: dict[str, Any]) -> str:
            shown = []
            for name, label, one in parts:
                field = value[name]
                if field is not None:
                    shown.append(label + one(field))
                elif not without_nulls:
                    shown.append(f"{label}null")
            return f"{{{','.join(shown)}}}"

        return write


def _or_null(write: Write) -> Write:
    return lambda value: "null" if value is None else write(value)
