"""The nodes of the expression graph: what a pipeline computes for a row, as typed values.

A node is frozen and knows its operands. Each carries its Spark type, whether it can be null or NaN, and for
category indices how many there are. `function()` returns what the node computes, as a Python function of its
operands' values: that is the definition. A backend may write faster code for a node that it knows, and falls
back on the function for any other.

Null is SQL's: arithmetic on null gives null, a comparison with null is false. So every node can be computed
for every row, whatever a `Select` takes afterwards. Only nodes with `effect` may raise; backends keep their
order.
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
"""How close a value is to Spark's: equal, equal under the pinned BLAS, or within an ulp for each `exp`."""

Function: TypeAlias = Callable[..., Any]


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class Node:
    """A value that is computed for each row. Not `null`: never None. Not `nan`: never NaN.

    `categories` says that the value is a whole number in [0, categories). `type` is a Spark type, and None
    for a value that only calls take.
    """

    exactness: ClassVar[Exactness] = "structural"
    effect: ClassVar[bool] = False

    type: Any = DOUBLE
    null: bool = False
    nan: bool = True
    categories: int | None = None

    @property
    def operands(self) -> tuple[Node, ...]:
        """Return the nodes whose values the function takes."""
        return ()

    def function(self) -> Function:
        """Return the function from the operands' values to the value."""
        raise TypeError(f"{type(self).__name__} is not computed")


@dataclass(frozen=True, eq=False, slots=True)
class Input(Node):
    """The value of an input column, coerced to the column's type."""

    index: int


@dataclass(frozen=True, eq=False, slots=True)
class Constant(Node):
    """A value that is known at load: a float, None, or any object that calls take."""

    value: Any


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
    """IEEE arithmetic on two doubles, null where one is null. A divisor is never zero."""

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
class Negate(Node):
    """A double with the other sign, null where it is null."""

    operand: Node

    @property
    def operands(self) -> tuple[Node, ...]:
        return (self.operand,)

    def function(self) -> Function:
        return lambda x: None if x is None else -x


@dataclass(frozen=True, eq=False, slots=True)
class ToDouble(Node):
    """A whole number, decimal or boolean as a double, null where it is null."""

    operand: Node

    @property
    def operands(self) -> tuple[Node, ...]:
        return (self.operand,)

    def function(self) -> Function:
        return lambda x: None if x is None else float(x)


@dataclass(frozen=True, eq=False, slots=True)
class Exp(Node):
    """Java's `Math.exp` of a double that is not null."""

    exactness: ClassVar[Exactness] = "transcendental"

    operand: Node

    @property
    def operands(self) -> tuple[Node, ...]:
        return (self.operand,)

    def function(self) -> Function:
        return exp


@dataclass(frozen=True, eq=False, slots=True)
class Bucket(Node):
    """The index of the last of the ascending `splits` that is not above a double; null where it is null."""

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
    """A test of two doubles, false where one is null or, but for `!=`, NaN."""

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
class IsNull(Node):
    """A test whether a value is null."""

    operand: Node

    @property
    def operands(self) -> tuple[Node, ...]:
        return (self.operand,)

    def function(self) -> Function:
        return lambda x: x is None


@dataclass(frozen=True, eq=False, slots=True)
class Not(Node):
    """A test that fails where another holds."""

    operand: Node

    @property
    def operands(self) -> tuple[Node, ...]:
        return (self.operand,)

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
    """One value where a test holds, else another."""

    test: Node
    then: Node
    otherwise: Node

    @property
    def operands(self) -> tuple[Node, ...]:
        return self.test, self.then, self.otherwise

    def function(self) -> Function:
        return lambda test, then, otherwise: then if test else otherwise


@dataclass(frozen=True, eq=False, slots=True)
class Present(Node):
    """A value that an earlier guard found not to be null."""

    operand: Node

    @property
    def operands(self) -> tuple[Node, ...]:
        return (self.operand,)

    def function(self) -> Function:
        return lambda x: x


@dataclass(frozen=True, eq=False, slots=True)
class Lookup(Node):
    """What a table holds under a string; for any other value what `missing` returns, or raises, for it."""

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
    """What a Python function returns; with `strict` null where an argument is null, without a call.

    `fields` says that it returns a tuple of so many values.
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
    """A value where a test holds; elsewhere, which is rare, what a Python function returns or raises."""

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
    """A refusal: where a test holds, a Python function raises. `drops` says that it drops the row."""

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
