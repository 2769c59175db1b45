"""An expression becomes a closure from the values of a row's columns to its value."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from decimal import Decimal
from operator import itemgetter
from typing import Any

from sparklet.columns import Column, fold, holds_instants, inward, outward
from sparklet.errors import InvalidValueError
from sparklet.java import local_to_string
from sparklet.java.zones import Zone
from sparklet.profile import Profile
from sparklet.sql.casts import nearest_float, type_named, written_cast
from sparklet.sql.extraction import cast_interval
from sparklet.sql.functions import functions, zone_for
from sparklet.sql.intervals import INTERVALS
from sparklet.sql.nodes import Call, Lambda, Literal, Name, NeedsZone, Node, Path, Refused, describe
from sparklet.sql.typed import Typed, always
from sparklet.sql.unlisted import reason_of
from sparklet.types import (
    BOOLEAN,
    DATE,
    FLOAT,
    NULL,
    STRING,
    TIMESTAMP,
    TIMESTAMP_NTZ,
    ArrayType,
    DataType,
    DecimalType,
    IntegralType,
    MapType,
    StructType,
)

__all__ = ["Compiled", "compile_node"]


@dataclass
class Compiled:
    """A compiled expression: the columns it reads, its Spark type, and the function of their values.

    `retold` tells that Spark names it otherwise than it is written, because of the types of its operands.
    """

    inputs: tuple[Column, ...]
    type: DataType
    function: Callable[..., Any]
    retold: bool = False


def compile_node(node: Node, column: Callable[[str], Column], profile: Profile) -> Compiled:
    """Return the compiled expression; `column` gives the typed column of a name.

    Raises `Refused` for a function that is not listed, or for types that it does not take.
    """
    compiler = _Compiler(column, profile)
    try:
        typed = compiler.result(node)
    except RecursionError:
        raise Refused("an expression that is nested too deeply") from None
    run = typed.run
    return Compiled(tuple(compiler.columns), typed.type, lambda *row: run(row), compiler.retold)


@dataclass
class _Compiler:
    column: Callable[[str], Column]
    profile: Profile
    columns: list[Column] = field(default_factory=list)
    retold: bool = False
    # Those of the lambda functions around what is compiled, by folded name.
    parameters: list[tuple[str, DataType]] = field(default_factory=list)

    def compile(self, node: Node) -> Typed:
        if isinstance(node, Literal):
            return _literal(node)
        if isinstance(node, Name):
            return self._leaf(self.column(node.name))
        if isinstance(node, Call):
            return _folded(self._call(node))
        if isinstance(node, Path):
            return self.parameter(node.parts[0])
        raise Refused("a lambda function (the operator ->)")

    def _leaf(self, column: Column) -> Typed:
        if column not in self.columns:
            self.columns.append(column)
        get = itemgetter(self.columns.index(column))
        if not holds_instants(column.type):
            return Typed(column.type, get)
        if self.profile.zone is None:
            return Typed(column.type, get, unread=True)
        convert = inward(column.type, self.profile.zone)
        return Typed(column.type, lambda row: convert(get(row)))

    def result(self, node: Node) -> Typed:
        """Return the whole expression, with its times in the form that rows carry."""
        typed = self.compile(node)
        if isinstance(typed.type, INTERVALS):
            raise Refused(
                "an INTERVAL as a column, which rows do not carry: cast it to string or extract parts"
            )
        if typed.unread or not holds_instants(typed.type):
            return typed
        try:
            zone = zone_for(self.profile)
        except NeedsZone as error:
            raise _needing(node, error) from None
        convert, run = outward(typed.type, zone), typed.run
        return typed if convert is None else Typed(typed.type, lambda row: convert(run(row)))

    def _call(self, node: Call) -> Typed:
        if node.name in ("cast", "try_cast"):
            (operand,) = (self.compile(arg) for arg in node.args)
            try:
                if isinstance(operand.type, INTERVALS) and node.name == "cast":
                    return cast_interval(operand, type_named(node.to))
                if operand.unread and type_named(node.to) != operand.type:
                    zone_for(self.profile)
                return written_cast(self.profile, operand, node.to, lenient=node.name == "try_cast")
            except NeedsZone as error:
                raise _needing(node, error) from None
        listed = functions.get(node.name)
        if listed is None:
            raise Refused(_construct(node))
        if not self.profile.at_least(listed.since):
            raise Refused(f"the function {node.name}, which Spark {listed.since.rstrip('+')} brought")
        if not listed.accepts(len(node.args)):
            count = len(node.args)
            raise Refused(f"{node.name} of {count} argument{'' if count == 1 else 's'}")
        _refuse_joined(node)
        if self.profile.at_least("4.0") and node.name in ("+", "-", "*"):
            for arg in node.args:
                if isinstance(arg, Call) and arg.name in ("try_add", "try_subtract", "try_multiply"):
                    # Spark 4.3 computes both as one sum, whose overflow raises.
                    raise Refused(f"{arg.name} as an operand of {node.name}")
        args = [
            self._argument(_once(node, arg), listed.kind_of(place)) for place, arg in enumerate(node.args)
        ]
        unread = any(isinstance(arg, Typed) and arg.unread for arg in args)
        of_intervals = [isinstance(arg, Typed) and isinstance(arg.type, INTERVALS) for arg in args]
        if any(of_intervals) and node.name in ("string", "int", "bigint"):
            return cast_interval(args[0], type_named(node.name))
        if any(of_intervals) and node.name not in _OF_INTERVALS:
            raise Refused(f"an INTERVAL in {node.name}")
        try:
            if unread and node.name not in _PASSES_ON:
                zone_for(self.profile)
            made = listed.build(self.profile, *args)
            if unread and holds_instants(made.type):
                if not all(arg.unread for arg in args if arg.type == made.type):
                    zone_for(self.profile)
                made = replace(made, unread=True)
        except NeedsZone as error:
            raise _needing(node, error) from None
        except Refused as error:
            raise Refused(f"{error}, in {describe(node)}") if ", in " not in str(error) else error from None
        if _loses(node, made, self.profile):
            raise Refused("from_json of to_json of times, in place of which Spark 3 takes the times")
        self.retold |= _is_retold(node, args, made, self.profile.zone)
        return made

    def _argument(self, node: Node, kind: str) -> Any:
        if isinstance(node, Lambda) and kind == "f":
            return _Body(self, node)
        if isinstance(node, Lambda) or kind == "f":
            wanted = "a lambda function" if kind == "f" else "a value"
            raise Refused(f"{describe(node)} as an argument that must be {wanted}")
        return self.compile(node)

    def parameter(self, name: str) -> Typed:
        """Return the innermost parameter of that name, which stands behind the columns of the row."""
        for offset, (known, type) in enumerate(reversed(self.parameters), 1):
            if known == fold(name):
                return Typed(type, itemgetter(-offset))
        raise Refused(f"the name {name}")


@dataclass
class _Body:
    """The body of a lambda function, compiled when the types of its parameters are known."""

    compiler: _Compiler
    node: Lambda

    @property
    def parameters(self) -> int:
        return len(self.node.parameters)

    def __call__(self, *types: DataType) -> Typed:
        known = self.compiler.parameters
        known.extend(zip(map(fold, self.node.parameters), types, strict=True))
        made = self.compiler.compile(self.node.body)
        del known[len(known) - len(types) :]
        return made


def _needing(node: Node, error: NeedsZone) -> NeedsZone:
    """Return the refusal that names the innermost expression that needs the zone."""
    text = str(error)
    return NeedsZone(text if " depends on " in text else f"{describe(node)} depends on {text}")


def _refuse_joined(node: Call) -> None:
    """Raise `Refused` for a struct of fields of one from_json, which Spark's optimizer makes one from_json.

    For a blank text Spark then reads the fields of a struct that is null, and fails.
    """
    sources = [_source_of_json(value) for value in node.args[1::2]] if node.name == "named_struct" else []
    if sources and sources[0] is not None and sources.count(sources[0]) == len(sources):
        raise Refused("a struct of fields of one from_json, in place of the struct that from_json gives")


def _loses(node: Call, made: Typed, profile: Profile) -> bool:
    """Return whether Spark's optimizer keeps digits of a time that writing and reading JSON loses."""
    is_pair = node.name == "from_json" and _is_call(node.args[0], "to_json")
    return is_pair and not profile.at_least("4.0") and "timestamp" in str(made.type)


def _source_of_json(value: Node) -> Node | None:
    """Return the from_json of which a value is a field, None for another value."""
    if isinstance(value, Call) and value.name == "." and _is_call(value.args[0], "from_json"):
        return value.args[0]
    return None


def _is_call(node: Node, name: str) -> bool:
    return isinstance(node, Call) and node.name == name


_OF_INTERVALS = frozenset(
    """
    + - * / negative if case coalesce = <> < <= > >= between isnull isnotnull extract date_part datepart
    """.split()
) | {"unary -"}
# What gives back a time as it is, or asks only whether it is there.
_PASSES_ON = frozenset("isnull isnotnull coalesce ifnull nvl nvl2 if case . []".split())

_CONSTRUCTS = {
    "=>": "an argument by name (the operator =>)", "as": "an alias inside an expression",
    "interval": "an INTERVAL",
}  # fmt: skip


def _construct(node: Call) -> str:
    """Return what a call that is not listed is called in a message."""
    if node.name.startswith("typed_"):
        return f"a literal of {node.name.removeprefix('typed_').upper()}"
    if (construct := _CONSTRUCTS.get(node.name)) is not None:
        return construct
    reason = reason_of(node.name)
    return f"the function {node.name}" + (f", which {reason}" if reason else "")


def _is_retold(node: Call, args: list[Typed], made: Typed, zone: Zone | None) -> bool:
    """Tell whether types of operands, or the session, change what Spark shows in the name of an operator."""
    match node.name:
        case "to_char" | "to_varchar":  # of a date: date_format
            return args[0].type in (DATE, TIMESTAMP)
        case ".":  # of a map: m['k']; of arrays_zip: its names too
            zipped = _is_call(node.args[0], "arrays_zip") or (
                _is_call(node.args[0], "from_json") and isinstance(args[0].type, ArrayType)
            )
            return zipped or isinstance(args[0].type, MapType)
        case "[]":  # of a struct: s.x
            return isinstance(args[0].type, StructType)
        case "typed_date":  # which Spark shows in full
            return bool(args[0].value != made.value.isoformat())
        case "typed_timestamp":
            return zone is None or bool(args[0].value != local_to_string(zone.local(made.value)))
        case "convert_timezone":  # Spark shows the session's as an argument
            return len(args) == 2
        case "+" | "-":  # of a date: date_add; of a time: without brackets
            return made.type in (DATE, TIMESTAMP, TIMESTAMP_NTZ)
        case "<" | "<=" | ">" | ">=" | "between":  # a whole number and 1.5: Spark compares it with 1 or 2
            return any(isinstance(arg.type, IntegralType) for arg in args) and any(
                isinstance(arg, Literal) and isinstance(arg.type, DecimalType) for arg in node.args
            )
        case "=" | "<>" | "<=>":  # a boolean and 1: Spark asks the boolean alone
            types = {arg.type for arg in args}
            return BOOLEAN in types and len(types - {BOOLEAN, NULL, STRING}) > 0
    return False


_SAME_CASE = {"upper", "ucase", "lower", "lcase"}


def _once(outer: Call, arg: Node) -> Node:
    """Return the argument without the change of case that Spark's optimizer removes inside another."""
    if outer.name in _SAME_CASE:
        while isinstance(arg, Call) and arg.name in _SAME_CASE and len(arg.args) == 1:
            arg = arg.args[0]
    return arg


def _literal(node: Literal) -> Typed:
    if node.type == FLOAT:
        return always(nearest_float(Decimal(node.value)), FLOAT)
    value = node.value
    return Typed(
        node.type,
        lambda _: value,
        constant=True,
        written=value if isinstance(node.type, IntegralType) else None,
    )


def _folded(typed: Typed) -> Typed:
    """Return a constant with its value computed once; one that Spark refuses to compute fails per row."""
    if not typed.constant:
        return typed
    try:
        return always(typed.value, typed.type)
    except InvalidValueError:
        return typed
