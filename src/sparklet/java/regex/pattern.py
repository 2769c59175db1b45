"""Java's regular expressions, compiled once; they use Python's `re` when both match the same text."""

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
    r"""Return the compiled form of a Java pattern, as `java.util.regex.Pattern.compile` of JDK 17 does.

    Raises `PatternError` for a pattern that Java refuses, and for `\X`, `\N{...}`, `\b{g}`, the flag `c` and
    a lone surrogate.

    >>> java_pattern(r"[a-z&&[^aeiou]]+").findall("regular")
    ['r', 'g', 'l', 'r']
    >>> java_pattern(r"\s*,\s*").split("a , b,,c,,")
    ['a', 'b', '', 'c']
    """
    return JavaPattern(pattern)


class JavaPattern:
    """Find, split and replace as `java.util.regex.Matcher` does.

    As in a Java string, a character beyond U+FFFF is two UTF-16 units. Java may split a text between the two;
    each half then becomes `?`, as in the strings of Spark.
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
        """Return the number of capturing groups."""
        return self._parsed.groups

    def findall(self, text: str) -> list[str]:
        """Return the texts of all matches.

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
        """Return the parts of the text between the matches, as `Pattern.split(text, limit)` does.

        A positive limit is the largest number of parts; 0 removes empty parts at the end, a negative limit
        keeps them.

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
        r"""Return whether the pattern matches anywhere in the text, as `Matcher.find` does.

        >>> java_pattern("(?i)spark$").occurs("Apache Spark\n")
        True
        """
        compiled = self._trusted(text, self._plain)
        if compiled is not None:
            return compiled.search(text) is not None
        return next(self._machine.matches(_units(text)), None) is not None

    def search(self, text: str) -> Groups | None:
        r"""Return the first match and its groups, or None; a group without a match is None.

        >>> java_pattern(r"(\d+)(a)?").search("x12")
        ('12', '12', None)
        """
        return next(self.finditer(text), None)

    def before(self, text: str) -> str | None:
        r"""Return what stands before the first match, None without a match.

        >>> java_pattern("b").before("ab"), java_pattern("b").before("a")
        ('a', None)
        """
        for source, bounds in self._matches(text):
            return _text(source[: bounds[0]])
        return None

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

    # --- the choice of `re` or the machine --------------------------------------------------------

    @cached_property
    def _machine(self) -> Machine:
        return Machine(self._parsed)

    def _trusted(self, text: str, compiled: _Compiled) -> re.Pattern[str] | None:
        """Return the pattern of `re` that has the same matches in this text as Java, or None."""
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
            for match in _matches_of(compiled, text):
                yield text, [bound for span in match.regs for bound in span]

    def _template(self, replacement: str) -> list[str | int]:
        parts: list[str | int] = []
        offset = 0
        while offset < len(replacement):
            char = replacement[offset]
            offset += 1
            if char == "\\":
                if offset == len(replacement):
                    self._refuse("a replacement that ends with a backslash")
                parts.append(replacement[offset])
                offset += 1
            elif char == "$":
                group, offset = self._group_of(replacement, offset)
                parts.append(group)
            else:
                parts.append(char)
        return parts

    def _group_of(self, replacement: str, offset: int) -> tuple[int, int]:
        if replacement.startswith("{", offset):
            end = replacement.find("}", offset)
            name = replacement[offset + 1 : end] if end >= 0 else ""
            if name not in self._parsed.names:
                self._refuse(f"a replacement that names an unknown group {name}")
            return self._parsed.names[name], end + 1
        digits = re.compile("[0-9]*").match(replacement, offset)
        text = digits[0] if digits else ""
        if not text or int(text[0]) > self.groups:
            self._refuse("a replacement with a $ that names no group")
        # The number of a group has as many digits as possible.
        taken = 1
        while taken < len(text) and int(text[: taken + 1]) <= self.groups:
            taken += 1
        return int(text[:taken]), offset + taken

    def _refuse(self, problem: str) -> None:
        raise PatternError(self.pattern, problem)


class _Compiled:
    """The pattern for `re`, compiled on demand for each kind of text; None when `re` may differ from Java."""

    def __init__(self, parsed: Parsed, *, capture: bool) -> None:
        self._root, self._capture = parsed.root, capture

    @cached_property
    def ascii(self) -> re.Pattern[str] | None:
        """The pattern for ASCII text."""
        return self._compile(ASCII)

    @cached_property
    def units(self) -> re.Pattern[str] | None:
        """The pattern for text whose characters all have one UTF-16 unit."""
        return self._compile(UNITS)

    @cached_property
    def points(self) -> re.Pattern[str] | None:
        """The pattern for any text without lone surrogates."""
        return self._compile(POINTS)

    def _compile(self, possible: CharSet) -> re.Pattern[str] | None:
        text = translate(self._root, possible=possible, capture=self._capture)
        return None if text is None else re.compile(text)


@lru_cache(maxsize=1)
def _marks() -> re.Pattern[str]:
    """Return the pattern of combining marks, which Java's boundaries treat as part of the letter before."""
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
    """Return a text in which each character is one UTF-16 unit."""
    if not _PAIRS.search(text):
        return text
    data = text.encode("utf-16-le", "surrogatepass")
    return "".join(chr(data[offset] | data[offset + 1] << 8) for offset in range(0, len(data), 2))


def _text(units: str) -> str:
    """Return the text of UTF-16 units; a lone surrogate becomes `?`, as in Java's UTF-8."""
    if units.isascii() or not _PAIRS.search(units):
        return units
    paired = units.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")
    return paired.encode("utf-8", "replace").decode("utf-8")


def _matches_of(compiled: re.Pattern[str], text: str) -> Iterator[re.Match[str]]:
    """Yield the matches as Java does: after an empty match the search continues one character later."""
    offset = 0
    while offset <= len(text):
        match = compiled.search(text, offset)
        if match is None:
            return
        yield match
        start, end = match.span()
        offset = end + 1 if start == end else end


def _spans(compiled: re.Pattern[str], text: str) -> Iterator[tuple[int, int]]:
    return (match.span() for match in _matches_of(compiled, text))


def _split(text: str, spans: Iterator[tuple[int, int]], limit: int) -> list[str]:
    pieces: list[str] = []
    last = 0
    for start, end in spans:
        if limit > 0 and len(pieces) == limit - 1:
            break
        if last == start == end == 0:
            # An empty match at the start does not create an empty part.
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
