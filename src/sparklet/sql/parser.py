"""The parser of expressions, by operator precedence.

Follows Spark's `SqlBaseParser.g4` and `catalyst/parser/AstBuilder.scala` (3.5 and 4.2). Every expression of
the grammar is read; what no row has, such as a window or a subselect, is refused by name. The parser calls
itself for what stands in brackets, CASE and lambda functions, which may nest a fixed number of levels.
"""

from __future__ import annotations

from sparklet.sql.cursor import NEVER_VALUES
from sparklet.sql.literals import signed
from sparklet.sql.nodes import Call, Lambda, Literal, Node, Path, Refused, Star
from sparklet.sql.tokens import Token
from sparklet.sql.typenames import UNITS, TypeReader
from sparklet.types import BOOLEAN, NULL, STRING

__all__ = ["Parser"]

# Binary operators by how tightly they bind; all of them associate to the left.
_BINDS = {
    operator: level
    for level, operators in enumerate(
        ("= <> < <= > >= <=>", "|", "^", "&", "<< >> >>>", "+ - ||", "* / % div")
    )
    for operator in operators.split()
}
_PREFIXES = {"-": "unary -", "+": "positive", "~": "~"}

_FUNCTIONS_TOO = frozenset({"like", "ilike", "rlike", "regexp", "between", "when", "div"})
_CONSTANTS = {
    "null": Literal(None, NULL), "true": Literal(True, BOOLEAN), "false": Literal(False, BOOLEAN),
}  # fmt: skip
_QUERIES = ("select", "with", "values", "from", "table")
_DATE_UNITS = UNITS | {"quarter", "dayofyear"}
# With three arguments the first of these is a unit: dateadd(DAY, 1, d).
_OF_UNITS = {
    **dict.fromkeys(("timestampadd", "dateadd", "date_add"), "timestampadd"),
    **dict.fromkeys(("timestampdiff", "datediff", "date_diff", "timediff"), "timestampdiff"),
}
_TRIMS = {"both": ("trim", "btrim_of"), "leading": ("ltrim", "ltrim_of"), "trailing": ("rtrim", "rtrim_of")}
_AFTER_CALLS = {
    "over": "a window function (OVER)", "filter": "an aggregate with FILTER",
    "within": "an aggregate (WITHIN GROUP)",
    "ignore": "an aggregate or window function (IGNORE NULLS)",
    "respect": "an aggregate or window function (RESPECT NULLS)",
}  # fmt: skip


class Parser(TypeReader):
    """Read expressions."""

    # --- conditions -------------------------------------------------------------------------------

    def expression(self) -> Node:
        """Return the expression that comes next: conditions with AND, then OR between."""
        self.enter()
        whole: Node | None = None
        while True:
            part = self._condition()
            while self.take("and"):
                part = Call("and", (part, self._condition()))
            whole = part if whole is None else Call("or", (whole, part))
            if not self.take("or"):
                self.leave()
                return whole

    def _condition(self) -> Node:
        negations = 0
        while self.take("not", "!"):
            negations += 1
        if self.at("exists") and self.ahead().says("(") and self.ahead(2).says("select", "with"):
            raise Refused("EXISTS with a subselect")
        node = self._predicate(self._value())
        for _ in range(negations):
            node = Call("not", (node,))
        return node

    def _predicate(self, value: Node) -> Node:
        if self.take("is"):
            return self._is(value)
        negated = self.at("not", "!" if self.before_4 else "not")
        word = self.ahead() if negated else self.token
        reader = (
            getattr(self, f"_read_{_PREDICATES.get(word.text, '')}", None) if word.kind == "word" else None
        )
        if reader is None:
            return value
        self._index += 1 + negated
        node: Node = reader(value, word.text, negated=negated)
        return node

    def _is(self, value: Node) -> Node:
        negated = self.take("not") or (self.before_4 and self.take("!"))
        if self.take("null", "unknown"):
            return Call("isnotnull" if negated else "isnull", (value,))
        if self.take("distinct"):
            self.expect("from")
            same = Call("<=>", (value, self._value()))
            return same if negated else Call("not", (same,))
        if self.at("true", "false"):
            same = Call("<=>", (value, _CONSTANTS[self.token.text]))
            self._index += 1
            return Call("not", (same,)) if negated else same
        raise self.unexpected("NULL, TRUE, FALSE, UNKNOWN or DISTINCT FROM")

    def _read_between(self, value: Node, _word: str, *, negated: bool) -> Node:
        low = self._value()
        self.expect("and")
        return _negated(Call("between", (value, low, self._value())), negated=negated)

    def _read_in(self, value: Node, _word: str, *, negated: bool) -> Node:
        if self.ahead().says("select", "with"):
            raise Refused("IN with a subselect")
        return _negated(Call("in", (value, *self._bracketed())), negated=negated)

    def _read_rlike(self, value: Node, _word: str, *, negated: bool) -> Node:
        return _negated(Call("rlike", (value, self._value())), negated=negated)

    def _read_like(self, value: Node, word: str, *, negated: bool) -> Node:
        if self.at("any", "some", "all") and self.ahead().says("("):
            quantifier = "all" if self.at("all") else "any"
            self._index += 1
            patterns = self._bracketed()
            return Call(f"{'not_' if negated else ''}{word}_{quantifier}", (value, *patterns))
        arguments = [value, self._value()]
        if self.take("escape"):
            arguments.append(self._string("the character behind ESCAPE"))
        return _negated(Call(word, tuple(arguments)), negated=negated)

    # --- values -----------------------------------------------------------------------------------

    def _value(self) -> Node:
        operands: list[Node] = []
        operators: list[str] = []
        while True:
            operands.append(self._operand())
            operator = self._operator()
            binds = _BINDS.get(operator, -1)
            while operators and _BINDS[operators[-1]] >= binds:
                right = operands.pop()
                operands[-1] = Call(operators.pop(), (operands[-1], right))
            if binds < 0:
                return operands[0]
            operators.append(operator)
            self._index += len(operator) if operator in (">>", ">>>") else 1

    def _operator(self) -> str:
        """Return the operator that comes next; `>>` is two tokens, as in `array<array<int>>`."""
        token = self.token
        if token.kind not in ("word", "operator") or (token.text == "<<" and self.before_4):
            return ""
        count = 1
        if token.text == ">" and not self.before_4:
            while (
                count < 3 and self.ahead(count).says(">") and self.ahead(count).start == token.start + count
            ):
                count += 1
        return token.text if count == 1 else ">" * count

    def _operand(self) -> Node:
        prefixes = []
        while self.at(*_PREFIXES) and not (self.at("-") and self.ahead().kind == "number"):
            prefixes.append(_PREFIXES[self.token.text])
            self._index += 1
        node = self._primary()
        while self.at(".", "[", "::", "collate", ":"):
            node = self._postfix(node)
        for prefix in reversed(prefixes):
            node = Call(prefix, (node,))
        return node

    def _postfix(self, node: Node) -> Node:
        if self.take("."):
            if self.take("*"):
                return self._star(node)
            name = self.identifier()
            if isinstance(node, Path):
                return Path((*node.parts, name))
            return Call(".", (node, Literal(name, STRING)))
        if self.take("["):
            index = self._value()
            self.expect("]")
            return Call("[]", (node, index))
        if self.at("::") and not self.before_4:
            self._index += 1
            return Call("cast", (node,), to=self.type_name())
        if self.at("collate"):
            raise Refused("COLLATE")
        raise Refused("a path into a VARIANT" if self.at(":") else "the operator ::, which Spark 4.0 brought")

    def _primary(self) -> Node:
        token = self.token
        if token.kind == "string":
            return self._string("a string")
        if token.kind == "number" or self.at("-"):
            sign = -1 if self.take("-") else 1
            self._index += 1
            return signed(self._tokens[self._index - 1].value, sign)
        if token.kind == "operator":
            return self._operator_primary()
        if token.kind == "quoted":
            return self._name()
        if token.text in _CONSTANTS:
            self._index += 1
            return _CONSTANTS[token.text]
        if token.text == "case":
            return self._case()
        if token.text not in NEVER_VALUES and self.ahead().kind == "string":
            self._index += 1
            return self._typed(token)
        if token.text == "interval" and self.at_amount(1):
            self._index += 1
            return self.interval([])
        if token.kind == "end" or (
            token.text in NEVER_VALUES and not (token.text in _FUNCTIONS_TOO and self.ahead().says("("))
        ):
            raise self.unexpected("a value")
        return self._name()

    def _operator_primary(self) -> Node:
        if self.take("("):
            return self._parenthesis()
        if self.take("*"):
            return self._star(Path(()))
        if self.at("?", ":"):
            raise Refused("a parameter of the statement")
        raise self.unexpected("a value")

    def _string(self, wanted: str) -> Literal:
        """Return the string that comes next, with those that stand directly behind it."""
        parts = []
        while self.token.kind == "string":
            parts.append(self.token.value.value)
            self._index += 1
        if not parts:
            raise self.unexpected(wanted)
        return Literal("".join(parts), STRING)

    def _typed(self, type: Token) -> Node:
        text = self._string("a string")
        if type.text == "interval" and self.at_unit():
            return self.interval([text])
        if type.text == "interval":
            return self.written_interval(text)
        return Call(f"typed_{type.text}", (text,))

    def _parenthesis(self) -> Node:
        if self.at_query():
            raise Refused("a subselect")
        if (parameters := self._parameters()) is not None:
            return Lambda(parameters, self.expression())
        parts = [self.named_expression()]
        while self.take(","):
            parts.append(self.named_expression())
        if len(parts) == 1 and isinstance(parts[0], Call) and parts[0].name == "as":
            raise self.unexpected("a tuple")
        self.expect(")")
        return parts[0] if len(parts) == 1 else Call("row", tuple(parts))

    def at_query(self) -> bool:
        """Tell whether a query comes next, and no column that is called as its first word."""
        return self.at("select") or (self.at(*_QUERIES) and self.ahead().kind in ("word", "quoted"))

    def _parameters(self) -> tuple[str, ...] | None:
        """Return the parameters of a lambda function behind its opening parenthesis, None if it is none."""
        end = 0
        while self.ahead(end).kind in ("word", "quoted") and self.ahead(end + 1).says(","):
            end += 2
        if not end or not self.ahead(end + 1).says(")") or not self.ahead(end + 2).says("->"):
            return None
        names = tuple(str(self.ahead(at).value) for at in range(0, end + 1, 2))
        self._index += end + 3
        return names

    def named_expression(self) -> Node:
        """Return an expression, as an argument of `as` where it has a name."""
        node = self.expression()
        if self.at("as") or self.at_alias():
            explicit = self.take("as")
            name = self.identifier(alias=not explicit)
            return Call("as", (node, Literal(name, STRING)))
        return node

    def _star(self, table: Node) -> Node:
        if not isinstance(table, Path):
            raise Refused("* of an expression")
        excluded: list[Path] = []
        if not self.before_4 and self.at("except") and self.ahead().says("("):
            self._index += 2
            excluded.append(self._path())
            while self.take(","):
                excluded.append(self._path())
            self.expect(")")
        return Star(table.parts, tuple(excluded))

    def _path(self) -> Path:
        parts = [self.identifier()]
        while self.take("."):
            parts.append(self.identifier())
        return Path(tuple(parts))

    def _name(self) -> Node:
        """Return a column, a lambda function of one parameter, or a call."""
        name = self.identifier()
        if self.take("->"):
            return Lambda((name,), self.expression())
        parts = [name]
        while self.at(".") and self.ahead().kind in ("word", "quoted"):
            self._index += 1
            parts.append(self.identifier())
        if not self.take("("):
            return Path(tuple(parts))
        return self._call(".".join(parts).lower())

    def _case(self) -> Node:
        self.expect("case")
        subject = None if self.at("when") else self.expression()
        parts: list[Node] = []
        while self.take("when"):
            condition = self.expression()
            parts.append(condition if subject is None else Call("=", (subject, condition)))
            self.expect("then")
            parts.append(self.expression())
        if not parts:
            raise self.unexpected("WHEN")
        if self.take("else"):
            parts.append(self.expression())
        self.expect("end")
        return Call("case", tuple(parts))

    # --- calls ------------------------------------------------------------------------------------

    def _bracketed(self) -> tuple[Node, ...]:
        """Return the expressions of a list in parentheses."""
        self.expect("(")
        if self.take(")"):
            return ()
        return self._arguments()

    def _arguments(self, *first: Node) -> tuple[Node, ...]:
        """Return arguments up to the closing parenthesis, behind those that are read already."""
        arguments = list(first)
        while not arguments or self.take(","):
            if self.token.kind in ("word", "quoted") and self.ahead().says("=>"):
                name = Literal(self.identifier(), STRING)
                self._index += 1
                arguments.append(Call("=>", (name, self.expression())))
            else:
                arguments.append(self.expression())
        self.expect(")")
        return tuple(arguments)

    def _call(self, name: str) -> Node:
        """Return a call, whose opening parenthesis is read."""
        if name in _OWN_GRAMMAR:
            node: Node = getattr(self, f"_call_{_OWN_GRAMMAR[name]}")(name)
        else:
            node = self._plain_call(name)
        after = self.token.text if self.token.kind == "word" else ""
        if after == "over" or (after in _AFTER_CALLS and self.ahead().says("(", "group", "nulls")):
            raise Refused(_AFTER_CALLS[after])
        return node

    def _plain_call(self, name: str) -> Call:
        if self.at("distinct") or (self.at("all") and not self.ahead().says(",", ")")):
            raise Refused(f"{self.token.text.upper()} in the function {name}")
        if self.at("*"):
            raise Refused(f"the function {name}(*)")
        return self._with_unit(name, () if self.take(")") else self._arguments())

    def _with_unit(self, name: str, arguments: tuple[Node, ...]) -> Call:
        if name in _OF_UNITS and len(arguments) == 3 and isinstance(unit := arguments[0], Path):
            if len(unit.parts) > 1 or unit.parts[0].lower() not in _DATE_UNITS:
                raise Refused(f"{name} with the unit {'.'.join(unit.parts)}")
            return Call(_OF_UNITS[name], (Literal(unit.parts[0], STRING), *arguments[1:]))
        return Call(name, arguments)

    def _call_cast(self, name: str) -> Node:
        operand = self.expression()
        self.expect("as")
        to = self.type_name()
        self.expect(")")
        return Call(name, (operand,), to=to)

    def _call_extract(self, name: str) -> Node:
        field = Literal(self.identifier(), STRING)
        self.expect("from")
        source = self._value()
        self.expect(")")
        return Call(name, (field, source))

    def _call_substring(self, name: str) -> Node:
        arguments = [self.expression()]
        if self.take("from"):
            arguments.append(self._value())
            if self.take("for"):
                arguments.append(self._value())
            self.expect(")")
            return Call(name, tuple(arguments))
        return Call(name, self._arguments(*arguments))

    def _call_position(self, name: str) -> Node:
        first = self._value()
        if self.take("in"):
            text = self._value()
            self.expect(")")
            return Call("locate", (first, text))
        return Call(name, self._arguments(first))

    def _call_trim(self, name: str) -> Node:
        at_side = self.at(*_TRIMS) and not self.ahead().says(",", ")", "(", ".")
        spaces, characters = _TRIMS[self.token.text if at_side else "both"]
        self._index += at_side
        if at_side and self.take("from"):
            arguments: tuple[Node, ...] = (self._value(),)
            name = spaces
        else:
            first = self.expression()
            if not at_side and not self.at("from"):
                return Call(name, self._arguments(first))
            self.expect("from")
            arguments = (first, self._value())
            name = characters
        self.expect(")")
        return Call(name, arguments)

    def _call_overlay(self, name: str) -> Node:
        arguments = [self.expression()]
        if not self.take("placing"):
            return Call(name, self._arguments(*arguments))
        arguments.append(self._value())
        self.expect("from")
        arguments.append(self._value())
        if self.take("for"):
            arguments.append(self._value())
        self.expect(")")
        return Call(name, tuple(arguments))

    def _call_struct(self, name: str) -> Node:
        arguments: list[Node] = []
        while not self.take(")"):
            if arguments:
                self.expect(",")
            arguments.append(self.named_expression())
        return Call(name, tuple(arguments))


_PREDICATES = {
    "between": "between", "in": "in", "rlike": "rlike", "regexp": "rlike", "like": "like", "ilike": "like",
}  # fmt: skip
_OWN_GRAMMAR = {
    "cast": "cast", "try_cast": "cast", "extract": "extract", "substring": "substring", "substr": "substring",
    "position": "position", "trim": "trim", "overlay": "overlay", "struct": "struct",
}  # fmt: skip


def _negated(node: Node, *, negated: bool) -> Node:
    return Call("not", (node,)) if negated else node
