"""What the names of one SELECT stand for: columns of what it reads, and its own earlier expressions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sparklet.columns import fold
from sparklet.sql.nodes import Call, Lambda, Literal, Name, Node, Path, Refused, Star

__all__ = ["Item", "Scope", "Statement", "unresolved"]


@dataclass(frozen=True)
class Item:
    """One output column: its name and expression; `node` is None for `*`, all columns but those `excluded`.

    `unnamed` tells that the name is Spark's, made of the expression. `excluded` has folded names.
    """

    name: str
    node: Node | None
    unnamed: bool = False
    excluded: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Statement:
    """What a statement makes of a row: columns in order, and conditions in the order they are asked.

    `ambiguous` names what may be a column, or else is an earlier expression of the same SELECT.
    """

    items: tuple[Item, ...]
    where: tuple[Node, ...]
    ambiguous: tuple[str, ...] = ()


class Scope:
    """The columns that a SELECT sees: those of the table, or of the query that it reads."""

    def __init__(self, inner: Statement | None, alias: str, stars: Sequence[Star] = ()) -> None:
        self._items = (Item("", None),) if inner is None else inner.items
        self._alias = alias
        self._named: dict[str, list[Node]] = {}
        for item in self._items:
            if item.node is not None:
                self._named.setdefault(fold(item.name), []).append(item.node)
        open_items = [item for item in self._items if item.node is None]
        self._open = bool(open_items)
        self._hidden = frozenset().union(*(item.excluded for item in open_items))
        # A row holds a name once, so that beside `*` an alias is no column, unless EXCEPT names it.
        self._new_names = self._open and any(
            not star.table or fold(star.table) == fold(alias) for star in stars
        )
        self._excluded = {fold(path.parts[-1]) for star in stars for path in star.excluded}
        self.reads_aliases = False
        self._read: set[str] = set()
        self._before: dict[str, Node] = {}
        self.ambiguous: list[str] = []

    def add(self, items: Sequence[Item]) -> None:
        """Let later expressions of the SELECT use the names of these, where no column has them."""
        self._before |= {fold(item.name): item.node for item in items if item.node is not None}

    def forget(self) -> None:
        """Take these names away again: WHERE sees columns only."""
        self._before = {}

    def everything(self, star: Star) -> list[Item]:
        """Return the items that `*` stands for."""
        if star.table:
            self._check(star.table)
        excluded = frozenset(fold(self._excluded_name(path)) for path in star.excluded)
        for name in excluded:
            if not self._open and name not in self._named:
                raise Refused(f"the column {name} behind EXCEPT, which the subselect does not give")
        return [
            replace(item, excluded=item.excluded | (excluded - self._named.keys()))
            for item in self._items
            if item.node is None or fold(item.name) not in excluded
        ]

    def _excluded_name(self, path: Path) -> str:
        for table in path.parts[:-1]:
            self._check(table)
        return path.parts[-1]

    def _check(self, table: str) -> None:
        if fold(table) != fold(self._alias):
            raise Refused(f"the table or struct {table}")

    def resolve(self, node: Node, parameters: frozenset[str] = frozenset()) -> Node:
        """Return an expression whose names are columns; `parameters` are those of lambda functions."""
        match node:
            case Path():
                if len(node.parts) == 1 and fold(node.parts[0]) in parameters:
                    return node
                return self._column(node.parts)
            case Call():
                return replace(node, args=tuple(self.resolve(arg, parameters) for arg in node.args))
            case Lambda():
                inner = parameters | {fold(name) for name in node.parameters}
                return replace(node, body=self.resolve(node.body, inner))
            case Star():
                raise Refused("* inside an expression")
            case Literal() | Name():
                return node

    def _column(self, parts: tuple[str, ...]) -> Node:
        table, name = parts[0] if len(parts) > 1 else "", parts[-1]
        if table:
            self._check(table)
        if len(parts) > 2:
            raise Refused(f"a field of the struct {parts[-2]}")
        found = self._named.get(fold(name), [])
        if len(found) > 1:
            raise Refused(f"the column {name}, which the subselect makes twice")
        if found:
            return found[0]
        key = fold(name)
        before = None if table else self._before.get(key)
        if before is not None and (not self._open or key in self._hidden or self._is_new(key)):
            self.reads_aliases = True
            return before
        if not self._open or key in self._hidden:
            raise Refused(f"the column {name}, which the subselect does not give")
        if before is not None and key not in self._read and before != Name(name):
            self.ambiguous.append(name)
        self._read.add(key)
        return Name(name)

    def _is_new(self, key: str) -> bool:
        return self._new_names and key not in self._excluded and key not in self._read


def unresolved(node: Node, parameters: frozenset[str] = frozenset()) -> Node:
    """Return an expression as it is written, each name a column of its last part or a parameter."""
    match node:
        case Path():
            return node if fold(node.parts[0]) in parameters else Name(node.parts[-1])
        case Call():
            return replace(node, args=tuple(unresolved(arg, parameters) for arg in node.args))
        case Lambda():
            inner = parameters | {fold(name) for name in node.parameters}
            return replace(node, body=unresolved(node.body, inner))
        case _:
            return node
