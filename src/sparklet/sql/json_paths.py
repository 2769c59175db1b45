"""`get_json_object` and other functions of JSON texts.

Follows Spark's `catalyst/expressions/jsonExpressions.scala` and `catalyst/expressions/json/` (3.5 and 4.2).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any, TypeAlias

from sparklet.errors import InvalidValueError
from sparklet.profile import Profile
from sparklet.sql.functions import function, map1, map2
from sparklet.sql.json_texts import copied
from sparklet.sql.json_tokens import HIVE, JsonError, Tokens
from sparklet.sql.strings import string
from sparklet.sql.typed import Typed
from sparklet.types import INTEGER, STRING, ArrayType, DataType

__all__ = ["parse_path"]

# `.name` and `['name']` are (KEY, name), `[1]` is (INDEX, 1), `[*]` (INDEX, ALL) and `.*` ALL alone.
KEY, INDEX, ALL = "key", "index", "all"
Step: TypeAlias = tuple[str, Any]
Steps: TypeAlias = tuple[Step, ...]
# Scala's parsers skip blanks before a regular expression and a string, not before a character.
_STEP = re.compile(
    r"\s*(?P<all>\.\*|\['\*'\])|\.\s*(?P<name>[^.\[]+)|\s*\['\s*(?P<quoted>[^'?]+)'\]|"
    r"\[(?:(?P<every>\*)|\s*(?P<index>[0-9]+))\]"
)
_STEP_4 = re.compile(_STEP.pattern.replace("[^'?]+", "[^']+"))


@lru_cache(maxsize=1024)
def parse_path(text: str, *, before_4: bool = False) -> Steps | None:
    """Return the steps of a path, None where it is none.

    >>> parse_path("$.a[0]['b c'][*]")
    (('key', 'a'), ('index', 0), ('key', 'b c'), ('index', 'all'))
    >>> parse_path("a") is None
    True
    """
    if not text.startswith("$"):
        return None
    place = 1
    steps: list[Step] = []
    while text[place:].strip():
        match = (_STEP if before_4 else _STEP_4).match(text, place)
        if match is None:
            return None
        place = match.end()
        if match["all"]:
            steps.append((ALL, None))
        elif match["every"]:
            steps.append((INDEX, ALL))
        elif match["index"]:
            steps.append((INDEX, int(match["index"])))
        else:
            steps.append((KEY, match["name"] or match["quoted"]))
    if any(kind == INDEX and value != ALL and value >= 1 << 63 for kind, value in steps):
        if before_4:
            raise InvalidValueError("has an index beyond 64 bits", text)
        return None
    return tuple(steps)


RAW, QUOTED, FLATTENED = "raw", "quoted", "flattened"


class _Writer:
    """JSON that grows value by value, as Jackson's generator separates them."""

    def __init__(self, *, in_bytes: bool) -> None:
        self.in_bytes = in_bytes
        self.parts: list[str] = []
        self._levels = [0]

    def value(self, text: str) -> None:
        """Append a value."""
        if self._levels[-1]:
            self.parts.append("," if len(self._levels) > 1 else " ")
        self._levels[-1] += 1
        self.parts.append(text)

    def open(self) -> None:
        """Start an array."""
        self.value("[")
        self._levels.append(0)

    def close(self) -> None:
        """End an array."""
        self.parts.append("]")
        self._levels.pop()

    def raw(self, text: str) -> None:
        """Append text, which is no value."""
        self.parts.append(text)

    @property
    def text(self) -> str:
        return "".join(self.parts)


def _evaluate(tokens: Tokens, out: _Writer, style: str, steps: Steps) -> bool:
    """Write what the steps lead to from here, and tell whether anything was; Spark's `evaluatePath`."""
    if not steps:
        return _leaf(tokens, out, style)
    step, rest = steps[0], steps[1:]
    if tokens.current == "{" and step[0] in (KEY, ALL):
        return _in_object(tokens, out, style, step, rest)
    if tokens.current == "[" and step[0] == INDEX:
        return _in_array(tokens, out, style, step[1], rest)
    tokens.skip_children()
    return False


def _leaf(tokens: Tokens, out: _Writer, style: str) -> bool:
    kind = tokens.current
    if kind is None:
        raise JsonError("the text ends early")
    if kind == "string" and style == RAW:
        if re.search("[\ud800-\udfff]", tokens.text):
            raise JsonError("half a character")
        out.raw(tokens.text)
        return True
    if kind == "[" and style == FLATTENED:
        dirty = False
        while tokens.advance() not in (None, "]"):
            dirty |= _leaf(tokens, out, style)
        return dirty
    out.value(copied(tokens, in_bytes=out.in_bytes))
    return True


def _in_object(tokens: Tokens, out: _Writer, style: str, step: Step, rest: Steps) -> bool:
    # A step `.*` matches no member: Spark asks for a key before the wildcard, which its parser never gives.
    dirty = False
    while tokens.advance() not in (None, "}"):
        found = step[0] == KEY and tokens.text == step[1] and not dirty
        if tokens.advance() not in (None, "null") and found:
            dirty = _evaluate(tokens, out, style, rest)
        else:
            tokens.skip_children()
    return dirty


def _in_array(tokens: Tokens, out: _Writer, style: str, index: Any, rest: Steps) -> bool:
    if index != ALL:
        return _at_index(tokens, out, QUOTED if rest[:1] == ((INDEX, ALL),) else style, index, rest)
    if rest[:1] == ((INDEX, ALL),):
        # Hive's behaviour: two wildcards flatten.
        out.open()
        dirty = _each(tokens, out, FLATTENED, rest[1:]) > 0
        out.close()
        return dirty
    if style == QUOTED:
        out.open()
        dirty = _each(tokens, out, QUOTED, rest) > 0
        out.close()
        return dirty
    inner = _Writer(in_bytes=False)
    inner.open()
    count = _each(tokens, inner, QUOTED if style == RAW else FLATTENED, rest)
    inner.close()
    if re.search("[\ud800-\udfff]", inner.text):
        raise JsonError("half a character")
    if count:
        out.value(inner.text if count > 1 else inner.text[1:-1])
    return count > 0


def _each(tokens: Tokens, out: _Writer, style: str, rest: Steps) -> int:
    count = 0
    while tokens.advance() not in (None, "]"):
        count += _evaluate(tokens, out, style, rest)
    return count


def _at_index(tokens: Tokens, out: _Writer, style: str, index: int, rest: Steps) -> bool:
    element = tokens.advance()
    while index and element not in (None, "]"):
        tokens.skip_children()
        element = tokens.advance()
        index -= 1
    if element in (None, "]"):
        return False
    dirty = _evaluate(tokens, out, style, rest)
    while tokens.advance() not in (None, "]"):
        tokens.skip_children()
    return dirty


def _get(text: str, steps: Steps | None) -> str | None:
    if steps is None:
        return None
    tokens, out = Tokens(text, HIVE), _Writer(in_bytes=True)
    try:
        tokens.advance()
        if tokens.current is None and not steps:
            return None
        return out.text if _evaluate(tokens, out, RAW, steps) else None
    except (JsonError, RecursionError):
        return None


@function("get_json_object", takes="ss", gives="s")
def get_json_object(profile: Profile, operand: Typed, path: Typed) -> Typed:
    """Return what a path leads to in a JSON text: a string as it is, anything else as JSON."""
    texts = string("get_json_object", operand, profile), string("get_json_object", path, profile)
    old = not profile.at_least("4.0")
    return map2(lambda text, to: _get(text, parse_path(to, before_4=old)), *texts, STRING)


def _keys(text: str) -> list[str] | None:
    tokens = Tokens(text, HIVE)
    if tokens.advance() != "{":
        return None
    keys: list[str] = []
    while tokens.advance() not in (None, "}"):
        keys.append(tokens.text)
        tokens.advance()
        tokens.skip_children()
    return keys


def _length(text: str) -> int | None:
    tokens = Tokens(text, HIVE)
    if tokens.advance() != "[":
        return None
    count = 0
    while tokens.advance() not in (None, "]"):
        tokens.skip_children()
        count += 1
    return count


def _of_json(name: str, of: Callable[[str], Any], type: DataType) -> Callable[[Profile, Typed], Typed]:
    def applied(text: str) -> Any:
        try:
            return of(text)
        except JsonError:
            return None

    return lambda profile, operand: map1(applied, string(name, operand, profile), type)


function("json_array_length", takes="s", gives="n")(_of_json("json_array_length", _length, INTEGER))
function("json_object_keys", takes="s", gives="a")(_of_json("json_object_keys", _keys, ArrayType(STRING)))
