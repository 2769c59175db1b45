"""The parts of a Java pattern, and the facts that Java finds out about them before it matches."""

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
    """One character of a set. `bmp`: Java looks at one UTF-16 unit only, not at a surrogate pair."""

    members: CharSet
    bmp: bool


@dataclass(frozen=True, slots=True)
class Anchor:
    """A condition on a place."""

    where: Where


@dataclass(frozen=True, slots=True)
class LineBreak:
    """A line break, `R` with a backslash."""


@dataclass(frozen=True, slots=True)
class BackReference:
    """What a group matched last."""

    group: int
    case: Literal["", "ascii", "unicode"]


@dataclass(frozen=True, slots=True)
class Sequence:
    """Parts in a row."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Alternatives:
    """The first option that lets the rest match."""

    options: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """A part in brackets; `index` is None where nothing is captured."""

    body: Node
    index: int | None


@dataclass(frozen=True, slots=True)
class Atomic:
    """`(?>...)`: what it matched first is all it matches."""

    body: Node


@dataclass(frozen=True, slots=True)
class Look:
    """A condition on what follows or precedes; behind, it starts `shortest` to `longest` back."""

    body: Node
    behind: bool
    negated: bool
    shortest: int = 0
    longest: int = 0
    pairs: bool = False  # whether characters are counted, not UTF-16 units


@dataclass(slots=True)
class Repeat:
    """A part with a quantifier. `remembers`: Java notes where another round has failed, to fail fast."""

    body: Node
    least: int
    most: int
    kind: Kind
    remembers: bool = field(default=False, compare=False)

    @property
    def way(self) -> Literal["branch", "loop", "atoms"]:
        """Return how Java repeats: as alternatives, as a loop that comes back into its body, or by atoms."""
        if not isinstance(self.body, Group) or self.kind == "possessive":
            return "atoms"
        if self.is_question:
            return "branch"
        return "atoms" if study(self.body).deterministic else "loop"

    @property
    def is_question(self) -> bool:
        """Tell whether this is `?` or `{0,1}`."""
        return self.least == 0 and self.most == 1


Node: TypeAlias = (
    Chars | Anchor | LineBreak | BackReference | Sequence | Alternatives | Group | Atomic | Look | Repeat
)


def _int32(value: int) -> int:
    return ((value & 0xFFFFFFFF) ^ 0x80000000) - 0x80000000


@dataclass(slots=True)
class Study:
    """What Java's `study` finds: lengths in characters, whether the longest is known, if there is one way."""

    shortest: int = 0
    longest: int = 0
    bounded: bool = True
    deterministic: bool = True

    def add(self, shortest: int, longest: int) -> None:
        """Count a part of known lengths; where Java's int overflows, its lookbehind goes by that."""
        self.shortest = _int32(self.shortest + shortest)
        self.longest = _int32(self.longest + longest)


def study(node: Node) -> Study:
    """Return the facts of a part."""
    found = Study()
    _study(node, found)
    return found


def _study(node: Node, found: Study) -> None:
    match node:
        case Chars():
            found.add(1, 1)
        case LineBreak():
            found.add(1, 2)
        case BackReference():
            found.bounded = False
        case Sequence():
            for part in node.parts:
                _study(part, found)
        case Group() | Atomic():
            _study(node.body, found)
        case Alternatives():
            each = [study(option) for option in node.options]
            found.add(min(one.shortest for one in each), max(one.longest for one in each))
            found.bounded = found.bounded and all(one.bounded for one in each)
            found.deterministic = False
        case Repeat():
            _study_repeat(node, found)
        case Anchor() | Look():
            pass


def _study_repeat(node: Repeat, found: Study) -> None:
    way, inner = node.way, study(node.body)
    if way == "loop":
        found.bounded = found.deterministic = False
    elif node.is_question:
        found.add(0, inner.longest)
        found.bounded = found.bounded and inner.bounded
        found.deterministic = False
    elif isinstance(node.body, Chars) and node.most == MOST and node.kind == "greedy":
        found.shortest = _int32(found.shortest + node.least)
        if found.bounded:
            found.longest = _int32(found.longest + MOST)
        found.deterministic = False
    else:
        shortest = _int32(inner.shortest * node.least + found.shortest)
        found.shortest = 0xFFFFFFF if shortest < found.shortest else shortest
        found.bounded = found.bounded and inner.bounded
        if found.bounded:
            longest = _int32(inner.longest * node.most + found.longest)
            found.bounded = longest >= found.longest
            found.longest = longest
        found.deterministic = found.deterministic and inner.deterministic and node.least == node.most
