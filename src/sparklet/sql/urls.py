"""Functions of URLs.

Follows Spark's `catalyst/expressions/urlExpressions.scala` (4.2) and the JDK's `java/net/URI.java` (17),
which reads RFC 2396 with some additions, and `java/net/{URLEncoder,URLDecoder}.java`.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from string import ascii_letters, digits, hexdigits
from typing import Any
from urllib.parse import quote_plus

from sparklet.errors import InvalidValueError, PatternError
from sparklet.java.regex import java_pattern
from sparklet.profile import Profile
from sparklet.sql.functions import function, map1, maps
from sparklet.sql.strings import string
from sparklet.sql.typed import Typed
from sparklet.types import STRING

__all__ = ["Uri", "parse_uri"]

_UNRESERVED = ascii_letters + digits + "_-!.~'()*"
_HEX = frozenset(hexdigits)
_URIC = frozenset(_UNRESERVED + ";/?:@&=+$,[]")
_PATH = frozenset(_UNRESERVED + ":@&=+$,;/")
_USER = frozenset(_UNRESERVED + ";:&=+$,")
_REGISTRY = frozenset(_UNRESERVED + "$,;:@&=+")
_SERVER = _USER | frozenset(".:@[]%-")
_SPACES = "\u00a0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B)))
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*")
_LABEL = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?")


@dataclass(frozen=True)
class Uri:
    """The raw parts of a URI, each None where it has none."""

    scheme: str | None
    authority: str | None
    user: str | None
    host: str | None
    path: str | None
    query: str | None
    fragment: str | None

    @property
    def file(self) -> str | None:
        """Return the path with the query."""
        return self.path if self.query is None else f"{self.path}?{self.query}"


def _passes(text: str, allowed: frozenset[str]) -> bool:
    """Tell whether all characters may stand there; `ValueError` for a % that starts no escape."""
    place = 0
    while place < len(text):
        char = text[place]
        if char in allowed:
            place += 1
        elif char == "%":
            if len(text) < place + 3 or not set(text[place + 1 : place + 3]) <= _HEX:
                raise ValueError(text)
            place += 3
        elif char > "\x80" and not _is_space_or_control(char):
            place += 1
        else:
            return False
    return True


def _is_space_or_control(char: str) -> bool:
    return (
        char <= "\x9f" or char in "\u00a0\u1680\u2028\u2029\u202f\u205f\u3000" or "\u2000" <= char <= "\u200a"
    )


def _check(text: str, allowed: frozenset[str]) -> str:
    if not _passes(text, allowed):
        raise ValueError(text)
    return text


@lru_cache(maxsize=1024)
def parse_uri(text: str) -> Uri | None:
    """Return the parts of a URI, None where `java.net.URI` refuses it.

    >>> parse_uri("http://me@spark.org:80/a%20b?q=1#top").host
    'spark.org'
    >>> parse_uri("a b") is None
    True
    """
    try:
        return _parsed(text)
    except ValueError:
        return None


def _parsed(text: str) -> Uri:
    rest, mark, fragment = text.partition("#")
    found = _check(fragment, _URIC) if mark else None
    head = re.match(r"[^/?#:]*:", text)
    scheme = None
    if head is not None:
        scheme, rest = head[0][:-1], rest[head.end() :]
        if not _SCHEME.fullmatch(scheme):
            raise ValueError(text)
        if not rest.startswith("/"):
            if not rest:
                raise ValueError(text)
            _check(rest, _URIC)
            return Uri(scheme, None, None, None, None, None, found)
    authority = user = host = None
    if rest.startswith("//"):
        end = re.search("[/?]", rest[2:])
        authority = rest[2:] if end is None else rest[2 : 2 + end.start()]
        rest = rest[2 + len(authority) :]
        if authority:
            user, host = _server(authority)
        elif not rest and not mark:
            raise ValueError(text)
        authority = authority or None
    path, asks, query = rest.partition("?")
    _check(path, _PATH)
    return Uri(scheme, authority, user, host, path, _check(query, _URIC) if asks else None, found)


def _server(authority: str) -> tuple[str | None, str | None]:
    """Return user and host, neither where the authority names no server."""
    registry = _passes(authority, _REGISTRY)
    if _passes(authority.replace("%", "-"), _SERVER) and authority.isascii():
        try:
            return _user_and_host(authority)
        except ValueError:
            if not registry:
                raise
    if not registry:
        raise ValueError(authority)
    return None, None


def _user_and_host(authority: str) -> tuple[str | None, str | None]:
    user, at, server = authority.partition("@")
    if not at:
        user, server = "", authority
    else:
        _check(user, _USER)
    if server.startswith("["):
        address, closing, rest = server[1:].partition("]")
        if not closing:
            raise ValueError(server)
        ipaddress.IPv6Address(address)
        host = f"[{address}]"
    else:
        host, colon, port = server.partition(":")
        rest = colon + port
        if not _is_host(host):
            raise ValueError(server)
    if rest and not re.fullmatch(":[0-9]*", rest):
        raise ValueError(server)
    if len(rest) > 1 and int(rest[1:]) >= 1 << 31:
        raise ValueError(server)
    return user if at else None, host


def _is_host(host: str) -> bool:
    parts = host.split(".")
    if re.fullmatch(r"[0-9]+(\.[0-9]+){3}", host):
        return all(int(part) <= 255 for part in parts)
    if not parts[-1] and len(parts) > 1:
        parts.pop()
    if not all(map(_LABEL.fullmatch, parts)):
        return False
    return len(parts) == 1 or parts[-1][0].isalpha()


# --- parse_url -------------------------------------------------------------------------------------

_PARTS: dict[str, Callable[[Uri], str | None]] = {
    "HOST": lambda uri: uri.host,
    "PATH": lambda uri: uri.path,
    "QUERY": lambda uri: uri.query,
    "REF": lambda uri: uri.fragment,
    "PROTOCOL": lambda uri: uri.scheme,
    "FILE": lambda uri: uri.file,
    "AUTHORITY": lambda uri: uri.authority,
    "USERINFO": lambda uri: uri.user,
}


def _part_of(url: str, part: str, key: str | None, *, strict: bool) -> str | None:
    if key is not None and part != "QUERY":
        return None
    uri = parse_uri(url)
    if uri is None:
        if strict:
            raise InvalidValueError("is no URL", url)
        return None
    text = _PARTS[part](uri) if part in _PARTS else None
    if key is None or text is None:
        return text
    try:
        match = java_pattern(f"(&|^){key}=([^&]*)").search(text)
    except PatternError as error:
        raise InvalidValueError(str(error), key) from None
    return None if match is None else match[2]


def _parse_url(name: str, *, strict: bool) -> Callable[..., Typed]:
    def build(profile: Profile, *operands: Typed) -> Typed:
        texts = [string(name, operand, profile) for operand in operands]
        fails = strict and profile.ansi

        def applied(url: str, part: str, key: str | None = None) -> str | None:
            return _part_of(url, part, key, strict=fails)

        return maps(applied, texts, STRING)

    return build


function("parse_url", takes="ss[s]", gives="s")(_parse_url("parse_url", strict=True))
function("try_parse_url", takes="ss[s]", gives="s", since="4.0")(_parse_url("try_parse_url", strict=False))

# --- encoding --------------------------------------------------------------------------------------


def encoded(text: str) -> str:
    """Return the text as a form of HTML sends it.

    >>> encoded("a b/\u00e9~*")
    'a+b%2F%C3%A9%7E*'
    """
    return quote_plus(text.encode("utf-8", "replace"), safe="*").replace("~", "%7E")


_BYTE = re.compile(r"[+0-9A-Fa-f]?[0-9A-Fa-f]")


def decoded(text: str) -> str:
    """Return the text that a form of HTML sent; `ValueError` for a % that starts no escape.

    >>> decoded("a+b%2F%C3%A9")
    'a b/\u00e9'
    """
    parts: list[str] = []
    place = 0
    while place < len(text):
        char = text[place]
        if char != "%":
            parts.append(" " if char == "+" else char)
            place += 1
            continue
        found = bytearray()
        while text[place : place + 1] == "%":
            digits = text[place + 1 : place + 3]
            if len(digits) < 2 or not _BYTE.fullmatch(digits):
                raise ValueError(text)
            found.append(int(digits, 16))
            place += 3
        parts.append(found.decode("utf-8", "replace"))
    return "".join(parts)


def _decode(name: str, *, strict: bool) -> Callable[[Profile, Typed], Typed]:
    def applied(text: str) -> Any:
        try:
            return decoded(text)
        except ValueError:
            if strict:
                raise InvalidValueError("is no encoded URL", text) from None
            return None

    return lambda profile, operand: map1(applied, string(name, operand, profile), STRING)


function("url_decode", takes="s", gives="s")(_decode("url_decode", strict=True))
function("try_url_decode", takes="s", gives="s", since="4.0")(_decode("try_url_decode", strict=False))


@function("url_encode", takes="s", gives="s")
def url_encode(profile: Profile, operand: Typed) -> Typed:
    """Return the text as a form of HTML sends it."""
    return map1(encoded, string("url_encode", operand, profile), STRING)
