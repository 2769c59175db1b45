"""What the names of one SELECT stand for: columns of what it reads, and its own earlier expressions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sparklet.columns import fold
from sparklet.sql.nodes import Call, Lambda, Literal, Name, Node, Path, Refused, Star
from sparklet.types import STRING

__all__ = ["WITHOUT_BRACKETS", "Item", "Scope", "Statement"]

WITHOUT_BRACKETS = frozenset({"current_date", "current_timestamp"})
"""The functions that are called without brackets too, where no column has the name."""


@dataclass(frozen=True)
class Item:
    """One output column: its name and expression; `node` is None for `*`, all columns but those `excluded`.

    `unnamed` tells that the name is Spark's, made of the expression. `excluded` has folded names. `spread`
    tells that the item stands for a column for each field of the expression, a struct.
    """

    name: str
    node: Node | None
    unnamed: bool = False
    excluded: frozenset[str] = frozenset()
    spread: bool = False


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
        if any(item.spread for item in self._items):
            raise Refused("the * of a struct in a subselect")
        self._alias = alias
        self._named: dict[str, list[Node]] = {}
        for item in self._items:
            if item.node is not None:
                self._named.setdefault(fold(item.name), []).append(item.node)
        open_items = [item for item in self._items if item.node is None]
        self._open = bool(open_items)
        self._hidden = frozenset().union(*(item.excluded for item in open_items))
        # A row holds a name once, so that beside `*` an alias is no column, unless EXCEPT names it.
        self._new_names = self._open and any(self._of_table(star) for star in stars)
        self._excluded = {fold(path.parts[-1]) for star in stars for path in star.excluded}
        self.reads_aliases = False
        self._read: set[str] = set()
        self._before: dict[str, Node] = {}
        self.ambiguous: list[str] = []

    def add(self, items: Sequence[Item]) -> None:
        """Let later expressions of the SELECT use the names of these, where no column has them."""
        self._before |= {fold(item.name): item.node for item in items if item.node and not item.spread}

    def forget(self) -> None:
        """Take these names away again: WHERE sees columns only."""
        self._before = {}

    def _of_table(self, star: Star) -> bool:
        """Return whether a star stands for columns, not for the fields of a struct."""
        return not star.of or (len(star.of) == 1 and fold(star.of[0]) == fold(self._alias))

    def everything(self, star: Star) -> list[Item]:
        """Return the items that `*` stands for."""
        if not self._of_table(star):
            if star.excluded:
                raise Refused("EXCEPT behind the * of a struct")
            return [Item("", self.resolve(Path(star.of)), spread=True)]
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
                if fold(node.parts[0]) in parameters:
                    return _fields(Path(node.parts[:1]), node.parts[1:])
                column, *fields = self._unqualified(node.parts)
                return _fields(self._column(column, len(fields) + 1 < len(node.parts)), fields)
            case Call(name="struct" | "row"):
                return self.resolve(_named_struct(node), parameters)
            case Call(name="arrays_zip"):
                args = [self.resolve(arg, parameters) for arg in node.args]
                named = zip(_zipped_names(node.args), args, strict=True)
                return replace(node, args=tuple(part for pair in named for part in pair))
            case Call():
                return replace(node, args=tuple(self.resolve(arg, parameters) for arg in node.args))
            case Lambda():
                inner = parameters | {fold(name) for name in node.parameters}
                return replace(node, body=self.resolve(node.body, inner))
            case Star():
                raise Refused("* inside an expression")
            case Literal() | Name():
                return node

    def _unqualified(self, parts: tuple[str, ...]) -> tuple[str, ...]:
        """Return a column and fields of it, without the name of the table before them."""
        if len(parts) == 1 or not self._alias or fold(parts[0]) != fold(self._alias):
            return parts
        # A column that is called as the table is meant where the table has no column of the second name.
        is_column = not self._open and fold(parts[1]) not in self._named and fold(parts[0]) in self._named
        return parts if is_column else parts[1:]

    def shown(self, node: Node) -> Node:
        """Return an expression as it is written; each name is a column, or a parameter, with fields."""
        if isinstance(node, Path):
            return _without_brackets(node) or Name(node.parts[-1])
        return self._shown(node, frozenset())

    def _shown(self, node: Node, parameters: frozenset[str]) -> Node:
        match node:
            case Path():
                if fold(node.parts[0]) in parameters:
                    return _fields(Path(node.parts[:1]), node.parts[1:])
                column, *fields = self._unqualified(node.parts)
                return _without_brackets(node) or _fields(Name(column), fields)
            case Call():
                return replace(node, args=tuple(self._shown(arg, parameters) for arg in node.args))
            case Lambda():
                inner = parameters | {fold(name) for name in node.parameters}
                return replace(node, body=self._shown(node.body, inner))
            case _:
                return node

    def _column(self, name: str, qualified: bool) -> Node:
        found = self._named.get(fold(name), [])
        if len(found) > 1:
            raise Refused(f"the column {name}, which the subselect makes twice")
        if found:
            return found[0]
        key = fold(name)
        before = None if qualified else self._before.get(key)
        if before is not None and (not self._open or key in self._hidden or self._is_new(key)):
            self.reads_aliases = True
            return before
        if not qualified and key in WITHOUT_BRACKETS:
            return Call(key, ())
        if not self._open or key in self._hidden:
            raise Refused(f"the column {name}, which the subselect does not give")
        if before is not None and key not in self._read and before != Name(name):
            self.ambiguous.append(name)
        self._read.add(key)
        return Name(name)

    def _is_new(self, key: str) -> bool:
        return self._new_names and key not in self._excluded and key not in self._read


def _without_brackets(node: Path) -> Call | None:
    key = fold(node.parts[-1])
    return Call(key, ()) if len(node.parts) == 1 and key in WITHOUT_BRACKETS else None


def _fields(node: Node, names: Sequence[str]) -> Node:
    for name in names:
        node = Call(".", (node, Literal(name, STRING)))
    return node


def _zipped_names(args: Sequence[Node]) -> list[Node]:
    """Return the names of the fields that arrays_zip makes: of a column or field its own, else its place."""
    names = []
    for place, arg in enumerate(args):
        match arg:
            case Path():
                names.append(arg.parts[-1])
            case Call(name=".", args=(_, Literal(name))):
                names.append(name)
            case _:
                names.append(str(place))
    return [Literal(name, STRING) for name in names]


def _named_struct(node: Call) -> Call:
    """Return a call of `struct` with the name of each field: its own, or that of its place."""
    args: list[Node] = []
    for position, arg in enumerate(node.args, 1):
        match arg:
            case Call(name="as", args=(value, Literal() as name)):
                args += [name, value]
            case Call(name=".", args=(_, Literal() as name)):
                args += [name, arg]
            case Path():
                args += [Literal(arg.parts[-1], STRING), arg]
            case _:
                args += [Literal(f"col{position}", STRING), arg]
    return Call("named_struct", tuple(args))
