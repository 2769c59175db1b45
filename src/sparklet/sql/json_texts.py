"""JSON as Jackson writes it.

Follows Jackson's `core/json/{UTF8JsonGenerator,WriterBasedJsonGenerator}.java` and `copyCurrentStructure` of
`core/JsonGenerator.java` (2.15 to 2.21).
"""

from __future__ import annotations

import re

from sparklet.java import double_to_string
from sparklet.sql.json_tokens import JsonError, Tokens

__all__ = ["copied", "number", "quoted"]

_WRITTEN = {"\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r", '"': '\\"', "\\": "\\\\"}
_TO_ESCAPE = re.compile('["\\\\\x00-\x1f]')
_TO_ESCAPE_IN_BYTES = re.compile('["\\\\\x00-\x1f\ud800-\udfff\U00010000-\U0010ffff]')
_TO_ESCAPE_FOR_ASCII = re.compile('["\\\\\x00-\x1f\x80-\U0010ffff]')


def _escape(match: re.Match[str]) -> str:
    char = match[0]
    if char in _WRITTEN:
        return _WRITTEN[char]
    units = char.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at] << 8 | units[at + 1]:04X}" for at in range(0, len(units), 2))


def quoted(text: str, *, in_bytes: bool = False, in_ascii: bool = False) -> str:
    r"""Return a string of JSON; Jackson escapes what UTF-16 has in two halves where it writes bytes.

    >>> print(quoted('a"\U0001f600', in_bytes=True))
    "a\"\uD83D\uDE00"
    """
    escaped = _TO_ESCAPE_FOR_ASCII if in_ascii else _TO_ESCAPE_IN_BYTES if in_bytes else _TO_ESCAPE
    return f'"{escaped.sub(_escape, text)}"'


def number(text: str) -> str:
    """Return the text of a floating-point number, in quotes where JSON has none."""
    return f'"{text}"' if text[-1] in "yN" else text


def copied(tokens: Tokens, *, in_bytes: bool) -> str:
    """Return the value that starts here, as it is written anew. Raises `JsonError`."""
    parts: list[str] = []
    levels = 0
    token = tokens.current
    while True:
        match token:
            case None:
                raise JsonError("the text ends early")
            case "name":
                parts.append(("," if parts[-1] != "{" else "") + quoted(tokens.text, in_bytes=in_bytes) + ":")
            case "]" | "}":
                parts.append(token)
                levels -= 1
            case _:
                if parts and parts[-1] != "[" and parts[-1][-1] != ":":
                    parts.append(",")
                parts.append(token if token in ("{", "[") else _scalar(tokens, in_bytes=in_bytes))
                levels += token in ("{", "[")
        if not levels:
            return "".join(parts)
        token = tokens.advance()


def _scalar(tokens: Tokens, *, in_bytes: bool) -> str:
    match tokens.current:
        case "string":
            return quoted(tokens.text, in_bytes=in_bytes)
        case "int":
            return str(int(tokens.text))
        case "float":
            return number(double_to_string(float(tokens.text)))
    return str(tokens.current)
