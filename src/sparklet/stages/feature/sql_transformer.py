"""SQLTransformer: compute, rename and drop columns and filter rows with one SELECT."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from sparklet.columns import Column, Columns, Want, fold, wants
from sparklet.errors import SchemaError
from sparklet.records import replace
from sparklet.sql import (
    Call,
    Compiled,
    Dependence,
    Item,
    Literal,
    Name,
    NeedsZone,
    Node,
    Refused,
    Statement,
    assumed,
    cast_value,
    compile_node,
    dependence,
    lone_uses,
    parse,
    reads_clock,
    type_named,
)
from sparklet.sql.scope import WITHOUT_BRACKETS
from sparklet.stages.stage import Bound, Dropped, Rounding, Stage, stage
from sparklet.types import BOOLEAN, NULL, STRING, DataType, StructType

__all__ = ["SQLTransformer"]


@stage("org.apache.spark.ml.feature.SQLTransformer")
class SQLTransformer(Stage):
    """Evaluate `SELECT ... FROM __THIS__ [WHERE ...]` on each row.

    The statement follows the SQL rules of the profile: since 4.0, ANSI mode raises for overflow, division by
    zero and bad casts, where 3.5 gives null. Columns that are not selected are removed, and a row for which
    WHERE is not true is dropped. A statement other than one SELECT of supported expressions is refused at
    load.

    Follows Spark's `ml/feature/SQLTransformer.scala` (4.2).
    """

    rounding = Rounding("expressions may call exp, log, pow and the like")

    statement: str | None = None

    def check(self) -> str | None:
        if self.statement is None:
            return "statement is not set"
        try:
            parse(self.statement)
        except Refused as error:
            return f"sparklet does not support {error}: {self.statement[:200]!r}"
        return None

    @property
    def reads_clock(self) -> bool:
        statement = parse(self.statement or "")
        nodes = [*statement.where, *(item.node for item in statement.items if item.node is not None)]
        return any(map(reads_clock, nodes))

    def bind(self, columns: Columns) -> Iterator[Bound]:
        statement = self._parsed(columns)
        if self.reads_clock:
            for name in WITHOUT_BRACKETS:
                if columns.known(name) is not None:
                    raise SchemaError(name, "has the name of a function: rename it", str(self))
        source = _Source(columns, statement)
        for name in statement.ambiguous:
            if columns.known(name) is None:
                raise SchemaError(
                    name, "may be a column or the expression named so before: declare it", str(self)
                )
        filters = [
            (source.compiled("WHERE", condition), condition)
            for whole in statement.where
            for condition in source.conjuncts(whole)
        ]
        items: list[Column | str | None] = []
        bounds: list[Bound] = []
        renamed: dict[str, str] = {}
        stars = [item for item in statement.items if item.node is None]
        everything = bool(stars)
        excluded = frozenset().union(*(star.excluded for star in stars))
        for item in statement.items:
            if item.node is None:
                items.append(None)
            elif isinstance(item.node, Name) and fold(item.node.name) == fold(item.name) and not everything:
                items.append(source.passed(item.name))
            else:
                compiled = source.compiled(item.name, item.node)
                if item.unnamed and compiled.retold:
                    # Spark names `d + 1` of a date date_add(d, 1), which the expression's text does not show.
                    raise SchemaError(item.name, "needs a name: write AS name behind it", str(self))
                if everything and fold(item.name) not in excluded and columns.known(item.name) is not None:
                    raise SchemaError(item.name, _TWICE, str(self))
                depends = dependence(item.node, compiled.inputs)
                column = source.made(item.name, item.node, compiled, depends)
                if isinstance(item.node, Name) and (origin := columns.source(item.node.name)) is not None:
                    renamed[item.name] = origin
                items.append(column)
                bounds.append(
                    Bound(
                        compiled.inputs,
                        (column,),
                        compiled.function,
                        nulls=True,
                        inlined=True,
                        asks=depends.asks,
                    )
                )
        for name in excluded:
            columns.drop(name)
        columns.select(items, renamed)
        for condition, node in filters:
            asks = dependence(node, condition.inputs).asks
            yield Bound(condition.inputs, (), _keeping(condition), drops="input", nulls=True, asks=asks)
        yield from bounds

    def _parsed(self, columns: Columns) -> Statement:
        try:
            statement = parse(self.statement or "", release=columns.profile.release)
        except Refused as error:
            raise SchemaError(
                "*", f"cannot be selected: sparklet does not support {error}", str(self)
            ) from None
        statement = Statement(_spread(statement, columns), statement.where, statement.ambiguous)
        names = [fold(item.name) for item in statement.items if item.node is not None]
        for item in statement.items:
            if item.node is not None and names.count(fold(item.name)) > 1:
                raise SchemaError(item.name, _TWICE, str(self))
        return statement


def _spread(statement: Statement, columns: Columns) -> tuple[Item, ...]:
    """Return the items of a statement, with a column for each field where `user.*` stands for them."""

    def known(name: str) -> Column:
        column = columns.known(name)
        if column is None or column.origin == "inferred":
            raise Refused(f"the * of the struct {name}, whose type is not declared")
        return column

    items: list[Item] = []
    for item in statement.items:
        if not item.spread or item.node is None:
            items.append(item)
            continue
        try:
            type = compile_node(item.node, known, columns.profile).type
            if not isinstance(type, StructType):
                raise Refused(f"the * of a value of type {type}")  # noqa: TRY301 - named as all others
        except Refused as error:
            hint = "declare it: load(path, schema=...)"
            raise SchemaError(
                "*", f"cannot be selected: sparklet does not support {error}; {hint}", columns.stage
            ) from None
        items += [Item(each.name, Call(".", (item.node, Literal(each.name, STRING)))) for each in type]
    return tuple(items)


_TWICE = "would be there twice, and a row holds a name once"


class _Source:
    """The columns that a statement reads, each assumed to be of the type that the statement needs."""

    def __init__(self, columns: Columns, statement: Statement) -> None:
        self._columns = columns
        nodes = [item.node for item in statement.items if item.node is not None]
        self._assumed = assumed([*statement.where, *nodes], self._type)
        self._lone = lone_uses([*statement.where, *nodes])

    def _type(self, name: str) -> DataType | None:
        column = self._columns.known(name)
        return None if column is None or column.origin == "inferred" else column.type

    def passed(self, name: str) -> str:
        """Return the name of a column that the statement selects unchanged."""
        column = self._columns.known(name)
        if column is None and self._columns.source(name) is None:
            self._columns.read(name, wants.ANY)  # which says that it is gone
        return name

    def _take(self, name: str) -> Column:
        type = self._assumed.get(fold(name))
        want = self._lone_want(fold(name)) if type is None else wants.like(type)
        return self._columns.read(name, want)

    def _lone_want(self, name: str) -> Want:
        """Return the want of a column whose other uses do not tell its type."""
        use = self._lone.get(name)
        if use == "":
            return wants.cast(STRING, _present)
        if use is not None:
            try:
                type = type_named(use)
                return wants.cast(type, cast_value(type, self._columns.profile))
            except Refused:
                pass
        return wants.ANY

    def compiled(self, name: str, node: Node) -> Compiled:
        """Return a compiled expression of the statement; `name` is its output column."""
        try:
            return compile_node(node, self._take, self._columns.profile)
        except NeedsZone as error:
            how = "add load(path, timezone='Europe/Paris') with the zone of the Spark session"
            raise SchemaError(name, f"cannot be computed: {error}; {how}", self._columns.stage) from None
        except Refused as error:
            refused = f"cannot be computed: sparklet does not support {error}"
            raise SchemaError(name, refused, self._columns.stage) from None

    def conjuncts(self, condition: Node) -> list[Node]:
        """Return the conditions that AND joins, which Spark makes filters of their own."""
        if not isinstance(condition, Call) or condition.name != "and":
            return [condition]
        parts = [part for argument in condition.args for part in self.conjuncts(argument)]
        boolean = all(self.compiled("WHERE", part).type in (BOOLEAN, NULL) for part in parts)
        return parts if boolean else [condition]

    def made(self, name: str, node: Node, compiled: Compiled, depends: Dependence) -> Column:
        """Return the output column of an expression; a renamed column keeps its ML attributes."""
        if isinstance(node, Name):
            return replace(compiled.inputs[0], name=name, origin=self._columns.stage, casts=False)
        return self._columns.new(name, compiled.type, replaces=True, undeclared=depends.undeclared)


def _present(_value: Any) -> str:
    """Return a text for a value of any type, which the statement only compares with null."""
    return ""


def _keeping(condition: Compiled) -> Callable[..., None]:
    """Return the function that drops a row for which the condition is not true."""
    holds = condition.function
    if condition.type not in (BOOLEAN, NULL):
        raise SchemaError("WHERE", f"is {condition.type}, no condition")

    def keep(*values: Any) -> None:
        if holds(*values) is not True:
            raise Dropped

    return keep
