"""The builder: what a stage calls to write its work into the function that is being generated."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache, partial
from typing import Any, Literal, TypeAlias

from sparklet._native import kernels
from sparklet.emit.code import compiled
from sparklet.emit.gather import gatherer, is_sparse, one_hot_vectors, refuse_size
from sparklet.emit.symbols import (
    Number,
    OneHot,
    Segment,
    Segments,
    Tuple,
    Value,
    dense,
    layout_of,
)
from sparklet.java import WHOLE, Layout, dot, dot_of, exp
from sparklet.linalg import DenseVector, Release, SparseVector, Vector, compressed, sparse_limit, to_dense

__all__ = ["Builder", "Emit", "Symbol", "calls"]

Symbol: TypeAlias = Value | Segments | Tuple


def calls(function: Callable[..., Any]) -> Emit:
    """Return the emit of a stage that only calls a function, which never gives null."""
    return lambda b, *inputs: b.call(function, *inputs, null=False)


MOST_PREPARED = 4096
"""Vectors are immutable, so each category needs only one; beyond this many they are made when met."""


_MOST_TERMS = 64

Emit: TypeAlias = Callable[..., Symbol]
"""What a stage gives: called with a builder and its inputs, it writes lines and returns a symbol of
its output."""


class Builder:
    """Collect the lines of one function and the objects that they name.

    Every object is bound to a name made here; nothing else of a model reaches the text.
    """

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.names: dict[str, Any] = {}
        self._bound: dict[int, str] = {}
        self._depth = 0
        self._variables = 0
        self._vectors: dict[int, tuple[Segments | Tuple, str]] = {}
        self._flags: dict[int, tuple[Segments, str]] = {}
        self._waiting: dict[str, tuple[type, Callable[[Any], Any]]] = {}

    # --- lines and names ---

    def bind(self, value: object, kind: str = "c") -> str:
        """Return the name of an object, the same one for the same object."""
        name = self._bound.get(id(value))
        if name is None:
            name = self._bound[id(value)] = f"{kind}{len(self.names)}"
            self.names[name] = value
        return name

    def line(self, text: str) -> None:
        """Write a line."""
        self.lines.append("    " * self._depth + text)

    def variable(self) -> str:
        """Return the name of a new variable."""
        self._variables += 1
        return f"v{self._variables}"

    def let(self, expression: str) -> str:
        """Write an assignment to a new variable and return its name."""
        name = self.variable()
        self.line(f"{name} = {expression}")
        return name

    @contextmanager
    def block(self, head: str) -> Iterator[None]:
        """Write a compound statement around the lines that follow.

        Vectors built inside are not known outside of it.
        """
        self.line(head)
        self._depth += 1
        known = dict(self._vectors), dict(self._flags), dict(self._waiting)
        try:
            yield
        finally:
            self._depth -= 1
            self._vectors, self._flags, self._waiting = known

    # --- values ---

    def wait(self, value: Value, kind: type, coerce: Callable[[Any], Any]) -> None:
        """Note that a row's value in this variable is to be coerced, unless its class is `kind`."""
        self._waiting[value.var] = (kind, coerce)

    def uncoerced(self, value: Value) -> Callable[[Any], Any] | None:
        """Return the coercion that a value still awaits, for a stage that does it only where it must."""
        waiting = self._waiting.get(value.var)
        return None if waiting is None else waiting[1]

    def value(self, symbol: Symbol) -> str:
        """Return the variable of a value as it is outside: coerced, a vector as an object."""
        if isinstance(symbol, Segments | Tuple):
            return self._vector(symbol)
        waiting = self._waiting.pop(symbol.var, None)
        if waiting is not None:
            kind, coerce = waiting
            var, name = symbol.var, self.bind(coerce, "coerce_")
            number = f"float({var}) if {var}.__class__ is int else " if kind is float else ""
            self.line(f"if {var}.__class__ is not {self.bind(kind)}: {var} = {number}{name}({var})")
        return symbol.var

    def call(self, function: Callable[..., Any], *inputs: Symbol, **known: Any) -> Value:
        """Call a function on values; `known` says what is known of the result (see `Value`)."""
        arguments = ", ".join([self.value(symbol) for symbol in inputs])
        return Value(self.let(f"{self.bind(function, 'f')}({arguments})"), **known)

    # --- vectors ---

    def _vector(self, vector: Segments | Tuple) -> str:
        known = self._vectors.get(id(vector))
        if known is None:
            # The vector is kept beside its variable: an id alone may be another object's one day.
            known = self._vectors[id(vector)] = vector, self._build(vector)
        return known[1]

    def _build(self, vector: Segments | Tuple) -> str:
        native = kernels()
        if isinstance(vector, Tuple):
            return self.let(f"{self.bind(DenseVector if native is None else native.dense_of)}({vector.var})")
        only = vector.parts[0] if len(vector.parts) == 1 else None
        if vector.kind == "dense" and (numbers := vector.numbers) is not None:
            elements = "".join([f"{number.value}, " for number in numbers])
            if native is not None:
                return self.let(f"{self.bind(native.dense, 'dense')}({elements})")
            return self.let(f"{self.bind(DenseVector)}(({elements}))")
        if isinstance(only, OneHot) and vector.kind == "sparse" and only.size <= MOST_PREPARED:
            hot = self.bind(one_hot_vectors(only))
            return self.let(f"{hot}[{self.place(only)}]")
        return self.let(f"{self.bind(gatherer(vector))}({self._arguments(vector)})")

    def _arguments(self, vector: Segments) -> str:
        arguments = []
        for part in vector.parts:
            arguments += [part.value, part.active] if isinstance(part, Number) else [part.var]
        return ", ".join(arguments)

    def place(self, part: OneHot) -> str:
        """Return an expression for the place of the one, `size` where there is none."""
        return f"int({part.var}) if 0 <= {part.var} < {part.size} else {part.size}"

    def is_sparse(self, vector: Segments) -> str:
        """Return an expression that tells whether a vector is sparse."""
        if vector.kind != "counted":
            return str(vector.kind == "sparse")
        known = self._flags.get(id(vector))
        if known is not None:
            return known[1]
        numbers = vector.numbers
        if numbers is not None:
            count = self._added([f"({number.active} != 0.0)" for number in numbers])
            found = self.let(f"{count} <= {vector.limit}")
        else:
            found = self.let(f"{self.bind(is_sparse(vector))}({self._arguments(vector)})")
        self._flags[id(vector)] = (vector, found)
        return found

    def elementwise(
        self, vector: Symbol, expression: str, constants: dict[str, Sequence[float]], *, keeps_zero: bool
    ) -> Symbol:
        """Apply `expression`, on `x` and the named constants of its place, to each element.

        With `keeps_zero` the kind of the vector stays and in a sparse one only stored elements are changed;
        else the result is dense. A vector object may be shorter than the constants, none is longer.
        """
        size = len(next(iter(constants.values())))
        if isinstance(vector, Segments) and vector.size == size and vector.few:
            if not keeps_zero and vector.numbers is not None:
                return dense(
                    [self._element(n, expression, constants, i) for i, n in enumerate(vector.numbers)]
                )
            if keeps_zero and (vector.numbers is not None or vector.kind == "sparse"):
                return self._scaled(vector, expression, constants)
        return self._mapped(self.value(vector), expression, constants, size, keeps_zero)

    def _element(
        self, number: Number, expression: str, constants: dict[str, Sequence[float]], place: int
    ) -> str:
        here = {name: self.bind(values[place]) for name, values in constants.items()}
        each = _function(expression, tuple(constants))
        known = [values[place] for values in constants.values()]
        either = repr(each(0.0, *known)) == repr(each(-0.0, *known))
        x = number.var if number.exact is None or either else f"({number.exact})"
        return self.let(expression.format(x=x, **here))

    def _scaled(self, vector: Segments, expression: str, constants: dict[str, Sequence[float]]) -> Segments:
        found: list[Segment] = []
        start = 0
        for part in vector.parts:
            if isinstance(part, Number):
                here = {name: self.bind(values[start]) for name, values in constants.items()}
                var = self.let(expression.format(x=part.var, **here))
                exact = part.exact and expression.format(x=f"({part.exact})", **here)
                found.append(Number(var, part.active, exact))
                start += 1
            elif isinstance(part, OneHot):
                slices = [values[start : start + part.size] for values in constants.values()]
                each, ones = _function(expression, tuple(constants)), part.weights or (1.0,) * part.size
                found.append(OneHot(part.var, part.size, tuple(map(each, ones, *slices))))
                start += part.size
        return Segments(tuple(found), vector.size, vector.limit, vector.release)

    def _mapped(
        self, var: str, expression: str, constants: dict[str, Sequence[float]], size: int, keeps_zero: bool
    ) -> Value:
        vectors = {name: self.bind(tuple(values)) for name, values in constants.items()}
        refuse = self.bind(refuse_size, "refuse_")
        dense_type, sparse, dense_of = self.bind(DenseVector), self.bind(SparseVector), self.bind(to_dense)
        names = ", ".join(vectors)
        in_order = expression.format(x="x", **{name: name for name in vectors})
        by_place = expression.format(x="x", **{name: f"{bound}[i]" for name, bound in vectors.items()})
        result = self.variable()
        if keeps_zero:
            with self.block(f"if {var}.__class__ is {sparse}:"):
                self.line(f"if {var}.indices and {var}.indices[-1] >= {size}: {refuse}({var}, {size})")
                each = f"[{by_place} for i, x in zip({var}.indices, {var}.values)]"
                self.line(f"{result} = {sparse}({var}.size, {var}.indices, tuple({each}))")
        with self.block("else:" if keeps_zero else "if True:"):
            self.line(f"if {var}.size > {size}: {refuse}({var}, {size})")
            values = f"{var}.values" if keeps_zero else f"{dense_of}({var}).values"
            each = f"[{in_order} for x, {names} in zip({values}, {', '.join(vectors.values())})]"
            self.line(f"{result} = {dense_type}(tuple({each}))")
        return Value(result, null=False)

    def pick(
        self, vector: Symbol, places: Sequence[int], function: Callable[..., Any], *, keeps_zeros: bool
    ) -> Symbol:
        """Return the elements of a vector at some places, as `function` does with an object.

        `keeps_zeros` tells whether a sparse vector keeps the zeros that it stores.
        """
        numbers = vector.numbers if isinstance(vector, Segments) and vector.kind != "counted" else None
        if not isinstance(vector, Segments) or numbers is None or max(places, default=-1) >= len(numbers):
            return self.call(function, vector, null=False)
        found = [numbers[place] for place in places]
        if vector.kind == "dense":
            return Segments(tuple(found), len(found), -1)
        if not keeps_zeros:
            found = [Number(number.var, number.var, number.exact) for number in found]
        return Segments(tuple(found), len(found), len(found))

    def compressed(self, vector: Symbol, release: Release) -> Symbol:
        """Return a vector in the kind that takes less room, see `sparklet.linalg.compressed`."""
        if isinstance(vector, Segments) and vector.kind == "dense" and vector.numbers is not None:
            return Segments(vector.parts, vector.size, sparse_limit(len(vector.parts), release), release)
        return self.call(partial(compressed, release=release), vector, null=False)

    def elements(self, vector: Symbol, size: int) -> list[str]:
        """Return expressions of the elements of a dense vector of `size`."""
        if isinstance(vector, Segments) and (numbers := vector.numbers) is not None:
            return [number.value for number in numbers]
        values = self.elements_tuple(vector)
        return [f"{values}[{i}]" for i in range(size)]

    def elements_tuple(self, vector: Symbol) -> str:
        """Return an expression of the tuple of a dense vector's elements."""
        if isinstance(vector, Tuple):
            return vector.var
        if isinstance(vector, Segments) and vector.numbers is not None:
            return self.let(f"({''.join([f'{number.value}, ' for number in vector.numbers])})")
        return f"{self.value(vector)}.values"

    def kernel(self, make: Callable[[Layout], Callable[..., Any]], vector: Symbol) -> str:
        """Return the variable of what a kernel gives for a vector, which it takes as segments if it can.

        `make` returns the kernel of a layout.
        """
        layout = layout_of(vector) if isinstance(vector, Segments) and vector.few else None
        if layout is None or not isinstance(vector, Segments):
            return self.let(f"{self.bind(make(WHOLE), 'kernel')}({self.value(vector)})")
        arguments = ", ".join([part.var for part in vector.parts])
        return self.let(f"{self.bind(make(layout), 'kernel')}({arguments})")

    # --- arithmetic ---

    def exp(self, expression: str) -> str:
        """Return the variable of Java's `Math.exp`."""
        x = self.let(expression)
        # Beyond this `math.exp` raises, and Java's function is asked.
        return self.let(f"{self.bind(math.exp, 'exp')}({x}) if {x} < 709.0 else {self.bind(exp)}({x})")

    def logistic(self, expression: str) -> str:
        """Return the variable of 1 / (1 + exp(expression))."""
        return self.let(f"1.0 / (1.0 + {self.exp(expression)})")

    def plus(self, var: str, constant: float) -> str:
        """Return the variable of a sum."""
        return self.let(f"{var} + {self.bind(constant)}")

    def above(self, expression: str, threshold: float) -> Value:
        """Return 1.0 where a number is above a threshold, else 0.0."""
        found = self.let(f"1.0 if {expression} > {self.bind(threshold)} else 0.0")
        return Value(found, null=False, nan=False, whole=2)

    # --- dots ---

    def linear(self, vector: Symbol, weights: Vector, order: str) -> str:
        """Return the variable of Spark's dot of a vector with weights, in the order of a BLAS.

        A vector of another size raises `VectorSizeError`.
        """
        size = weights.size
        if isinstance(vector, Segments) and vector.size == size and vector.few:
            found = self._linear(vector, weights, order)
            if found is not None:
                return self.let(found)
        self.require_size(vector, size)
        return self.let(f"{self.bind(dot(weights, order), 'dot')}({self.value(vector)})")

    def require_size(self, vector: Symbol, size: int) -> None:
        """Refuse a vector that has not `size` elements."""
        if not (isinstance(vector, Segments) and vector.size == size):
            var = self.value(vector)
            self.line(f"if {var}.size != {size}: {self.bind(refuse_size, 'refuse_')}({var}, {size})")

    def _linear(self, vector: Segments, weights: Vector, order: str) -> str | None:
        """Return an expression of the dot of segments; None where it must be taken of an object."""
        if isinstance(weights, DenseVector):
            vector, weights = _plain(vector, weights)
        layout, size = layout_of(vector), weights.size
        if layout is None:
            return None
        if kernels() is None:
            return self._sum(vector, weights) if vector.kind == "sparse" else None
        numbers = [part for part in vector.parts if isinstance(part, Number)]
        exact = ", ".join([part.value if isinstance(part, Number) else part.var for part in vector.parts])
        # Sums without what is zero know no sign of a zero.
        loose = ", ".join([part.var for part in vector.parts])

        def call(kind: Literal["dense", "sparse", "smaller"], arguments: str) -> str:
            kernel = dot_of(weights, order, layout, size, kind, vector.release)
            return f"{self.bind(kernel, 'dot')}({arguments})"

        if vector.kind == "sparse":
            return call("sparse", loose)
        if vector.kind == "dense":
            return call("dense", exact)
        if all(number.active == number.var for number in numbers):
            return call("smaller", exact)
        return f"{call('sparse', loose)} if {self.is_sparse(vector)} else {call('dense', exact)}"

    def _sum(self, vector: Segments, weights: Vector) -> str | None:
        """Return the sum of a sparse vector times dense weights written out, in the order of its indices.

        What is not stored adds 0.0 or -0.0 to a sum that is never -0.0 itself: it changes no bit, unless it
        is multiplied by infinity.
        """
        if not isinstance(weights, DenseVector) or not all(map(math.isfinite, weights.values)):
            return None
        terms = ["0.0"]
        start = 0
        for part in vector.parts:
            if isinstance(part, OneHot):
                here = (*weights.values[start : start + part.size], 0.0)
                terms.append(f"{self.bind(here)}[{self.place(part)}]")
                start += part.size
            else:
                terms.append(f"{part.var} * {self.bind(weights.values[start])}")
                start += 1
        return self._added(terms)

    def _added(self, terms: Sequence[str]) -> str:
        """Return an expression of a sum from the left, some lines before it where it is long."""
        while len(terms) > _MOST_TERMS:
            # Python's compiler goes down a level for each term.
            terms = [self.let(" + ".join(terms[:_MOST_TERMS])), *terms[_MOST_TERMS:]]
        return " + ".join(terms)


@cache
def _function(expression: str, names: tuple[str, ...]) -> Callable[..., float]:
    """Return an expression of `elementwise` as a function of x and its constants."""
    formula = expression.format(x="x", **{name: name for name in names})
    found: Callable[..., float] = compiled(f"def each(x, {', '.join(names)}):\n    return {formula}\n").run(
        {}, "each"
    )
    return found


def _plain(vector: Segments, weights: DenseVector) -> tuple[Segments, DenseVector]:
    """Return a vector whose one-hot segments hold 1.0, with what they held multiplied into the weights."""
    parts: list[Segment] = []
    found: list[float] = []
    start = 0
    for part in vector.parts:
        size = part.size if isinstance(part, OneHot) else 1
        here = weights.values[start : start + size]
        if isinstance(part, OneHot) and part.weights is not None:
            here = tuple([one * weight for one, weight in zip(part.weights, here, strict=True)])
            part = OneHot(part.var, size)  # noqa: PLW2901 - the same segment, plain
        parts.append(part)
        found += here
        start += size
    return Segments(tuple(parts), vector.size, vector.limit, vector.release), DenseVector(tuple(found))
