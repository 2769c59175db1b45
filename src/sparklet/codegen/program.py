"""The C backend: a graph as one program of the C module, from a row to its outputs.

A program works on registers of doubles and of objects; see `_native/program.h`. Nodes of one kind that do
not depend on each other become one wide instruction, so that a thousand scaled columns are a few loops.
Vectors of segments stay in registers unless Python code or an output wants the object. A node that has no
instruction of its own is a call of its function.

Instructions follow levels: a node comes after all that it is computed from. Effects may change their order in
this way. That is safe because whatever goes wrong is repeated by the fallback in the pipeline's order. Only
what may drop a row keeps its place among all that may fail.
"""

from __future__ import annotations

import itertools
import math
from array import array
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeAlias

from sparklet._native import kernels
from sparklet.codegen.lower import Lowered
from sparklet.columns import ABSENT, RowReader, coercer
from sparklet.ir import graph as builder
from sparklet.ir.nodes import (
    Arithmetic,
    Bucket,
    Call,
    Compare,
    Constant,
    Exp,
    Field,
    Guard,
    Input,
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
    Each,
    Element,
    IsSparse,
    Item,
    Kernel,
    Map,
    MatrixProduct,
    OneHot,
    Part,
    Scalar,
    Segment,
    Vector,
    size_of,
)
from sparklet.java import ORDERS, WHOLE, Layout, dot
from sparklet.linalg import DenseMatrix, DenseVector, Matrix, SparseVector
from sparklet.linalg import Vector as VectorValue
from sparklet.stages.stage import Dropped
from sparklet.types import BOOLEAN, DOUBLE, FLOAT, STRING, IntegralType, VectorUDT

__all__ = ["program"]

Score: TypeAlias = Callable[[Mapping[str, Any]], "dict[str, Any] | None"]


def program(lowered: Lowered, reader: RowReader, fallback: Score) -> Score | None:
    """Return the program of a lowered plan, None where the C module is absent.

    `reader` arranges rows that are no dict of exactly the inputs. A row that the program cannot score goes to
    `fallback`, which raises what there is to say, or scores it.
    """
    module = kernels()
    if module is None:
        return None
    columns = lowered.plan.inputs
    sizes = [column.size if column.origin != "inferred" else None for column in columns]
    return assemble(
        module,
        lowered.nodes,
        lowered.inputs,
        lowered.outputs,
        tuple([column.name for column in columns]),
        tuple(map(coercer, columns)),
        reader.arrange,
        fallback,
        sizes=sizes,
        optional=bool(lowered.plan.optional),
        dropping=_dropping(lowered),
    )


def _dropping(lowered: Lowered) -> frozenset[int]:
    """Return the nodes, by `id`, of steps that may drop a row."""
    found: set[int] = set()
    start = 0
    for step in lowered.steps:
        if step.step.bound.drops:
            found.update(map(id, lowered.nodes[start : step.end]))
        start = step.end
    return frozenset(found)


def assemble(
    module: Any,
    nodes: Sequence[Node],
    inputs: Sequence[Input],
    outputs: Sequence[tuple[str, Node]],
    names: tuple[str, ...],
    coercers: tuple[Callable[[Any], Any], ...],
    arrange: Callable[[Any], Any],
    fallback: Score,
    *,
    sizes: Sequence[int | None] = (),
    optional: bool = False,
    dropping: frozenset[int] = frozenset(),
) -> Score:
    """Return the program of a graph's live nodes; the rest is what `program` finds in a plan."""
    analysis = _Analysis(module, nodes, [node for _, node in outputs])
    writer = _Writer(module, analysis, inputs, dropping)
    code = writer.write()
    facts = array("i")
    for index, node in enumerate(inputs):
        size = sizes[index] if sizes else None
        facts.extend(_reading(node, size))
        facts.extend((writer.registers.get((id(node), _D), -1), writer.objects.get(id(node), -1)))
    arguments = array("i", [writer.argument(node) for _, node in outputs])
    score: Score = module.program(
        names,
        facts,
        coercers,
        arrange,
        fallback,
        Dropped,
        ABSENT if optional else None,
        tuple(writer.constants),
        array("d", writer.tables or [0.0]),
        array("i", writer.data + code),
        tuple([name for name, _ in outputs]),
        arguments,
        (
            writer.register_count,
            writer.most_lanes,
            writer.most_features,
            writer.object_count,
            len(writer.data),
        ),
    )
    return score


_READ_DOUBLE, _READ_FLOAT, _READ_INTEGER, _READ_BOOLEAN, _READ_STRING, _READ_VECTOR, _READ_OTHER = range(7)


def _reading(node: Input, size: int | None) -> tuple[int, int]:
    """Return how the C module reads an input, and the bits of whole numbers or the size of vectors."""
    if isinstance(node.type, IntegralType):
        return _READ_INTEGER, node.type.bits
    if isinstance(node.type, VectorUDT):
        return _READ_VECTOR, -1 if size is None else size
    known = {DOUBLE: _READ_DOUBLE, FLOAT: _READ_FLOAT, BOOLEAN: _READ_BOOLEAN, STRING: _READ_STRING}
    return known.get(node.type, _READ_OTHER), 0


# --- what is computed, and how --------------------------------------------------------------------

# Forms of a node's value: a double or a test in a register, a test made of something else, an object, a
# tuple, doubles side by side in registers, and segments of which each has its own.
_D, _TEST, _OBJECT, _TUPLE, _RUN, _SHAPE = "double", "test", "object", "tuple", "run", "shape"

_DOUBLES = (DOUBLE, FLOAT)
_NATIVE_APPLIES = {"softmax": "SOFTMAX", "normalize": "NORMALIZE", "argmax": "ARGMAX"}
_EXACT = 1 << 53
_MOST_PREPARED = 4096
_DEEPEST_BODY = 8


def _constant_double(node: Node) -> float | None:
    """Return a constant as the double of a register, None where it is another object."""
    assert isinstance(node, Constant)  # noqa: S101
    value = node.value
    if value is None:
        return _NULL
    if value.__class__ is float:
        return math.nan if value != value else float(value)
    if value.__class__ is bool:
        return float(value)
    return float(value) if value.__class__ is int and abs(value) <= _EXACT else None


_NULL = array("d", (0x7FF8A5A5A5A5A5A5).to_bytes(8, "little"))[0]


class _Analysis:
    """Which form each node's value has by nature, and which forms are wanted.

    `forms` and `wanted` are by `id(node)`; the nodes are kept alive by `nodes`.
    """

    def __init__(self, module: Any, nodes: Sequence[Node], outputs: Sequence[Node]) -> None:
        self.module = module
        self.nodes = [node for node in nodes if not isinstance(node, Constant)]
        self.forms: dict[int, str] = {}
        self.tests: set[int] = set()
        self.made: dict[int, Any] = {}
        self.wanted: dict[int, set[str]] = {}
        self.shapes: dict[int, Vector] = {}
        for node in self.nodes:
            self.forms[id(node)] = self._form(node)
        for output in outputs:
            self.want_argument(output)
        for node in reversed(self.nodes):
            if node.effect or id(node) in self.wanted:
                self._want_operands(node)

    # --- nature ---

    def root(self, node: Node) -> Node:
        """Return the node whose value this one's is."""
        while isinstance(node, Present):
            node = node.operand
        return node

    def double(self, node: Node) -> Node:
        """Return the node whose double this one's is: an input can be read as an object and as a double."""
        node = self.root(node)
        if isinstance(node, ToDouble) and _is_number_input(operand := self.root(node.operand)):
            return operand
        return node

    def form(self, node: Node) -> str:
        node = self.root(node)
        return _OBJECT if isinstance(node, Constant | Input) else self.forms[id(node)]

    def is_double(self, node: Node) -> bool:
        """Tell whether a value can be a double in a register."""
        node = self.root(node)
        if isinstance(node, Constant):
            return node.value is None or node.value.__class__ is float
        if id(node) in self.tests:
            return False
        return self.form(node) == _D or (self.form(node) == _OBJECT and node.type in _DOUBLES)

    def _is_number(self, node: Node) -> bool:
        node = self.root(node)
        return self.is_double(node) or (
            isinstance(node, Constant) and node.value.__class__ is int and abs(node.value) <= _EXACT
        )

    def is_test(self, node: Node) -> bool:
        """Tell whether a value is True or False."""
        node = self.root(node)
        if isinstance(node, Constant):
            return node.value.__class__ is bool
        return id(node) in self.tests

    def _form(self, node: Node) -> str:
        match node:
            case Present(operand=operand):
                return self.form(operand)
            case ToDouble():
                return _D
            case Arithmetic(left=left, right=right) if self._is_number(left) and self._is_number(right):
                return _D
            case Compare(left=left, right=right) if self._is_number(left) and self._is_number(right):
                return self._test(node)
            case Negate(operand=operand) | Exp(operand=operand) if self.is_double(operand):
                return _D
            case Bucket(operand=operand, splits=splits) if self.is_double(operand) and _ascend(splits):
                return _D
            case IsNull() | Not() | IsSparse():
                return self._test(node)
            case Logic(left=left, right=right) if self.is_test(left) and self.is_test(right):
                return self._test(node)
            case Select(then=then, otherwise=otherwise):
                if self.is_double(then) and self.is_double(otherwise):
                    return _D
                if self.is_test(then) and self.is_test(otherwise):
                    return self._test(node)
                return _OBJECT
            case Lookup(table=table, operand=operand):
                floats = all(value.__class__ is float for value in table.values())
                return _D if floats and self.form(operand) == _OBJECT else _OBJECT
            case Otherwise(value=value) if self.is_double(value):
                return _D
            case Vector():
                return _SHAPE
            case Element(vector=vector):
                form = self.form(vector)
                return _D if form in (_RUN, _TUPLE, _OBJECT) else _OBJECT
            case Dot():
                return self._form_of_dot(node)
            case MatrixProduct() if _has_order(node.matrix) and not node.vector.null:
                return _RUN
            case Kernel():
                return self._form_of_kernel(node)
            case Apply():
                return self._form_of_apply(node)
            case Map():
                self.made[id(node)] = _body(node.body)
        return _OBJECT

    def _test(self, node: Node) -> str:
        self.tests.add(id(node))
        return _D

    def _form_of_dot(self, node: Dot) -> str:
        vector = self.root(node.vector)
        if isinstance(vector, Vector) and vector.size is not None and vector.size != node.weights.size:
            return _OBJECT
        if isinstance(vector, Vector) and vector.kind == "sparse":
            return _D
        product = dot(node.weights, node.order)
        if not isinstance(product, self.module.Linear):
            return _OBJECT
        self.made[id(node)] = product
        return _D

    def _form_of_kernel(self, node: Kernel) -> str:
        vector = self.root(node.vector)
        layout = self.layout(vector)
        function: Any = node.make(WHOLE if layout is None else layout)
        trees = isinstance(function, self.module.Trees) and function.output != 0
        if trees and function.width == (node.size or 1):
            self.made[id(node)] = function, layout is not None
            return _D if node.size is None else _RUN
        self.made[id(node)] = function if layout is None else node.make(WHOLE), None
        return _OBJECT if node.size is None else _TUPLE

    def layout(self, vector: Node) -> Layout | None:
        """Return the layout of a vector that has only numbers and one-hot segments in registers."""
        shape = self.shape(vector)
        if shape is None or shape.size is None:
            return None
        layout: list[Any] = []
        start = 0
        for segment in shape.segments:
            if isinstance(segment, OneHot):
                layout.append(("onehot", start, segment.size))
                start += segment.size
            else:
                layout.append(("scalar", start))
                start += 1
        return tuple(layout)

    def shape(self, vector: Node) -> Vector | None:
        """Return the segments of a vector in registers, None for an object."""
        vector = self.root(vector)
        if isinstance(vector, Vector):
            return vector
        if self.form(vector) not in (_RUN, _TUPLE):
            return None
        known = self.shapes.get(id(vector))
        if known is None:
            elements = [Element(vector, index) for index in range(_size(vector))]
            for element in elements:
                self.forms[id(element)] = _D
            known = Vector(tuple([Scalar(x, x) for x in elements]), len(elements), -1)
            self.shapes[id(vector)] = known
        return known

    def _form_of_apply(self, node: Apply) -> str:
        shape = self.shape(node.vector)
        native = _NATIVE_APPLIES.get(node.name or "")
        if shape is not None and shape.kind == "dense" and shape.scalars:
            size = len(shape.segments)
            if native is not None and node.size == (None if native == "ARGMAX" else size):
                self.made[id(node)] = native
                return _D if node.size is None else _RUN
        return _OBJECT if node.size is None else _TUPLE

    # --- wants ---

    def want(self, node: Node, form: str) -> None:
        """Note that a form of a node's value is wanted."""
        node = self.root(node)
        if form == _D and (operand := self.double(node)) is not node:
            self.want(operand, _D)
        if isinstance(node, Element) and self._alias(node) is not None:
            self.want(node.vector, _RUN)
        wanted = self.wanted.setdefault(id(node), set())
        if form in wanted:
            return
        wanted.add(form)
        if isinstance(node, Vector):
            self._want_segments(node, form)
        elif form == _OBJECT and self.form(node) in (_RUN, _TUPLE):
            self.want(node, self.form(node))
            if self.form(node) == _RUN:
                self.want_shape(node)

    def _alias(self, node: Element) -> Node | None:
        """Return the vector in registers of which an element is one."""
        return node.vector if self.form(node.vector) in (_RUN, _TUPLE) else None

    def want_argument(self, node: Node) -> None:
        """Note that a value is wanted as an argument, which a register of a double can be."""
        root = self.root(node)
        if isinstance(root, Constant):
            return
        self.want(root, _D if self.form(root) == _D else _OBJECT)

    def want_test(self, node: Node) -> None:
        """Note that a value is wanted as a test."""
        root = self.root(node)
        if isinstance(root, Constant):
            return
        if id(root) not in self.tests:
            self.want(root, _TEST)
        self.want(root, _D if self.is_double(root) or id(root) in self.tests else _OBJECT)

    def want_shape(self, vector: Node) -> None:
        """Note that the segments of a vector are wanted."""
        shape = self.shape(vector)
        assert shape is not None  # noqa: S101
        if shape is self.root(vector):
            self.want(shape, _SHAPE)
        else:
            self._want_segments(shape, _SHAPE)

    def _want_segments(self, vector: Vector, form: str) -> None:
        for segment in vector.segments:
            if isinstance(segment, OneHot):
                self.want(segment.index, _D)
            elif isinstance(segment, Part):
                self.want(segment.vector, _OBJECT)
            else:
                self.want(segment.active, _D)
                if form == _SHAPE:
                    self.want(segment.value, _D)
                else:
                    self.want_argument(segment.value)

    def _want_operands(self, node: Node) -> None:
        wanted = self.wanted.get(id(node), set())
        if _D in wanted and self.form(node) == _OBJECT and not isinstance(node, Input):
            self.want(node, _OBJECT)
        form = self.forms.get(id(node))
        match node:
            case Input() | Vector() | Present():
                pass
            case Arithmetic() | Compare() | Negate() | Exp() | Bucket() if form == _D:
                for operand in node.operands:
                    self.want(operand, _D)
            case ToDouble(operand=operand):
                if self.double(node) is node:
                    self.want(operand, _D if self.form(operand) == _D else _OBJECT)
            case IsNull(operand=operand):
                self._want_null(operand)
            case Not(operand=operand):
                self.want_test(operand)
            case Logic(left=left, right=right) if form == _D:
                self.want_test(left)
                self.want_test(right)
            case Select(test=test, then=then, otherwise=otherwise):
                self.want_test(test)
                for value in (then, otherwise):
                    self.want(value, _D) if form == _D else self.want_argument(value)
            case Lookup(operand=operand) if form == _D:
                self.want(operand, _OBJECT)
            case Otherwise() if form == _D:
                self.want_test(node.test)
                self.want(node.value, _D)
                for argument in node.arguments:
                    self.want_argument(argument)
            case Guard():
                self.want_test(node.test)
                for argument in node.arguments if node.drops else ():
                    self.want_argument(argument)
            case IsSparse():
                self._want_segments(self.sparse_test(node), _SHAPE)
            case Field():
                self.want(node.call, _OBJECT)
            case Element(vector=vector) if form == _D:
                self.want(vector, _RUN if self._alias(node) is not None else _OBJECT)
            case Dot() | MatrixProduct() if form in (_D, _RUN):
                self._want_vector(node.vector)
            case Kernel():
                if self.made[id(node)][1]:
                    self.want_shape(node.vector)
                else:
                    self.want(node.vector, _OBJECT)
            case Apply():
                if self.shape(node.vector) is not None and self._is_run(node.vector):
                    self.want_shape(node.vector)
                else:
                    self.want(node.vector, _OBJECT)
            case Call() if (size := required_size(node)) is not None and size >= 0:
                self._want_vector(node.arguments[0])
            case _:
                for operand in node.operands:
                    self.want_argument(operand)

    def _is_run(self, vector: Node) -> bool:
        shape = self.shape(vector)
        return shape is not None and shape.kind == "dense" and shape.scalars is not None

    def _want_vector(self, vector: Node) -> None:
        if self.shape(vector) is not None:
            self.want_shape(vector)
        else:
            self.want(vector, _OBJECT)

    def _want_null(self, operand: Node) -> None:
        root = self.root(operand)
        if (
            self.form(root) == _D
            or _is_number_input(root)
            or (isinstance(root, Input) and self.is_double(root))
        ):
            self.want(root, _D)
        elif not isinstance(root, Constant):
            self.want(root, _OBJECT)

    def sparse_test(self, node: IsSparse) -> Vector:
        """Return the vector that a test is about."""
        known = self.shapes.get(id(node))
        if known is None:
            size = size_of(node.segments)
            known = self.shapes[id(node)] = Vector(node.segments, size, node.limit, node.release)
        return known


def _is_number_input(node: Node) -> bool:
    return isinstance(node, Input) and (isinstance(node.type, IntegralType) or node.type == BOOLEAN)


def _size(node: Node) -> int:
    size = node.size  # type: ignore[attr-defined]
    assert isinstance(size, int)  # noqa: S101
    return size


def _ascend(splits: Sequence[float]) -> bool:
    return all(left <= right for left, right in itertools.pairwise(splits)) and all(
        split == split for split in splits
    )


def _has_order(matrix: Matrix) -> bool:
    """Tell whether the indices of each stored line of a sparse matrix ascend."""
    if isinstance(matrix, DenseMatrix):
        return True
    return all(
        all(left < right for left, right in itertools.pairwise(indices)) for indices, _ in matrix.lines()
    )


def required_size(node: Call) -> int | None:
    """Return the size that a call requires of a vector, None for any other call."""
    target = node.target
    if node.strict and isinstance(target, partial) and target.func is builder._require_size:  # noqa: SLF001
        size: int = target.keywords["size"]
        return size
    return None


_BODY = {"+": 3, "-": 4, "*": 5, "/": 6, "<": 8, "<=": 9, ">": 10, ">=": 11, "==": 12, "!=": 13}
_ITEM, _EACH, _CONSTANT, _NEGATE, _SELECT = 0, 1, 2, 7, 14


def _body(node: Node) -> list[tuple[int, tuple[float, ...]]] | None:
    """Return the body of a `Map` as operations on a stack, each with its constants; None for other bodies."""
    steps: list[tuple[int, tuple[float, ...]]] = []

    def add(node: Node, depth: int) -> bool:
        if depth > _DEEPEST_BODY:
            return False
        nothing: tuple[float, ...] = ()
        match node:
            case Item():
                steps.append((_ITEM, nothing))
            case Each(values=values):
                steps.append((_EACH, values))
            case Constant(value=value) if value.__class__ is float:
                steps.append((_CONSTANT, (value,)))
            case (
                Arithmetic(operator=operator, left=left, right=right)
                | Compare(operator=operator, left=left, right=right)
            ):
                if not (add(left, depth) and add(right, depth + 1)):
                    return False
                steps.append((_BODY[operator], nothing))
            case Negate(operand=operand):
                if not add(operand, depth):
                    return False
                steps.append((_NEGATE, nothing))
            case Select(test=Compare() as test, then=then, otherwise=otherwise):
                if not (add(test, depth) and add(then, depth + 1) and add(otherwise, depth + 2)):
                    return False
                steps.append((_SELECT, nothing))
            case _:
                return False
        return True

    return steps if add(node, 1) else None


# --- instructions ---------------------------------------------------------------------------------

Resource: TypeAlias = tuple[int, str]


@dataclass
class _Operation:
    """One lane of an instruction: its opcode, what it reads and writes, and its place among effects.

    Lanes share an instruction where all that `key` holds agrees; None stands for a lane of its own. The place
    is -1 for a lane without effect.
    """

    opcode: str
    key: Any
    node: Node
    sources: tuple[Resource, ...]
    target: Resource | None
    width: int = 1
    effect: int = -1
    level: int = 0
    operands: tuple[Node, ...] = field(default=())


_LISTED = -(1 << 30)
_BOXED_DOUBLE, _BOXED_TEST = 1 << 28, 1 << 29
_ARITHMETIC = {"+": "ADD", "-": "SUB", "*": "MUL", "/": "DIV"}
_COMPARISONS = {"<": "LT", "<=": "LE", ">": "GT", ">=": "GE", "==": "EQ", "!=": "NE"}
_LONGEST = 1 << 22
_INFALLIBLE = {*_ARITHMETIC.values(), *_COMPARISONS.values(), *"NEG EXP BUCKET COPY IS_NULL IS_NONE".split()}
_INFALLIBLE |= {
    *"NOT AND OR SELECT TRUTH DOT_TERMS ADD_NULL SUB_NULL MUL_NULL DIV_NULL NEG_NULL NE_NULL".split()
}
# Guards end a row early, calls take the longest.
_PRIORITY = {"GUARD": 0, "CALL": 2}


class _Writer:
    """Writes the operations of an analysed graph as instructions."""

    def __init__(
        self, module: Any, analysis: _Analysis, inputs: Sequence[Input], dropping: frozenset[int]
    ) -> None:
        self.opcodes = {name: number for number, name in enumerate(module.OPCODES.split())}
        self.analysis = analysis
        self.inputs = inputs
        self.registers: dict[Resource, int] = {}
        self.objects: dict[int, int] = {}
        self.tuples: dict[int, int] = {}
        self.constants: list[Any] = []
        self.tables: list[float] = []
        self.data: list[int] = []
        self.register_count = 0
        # The first objects wait for their coercion while a row is read.
        self.object_count = len(inputs)
        self.most_lanes = 1
        self.most_features = 1
        self._constants: dict[int, int] = {}
        self._levels: dict[Resource, int] = {}
        self._operations: list[_Operation] = []
        self._dropping = dropping
        self._effects = 0
        # The highest level so far of what may fail, and what is there; the level of the last that may drop.
        self._last_level = 0
        self._last_kinds: set[Any] = set()
        self._drop_level = 0
        self._drop_kind: Any = None
        self._written: set[int] = set()
        self._first_open = 0

    # --- operations ---

    def write(self) -> list[int]:
        """Return the instructions."""
        wanted = self.analysis.wanted
        for node in self.inputs:
            forms = wanted.get(id(node), set())
            if _D in forms:
                self.registers[id(node), _D] = self._allocate(1)
            if _OBJECT in forms:
                self.objects[id(node)] = self._object()
        for live in self.analysis.nodes:
            if live.effect or id(live) in wanted:
                self._add(live)
        groups: dict[Any, list[_Operation]] = {}
        for number, operation in enumerate(self._operations):
            key = (
                operation.level,
                _PRIORITY.get(operation.opcode, 1),
                operation.opcode,
                operation.key if operation.key is not None else ("alone", number),
            )
            groups.setdefault(key, []).append(operation)
        code: list[int] = []
        for key in sorted(groups, key=lambda key: key[:2]):
            code += self._instruction(groups[key])
        return [*code, self.opcodes["END"] | 1 << 8]

    def _allocate(self, count: int) -> int:
        first = self.register_count
        self.register_count += count
        return first

    def _object(self) -> int:
        self.object_count += 1
        return self.object_count - 1

    def _add(self, node: Node) -> None:
        """Add the operations of a node: itself, and what makes other forms of it."""
        analysis = self.analysis
        form = analysis.forms.get(id(node), _OBJECT)
        effect = -1
        if node.effect:
            effect, self._effects = self._effects, self._effects + 1
        match node:
            case Input() | Vector() | Present():
                pass
            case ToDouble(operand=operand):
                if analysis.double(node) is not node:
                    pass
                elif analysis.form(operand) == _D:
                    self._wide("COPY", node, operand)
                else:
                    self._operation("NUMBER", (), node, [self._object_of(operand)], _D)
            case Arithmetic(operator=operator, left=left, right=right) if form == _D:
                self._wide(_ARITHMETIC[operator] + "_NULL" * node.null, node, left, right)
            case Compare(operator=operator, left=left, right=right) if form == _D:
                null = operator == "!=" and (left.null or right.null)
                self._wide(_COMPARISONS[operator] + "_NULL" * null, node, left, right)
            case Negate(operand=operand) if form == _D:
                self._wide("NEG" + "_NULL" * node.null, node, operand)
            case Exp(operand=operand) if form == _D:
                self._wide("EXP", node, operand)
            case Bucket(operand=operand) if form == _D:
                self._wide("BUCKET", node, operand)
            case IsNull(operand=operand):
                self._is_null(node, operand)
            case Not(operand=operand):
                self._wide("NOT", node, operand, tests=1)
            case Logic(operator=operator, left=left, right=right) if form == _D:
                self._wide(operator.upper(), node, left, right, tests=2)
            case Select(test=test, then=then, otherwise=otherwise):
                if form == _D:
                    self._wide("SELECT", node, test, then, otherwise, tests=1)
                else:
                    sources = [
                        self._test_of(test),
                        *self._argument_sources(then),
                        *self._argument_sources(otherwise),
                    ]
                    self._operation(
                        "SELECT_OBJECT", (), node, sources, _OBJECT, operands=(test, then, otherwise)
                    )
            case Lookup(operand=operand) if form == _D:
                self._operation("LOOKUP", (), node, [self._object_of(operand)], _D, effect=effect)
            case Otherwise() if form == _D:
                sources = [self._test_of(node.test), self._double_of(node.value)]
                for argument in node.arguments:
                    sources += self._argument_sources(argument)
                key = (self._is_constant(node.test), self._is_constant(node.value))
                self._operation("OTHERWISE", key, node, sources, _D, effect=effect)
            case Guard(test=test):
                sources = [self._test_of(test)]
                for argument in node.arguments if node.drops else ():
                    sources += self._argument_sources(argument)
                self._operation("GUARD", (self._is_constant(test),), node, sources, None, effect=effect)
            case IsSparse():
                self._operation("IS_SPARSE", None, node, self._shape_sources(analysis.sparse_test(node)), _D)
            case Field(call=call):
                self._operation("FIELD", (), node, [self._object_of(call)], _OBJECT)
            case Element(vector=vector) if form == _D:
                if analysis.form(vector) == _OBJECT:
                    self._operation("ELEMENT", (), node, [self._object_of(vector)], _D)
            case Dot() if form == _D:
                self._dot(node)
            case MatrixProduct() if form == _RUN:
                self._of_vector("PRODUCT", node, node.vector, _RUN, node.size)
            case Kernel() if form in (_D, _RUN):
                _, shaped = analysis.made[id(node)]
                sources = (
                    self._shape_sources(analysis.shape(node.vector))
                    if shaped
                    else [self._object_of(node.vector)]
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
            case Apply() if id(node) in analysis.made:
                sources = self._shape_sources(analysis.shape(node.vector))
                self._operation(
                    analysis.made[id(node)], None, node, sources, form, effect=effect, width=node.size or 1
                )
            case Map() if analysis.made[id(node)] is not None:
                self._operation("MAP", None, node, [self._object_of(node.vector)], _OBJECT, effect=effect)
            case Call() if (size := required_size(node)) is not None and size >= 0:
                self._of_vector("SIZE", node, node.arguments[0], None, 1, effect)
            case _:
                self._call(node, effect)
        self._convert(node)

    def _convert(self, node: Node) -> None:
        """Add what makes the other forms of a value that are wanted."""
        analysis = self.analysis
        wanted, form = analysis.wanted.get(id(node), set()), analysis.form(node)
        if isinstance(node, Vector):
            if _OBJECT in wanted:
                opcode = "VECTOR" if _prepared(node) is None else "ONE_HOT"
                self._operation(opcode, None, node, self._shape_sources(node, _OBJECT), _OBJECT)
            return
        here = (id(node), _OBJECT)
        if form == _TUPLE:
            if _RUN in wanted:
                self._operation("SPREAD", None, node, [(id(node), _TUPLE)], _RUN, width=_size(node))
            if _OBJECT in wanted:
                self._operation("DENSE", None, node, [(id(node), _TUPLE)], _OBJECT)
        elif form == _RUN and _OBJECT in wanted:
            shape = analysis.shape(node)
            self._operation("VECTOR", None, node, self._shape_sources(shape), _OBJECT)
        elif form == _OBJECT and _D in wanted and not isinstance(node, Input):
            self._operation("UNBOX", (), node, [here], _D)
        if _TEST in wanted:
            double = analysis.is_double(node)
            source = (id(node), _D) if double else here
            self._operation("TRUTH" if double else "TRUE", (), node, [source], _TEST)

    def _operation(
        self,
        opcode: str,
        key: Any,
        node: Node,
        sources: Iterable[Resource],
        form: str | None,
        *,
        width: int = 1,
        effect: int = -1,
        operands: tuple[Node, ...] = (),
    ) -> None:
        known = tuple(sources)
        target = None if form is None else (id(node), form)
        level = 1 + max([self._level(source) for source in known], default=0)
        if opcode not in _INFALLIBLE:
            level = self._level_of_fallible(opcode, key, node, level)
        if target is not None:
            self._levels[target] = level
        self._operations.append(_Operation(opcode, key, node, known, target, width, effect, level, operands))

    def _level_of_fallible(self, opcode: str, key: Any, node: Node, level: int) -> int:
        """Return the level of what may fail: behind what may drop the row, and that behind all before it."""
        kind = (opcode, key, id(node) if key is None else 0)
        # Those of one instruction keep their order.
        level = max(level, self._drop_level + (kind != self._drop_kind))
        if node.drops if isinstance(node, Guard) else node.effect and id(node) in self._dropping:
            level = max(level, self._last_level + (self._last_kinds != {kind}))
            self._drop_level, self._drop_kind = level, kind
        if level > self._last_level:
            self._last_level, self._last_kinds = level, set()
        if level == self._last_level:
            self._last_kinds.add(kind)
        return level

    def _level(self, source: Resource) -> int:
        return self._levels.get(source, 0)

    def _wide(self, opcode: str, node: Node, *operands: Node, tests: int = 0) -> None:
        sources = [
            self._test_of(operand) if index < tests else self._double_of(operand)
            for index, operand in enumerate(operands)
        ]
        key = tuple(map(self._is_constant, operands))
        self._operation(opcode, key, node, sources, _D, operands=operands)

    def _is_null(self, node: Node, operand: Node) -> None:
        root = self.analysis.root(operand)
        if _D in self.analysis.wanted.get(id(root), ()):
            self._wide("IS_NULL", node, root)
        else:
            self._operation("IS_NONE", (), node, [self._object_of(root)], _D, operands=(root,))

    def _dot(self, node: Dot) -> None:
        vector = self.analysis.root(node.vector)
        if isinstance(vector, Vector) and vector.kind == "sparse":
            self._operation("DOT_TERMS", None, node, self._shape_sources(vector), _D)
        else:
            self._of_vector("DOT", node, node.vector, _D, 1)

    def _of_vector(
        self, opcode: str, node: Node, vector: Node, form: str | None, width: int, effect: int = -1
    ) -> None:
        shape = self.analysis.shape(vector)
        sources = [self._object_of(vector)] if shape is None else self._shape_sources(shape)
        suffix = "_OBJECT" if shape is None and opcode != "SIZE" else ""
        self._operation(opcode + suffix, None, node, sources, form, width=width, effect=effect)

    def _call(self, node: Node, effect: int) -> None:
        """Add a call: of a Python function, or of the node's own function of its operands."""
        analysis = self.analysis
        if isinstance(node, Apply):
            shape = analysis.shape(node.vector)
            form = analysis.forms[id(node)]
            if shape is not None and shape.kind == "dense" and shape.scalars is not None:
                tuple_ = (id(node), "arguments")
                self._operation("TUPLE", None, node, self._shape_sources(shape), "arguments")
                self._operation("CALL", None, node, [tuple_], form, effect=effect)
                return
        sources: list[Resource] = []
        for operand in node.operands:
            sources += self._argument_sources(operand)
        self._operation("CALL", None, node, sources, analysis.forms.get(id(node), _OBJECT), effect=effect)

    # --- sources ---

    def _is_constant(self, node: Node) -> bool:
        return isinstance(self.analysis.root(node), Constant)

    def _double_of(self, node: Node) -> Resource:
        root = self.analysis.double(node)
        if isinstance(root, Element) and self.analysis.form(root.vector) in (_RUN, _TUPLE):
            return id(self.analysis.root(root.vector)), _RUN
        return id(root), _D

    def _object_of(self, node: Node) -> Resource:
        return id(self.analysis.root(node)), _OBJECT

    def _test_of(self, node: Node) -> Resource:
        root = self.analysis.root(node)
        return id(root), _D if isinstance(root, Constant) or id(root) in self.analysis.tests else _TEST

    def _argument_sources(self, node: Node) -> list[Resource]:
        root = self.analysis.root(node)
        if isinstance(root, Constant):
            return []
        if self._is_boxed(node):
            return [self._double_of(node)]
        return [(id(root), _OBJECT)]

    def _is_boxed(self, node: Node) -> bool:
        return self.analysis.form(node) == _D

    def _shape_sources(self, shape: Vector | None, form: str = _SHAPE) -> list[Resource]:
        assert shape is not None  # noqa: S101
        sources: list[Resource] = []
        for segment in shape.segments:
            if isinstance(segment, OneHot):
                sources.append(self._in_register(segment.index))
            elif isinstance(segment, Part):
                sources.append(self._object_of(segment.vector))
            else:
                sources.append(self._in_register(segment.active))
                if form == _SHAPE:
                    sources.append(self._in_register(segment.value))
                else:
                    sources += self._argument_sources(segment.value)
        return sources

    def _in_register(self, node: Node) -> Resource:
        """Return the double of a node; a constant is copied to a register of its own."""
        root = self.analysis.root(node)
        if isinstance(root, Constant) and (id(root), _D) not in self._levels:
            self._operation("COPY", (True,), root, [], _D, operands=(root,))
        return self._double_of(node)

    # --- instructions ---

    def _register(self, node: Node) -> int:
        root = self.analysis.double(node)
        if isinstance(root, Element) and self.analysis.form(root.vector) in (_RUN, _TUPLE):
            return self.registers[id(self.analysis.root(root.vector)), _RUN] + root.index
        return self.registers[id(root), _D]

    def argument(self, node: Node) -> int:
        """Return what a call takes as this value."""
        root = self.analysis.root(node)
        if isinstance(root, Constant):
            return ~self._constant(root.value)
        if not self._is_boxed(node):
            return self.objects[id(root)]
        boxed = _BOXED_TEST if id(root) in self.analysis.tests else _BOXED_DOUBLE
        return boxed + self._register(node)

    def _constant(self, value: Any) -> int:
        known = self._constants.get(id(value))
        if known is None:
            known = self._constants[id(value)] = len(self.constants)
            self.constants.append(value)
        return known

    def _table(self, values: Iterable[float]) -> int:
        first = len(self.tables)
        self.tables += values
        return first

    def certain(self, effect: int) -> int:
        """Write down an effect and tell whether all effects before it in the pipeline have been written."""
        if effect < 0:
            return 0
        self._written.add(effect)
        certain = effect == self._first_open
        while self._first_open in self._written:
            self._written.discard(self._first_open)
            self._first_open += 1
        return int(certain)

    def _operand(self, nodes: Sequence[Node], *, test: bool = False) -> int:
        """Return the operand of an instruction, one node a lane."""
        roots = [self.analysis.root(node) for node in nodes]
        if isinstance(roots[0], Constant):
            values = [_constant_double(root) for root in roots]
            return ~self._table([float(bool(value)) if test else value for value in values])  # type: ignore[misc]
        if test:
            registers = [
                self.registers[id(root), _D if id(root) in self.analysis.tests else _TEST] for root in roots
            ]
        else:
            registers = list(map(self._register, nodes))
        return self._listed(registers)

    def _listed(self, registers: list[int]) -> int:
        first = registers[0]
        if registers == list(range(first, first + len(registers))):
            return first
        self.data += registers
        return _LISTED - 1 - (len(self.data) - len(registers))

    def _instruction(self, lanes: list[_Operation]) -> list[int]:
        """Return one instruction of operations that do the same."""
        opcode = lanes[0].opcode
        if lanes[0].effect < 0 and len(lanes) > 1 and lanes[0].sources:
            # Lanes in the order of what they read are most likely side by side in the registers.
            lanes = sorted(lanes, key=self._place)
        self.most_lanes = max(self.most_lanes, len(lanes))
        target = self._targets(lanes)
        words = getattr(self, f"_write_{opcode.lower()}", self._write_wide)(lanes, target)
        found = [self.opcodes[opcode] | (len(words) + 1) << 8, *words]
        if len(found) > _LONGEST:
            raise OverflowError("the instruction is too long")
        return found

    def _place(self, operation: _Operation) -> int:
        for source in operation.sources:
            if source in self.registers:
                return self.registers[source]
        return -1

    def _targets(self, lanes: list[_Operation]) -> int:
        """Allocate what the lanes write and return the first of it."""
        target = lanes[0].target
        if target is None:
            return 0
        form = target[1]
        if form in (_OBJECT, _TUPLE, "arguments"):
            first = self.object_count
            kept = self.objects if form == _OBJECT else self.tuples
            for lane in lanes:
                place = self._object()
                if form == "arguments":
                    self.tuples[~id(lane.node)] = place
                else:
                    kept[id(lane.node)] = place
            return first
        width = 0
        for lane in lanes:
            width += lane.width
        first = place = self._allocate(width)
        for lane in lanes:
            assert lane.target is not None  # noqa: S101
            self.registers[lane.target] = place
            place += lane.width
        return first

    def _write_wide(self, lanes: list[_Operation], target: int) -> list[int]:
        tests = {"NOT": 1, "AND": 2, "OR": 2, "SELECT": 1}.get(lanes[0].opcode, 0)
        columns = zip(*[lane.operands for lane in lanes], strict=True)
        words = [len(lanes), target]
        words += [self._operand(column, test=index < tests) for index, column in enumerate(columns)]
        # Three operands are read always; one that is not there is any register.
        return words + [0] * (5 - len(words))

    def _write_bucket(self, lanes: list[_Operation], target: int) -> list[int]:
        words = [len(lanes), target, self._operand([lane.operands[0] for lane in lanes])]
        for lane in lanes:
            assert isinstance(lane.node, Bucket)  # noqa: S101
            words += (self._table(lane.node.splits), len(lane.node.splits))
        return words

    def _write_truth(self, lanes: list[_Operation], target: int) -> list[int]:
        return [len(lanes), target, self._operand([lane.node for lane in lanes]), 0, 0]

    def _write_unbox(self, lanes: list[_Operation], target: int) -> list[int]:
        return [len(lanes), target, *[self.objects[lane.sources[0][0]] for lane in lanes]]

    _write_number = _write_true = _write_is_none = _write_unbox

    def _write_element(self, lanes: list[_Operation], target: int) -> list[int]:
        words = [len(lanes), target]
        for lane in lanes:
            assert isinstance(lane.node, Element)  # noqa: S101
            words += (self.objects[lane.sources[0][0]], lane.node.index)
        return words

    def _write_field(self, lanes: list[_Operation], target: int) -> list[int]:
        words = [len(lanes), target]
        for place, lane in enumerate(lanes, target):
            assert isinstance(lane.node, Field)  # noqa: S101
            words += (place, self.objects[lane.sources[0][0]], lane.node.index)
        return words

    def _write_select_object(self, lanes: list[_Operation], target: int) -> list[int]:
        words = [len(lanes), target]
        for place, lane in enumerate(lanes, target):
            test, then, otherwise = lane.operands
            words += (
                place,
                self.registers[self._test_of(test)],
                self.argument(then),
                self.argument(otherwise),
            )
        return words

    def _shape(self, shape: Vector, form: str = _SHAPE) -> list[int]:
        kinds = {"dense": 0, "sparse": 1, "counted": 2}
        starts, start = [], 0
        words: list[int] = []
        for segment in shape.segments:
            starts.append(start)
            words += self._piece(segment, form)
            start += segment.size if isinstance(segment, OneHot) else 1
        late = int(shape.release == "4.1+")
        limit = -2 if shape.limit is None else shape.limit
        head = [len(shape.segments), -1 if shape.size is None else shape.size, limit, late, kinds[shape.kind]]
        return [*head, self._constant(tuple(starts)), *words]

    def _piece(self, segment: Segment, form: str) -> list[int]:
        """Return a segment's kind, value, active, size, table and object."""
        if isinstance(segment, OneHot):
            table = -1 if segment.values is None else self._table(segment.values)
            return [1, self._register(segment.index), 0, segment.size, table, 0]
        if isinstance(segment, Part):
            return [2, self.objects[id(self.analysis.root(segment.vector))], 0, 0, 0, 0]
        active = self._register(segment.active)
        if form == _SHAPE:
            value = self._register(segment.value)
            return [0, value, active, 1, -1, _BOXED_DOUBLE + value]
        return [0, 0, active, 1, -1, self.argument(segment.value)]

    def _write_vector(self, lanes: list[_Operation], target: int) -> list[int]:
        (lane,) = lanes
        shape = self.analysis.shape(lane.node)
        assert shape is not None  # noqa: S101
        return [0, target, *self._shape(shape, _OBJECT if shape is lane.node else _SHAPE)]

    def _write_one_hot(self, lanes: list[_Operation], target: int) -> list[int]:
        (lane,) = lanes
        assert isinstance(lane.node, Vector)  # noqa: S101
        (segment,) = lane.node.segments
        assert isinstance(segment, OneHot)  # noqa: S101
        vectors = self._constant(_prepared(lane.node))
        return [0, target, self._register(segment.index), segment.size, vectors]

    def _write_tuple(self, lanes: list[_Operation], target: int) -> list[int]:
        (lane,) = lanes
        shape = self.analysis.shape(lane.node.operands[0])
        assert shape is not None  # noqa: S101
        return [0, target, *self._shape(shape)]

    def _write_dense(self, lanes: list[_Operation], target: int) -> list[int]:
        (lane,) = lanes
        return [0, target, self.tuples[id(lane.node)]]

    def _write_spread(self, lanes: list[_Operation], target: int) -> list[int]:
        (lane,) = lanes
        return [lane.width, target, self.tuples[id(lane.node)]]

    def _write_is_sparse(self, lanes: list[_Operation], target: int) -> list[int]:
        (lane,) = lanes
        assert isinstance(lane.node, IsSparse)  # noqa: S101
        return [0, target, *self._shape(self.analysis.sparse_test(lane.node))]

    def _vector(self, vector: Node) -> list[int]:
        shape = self.analysis.shape(vector)
        return [self.objects[id(self.analysis.root(vector))]] if shape is None else self._shape(shape)

    def _write_dot(self, lanes: list[_Operation], target: int) -> list[int]:
        (lane,) = lanes
        assert isinstance(lane.node, Dot)  # noqa: S101
        linear = self._constant(self.analysis.made[id(lane.node)])
        return [0, target, linear, *self._vector(lane.node.vector)]

    _write_dot_object = _write_dot

    def _write_dot_terms(self, lanes: list[_Operation], target: int) -> list[int]:
        (lane,) = lanes
        assert isinstance(lane.node, Dot)  # noqa: S101
        vector, weights = self.analysis.root(lane.node.vector), _by_index(lane.node.weights)
        assert isinstance(vector, Vector)  # noqa: S101
        words: list[int] = []
        start = count = 0
        for segment in vector.segments:
            if isinstance(segment, Scalar):
                if start in weights:
                    table = self._table((weights[start],))
                    words += (0, self._register(segment.value), self._register(segment.active), 1, table)
                    count += 1
                start += 1
            elif isinstance(segment, OneHot):
                ones = segment.values or (1.0,) * segment.size
                terms = [
                    one * weights[start + index] if start + index in weights else -0.0
                    for index, one in enumerate(ones)
                ]
                words += (1, self._register(segment.index), 0, segment.size, self._table(terms))
                start += segment.size
                count += 1
        return [count, target, *words]

    def _write_product(self, lanes: list[_Operation], target: int) -> list[int]:
        (lane,) = lanes
        node = lane.node
        assert isinstance(node, MatrixProduct)  # noqa: S101
        matrix, order = node.matrix, ORDERS[node.order]
        lines = 0
        if isinstance(matrix, DenseMatrix):
            kind = 0 if matrix.isTransposed else 1
            values = self._table([value for row in matrix.rows() for value in row])
        else:
            kind = 2 if matrix.isTransposed else 3
            values = len(self.tables)
            lines = len(self.data)
            bounds: list[int] = [0]
            indices: list[int] = []
            for line_indices, line_values in matrix.lines():
                self._table(line_values)
                indices += line_indices
                bounds.append(len(self.tables) - values)
            self.data += [*bounds, *indices]
        return [
            *(0, target, kind, matrix.numRows, matrix.numCols, order.lanes, order.fused, order.vector),
            *(values, self._table(node.start), lines, *self._vector(node.vector)),
        ]

    _write_product_object = _write_product

    def _write_trees(self, lanes: list[_Operation], target: int) -> list[int]:
        (lane,) = lanes
        assert isinstance(lane.node, Kernel)  # noqa: S101
        trees, shaped = self.analysis.made[id(lane.node)]
        self.certain(lane.effect)
        self.most_features = max(self.most_features, trees.scratch)
        shape = self.analysis.shape(lane.node.vector)
        vector = (
            self._shape(shape)
            if shaped and shape
            else [self.objects[id(self.analysis.root(lane.node.vector))]]
        )
        return [0, target, self._constant(trees), *vector]

    _write_trees_object = _write_trees

    def _write_softmax(self, lanes: list[_Operation], target: int) -> list[int]:
        (lane,) = lanes
        shape = self.analysis.shape(lane.node.operands[0])
        self.certain(lane.effect)
        assert shape is not None  # noqa: S101
        registers = [self._register(segment.value) for segment in shape.scalars or ()]
        self.most_lanes = max(self.most_lanes, len(registers))
        return [len(registers), target, self._listed(registers)]

    _write_normalize = _write_argmax = _write_softmax

    def _write_map(self, lanes: list[_Operation], target: int) -> list[int]:
        (lane,) = lanes
        node = lane.node
        assert isinstance(node, Map)  # noqa: S101
        self.certain(lane.effect)
        steps = self.analysis.made[id(node)]
        words = [
            len(steps),
            target,
            self.objects[id(self.analysis.root(node.vector))],
            node.size,
            int(node.keeps_zero),
        ]
        for opcode, values in steps:
            words += (opcode, self._table(values))
        return words

    def _write_size(self, lanes: list[_Operation], target: int) -> list[int]:
        (lane,) = lanes
        node = lane.node
        assert isinstance(node, Call)  # noqa: S101
        self.certain(lane.effect)
        size, vector = required_size(node), node.arguments[0]
        assert size is not None  # noqa: S101
        shaped = self.analysis.shape(vector) is not None
        return [int(shaped), 0, size, *self._vector(vector)]

    # --- calls ---

    def _callee(self, target: Any, effect: int, arguments: Sequence[int]) -> list[int]:
        return [self._constant(target), self.certain(effect), len(arguments), *arguments]

    def _write_call(self, lanes: list[_Operation], target: int) -> list[int]:
        (lane,) = lanes
        node, strict, fields = lane.node, 0, -1
        arguments = None
        match node:
            case Call():
                function, strict = node.target, int(node.strict)
                fields = -1 if node.fields is None else node.fields
            case Kernel():
                function = self.analysis.made[id(node)][0]
            case Apply() if ~id(node) in self.tuples:
                function, arguments = node.target, [self.tuples[~id(node)]]
            case Apply(target=apply, size=size) if size is not None:
                function = _of_values(apply)
            case _:
                function = node.function()
        if arguments is None:
            arguments = list(map(self.argument, node.operands))
        return [0, target, -1, strict, fields, *self._callee(function, lane.effect, arguments)]

    def _write_guard(self, lanes: list[_Operation], target: int) -> list[int]:
        words = [len(lanes), 0, self._operand([lane.node.operands[0] for lane in lanes], test=True)]
        for lane in lanes:
            node = lane.node
            assert isinstance(node, Guard)  # noqa: S101
            if not node.drops:
                self.certain(lane.effect)
                words.append(-1)
                continue
            callee = self._callee(node.target, lane.effect, list(map(self.argument, node.arguments)))
            words.append(len(self.data))
            self.data += callee
        return words

    def _write_otherwise(self, lanes: list[_Operation], target: int) -> list[int]:
        nodes = [lane.node for lane in lanes]
        words = [
            len(lanes),
            target,
            self._operand([node.operands[0] for node in nodes], test=True),
            self._operand([node.operands[1] for node in nodes]),
        ]
        for lane in lanes:
            node = lane.node
            assert isinstance(node, Otherwise)  # noqa: S101
            callee = self._callee(node.target, lane.effect, list(map(self.argument, node.arguments)))
            words.append(len(self.data))
            self.data += callee
        return words

    def _write_lookup(self, lanes: list[_Operation], target: int) -> list[int]:
        words = [len(lanes), target]
        for lane in lanes:
            node = lane.node
            assert isinstance(node, Lookup)  # noqa: S101
            words += (
                self.objects[lane.sources[0][0]],
                self._constant(dict(node.table)),
                self._constant(node.missing),
                self._of_null(node.missing),
                self.certain(lane.effect),
            )
        return words

    def _of_null(self, missing: Callable[[Any], Any]) -> int:
        """Return where the tables have what a look-up gives for null, -1 where it raises."""
        try:
            value = missing(None)
        except Exception:  # noqa: BLE001 - it will be raised for the row that has null
            return -1
        return self._table((value,)) if value.__class__ is float else -1


def _prepared(vector: Vector) -> tuple[SparseVector, ...] | None:
    """Return what a vector of one one-hot segment can be, the last one for no index; None for another."""
    only = vector.segments[0] if len(vector.segments) == 1 else None
    if not isinstance(only, OneHot) or vector.kind != "sparse" or only.size > _MOST_PREPARED:
        return None
    ones = only.values or (1.0,) * only.size
    hot = [SparseVector(only.size, (index,), (one,)) for index, one in enumerate(ones)]
    return (*hot, SparseVector(only.size, (), ()))


def _of_values(function: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda vector: function(vector.values)


def _by_index(weights: VectorValue) -> dict[int, float]:
    if isinstance(weights, DenseVector):
        return dict(enumerate(weights.values))
    assert isinstance(weights, SparseVector)  # noqa: S101
    return dict(zip(weights.indices, weights.values, strict=True))
