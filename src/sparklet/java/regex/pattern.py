"""Java's regular expressions: compiled once, then as fast as Python's wherever both agree."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property, lru_cache

from sparklet.errors import PatternError
from sparklet.java.regex.charset import CharSet
from sparklet.java.regex.machine import Machine
from sparklet.java.regex.nodes import Alternatives, Anchor, Atomic, Group, Look, Node, Repeat, Sequence
from sparklet.java.regex.parser import Parsed, parse
from sparklet.java.regex.properties import category
from sparklet.java.regex.translate import ASCII, POINTS, UNITS, nullable, translate

__all__ = ["JavaPattern", "java_pattern"]

Groups = tuple[str | None, ...]

_PAIRS = re.compile("[\ud800-\udfff\U00010000-\U0010ffff]")
_HALVES = re.compile("[\ud800-\udfff]")


@lru_cache(maxsize=256)
def java_pattern(pattern: str) -> JavaPattern:
    r"""Return the compiled form of a Java pattern, as `java.util.regex.Pattern.compile` of JDK 17 reads it.

    Raises `PatternError` for what Java refuses, and for `\X`, `\N{...}`, `\b{g}`, the flag `c`, and half a
    surrogate pair.

    >>> java_pattern(r"[a-z&&[^aeiou]]+").findall("regular")
    ['r', 'g', 'l', 'r']
    >>> java_pattern(r"\s*,\s*").split("a , b,,c,,")
    ['a', 'b', '', 'c']
    """
    return JavaPattern(pattern)


class JavaPattern:
    """Find, split and replace as `java.util.regex.Matcher` does.

    A text is what a Java string holds: two UTF-16 units for each character beyond U+FFFF. Java may cut
    between the two, and each half then reads `?`, as it does in the strings of Spark.
    """

    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        self._parsed = parse(pattern)
        self._never_empty = not nullable(self._parsed.root)
        self._has_bound = _has_bound(self._parsed.root)
        self._plain = _Compiled(self._parsed, capture=False)
        self._capturing = _Compiled(self._parsed, capture=True)

    def __repr__(self) -> str:
        return f"java_pattern({self.pattern!r})"

    def __reduce__(self) -> tuple[object, ...]:
        return java_pattern, (self.pattern,)

    @property
    def groups(self) -> int:
        """Return how many groups the pattern captures."""
        return self._parsed.groups

    def findall(self, text: str) -> list[str]:
        """Return all that matches, one after the other.

        >>> java_pattern("a*").findall("baa")
        ['', 'aa', '']
        """
        compiled = self._trusted(text, self._plain)
        if compiled is not None:
            if self._never_empty and not compiled.groups:
                return compiled.findall(text)
            return [text[start:end] for start, end in _spans(compiled, text)]
        units = _units(text)
        return [_text(units[bounds[0] : bounds[1]]) for bounds in self._machine.matches(units)]

    def split(self, text: str, limit: int = 0) -> list[str]:
        """Return what lies between the matches, as `Pattern.split(text, limit)` does.

        A limit above 0 is the most pieces; 0 leaves out empty pieces at the end, below 0 they stay.

        >>> java_pattern("o").split("boo:and:foo"), java_pattern("o").split("boo:and:foo", -1)
        (['b', '', ':and:f'], ['b', '', ':and:f', '', ''])
        """
        compiled = self._trusted(text, self._plain)
        if compiled is not None:
            if self._never_empty and not compiled.groups and limit != 1:
                return _trimmed(compiled.split(text, max(limit - 1, 0)), limit)
            return _split(text, _spans(compiled, text), limit)
        units = _units(text)
        spans = ((bounds[0], bounds[1]) for bounds in self._machine.matches(units))
        return [_text(piece) for piece in _split(units, spans, limit)]

    def occurs(self, text: str) -> bool:
        r"""Tell whether anything in the text matches, as `Matcher.find` does.

        >>> java_pattern("(?i)spark$").occurs("Apache Spark\n")
        True
        """
        compiled = self._trusted(text, self._plain)
        if compiled is not None:
            return compiled.search(text) is not None
        return next(self._machine.matches(_units(text)), None) is not None

    def search(self, text: str) -> Groups | None:
        r"""Return the first match and its groups, or None; a group that took no part is None.

        >>> java_pattern(r"(\d+)(a)?").search("x12")
        ('12', '12', None)
        """
        return next(self.finditer(text), None)

    def finditer(self, text: str) -> Iterator[Groups]:
        """Yield each match in turn, with its groups as `search` returns them.

        >>> list(java_pattern("(.)=(.)").finditer("a=1 b=2"))
        [('a=1', 'a', '1'), ('b=2', 'b', '2')]
        """
        for source, bounds in self._matches(text):
            yield tuple(
                None if start < 0 else _text(source[start:end])
                for start, end in zip(bounds[::2], bounds[1::2], strict=True)
            )

    def replace(self, text: str, replacement: str) -> str:
        r"""Return the text with each match replaced, as `Matcher.replaceAll` does.

        In the replacement `$1` and `${name}` stand for groups, and a backslash makes the next character
        literal. Raises `PatternError` for a replacement that Java refuses.

        >>> java_pattern("(?<word>[a-z]+)=(.)").replace("a=1 bc=2", "$2:${word}")
        '1:a 2:bc'
        """
        pieces: list[str] = []
        last, template, source = 0, None, text
        for source, bounds in self._matches(text):
            if template is None:
                template = self._template(replacement)
            pieces.append(source[last : bounds[0]])
            for part in template:
                if isinstance(part, str):
                    pieces.append(part)
                elif bounds[2 * part] >= 0:
                    pieces.append(source[bounds[2 * part] : bounds[2 * part + 1]])
            last = bounds[1]
        pieces.append(source[last:])
        return _text("".join(pieces))

    # --- which engine -----------------------------------------------------------------------------

    @cached_property
    def _machine(self) -> Machine:
        return Machine(self._parsed)

    def _trusted(self, text: str, compiled: _Compiled) -> re.Pattern[str] | None:
        """Return the pattern of `re` that finds in this text what Java finds, or None."""
        if text.isascii():
            return compiled.ascii
        if self._has_bound and _marks().search(text):
            return None
        if not _PAIRS.search(text):
            return compiled.units
        return None if _HALVES.search(text) else compiled.points

    def _matches(self, text: str) -> Iterator[tuple[str, list[int]]]:
        compiled = self._trusted(text, self._capturing)
        if compiled is None:
            units = _units(text)
            for bounds in self._machine.matches(units):
                yield units, bounds
        else:
            for match in _found(compiled, text):
                yield text, [place for span in match.regs for place in span]

    def _template(self, replacement: str) -> list[str | int]:
        parts: list[str | int] = []
        place = 0
        while place < len(replacement):
            char = replacement[place]
            place += 1
            if char == "\\":
                if place == len(replacement):
                    self._refuse("a replacement that ends with a backslash")
                parts.append(replacement[place])
                place += 1
            elif char == "$":
                group, place = self._group_of(replacement, place)
                parts.append(group)
            else:
                parts.append(char)
        return parts

    def _group_of(self, replacement: str, place: int) -> tuple[int, int]:
        if replacement.startswith("{", place):
            end = replacement.find("}", place)
            name = replacement[place + 1 : end] if end >= 0 else ""
            if name not in self._parsed.names:
                self._refuse(f"a replacement that names an unknown group {name}")
            return self._parsed.names[name], end + 1
        digits = re.compile("[0-9]*").match(replacement, place)
        text = digits[0] if digits else ""
        if not text or int(text[0]) > self.groups:
            self._refuse("a replacement with a $ that names no group")
        # As many digits belong to the number as make one of a group.
        taken = 1
        while taken < len(text) and int(text[: taken + 1]) <= self.groups:
            taken += 1
        return int(text[:taken]), place + taken

    def _refuse(self, problem: str) -> None:
        raise PatternError(self.pattern, problem)


class _Compiled:
    """The pattern for `re`, each form of it made when first needed; None where `re` cannot be trusted."""

    def __init__(self, parsed: Parsed, *, capture: bool) -> None:
        self._root, self._capture = parsed.root, capture

    @cached_property
    def ascii(self) -> re.Pattern[str] | None:
        """The pattern for ASCII text."""
        return self._compile(ASCII)

    @cached_property
    def units(self) -> re.Pattern[str] | None:
        """The pattern for text whose characters are all of one UTF-16 unit."""
        return self._compile(UNITS)

    @cached_property
    def points(self) -> re.Pattern[str] | None:
        """The pattern for any text without half a surrogate pair."""
        return self._compile(POINTS)

    def _compile(self, possible: CharSet) -> re.Pattern[str] | None:
        text = translate(self._root, possible=possible, capture=self._capture)
        return None if text is None else re.compile(text)


@lru_cache(maxsize=1)
def _marks() -> re.Pattern[str]:
    """Return what finds the combining marks, which Java's boundaries count to the letter before them."""
    ranges = category("Mn").ranges()
    return re.compile(f"[{''.join(f'{chr(first)}-{chr(last)}' for first, last in ranges)}]")


def _has_bound(node: Node) -> bool:
    match node:
        case Anchor():
            return node.where in ("bound", "no bound")
        case Sequence():
            return any(map(_has_bound, node.parts))
        case Alternatives():
            return any(map(_has_bound, node.options))
        case Group() | Atomic() | Look() | Repeat():
            return _has_bound(node.body)
        case _:
            return False


# --- texts ----------------------------------------------------------------------------------------


def _units(text: str) -> str:
    """Return a text with each UTF-16 unit a character of its own."""
    if not _PAIRS.search(text):
        return text
    data = text.encode("utf-16-le", "surrogatepass")
    return "".join(chr(data[place] | data[place + 1] << 8) for place in range(0, len(data), 2))


def _text(units: str) -> str:
    """Return units as text again; half a pair reads `?`, as Java writes it in UTF-8."""
    if units.isascii() or not _PAIRS.search(units):
        return units
    paired = units.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")
    return paired.encode("utf-8", "replace").decode("utf-8")


def _found(compiled: re.Pattern[str], text: str) -> Iterator[re.Match[str]]:
    """Yield the matches as Java does: after an empty one it goes on behind the next character."""
    place = 0
    while place <= len(text):
        match = compiled.search(text, place)
        if match is None:
            return
        yield match
        start, end = match.span()
        place = end + 1 if start == end else end


def _spans(compiled: re.Pattern[str], text: str) -> Iterator[tuple[int, int]]:
    return (match.span() for match in _found(compiled, text))


def _split(text: str, spans: Iterator[tuple[int, int]], limit: int) -> list[str]:
    pieces: list[str] = []
    last = 0
    for start, end in spans:
        if limit > 0 and len(pieces) == limit - 1:
            break
        if last == start == end == 0:
            # Nothing at the very start makes no empty piece.
            continue
        pieces.append(text[last:start])
        last = end
    if last == 0:
        return [text]
    pieces.append(text[last:])
    return _trimmed(pieces, limit)


def _trimmed(pieces: list[str], limit: int) -> list[str]:
    if limit == 0 and len(pieces) > 1:
        while pieces and not pieces[-1]:
            pieces.pop()
    return pieces
