"""A statement becomes a checked plan: what it selects, by name, and the conditions on a row.

sqlglot gives the tree of a statement that `text.make_plain` has made plain; everything in the tree that is
not known here is refused by name, so that a newer grammar cannot slip in unseen.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any, ClassVar

from sparklet.columns import fold
from sparklet.errors import MissingExtraError
from sparklet.sql.names import column_name
from sparklet.sql.nodes import Call, Literal, Name, Node, Refused, describe, walk
from sparklet.sql.text import FUNCTION, TABLE, Plain, fit, make_plain
from sparklet.types import BOOLEAN, FLOAT, NULL, STRING

__all__ = ["Item", "Statement", "parse", "parse_expression"]

_MOST_NODES = 20_000
_SEVERAL = {"expressions", "joins", "laterals", "ctes"}


@dataclass(frozen=True)
class Item:
    """One output column: its name and expression; `node` is None for `*`, all columns there are.

    `unnamed` tells that the name is Spark's, made of the expression.
    """

    name: str
    node: Node | None
    unnamed: bool = False


@dataclass(frozen=True)
class Statement:
    """What a statement makes of a row: columns in order, and conditions in the order they are asked.

    `ambiguous` names what may be a column, or else is an earlier expression of the same SELECT.
    """

    items: tuple[Item, ...]
    where: tuple[Node, ...]
    ambiguous: tuple[str, ...] = ()


@lru_cache(maxsize=256)
def parse(statement: str, *, release: str = "4.1+") -> Statement:
    """Return the plan of a statement over `__THIS__`.

    Raises `Refused` for anything that is not one SELECT with WHERE over the one table, possibly through
    subselects of the same form; `MissingExtraError` without sqlglot.
    """
    plain, tree = _parse_tree(statement, release)
    try:
        return _Reader(plain, release).select(tree)
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


@cache
def _grammar() -> tuple[Any, Any]:
    if importlib.util.find_spec("sqlglot") is None:
        raise MissingExtraError("SQLTransformer", "sql")
    from sqlglot import errors
    from sqlglot.dialects.spark import Spark

    class Bare(Spark):
        """Spark's grammar, in which functions are names and arguments, whatever they are called."""

        class Parser(Spark.Parser):  # type: ignore[misc, valid-type]
            """The parser without what it knows of functions."""

            FUNCTIONS: ClassVar[dict[str, Any]] = {}
            FUNCTION_PARSERS: ClassVar[dict[str, Any]] = {}
            NO_PAREN_FUNCTIONS: ClassVar[dict[Any, Any]] = {}

    return Bare(), errors.SqlglotError


_CLAUSES = {
    "union": "UNION", "over": "a window function (OVER)", "lateral": "LATERAL VIEW", "cluster": "CLUSTER BY",
    "tablesample": "TABLESAMPLE", "pivot": "PIVOT", "intersect": "INTERSECT", "sort": "SORT BY",
    "distribute": "DISTRIBUTE BY", "join": "JOIN", "exists": "EXISTS",
}  # fmt: skip


def _parse_tree(statement: str, release: str) -> tuple[Plain, Any]:
    dialect, SqlglotError = _grammar()
    plain = make_plain(statement, quotes_double=release != "3.5")
    try:
        (tree,) = dialect.parse(plain.text)
    except (SqlglotError, ValueError, RecursionError):
        found = next((_CLAUSES[word] for word in plain.words if word in _CLAUSES), None)
        raise Refused(
            found or "a statement that is not one SELECT over __THIS__, or that no parser reads"
        ) from None
    return plain, tree


# What sqlglot calls its nodes, and what they are here. Comparisons bind loosest: see `_operand`.
_COMPARISONS = {
    "EQ": "=", "NEQ": "<>", "LT": "<", "LTE": "<=", "GT": ">", "GTE": ">=", "NullSafeEQ": "<=>",
}  # fmt: skip
_BINARY = {
    **_COMPARISONS, "And": "and", "Or": "or", "Add": "+", "Sub": "-", "Mul": "*", "Div": "/", "Mod": "%",
    "IntDiv": "div", "DPipe": "||",
}  # fmt: skip
_SUMS = {"Add", "Sub", "DPipe"}
_PREDICATES = {"In", "Between", "Like", "ILike", "RegexpLike", "Is", "Escape", "NullSafeNEQ"}
# What the nodes of an expression may hold; anything else is a construct that is not known here.
_ARGS = {
    "Literal": {"this", "is_string"}, "Between": {"this", "low", "high"}, "Case": {"this", "ifs", "default"},
    "Column": {"this", "table"}, "Div": {"this", "expression", "safe", "typed"},
    "DPipe": {"this", "expression", "safe"}, "In": {"this", "expressions", "query"},
    "Like": {"this", "expression", "negate"}, "ILike": {"this", "expression", "negate"},
}  # fmt: skip
_MATCHES = {"Like": "like", "ILike": "ilike", "RegexpLike": "rlike"}


class _Reader:
    def __init__(self, plain: Plain, release: str) -> None:
        self._plain = plain
        self._release = release

    # --- the statement ----------------------------------------------------------------------------

    def select(self, tree: Any) -> Statement:
        if _kind(tree) in ("Subquery", "Paren"):
            self._only(tree, "this", what="a subselect")
            return self.select(tree.this)
        if _kind(tree) != "Select":
            raise Refused(_construct(tree))
        source = tree.args.get("from") or tree.args.get("from_")
        self._only(tree, "expressions", "from", "from_", "where", what="a statement")
        if source is None:
            raise Refused("a SELECT without FROM __THIS__")
        inner, alias = self._source(source.this)
        scope = _Scope(inner, alias)
        items: list[Item] = []
        for part in tree.expressions:
            items += (made := self._item(part, scope))
            scope.add(made)
        where = tree.args.get("where")
        scope.forget()
        conditions = [] if where is None else [self._expression(where.this, scope.resolve)]
        ambiguous = (*(inner.ambiguous if inner else ()), *scope.ambiguous)
        return Statement(tuple(items), (*(inner.where if inner else ()), *conditions), ambiguous)

    def _source(self, tree: Any) -> tuple[Statement | None, str]:
        alias = tree.args.get("alias")
        if alias is not None:
            self._only(alias, "this", what="an alias of the table")
        name = "" if alias is None else alias.this.name
        if _kind(tree) == "Subquery":
            self._only(tree, "this", "alias", what="a subselect")
            return self.select(tree.this), name
        if _kind(tree) != "Table" or _kind(tree.this) != "Identifier":
            raise Refused(f"FROM {_construct(tree)}")
        self._only(tree, "this", "alias", what="FROM")
        if tree.this.name != TABLE:
            raise Refused(f"the table {tree.this.name}")
        return None, name or TABLE

    def _item(self, tree: Any, scope: _Scope) -> list[Item]:
        if _kind(tree) == "Star":
            self._only(tree, what="*")
            return scope.everything()
        if _kind(tree) == "Column" and _kind(tree.this) == "Star":
            self._only(tree, "this", "table", what="*")
            scope.check(tree.args["table"].name)
            return scope.everything()
        if _kind(tree) == "Alias":
            self._only(tree, "this", "alias", what="an alias")
            node = self._expression(tree.this, scope.resolve)
            return [Item(tree.args["alias"].name, node)]
        written = self._expression(tree, lambda name, _: Name(name))
        name = column_name(written, self._release)
        if name is None:
            raise Refused(f"{describe(written)} without a name: write AS name behind it")
        return [Item(name, self._expression(tree, scope.resolve), not isinstance(written, Name))]

    def _only(self, tree: Any, *known: str, what: str) -> None:
        for key, value in tree.args.items():
            if value in (None, False, [], "") or key in known:
                continue
            found = value[0] if isinstance(value, list) else value
            label = key.rstrip("_").replace("_", " ").upper() if key not in _SEVERAL else _construct(found)
            raise Refused(f"{label} in {what}")

    # --- expressions ------------------------------------------------------------------------------

    def _expression(self, tree: Any, resolve: Callable[[str, str], Node]) -> Node:
        node = _Expressions(self._plain, resolve).read(tree)
        for count, _ in enumerate(walk(node)):
            if count > _MOST_NODES:
                raise Refused("a statement of too many expressions")
        return node


class _Scope:
    """The columns that a SELECT sees: those of the table, or of the subselect that it reads."""

    def __init__(self, inner: Statement | None, alias: str) -> None:
        self._items = (Item("", None),) if inner is None else inner.items
        self._alias = alias
        self._named: dict[str, list[Node]] = {}
        for item in self._items:
            if item.node is not None:
                self._named.setdefault(fold(item.name), []).append(item.node)
        self._open = any(item.node is None for item in self._items)
        self._read: set[str] = set()
        self._before: dict[str, Node] = {}
        self.ambiguous: list[str] = []

    def add(self, items: Sequence[Item]) -> None:
        """Let later expressions of the SELECT use the names of these, where no column has them."""
        self._before |= {fold(item.name): item.node for item in items if item.node is not None}

    def forget(self) -> None:
        """Take these names away again: WHERE sees columns only."""
        self._before = {}

    def everything(self) -> list[Item]:
        return list(self._items)

    def check(self, qualifier: str) -> None:
        if fold(qualifier) != fold(self._alias):
            raise Refused(f"the table or struct {qualifier}")

    def resolve(self, name: str, qualifier: str) -> Node:
        if qualifier:
            self.check(qualifier)
        found = self._named.get(fold(name), [])
        if len(found) > 1:
            raise Refused(f"the column {name}, which the subselect makes twice")
        if found:
            return found[0]
        key = fold(name)
        before = None if qualifier else self._before.get(key)
        if not self._open:
            if before is not None:
                return before
            raise Refused(f"the column {name}, which the subselect does not give")
        if before is not None and key not in self._read and before != Name(name):
            self.ambiguous.append(name)
        self._read.add(key)
        return Name(name)


class _Expressions:
    """Read one expression; `resolve` says what a name (and its qualifier) stands for."""

    def __init__(self, plain: Plain, resolve: Callable[[str, str], Node]) -> None:
        self._plain = plain
        self._resolve = resolve

    def read(self, tree: Any) -> Node:
        kind = _kind(tree)
        known = _ARGS.get(kind, {"this", "expression", "expressions"})
        for key, value in tree.args.items():
            if value not in (None, False, [], "") and key not in known:
                raise Refused(f"{key.upper()} in {_construct(tree)}")
        if kind in _BINARY:
            return self._binary(tree)
        if kind == "If":
            raise Refused("IF without parentheses")
        reader = getattr(self, f"_read_{kind.lower()}", None)
        if reader is None:
            raise Refused(_construct(tree))
        node: Node = reader(tree)
        return node

    def _all(self, trees: Sequence[Any]) -> tuple[Node, ...]:
        return tuple(self.read(tree) for tree in trees)

    def _binary(self, tree: Any) -> Node:
        kind = _kind(tree)
        sides = (tree.this, tree.expression)
        if kind in _COMPARISONS and any(_kind(side) in _PREDICATES for side in sides):
            # Spark reads `a = b IS NULL` as `(a = b) IS NULL`, the parser as `a = (b IS NULL)`.
            raise Refused("a comparison beside another condition without parentheses")
        if kind in _SUMS and any(
            _kind(side) in _SUMS and (kind == "DPipe") != (_kind(side) == "DPipe") for side in sides
        ):
            raise Refused("|| beside + or - without parentheses")
        return Call(_BINARY[kind], self._all(sides))

    def _read_literal(self, tree: Any) -> Node:
        return self._number(tree, 1)

    def _number(self, tree: Any, sign: int) -> Literal:
        literal = self._plain.literals[int(tree.this)]
        if literal.type == FLOAT:
            # Kept as digits: rounding to float32 is one step from them.
            return Literal(("-" if sign < 0 else "") + literal.value, FLOAT)
        return literal if literal.type == STRING else fit(literal, sign)

    def _read_neg(self, tree: Any) -> Node:
        if _kind(tree.this) == "Literal" and self._plain.literals[int(tree.this.this)].type != STRING:
            return self._number(tree.this, -1)
        return Call("unary -", (self.read(tree.this),))

    def _read_null(self, tree: Any) -> Node:
        return Literal(None, NULL)

    def _read_boolean(self, tree: Any) -> Node:
        return Literal(bool(tree.this), BOOLEAN)

    def _read_paren(self, tree: Any) -> Node:
        return self.read(tree.this)

    def _read_not(self, tree: Any) -> Node:
        return Call("not", (self.read(tree.this),))

    def _read_column(self, tree: Any) -> Node:
        if tree.args.get("db") is not None or _kind(tree.this) != "Identifier":
            raise Refused(_construct(tree))
        table = tree.args.get("table")
        return self._resolve(tree.this.name, "" if table is None else table.name)

    def _read_anonymous(self, tree: Any) -> Node:
        name = str(tree.this).lower().removeprefix(FUNCTION)
        if any(_kind(arg) == "Star" for arg in tree.expressions):
            raise Refused(f"the function {name}(*)")
        if name in ("cast", "try_cast") and len(tree.expressions) == 2:
            to = self._plain.literals[int(tree.expressions[1].this)].value
            return Call(name, (self.read(tree.expressions[0]),), to=str(to))
        if name in ("extract", "date_part", "datepart") and len(tree.expressions) == 2:
            field = tree.expressions[0]
            text = field.name if _kind(field) == "Column" else self._plain.literals[int(field.this)].value
            return Call("extract", (Literal(str(text).lower(), STRING), self.read(tree.expressions[1])))
        return Call(name, self._all(tree.expressions))

    def _read_in(self, tree: Any) -> Node:
        if tree.args.get("query") is not None or not tree.expressions:
            raise Refused("IN with a subselect")
        return Call("in", (self.read(tree.this), *self._all(tree.expressions)))

    def _read_between(self, tree: Any) -> Node:
        return Call("between", self._all((tree.this, tree.args["low"], tree.args["high"])))

    def _read_like(self, tree: Any) -> Node:
        return self._match(tree, ())

    _read_ilike = _read_regexplike = _read_like

    def _read_escape(self, tree: Any) -> Node:
        if _kind(tree.this) not in ("Like", "ILike"):
            raise Refused(_construct(tree))
        return self._match(tree.this, (tree.expression,))

    def _match(self, tree: Any, escape: tuple[Any, ...]) -> Node:
        call = Call(_MATCHES[_kind(tree)], self._all((tree.this, tree.expression, *escape)))
        # NOT is inside the node or around it, by the version of the parser.
        return Call("not", (call,)) if tree.args.get("negate") else call

    def _read_is(self, tree: Any) -> Node:
        value, wanted = self.read(tree.this), _kind(tree.expression)
        if wanted == "Null":
            return Call("isnull", (value,))
        if wanted == "Boolean":
            return Call("<=>", (value, Literal(bool(tree.expression.this), BOOLEAN)))
        raise Refused(_construct(tree))

    def _read_nullsafeneq(self, tree: Any) -> Node:
        return Call("not", (Call("<=>", self._all((tree.this, tree.expression))),))

    def _read_case(self, tree: Any) -> Node:
        subject = tree.args.get("this")
        parts: list[Node] = []
        for branch in tree.args["ifs"]:
            condition = self.read(branch.this)
            if subject is not None:
                condition = Call("=", (self.read(subject), condition))
            parts += [condition, self.read(branch.args["true"])]
        if (default := tree.args.get("default")) is not None:
            parts.append(self.read(default))
        return Call("case", tuple(parts))

    def _read_bracket(self, tree: Any) -> Node:
        (index,) = tree.expressions
        return Call("[]", (self.read(tree.this), self.read(index)))


def _kind(tree: Any) -> str:
    return type(tree).__name__


def _construct(tree: Any) -> str:
    """Return what a node of the tree is called in a message."""
    kind = _kind(tree)
    if kind == "Dot":
        return "a field of a struct"
    words = {
        "Window": "a window function (OVER)", "Lambda": "a lambda function", "Subquery": "a subselect",
        "Join": "JOIN", "Lateral": "LATERAL VIEW", "Union": "UNION", "Group": "GROUP BY", "Tuple": "a tuple",
        "Select": "a subselect", "Star": "*", "Column": "a column of several parts",
    }  # fmt: skip
    return words.get(kind, f"{kind} expressions" if kind.isalpha() else kind)
