"""The nodes of a SQL expression: literals, names of columns, calls and lambda functions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

from sparklet.types import STRING, DataType

__all__ = [
    "Call",
    "Lambda",
    "Literal",
    "Name",
    "NeedsZone",
    "Node",
    "Path",
    "Refused",
    "Star",
    "checked",
    "describe",
    "walk",
]


class Refused(Exception):  # noqa: N818 - becomes one of the project's errors where the stage is known
    """Raised for what a statement asks and sparklet does not compute; the text names the construct."""


class NeedsZone(Refused):
    """Raised for an expression that depends on the session's time zone, when that is unknown."""


@dataclass(frozen=True)
class Literal:
    """A value that stands in the statement, and its Spark type."""

    value: Any
    type: DataType


@dataclass(frozen=True)
class Name:
    """A column."""

    name: str


@dataclass(frozen=True)
class Call:
    """An operator or function by its lower-case name; `to` is the type that a cast is to."""

    name: str
    args: tuple[Node, ...]
    to: str = ""


@dataclass(frozen=True)
class Lambda:
    """An anonymous function; in its body each parameter is a `Path` of one part."""

    parameters: tuple[str, ...]
    body: Node


@dataclass(frozen=True)
class Path:
    """A name as it is written: a column, perhaps behind the name of its table, or a field of a struct."""

    parts: tuple[str, ...]


@dataclass(frozen=True)
class Star:
    """All columns, perhaps of one table by its name, but those in `excluded`; or all fields of a struct."""

    of: tuple[str, ...] = ()
    excluded: tuple[Path, ...] = ()


Node: TypeAlias = Literal | Name | Call | Lambda | Path | Star


def _children(node: Node) -> tuple[Node, ...]:
    return node.args if isinstance(node, Call) else (node.body,) if isinstance(node, Lambda) else ()


def walk(node: Node) -> Iterator[Node]:
    """Yield a node and all nodes in it."""
    waiting = [node]
    while waiting:
        found = waiting.pop()
        yield found
        waiting.extend(reversed(_children(found)))


_MOST_NODES = 20_000
_MOST_LEVELS = 250


def checked(node: Node) -> Node:
    """Return the node; `Refused` where it is too large or too deep to be compiled by recursion."""
    waiting, count = [(node, 1)], 0
    while waiting:
        found, level = waiting.pop()
        count += 1
        if level > _MOST_LEVELS:
            raise Refused(f"an expression of more than {_MOST_LEVELS} levels")
        if count > _MOST_NODES:
            raise Refused(f"an expression of more than {_MOST_NODES:,} operations")
        waiting.extend((child, level + 1) for child in _children(found))
    return node


_LONGEST = 80


def describe(node: Node) -> str:
    """Return the expression in short for a message, such as `upper(s)` or `(a + 1)`."""
    text = _describe(node, 4)
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "\u2026"


def _describe(node: Node, depth: int) -> str:
    if isinstance(node, Literal):
        return "NULL" if node.value is None else str(node.value) if node.type != STRING else repr(node.value)
    if isinstance(node, Name):
        return node.name
    if isinstance(node, Path):
        return ".".join(node.parts)
    if isinstance(node, Star):
        return "*"
    if isinstance(node, Lambda):
        body = _describe(node.body, depth - 1) if depth else "\u2026"
        return f"({', '.join(node.parameters)}) -> {body}"
    args = [_describe(arg, depth - 1) if depth else "\u2026" for arg in node.args]
    if node.to:
        return f"CAST({args[0]} AS {node.to.upper()})"
    if node.name.startswith("typed_"):
        return f"{node.name.removeprefix('typed_').upper()} {args[0]}"
    if node.name == "unary -":
        return f"-{args[0]}"
    if not node.name[0].isalpha() and len(args) == 2:
        return f"({args[0]} {node.name} {args[1]})"
    return f"{node.name}({', '.join(args)})"
