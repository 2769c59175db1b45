"""The nodes of the expression graph: the typed values that a pipeline computes for a row.

A node refers to its operands; nothing assigns to its attributes after it is made. A node declares its Spark
type, whether it can be null or NaN, and the number of categories of a category index. The classes are not
dataclasses, because each of those compiles source text when it is imported.

`function()` returns the Python function from the operands' values to the node's value, which defines the
node. A backend may generate faster code for some nodes; it calls the function for all others.

Null follows SQL: arithmetic on null returns null, and a comparison with null is false. Every node can
therefore be computed for every row, whichever value a `Select` takes. Only nodes with `effect` may raise;
backends keep the order of effects.
"""

from __future__ import annotations

import operator
from bisect import bisect_right
from collections.abc import Callable, Mapping
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
    "IsMissing",
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


class Node:
    """A value that is computed for each row; `null` and `nan` declare whether it can be None or NaN.

    `operands` are the nodes whose values are the arguments of the function. `categories` declares that the
    value is an integer in [0, categories). `type` is a Spark type, or None for a value that is used only as
    an argument of calls. Each constructor takes `type`, `null`, `nan` and `categories` as its `facts`.
    """

    __slots__ = ("categories", "nan", "null", "operands", "type")
    exactness: ClassVar[Exactness] = "structural"
    effect: ClassVar[bool] = False

    def __init__(
        self,
        operands: tuple[Node, ...],
        *,
        type: Any = DOUBLE,
        null: bool = False,
        nan: bool = True,
        categories: int | None = None,
    ) -> None:
        self.operands, self.type, self.null, self.nan = operands, type, null, nan
        self.categories = categories

    def function(self) -> Function:
        """Return the function from the operands' values to the node's value."""
        raise TypeError(f"{type(self).__name__} is not computed")


class Input(Node):
    """The value of an input column, coerced to the column's type."""

    __slots__ = ("index",)

    def __init__(self, index: int, **facts: Any) -> None:
        super().__init__((), **facts)
        self.index = index


class Constant(Node):
    """A value that is known at load: a float, None, or any object that is an argument of a call."""

    __slots__ = ("value",)

    def __init__(self, value: Any, **facts: Any) -> None:
        super().__init__((), **facts)
        self.value = value


class _Unary(Node):
    """The base of nodes with one operand."""

    __slots__ = ("operand",)

    # This constructor and the next repeat the base's, because they make most of the nodes of a graph.
    def __init__(
        self,
        operand: Node,
        *,
        type: Any = DOUBLE,
        null: bool = False,
        nan: bool = True,
        categories: int | None = None,
    ) -> None:
        self.operands, self.type, self.null, self.nan = (operand,), type, null, nan
        self.categories, self.operand = categories, operand


class _Binary(Node):
    """The base of nodes with an operator and two operands."""

    __slots__ = ("left", "operator", "right")

    def __init__(
        self,
        operator: str,
        left: Node,
        right: Node,
        *,
        type: Any = DOUBLE,
        null: bool = False,
        nan: bool = True,
        categories: int | None = None,
    ) -> None:
        self.operands, self.type, self.null, self.nan = (left, right), type, null, nan
        self.categories, self.operator, self.left, self.right = categories, operator, left, right


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


class Arithmetic(_Binary):
    """IEEE arithmetic on two doubles; null when an operand is null. A divisor is never zero."""

    __slots__ = ()

    def function(self) -> Function:
        apply = _ARITHMETIC[self.operator]
        if not self.null:
            return apply
        return lambda x, y: None if x is None or y is None else apply(x, y)


class Affine(Node):
    """(operand - shift) * factor on doubles that are not null: what scalers do to each element."""

    __slots__ = ("factor", "operand", "shift")

    def __init__(self, operand: Node, shift: Node, factor: Node, **facts: Any) -> None:
        super().__init__((operand, shift, factor), **facts)
        self.operand, self.shift, self.factor = operand, shift, factor

    def function(self) -> Function:
        return lambda x, shift, factor: (x - shift) * factor


class Negate(_Unary):
    """The negative of a double; null when the operand is null."""

    __slots__ = ()

    def function(self) -> Function:
        return lambda x: None if x is None else -x


class ToDouble(_Unary):
    """An integer, decimal or boolean as a double; null when the operand is null."""

    __slots__ = ()

    def function(self) -> Function:
        return lambda x: None if x is None else float(x)


class Exp(_Unary):
    """Java's `Math.exp` of a double that is not null."""

    __slots__ = ()
    exactness: ClassVar[Exactness] = "transcendental"

    def function(self) -> Function:
        return exp


class Bucket(Node):
    """The index of the last of the ascending `splits` that is <= the operand; null for a null operand."""

    __slots__ = ("operand", "splits")

    def __init__(self, splits: tuple[float, ...], operand: Node, **facts: Any) -> None:
        super().__init__((operand,), **facts)
        self.splits, self.operand = splits, operand

    def function(self) -> Function:
        splits = self.splits
        return lambda x: None if x is None else bisect_right(splits, x) - 1.0


# --- tests ----------------------------------------------------------------------------------------


class Compare(_Binary):
    """A comparison of two doubles; false when an operand is null, or NaN except for `!=`."""

    __slots__ = ()

    def function(self) -> Function:
        compare = _COMPARISONS[self.operator]
        if not (self.left.null or self.right.null):
            return compare
        return lambda x, y: x is not None and y is not None and compare(x, y)


class IsNull(_Unary):
    """A test that holds when a value is null."""

    __slots__ = ()

    def function(self) -> Function:
        return lambda x: x is None


class IsMissing(_Unary):
    """A test that holds when a double is null or NaN."""

    __slots__ = ()

    def function(self) -> Function:
        return lambda x: x is None or x != x


class Not(_Unary):
    """The negation of a test."""

    __slots__ = ()

    def function(self) -> Function:
        return operator.not_


class Logic(_Binary):
    """Two tests joined by `and` or `or`."""

    __slots__ = ()

    def function(self) -> Function:
        if self.operator == "and":
            return lambda x, y: x and y
        return lambda x, y: x or y


# --- choices --------------------------------------------------------------------------------------


class Select(Node):
    """The value `then` when a test holds, else the value `otherwise`."""

    __slots__ = ("otherwise", "test", "then")

    def __init__(self, test: Node, then: Node, otherwise: Node, **facts: Any) -> None:
        super().__init__((test, then, otherwise), **facts)
        self.test, self.then, self.otherwise = test, then, otherwise

    def function(self) -> Function:
        return lambda test, then, otherwise: then if test else otherwise


class Present(_Unary):
    """A value that is not null, because an earlier guard refuses null."""

    __slots__ = ()

    def function(self) -> Function:
        return lambda x: x


class Lookup(Node):
    """The entry of a table for a string; for other values, the result of `missing`, which may raise."""

    __slots__ = ("missing", "operand", "table")
    effect: ClassVar[bool] = True

    def __init__(self, table: Mapping[str, float], missing: Function, operand: Node, **facts: Any) -> None:
        super().__init__((operand,), **facts)
        self.table, self.missing, self.operand = table, missing, operand

    def function(self) -> Function:
        find, missing = self.table.get, self.missing

        def look_up(key: Any) -> Any:
            value = find(key)
            return missing(key) if value is None else value

        return look_up


# --- calls ----------------------------------------------------------------------------------------


class Call(Node):
    """The result of a Python function; with `strict`, null without a call when an argument is null.

    `fields` is the number of values of the tuple that the function returns, None when it returns one value.
    """

    __slots__ = ("arguments", "fields", "strict", "target")
    effect: ClassVar[bool] = True

    def __init__(
        self,
        target: Function,
        arguments: tuple[Node, ...],
        strict: bool = False,
        fields: int | None = None,
        **facts: Any,
    ) -> None:
        super().__init__(arguments, **facts)
        self.target, self.arguments, self.strict, self.fields = target, arguments, strict, fields

    def function(self) -> Function:
        target = self.target
        if not self.strict or not any(argument.null for argument in self.arguments):
            return target
        return lambda *values: None if None in values else target(*values)


class Field(Node):
    """One of the values that a call returns as a tuple."""

    __slots__ = ("call", "index")

    def __init__(self, call: Call, index: int, **facts: Any) -> None:
        super().__init__((call,), **facts)
        self.call, self.index = call, index

    def function(self) -> Function:
        return operator.itemgetter(self.index)


class Otherwise(Node):
    """A value when a test holds; else, which is rare, the result of a Python function, which may raise."""

    __slots__ = ("arguments", "target", "test", "value")
    effect: ClassVar[bool] = True

    def __init__(
        self, test: Node, value: Node, target: Function, arguments: tuple[Node, ...], **facts: Any
    ) -> None:
        super().__init__((test, value, *arguments), **facts)
        self.test, self.value, self.target, self.arguments = test, value, target, arguments

    def function(self) -> Function:
        target = self.target
        return lambda test, value, *arguments: value if test else target(*arguments)


class Guard(Node):
    """A guard: when a test holds, a Python function raises. `drops` declares that it may drop the row."""

    __slots__ = ("arguments", "drops", "target", "test")
    effect: ClassVar[bool] = True

    def __init__(
        self, test: Node, target: Function, arguments: tuple[Node, ...], drops: bool = False, **facts: Any
    ) -> None:
        super().__init__((test, *arguments), **facts)
        self.test, self.target, self.arguments, self.drops = test, target, arguments, drops

    def function(self) -> Function:
        target = self.target

        def check(test: Any, *arguments: Any) -> None:
            if test:
                target(*arguments)

        return check
