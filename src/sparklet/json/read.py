"""Read JSON from callers that are not trusted; the result is the same with and without orjson."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from typing import Any

from sparklet.errors import JsonError
from sparklet.json.write import MAX_DEPTH

__all__ = ["read"]

# Python converts longer integers in quadratic time.
_MOST_DIGITS = 1000
# orjson reads integers from 2**64 on as floats. A shorter run of digits is an exact integer.
_LONG = b"0" * 19
_DIGITS = bytes.maketrans(b"123456789", b"0" * 9)


def read(text: str | bytes | bytearray | memoryview) -> Any:
    """Return the plain value of a JSON text.

    Raises `JsonError` for text that is not JSON, for a name that an object has twice, a number beyond double
    and nesting deeper than `MAX_DEPTH`.

    >>> read('{"age": 41, "names": ["a"]}')
    {'age': 41, 'names': ['a']}
    """
    if text.__class__ is bytes:
        data = text
    elif isinstance(text, str):
        data = text.encode("utf-8", "surrogatepass")
    elif isinstance(text, bytes | bytearray | memoryview):
        data = bytes(text)
    else:
        raise JsonError(f"takes text or bytes, got {type(text).__name__}", value=text)
    if _quick is not None and _LONG not in data.translate(_DIGITS):
        try:
            value = _quick(data)
        except ValueError:
            pass  # NaN, a lone surrogate, a number beyond double, or no JSON at all
        else:
            # Each level has two brackets.
            if len(data) > 2 * MAX_DEPTH and data.count(b"[") + data.count(b"{") > MAX_DEPTH:
                _check_depth(value)
            colons = data.count(b":")
            if value.__class__ is dict and len(value) == colons:
                return value  # a flat object: each colon follows a name of its own
            if b"\\u" not in data and _colons(value) == colons:
                return value
    return _exact(text if isinstance(text, str) else data)


def _colons(value: Any) -> int:
    """Return the colons of a text without escapes that has this value and no name twice.

    A name that an object repeats is lost in the value, and with it the colon that follows the name.
    """
    if value.__class__ is dict:
        count = len(value)
        for name, item in value.items():
            kind = item.__class__
            if kind is str:
                count += item.count(":")
            elif kind is dict or kind is list:
                count += _colons(item)
            if ":" in name:
                count += name.count(":")
        return count
    if value.__class__ is list:
        return sum([_colons(item) for item in value if type(item) in _WITH_COLONS])
    return value.count(":") if value.__class__ is str else 0


_WITH_COLONS = frozenset((dict, list, str))


def _check_depth(value: Any) -> None:
    containers = [value]
    for _ in range(MAX_DEPTH + 1):
        containers = [each for each in containers if each.__class__ is dict or each.__class__ is list]
        if not containers:
            return
        containers = [
            item for each in containers for item in (each.values() if each.__class__ is dict else each)
        ]
    raise JsonError(f"is nested deeper than {MAX_DEPTH} levels")


def _exact(text: str | bytes) -> Any:
    """Return the value of a JSON text; this is the rule in Python, without orjson."""
    try:
        value = _DECODER.decode(text if isinstance(text, str) else text.decode())
    except JsonError:
        raise
    except RecursionError:
        raise JsonError(f"is nested deeper than {MAX_DEPTH} levels") from None
    except ValueError as error:
        raise JsonError(f"is not JSON: {error}") from None
    _check_depth(value)
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        seen: set[str] = set()
        for name, _ in pairs:
            if name in seen:
                raise JsonError("is twice in one object", column=name)
            seen.add(name)
    return value


def _float(text: str) -> float:
    value = float(text)
    if math.isinf(value):
        raise JsonError(f"is not JSON: the number {text[:40]} is beyond the range of double")
    return value


def _integer(text: str) -> int:
    if len(text) > _MOST_DIGITS:
        raise JsonError(f"is not JSON: an integer has more than {_MOST_DIGITS} digits")
    return int(text)


_DECODER = json.JSONDecoder(object_pairs_hook=_object, parse_float=_float, parse_int=_integer)


def _orjson() -> Callable[[bytes], Any] | None:
    try:
        import orjson
    except ImportError:
        return None
    read: Callable[[bytes], Any] = orjson.loads
    return read


_quick = _orjson()
