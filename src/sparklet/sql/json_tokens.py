"""The tokens of a JSON text, read as Spark has Jackson read them.

Follows Jackson's `core/json/ReaderBasedJsonParser.java` (2.15 to 2.21). Nothing behind the last token that is
asked for is read, so that only an error before it counts. Spark reads on behind some errors, so the reader is
left in the state in which Jackson's would be.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from typing import NoReturn

from sparklet.sql.json_numbers import NumberText, number_at

__all__ = ["HIVE", "JsonError", "MismatchError", "Rules", "Tokens"]


class JsonError(ValueError):
    """Raised where Jackson finds no JSON."""


class MismatchError(JsonError):
    """Raised for a value of another type than it should have, behind which the text goes on."""


@dataclass(frozen=True)
class Rules:
    """What a reader accepts beyond JSON, by the features of Jackson that Spark's options are named after."""

    comments: bool = False
    unquoted_names: bool = False
    single_quotes: bool = True
    leading_zeros: bool = False
    non_numeric: bool = True
    any_escape: bool = False
    control_characters: bool = False


HIVE = Rules(non_numeric=False, control_characters=True)
"""The rules of `get_json_object` and its kin: Spark's `SharedFactory`."""

_PLAIN = {'"': re.compile(r'[^"\\\x00-\x1f]*'), "'": re.compile(r"[^'\\\x00-\x1f]*")}
_ESCAPES = {"b": "\b", "t": "\t", "n": "\n", "f": "\f", "r": "\r", '"': '"', "/": "/", "\\": "\\"}
_WORDS = {"t": "true", "f": "false", "n": "null", "N": "NaN", "I": "Infinity"}
_SIGNED_WORDS = {"N": "INF", "n": "Infinity"}
_HEX = frozenset("0123456789abcdefABCDEF")
_MOST_LEVELS = 1000
_LONGEST_NUMBER, _LONGEST_NAME, _LONGEST_STRING = 1000, 50_000, 20_000_000
_LONGEST_SHOWN = 256
_PART_OF_NAME = frozenset(("Lu", "Ll", "Lt", "Lm", "Lo", "Nl", "Sc", "Pc", "Nd", "Mc", "Mn", "Cf"))


def _in_name(char: str) -> bool:
    """Return whether a UTF-16 unit may be in a name of Java: `Character.isJavaIdentifierPart`."""
    code = ord(char)
    if code > 0xFFFF:
        return False
    ignored = code < 9 or 0xE <= code < 0x1C or 0x7F <= code < 0xA0
    return ignored or unicodedata.category(char) in _PART_OF_NAME


@dataclass
class _Level:
    """An object, an array or the root; `count` is how many values or names were asked for in it."""

    kind: str
    name: str | None = None
    count: int = field(default=-1)


class Tokens:
    """Read one JSON value token by token.

    A token is `{`, `}`, `[`, `]`, `name`, `string`, `int`, `float`, `true`, `false` or `null`.

    >>> tokens = Tokens('{"a": [1, null]}', Rules())
    >>> kinds = []
    >>> while tokens.advance() is not None:
    ...     kinds.append(tokens.current)
    >>> kinds
    ['{', 'name', '[', 'int', 'null', ']', '}']
    """

    def __init__(self, text: str, rules: Rules) -> None:
        self._input, self._rules = text, rules
        self._place = 0
        self._levels = [_Level("")]
        self._unread = False  # the current string, or that behind the current name, is not read yet
        self._behind_name: str | None = None
        self._text = ""
        self.current: str | None = None
        self.passed_error = False  # the caller has read on behind an error

    @property
    def text(self) -> str:
        """Return what a name or string stands for, or a number as it is written. Raises `JsonError`."""
        if self.current == "name":
            return self._levels[-1].name or ""
        if self._unread and self.current == "string":
            self._unread = False
            self._text = self._string('"')
        return self._text

    @property
    def name(self) -> str | None:
        """Return the name of the field around the current token, None outside of objects."""
        if self.current in ("{", "[") and len(self._levels) > 1:
            return self._levels[-2].name
        return self._levels[-1].name

    def advance(self) -> str | None:
        """Read the next token, None behind the last. Raises `JsonError`."""
        if self.current == "name":
            token, self._behind_name = self._behind_name, None
            if token in ("{", "["):
                self._open(token)
            self.current = token
            return token
        if self._unread:
            self._unread = False
            self._string('"')
        char = self._blank()
        if not char:
            if len(self._levels) > 1:
                raise JsonError("the text ends early")
            self.current = None
            return None
        if char in "]}":
            return self._close(char)
        level = self._levels[-1]
        level.count += 1
        if level.kind and level.count > 0:
            if char != ",":
                raise JsonError(f"{char} in place of a comma")
            char = self._needed()
        if level.kind == "{":
            level.name = self._name(char)
            self.current = "name"
            if (char := self._needed()) != ":":
                raise JsonError(f"{char} in place of a colon")
            self._behind_name = self._value(self._needed(), level)
            return "name"
        token = self._value(char, level)
        if token in ("{", "["):
            self._open(token)
        self.current = token
        return token

    def skip_children(self) -> None:
        """Go to the end of the object or array that starts here. Raises `JsonError`."""
        if self.current not in ("{", "["):
            return
        open_ = 1
        while open_:
            token = self.advance()
            if token is None:
                if len(self._levels) > 1:
                    raise JsonError("the text ends early")
                return
            open_ += (token in ("{", "[")) - (token in ("}", "]"))

    # --- levels -----------------------------------------------------------------------------------

    def _open(self, kind: str) -> None:
        self._levels.append(_Level(kind))
        if len(self._levels) > _MOST_LEVELS + 1:
            raise JsonError("more than 1,000 levels")

    def _close(self, char: str) -> str:
        if self._levels[-1].kind != {"]": "[", "}": "{"}[char]:
            raise JsonError(f"{char} without its start")
        self._levels.pop()
        self.current = char
        return char

    # --- characters -------------------------------------------------------------------------------

    def _next(self) -> str:
        """Return the next character and go behind it; an empty text at the end."""
        char = self._input[self._place : self._place + 1]
        self._place += len(char)
        return char

    def _blank(self) -> str:
        """Return the first character behind blanks and comments."""
        while char := self._next():
            if char == "/":
                self._comment()
            elif char > " ":
                return char
            elif char not in " \t\r\n":
                raise JsonError("a control character")
        return ""

    def _needed(self) -> str:
        char = self._blank()
        if not char:
            raise JsonError("the text ends early")
        return char

    def _comment(self) -> None:
        kind = self._next() if self._rules.comments else ""
        if kind not in ("/", "*"):
            raise JsonError("a comment")
        end = re.compile(r"[\r\n]|\Z" if kind == "/" else r"\*/").search(self._input, self._place)
        skipped = self._input[self._place : end.start() if end else None]
        if end is None or re.search(r"[\x00-\x08\x0b\x0c\x0e-\x1f]", skipped):
            raise JsonError("a comment")
        self._place = end.end()

    # --- values -----------------------------------------------------------------------------------

    def _value(self, char: str, level: _Level) -> str:
        """Return the kind of the value that starts with a character; all but a string is read."""
        if char == '"':
            self._unread = True
            return "string"
        if char in "[{":
            return char
        if char == "'" and self._rules.single_quotes:
            self._text = self._string("'")
            return "string"
        if char in "tfn":
            self._match(_WORDS[char], 1)
            return _WORDS[char]
        if char == "-" or "0" <= char <= "9":
            return self._number(char, level)
        if char in "NI":
            self._match(_WORDS[char], 1)
            return self._not_a_number(_WORDS[char])
        if char == "+":
            return self._odd_number("+", self._next())
        if _in_name(char) and not char.isdigit():
            self._invalid("")
        raise JsonError(char)

    def _match(self, word: str, start: int) -> None:
        """Read the rest of a word."""
        for char in word[start:]:
            if self._input[self._place : self._place + 1] != char:
                self._invalid(word)
            self._place += 1
        following = self._input[self._place : self._place + 1]
        if following >= "0" and following not in "]}" and _in_name(following):
            self._invalid(word)

    def _invalid(self, word: str) -> NoReturn:
        """Raise the error of an unknown word, behind which Jackson goes."""
        for _ in range(_LONGEST_SHOWN):
            following = self._input[self._place : self._place + 1]
            if not following or not _in_name(following):
                break
            self._place += 1
        raise JsonError(f"an unknown word, {word}")

    def _not_a_number(self, text: str) -> str:
        if not self._rules.non_numeric:
            raise JsonError(text)
        self._text = text
        return "float"

    def _odd_number(self, sign: str, char: str) -> str:
        """Read what stands behind a sign that is no digit: INF or Infinity."""
        following = self._next() if char == "I" else ""
        if following not in _SIGNED_WORDS:
            raise JsonError(f"no digit behind {sign}")
        word = sign + _SIGNED_WORDS[following]
        self._match(word, 3)
        return self._not_a_number(word)

    def _number(self, char: str, level: _Level) -> str:
        start = self._place - 1
        if char == "-" and not "0" <= (self._input[self._place : self._place + 1] or "0") <= "9":
            return self._odd_number("-", self._next())
        number: NumberText = number_at(self._input, start, leading_zeros=self._rules.leading_zeros)
        self._place = number.end
        if number.text is None:
            raise JsonError("a number without digits, or with a zero before others")
        if not level.kind and (following := self._input[self._place : self._place + 1]):
            # A number at the root must be followed by a blank, which is read with it.
            self._place += following != "\r"
            if following not in " \t\r\n":
                raise JsonError(f"{following} behind a number")
        if number.digits > _LONGEST_NUMBER:
            raise JsonError("a number of more than 1,000 digits")
        self._text = number.text
        return "int" if number.whole else "float"

    # --- strings and names ------------------------------------------------------------------------

    def _name(self, char: str) -> str:
        if char == '"' or (char == "'" and self._rules.single_quotes):
            name = self._string(char)
        elif self._rules.unquoted_names and (_in_name(char) or char in "@#*-+"):
            start = self._place - 1
            while (following := self._input[self._place : self._place + 1]) and (
                _in_name(following) or following in "@#*-+"
            ):
                self._place += 1
            name = self._input[start : self._place]
        else:
            raise JsonError(char)
        if len(name) > _LONGEST_NAME:
            raise JsonError("a name of more than 50,000 characters")
        return name

    def _string(self, quote: str) -> str:
        """Read a string up to its closing quote."""
        parts: list[str] = []
        plain = _PLAIN[quote]
        while True:
            match = plain.match(self._input, self._place)
            if match is not None:
                parts.append(match[0])
                self._place = match.end()
            char = self._next()
            if char == quote:
                break
            if not char or (char < " " and not self._rules.control_characters):
                raise JsonError("a string without an end, or with a control character")
            parts.append(self._escaped() if char == "\\" else char)
        text = "".join(parts)
        if len(text) > _LONGEST_STRING:
            raise JsonError("a string of more than 20,000,000 characters")
        if re.search("[\ud800-\udbff][\udc00-\udfff]", text):
            # Two escaped halves are one character.
            return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")
        return text

    def _escaped(self) -> str:
        char = self._next()
        if char == "u":
            code = 0
            for _ in range(4):
                digit = self._next()
                if digit not in _HEX:
                    raise JsonError(f"{digit} in place of a hexadecimal digit")
                code = code << 4 | int(digit, 16)
            return chr(code)
        if char in _ESCAPES:
            return _ESCAPES[char]
        if char and (self._rules.any_escape or (char == "'" and self._rules.single_quotes)):
            return char
        raise JsonError(f"the escape {char}")
