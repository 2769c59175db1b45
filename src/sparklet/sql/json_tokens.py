"""The tokens of a JSON text, read as Spark has Jackson read them.

Follows Jackson's `core/json/ReaderBasedJsonParser.java` (2.15 to 2.20) with the options of Spark's
`SharedFactory`: single quotes are quotes too, and control characters may stand in strings. Nothing behind the
last token that is asked for is read, so that only an error before it counts.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from sparklet.java import double_to_string

__all__ = ["JsonError", "Token", "Tokens", "quoted", "written"]


class JsonError(ValueError):
    """Raised where Jackson finds no JSON."""


@dataclass(frozen=True)
class Token:
    """One token: `{ } [ ]`, or the kinds `name`, `string`, `number` and `word`, with its value or text."""

    kind: str
    value: Any = None


_BLANK = re.compile(r"[ \t\r\n]*")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?")
_ESCAPES = {"b": "\b", "t": "\t", "n": "\n", "f": "\f", "r": "\r", '"': '"', "'": "'", "/": "/", "\\": "\\"}
_MOST_LEVELS = 1000
_LONGEST_NUMBER, _LONGEST_NAME = 1000, 50_000


class Tokens:
    """Read one JSON value token by token.

    >>> tokens = Tokens('{"a": [1, null]}')
    >>> kinds = []
    >>> while tokens.advance() is not None:
    ...     kinds.append(tokens.current.kind)
    >>> kinds
    ['{', 'name', '[', 'number', 'word', ']', '}']
    """

    def __init__(self, text: str) -> None:
        self._text = text
        self._place = 0
        self._open: list[str] = []
        self._expects = "value"
        self.current: Token | None = None

    def advance(self) -> Token | None:
        """Read the next token, None behind the last. Raises `JsonError`."""
        self.current = self._next()
        return self.current

    def skip_children(self) -> None:
        """Go to the end of the object or array that starts here."""
        if self.current is None or self.current.kind not in ("{", "["):
            return
        level = len(self._open)
        while len(self._open) >= level:
            self.advance()

    def _blank(self) -> str:
        found = _BLANK.match(self._text, self._place)
        self._place = found.end() if found else self._place
        return self._text[self._place : self._place + 1]

    def _next(self) -> Token | None:
        char = self._blank()
        if not char:
            if self._open:
                raise JsonError("the text ends early")
            return None
        if char in "]}":
            if not self._open or self._open[-1] != char or self._expects == "value":
                raise JsonError(char)
            return self._close(char)
        if self._expects == "comma":
            if char != ",":
                raise JsonError(char)
            self._place += 1
            char = self._blank()
            if char in "]}":
                raise JsonError(char)
        if self._open and self._open[-1] == "}" and self._expects != "value":
            return self._name(char)
        return self._value(char)

    def _close(self, char: str) -> Token:
        self._place += 1
        self._open.pop()
        self._expects = "comma" if self._open else "value"
        return Token(char)

    def _name(self, char: str) -> Token:
        if char not in ("'", '"'):
            raise JsonError(char)
        name = self._string(char)
        if self._blank() != ":" or len(name) > _LONGEST_NAME:
            raise JsonError(name)
        self._place += 1
        self._expects = "value"
        return Token("name", name)

    def _value(self, char: str) -> Token:
        if char in ("{", "["):
            self._place += 1
            self._open.append("}" if char == "{" else "]")
            if len(self._open) > _MOST_LEVELS:
                raise JsonError("more than 1,000 levels")
            self._expects = "first"
            return Token(char)
        self._expects = "comma" if self._open else "value"
        if char in ("'", '"'):
            return Token("string", self._string(char))
        if char == "-" or char.isdecimal():
            return self._number()
        for word, value in (("true", True), ("false", False), ("null", None)):
            if self._text.startswith(word, self._place):
                self._place += len(word)
                following = self._text[self._place : self._place + 1]
                if following.isalnum() or (following in ("_", "$") and following):
                    raise JsonError(word + following)
                return Token("word", value)
        raise JsonError(char)

    def _number(self) -> Token:
        match = _NUMBER.match(self._text, self._place)
        if match is None:
            raise JsonError(self._text[self._place])
        end = match.end()
        following = self._text[end : end + 1]
        if following and (following.isdecimal() or following in ".eE"):
            raise JsonError(match[0] + following)
        if not self._open and following and following not in " \t\r\n":
            raise JsonError(match[0] + following)
        self._place = end
        if len(match[0]) > _LONGEST_NUMBER:
            raise JsonError("a number of more than 1,000 digits")
        exact = match[1] is None and match[2] is None
        return Token("number", int(match[0]) if exact else float(match[0]))

    def _string(self, quote: str) -> str:
        text, place = self._text, self._place + 1
        parts: list[str] = []
        while True:
            char = text[place : place + 1]
            if not char:
                raise JsonError("a string without an end")
            place += 1
            if char == quote:
                self._place = place
                return _joined(parts)
            if char != "\\":
                parts.append(char)
                continue
            escape = text[place : place + 1]
            place += 1
            if escape == "u":
                digits = text[place : place + 4]
                if not re.fullmatch("[0-9A-Fa-f]{4}", digits):
                    raise JsonError(digits)
                parts.append(chr(int(digits, 16)))
                place += 4
            elif escape in _ESCAPES:
                parts.append(_ESCAPES[escape])
            else:
                raise JsonError(escape)


def _joined(parts: list[str]) -> str:
    """Return the text in which escaped halves of a character are one."""
    text = "".join(parts)
    if not re.search("[\ud800-\udbff][\udc00-\udfff]", text):
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")


# --- writing ---------------------------------------------------------------------------------------

_WRITTEN = {"\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r", '"': '\\"', "\\": "\\\\"}
_TO_ESCAPE = re.compile('["\\\\\x00-\x1f]')
_TO_ESCAPE_IN_BYTES = re.compile('["\\\\\x00-\x1f\ud800-\udfff\U00010000-\U0010ffff]')


def _escape(match: re.Match[str]) -> str:
    char = match[0]
    if char in _WRITTEN:
        return _WRITTEN[char]
    units = char.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at] << 8 | units[at + 1]:04X}" for at in range(0, len(units), 2))


def quoted(text: str, *, in_bytes: bool) -> str:
    r"""Return a string of JSON; Jackson escapes what UTF-16 has in two halves where it writes bytes.

    >>> print(quoted('a"\U0001f600', in_bytes=True))
    "a\"\uD83D\uDE00"
    """
    return f'"{(_TO_ESCAPE_IN_BYTES if in_bytes else _TO_ESCAPE).sub(_escape, text)}"'


def written(token: Token, *, in_bytes: bool) -> str:
    """Return a scalar as Jackson writes what it has read: a number with a point as Java prints a double."""
    value = token.value
    if token.kind in ("string", "name"):
        return quoted(value, in_bytes=in_bytes)
    if token.kind == "word":
        return "null" if value is None else str(value).lower()
    if isinstance(value, int):
        return str(value)
    text = double_to_string(value)
    return f'"{text}"' if "Inf" in text else text
