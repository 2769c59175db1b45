"""Write nodes as Python source: the expressions and lines of a generated function.

Every object of a model is bound to a generated name, so the text contains no data of a model. A node without
effects that is used once is written where it is used; every other node gets a variable.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any

from sparklet.codegen.source import compiled
from sparklet.ir import (
    Affine,
    Apply,
    Arithmetic,
    Bucket,
    Call,
    Compare,
    Constant,
    Dot,
    Each,
    Element,
    Exp,
    Field,
    Guard,
    Input,
    IsMissing,
    IsNull,
    IsSparse,
    Item,
    Kernel,
    Logic,
    Lookup,
    Map,
    MatrixProduct,
    Negate,
    Node,
    Not,
    OneHot,
    Otherwise,
    Present,
    Scalar,
    Select,
    ToDouble,
    Vector,
    layout_of,
    refuse_size,
)
from sparklet.java import WHOLE, exp
from sparklet.linalg import DenseVector, SparseVector, to_dense

__all__ = ["Writer"]

_MOST_TERMS = 64
"""The most terms of one sum, because Python's compiler recurses for each term."""
_DEEPEST = 16
"""The deepest inlined expression, because Python's parser limits nested parentheses."""
_MOST_PREPARED = 4096
"""The largest one-hot segment whose vectors are all created at load."""

_TUPLES = (Apply, Kernel, MatrixProduct)
"""Nodes whose variable holds the tuple of a dense vector's elements when they have a size."""


class Writer:
    """Write nodes in order as the lines of one function."""

    def __init__(self, nodes: Sequence[Node], outputs: Iterable[Node]) -> None:
        self.lines: list[str] = []
        self.names: dict[str, Any] = {}
        self._bound: dict[int, str] = {}
        self._texts: dict[int, tuple[str, int]] = {}
        self._objects: dict[int, str] = {}
        self._variables = 0
        operands = [operand for node in nodes for operand in node.operands]
        self._uses = Counter(map(id, [*operands, *outputs]))

    # --- lines and names ---

    def bind(self, value: object, kind: str = "c") -> str:
        """Return the name of an object; the same object always has the same name."""
        name = self._bound.get(id(value))
        if name is None:
            name = self._bound[id(value)] = f"{kind}{len(self.names)}"
            self.names[name] = value
        return name

    def variable(self) -> str:
        """Return the name of a new variable."""
        self._variables += 1
        return f"v{self._variables}"

    def let(self, expression: str) -> str:
        """Write an assignment to a new variable and return its name."""
        name = self.variable()
        self.lines.append(f"{name} = {expression}")
        return name

    # --- nodes ---

    def input(self, node: Input) -> str:
        """Return the variable of an input."""
        name = self.variable()
        self._texts[id(node)] = name, 0
        return name

    def write(self, node: Node) -> None:
        """Write a node as a line, or keep its expression for the only node that uses it."""
        if isinstance(node, Input | Vector):
            return
        if isinstance(node, Guard):
            self.lines.append(f"if {self.text(node.test)}: {self._call(node.target, node.arguments)}")
            return
        text, depth = self._expression(node)
        inline = not node.effect and self._uses[id(node)] == 1 and depth <= _DEEPEST
        if isinstance(node, Dot | MatrixProduct) or not (inline or isinstance(node, Present)):
            text, depth = self.let(text), 0
        self._texts[id(node)] = text, depth

    def text(self, node: Node) -> str:
        """Return the expression of a node's value; a vector is an object."""
        if isinstance(node, Constant):
            return self._constant(node.value)
        if isinstance(node, Vector) or (isinstance(node, _TUPLES) and node.size is not None):
            return self._object(node)
        return self._texts[id(node)][0]

    def elements(self, vector: Node) -> str:
        """Return the expression of the tuple of a dense vector's elements."""
        if isinstance(vector, Vector) and vector.scalars is not None:
            return f"({''.join([f'{self.text(scalar.value)}, ' for scalar in vector.scalars])})"
        if isinstance(vector, _TUPLES):
            return self._texts[id(vector)][0]
        return f"{self.text(vector)}.values"

    def body(self, node: Node, index: str) -> str:
        """Return the expression of a `Map` body for the element `x`; `index` follows names of constants."""
        if isinstance(node, Item):
            text = "x"
        elif isinstance(node, Each):
            text = self.bind(node.values, "each") + index
        elif isinstance(node, Constant):
            return self._constant(node.value)
        else:
            for operand in node.operands:
                self.body(operand, index)
            text = self._formula(node)
        self._texts[id(node)] = text, 0
        return text

    def _constant(self, value: Any) -> str:
        if value is None or value is True or value is False:
            return str(value)
        return self.bind(value)

    def _named(self, node: Node) -> str:
        """Return the name of a node's value, for expressions that use the value twice."""
        text = self.text(node)
        if text.isidentifier():
            return text
        name = self.let(text)
        self._texts[id(node)] = name, 0
        return name

    def _call(self, function: Callable[..., Any], arguments: Iterable[Node]) -> str:
        return f"{self.bind(function, 'f')}({', '.join(map(self.text, arguments))})"

    # --- expressions ---

    def _expression(self, node: Node) -> tuple[str, int]:
        operands = [self._texts.get(id(operand), ("", 0))[1] for operand in node.operands]
        return self._formula(node), 1 + max(operands, default=0)

    def _formula(self, node: Node) -> str:
        match node:
            case Arithmetic(operator=operator, left=left, right=right):
                return self._unless_null(node, f"{{}} {operator} {{}}", left, right)
            case Compare(operator=operator, left=left, right=right):
                return self._compare(operator, left, right)
            case Affine(operand=x, shift=shift, factor=factor):
                return f"(({self.text(x)} - {self.text(shift)}) * {self.text(factor)})"
            case Negate(operand=x):
                return self._unless_null(node, "-{}", x)
            case ToDouble(operand=x):
                return self._unless_null(node, "float({})", x)
            case Bucket(splits=splits, operand=x):
                search = f"{self.bind(bisect_right, 'bisect')}({self.bind(splits)}, {{}}) - 1.0"
                return self._unless_null(node, search, x)
            case Exp(operand=x):
                # Above 709 `math.exp` may raise; use Java's function there.
                name = self._named(x)
                java = f"{self.bind(exp, 'exp')}({name})"
                return f"({self.bind(math.exp, 'exp')}({name}) if {name} < 709.0 else {java})"
            case IsNull(operand=x):
                return f"({self.text(x)} is None)"
            case IsMissing(operand=x):
                name = self._named(x)
                return f"({name} is None or {name} != {name})"
            case Not(operand=x):
                return f"(not {self.text(x)})"
            case Logic(operator=operator, left=left, right=right):
                return f"({self.text(left)} {operator} {self.text(right)})"
            case Select(test=test, then=then, otherwise=otherwise):
                return f"({self.text(then)} if {self.text(test)} else {self.text(otherwise)})"
            case Present(operand=x):
                return self.text(x)
            case Lookup(table=table, missing=missing, operand=x):
                labels = self.bind(_Labels(table, missing), "labels")
                return f"{labels}[{self.text(x)}]"
            case Otherwise(test=test, value=value, target=target, arguments=arguments):
                return f"{self.text(value)} if {self.text(test)} else {self._call(target, arguments)}"
            case Call(arguments=arguments) if not node.strict:
                return self._call(node.target, arguments)
            case Field(call=call, index=index):
                return f"{self.text(call)}[{index}]"
            case Element(vector=vector, index=index):
                return f"{self.elements(vector)}[{index}]"
            case Apply(target=target, vector=vector):
                return f"{self.bind(target, 'f')}({self.elements(vector)})"
            case Kernel(vector=vector, make=make):
                return self._kernel(vector, make)
            case MatrixProduct(vector=vector):
                return f"{self._call(node.function(), (vector,))}.values"
            case Dot(vector=Vector() as vector) if (text := self._sum(vector, node)) is not None:
                return text
            case Map():
                return f"{self.bind(_mapped(node), 'map')}({self.text(node.vector)})"
            case IsSparse(segments=segments, limit=int(limit)):
                scalars = [segment for segment in segments if isinstance(segment, Scalar)]
                if len(scalars) == len(segments):
                    tests = [f"({self.text(scalar.active)} != 0.0)" for scalar in scalars]
                    return f"({self._added(tests)} <= {limit})"
                return f"{self.bind(node.function(), 'f')}({self._segments(node)})"
            case IsSparse():
                return f"{self.bind(node.function(), 'f')}({self._segments(node)})"
        return self._call(node.function(), node.operands)

    def _unless_null(self, node: Node, formula: str, *operands: Node) -> str:
        """Return the formula of the operands; its value is None when an operand is None."""
        if not node.null:
            return f"({formula.format(*map(self.text, operands))})"
        names = [self._named(operand) if operand.null else self.text(operand) for operand in operands]
        nulls = [f"{name} is None" for name, operand in zip(names, operands, strict=True) if operand.null]
        return f"(None if {' or '.join(dict.fromkeys(nulls))} else {formula.format(*names)})"

    def _compare(self, operator: str, left: Node, right: Node) -> str:
        names = [self._named(x) if x.null or left is right else self.text(x) for x in (left, right)]
        nulls = [f"{name} is not None" for name, x in zip(names, (left, right), strict=True) if x.null]
        return f"({' and '.join([*dict.fromkeys(nulls), f'{names[0]} {operator} {names[1]}'])})"

    # --- vectors ---

    def _object(self, node: Node) -> str:
        name = self._objects.get(id(node))
        if name is None:
            vector = (
                self._vector(node)
                if isinstance(node, Vector)
                else f"{self.bind(DenseVector)}({self.elements(node)})"
            )
            name = self._objects[id(node)] = self.let(vector)
        return name

    def _vector(self, vector: Vector) -> str:
        if vector.kind == "dense" and vector.scalars is not None:
            return f"{self.bind(DenseVector)}({self.elements(vector)})"
        match vector.segments:
            case (OneHot() as only,) if vector.kind == "sparse" and only.size <= _MOST_PREPARED:
                return f"{self.bind(_one_hot_vectors(only))}[{self._index(only)}]"
        return f"{self.bind(vector.function(), 'gather')}({self._segments(vector)})"

    def _segments(self, node: Vector | IsSparse) -> str:
        return ", ".join([self.text(operand) for operand in node.operands])

    def _index(self, segment: OneHot) -> str:
        """Return the expression of the index of the one, which is `size` when no element is one."""
        index = self._named(segment.index)
        return f"int({index}) if 0 <= {index} < {segment.size} else {segment.size}"

    def _kernel(self, vector: Node, make: Callable[..., Any]) -> str:
        layout = layout_of(vector) if isinstance(vector, Vector) else None
        if layout is None or not isinstance(vector, Vector):
            return f"{self.bind(make(WHOLE), 'kernel')}({self.text(vector)})"
        nodes = [x.value if isinstance(x, Scalar) else x.index for x in vector.segments]  # type: ignore[union-attr]
        return f"{self.bind(make(layout), 'kernel')}({', '.join(map(self.text, nodes))})"

    def _sum(self, vector: Vector, product: Dot) -> str | None:
        """Return the dot product of a sparse vector and dense weights as a sum in the order of the indices.

        An element that is not stored adds 0.0 or -0.0 to a sum that is never -0.0, so it changes no bit
        unless its weight is infinite or NaN. Return None when the dot product needs the vector object.
        """
        weights = product.weights
        if vector.kind != "sparse" or not isinstance(weights, DenseVector) or vector.size != weights.size:
            return None
        if not all(map(math.isfinite, weights.values)):
            return None
        terms, start = ["0.0"], 0
        for segment in vector.segments:
            if isinstance(segment, OneHot):
                here = weights.values[start : start + segment.size]
                if segment.values is not None:
                    here = tuple([x * weight for x, weight in zip(segment.values, here, strict=True)])
                terms.append(f"{self.bind((*here, 0.0))}[{self._index(segment)}]")
                start += segment.size
            elif isinstance(segment, Scalar):
                terms.append(f"{self.text(segment.value)} * {self.bind(weights.values[start])}")
                start += 1
            else:
                return None
        return f"({self._added(terms)})"

    def _added(self, terms: Sequence[str]) -> str:
        """Return the expression of a sum from left to right; a long sum writes some lines first."""
        while len(terms) > _MOST_TERMS:
            terms = [self.let(" + ".join(terms[:_MOST_TERMS])), *terms[_MOST_TERMS:]]
        return " + ".join(terms)


class _Labels(dict[Any, float]):
    """A table of labels that calls a function for every other key."""

    __slots__ = ("__missing__",)

    def __init__(self, table: Any, missing: Callable[[Any], float]) -> None:
        super().__init__(table)
        self.__missing__ = missing


def _one_hot_vectors(segment: OneHot) -> tuple[SparseVector, ...]:
    """Return the vector of each index of a one-hot segment, and the empty vector.

    >>> _one_hot_vectors(OneHot(Input(0), 1))
    (SparseVector(1, {0: 1.0}), SparseVector(1, {}))
    """
    size = segment.size
    ones = segment.values or (1.0,) * size
    return (*[SparseVector(size, (i,), (one,)) for i, one in enumerate(ones)], SparseVector(size, (), ()))


def _mapped(node: Map) -> Callable[..., Any]:
    """Return the generated function of a `Map`, whose loop body is inlined."""
    writer = Writer((), ())
    by_index, in_order = writer.body(node.body, "[i]"), writer.body(node.body, "_i")
    if writer.lines:
        return node.function()
    constants = [name for name in writer.names if name.startswith("each")]
    columns = ", ".join(["x", *[f"{name}_i" for name in constants]])
    size, sparse = node.size, writer.bind(SparseVector)
    refuse = writer.bind(partial(refuse_size, size=size), "refuse")
    lines = ["def map(v):"]
    if node.keeps_zero:
        lines += [
            f"    if v.__class__ is {sparse}:",
            f"        if v.indices and v.indices[-1] >= {size}: {refuse}(v)",
            f"        values = tuple([{by_index} for i, x in zip(v.indices, v.values)])",
            f"        return {sparse}(v.size, v.indices, values)",
        ]
    values = "v.values" if node.keeps_zero else f"{writer.bind(to_dense)}(v).values"
    lines += [
        f"    if v.size > {size}: {refuse}(v)",
        f"    values = tuple([{in_order} for {columns} in zip({', '.join([values, *constants])})])",
        f"    return {writer.bind(DenseVector)}(values)",
        "",
    ]
    function: Callable[..., Any] = compiled("\n".join(lines)).run(writer.names, "map")
    return function
