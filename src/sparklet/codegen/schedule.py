"""The schedule of a program: operations of one kind on one level form an instruction.

The level of a node is one above the levels of its operands. Effects may therefore run in another order than
the pipeline's. That is safe because the fallback scores every failed row again in the pipeline's order. Only
operations that may drop a row keep their position among all operations that may fail.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from sparklet.codegen.forms import (
    ARGUMENTS,
    DOUBLE,
    OBJECT,
    RUN,
    SHAPE,
    TEST,
    TUPLE,
    Forms,
    Resource,
    run_size,
)
from sparklet.ir.nodes import (
    Affine,
    Arithmetic,
    Bucket,
    Compare,
    Constant,
    Exp,
    Field,
    Guard,
    Input,
    IsMissing,
    IsNull,
    Logic,
    Lookup,
    Negate,
    Node,
    Not,
    Otherwise,
    Present,
    Select,
    ToDouble,
)
from sparklet.ir.vectors import (
    Apply,
    Dot,
    Element,
    IsSparse,
    Kernel,
    Map,
    MatrixProduct,
    OneHot,
    Part,
    RequireSize,
    Vector,
)
from sparklet.linalg import SparseVector

__all__ = ["Operation", "Schedule", "prepared"]

_MOST_PREPARED = 4096
_ARITHMETIC = {"+": "ADD", "-": "SUB", "*": "MUL", "/": "DIV"}
_COMPARISONS = {"<": "LT", "<=": "LE", ">": "GT", ">=": "GE", "==": "EQ", "!=": "NE"}
# Guards run first because they may end a row early, calls last because they are the slowest.
_PRIORITY = {"GUARD": 0, "CALL": 2}
_INFALLIBLE = {
    *_ARITHMETIC.values(),
    *_COMPARISONS.values(),
    *"AFFINE NEG EXP BUCKET COPY IS_NULL IS_NONE".split(),
}
_INFALLIBLE |= {
    *"NOT AND OR SELECT TRUTH DOT_TERMS ADD_NULL SUB_NULL MUL_NULL DIV_NULL NEG_NULL NE_NULL".split()
}


class Operation:
    """One lane of an instruction.

    Operations with equal opcode and `key` share an instruction; an operation whose `key` is None has its own.
    `width` is the number of registers that it writes, `effect` its index among the effects, -1 for none.
    """

    __slots__ = ("effect", "key", "level", "node", "opcode", "operands", "sources", "target", "width")

    def __init__(
        self,
        opcode: str,
        key: Any,
        node: Node,
        sources: Sequence[Resource],
        target: Resource | None,
        width: int,
        effect: int,
        level: int,
        operands: tuple[Node, ...],
    ) -> None:
        self.opcode, self.key, self.node, self.sources, self.target = opcode, key, node, sources, target
        self.width, self.effect, self.level, self.operands = width, effect, level, operands


class Schedule:
    """The operations of a graph, ordered so that each one follows those that it reads from.

    `dropping` are the nodes whose calls may drop the row.
    """

    def __init__(self, forms: Forms, dropping: frozenset[Node]) -> None:
        self.forms = forms
        self._dropping = dropping
        self._operations: list[Operation] = []
        self._levels: dict[Resource, int] = {}
        self._effects = 0
        # The highest level of an operation that may fail and the kinds on that level; the level of the last
        # operation that may drop the row.
        self._last_level = 0
        self._last_kinds: set[Any] = set()
        self._drop_level = 0
        self._drop_kind: Any = None
        for node in forms.nodes:
            if node.effect or node in forms.wanted:
                self._add(node)

    def instructions(self) -> list[list[Operation]]:
        """Return the operations of each instruction."""
        groups: dict[Any, list[Operation]] = {}
        for number, operation in enumerate(self._operations):
            key = operation.key if operation.key is not None else ("alone", number)
            priority = _PRIORITY.get(operation.opcode, 1)
            groups.setdefault((operation.level, priority, operation.opcode, key), []).append(operation)
        return [groups[key] for key in sorted(groups, key=lambda key: key[:2])]

    def _add(self, node: Node) -> None:
        """Add the operations that compute a node and convert it to its other forms."""
        forms = self.forms
        form = forms.forms[node]
        if form == DOUBLE and (wide := _WIDE.get(node.__class__)) is not None:
            opcode, tests = wide
            self._wide(opcode(node), node, node.operands, tests)
            if TEST in forms.wanted.get(node, ()):
                self._convert(node)
            return
        effect = -1
        if node.effect:
            effect, self._effects = self._effects, self._effects + 1
        match node:
            case Input() | Vector() | Present():
                pass
            case ToDouble(operand=operand):
                if forms.double(node) is not node:
                    pass
                elif forms.form(operand) == DOUBLE:
                    self._wide("COPY", node, (operand,))
                else:
                    self._operation("NUMBER", (), node, [self.forms.object_of(operand)], DOUBLE)
            case IsMissing(operand=operand) if form == DOUBLE:
                self._wide("NE", node, (operand, operand))  # null is a NaN in a register
            case IsNull(operand=operand):
                self._is_null(node, operand)
            case Select(test=test, then=then, otherwise=otherwise):
                sources = [
                    self.forms.test_of(test),
                    *self._argument_sources(then),
                    *self._argument_sources(otherwise),
                ]
                self._operation("SELECT_OBJECT", (), node, sources, OBJECT, operands=(test, then, otherwise))
            case Lookup(operand=operand) if form == DOUBLE:
                self._operation("LOOKUP", (), node, [self.forms.object_of(operand)], DOUBLE, effect=effect)
            case Otherwise() if form == DOUBLE:
                sources = [self.forms.test_of(node.test), self.forms.double_of(node.value)]
                for argument in node.arguments:
                    sources += self._argument_sources(argument)
                key = (self.forms.is_constant(node.test), self.forms.is_constant(node.value))
                self._operation("OTHERWISE", key, node, sources, DOUBLE, effect=effect)
            case Guard(test=test):
                sources = [self.forms.test_of(test)]
                for argument in node.arguments if node.drops else ():
                    sources += self._argument_sources(argument)
                self._operation("GUARD", (self.forms.is_constant(test),), node, sources, None, effect=effect)
            case IsSparse():
                self._operation("IS_SPARSE", None, node, self._shape_sources(forms.sparse_test(node)), DOUBLE)
            case Field(call=call):
                self._operation("FIELD", (), node, [self.forms.object_of(call)], OBJECT)
            case Element(vector=vector) if form == DOUBLE:
                if forms.form(vector) == OBJECT:
                    self._operation("ELEMENT", (), node, [self.forms.object_of(vector)], DOUBLE)
            case Dot() if form == DOUBLE:
                self._dot(node)
            case MatrixProduct() if form == RUN:
                self._of_vector("PRODUCT", node, node.vector, RUN, node.size)
            case Kernel() if form in (DOUBLE, RUN):
                _, shaped = forms.implementations[node]
                sources = (
                    self._shape_sources(forms.shape(node.vector))
                    if shaped
                    else [self.forms.object_of(node.vector)]
                )
                self._operation(
                    "TREES" if shaped else "TREES_OBJECT",
                    None,
                    node,
                    sources,
                    form,
                    effect=effect,
                    width=node.size or 1,
                )
            case Apply() if node in forms.implementations:
                sources = self._shape_sources(forms.shape(node.vector))
                self._operation(
                    forms.implementations[node],
                    None,
                    node,
                    sources,
                    form,
                    effect=effect,
                    width=node.size or 1,
                )
            case Map() if forms.implementations[node] is not None:
                self._operation("MAP", None, node, [self.forms.object_of(node.vector)], OBJECT, effect=effect)
            case RequireSize():
                self._of_vector("SIZE", node, node.vector, None, 1, effect)
            case _:
                self._call(node, effect)
        self._convert(node)

    def _convert(self, node: Node) -> None:
        """Add the operations that convert a value to its other wanted forms."""
        forms = self.forms
        wanted, form = forms.wanted.get(node, ()), forms.forms[node]
        if form == DOUBLE and TEST not in wanted:
            return
        if isinstance(node, Vector):
            if OBJECT in wanted:
                opcode = "VECTOR" if prepared(node) is None else "ONE_HOT"
                self._operation(opcode, None, node, self._shape_sources(node, OBJECT), OBJECT)
            return
        object_ = (node, OBJECT)
        if form == TUPLE:
            if RUN in wanted:
                self._operation("SPREAD", None, node, [(node, TUPLE)], RUN, width=run_size(node))
            if OBJECT in wanted:
                self._operation("DENSE", None, node, [(node, TUPLE)], OBJECT)
        elif form == RUN and OBJECT in wanted:
            shape = forms.shape(node)
            self._operation("VECTOR", None, node, self._shape_sources(shape), OBJECT)
        elif form == OBJECT and DOUBLE in wanted and not isinstance(node, Input):
            self._operation("UNBOX", (), node, [object_], DOUBLE)
        if TEST in wanted:
            double = forms.is_double(node)
            source = (node, DOUBLE) if double else object_
            self._operation("TRUTH" if double else "TRUE", (), node, [source], TEST)

    def _operation(
        self,
        opcode: str,
        key: Any,
        node: Node,
        sources: Sequence[Resource],
        form: str | None,
        width: int = 1,
        effect: int = -1,
        operands: tuple[Node, ...] = (),
    ) -> None:
        target = None if form is None else (node, form)
        levels, level = self._levels, 0
        for source in sources:
            if levels.get(source, 0) > level:
                level = levels[source]
        level += 1
        if opcode not in _INFALLIBLE:
            level = self._level_of_fallible(opcode, key, node, level)
        if target is not None:
            levels[target] = level
        self._operations.append(Operation(opcode, key, node, sources, target, width, effect, level, operands))

    def _level_of_fallible(self, opcode: str, key: Any, node: Node, level: int) -> int:
        """Return the level of an operation that may fail; it follows drops, and a drop follows failures."""
        kind = (opcode, key, node if key is None else 0)
        # Operations of one instruction keep their order.
        level = max(level, self._drop_level + (kind != self._drop_kind))
        if node.drops if isinstance(node, Guard) else node.effect and node in self._dropping:
            level = max(level, self._last_level + (self._last_kinds != {kind}))
            self._drop_level, self._drop_kind = level, kind
        if level > self._last_level:
            self._last_level, self._last_kinds = level, set()
        if level == self._last_level:
            self._last_kinds.add(kind)
        return level

    def _wide(self, opcode: str, node: Node, operands: tuple[Node, ...], tests: int = 0) -> None:
        """Add an operation on doubles whose first operands may be tests; its key tells which are constant."""
        forms = self.forms
        sources: list[Resource] = []
        key = 0
        for index, operand in enumerate(operands):
            root = forms.root(operand)
            if root.__class__ is Constant:
                key |= 1 << index
            else:
                sources.append(forms.test_of(root) if index < tests else forms.double_of(root))
        self._operation(opcode, key, node, sources, DOUBLE, operands=operands)

    def _is_null(self, node: Node, operand: Node) -> None:
        root = self.forms.root(operand)
        if DOUBLE in self.forms.wanted.get(root, ()):
            self._wide("IS_NULL", node, (root,))
        else:
            self._operation("IS_NONE", (), node, [self.forms.object_of(root)], DOUBLE, operands=(root,))

    def _dot(self, node: Dot) -> None:
        vector = self.forms.root(node.vector)
        if isinstance(vector, Vector) and vector.kind == "sparse":
            self._operation("DOT_TERMS", None, node, self._shape_sources(vector), DOUBLE)
        else:
            self._of_vector("DOT", node, node.vector, DOUBLE, 1)

    def _of_vector(
        self, opcode: str, node: Node, vector: Node, form: str | None, width: int, effect: int = -1
    ) -> None:
        shape = self.forms.shape(vector)
        sources = [self.forms.object_of(vector)] if shape is None else self._shape_sources(shape)
        suffix = "_OBJECT" if shape is None and opcode != "SIZE" else ""
        self._operation(opcode + suffix, None, node, sources, form, width=width, effect=effect)

    def _call(self, node: Node, effect: int) -> None:
        """Add the call of a Python function: the node's target, or the node's function of its operands."""
        forms = self.forms
        if isinstance(node, Apply):
            shape = forms.shape(node.vector)
            form = forms.forms[node]
            if shape is not None and shape.kind == "dense" and shape.scalars is not None:
                tuple_ = (node, ARGUMENTS)
                self._operation("TUPLE", None, node, self._shape_sources(shape), ARGUMENTS)
                self._operation("CALL", None, node, [tuple_], form, effect=effect)
                return
        sources: list[Resource] = []
        for operand in node.operands:
            sources += self._argument_sources(operand)
        self._operation("CALL", None, node, sources, forms.forms.get(node, OBJECT), effect=effect)

    def _argument_sources(self, node: Node) -> list[Resource]:
        root = self.forms.root(node)
        if isinstance(root, Constant):
            return []
        if self.forms.is_boxed(node):
            return [self.forms.double_of(node)]
        return [(root, OBJECT)]

    def _shape_sources(self, shape: Vector | None, form: str = SHAPE) -> list[Resource]:
        assert shape is not None  # noqa: S101
        sources: list[Resource] = []
        for segment in shape.segments:
            if isinstance(segment, OneHot):
                sources.append(self._in_register(segment.index))
            elif isinstance(segment, Part):
                sources.append(self.forms.object_of(segment.vector))
            else:
                sources.append(self._in_register(segment.active))
                if form == SHAPE:
                    sources.append(self._in_register(segment.value))
                else:
                    sources += self._argument_sources(segment.value)
        return sources

    def _in_register(self, node: Node) -> Resource:
        """Return the double of a node; a constant is copied to a register."""
        root = self.forms.root(node)
        if isinstance(root, Constant) and (root, DOUBLE) not in self._levels:
            self._operation("COPY", 1, root, [], DOUBLE, operands=(root,))
        return self.forms.double_of(node)


def _comparison(node: Compare) -> str:
    null = node.operator == "!=" and (node.left.null or node.right.null)
    return _COMPARISONS[node.operator] + "_NULL" * null


# The opcode of a double and the number of its operands that are tests, by the class of the node.
_WIDE: dict[type, tuple[Callable[[Any], str], int]] = {
    Affine: (lambda _: "AFFINE", 0),
    Arithmetic: (lambda node: _ARITHMETIC[node.operator] + "_NULL" * node.null, 0),
    Compare: (_comparison, 0),
    Negate: (lambda node: "NEG" + "_NULL" * node.null, 0),
    Exp: (lambda _: "EXP", 0),
    Bucket: (lambda _: "BUCKET", 0),
    Not: (lambda _: "NOT", 1),
    Logic: (lambda node: node.operator.upper(), 2),
    Select: (lambda _: "SELECT", 1),
}


def prepared(vector: Vector) -> tuple[SparseVector, ...] | None:
    """Return all possible values of a vector of one one-hot segment, the last without index; else None."""
    only = vector.segments[0] if len(vector.segments) == 1 else None
    if not isinstance(only, OneHot) or vector.kind != "sparse" or only.size > _MOST_PREPARED:
        return None
    ones = only.values or (1.0,) * only.size
    hot = [SparseVector(only.size, (index,), (one,)) for index, one in enumerate(ones)]
    return (*hot, SparseVector(only.size, (), ()))
