"""What an undeclared column is assumed to be, by what a statement does with it.

A column that meets numbers is a number, one that meets text a string; `inspect` shows the assumption.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from sparklet.columns import fold
from sparklet.sql.casts import type_named
from sparklet.sql.functions import functions
from sparklet.sql.nodes import Call, Lambda, Literal, Name, Node, Refused
from sparklet.types import (
    BOOLEAN,
    DATE,
    DOUBLE,
    STRING,
    TIMESTAMP,
    ArrayType,
    DataType,
    MapType,
    StructField,
    StructType,
    is_numeric,
)

__all__ = ["assumed"]

# Ordered: what a column is taken for where it is used in several ways.
_TYPES: Mapping[str, DataType] = {
    "n": DOUBLE,
    "t": TIMESTAMP,
    "d": DATE,
    "b": BOOLEAN,
    "m": MapType(STRING, STRING),
    "a": ArrayType(STRING),
    "s": STRING,
}
_LETTERS = {type: letter for letter, type in _TYPES.items()}


class _Kind:
    """What is known of some expressions that are of one kind: letters as in `Function.takes`, and fields."""

    __slots__ = ("fields", "letters", "parent")

    def __init__(self, letter: str = "") -> None:
        self.letters = {letter} if letter in _TYPES else set()
        self.fields: dict[str, _Kind] = {}
        self.parent: _Kind | None = None

    def root(self) -> _Kind:
        found = self
        while found.parent is not None:
            found = found.parent
        return found

    def type(self, inside: tuple[_Kind, ...] = ()) -> DataType | None:
        """Return the struct of the fields, else the type that the letters stand for, None where any would do.

        A kind that is `inside` itself has no type: nothing is comparable with its own field.
        """
        root = self.root()
        if root in inside:
            return None
        if root.fields:
            kinds = root.fields.items()
            fields = [StructField(name, kind.type((*inside, root)) or STRING) for name, kind in kinds]
            return StructType(tuple(fields))
        return next((type for letter, type in _TYPES.items() if letter in root.letters), None)

    def field(self, name: str, kind: _Kind | None = None) -> _Kind:
        """Return the kind of a field, under the name of its first use; `kind` becomes that of a new field."""
        fields = self.root().fields
        written = next((each for each in fields if fold(each) == fold(name)), name)
        return fields.setdefault(written, kind or _Kind())

    def join(self, other: _Kind) -> None:
        one, two = self.root(), other.root()
        if one is not two:
            one.letters |= two.letters
            two.parent = one
            for name, kind in two.fields.items():
                one.field(name, kind).join(kind)


def assumed(
    nodes: Iterable[Node], known: Callable[[str], DataType | None] = lambda _: None
) -> dict[str, DataType | None]:
    """Return for each column, by folded name, the type it is assumed to have, None where any would do.

    `known` gives the types of the columns that need no assumption.

    >>> from sparklet.sql.statement import parse_expression
    >>> found = assumed([parse_expression("if(a > 1, b, 'x')"), parse_expression("c is null")])
    >>> {name: str(type) for name, type in found.items()}
    {'a': 'double', 'b': 'string', 'c': 'None'}
    >>> str(assumed([parse_expression("upper(u.city) = 'x' AND u.geo.lat + 1 > 2")])["u"])
    'struct<city:string,geo:struct<lat:double>>'
    """
    columns: dict[str, _Kind] = {}
    for node in nodes:
        _visit(node, columns)
    for name, kind in columns.items():
        if (type := known(name)) is not None:
            kind.join(_Kind(_letter(type)))
    return {name: kind.type() for name, kind in columns.items()}


def _visit(node: Node, columns: dict[str, _Kind]) -> _Kind:
    if isinstance(node, Name):
        return columns.setdefault(fold(node.name), _Kind())
    if isinstance(node, Literal):
        return _Kind(_letter(node.type))
    if isinstance(node, Lambda):
        _visit(node.body, columns)
    return _visit_call(node, columns) if isinstance(node, Call) else _Kind()


def _visit_call(node: Call, columns: dict[str, _Kind]) -> _Kind:
    listed = functions.get(node.name)
    kinds = [_visit(arg, columns) for arg in node.args]
    match node:
        case Call(name=".", args=(_, Literal(field))):
            return kinds[0].field(str(field))
        case Call(name="[]", args=(_, Literal(type=type))) if type == STRING:
            kinds[0].join(_Kind("m"))
    if listed is None:
        return _Kind(_letter_of_cast(node.to)) if node.to else _Kind()
    shared = _Kind()
    for position, kind in enumerate(kinds):
        letter = _case_letter(position, len(kinds)) if node.name == "case" else listed.kind_of(position)
        if letter == "=":
            shared.join(kind)
        else:
            # Only a column, or what is of its kind, learns from this.
            kind.join(_Kind(letter))
    return shared if listed.gives == "=" else _Kind(listed.gives)


def _case_letter(position: int, count: int) -> str:
    return "b" if position % 2 == 0 and position < count - 1 else "="


def _letter(type: DataType) -> str:
    if isinstance(type, ArrayType):
        return "a"
    return "n" if is_numeric(type) else _LETTERS.get(type, "")


def _letter_of_cast(name: str) -> str:
    try:
        return _letter(type_named(name))
    except Refused:
        return ""
