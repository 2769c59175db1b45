"""Spark's DDL: `age INT, user STRUCT<city: STRING>`, read and written.

Follows the rules `singleTableSchema` and `singleDataType` of Spark's `SqlBaseParser.g4` and
`DataTypeAstBuilder.scala` (4.2). Beyond Spark's names, `vector`, `vector(3)` and `matrix` are the types of
Spark ML, and `bool` and `str` are aliases. The words of Spark are taken whatever ANSI reserves.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, NoReturn, TypeVar

from sparklet.errors import OptionError, did_you_mean
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
    ArrayType,
    CalendarIntervalType,
    CharType,
    DataType,
    DayTimeIntervalType,
    DecimalType,
    MapType,
    StringType,
    StructField,
    StructType,
    TimeType,
    VarcharType,
    VariantType,
    VectorUDT,
    YearMonthIntervalType,
)

__all__ = ["MAX_DEPTH", "MAX_TEXT", "parse_ddl", "parse_type", "to_ddl", "to_sql"]

_T = TypeVar("_T")

MAX_DEPTH = 100
"""How deep types may be nested in a text; deeper ones would exhaust Python's stack."""
MAX_TEXT = 1 << 22
"""How many characters a text of types may have."""

_TOKEN = re.compile(
    r"""(?P<blank>\s+|--[^\r\n]*|/\*(?!\+).*?\*/)
      | (?P<word>[A-Za-z0-9_]+(?!['"]))
      | `(?P<quoted>(?:[^`]|``)*)`
      | (?P<raw>[rR](?:'[^']*'|"[^"]*"))
      | '(?P<single>(?:[^'\\]|\\.|'')*)' | "(?P<double>(?:[^"\\]|\\.|"")*)"
      | (?P<sign>[<>(),:])""",
    re.VERBOSE | re.DOTALL,
)
_NAMES: Mapping[str, DataType] = {
    "boolean": BOOLEAN,
    "bool": BOOLEAN,
    "tinyint": BYTE,
    "byte": BYTE,
    "smallint": SHORT,
    "short": SHORT,
    "int": INTEGER,
    "integer": INTEGER,
    "bigint": LONG,
    "long": LONG,
    "float": FLOAT,
    "real": FLOAT,
    "double": DOUBLE,
    "str": STRING,
    "binary": BINARY,
    "date": DATE,
    "timestamp": TIMESTAMP,
    "timestamp_ltz": TIMESTAMP,
    "timestamp_ntz": TIMESTAMP_NTZ,
    "void": NULL,
    "variant": VariantType(),
    "matrix": MATRIX,
}
_YEAR_MONTH = ("year", "month")
_DAY_TIME = ("day", "hour", "minute", "second")
_MAX_TIME_PRECISION = 6


def parse_type(text: object) -> DataType:
    """Return the type that a text names.

    Raises `OptionError` for any other text.

    >>> str(parse_type("Array<Struct<a: LONG, `b c`: decimal(5, 2) NOT NULL>>"))
    'array<struct<a:bigint,b c:decimal(5,2)>>'
    """
    parser = _Parser("type", text)
    return parser.whole(parser.type(0))


def parse_ddl(text: object) -> StructType:
    """Return the schema that a text declares, its columns parted by commas.

    Raises `OptionError` for any other text.

    >>> parse_ddl("age INT NOT NULL COMMENT 'in years'").fields[0].metadata
    {'comment': 'in years'}
    """
    parser = _Parser("schema", text)
    return parser.whole(StructType(parser.fields(0)))


class _Token(NamedTuple):
    kind: str
    text: str
    place: int


class _Parser:
    """The tokens of a text, read from the left; `option` names the text in errors."""

    def __init__(self, option: str, text: object) -> None:
        if not isinstance(text, str):
            raise OptionError(option, text, "a text such as 'int' is expected")
        self._option, self._text = option, text
        if len(text) > MAX_TEXT:
            self._fail(f"it has {len(text)} characters, more than {MAX_TEXT}")
        self._tokens: list[_Token] = []
        self._place = self._next = 0

    def _token(self, offset: int = 0) -> _Token:
        """Return the token `offset` places ahead; the text is cut only as far as it is read."""
        while len(self._tokens) <= self._next + offset:
            self._tokens.append(self._cut())
        return self._tokens[self._next + offset]

    def _cut(self) -> _Token:
        while (place := self._place) < len(self._text):
            match = _TOKEN.match(self._text, place)
            if match is None:
                self._fail(f"a name, a type or a sign is expected at {self._text[place : place + 20]!r}")
            self._place, kind = match.end(), str(match.lastgroup)
            if kind != "blank":
                return _Token(kind, match[kind], place)
        return _Token("end", "", len(self._text))

    def _fail(self, problem: str) -> NoReturn:
        raise OptionError(self._option, self._text, f"not Spark's DDL: {problem}")

    def _unexpected(self, wanted: str) -> NoReturn:
        token = self._token()
        where = "the end" if token.kind == "end" else f"{token.text[:40]!r} (character {token.place})"
        self._fail(f"{wanted} is expected, {where} stands there")

    def _word(self) -> str:
        """Return the unquoted word at this place in lower case, an empty text where there is none."""
        token = self._token()
        return token.text.lower() if token.kind == "word" else ""

    def _take(self, *texts: str) -> bool:
        """Pass these words or signs if they stand at this place."""
        tokens = [self._token(offset) for offset, _ in enumerate(texts)]
        if [token.text.lower() for token in tokens if token.kind in ("word", "sign")] != list(texts):
            return False
        self._next += len(texts)
        return True

    def _need(self, sign: str) -> None:
        if not self._take(sign):
            self._unexpected(repr(sign))

    def whole(self, found: _T) -> _T:
        """Return what was read, if nothing is left."""
        if self._token().kind != "end":
            self._unexpected("the end")
        return found

    def fields(self, depth: int) -> tuple[StructField, ...]:
        """Read fields, parted by commas."""
        found = [self._field(depth)]
        while self._take(","):
            found.append(self._field(depth))
        return tuple(found)

    def _field(self, depth: int) -> StructField:
        token = self._token()
        if token.kind == "quoted":
            name = token.text.replace("``", "`")
        elif token.kind == "word" and not token.text.isdigit():
            name = token.text
        else:
            self._unexpected("a column name")
        self._next += 1
        self._take(":")
        type = self.type(depth)
        nullable = not self._take("not", "null")
        metadata = {"comment": self._string()} if self._take("comment") else {}
        return StructField(name, type, nullable, metadata)

    def _string(self) -> str:
        """Read a string literal; adjacent ones are one string."""
        parts = []
        while (token := self._token()).kind in ("single", "double", "raw"):
            parts.append(token.text[2:-1] if token.kind == "raw" else _unescaped(token))
            self._next += 1
        if not parts:
            self._unexpected("a string in quotes")
        return "".join(parts)

    def type(self, depth: int) -> DataType:
        """Read a type."""
        if depth > MAX_DEPTH:
            self._fail(f"it is nested deeper than {MAX_DEPTH} types")
        name = self._word()
        if not name:
            self._unexpected("a type")
        self._next += 1
        if name in _NAMES:
            return _NAMES[name]
        if name not in _NESTED:
            known = [*_NAMES, *_NESTED]
            self._fail(f"{name[:40]!r} is not a type{did_you_mean(name[:40], known)}")
        return _NESTED[name](self, depth + 1)

    def _numbers(self, most: int) -> list[int]:
        """Read up to `most` whole numbers in parentheses, none where there are no parentheses."""
        found: list[int] = []
        if not self._take("("):
            return found
        while len(found) < most:
            word = self._word()
            if not word.isdigit() or len(word) > 9:
                self._unexpected("a whole number")
            found.append(int(word))
            self._next += 1
            if not self._take(","):
                break
        self._need(")")
        return found

    def decimal(self, _depth: int) -> DataType:
        """Read what follows the word `decimal`."""
        return DecimalType(*self._numbers(2))

    def vector(self, _depth: int) -> DataType:
        """Read what follows the word `vector`."""
        return VectorUDT(*self._numbers(1))

    def time(self, _depth: int) -> DataType:
        """Read what follows the word `time`."""
        found = TimeType(*self._numbers(1))
        if found.precision > _MAX_TIME_PRECISION:
            self._fail(f"{found} has more than {_MAX_TIME_PRECISION} digits")
        return found

    def text(self, of: Callable[[int], DataType]) -> DataType:
        """Read the length of a text type."""
        length = self._numbers(1)
        if not length or not length[0]:
            self._unexpected("a length in parentheses")
        return of(length[0])

    def string(self, _depth: int) -> DataType:
        """Read what follows the word `string`."""
        if not self._take("collate"):
            return STRING
        token = self._token()
        if token.kind not in ("word", "quoted"):
            self._unexpected("the name of a collation")
        self._next += 1
        collation = token.text.upper()
        return STRING if collation == "UTF8_BINARY" else StringType(collation)

    def interval(self, _depth: int) -> DataType:
        """Read what follows the word `interval`."""
        start = self._word()
        for units, of in ((_YEAR_MONTH, YearMonthIntervalType), (_DAY_TIME, DayTimeIntervalType)):
            if start in units:
                self._next += 1
                if not self._take("to"):
                    return of(start, start)
                end = self._word()
                if end not in units[units.index(start) + 1 :]:
                    self._unexpected("a smaller unit of the interval")
                self._next += 1
                return of(start, end)
        return CalendarIntervalType()

    def array(self, depth: int) -> DataType:
        """Read what follows the word `array`."""
        self._need("<")
        element = self.type(depth)
        self._need(">")
        return ArrayType(element)

    def map(self, depth: int) -> DataType:
        """Read what follows the word `map`."""
        self._need("<")
        key = self.type(depth)
        self._need(",")
        value = self.type(depth)
        self._need(">")
        return MapType(key, value)

    def struct(self, depth: int) -> DataType:
        """Read what follows the word `struct`."""
        self._need("<")
        if self._take(">"):
            return StructType()
        fields = self.fields(depth)
        self._need(">")
        return StructType(fields)


_NESTED: Mapping[str, Callable[[_Parser, int], DataType]] = {
    "decimal": _Parser.decimal,
    "dec": _Parser.decimal,
    "numeric": _Parser.decimal,
    "string": _Parser.string,
    "char": lambda parser, _: parser.text(CharType),
    "character": lambda parser, _: parser.text(CharType),
    "varchar": lambda parser, _: parser.text(VarcharType),
    "vector": _Parser.vector,
    "time": _Parser.time,
    "interval": _Parser.interval,
    "array": _Parser.array,
    "map": _Parser.map,
    "struct": _Parser.struct,
}

_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-1][0-7]{2})|(.))", re.DOTALL)
_QUOTES = {"single": "'", "double": '"'}
_ESCAPES = {"0": "\0", "b": "\b", "n": "\n", "r": "\r", "t": "\t", "Z": "\x1a", "%": "\\%", "_": "\\_"}


def _unescaped(token: _Token) -> str:
    """Return a string literal's value, as `SparkParserUtils.unescapeSQLString` does."""

    def value(match: re.Match[str]) -> str:
        short, long, octal, plain = match.groups()
        if plain is not None:
            return _ESCAPES.get(plain, plain)
        code = int(octal, 8) if octal is not None else int(short or long, 16)
        return chr(code) if code <= 0x10FFFF else "\ufffd"

    quote = _QUOTES[token.kind]
    # Doubled quotes are one, as in Spark 4; before, they were refused.
    return quote.join([_ESCAPE.sub(value, part) for part in token.text.split(quote * 2)])


_PLAIN_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def _quoted(name: str) -> str:
    return name if _PLAIN_NAME.fullmatch(name) else "`" + name.replace("`", "``") + "`"


def to_sql(type: DataType) -> str:
    """Return a type as Spark's `DataType.sql` writes it; the types of Spark ML are named, not spelled out.

    >>> to_sql(parse_type("struct<a: array<int>>"))
    'STRUCT<a: ARRAY<INT>>'
    """
    match type:
        case ArrayType(element):
            return f"ARRAY<{to_sql(element)}>"
        case MapType(key, value):
            return f"MAP<{to_sql(key)}, {to_sql(value)}>"
        case StructType(fields):
            return f"STRUCT<{', '.join([_field(each, ': ') for each in fields])}>"
    return type.simpleString().upper()


def to_ddl(schema: StructType) -> str:
    """Return a schema as Spark 4's `StructType.toDDL` writes it.

    >>> to_ddl(parse_ddl("age int, `full name` string not null"))
    'age INT,`full name` STRING NOT NULL'
    """
    return ",".join([_field(each, " ") for each in schema])


def _field(field: StructField, between: str) -> str:
    text = f"{_quoted(field.name)}{between}{to_sql(field.dataType)}"
    if not field.nullable:
        text += " NOT NULL"
    comment: Any = field.metadata.get("comment")
    if isinstance(comment, str):
        escaped = comment.replace("\\", "\\\\").replace("'", "\\'")
        text += f" COMMENT '{escaped}'"
    return text
