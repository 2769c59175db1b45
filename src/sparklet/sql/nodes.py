"""What a SQL expression is once it is read: literals, names of columns, and calls."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

from sparklet.types import STRING, DataType

__all__ = ["Call", "Literal", "Name", "Node", "Refused", "describe", "walk"]


class Refused(Exception):  # noqa: N818 - becomes one of the project's errors where the stage is known
    """Raised for what a statement asks and sparklet does not compute; the text names the construct."""


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


Node: TypeAlias = Literal | Name | Call


def walk(node: Node) -> Iterator[Node]:
    """Yield a node and all nodes in it."""
    waiting = [node]
    while waiting:
        found = waiting.pop()
        yield found
        if isinstance(found, Call):
            waiting.extend(reversed(found.args))


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
    args = [_describe(arg, depth - 1) if depth else "\u2026" for arg in node.args]
    if node.to:
        return f"CAST({args[0]} AS {node.to.upper()})"
    if node.name == "unary -":
        return f"-{args[0]}"
    if not node.name[0].isalpha() and len(args) == 2:
        return f"({args[0]} {node.name} {args[1]})"
    return f"{node.name}({', '.join(args)})"
