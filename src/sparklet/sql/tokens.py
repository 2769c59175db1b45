"""The tokens of a statement: words, quoted names, numbers, strings and operators.

Follows Spark's `SqlBaseLexer.g4` (3.5 and 4.2). No word is a keyword here: in Spark's default mode nearly
every keyword may also name a column, and the parser knows where it stands.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from sparklet.sql.literals import number_literal, unescape
from sparklet.sql.nodes import Literal, Refused
from sparklet.types import STRING

__all__ = ["TABLE", "Token", "tokenize"]

TABLE = "__THIS__"

_LONGEST_STATEMENT = 1_000_000
_SPACES = {
    "3.5": re.compile(r"[ \r\n\t]+"),
    "4": re.compile("[ \\t\\n\\f\\r\\x0b\\xa0\u1680\u2000-\u200a\u2028\u202f\u205f\u3000]+"),
}
_LINE_COMMENT = re.compile(r"--(?:\\\n|[^\r\n])*")
_COMMENT_ENDS = re.compile(r"/\*(?!\+)|\*/")
# A number ends where no letter, digit or underscore follows; `2ndFloor` is a name.
_NUMBER = re.compile(
    r"(?:\d+\.\d*|\.\d+|\d+)(?:[eE][+-]?\d+)?(?:bd|[lsydf])?(?![0-9A-Za-z_])", re.IGNORECASE | re.ASCII
)
_WORD = re.compile(r"\w+")
_STRING = re.compile(r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"", re.DOTALL)
_RAW_STRING = re.compile(r"[rR](?:'[^']*'|\"[^\"]*\")")
_QUOTED = re.compile(r"`(?:[^`]|``)*`")
_OPERATOR = re.compile(r"<=>|<>|!=|!>|!<|==|<=|>=|<<|\|\||::|->|=>|\|>|[-+*/%<>=!(),.\[\]&|^~;:?]")
# Spellings of one operator.
_ALIASES = {"==": "=", "!=": "<>", "!>": "<=", "!<": ">="}


@dataclass(frozen=True, slots=True)
class Token:
    """One token; `kind` is word, quoted, number, string, operator or end.

    `text` is a word in lower case, the name inside the backticks, or the operator. `value` is a word as it is
    written, or the literal of a number or string. `start` and `end` are offsets in the statement.
    """

    kind: str
    text: str
    value: Any
    start: int
    end: int

    def says(self, *texts: str) -> bool:
        """Tell whether the token is one of these words, in lower case, or operators."""
        return self.text in texts and self.kind in ("word", "operator")


def tokenize(statement: str, *, release: str) -> list[Token]:
    """Return the tokens of a statement, the last of kind `end`.

    Raises `Refused` for a character, number or string that Spark does not read.

    >>> [token.text for token in tokenize("a <=> `b c` -- d", release="4.1+")]
    ['a', '<=>', 'b c', '']
    """
    if len(statement) > _LONGEST_STATEMENT:
        raise Refused(f"a statement of {len(statement)} characters")
    return _Lexer(statement, release).tokens()


class _Lexer:
    def __init__(self, text: str, release: str) -> None:
        self._text = text
        # A quote is written by doubling it since 4.0; before, two strings side by side are one.
        self._quotes_double = release != "3.5"
        self._spaces = _SPACES["4" if self._quotes_double else "3.5"]

    def tokens(self) -> list[Token]:
        tokens, offset = [], 0
        while (offset := self._skip(offset)) < len(self._text):
            tokens.append(token := self._token(offset))
            offset = token.end
        return [*tokens, Token("end", "", None, offset, offset)]

    def _skip(self, offset: int) -> int:
        """Return the offset behind spaces and comments."""
        while True:
            if match := self._spaces.match(self._text, offset) or _LINE_COMMENT.match(self._text, offset):
                offset = match.end()
            elif self._text.startswith("/*", offset):
                offset = self._end_of_comment(offset)
            else:
                return offset

    def _end_of_comment(self, offset: int) -> int:
        # A hint, /*+ ... */, changes no answer.
        depth, offset = 1, offset + 2
        while depth:
            match = _COMMENT_ENDS.search(self._text, offset)
            if match is None:
                raise Refused("a comment without end")
            depth += 1 if match[0] == "/*" else -1
            offset = match.end()
        return offset

    def _token(self, offset: int) -> Token:
        text = self._text
        if match := _RAW_STRING.match(text, offset):
            return self._string(match[0][2:-1], offset, match.end())
        if text[offset] in "'\"":
            return self._quoted_string(offset)
        if match := _QUOTED.match(text, offset):
            name = match[0][1:-1].replace("``", "`")
            return Token("quoted", self._checked_name(name), name, offset, match.end())
        if match := _NUMBER.match(text, offset):
            return Token("number", match[0], number_literal(match[0]), offset, match.end())
        if match := _WORD.match(text, offset):
            return self._word(match)
        if match := _OPERATOR.match(text, offset):
            return Token("operator", _ALIASES.get(match[0], match[0]), None, offset, match.end())
        raise Refused(f"the character {text[offset]!r}")

    def _word(self, match: re.Match[str]) -> Token:
        word = self._checked_name(match[0])
        if not word.isascii():
            raise Refused(f"the name {word!r} without backticks")
        if word.isdecimal():
            return Token("number", word, number_literal(word), match.start(), match.end())
        return Token("word", word.lower(), word, match.start(), match.end())

    def _checked_name(self, name: str) -> str:
        if TABLE in name and name != TABLE:
            raise Refused(f"{TABLE} inside the name {name!r}, where Spark puts a random name")
        return name

    def _quoted_string(self, offset: int) -> Token:
        quote, parts, end = self._text[offset], [], offset
        while True:
            match = _STRING.match(self._text, end)
            if match is None:
                raise Refused("a string without end")
            parts.append(unescape(match[0][1:-1]))
            end = match.end()
            if not self._quotes_double or not self._text.startswith(quote, end):
                return self._string(quote.join(parts), offset, end)

    def _string(self, value: str, start: int, end: int) -> Token:
        if TABLE in self._text[start:end]:
            raise Refused(f"{TABLE} inside a string, where Spark puts a random name")
        return Token("string", "", Literal(value, STRING), start, end)
