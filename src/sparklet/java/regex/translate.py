"""Translate a Java pattern to a pattern of Python's `re` when both are certain to match the same."""

from __future__ import annotations

from dataclasses import dataclass

from sparklet.java.regex.charset import CharSet
from sparklet.java.regex.nodes import (
    MOST,
    Alternatives,
    Anchor,
    Atomic,
    BackReference,
    Chars,
    Group,
    LineBreak,
    Look,
    Node,
    Repeat,
    Sequence,
)
from sparklet.java.regex.properties import category, word_or_mark

__all__ = ["ASCII", "POINTS", "UNITS", "nullable", "translate"]

ASCII = CharSet.of((0, 0x7F))
# The characters of a text: those of one UTF-16 unit, or all characters; never lone surrogates.
UNITS = CharSet.of((0, 0xD7FF), (0xE000, 0xFFFF))
POINTS = UNITS | CharSet.of((0x10000, 0x10FFFF))
SURROGATES = CharSet.of((0xD800, 0xDFFF))
BREAK = r"[\n\x0b\x0c\r\x85\u2028\u2029]"
ANCHORS = {
    "begin": r"\A",
    "end": r"\Z",
    "caret": r"(?!\Z)(?:\A|(?<=[\n\x85\u2028\u2029])|(?<=\r)(?!\n))",
    "unix caret": r"(?!\Z)(?:\A|(?<=\n))",
    "dollar": r"(?=(?:\r\n|(?<!\r)\n|[\r\x85\u2028\u2029])?\Z)",
    "dollar lines": r"(?=(?<!\r)\n|[\r\x85\u2028\u2029]|\Z)",
    "unix dollar": r"(?=\n?\Z)",
    "unix dollar lines": r"(?=\n|\Z)",
}


class Untranslatable(Exception):  # noqa: N818 - a control flow exception, not an error
    """Raised for a part that `re` may match differently from Java."""


def translate(root: Node, *, possible: CharSet, capture: bool) -> str | None:
    """Return a pattern of `re`, or None when its matches may differ from Java's.

    The pattern is right for text of `possible` characters (`ASCII`, `UNITS` or `POINTS`), and where it has a
    boundary, for text without combining marks. `capture` keeps all groups; otherwise only those are kept that
    the pattern itself refers to.

    With `POINTS`, a pattern that Java could match from the middle of a surrogate pair gives None: one that
    may match nothing, because Java then goes on behind the next UTF-16 unit, and one with a lookbehind, which
    counts back in units.
    """
    facts = _Facts(root)
    if (capture and facts.uncertain) or (possible is POINTS and (facts.looks_behind or nullable(root))):
        return None
    translator = _Translator(possible, None if capture else facts.referred, facts.uncertain)
    try:
        return translator.text(root)
    except Untranslatable:
        return None


class _Facts:
    """The groups with back references, and the groups whose captures in Java may differ from `re`."""

    def __init__(self, root: Node) -> None:
        self.referred: set[int] = set()
        self.uncertain: set[int] = set()
        self.looks_behind = False
        self._visit(root, certain=True)

    def _visit(self, node: Node, *, certain: bool) -> None:
        match node:
            case Sequence():
                for part in node.parts:
                    self._visit(part, certain=certain)
            case Alternatives():
                for option in node.options:
                    self._visit(option, certain=certain)
            case Group():
                if node.index is not None and not certain:
                    self.uncertain.add(node.index)
                self._visit(node.body, certain=certain)
            case Repeat():
                self._visit(node.body, certain=certain and node.way == "branch")
            case Atomic() | Look():
                self.looks_behind |= isinstance(node, Look) and node.behind
                self._visit(node.body, certain=False)
            case BackReference():
                self.referred.add(node.group)
            case Chars() | Anchor() | LineBreak():
                pass


@dataclass
class _Translator:
    possible: CharSet
    kept: set[int] | None
    uncertain: set[int]

    def __post_init__(self) -> None:
        self.numbers: dict[int, int] = {}
        self.closed: set[int] = set()

    def text(self, node: Node, *, one_way: bool = False) -> str:
        """Return the text of a part; `one_way` is set inside parts into which Java never backtracks."""
        match node:
            case Chars():
                return self.characters(node)
            case Sequence():
                return "".join(self.text(part, one_way=one_way) for part in node.parts)
            case Alternatives():
                return f"(?:{'|'.join(self.text(option, one_way=one_way) for option in node.options)})"
            case Group():
                return self.group(node, one_way)
            case Repeat():
                return self.repeat(node, one_way)
            case Anchor():
                return self.anchor(node)
            case LineBreak():
                if one_way:
                    raise Untranslatable
                return rf"(?:\r\n|{BREAK})"
            case Look():
                return self.look(node)
            case BackReference():
                if node.case or node.group not in self.closed or node.group in self.uncertain:
                    raise Untranslatable
                return rf"(?:\{self.numbers[node.group]})"
            case Atomic():
                raise Untranslatable

    def group(self, node: Group, one_way: bool) -> str:
        if node.index is None or (self.kept is not None and node.index not in self.kept):
            return f"(?:{self.text(node.body, one_way=one_way)})"
        self.numbers[node.index] = len(self.numbers) + 1
        text = f"({self.text(node.body, one_way=one_way)})"
        self.closed.add(node.index)
        return text

    def repeat(self, node: Repeat, one_way: bool) -> str:
        body, way = node.body, node.way
        count = "{" + str(node.least) + "," + ("" if node.most == MOST else str(node.most)) + "}"
        if isinstance(body, Chars):
            mark = {"greedy": "", "lazy": "?", "possessive": "+"}[node.kind]
            return self.characters(body) + count + mark
        if way == "branch":
            text = self.text(body, one_way=one_way)
            return f"(?:{text}|)" if node.kind == "greedy" else f"(?:|{text})"
        if node.kind == "possessive" or nullable(body):
            # Java and `re` stop loops with empty matches in different ways.
            raise Untranslatable
        text = self.text(body, one_way=one_way or way == "atoms")
        return f"(?:{text}){count}" + ("?" if node.kind == "lazy" else "")

    def anchor(self, node: Anchor) -> str:
        where = node.where
        if where in ANCHORS:
            return ANCHORS[where]
        if where == "last match":
            raise Untranslatable
        if self.possible is ASCII and not where.startswith("no"):
            return r"(?a:\b)"
        members = word_or_mark() if "unicode" in where else category("L Nd") | CharSet.of("_")
        word = self.chars(members)
        if where.startswith("no"):
            # Before Python 3.14, \B does not match in an empty text.
            return f"(?:(?<={word})(?={word})|(?<!{word})(?!{word}))"
        return f"(?:(?<={word})(?!{word})|(?<!{word})(?={word}))"

    def look(self, node: Look) -> str:
        if node.behind and _width(node.body) is None:
            raise Untranslatable
        text = self.text(node.body)
        return f"(?{'<' if node.behind else ''}{'!' if node.negated else '='}{text})"

    def characters(self, node: Chars) -> str:
        if self.possible is POINTS and node.bmp and node.members & SURROGATES:
            raise Untranslatable  # it matches a lone surrogate
        return self.chars(node.members)

    def chars(self, members: CharSet) -> str:
        inside, outside = (members & self.possible).ranges(), (self.possible - members).ranges()
        if not inside:
            return r"[^\s\S]"
        if not outside:
            return r"[\s\S]"
        if len(inside) == 1 and inside[0][0] == inside[0][1]:
            return _escaped(inside[0][0])
        if len(outside) < len(inside):
            return f"[^{''.join(map(_range_text, outside))}]"
        return f"[{''.join(map(_range_text, inside))}]"


def _escaped(char: int) -> str:
    text = chr(char)
    if text.isascii() and text.isalnum():
        return text
    return f"\\u{char:04x}" if char <= 0xFFFF else f"\\U{char:08x}"


def _range_text(ends: tuple[int, int]) -> str:
    first, last = ends
    if first == last:
        return _escaped(first)
    return f"{_escaped(first)}{'-' if last > first + 1 else ''}{_escaped(last)}"


def nullable(node: Node) -> bool:
    """Return whether a part may match the empty string; True when uncertain."""
    match node:
        case Chars() | LineBreak():
            return False
        case Sequence():
            return all(map(nullable, node.parts))
        case Alternatives():
            return any(map(nullable, node.options))
        case Group() | Atomic():
            return nullable(node.body)
        case Repeat():
            return node.least == 0 or nullable(node.body)
        case Anchor() | Look() | BackReference():
            return True


def _width(node: Node) -> int | None:
    """Return the fixed number of characters that a part matches, or None."""
    match node:
        case Chars():
            return 1
        case Anchor() | Look():
            return 0
        case Sequence():
            widths = [_width(part) for part in node.parts]
            known = [width for width in widths if width is not None]
            if len(known) < len(widths):
                return None
            total = 0
            for width in known:
                total += width
            return total
        case Alternatives():
            options = {_width(option) for option in node.options}
            return options.pop() if len(options) == 1 else None
        case Group():
            return _width(node.body)
        case Repeat():
            once = _width(node.body)
            return once * node.least if once is not None and node.least == node.most else None
        case LineBreak() | BackReference() | Atomic():
            return None
