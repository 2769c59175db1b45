"""The generated body for whole columns: each of its lines is done for all rows before the next one.

What is arithmetic on numbers becomes numpy's, which gives the same bits; a look-up of labels is made once for
each word, a kernel of the C module takes the columns as they are, and any other line becomes a comprehension
of itself. Rows on which a line would raise are marked, and scored one by one afterwards.
"""

from __future__ import annotations

import ast
import math
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np

from sparklet.compiler import arrays
from sparklet.compiler.arrays import Given
from sparklet.emit import Builder, compiled

__all__ = ["Columnar", "Output", "columnar"]

Kind: TypeAlias = Literal["number", "whole", "text", "vectors", "test", "constant", "none", "objects"]

Output: TypeAlias = tuple[tuple[str, ...] | str, int | None]
"""The expressions of a dense vector's elements, or the variable of their tuple, and its size; or the variable
of a value and None."""

Columnar: TypeAlias = Callable[[Sequence[Given], int], tuple[np.ndarray, list[Any]]]
"""From columns and the number of rows to the rows that must be scored one by one, and the outputs."""

_TYPES: dict[str, Kind] = {
    "double": "number",
    "string": "text",
    "tinyint": "whole",
    "smallint": "whole",
    "int": "whole",
    "bigint": "whole",
}
_OPERATORS: dict[type, str] = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/"}
_COMPARISONS: dict[type, str] = {
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Eq: "==",
    ast.NotEq: "!=",
}


class _ByRow(Exception):  # noqa: N818 - no error: the line becomes a comprehension
    """An expression is no arithmetic on columns."""


@dataclass(frozen=True)
class _Made:
    """An expression on columns; where a row is valid (else None), and tests of where Python would raise."""

    kind: Kind
    text: str
    valid: str = "True"
    fails: tuple[str, ...] = ()


def columnar(
    builder: Builder, inputs: Sequence[tuple[str, str]], outputs: Sequence[Output]
) -> Columnar | None:
    """Return the body that a builder holds as a function of columns.

    `inputs` are the variables with their Spark types. None where no line gains by it, or where lines are
    nested.
    """
    writer = _Writer(builder)
    for number, (var, type_) in enumerate(inputs):
        writer.input(var, type_, number)
    try:
        for node in ast.parse("\n".join(builder.lines)).body:
            writer.statement(node)
    except _ByRow:
        return None
    if not writer.gains:
        return None
    made = ", ".join([writer.output(output) for output in outputs])
    text = "\n".join(
        [
            "def score(columns, count):",
            *[f"    {line}" for line in ["no, fails = zeros((2, count), bool)", *writer.lines]],
            f"    return fails, [{made}]",
            "",
        ]
    )
    score: Columnar = compiled(text).run({**_NAMES, **builder.names}, "score")

    def run(columns: Sequence[Given], count: int) -> tuple[np.ndarray, list[Any]]:
        with np.errstate(all="ignore"):
            return score(columns, count)

    return run


_NAMES: dict[str, Any] = {
    "logical_not": np.logical_not,
    "nan": math.nan,
    "searchsorted": np.searchsorted,
    "where": np.where,
    "zeros": np.zeros,
    **{name: getattr(arrays, name) for name in arrays.__all__},
}


class _Writer:
    def __init__(self, builder: Builder) -> None:
        self.names = builder.names
        self.lines: list[str] = []
        self.gains = False
        self._kinds: dict[str, Kind] = {}
        self._nullable: set[str] = set()
        self._lists: dict[str, str] = {}

    def input(self, var: str, type_: str, number: int) -> None:
        """Unpack a column."""
        kind = self._kinds[var] = _TYPES.get(type_, "objects")
        if kind in ("number", "whole"):
            self._nullable.add(var)
            self.lines.append(f"{var}, {var}_valid = columns[{number}].values, columns[{number}].valid")
        else:
            self.lines.append(f"{var} = columns[{number}]")

    # --- statements ---

    def statement(self, node: ast.stmt) -> None:
        """Write a line of the body; raises `_ByRow` for a nested one."""
        match node:
            case ast.Assign([ast.Name(target)], value):
                self._assign(target, value)
            case ast.If(test, [ast.Expr(ast.Call())], []):
                # The line is only there to raise.
                try:
                    made = self.expression(test)
                except _ByRow:
                    made = _Made("test", self._each(f"bool({ast.unparse(test)})", test))
                self._fails(*made.fails, made.text)
            case ast.Expr(value):
                self.lines.append(self._each(ast.unparse(value), value))
            case _:
                raise _ByRow

    def _assign(self, target: str, value: ast.expr) -> None:
        self._lists.pop(target, None)
        match value:
            case ast.Subscript(ast.Name(table), ast.Name(word)) if (
                isinstance(self.names.get(table), dict) and self._kinds.get(word) == "text"
            ):
                self.lines.append(f"{target}, failing = looked_up({table}, {word})")
                self._fails("failing")
                self._kinds[target] = "number"
                self.gains = True
                return
        try:
            made = self.expression(value)
        except _ByRow:
            each = self._each(ast.unparse(value), value)
            known = (
                isinstance(value, ast.Call)
                and isinstance(value.func, ast.Name)
                and self._gives_number(self.names.get(value.func.id))
            )
            self.lines.append(f"{target} = floats({each})" if known else f"{target} = {each}")
            self._kinds[target] = "number" if known else "objects"
            return
        if made.kind not in ("number", "whole", "vectors"):
            raise _ByRow
        self.gains = True
        self.lines.append(f"{target} = {_plain(made.text)}")
        self._kinds[target] = made.kind
        self._nullable.discard(target)
        if made.valid != "True":
            self._nullable.add(target)
            self.lines.append(f"{target}_valid = {made.valid}")
        self._fails(*made.fails)

    def _fails(self, *tests: str) -> None:
        for test in dict.fromkeys(tests):
            self.lines.append(f"fails |= {_plain(test)}")
            # Where None fails, no line after this needs to look for it.
            self._nullable -= {name for name in self._nullable if test == _not(f"{name}_valid")}

    def _each(self, text: str, node: ast.expr) -> str:
        """Return the list of what a text gives for each row of the columns that the node names."""
        used = self._used(node)
        if not used:
            return f"[{text} for _ in range(count)]"
        lists = [self._listed(name) for name in used]
        if len(used) == 1:
            return f"[{text} for {used[0]} in {lists[0]}]"
        return f"[{text} for {', '.join(used)} in zip({', '.join(lists)})]"

    def _used(self, node: ast.expr) -> list[str]:
        names = [n.id for n in ast.walk(node) if isinstance(n, ast.Name)]
        return [name for name in dict.fromkeys(names) if name in self._kinds]

    def _listed(self, name: str) -> str:
        if self._kinds[name] == "objects":
            return name
        if name not in self._lists:
            self._lists[name] = f"{name}_list"
            text = f"{name}.tolist()" if self._kinds[name] == "text" else f"listed({self._with_valid(name)})"
            self.lines.append(f"{name}_list = {text}")
        return self._lists[name]

    def _with_valid(self, name: str) -> str:
        return f"{name}, {name}_valid" if name in self._nullable else name

    def _gives_number(self, function: Any) -> bool:
        """Tell whether a function is a kernel that gives one number."""
        return getattr(function, "width", None) == 1

    # --- outputs ---

    def output(self, output: Output) -> str:
        """Return the expression of an output, once all lines are written."""
        made, width = output
        if isinstance(made, str):
            if width is not None:
                return f"in_line({made}, {width})"
            if self._kinds[made] == "number" and made not in self._nullable:
                return made
            return self._listed(made)
        elements = []
        for text in made:
            node = ast.parse(text, mode="eval").body
            try:
                element = self.expression(node)
            except _ByRow:
                elements.append(self._each(text, node))
                continue
            self._fails(*element.fails, *_none(element.valid))
            elements.append(element.text)
        return f"side_by_side(count, [{', '.join(elements)}])"

    # --- expressions ---

    def expression(self, node: ast.expr) -> _Made:
        """Return an expression on columns; raises `_ByRow` for one that numpy does not know."""
        match node:
            case ast.Constant(None):
                return _Made("none", "nan", valid="False")
            case ast.Constant(value) if isinstance(value, float | int) and not isinstance(value, bool):
                return _Made("constant", repr(value))
            case ast.Name(name):
                return self._name(name)
            case ast.UnaryOp(ast.USub(), operand):
                made = self._number(operand)
                return _Made(made.kind, f"(-{made.text})", fails=made.fails)
            case ast.UnaryOp(ast.Not(), operand):
                made = self._test(operand)
                return _Made("test", f"logical_not({made.text})", fails=made.fails)
            case ast.BinOp(left, operator, right) if type(operator) in _OPERATORS:
                return self._arithmetic(left, _OPERATORS[type(operator)], right)
            case ast.Compare(ast.Name(name), [ast.Is() | ast.IsNot() as operator], [ast.Constant(None)]):
                return self._is_none(name, negated=isinstance(operator, ast.IsNot))
            case ast.Compare(left, operators, rights):
                return self._comparison([left, *rights], operators)
            case ast.BoolOp(operator, values):
                return self._either(values, every=isinstance(operator, ast.And))
            case ast.IfExp(test, body, orelse):
                return self._choice(test, body, orelse)
            case ast.Subscript(ast.Name(name), ast.Constant(int(place))) if (
                self._kinds.get(name) == "vectors"
            ):
                return _Made("number", f"{name}[:, {place}]")
            case ast.Call(ast.Name(name), arguments, []):
                return self._call(name, arguments)
        raise _ByRow

    def _name(self, name: str) -> _Made:
        kind = self._kinds.get(name)
        if kind is None:
            value = self.names.get(name)
            if isinstance(value, float):
                return _Made("constant", name)
            raise _ByRow
        if kind not in ("number", "whole"):
            raise _ByRow
        return _Made(kind, name, valid=f"{name}_valid" if name in self._nullable else "True")

    def _number(self, node: ast.expr) -> _Made:
        """Return an operand of arithmetic: on None Python would raise."""
        made = self.expression(node)
        if made.kind not in ("number", "constant"):
            raise _ByRow
        return _Made(made.kind, made.text, fails=(*made.fails, *_none(made.valid)))

    def _test(self, node: ast.expr) -> _Made:
        made = self.expression(node)
        if made.kind != "test":
            raise _ByRow
        return made

    def _arithmetic(self, left: ast.expr, operator: str, right: ast.expr) -> _Made:
        first, second = self._number(left), self._number(right)
        if first.kind == second.kind == "constant":
            raise _ByRow
        fails = (*first.fails, *second.fails)
        if operator == "/":
            fails = (*fails, f"({second.text} == 0.0)")
        return _Made("number", f"({first.text} {operator} {second.text})", fails=fails)

    def _is_none(self, name: str, *, negated: bool) -> _Made:
        kind = self._kinds.get(name)
        if kind in ("number", "whole"):
            valid = f"{name}_valid" if name in self._nullable else "True"
            return _Made("test", valid if negated else _not(valid))
        raise _ByRow

    def _comparison(self, nodes: Sequence[ast.expr], operators: Sequence[ast.cmpop]) -> _Made:
        if any(type(operator) not in _COMPARISONS for operator in operators):
            raise _ByRow
        made = [self._number(node) for node in nodes]
        if all(operand.kind == "constant" for operand in made):
            raise _ByRow
        pairs = zip(made, operators, made[1:], strict=False)
        parts = [f"({a.text} {_COMPARISONS[type(op)]} {b.text})" for a, op, b in pairs]
        text = parts[0] if len(parts) == 1 else f"({' & '.join(parts)})"
        return _Made("test", text, fails=_all_fails(made))

    def _either(self, nodes: Sequence[ast.expr], *, every: bool) -> _Made:
        first = self._test(nodes[0])
        text, fails = first.text, first.fails
        for place, node in enumerate(nodes[1:], 1):
            # A later test is only made where the ones before leave it open.
            with self._present(_present_if(nodes[:place], every)):
                test = self._test(node)
            fails = (*fails, *_where(text if every else _not(text), test.fails))
            text = f"({text} {'&' if every else '|'} {test.text})"
        return _Made("test", text, fails=fails)

    def _choice(self, test: ast.expr, body: ast.expr, orelse: ast.expr) -> _Made:
        asked = self._test(test)
        match test, body:
            case ast.Compare(ast.Name(name), [ast.Is()], [ast.Constant(None)]), ast.Name(same) if (
                same == name
            ):
                body = ast.Constant(None)
        with self._present(_present_if([test], truth=True)):
            first = self._branch(body)
        with self._present(_present_if([test], truth=False)):
            second = self._branch(orelse)
        if first is None or second is None:
            return self._filled(asked, first, second, body, orelse)
        if not {first.kind, second.kind} <= {"number", "none", "constant"}:
            raise _ByRow
        valid = "True"
        if (first.valid, second.valid) != ("True", "True"):
            valid = f"where({asked.text}, {first.valid}, {second.valid})"
        fails = (*asked.fails, *_where(asked.text, first.fails), *_where(_not(asked.text), second.fails))
        # What is known of all rows is one bool, no array: `no` makes it one for each row.
        text = f"where({asked.text} | no, {first.text}, {second.text})"
        return _Made("number", text, valid, fails)

    @contextmanager
    def _present(self, names: set[str]) -> Iterator[None]:
        """Take it that columns have no None where an expression is asked."""
        known = self._nullable
        self._nullable = known - names
        try:
            yield
        finally:
            self._nullable = known

    def _branch(self, node: ast.expr) -> _Made | None:
        try:
            return self.expression(node)
        except _ByRow:
            return None

    def _filled(
        self, asked: _Made, first: _Made | None, second: _Made | None, body: ast.expr, orelse: ast.expr
    ) -> _Made:
        """Return a choice with one branch of arithmetic; the other is called for the rows that take it."""
        known, called = (first, orelse) if first is not None else (second, body)
        if known is None or known.kind not in ("number", "constant", "none"):
            raise _ByRow
        rows = f"no | logical_not({asked.text})" if known is first else f"no | {asked.text}"
        others = asked.text if known is first else f"logical_not({asked.text})"
        used = self._used(called)
        columns = [
            name if self._kinds[name] in ("objects", "text") else f"Numbers({self._with_valid(name)})"
            for name in used
        ]
        function = f"lambda {', '.join(used)}: {ast.unparse(called)}"
        if not used:
            raise _ByRow
        text = f"filled({known.text}, {rows}, {function}, {', '.join(columns)})"
        valid = "True" if known.valid == "True" else f"where({others}, {known.valid}, True)"
        return _Made("number", text, valid, (*asked.fails, *_where(others, known.fails)))

    def _call(self, name: str, nodes: Sequence[ast.expr]) -> _Made:
        function = self.names.get(name)
        if function is math.exp:
            made = self._number(nodes[0])
            return _Made("number", f"exps({made.text})", fails=made.fails)
        if function is bisect_right:
            edges, made = nodes[0], self._number(nodes[1])
            found = f"searchsorted({ast.unparse(edges)}, {made.text}, 'right').astype(float)"
            return _Made("number", found, fails=made.fails)
        if name == "float":
            made = self.expression(nodes[0])
            if made.kind not in ("number", "whole"):
                raise _ByRow
            return _Made("number", f"{made.text}.astype(float)", fails=(*made.fails, *_none(made.valid)))
        if not hasattr(function, "batch"):
            raise _ByRow
        arguments = [self._number(node) for node in nodes]
        if not arguments or any(argument.kind != "number" for argument in arguments):
            raise _ByRow
        given = ", ".join([argument.text for argument in arguments])
        kind: Kind = "number" if self._gives_number(function) else "vectors"
        return _Made(kind, f"batched({name}, count, {given})", fails=_all_fails(arguments))


def _present_if(tests: Sequence[ast.expr], truth: bool) -> set[str]:
    """Return the names that are not None where all these tests are true, or all false."""
    found: set[str] = set()
    for test in tests:
        match test:
            case ast.Compare(ast.Name(name), [ast.IsNot()], [ast.Constant(None)]) if truth:
                found.add(name)
            case ast.Compare(ast.Name(name), [ast.Is()], [ast.Constant(None)]) if not truth:
                found.add(name)
            case ast.BoolOp(ast.And(), values) if truth:
                found |= _present_if(values, truth)
            case ast.BoolOp(ast.Or(), values) if not truth:
                found |= _present_if(values, truth)
    return found


def _plain(text: str) -> str:
    """Return an expression without parentheses that it does not need."""
    return ast.unparse(ast.parse(text, mode="eval"))


def _not(test: str) -> str:
    return {"True": "False", "False": "True"}.get(test, f"logical_not({test})")


def _none(valid: str) -> tuple[str, ...]:
    """Return the test, if there is one, of where a column is None."""
    return () if valid == "True" else (_not(valid),)


def _where(test: str, fails: Sequence[str]) -> tuple[str, ...]:
    """Return the tests of an expression that is only asked where another test is true."""
    return tuple([f"({test} & {failing})" for failing in fails])


def _all_fails(operands: Sequence[_Made]) -> tuple[str, ...]:
    return tuple([failing for operand in operands for failing in operand.fails])
