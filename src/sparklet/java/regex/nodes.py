"""The syntax tree of a Java pattern, and the properties that Java computes of it before it matches."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from sparklet.java.regex.charset import CharSet

__all__ = [
    "MOST",
    "Alternatives",
    "Anchor",
    "Atomic",
    "BackReference",
    "Chars",
    "Group",
    "LineBreak",
    "Look",
    "Node",
    "Repeat",
    "Sequence",
    "Study",
    "study",
]

MOST = 0x7FFFFFFF
Where: TypeAlias = Literal[
    "begin", "end", "caret", "unix caret", "last match",
    "dollar", "dollar lines", "unix dollar", "unix dollar lines",
    "bound", "no bound", "unicode bound", "no unicode bound",
]  # fmt: skip
Kind: TypeAlias = Literal["greedy", "lazy", "possessive"]


@dataclass(frozen=True, slots=True)
class Chars:
    """One character of a set. `bmp`: Java reads one UTF-16 unit only, not a surrogate pair."""

    members: CharSet
    bmp: bool


@dataclass(frozen=True, slots=True)
class Anchor:
    """A condition on a position."""

    where: Where


@dataclass(frozen=True, slots=True)
class LineBreak:
    """A line break, `R` with a backslash."""


@dataclass(frozen=True, slots=True)
class BackReference:
    """The last match of a group."""

    group: int
    case: Literal["", "ascii", "unicode"]


@dataclass(frozen=True, slots=True)
class Sequence:
    """Consecutive parts."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Alternatives:
    """Alternatives, which are tried in order."""

    options: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """A group in parentheses; `index` is None for a non-capturing group."""

    body: Node
    index: int | None


@dataclass(frozen=True, slots=True)
class Atomic:
    """`(?>...)`: only the first match of the body is tried."""

    body: Node


@dataclass(frozen=True, slots=True)
class Look:
    """A lookahead or lookbehind; a lookbehind starts `shortest` to `longest` characters back."""

    body: Node
    behind: bool
    negated: bool
    shortest: int = 0
    longest: int = 0
    pairs: bool = False  # whether the lengths count characters, not UTF-16 units


@dataclass(slots=True)
class Repeat:
    """A part with a quantifier. `remembers`: Java records where an iteration failed, to fail early."""

    body: Node
    least: int
    most: int
    kind: Kind
    remembers: bool = field(default=False, compare=False)

    @property
    def way(self) -> Literal["branch", "loop", "atoms"]:
        """Return how Java repeats: as alternatives, as a loop that backtracks into its body, or by atoms."""
        if not isinstance(self.body, Group) or self.kind == "possessive":
            return "atoms"
        if self.is_question:
            return "branch"
        return "atoms" if study(self.body).deterministic else "loop"

    @property
    def is_question(self) -> bool:
        """Return whether this is `?` or `{0,1}`."""
        return self.least == 0 and self.most == 1


Node: TypeAlias = (
    Chars | Anchor | LineBreak | BackReference | Sequence | Alternatives | Group | Atomic | Look | Repeat
)


def _int32(value: int) -> int:
    return ((value & 0xFFFFFFFF) ^ 0x80000000) - 0x80000000


@dataclass(slots=True)
class Study:
    """The result of Java's `study`: lengths, whether the longest is known, and if the match is unique."""

    shortest: int = 0
    longest: int = 0
    bounded: bool = True
    deterministic: bool = True

    def add(self, shortest: int, longest: int) -> None:
        """Add a part of known lengths, with the overflow of Java's int, on which its lookbehind relies."""
        self.shortest = _int32(self.shortest + shortest)
        self.longest = _int32(self.longest + longest)


def study(node: Node) -> Study:
    """Return the study of a node."""
    result = Study()
    _study(node, result)
    return result


def _study(node: Node, result: Study) -> None:
    match node:
        case Chars():
            result.add(1, 1)
        case LineBreak():
            result.add(1, 2)
        case BackReference():
            result.bounded = False
        case Sequence():
            for part in node.parts:
                _study(part, result)
        case Group() | Atomic():
            _study(node.body, result)
        case Alternatives():
            each = [study(option) for option in node.options]
            result.add(min(one.shortest for one in each), max(one.longest for one in each))
            result.bounded = result.bounded and all(one.bounded for one in each)
            result.deterministic = False
        case Repeat():
            _study_repeat(node, result)
        case Anchor() | Look():
            pass


def _study_repeat(node: Repeat, result: Study) -> None:
    way, inner = node.way, study(node.body)
    if way == "loop":
        result.bounded = result.deterministic = False
    elif node.is_question:
        result.add(0, inner.longest)
        result.bounded = result.bounded and inner.bounded
        result.deterministic = False
    elif isinstance(node.body, Chars) and node.most == MOST and node.kind == "greedy":
        result.shortest = _int32(result.shortest + node.least)
        if result.bounded:
            result.longest = _int32(result.longest + MOST)
        result.deterministic = False
    else:
        shortest = _int32(inner.shortest * node.least + result.shortest)
        result.shortest = 0xFFFFFFF if shortest < result.shortest else shortest
        result.bounded = result.bounded and inner.bounded
        if result.bounded:
            longest = _int32(inner.longest * node.most + result.longest)
            result.bounded = longest >= result.longest
            result.longest = longest
        result.deterministic = result.deterministic and inner.deterministic and node.least == node.most
