"""A statement becomes a checked plan: what it selects, by name, and the conditions on a row.

Follows the `query` of Spark's `SqlBaseParser.g4`, as far as it makes one row of one row; every other clause
is refused by name.
"""

from __future__ import annotations

from functools import lru_cache

from sparklet.columns import fold
from sparklet.sql.names import column_name
from sparklet.sql.nodes import Call, Literal, Name, Node, Refused, Star, checked, describe
from sparklet.sql.parser import Parser
from sparklet.sql.scope import Item, Scope, Statement
from sparklet.sql.tokens import TABLE

__all__ = ["Item", "Statement", "parse", "parse_expression"]

_MOST_QUERIES = 50


@lru_cache(maxsize=256)
def parse(statement: str, *, release: str = "4.1+") -> Statement:
    """Return the plan of a statement over `__THIS__`.

    Raises `Refused` for anything that is not one SELECT with WHERE over the one table, possibly through
    subselects of the same form.
    """
    try:
        return _Reader(statement, release).statement()
    except RecursionError:
        raise Refused("a statement that is nested too deeply") from None


def parse_expression(text: str, *, release: str = "4.1+") -> Node:
    """Return one expression.

    >>> parse_expression("a + 1")
    Call(name='+', args=(Name(name='a'), Literal(value=1, type=IntegerType())), to='')
    """
    (item,) = parse(f"SELECT {text} AS x FROM {TABLE}", release=release).items  # noqa: S608 - no database is near
    if item.node is None:
        raise Refused("* as an expression")
    return item.node


# What may stand behind a table or WHERE, by its first word.
_CLAUSES = {
    **dict.fromkeys(", join inner cross left right full semi anti natural".split(), "JOIN"),
    "lateral": "LATERAL VIEW", "group": "GROUP BY", "having": "HAVING", "order": "ORDER BY",
    "sort": "SORT BY", "cluster": "CLUSTER BY", "distribute": "DISTRIBUTE BY", "limit": "LIMIT",
    "offset": "OFFSET", "window": "WINDOW", "qualify": "QUALIFY",
    "union": "UNION", "except": "EXCEPT", "minus": "MINUS", "intersect": "INTERSECT", "pivot": "PIVOT",
    "unpivot": "UNPIVOT", "tablesample": "TABLESAMPLE", "|>": "the operator |>",
}  # fmt: skip


class _Reader:
    def __init__(self, text: str, release: str) -> None:
        self._parser = Parser(text, release)
        self._release = release
        self._queries = 0
        # The queries that WITH names, each under its folded name.
        self._named: dict[str, Statement] = {}

    def statement(self) -> Statement:
        parser = self._parser
        if not parser.at("select", "(", "with"):
            raise Refused(f"a statement that starts with {str(parser.token.value or 'nothing').upper():.40}")
        plan = self._query()
        while parser.take(";"):
            pass
        if parser.token.kind != "end":
            raise parser.unexpected("its end")
        return plan

    def _query(self) -> Statement:
        self._queries += 1
        if self._queries > _MOST_QUERIES:
            raise Refused(f"more than {_MOST_QUERIES} subselects")
        outer = self._named
        if self._parser.take("with"):
            self._with()
        if self._parser.take("("):
            plan = self._query()
            self._parser.expect(")")
        else:
            self._parser.expect("select")
            plan = self._select()
        self._refuse_clauses()
        self._named = outer
        return plan

    def _with(self) -> None:
        """Read the named queries of WITH, each of which sees those before it."""
        while True:
            name = self._parser.identifier()
            if name == TABLE:
                raise Refused(f"a query of WITH that is called {TABLE}")
            if not self._parser.take("as") and not self._parser.at("("):
                raise self._parser.unexpected("AS")
            self._parser.expect("(")
            plan = self._query()
            self._parser.expect(")")
            self._named = {**self._named, fold(name): plan}
            if not self._parser.take(","):
                return

    def _refuse_clauses(self) -> None:
        token = self._parser.token
        clause = _CLAUSES.get(token.text) if token.kind in ("word", "operator") else None
        if clause is not None:
            raise Refused(clause)

    def _select(self) -> Statement:
        parser = self._parser
        if parser.at("distinct"):
            raise Refused("DISTINCT")
        if parser.at("all") and not parser.ahead().says(",", "from", ".", "+", "-"):
            parser.take("all")
        written = [parser.named_expression()]
        while parser.take(","):
            written.append(parser.named_expression())
        if not parser.take("from"):
            if parser.token.kind == "end":
                raise Refused(f"a SELECT without FROM {TABLE}")  # noqa: S608 - a message
            raise parser.unexpected("FROM")
        inner, alias = self._source()
        scope = Scope(inner, alias, [node for node in written if isinstance(node, Star)])
        items: list[Item] = []
        for node in written:
            items += (made := self._items(node, scope))
            scope.add(made)
        scope.forget()
        conditions = [scope.resolve(checked(parser.expression()))] if parser.take("where") else []
        ambiguous = (*(inner.ambiguous if inner else ()), *scope.ambiguous)
        where = (*(inner.where if inner else ()), *map(checked, conditions))
        return Statement(tuple(items), where, ambiguous)

    def _source(self) -> tuple[Statement | None, str]:
        """Return the query behind FROM, None for the table, and the name that qualifies its columns."""
        parser = self._parser
        inner: Statement | None
        if parser.take("("):
            if parser.at_query() or parser.at("("):
                inner, name = self._query(), ""
            else:
                inner, name = self._source()
            parser.expect(")")
        else:
            inner, name = self._table()
        alias = self._alias()
        self._refuse_clauses()
        return inner, alias or name

    def _table(self) -> tuple[Statement | None, str]:
        parser = self._parser
        name = parser.identifier()
        while parser.take("."):
            name += f".{parser.identifier()}"
        if parser.at("("):
            raise Refused(f"the table function {name}")
        if name == TABLE:
            return None, TABLE
        if fold(name) not in self._named:
            raise Refused(f"the table {name}")
        return self._named[fold(name)], name

    def _alias(self) -> str:
        parser = self._parser
        explicit = parser.take("as")
        if not explicit and not parser.at_alias():
            return ""
        alias = parser.identifier(alias=True)
        if parser.at("("):
            raise Refused("an alias of the table with names of columns")
        return alias

    def _items(self, written: Node, scope: Scope) -> list[Item]:
        if isinstance(written, Star):
            return scope.everything(written)
        if isinstance(written, Call) and written.name == "as":
            node, name = written.args
            if isinstance(node, Star) or not isinstance(name, Literal):
                raise Refused("an alias of *")
            return [Item(name.value, checked(scope.resolve(checked(node))))]
        shown = scope.shown(checked(written))
        made = column_name(shown, self._release)
        if made is None:
            raise Refused(f"{describe(shown)} without a name: write AS name behind it")
        scope.reads_aliases = False
        node = checked(scope.resolve(written))
        if scope.reads_aliases:
            raise Refused(f"{describe(shown)} of an alias without a name: write AS name behind it")
        return [Item(made, node, not isinstance(shown, Name))]
