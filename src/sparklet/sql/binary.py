"""Functions of bytes, and of texts as bytes.

Follows Spark's `catalyst/expressions/{stringExpressions,mathExpressions,toBinaryExpressions}.scala` (3.5
and 4.3) and the JDK's `java/util/Base64.java` (17).
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable
from typing import Any

from sparklet.errors import InvalidValueError
from sparklet.profile import Profile
from sparklet.sql.functions import function, map1, refuse_types
from sparklet.sql.nodes import Refused
from sparklet.sql.strings import string
from sparklet.sql.typed import Typed, always
from sparklet.types import BINARY, NULL, STRING

__all__ = ["bytes_of", "decoded_with"]


def bytes_of(name: str, operand: Typed) -> Typed:
    """Return the operand as bytes: those of a text are its UTF-8."""
    if operand.type == NULL:
        return always(None, BINARY)
    if operand.type == STRING:
        return map1(lambda text: text.encode("utf-8", "replace"), operand, BINARY)
    if operand.type != BINARY:
        raise refuse_types(name, operand)
    return operand


@function("binary", takes=".", gives=".")
def binary(_profile: Profile, operand: Typed) -> Typed:
    """Return the bytes of a text."""
    return bytes_of("binary", operand)


@function("typed_x", takes="s", gives=".")
def typed_x(_profile: Profile, operand: Typed) -> Typed:
    """Return the bytes of a literal X'1C7'."""
    digits = operand.value
    if not re.fullmatch("[0-9A-Fa-f]*", digits):
        raise Refused(f"the bytes X'{digits[:40]}'")
    return always(bytes.fromhex("0" * (len(digits) % 2) + digits), BINARY)


# --- base64 and hexadecimal --------------------------------------------------------------------------

_NO_BASE64 = re.compile(rb"[^A-Za-z0-9+/=]")


def to_base64(data: bytes) -> str:
    """Return bytes in base64, in lines of 76 characters.

    >>> to_base64(b"Spark")
    'U3Bhcms='
    """
    text = base64.b64encode(data).decode("ascii")
    return "\r\n".join([text[at : at + 76] for at in range(0, len(text), 76)])


@function("base64", takes="s", gives="s")
def base64_of(_profile: Profile, operand: Typed) -> Typed:
    """Return the bytes of a text in base64."""
    return map1(to_base64, bytes_of("base64", operand), STRING)


def from_base64(text: str) -> bytes:
    r"""Return the bytes of a text in base64; characters that base64 has not are skipped.

    Raises `ValueError` for a last group of one character, or one without its padding.

    >>> from_base64("U3Bh\ncms=")
    b'Spark'
    """
    data = _NO_BASE64.sub(b"", text.encode("utf-8", "replace"))
    body, padding, rest = data.partition(b"=")
    group = len(body) % 4
    if group == 1 or (padding and (group == 0 or (group == 2 and not rest.startswith(b"=")))):
        raise ValueError(text)
    if rest.lstrip(b"=") or len(rest) > (1 if group == 2 else 0):
        raise ValueError(text)
    return base64.b64decode(body + b"=" * (-len(body) % 4))


@function("unbase64", takes="s", gives=".")
def unbase64(profile: Profile, operand: Typed) -> Typed:
    """Return the bytes of a text in base64."""
    return map1(_strict("base64", from_base64), string("unbase64", operand, profile), BINARY)


def _strict(form: str, of: Callable[[str], bytes | None]) -> Callable[[str], bytes]:
    def applied(text: str) -> bytes:
        try:
            data = of(text)
        except ValueError:
            data = None
        if data is None:
            raise InvalidValueError(f"is not written in {form}", text)
        return data

    return applied


def from_hex(text: str) -> bytes | None:
    r"""Return the bytes of a text in hexadecimal, None for another text.

    >>> from_hex("F0a"), from_hex("g")
    (b'\x0f\n', None)
    """
    try:
        return binascii.unhexlify("0" * (len(text) % 2) + text)
    except ValueError:
        return None


@function("unhex", takes="s", gives=".")
def unhex(profile: Profile, operand: Typed) -> Typed:
    """Return the bytes of a text in hexadecimal, null for another text."""
    return map1(from_hex, string("unhex", operand, profile), BINARY)


# --- charsets --------------------------------------------------------------------------------------

_CHARSETS = {
    "US-ASCII": "ascii", "ISO-8859-1": "latin-1", "UTF-8": "utf-8", "UTF-16BE": "utf-16-be",
    "UTF-16LE": "utf-16-le", "UTF-16": "utf-16-be",
}  # fmt: skip


def _charset(name: str, operand: Typed) -> str | None:
    if not operand.constant or operand.type not in (STRING, NULL):
        raise Refused(f"{name} with a charset that is no constant")
    if operand.value is None:
        return None
    charset = operand.value.upper()
    if charset not in _CHARSETS:
        raise Refused(f"{name} with the charset {operand.value!r}")
    return str(charset)


def _encoded(text: str, charset: str, *, replaces: bool) -> bytes:
    mark = b"\xfe\xff" if charset == "UTF-16" and text else b""
    try:
        return mark + text.encode(_CHARSETS[charset], "replace" if replaces else "strict")
    except UnicodeEncodeError:
        raise InvalidValueError(f"has characters that {charset} has not", text) from None


@function("encode", takes="ss", gives=".")
def encode(profile: Profile, operand: Typed, charset: Typed) -> Typed:
    """Return the bytes of a text in a charset."""
    text, name = string("encode", operand, profile), _charset("encode", charset)
    if name is None:
        return always(None, BINARY)
    replaces = not profile.at_least("4.0")
    return map1(lambda value: _encoded(value, name, replaces=replaces), text, BINARY)


def _decoded(data: bytes, charset: str, *, replaces: bool) -> str:
    codec = _CHARSETS[charset]
    if charset == "UTF-16" and data[:2] in (b"\xfe\xff", b"\xff\xfe"):
        codec, data = ("utf-16-be" if data[:1] == b"\xfe" else "utf-16-le"), data[2:]
    try:
        return data.decode(codec, "replace" if replaces else "strict")
    except UnicodeDecodeError:
        raise InvalidValueError(f"are no text in {charset}", data) from None


def decoded_with(profile: Profile, operand: Typed, charset: Typed) -> Typed:
    """Return the text of bytes in a charset: `decode` of two arguments."""
    data, name = bytes_of("decode", operand), _charset("decode", charset)
    if name is None:
        return always(None, STRING)
    replaces = not profile.at_least("4.0")
    return map1(lambda value: _decoded(value, name, replaces=replaces), data, STRING)


# --- to_binary -------------------------------------------------------------------------------------


def _strict_base64(text: str) -> bytes | None:
    return None if re.search(r"[^A-Za-z0-9+/=\s]", text) else from_base64(text)


_FORMS: dict[str, Callable[[str], bytes | None]] = {
    "hex": from_hex,
    "base64": _strict_base64,
    **dict.fromkeys(("utf-8", "utf8"), lambda text: text.encode("utf-8", "replace")),
}


def _to_binary(name: str, *, strict: bool) -> Callable[..., Typed]:
    def build(profile: Profile, operand: Typed, form: Typed | None = None) -> Typed:
        text, wanted = string(name, operand, profile), "hex"
        if form is not None:
            if not form.constant or form.type not in (STRING, NULL):
                raise Refused(f"{name} with a format that is no constant")
            if form.value is None:
                return always(None, BINARY)
            wanted = form.value.lower()
        if wanted not in _FORMS:
            raise Refused(f"{name} with the format {wanted!r}")
        read = _strict(wanted, _FORMS[wanted])

        def lenient(value: str) -> Any:
            try:
                return read(value)
            except InvalidValueError:
                return None

        return map1(read if strict else lenient, text, BINARY)

    return build


function("to_binary", takes="s[s]", gives=".")(_to_binary("to_binary", strict=True))
function("try_to_binary", takes="s[s]", gives=".")(_to_binary("try_to_binary", strict=False))
