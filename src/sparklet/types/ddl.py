"""Parse and write Spark's DDL, such as `age INT, user STRUCT<city: STRING>`.

Follows the rules `singleTableSchema` and `singleDataType` of Spark's `SqlBaseParser.g4` and
`DataTypeAstBuilder.scala` (4.2). In addition to Spark's names, `vector`, `vector(3)` and `matrix` are the
types of Spark ML, and `bool` and `str` are aliases. Words that ANSI mode reserves are accepted as names.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, NoReturn, TypeVar

from sparklet.errors import OptionError, did_you_mean
from sparklet.records import record
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

__all__ = ["MAX_DEPTH", "MAX_TEXT", "parse_ddl", "parse_type", "quoted_name", "to_ddl", "to_sql"]

_T = TypeVar("_T")

MAX_DEPTH = 100
"""The deepest nesting of types in a text; deeper nesting would exhaust Python's stack."""
MAX_TEXT = 1 << 22
"""The largest number of characters of a text of types."""

# Compiled on first use, because most models need none of the patterns of this module.
_LEXICON = r"""(?xs)(?P<blank>\s+|--[^\r\n]*|/\*(?!\+).*?\*/)
      | (?P<word>[A-Za-z0-9_]+(?!['"]))
      | `(?P<quoted>(?:[^`]|``)*)`
      | (?P<raw>[rR](?:'[^']*'|"[^"]*"))
      | '(?P<single>(?:[^'\\]|\\.|'')*)' | "(?P<double>(?:[^"\\]|\\.|"")*)"
      | (?P<sign>[<>(),:])"""
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
    return parser.finish(parser.type(0))


def parse_ddl(text: object) -> StructType:
    """Return the schema that a text declares; its columns are separated by commas.

    Raises `OptionError` for any other text.

    >>> parse_ddl("age INT NOT NULL COMMENT 'in years'").fields[0].metadata
    {'comment': 'in years'}
    """
    parser = _Parser("schema", text)
    return parser.finish(StructType(parser.fields(0)))


@record()
class _Token:
    kind: str
    text: str
    position: int


class _Parser:
    """A recursive descent parser of one text; `option` names the text in errors."""

    def __init__(self, option: str, text: object) -> None:
        if not isinstance(text, str):
            raise OptionError(option, text, "a text such as 'int' is expected")
        self._option, self._text = option, text
        if len(text) > MAX_TEXT:
            self._fail(f"it has {len(text)} characters, more than {MAX_TEXT}")
        self._tokens: list[_Token] = []
        self._position = self._next = 0

    def _token(self, offset: int = 0) -> _Token:
        """Return the token at `offset` from the current one; the text is tokenized on demand."""
        while len(self._tokens) <= self._next + offset:
            self._tokens.append(self._scan())
        return self._tokens[self._next + offset]

    def _scan(self) -> _Token:
        while (position := self._position) < len(self._text):
            match = re.compile(_LEXICON).match(self._text, position)
            if match is None:
                self._fail(
                    f"a name, a type or a sign is expected at {self._text[position : position + 20]!r}"
                )
            self._position, kind = match.end(), str(match.lastgroup)
            if kind != "blank":
                return _Token(kind, match[kind], position)
        return _Token("end", "", len(self._text))

    def _fail(self, problem: str) -> NoReturn:
        raise OptionError(self._option, self._text, f"not Spark's DDL: {problem}")

    def _unexpected(self, wanted: str) -> NoReturn:
        token = self._token()
        where = "the end" if token.kind == "end" else f"{token.text[:40]!r} (character {token.position})"
        self._fail(f"{wanted} is expected, {where} stands there")

    def _word(self) -> str:
        """Return the current token in lower case if it is an unquoted word, else an empty string."""
        token = self._token()
        return token.text.lower() if token.kind == "word" else ""

    def _take(self, *texts: str) -> bool:
        """Consume these words or signs if they come next, and return whether they do."""
        tokens = [self._token(offset) for offset, _ in enumerate(texts)]
        if [token.text.lower() for token in tokens if token.kind in ("word", "sign")] != list(texts):
            return False
        self._next += len(texts)
        return True

    def _need(self, sign: str) -> None:
        if not self._take(sign):
            self._unexpected(repr(sign))

    def finish(self, result: _T) -> _T:
        """Return the result; raise `OptionError` unless the text ends here."""
        if self._token().kind != "end":
            self._unexpected("the end")
        return result

    def fields(self, depth: int) -> tuple[StructField, ...]:
        """Parse fields that are separated by commas."""
        fields = [self._field(depth)]
        while self._take(","):
            fields.append(self._field(depth))
        return tuple(fields)

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
        """Parse a string literal; adjacent literals are concatenated."""
        parts = []
        while (token := self._token()).kind in ("single", "double", "raw"):
            parts.append(token.text[2:-1] if token.kind == "raw" else _unescaped(token))
            self._next += 1
        if not parts:
            self._unexpected("a string in quotes")
        return "".join(parts)

    def type(self, depth: int) -> DataType:
        """Parse a type."""
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
        """Parse up to `most` integers in parentheses; return none when there are no parentheses."""
        numbers: list[int] = []
        if not self._take("("):
            return numbers
        while len(numbers) < most:
            word = self._word()
            if not word.isdigit() or len(word) > 9:
                self._unexpected("a whole number")
            numbers.append(int(word))
            self._next += 1
            if not self._take(","):
                break
        self._need(")")
        return numbers

    def decimal(self, _depth: int) -> DataType:
        """Parse the rest of a type after the word `decimal`."""
        return DecimalType(*self._numbers(2))

    def vector(self, _depth: int) -> DataType:
        """Parse the rest of a type after the word `vector`."""
        return VectorUDT(*self._numbers(1))

    def time(self, _depth: int) -> DataType:
        """Parse the rest of a type after the word `time`."""
        type = TimeType(*self._numbers(1))
        if type.precision > _MAX_TIME_PRECISION:
            self._fail(f"{type} has more than {_MAX_TIME_PRECISION} digits")
        return type

    def text(self, of: Callable[[int], DataType]) -> DataType:
        """Parse the length of a `char` or `varchar` type."""
        length = self._numbers(1)
        if not length or not length[0]:
            self._unexpected("a length in parentheses")
        return of(length[0])

    def string(self, _depth: int) -> DataType:
        """Parse the rest of a type after the word `string`."""
        if not self._take("collate"):
            return STRING
        token = self._token()
        if token.kind not in ("word", "quoted"):
            self._unexpected("the name of a collation")
        self._next += 1
        collation = token.text.upper()
        return STRING if collation == "UTF8_BINARY" else StringType(collation)

    def interval(self, _depth: int) -> DataType:
        """Parse the rest of a type after the word `interval`."""
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
        """Parse the rest of a type after the word `array`."""
        self._need("<")
        element = self.type(depth)
        self._need(">")
        return ArrayType(element)

    def map(self, depth: int) -> DataType:
        """Parse the rest of a type after the word `map`."""
        self._need("<")
        key = self.type(depth)
        self._need(",")
        value = self.type(depth)
        self._need(">")
        return MapType(key, value)

    def struct(self, depth: int) -> DataType:
        """Parse the rest of a type after the word `struct`."""
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

_ESCAPE = r"(?s)\\(?:u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-1][0-7]{2})|(.))"
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
    # Two quotes stand for one, as in Spark 4; Spark 3.5 refuses them.
    return quote.join([re.sub(_ESCAPE, value, part) for part in token.text.split(quote * 2)])


_PLAIN_NAME = r"[A-Za-z_][A-Za-z0-9_]*"
_PLAIN_NAME_BEFORE_4 = r"(?!\d+$)[A-Za-z0-9_]+"


def quoted_name(name: str, *, before_4: bool = False) -> str:
    """Return a name in backticks where Spark's `quoteIfNeeded` adds them.

    >>> quoted_name("a"), quoted_name("a b"), quoted_name("1st", before_4=True)
    ('a', '`a b`', '1st')
    """
    plain = _PLAIN_NAME_BEFORE_4 if before_4 else _PLAIN_NAME
    return name if re.fullmatch(plain, name) else "`" + name.replace("`", "``") + "`"


def to_sql(type: DataType, *, before_4: bool = False) -> str:
    """Return a type as Spark's `DataType.sql` does, with `vector` and `matrix` for the types of Spark ML.

    `before_4` tells to quote names as Spark 3 does.

    >>> to_sql(parse_type("struct<a: array<int>>"))
    'STRUCT<a: ARRAY<INT>>'
    """
    match type:
        case ArrayType(element):
            return f"ARRAY<{to_sql(element, before_4=before_4)}>"
        case MapType(key, value):
            return f"MAP<{to_sql(key, before_4=before_4)}, {to_sql(value, before_4=before_4)}>"
        case StructType(fields):
            return f"STRUCT<{', '.join([_field(each, ': ', before_4=before_4) for each in fields])}>"
    return type.simpleString().upper()


def to_ddl(schema: StructType) -> str:
    """Return the DDL of a schema, as Spark 4's `StructType.toDDL` does.

    >>> to_ddl(parse_ddl("age int, `full name` string not null"))
    'age INT,`full name` STRING NOT NULL'
    """
    return ",".join([_field(each, " ") for each in schema])


def _field(field: StructField, between: str, *, before_4: bool = False) -> str:
    name = quoted_name(field.name, before_4=before_4)
    text = f"{name}{between}{to_sql(field.dataType, before_4=before_4)}"
    if not field.nullable:
        text += " NOT NULL"
    comment: Any = field.metadata.get("comment")
    if isinstance(comment, str):
        escaped = comment.replace("\\", "\\\\").replace("'", "\\'")
        text += f" COMMENT '{escaped}'"
    return text
