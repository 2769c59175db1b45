"""The nodes of the expression graph: the typed values that a pipeline computes for a row.

A node is immutable and refers to its operands. It declares its Spark type, whether it can be null or NaN, and
the number of categories of a category index. `function()` returns the Python function from the operands'
values to the node's value, which defines the node. A backend may generate faster code for some nodes; it
calls the function for all others.

Null follows SQL: arithmetic on null returns null, and a comparison with null is false. Every node can
therefore be computed for every row, whichever value a `Select` takes. Only nodes with `effect` may raise;
backends keep the order of effects.
"""

from __future__ import annotations

import operator
from bisect import bisect_right
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, TypeAlias

from sparklet.java import exp
from sparklet.types import DOUBLE

__all__ = [
    "Affine",
    "Arithmetic",
    "Bucket",
    "Call",
    "Compare",
    "Constant",
    "Exactness",
    "Exp",
    "Field",
    "Guard",
    "Input",
    "IsNull",
    "Logic",
    "Lookup",
    "Negate",
    "Node",
    "Not",
    "Otherwise",
    "Present",
    "Select",
    "ToDouble",
]

Exactness: TypeAlias = Literal["structural", "dot", "transcendental"]
"""How exactly a value matches Spark's: equal, equal under the pinned BLAS, or within one ulp per `exp`."""

Function: TypeAlias = Callable[..., Any]


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class Node:
    """A value that is computed for each row; `null` and `nan` declare whether it can be None or NaN.

    `categories` declares that the value is an integer in [0, categories). `type` is a Spark type, or None for
    a value that is used only as an argument of calls.
    """

    exactness: ClassVar[Exactness] = "structural"
    effect: ClassVar[bool] = False

    type: Any = DOUBLE
    null: bool = False
    nan: bool = True
    categories: int | None = None

    @property
    def operands(self) -> tuple[Node, ...]:
        """Return the nodes whose values are the arguments of the function."""
        return ()

    def function(self) -> Function:
        """Return the function from the operands' values to the node's value."""
        raise TypeError(f"{type(self).__name__} is not computed")


@dataclass(frozen=True, eq=False, slots=True)
class Input(Node):
    """The value of an input column, coerced to the column's type."""

    index: int


@dataclass(frozen=True, eq=False, slots=True)
class Constant(Node):
    """A value that is known at load: a float, None, or any object that is an argument of a call."""

    value: Any


@dataclass(frozen=True, eq=False, slots=True)
class _Unary(Node):
    """The base of nodes with one operand."""

    operand: Node

    @property
    def operands(self) -> tuple[Node, ...]:
        return (self.operand,)


# --- arithmetic -----------------------------------------------------------------------------------

_ARITHMETIC: Mapping[str, Function] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
}
_COMPARISONS: Mapping[str, Function] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
}


@dataclass(frozen=True, eq=False, slots=True)
class Arithmetic(Node):
    """IEEE arithmetic on two doubles; null when an operand is null. A divisor is never zero."""

    operator: Literal["+", "-", "*", "/"]
    left: Node
    right: Node

    @property
    def operands(self) -> tuple[Node, ...]:
        return self.left, self.right

    def function(self) -> Function:
        apply = _ARITHMETIC[self.operator]
        if not self.null:
            return apply
        return lambda x, y: None if x is None or y is None else apply(x, y)


@dataclass(frozen=True, eq=False, slots=True)
class Affine(Node):
    """(operand - shift) * factor on doubles that are not null: what scalers do to each element."""

    operand: Node
    shift: Node
    factor: Node

    @property
    def operands(self) -> tuple[Node, ...]:
        return self.operand, self.shift, self.factor

    def function(self) -> Function:
        return lambda x, shift, factor: (x - shift) * factor


@dataclass(frozen=True, eq=False, slots=True)
class Negate(_Unary):
    """The negative of a double; null when the operand is null."""

    def function(self) -> Function:
        return lambda x: None if x is None else -x


@dataclass(frozen=True, eq=False, slots=True)
class ToDouble(_Unary):
    """An integer, decimal or boolean as a double; null when the operand is null."""

    def function(self) -> Function:
        return lambda x: None if x is None else float(x)


@dataclass(frozen=True, eq=False, slots=True)
class Exp(_Unary):
    """Java's `Math.exp` of a double that is not null."""

    exactness: ClassVar[Exactness] = "transcendental"

    def function(self) -> Function:
        return exp


@dataclass(frozen=True, eq=False, slots=True)
class Bucket(Node):
    """The index of the last of the ascending `splits` that is <= the operand; null for a null operand."""

    splits: tuple[float, ...]
    operand: Node

    @property
    def operands(self) -> tuple[Node, ...]:
        return (self.operand,)

    def function(self) -> Function:
        splits = self.splits
        return lambda x: None if x is None else bisect_right(splits, x) - 1.0


# --- tests ----------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False, slots=True)
class Compare(Node):
    """A comparison of two doubles; false when an operand is null, or NaN except for `!=`."""

    operator: Literal["<", "<=", ">", ">=", "==", "!="]
    left: Node
    right: Node

    @property
    def operands(self) -> tuple[Node, ...]:
        return self.left, self.right

    def function(self) -> Function:
        compare = _COMPARISONS[self.operator]
        if not (self.left.null or self.right.null):
            return compare
        return lambda x, y: x is not None and y is not None and compare(x, y)


@dataclass(frozen=True, eq=False, slots=True)
class IsNull(_Unary):
    """A test that holds when a value is null."""

    def function(self) -> Function:
        return lambda x: x is None


@dataclass(frozen=True, eq=False, slots=True)
class Not(_Unary):
    """The negation of a test."""

    def function(self) -> Function:
        return operator.not_


@dataclass(frozen=True, eq=False, slots=True)
class Logic(Node):
    """Two tests joined by `and` or `or`."""

    operator: Literal["and", "or"]
    left: Node
    right: Node

    @property
    def operands(self) -> tuple[Node, ...]:
        return self.left, self.right

    def function(self) -> Function:
        if self.operator == "and":
            return lambda x, y: x and y
        return lambda x, y: x or y


# --- choices --------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False, slots=True)
class Select(Node):
    """The value `then` when a test holds, else the value `otherwise`."""

    test: Node
    then: Node
    otherwise: Node

    @property
    def operands(self) -> tuple[Node, ...]:
        return self.test, self.then, self.otherwise

    def function(self) -> Function:
        return lambda test, then, otherwise: then if test else otherwise


@dataclass(frozen=True, eq=False, slots=True)
class Present(_Unary):
    """A value that is not null, because an earlier guard refuses null."""

    def function(self) -> Function:
        return lambda x: x


@dataclass(frozen=True, eq=False, slots=True)
class Lookup(Node):
    """The entry of a table for a string; for other values, the result of `missing`, which may raise."""

    effect: ClassVar[bool] = True

    table: Mapping[str, float]
    missing: Function
    operand: Node

    @property
    def operands(self) -> tuple[Node, ...]:
        return (self.operand,)

    def function(self) -> Function:
        find, missing = self.table.get, self.missing

        def look_up(key: Any) -> Any:
            value = find(key)
            return missing(key) if value is None else value

        return look_up


# --- calls ----------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False, slots=True)
class Call(Node):
    """The result of a Python function; with `strict`, null without a call when an argument is null.

    `fields` is the number of values of the tuple that the function returns, None when it returns one value.
    """

    effect: ClassVar[bool] = True

    target: Function
    arguments: tuple[Node, ...]
    strict: bool = False
    fields: int | None = None

    @property
    def operands(self) -> tuple[Node, ...]:
        return self.arguments

    def function(self) -> Function:
        target = self.target
        if not self.strict or not any(argument.null for argument in self.arguments):
            return target
        return lambda *values: None if None in values else target(*values)


@dataclass(frozen=True, eq=False, slots=True)
class Field(Node):
    """One of the values that a call returns as a tuple."""

    call: Call
    index: int

    @property
    def operands(self) -> tuple[Node, ...]:
        return (self.call,)

    def function(self) -> Function:
        return operator.itemgetter(self.index)


@dataclass(frozen=True, eq=False, slots=True)
class Otherwise(Node):
    """A value when a test holds; else, which is rare, the result of a Python function, which may raise."""

    effect: ClassVar[bool] = True

    test: Node
    value: Node
    target: Function
    arguments: tuple[Node, ...]

    @property
    def operands(self) -> tuple[Node, ...]:
        return self.test, self.value, *self.arguments

    def function(self) -> Function:
        target = self.target
        return lambda test, value, *arguments: value if test else target(*arguments)


@dataclass(frozen=True, eq=False, slots=True)
class Guard(Node):
    """A guard: when a test holds, a Python function raises. `drops` declares that it may drop the row."""

    effect: ClassVar[bool] = True

    test: Node
    target: Function
    arguments: tuple[Node, ...]
    drops: bool = False

    @property
    def operands(self) -> tuple[Node, ...]:
        return self.test, *self.arguments

    def function(self) -> Function:
        target = self.target

        def check(test: Any, *arguments: Any) -> None:
            if test:
                target(*arguments)

        return check
