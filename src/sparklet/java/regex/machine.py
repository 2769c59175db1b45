"""A backtracking machine that matches as `java.util.regex` does, by UTF-16 units.

The machine runs patterns for which Python's `re` may differ: patterns that can match inside a surrogate pair,
loops with empty iterations, atomic groups, lookbehinds of variable length, and the captures of a group after
its loop backtracked. It has its own stack, so that the length of a text is not limited by recursion.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any, TypeAlias

from sparklet.java.regex import properties
from sparklet.java.regex.charset import CharSet
from sparklet.java.regex.nodes import (
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
from sparklet.java.regex.parser import Parsed

__all__ = ["Machine"]

Instruction: TypeAlias = tuple[Any, ...]

# Instructions, each with its operands.
CHAR, RUN, SPLIT, JUMP, ENTER, LEAVE, ANCHOR, BREAK, REFER, ATOMS = range(10)
LOOP_IN, LOOP, AHEAD, BEHIND, ATOMIC, ACCEPT, HERE = range(10, 17)
# Entries of the stack.
RETRY, UNGROUP, UNLOCAL, FEWER, ROUND, ATOM, FORGO = range(7)

LINE_ENDS = frozenset("\n\r\u0085\u2028\u2029")
BREAKS = frozenset("\n\x0b\x0c\u0085\u2028\u2029")
FAILED = -1


class _Members(dict[int, bool]):
    """A set of characters with cached membership tests."""

    __slots__ = ("_members",)

    def __init__(self, members: CharSet) -> None:
        super().__init__()
        self._members = members

    def __missing__(self, char: int) -> bool:
        member = self[char] = char in self._members
        return member


def _code_at(text: str, position: int) -> int:
    char = text[position]
    if (
        "\ud800" <= char < "\udc00"
        and position + 1 < len(text)
        and "\udc00" <= text[position + 1] <= "\udfff"
    ):
        return 0x10000 + (ord(char) - 0xD800 << 10) + ord(text[position + 1]) - 0xDC00
    return ord(char)


def _code_before(text: str, position: int) -> int:
    return _code_at(text, position - 2) if _is_pair(text, position - 2) else ord(text[position - 1])


def _is_pair(text: str, position: int) -> bool:
    return position >= 0 and _code_at(text, position) > 0xFFFF


def _units_back(text: str, position: int, characters: int) -> int:
    """Return the number of units of the last characters before a position."""
    start = position
    for _ in range(min(characters, start)):
        if start <= 0:
            break
        start -= 2 if _is_pair(text, start - 2) else 1
    return position - start


class Machine:
    """The program of a pattern."""

    def __init__(self, parsed: Parsed) -> None:
        self.groups, self.pairs = parsed.groups, parsed.pairs
        self.code: list[Instruction] = []
        self.locals = 0
        self._members: dict[CharSet, _Members] = {}
        self._emit(parsed.root)
        self.code.append((ACCEPT,))

    def matches(self, units: str) -> Iterator[list[int]]:
        """Yield the bounds of the groups of each match.

        These are start and end of the whole, of group 1 ..., -1 where a group is not set. `units` is the text
        with each UTF-16 unit a character.
        """
        first, last = -1, 0
        while True:
            start = last + 1 if last == first else last
            if start > len(units):
                return
            run = _Run(self, units, last)
            bounds = run.search(start)
            if bounds is None:
                return
            yield bounds
            first, last = bounds[0], bounds[1]

    # --- from the tree to a program ---------------------------------------------------------------

    def _contains(self, members: CharSet) -> _Members:
        return self._members.setdefault(members, _Members(members))

    def _add(self, *instruction: Any) -> int:
        self.code.append(instruction)
        return len(self.code) - 1

    def _local(self) -> int:
        self.locals += 1
        return self.locals - 1

    def _routine(self, node: Node, last: int = ACCEPT) -> int:
        """Emit a part as a routine; return the index of its first instruction."""
        jump = self._add(JUMP, None)
        start = len(self.code)
        self._emit(node)
        self._add(last)
        self.code[jump] = (JUMP, len(self.code))
        return start

    def _emit(self, node: Node) -> None:
        match node:
            case Chars():
                self._add(CHAR, self._contains(node.members), node.bmp)
            case Sequence():
                for part in node.parts:
                    self._emit(part)
            case Alternatives():
                self._emit_alternatives(node.options)
            case Group():
                self._emit_group(node, self._local() if node.index is not None else None)
            case Repeat():
                self._emit_repeat(node)
            case Anchor():
                self._add(ANCHOR, node.where)
            case LineBreak():
                self._add(BREAK)
            case BackReference():
                self._add(REFER, node.group, node.case)
            case Look():
                if node.behind:
                    start = self._routine(node.body, HERE)
                    self._add(BEHIND, start, node.negated, node.shortest, node.longest, node.pairs)
                else:
                    self._add(AHEAD, self._routine(node.body), node.negated)
            case Atomic():
                self._add(ATOMIC, self._routine(node.body))

    def _emit_alternatives(self, options: tuple[Node, ...]) -> None:
        jumps: list[int] = []
        for option in options[:-1]:
            split = self._add(SPLIT, None, None)
            self._emit(option)
            jumps.append(self._add(JUMP, None))
            self.code[split] = (SPLIT, split + 1, len(self.code))
        self._emit(options[-1])
        for jump in jumps:
            self.code[jump] = (JUMP, len(self.code))

    def _emit_group(self, node: Group, begin: int | None) -> None:
        if begin is not None:
            self._add(ENTER, begin)
        self._emit(node.body)
        if begin is not None and node.index is not None:
            self._add(LEAVE, begin, 2 * node.index)

    def _emit_repeat(self, node: Repeat) -> None:
        body, way = node.body, node.way
        if way == "branch":
            assert isinstance(body, Group)  # noqa: S101 - only groups branch
            split = self._add(SPLIT, None, None)
            self._emit(body)
            inside, after = split + 1, len(self.code)
            self.code[split] = (SPLIT, inside, after) if node.kind == "greedy" else (SPLIT, after, inside)
        elif way == "loop":
            self._emit_loop(node)
        elif isinstance(body, Chars) and node.kind == "greedy":
            self._add(RUN, self._contains(body.members), body.bmp, node.least, node.most)
        elif isinstance(body, Group) and node.kind != "possessive":
            # Java sets the group here, around a body with only one possible match.
            group = 2 * body.index if body.index is not None else None
            self._add(ATOMS, self._routine(body.body), node.least, node.most, node.kind, group)
        else:
            self._add(ATOMS, self._routine(body), node.least, node.most, node.kind, None)

    def _emit_loop(self, node: Repeat) -> None:
        assert isinstance(node.body, Group)  # noqa: S101 - only groups loop
        begin, count = self._local(), self._local()
        enter = self._add(LOOP_IN)
        self._emit_group(node.body, begin)
        lazy = node.kind == "lazy"
        self._add(LOOP, count, begin, node.least, node.most, lazy, node.remembers, enter + 1)
        self.code[enter] = (LOOP_IN, count, node.least, node.most, lazy, enter + 1, len(self.code))


class _Run:
    """The state of a search through one text."""

    def __init__(self, machine: Machine, text: str, last: int) -> None:
        self.machine, self.text, self.last = machine, text, last
        self.groups = [-1] * max(2 * (machine.groups + 1), 20)
        self.locals = [-1] * machine.locals
        self.failed: dict[int, set[int]] = {}
        self.behind_of = 0

    def search(self, start: int) -> list[int] | None:
        text, steps_over_pairs = self.text, self.machine.pairs
        while start <= len(text):
            end = self.run(0, start)
            if end != FAILED:
                self.groups[0], self.groups[1] = start, end
                return self.groups[: 2 * (self.machine.groups + 1)]
            start += 2 if steps_over_pairs and start < len(text) and _is_pair(text, start) else 1
        return None

    def run(self, address: int, i: int) -> int:
        """Run from an instruction until one accepts; return the position in the text, or FAILED."""
        # One loop runs all instructions, because calls would be slow.
        code, text, groups, variables = self.machine.code, self.text, self.groups, self.locals
        size = len(text)
        stack: list[tuple[Any, ...]] = []
        push = stack.append
        while True:
            instruction = code[address]
            kind = instruction[0]
            address += 1
            if kind == CHAR:
                if i < size:
                    char = ord(text[i]) if instruction[2] else _code_at(text, i)
                    if instruction[1][char]:
                        i += 1 if char < 0x10000 else 2
                        continue
            elif kind == RUN:
                positions = self.run_of(instruction[1], instruction[2], i, instruction[4])
                if len(positions) > instruction[3]:
                    if len(positions) - 1 > instruction[3]:
                        push((FEWER, address, positions, len(positions) - 2, instruction[3], None, None))
                    i = positions[-1]
                    continue
            elif kind == SPLIT:
                push((RETRY, instruction[2], i))
                address = instruction[1]
                continue
            elif kind == JUMP:
                address = instruction[1]
                continue
            elif kind == ENTER:
                push((UNLOCAL, instruction[1], variables[instruction[1]]))
                variables[instruction[1]] = i
                continue
            elif kind == LEAVE:
                group = instruction[2]
                push((UNGROUP, group, groups[group], groups[group + 1]))
                groups[group], groups[group + 1] = variables[instruction[1]], i
                continue
            elif kind == ANCHOR:
                if self.holds(instruction[1], i):
                    continue
            elif kind == ATOMS:
                end = self.atoms(instruction, address, i, push)
                if end != FAILED:
                    i = end
                    continue
            elif kind == LOOP_IN:
                _, count, least, most, lazy, body, after = instruction
                push((UNLOCAL, count, variables[count]))
                if least > 0 or (most > 0 and not lazy):
                    if least == 0:
                        push((RETRY, after, i))
                    variables[count] = 1
                    address = body
                elif most > 0:
                    push((ROUND, body, i, count, 1))
                    address = after
                else:
                    address = after
                continue
            elif kind == LOOP:
                _, count, begin, least, most, lazy, remembers, body = instruction
                rounds = variables[count]
                # An iteration with an empty match ends the loop.
                if i > variables[begin]:
                    if rounds < least:
                        push((UNLOCAL, count, rounds))
                        variables[count] = rounds + 1
                        address = body
                    elif rounds < most and lazy:
                        push((ROUND, body, i, count, rounds + 1))
                    elif rounds < most and not (remembers and i in self.failed.get(count, ())):
                        push((FORGO, address, i, count if remembers else None))
                        push((UNLOCAL, count, rounds))
                        variables[count] = rounds + 1
                        address = body
                continue
            elif kind == AHEAD:
                if (self.run(instruction[1], i) != FAILED) != instruction[2]:
                    continue
            elif kind == BEHIND:
                if self.looks_behind(instruction, i) != instruction[2]:
                    continue
            elif kind == ATOMIC:
                end = self.run(instruction[1], i)
                if end != FAILED:
                    i = end
                    continue
            elif kind == BREAK:
                if i < size:
                    if text[i] == "\r":
                        if i + 1 < size and text[i + 1] == "\n":
                            push((RETRY, address, i + 1))
                            i += 1
                        i += 1
                        continue
                    if text[i] in BREAKS:
                        i += 1
                        continue
            elif kind == REFER:
                end = self.refer(instruction[1], instruction[2], i)
                if end != FAILED:
                    i = end
                    continue
            elif kind == ACCEPT or i == self.behind_of:
                return i

            # The current path failed: backtrack to the latest choice.
            while stack:
                entry = stack.pop()
                entry_kind = entry[0]
                if entry_kind == RETRY:
                    _, address, i = entry
                    break
                if entry_kind == UNLOCAL:
                    variables[entry[1]] = entry[2]
                elif entry_kind == UNGROUP:
                    groups[entry[1]], groups[entry[1] + 1] = entry[2], entry[3]
                elif entry_kind == FEWER:
                    _, address, positions, left, least, group, before = entry
                    if left > least:
                        push((FEWER, address, positions, left - 1, least, group, before))
                    i = positions[left]
                    if group is not None:
                        groups[group : group + 2] = (
                            before if left == least else positions[left - 1 : left + 1]
                        )
                    break
                elif entry_kind == ROUND:
                    _, address, i, count, rounds = entry
                    push((UNLOCAL, count, variables[count]))
                    variables[count] = rounds
                    break
                elif entry_kind == ATOM:
                    _, instruction, address, i, rounds = entry
                    end = self.once_more(instruction, address, i, rounds, push)
                    if end != FAILED:
                        i = end
                        break
                else:
                    _, address, i, count = entry
                    if count is not None:
                        self.failed.setdefault(count, set()).add(i)
                    break
            else:
                return FAILED

    def run_of(self, members: _Members, bmp: bool, i: int, most: int) -> list[int]:
        """Return the positions in a run of characters: before the first and after each."""
        text, size = self.text, len(self.text)
        positions = [i]
        while i < size and len(positions) <= most:
            char = ord(text[i]) if bmp else _code_at(text, i)
            if not members[char]:
                break
            i += 1 if char < 0x10000 else 2
            positions.append(i)
        return positions

    def atoms(self, instruction: Instruction, address: int, i: int, push: Any) -> int:
        """Repeat a routine, using only its first match in each iteration."""
        _, routine, least, most, kind, group = instruction
        groups = self.groups
        if group is not None:
            push((UNGROUP, group, groups[group], groups[group + 1]))
        for _ in range(least):
            end = self.run(routine, i)
            if end == FAILED:
                return FAILED
            if group is not None:
                groups[group], groups[group + 1] = i, end
            i = end
        if kind == "lazy":
            push((ATOM, instruction, address, i, least))
            return i
        before = groups[group : group + 2] if group is not None else None
        positions = [i]
        while least + len(positions) <= most:
            end = self.run(routine, i)
            if end in (FAILED, i):
                break
            if group is not None:
                groups[group], groups[group + 1] = i, end
            i = end
            positions.append(i)
        if len(positions) > 1 and kind == "greedy":
            push((FEWER, address, positions, len(positions) - 2, 0, group, before))
        return i

    def once_more(self, instruction: Instruction, address: int, i: int, rounds: int, push: Any) -> int:
        """Run one more iteration of a lazy repetition after its continuation failed."""
        _, routine, _, most, _, group = instruction
        if rounds >= most:
            return FAILED
        end = self.run(routine, i)
        if end in (FAILED, i):
            return FAILED
        if group is not None:
            self.groups[group], self.groups[group + 1] = i, end
        push((ATOM, instruction, address, end, rounds + 1))
        return end

    # --- conditions -------------------------------------------------------------------------------

    def looks_behind(self, instruction: Instruction, i: int) -> bool:
        _, routine, _, shortest, longest, pairs = instruction
        text = self.text
        saved, self.behind_of = self.behind_of, i
        if pairs:
            shortest = _units_back(text, i, shortest)
            longest = _units_back(text, i, longest) if longest >= 0 else len(text) - i
        # The longest length may have overflowed; the start is then far outside the text.
        first = max(((i - longest) + 0x80000000 & 0xFFFFFFFF) - 0x80000000, 0)
        start, matched = i - shortest, False
        while not matched and start >= first:
            matched = self.run(routine, start) != FAILED
            start -= _units_back(text, start, 1) if pairs and start > first else 1
        self.behind_of = saved
        return matched

    def holds(self, where: str, i: int) -> bool:
        text, size = self.text, len(self.text)
        if where == "begin":
            return i == 0
        if where == "end":
            return i == size
        if where == "last match":
            return i == self.last
        if where.endswith("caret"):
            if i in (0, size):
                return i != size
            before = text[i - 1]
            if where == "unix caret":
                return before == "\n"
            return before in LINE_ENDS and not (before == "\r" and text[i] == "\n")
        if where.startswith("unix"):
            return i == size or (text[i] == "\n" and (where.endswith("lines") or i == size - 1))
        if where.startswith("dollar"):
            if i < size and (text[i] not in LINE_ENDS or (text[i] == "\n" and i > 0 and text[i - 1] == "\r")):
                return False
            at_end = i >= size - 1 or (i == size - 2 and text.endswith("\r\n"))
            return at_end or where.endswith("lines")
        return self.is_bound(i, "unicode" in where) != where.startswith("no")

    def is_bound(self, i: int, unicode: bool) -> bool:
        text = self.text
        left = i > 0 and self.is_word(_code_before(text, i), i - 1, unicode)
        right = i < len(text) and self.is_word(_code_at(text, i), i, unicode)
        return left != right

    def is_word(self, char: int, position: int, unicode: bool) -> bool:
        if unicode:
            return _unicode_word()[char]
        return char == 0x5F or _letter_or_digit()[char] or (_mark()[char] and self.has_base(position))

    def has_base(self, position: int) -> bool:
        """Return whether the marks at a position follow a letter or digit; Java searches unit by unit."""
        for start in range(position, -1, -1):
            char = _code_at(self.text, start)
            if _letter_or_digit()[char]:
                return True
            if not _mark()[char]:
                return False
        return False

    def refer(self, group: int, case: str, i: int) -> int:
        start, end = self.groups[2 * group], self.groups[2 * group + 1]
        text, length = self.text, end - start
        if start < 0 or i + length > len(text):
            return FAILED
        if not case:
            return i + length if text.startswith(text[start:end], i) else FAILED
        position = i
        # Java counts units but advances by characters, so it may read beyond the group.
        for _ in range(length):
            if position >= len(text):
                break
            one, other = _code_at(text, position), _code_at(text, start)
            if one != other and not _is_same_letter(one, other, case):
                return FAILED
            position += 1 if one < 0x10000 else 2
            start += 1 if other < 0x10000 else 2
        return i + length


def _is_same_letter(one: int, other: int, case: str) -> bool:
    if case == "ascii":
        return one < 0x80 and other < 0x80 and chr(one).lower() == chr(other).lower()
    one, other = properties.to_upper(one), properties.to_upper(other)
    return one == other or properties.to_lower(one) == properties.to_lower(other)


@cache
def _unicode_word() -> _Members:
    return _Members(properties.word_or_mark())


@cache
def _letter_or_digit() -> _Members:
    return _Members(properties.category("L Nd"))


@cache
def _mark() -> _Members:
    return _Members(properties.category("Mn"))
