"""A parser for the patterns of `java.util.regex.Pattern` (JDK 17), which follows the JDK's parser."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal, NoReturn

from sparklet.errors import PatternError
from sparklet.java.regex import properties
from sparklet.java.regex.charset import ALL, CharSet
from sparklet.java.regex.nodes import (
    MOST,
    Alternatives,
    Anchor,
    Atomic,
    BackReference,
    Chars,
    Group,
    Kind,
    LineBreak,
    Look,
    Node,
    Repeat,
    Sequence,
    Where,
    study,
)
from sparklet.java.regex.properties import Class

__all__ = ["Parsed", "parse"]

END = ""
SPACES = " \t\n\x0b\f\r"
LINE_ENDS = "\n\r\u0085\u2028\u2029"
DOT, UNIX_DOT = ~CharSet.of(LINE_ENDS), ~CharSet.of("\n")
QUANTIFIERS, STARTERS = "*+?{", "$.^([|)"
# Letters that escape one character, and letters that name a class: the class, and its variant under (?U).
CONTROLS = {"a": "\a", "e": "\x1b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
CLASSES = {
    "d": properties.DIGIT,
    "s": properties.SPACE,
    "w": properties.WORD,
    "h": properties.HORIZONTAL,
    "v": properties.VERTICAL,
}
UNICODE_CLASSES = {
    "d": lambda: properties.category("Nd"),
    "s": properties.white_space,
    "w": properties.word_or_mark,
}
# Letters in a class under (?iu) with case variants beyond Latin-1.
FAR_PARTNERS = frozenset("\xff\xb5IiSsKk\xc5\xe5")
ASCII_DIGITS, ASCII_HEX = "0123456789", "0123456789abcdefABCDEF"
MOST_DEPTH = 100


@dataclass(frozen=True, slots=True)
class Flags:
    """The flags that are active at one position of a pattern."""

    ignore_case: bool = False
    lines: bool = False
    dot_all: bool = False
    unix_lines: bool = False
    unicode_case: bool = False
    comments: bool = False
    unicode_classes: bool = False


FLAG_NAMES = {
    "i": ("ignore_case",),
    "m": ("lines",),
    "s": ("dot_all",),
    "d": ("unix_lines",),
    "u": ("unicode_case",),
    "x": ("comments",),
    "U": ("unicode_classes", "unicode_case"),
}


@dataclass(frozen=True, slots=True)
class Parsed:
    """The syntax tree of a pattern. `pairs`: Java's search never starts inside a surrogate pair."""

    root: Node
    groups: int
    names: dict[str, int]
    pairs: bool


def parse(pattern: str) -> Parsed:
    """Return the tree of a Java pattern.

    Raises `PatternError` for what the JDK does not compile, and for what is not supported.
    """
    return _Parser(pattern).parse()


def _is_supplementary(char: str) -> bool:
    return char > "\uffff" or "\ud800" <= char <= "\udfff"


def _unquoted(pattern: str) -> str:
    r"""Return the pattern with `\Q...\E` replaced by escapes."""
    result: list[str] = []
    position = pattern.find("\\")
    if position < 0 or "\\Q" not in pattern:
        return pattern
    position, quoted, first = 0, False, False
    while position < len(pattern):
        char = pattern[position]
        position += 1
        following = pattern[position : position + 1]
        if char == "\\" and following == ("E" if quoted else "Q"):
            quoted = first = not quoted
            position += 1
            continue
        if char == "\\" and not quoted:
            result.append(char + following)
            position += 1
        elif quoted and char in ASCII_DIGITS:
            # An escape before the quote must not include the digits of the quote.
            result.append(f"\\x3{char}" if first else char)
        elif quoted and char < "\x80" and not char.isalpha():
            result.append("\\" + char)
        else:
            result.append(char)
        first = False
    return "".join(result)


class _Parser:
    def __init__(self, pattern: str) -> None:
        self._pattern = pattern
        self._text = _unquoted(pattern)
        self._position = 0
        self._flags = Flags()
        self._depth = 0
        self._groups = 1
        self._names: dict[str, int] = {}
        self._refers = False
        # Greedy loops outside all other repetitions.
        self._loops: list[Repeat] = []
        self._pairs = any(map(_is_supplementary, pattern))

    def parse(self) -> Parsed:
        if any("\ud800" <= char <= "\udfff" for char in self._pattern):
            self._fail("half a surrogate pair, which is not supported")
        root = self._alternatives()
        if self._peek() == ")":
            self._fail("an unmatched closing bracket")
        if not self._refers:
            for loop in self._loops:
                loop.remembers = True
        return Parsed(root, self._groups - 1, self._names, self._pairs)

    def _fail(self, problem: str) -> NoReturn:
        raise PatternError(self._pattern, problem)

    # --- characters -------------------------------------------------------------------------------

    def _at(self, position: int) -> str:
        return self._text[position : position + 1]

    def _skip_comments(self) -> None:
        if not self._flags.comments:
            return
        ends = "\n" if self._flags.unix_lines else LINE_ENDS
        while (char := self._at(self._position)) and (char in SPACES or char == "#"):
            if char == "#":
                while self._at(self._position) and self._at(self._position) not in ends:
                    self._position += 1
            else:
                self._position += 1

    def _peek(self) -> str:
        """Return the next character without consuming it, or an empty string at the end."""
        self._skip_comments()
        return self._at(self._position)

    def _next(self) -> str:
        """Consume a character and return the following one."""
        self._position += 1
        return self._peek()

    def _read(self) -> str:
        """Consume and return the next character."""
        self._skip_comments()
        return self._take()

    def _take(self) -> str:
        """Consume and return the next character, even in a comment."""
        char = self._at(self._position)
        self._position += 1
        return char

    # --- structure --------------------------------------------------------------------------------

    def _alternatives(self) -> Node:
        self._depth += 1
        if self._depth > MOST_DEPTH:
            self._fail(f"groups nested deeper than {MOST_DEPTH}")
        options = [self._sequence()]
        while self._peek() == "|":
            self._next()
            options.append(self._sequence())
        self._depth -= 1
        return options[0] if len(options) == 1 else Alternatives(tuple(options))

    def _sequence(self) -> Node:
        parts: list[Node] = []
        while True:
            char = self._peek()
            if char in (END, "|", ")"):
                break
            if char == "(":
                group = self._group()
                if group is not None:
                    parts.append(group)
                continue
            if char in "?*+":
                self._fail(f"a dangling {char}")
            parts.append(self._closure(self._part(char)))
        return parts[0] if len(parts) == 1 else Sequence(tuple(parts))

    def _part(self, char: str) -> Node:
        flags = self._flags
        if char == "[":
            return self._chars(self._class(consume=True))
        if char == "^":
            self._next()
            return Anchor(("unix caret" if flags.unix_lines else "caret") if flags.lines else "begin")
        if char == "$":
            self._next()
            return self._dollar(flags.lines)
        if char == ".":
            self._next()
            # Java does not record here that the set contains characters beyond U+FFFF.
            return Chars(ALL if flags.dot_all else UNIX_DOT if flags.unix_lines else DOT, bmp=False)
        return self._atom()

    def _dollar(self, lines: bool) -> Anchor:
        kind: Where = "unix dollar" if self._flags.unix_lines else "dollar"
        return Anchor(("unix dollar lines" if kind == "unix dollar" else "dollar lines") if lines else kind)

    def _chars(self, class_: Class) -> Chars:
        members, bmp = class_
        self._pairs = self._pairs or not bmp
        return Chars(members, bmp)

    def _atom(self) -> Node:
        """Parse consecutive literal characters; a quantifier applies only to the last one."""
        literal = ""
        before = self._position
        char = self._peek()
        while char not in (END, *STARTERS):
            if char in QUANTIFIERS:
                if len(literal) > 1:
                    self._position = before
                    literal = literal[:-1]
                break
            if char == "\\":
                kind = self._at(self._position + 1)
                if kind in ("p", "P"):
                    if literal:
                        break
                    self._position += 1
                    return self._chars(self._property())
                before = self._position
                part = self._escape(inside=False, ranged=False)
                if not isinstance(part, str):
                    if literal:
                        self._position = before
                        break
                    return self._chars(part) if isinstance(part, tuple) else part
                literal += part
                char = self._peek()
            else:
                before = self._position
                literal += char
                char = self._next()
        if len(literal) == 1:
            return self._chars(self._single(literal))
        return Sequence(tuple(self._slice(literal)))

    def _slice(self, literal: str) -> list[Node]:
        """Return consecutive characters, which Java compares differently from a single character."""
        flags, bmp = self._flags, not any(map(_is_supplementary, literal))
        if flags.ignore_case and flags.unicode_case:
            lowers = [properties.to_lower(properties.to_upper(ord(char))) for char in literal]
            return [Chars(properties.folded().get(lower, CharSet.of(lower)), bmp) for lower in lowers]
        if flags.ignore_case:
            return [Chars(_both_cases(char), bmp) for char in literal]
        return [Chars(CharSet.of(char), bmp) for char in literal]

    def _single(self, char: str) -> Class:
        code = ord(char)
        if self._flags.ignore_case:
            if self._flags.unicode_case:
                upper = properties.to_upper(code)
                lower = properties.to_lower(upper)
                if upper != lower:
                    return properties.folded()[lower], False
            elif char < "\x80":
                return _both_cases(char), True
        return CharSet.of(code), not _is_supplementary(char)

    # --- groups -----------------------------------------------------------------------------------

    def _group(self) -> Node | None:
        """Parse a group with its quantifier; return None for `(?i)`, active to the end of the outer group."""
        saved, outer_loops = self._flags, len(self._loops)
        char = self._next()
        if char != "?":
            group: Node = self._capturing()
        else:
            self._position += 1
            kind = self._take()
            if kind == ":":
                group = Group(self._alternatives(), None)
            elif kind in ("=", "!"):
                group = Look(Group(self._alternatives(), None), behind=False, negated=kind == "!")
            elif kind == ">":
                group = Atomic(Group(self._alternatives(), None))
            elif kind == "<":
                group = self._named_or_behind(outer_loops)
            else:
                self._position -= 1
                self._read_flags()
                kind = self._read()
                if kind == ")":
                    return None
                if kind != ":":
                    self._fail("an unknown inline flag or kind of group")
                group = Group(self._alternatives(), None)
        if self._read() != ")":
            self._fail("an unclosed group")
        self._flags = saved
        repeated = self._closure(group)
        if isinstance(repeated, Repeat) and isinstance(group, Group):
            del self._loops[outer_loops:]
            if repeated.way == "loop" and repeated.kind == "greedy" and repeated.most == MOST:
                self._loops.append(repeated)
        return repeated

    def _capturing(self, name: str | None = None) -> Group:
        index = self._groups
        self._groups += 1
        if name is not None:
            self._names[name] = index
        return Group(self._alternatives(), index)

    def _named_or_behind(self, outer_loops: int) -> Node:
        kind = self._read()
        if kind not in ("=", "!"):
            name = self._group_name(kind)
            if name in self._names:
                self._fail(f"two groups named {name}")
            return self._capturing(name)
        start = self._position
        body = Group(self._alternatives(), None)
        lengths = study(body)
        if not lengths.bounded:
            self._fail("a lookbehind without an obvious longest length")
        del self._loops[outer_loops:]
        pairs = any(map(_is_supplementary, self._text[start:]))
        return Look(body, True, kind == "!", lengths.shortest, lengths.longest, pairs)

    def _group_name(self, char: str) -> str:
        if not (char.isascii() and char.isalpha()):
            self._fail("a group's name that does not start with a Latin letter")
        name = ""
        while char.isascii() and char.isalnum():
            name += char
            char = self._read()
        if char != ">":
            self._fail("a group's name without a closing >")
        return name

    def _read_flags(self) -> None:
        value = True
        while True:
            char = self._peek()
            if char == "-" and value:
                value = False
            elif char == "c":
                self._fail("the flag c (CANON_EQ), which is not supported")
            elif char in FLAG_NAMES:
                self._flags = replace(self._flags, **dict.fromkeys(FLAG_NAMES[char], value))
            else:
                return
            self._position += 1

    # --- quantifiers ------------------------------------------------------------------------------

    def _closure(self, part: Node) -> Node:
        char = self._peek()
        if char not in ("?", "*", "+", "{"):
            return part
        if char != "{":
            least, most = {"?": (0, 1), "*": (0, MOST), "+": (1, MOST)}[char]
            return Repeat(part, least, most, self._kind())
        self._position += 1
        char = self._take()
        if char not in ASCII_DIGITS or not char:
            self._fail("a { that starts no quantifier")
        least, char = self._count(char)
        most = least
        if char == ",":
            char = self._read()
            most = MOST
            if char != "}":
                most, char = self._count(char) if char and char in ASCII_DIGITS else (0, char)
        if char != "}":
            self._fail("an unclosed {")
        if most < least:
            self._fail("a quantifier whose most is less than its least")
        self._position -= 1
        return Repeat(part, least, most, self._kind())

    def _count(self, char: str) -> tuple[int, str]:
        digits = ""
        while char and char in ASCII_DIGITS:
            digits += char
            char = self._read()
        if len(digits.lstrip("0")) > len(str(MOST)) or int(digits) > MOST:
            self._fail("a quantifier beyond the range of int")
        return int(digits), char

    def _kind(self) -> Kind:
        char = self._next()
        if char in ("?", "+"):
            self._next()
        return "lazy" if char == "?" else "possessive" if char == "+" else "greedy"

    # --- escapes ----------------------------------------------------------------------------------

    def _escape(self, *, inside: bool, ranged: bool) -> str | Class | Node:
        """Parse an escape, `inside` a class or not; return a character, a class or a part of another kind."""
        self._position += 1
        kind = self._take()
        unicode = self._flags.unicode_classes
        if kind in CONTROLS:
            return CONTROLS[kind]
        if kind == "v" and ranged:
            return "\x0b"
        if kind.lower() in CLASSES and kind:
            bmp = not (unicode and kind.lower() in UNICODE_CLASSES)
            members = CLASSES[kind.lower()] if bmp else UNICODE_CLASSES[kind.lower()]()
            return (~members, False) if kind.isupper() else (members, bmp)
        if kind in ("0", "x", "u", "c"):
            return self._coded(kind)
        if not inside and (part := self._special(kind)) is not None:
            return part
        if not kind or (kind.isascii() and kind.isalnum()):
            known = kind in ("X", "N")
            self._fail(
                f"the escape \\{kind}, which is not supported" if known else f"an illegal escape \\{kind}"
            )
        return kind

    def _special(self, kind: str) -> Node | None:
        unicode = self._flags.unicode_classes
        if kind and kind in "123456789":
            return self._numbered(int(kind))
        if kind == "A":
            return Anchor("begin")
        if kind == "z":
            return Anchor("end")
        if kind == "Z":
            return self._dollar(lines=False)
        if kind == "G":
            return Anchor("last match")
        if kind == "R":
            return LineBreak()
        if kind == "B":
            return Anchor("no unicode bound" if unicode else "no bound")
        if kind == "b":
            if self._peek() == "{" and self._at(self._position + 1) == "g":
                self._fail("the escape \\b{g}, which is not supported")
            return Anchor("unicode bound" if unicode else "bound")
        if kind == "k":
            if self._read() != "<":
                self._fail("a \\k without a name")
            name = self._group_name(self._read())
            if name not in self._names:
                self._fail(f"a reference to an unknown group {name}")
            return self._reference(self._names[name])
        return None

    def _numbered(self, number: int) -> Node:
        # A further digit belongs to the number if a group with that number exists already.
        while (char := self._peek()) and char in ASCII_DIGITS and number * 10 + int(char) < self._groups:
            number = number * 10 + int(char)
            self._read()
        return self._reference(number)

    def _reference(self, group: int) -> Node:
        self._refers = True
        case: Literal["", "ascii", "unicode"] = ""
        if self._flags.ignore_case:
            case = "unicode" if self._flags.unicode_case else "ascii"
        return BackReference(group, case)

    def _coded(self, kind: str) -> str:
        if kind == "c":
            char = self._read()
            if not char:
                self._fail("an illegal control escape")
            return chr(ord(char) ^ 64)
        if kind == "0":
            return self._octal()
        if kind == "u":
            code = self._hex(4)
            if 0xD800 <= code < 0xDC00 and self._text.startswith("\\u", self._position):
                self._position += 2
                low = self._hex(4)
                if 0xDC00 <= low < 0xE000:
                    return chr(0x10000 + ((code - 0xD800) << 10) + low - 0xDC00)
        elif self._peek() == "{":
            self._read()
            code, char = 0, self._read()
            if not char or char not in ASCII_HEX:
                self._fail("an illegal hexadecimal escape")
            while char and char in ASCII_HEX:
                code = code * 16 + int(char, 16)
                if code > 0x10FFFF:
                    self._fail("a hexadecimal escape beyond U+10FFFF")
                char = self._read()
            if char != "}":
                self._fail("an unclosed hexadecimal escape")
        else:
            code = self._hex(2)
        if 0xD800 <= code < 0xE000:
            self._fail("half a surrogate pair, which is not supported")
        return chr(code)

    def _hex(self, digits: int) -> int:
        text = "".join(self._read() for _ in range(digits))
        if len(text) != digits or not all(char in ASCII_HEX for char in text):
            self._fail("an illegal hexadecimal escape")
        return int(text, 16)

    def _octal(self) -> str:
        digits = ""
        while (
            (char := self._peek()) and char in "01234567" and len(digits) < 3 and int(digits + char, 8) < 256
        ):
            digits += self._read()
        if not digits:
            self._fail("an illegal octal escape")
        return chr(int(digits, 8))

    # --- classes ----------------------------------------------------------------------------------

    def _class(self, *, consume: bool) -> Class:
        """Parse `[...]`, or without `consume` the right side of `&&`, up to but without the ]."""
        self._depth += 1
        if self._depth > MOST_DEPTH:
            self._fail(f"classes nested deeper than {MOST_DEPTH}")
        members: Class | None = None
        # As in Java, Latin-1 characters are collected separately and added later.
        latin: CharSet | None = None
        latest: Class | None = None
        char = self._next()
        negated = char == "^" and self._at(self._position - 1) == "["
        if negated:
            char = self._next()
        while True:
            if char == "[":
                latest = self._class(consume=True)
                members = _union(members, latest)
                char = self._peek()
                continue
            if char == "&" and self._at_double():
                right = self._right_of_and()
                if latin is not None:
                    if members is None:
                        latest = (latin, True)
                    members = _union(members, (latin, True))
                    latin = None
                if right is not None:
                    latest = right
                if members is None:
                    if right is None:
                        self._fail("a class with nothing around &&")
                    members = right
                else:
                    if latest is None:
                        self._fail("a class with nothing right of &&")
                    members = (members[0] & latest[0], members[1] and latest[1])
                char = self._peek()
                continue
            if not char:
                self._fail("an unclosed class")
            if char == "]" and (members is not None or latin is not None):
                break
            latest, is_latin = self._range()
            if is_latin:
                latin = latest[0] if latin is None else latin | latest[0]
                latest = None
            else:
                members = _union(members, latest)
            char = self._peek()
        if consume:
            self._next()
        if latin is not None:
            members = _union(members, (latin, True))
        self._depth -= 1
        assert members is not None  # noqa: S101 - the loop assigns it before it ends
        return (~members[0], False) if negated else members

    def _at_double(self) -> bool:
        """Return whether && comes next, and consume it."""
        before = self._position
        if self._next() == "&":
            self._next()
            return True
        self._position = before
        return False

    def _right_of_and(self) -> Class | None:
        right: Class | None = None
        while (char := self._peek()) not in ("]", "&"):
            if char == "[":
                right = _union(right, self._class(consume=True))
            else:
                self._position -= 1
                right = _union(right, self._class(consume=False))
        return right

    def _range(self) -> tuple[Class, bool]:
        """Parse a character, a range or a named class; also return whether it is one Latin-1 character."""
        char = self._peek()
        if char == "\\":
            kind = self._at(self._position + 1)
            if kind in ("p", "P"):
                self._position += 1
                return self._property(), False
            item = self._escape(inside=True, ranged=self._at(self._position + 2) == "-")
            if isinstance(item, tuple):
                return item, False
            assert isinstance(item, str)  # noqa: S101 - inside a class there are no other parts
            char = item
        else:
            self._next()
        if self._peek() == "-":
            following = self._at(self._position + 1)
            if following not in ("[", "]"):
                self._next()
                last: object = self._peek()
                if last == "\\":
                    last = self._escape(inside=True, ranged=True)
                else:
                    self._next()
                if not isinstance(last, str) or not last or last < char:
                    self._fail("an illegal range of characters")
                return self._char_range(ord(char), ord(last)), False
        flags = self._flags
        far = flags.ignore_case and flags.unicode_case and char in FAR_PARTNERS
        if char <= "\xff" and not far:
            return (self._latin(char), True), True
        return self._single(char), False

    def _latin(self, char: str) -> CharSet:
        if not self._flags.ignore_case:
            return CharSet.of(char)
        if char < "\x80":
            return _both_cases(char)
        if self._flags.unicode_case:
            return CharSet.of(char, properties.to_lower(ord(char)), properties.to_upper(ord(char)))
        return CharSet.of(char)

    def _char_range(self, first: int, last: int) -> Class:
        members = CharSet.of((first, last))
        if self._flags.ignore_case and self._flags.unicode_case:
            for lower, chars in properties.folded().items():
                if first <= lower <= last:
                    members |= chars
                else:
                    members |= CharSet.of(
                        *(char for char in chars if first <= properties.to_upper(char) <= last)
                    )
            return members, False
        if self._flags.ignore_case:
            for char in range(max(first, 0x41), min(last, 0x7A) + 1):
                members |= _both_cases(chr(char))
            return members, False
        return members, last < 0xD800 or (first > 0xDFFF and last < 0x10000)

    def _property(self) -> Class:
        r"""Parse the rest of \p{...}, \P{...} or \pL after the backslash."""
        negated = self._at(self._position) == "P"
        char = self._next()
        if char == "{":
            self._next()
            end = self._text.find("}", self._position)
            if end < 0:
                self._fail("an unclosed name of a property")
            name = self._text[self._position : end]
            self._position = end + 1
        else:
            name = self._take()
        if not name:
            self._fail("an empty name of a property")
        members = self._named_class(name)
        if members is None:
            self._fail(f"a property {name}, which is unknown or not supported")
        if negated:
            self._pairs = True
            return ~members[0], False
        return members

    def _named_class(self, name: str) -> Class | None:
        ignore_case = self._flags.ignore_case
        if "=" in name:
            key, _, value = name.partition("=")
            key = key.lower()
            if key in ("sc", "script"):
                return properties.script(value)
            if key in ("blk", "block"):
                return properties.blocks(value)
            return properties.named(value, ignore_case) if key in ("gc", "general_category") else None
        if name.startswith("In"):
            return properties.blocks(name[2:])
        if name.startswith("Is"):
            short = name[2:]
            return (
                properties.unicode_property(short, ignore_case)
                or properties.named(short, ignore_case)
                or properties.script(short)
            )
        if self._flags.unicode_classes and (members := properties.posix(name, ignore_case)) is not None:
            return members
        return properties.named(name, ignore_case)


def _both_cases(char: str) -> CharSet:
    return CharSet.of(char.lower(), char.upper()) if char < "\x80" else CharSet.of(char)


def _union(one: Class | None, other: Class) -> Class:
    return other if one is None else (one[0] | other[0], one[1] and other[1])
