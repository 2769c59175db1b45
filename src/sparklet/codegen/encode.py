"""Encode the instructions of a program as integers; see `_native/program.h`."""

from __future__ import annotations

import math
from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from sparklet.codegen.forms import (
    ARGUMENTS,
    DOUBLE,
    EXACT,
    OBJECT,
    RUN,
    SHAPE,
    TUPLE,
    Forms,
    Resource,
)
from sparklet.codegen.schedule import Operation, prepared
from sparklet.ir.nodes import Bucket, Call, Constant, Field, Guard, Input, Lookup, Node, Otherwise, Present
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
    Scalar,
    Segment,
    Vector,
)
from sparklet.java import ORDERS
from sparklet.linalg import DenseMatrix, DenseVector, SparseVector
from sparklet.linalg import Vector as VectorValue

__all__ = ["Encoder", "constant_double", "matrix_words", "terms_of"]

_LISTED = -(1 << 30)
_BOXED_DOUBLE, _BOXED_TEST = 1 << 28, 1 << 29
_LONGEST = 1 << 22
_NULL = array("d", (0x7FF8A5A5A5A5A5A5).to_bytes(8, "little"))[0]


class Encoder:
    """Encode instructions and collect the data that they refer to.

    `data` holds the lists and callees in front of the code, `tables` the constant doubles and `constants` the
    objects.
    """

    def __init__(self, module: Any, forms: Forms, inputs: Sequence[Input]) -> None:
        self.forms = forms
        self.registers: dict[Resource, int] = {}
        self.objects: dict[Node, int] = {}
        self.constants: list[Any] = []
        self.tables: list[float] = []
        self.data: list[int] = []
        self.register_count = 0
        # The first object registers hold values that wait for their coercion while a row is read.
        self.object_count = len(inputs)
        self.most_lanes = 1
        self.most_features = 1
        self._opcodes = {name: number for number, name in enumerate(module.OPCODES.split())}
        self._tuples: dict[Resource, int] = {}
        self._constants: dict[int, int] = {}
        self._written: set[int] = set()
        self._first_open = 0
        for node in inputs:
            wanted = forms.wanted.get(node, set())
            if DOUBLE in wanted:
                self.registers[node, DOUBLE] = self._allocate(1)
            if OBJECT in wanted:
                self.objects[node] = self._object()

    def encode(self, instructions: Iterable[list[Operation]]) -> list[int]:
        """Return the code of the instructions."""
        code: list[int] = []
        for operations in instructions:
            code += self._instruction(operations)
        return [*code, self._opcodes["END"] | 1 << 8]

    def _allocate(self, count: int) -> int:
        first = self.register_count
        self.register_count += count
        return first

    def _object(self) -> int:
        self.object_count += 1
        return self.object_count - 1

    def _register(self, node: Node) -> int:
        while node.__class__ is Present:
            node = node.operand
        register = self.registers.get((node, DOUBLE))
        if register is not None:
            return register
        root = self.forms.double(node)
        if not isinstance(root, Element):
            return self.registers[root, DOUBLE]
        return self.registers[self.forms.root(root.vector), RUN] + root.index

    def argument(self, node: Node) -> int:
        """Return the encoding of an argument of a call."""
        root = self.forms.root(node)
        if isinstance(root, Constant):
            return ~self._constant(root.value)
        if not self.forms.is_boxed(node):
            return self.objects[root]
        boxed = _BOXED_TEST if root in self.forms.tests else _BOXED_DOUBLE
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
        """Record an effect as written; return 1 when all earlier effects are written, else 0."""
        if effect < 0:
            return 0
        self._written.add(effect)
        certain = effect == self._first_open
        while self._first_open in self._written:
            self._written.discard(self._first_open)
            self._first_open += 1
        return int(certain)

    def _operand(self, nodes: Sequence[Node], *, test: bool = False) -> int:
        """Return the encoded operand of an instruction, which has one node for each lane."""
        if self.forms.is_constant(nodes[0]):
            values = [constant_double(self.forms.root(node)) for node in nodes]
            return ~self._table([float(bool(value)) if test else value for value in values])  # type: ignore[misc]
        if test:
            registers = [self.registers[self.forms.test_of(node)] for node in nodes]
        else:
            registers = list(map(self._register, nodes))
        return self._listed(registers)

    def _listed(self, registers: list[int]) -> int:
        first = registers[0]
        if registers == list(range(first, first + len(registers))):
            return first
        self.data += registers
        return _LISTED - 1 - (len(self.data) - len(registers))

    def _instruction(self, lanes: list[Operation]) -> list[int]:
        """Return the instruction of operations of one kind."""
        opcode = lanes[0].opcode
        if lanes[0].effect < 0 and len(lanes) > 1 and lanes[0].sources:
            # Sorted by what they read, the lanes most likely read adjacent registers.
            lanes = sorted(lanes, key=self._first_register)
        self.most_lanes = max(self.most_lanes, len(lanes))
        target = self._targets(lanes)
        words = getattr(self, f"_write_{opcode.lower()}", self._write_wide)(lanes, target)
        instruction = [self._opcodes[opcode] | (len(words) + 1) << 8, *words]
        if len(instruction) > _LONGEST:
            raise OverflowError("the instruction is too long")
        return instruction

    def _first_register(self, operation: Operation) -> int:
        for source in operation.sources:
            if source in self.registers:
                return self.registers[source]
        return -1

    def _targets(self, lanes: list[Operation]) -> int:
        """Allocate the registers that the lanes write and return the first one."""
        target = lanes[0].target
        if target is None:
            return 0
        form = target[1]
        if form in (OBJECT, TUPLE, ARGUMENTS):
            first = self.object_count
            for lane in lanes:
                register = self._object()
                if form == OBJECT:
                    self.objects[lane.node] = register
                else:
                    self._tuples[lane.node, form] = register
            return first
        first = register = self.register_count
        for lane in lanes:
            assert lane.target is not None  # noqa: S101 - its form is known
            self.registers[lane.target] = register
            register += lane.width
        self.register_count = register
        return first

    def _write_wide(self, lanes: list[Operation], target: int) -> list[int]:
        tests = {"NOT": 1, "AND": 2, "OR": 2, "SELECT": 1}.get(lanes[0].opcode, 0)
        operands = [
            self._operand([lane.operands[index] for lane in lanes], test=index < tests)
            for index in range(len(lanes[0].operands))
        ]
        # The C module always reads three operands; 0 stands for an absent one.
        return [len(lanes), target, *operands, *[0] * (3 - len(operands))]

    def _write_bucket(self, lanes: list[Operation], target: int) -> list[int]:
        words = [len(lanes), target, self._operand([lane.operands[0] for lane in lanes])]
        for lane in lanes:
            assert isinstance(lane.node, Bucket)  # noqa: S101
            words += (self._table(lane.node.splits), len(lane.node.splits))
        return words

    def _write_truth(self, lanes: list[Operation], target: int) -> list[int]:
        return [len(lanes), target, self._operand([lane.node for lane in lanes]), 0, 0]

    def _write_unbox(self, lanes: list[Operation], target: int) -> list[int]:
        return [len(lanes), target, *[self.objects[lane.sources[0][0]] for lane in lanes]]

    _write_number = _write_true = _write_is_none = _write_unbox

    def _write_element(self, lanes: list[Operation], target: int) -> list[int]:
        words = [len(lanes), target]
        for lane in lanes:
            assert isinstance(lane.node, Element)  # noqa: S101
            words += (self.objects[lane.sources[0][0]], lane.node.index)
        return words

    def _write_field(self, lanes: list[Operation], target: int) -> list[int]:
        words = [len(lanes), target]
        for place, lane in enumerate(lanes, target):
            assert isinstance(lane.node, Field)  # noqa: S101
            words += (place, self.objects[lane.sources[0][0]], lane.node.index)
        return words

    def _write_select_object(self, lanes: list[Operation], target: int) -> list[int]:
        words = [len(lanes), target]
        for place, lane in enumerate(lanes, target):
            test, then, otherwise = lane.operands
            words += (
                place,
                self.registers[self.forms.test_of(test)],
                self.argument(then),
                self.argument(otherwise),
            )
        return words

    def _shape(self, shape: Vector, form: str = SHAPE) -> list[int]:
        kinds = {"dense": 0, "sparse": 1, "counted": 2}
        starts, start = [], 0
        words: list[int] = []
        for segment in shape.segments:
            starts.append(start)
            words += self._segment(segment, form)
            start += segment.size if isinstance(segment, OneHot) else 1
        late = int(shape.release == "4.1+")
        limit = -2 if shape.limit is None else shape.limit
        head = [len(shape.segments), -1 if shape.size is None else shape.size, limit, late, kinds[shape.kind]]
        return [*head, self._constant(tuple(starts)), *words]

    def _segment(self, segment: Segment, form: str) -> list[int]:
        """Return the words of a segment: kind, value, active, size, table and object."""
        if isinstance(segment, OneHot):
            table = -1 if segment.values is None else self._table(segment.values)
            return [1, self._register(segment.index), 0, segment.size, table, 0]
        if isinstance(segment, Part):
            return [2, self.objects[self.forms.root(segment.vector)], 0, 0, 0, 0]
        active = self._register(segment.active)
        if form == SHAPE:
            value = self._register(segment.value)
            return [0, value, active, 1, -1, _BOXED_DOUBLE + value]
        return [0, 0, active, 1, -1, self.argument(segment.value)]

    def _write_vector(self, lanes: list[Operation], target: int) -> list[int]:
        (lane,) = lanes
        shape = self.forms.shape(lane.node)
        assert shape is not None  # noqa: S101
        return [0, target, *self._shape(shape, OBJECT if shape is lane.node else SHAPE)]

    def _write_one_hot(self, lanes: list[Operation], target: int) -> list[int]:
        (lane,) = lanes
        assert isinstance(lane.node, Vector)  # noqa: S101
        (segment,) = lane.node.segments
        assert isinstance(segment, OneHot)  # noqa: S101
        vectors = self._constant(prepared(lane.node))
        return [0, target, self._register(segment.index), segment.size, vectors]

    def _write_tuple(self, lanes: list[Operation], target: int) -> list[int]:
        (lane,) = lanes
        shape = self.forms.shape(lane.node.operands[0])
        assert shape is not None  # noqa: S101
        return [0, target, *self._shape(shape)]

    def _write_dense(self, lanes: list[Operation], target: int) -> list[int]:
        (lane,) = lanes
        return [0, target, self._tuples[lane.node, TUPLE]]

    def _write_spread(self, lanes: list[Operation], target: int) -> list[int]:
        (lane,) = lanes
        return [lane.width, target, self._tuples[lane.node, TUPLE]]

    def _write_is_sparse(self, lanes: list[Operation], target: int) -> list[int]:
        (lane,) = lanes
        assert isinstance(lane.node, IsSparse)  # noqa: S101
        return [0, target, *self._shape(self.forms.sparse_test(lane.node))]

    def _vector(self, vector: Node) -> list[int]:
        shape = self.forms.shape(vector)
        return [self.objects[self.forms.root(vector)]] if shape is None else self._shape(shape)

    def _write_dot(self, lanes: list[Operation], target: int) -> list[int]:
        (lane,) = lanes
        assert isinstance(lane.node, Dot)  # noqa: S101
        linear = self._constant(self.forms.implementations[lane.node])
        return [0, target, linear, *self._vector(lane.node.vector)]

    _write_dot_object = _write_dot

    def _write_dot_terms(self, lanes: list[Operation], target: int) -> list[int]:
        (lane,) = lanes
        assert isinstance(lane.node, Dot)  # noqa: S101
        vector = self.forms.root(lane.node.vector)
        assert isinstance(vector, Vector)  # noqa: S101
        words: list[int] = []
        terms = list(terms_of(vector, lane.node.weights))
        for segment, weights in terms:
            table = self._table(weights)
            if isinstance(segment, OneHot):
                words += (1, self._register(segment.index), 0, segment.size, table)
            else:
                words += (0, self._register(segment.value), self._register(segment.active), 1, table)
        return [len(terms), target, *words]

    def _write_product(self, lanes: list[Operation], target: int) -> list[int]:
        (lane,) = lanes
        node = lane.node
        assert isinstance(node, MatrixProduct)  # noqa: S101
        words = matrix_words(node, self._table, self.data)
        return [0, target, *words, *self._vector(node.vector)]

    _write_product_object = _write_product

    def _write_trees(self, lanes: list[Operation], target: int) -> list[int]:
        (lane,) = lanes
        assert isinstance(lane.node, Kernel)  # noqa: S101
        trees, shaped = self.forms.implementations[lane.node]
        self.certain(lane.effect)
        self.most_features = max(self.most_features, trees.scratch)
        shape = self.forms.shape(lane.node.vector)
        vector = self._shape(shape) if shaped and shape else [self.objects[self.forms.root(lane.node.vector)]]
        return [0, target, self._constant(trees), *vector]

    _write_trees_object = _write_trees

    def _write_softmax(self, lanes: list[Operation], target: int) -> list[int]:
        (lane,) = lanes
        shape = self.forms.shape(lane.node.operands[0])
        self.certain(lane.effect)
        assert shape is not None  # noqa: S101
        registers = [self._register(segment.value) for segment in shape.scalars or ()]
        self.most_lanes = max(self.most_lanes, len(registers))
        return [len(registers), target, self._listed(registers)]

    _write_normalize = _write_argmax = _write_softmax
    _write_float_softmax = _write_float_expit = _write_float_sigmoid = _write_float_exp = _write_softmax

    def _write_map(self, lanes: list[Operation], target: int) -> list[int]:
        (lane,) = lanes
        node = lane.node
        assert isinstance(node, Map)  # noqa: S101
        self.certain(lane.effect)
        steps = self.forms.implementations[node]
        words = [
            len(steps),
            target,
            self.objects[self.forms.root(node.vector)],
            node.size,
            int(node.keeps_zero),
        ]
        for opcode, values in steps:
            words += (opcode, self._table(values))
        return words

    def _write_size(self, lanes: list[Operation], target: int) -> list[int]:
        (lane,) = lanes
        node = lane.node
        assert isinstance(node, RequireSize)  # noqa: S101
        self.certain(lane.effect)
        shaped = self.forms.shape(node.vector) is not None
        return [int(shaped), 0, node.size, *self._vector(node.vector)]

    def _callee(self, target: Any, effect: int, arguments: Sequence[int]) -> list[int]:
        return [self._constant(target), self.certain(effect), len(arguments), *arguments]

    def _write_call(self, lanes: list[Operation], target: int) -> list[int]:
        (lane,) = lanes
        node, strict, fields = lane.node, 0, -1
        arguments = None
        match node:
            case Call():
                function, strict = node.target, int(node.strict)
                fields = -1 if node.fields is None else node.fields
            case Kernel():
                function = self.forms.implementations[node][0]
            case Apply() if (node, ARGUMENTS) in self._tuples:
                function, arguments = node.target, [self._tuples[node, ARGUMENTS]]
            case Apply(target=apply, size=size) if size is not None:
                function = _of_values(apply)
            case _:
                function = node.function()
        if arguments is None:
            arguments = list(map(self.argument, node.operands))
        return [0, target, -1, strict, fields, *self._callee(function, lane.effect, arguments)]

    def _write_guard(self, lanes: list[Operation], target: int) -> list[int]:
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

    def _write_otherwise(self, lanes: list[Operation], target: int) -> list[int]:
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

    def _write_lookup(self, lanes: list[Operation], target: int) -> list[int]:
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
        """Return the table index of the look-up's value for null, -1 when the look-up raises for null."""
        try:
            value = missing(None)
        except Exception:  # noqa: BLE001 - the look-up raises again for a row with null
            return -1
        return self._table((value,)) if value.__class__ is float else -1


def constant_double(node: Node) -> float | None:
    """Return a constant as a double for a register, None when it is not a number."""
    assert isinstance(node, Constant)  # noqa: S101
    value = node.value
    if value is None:
        return _NULL
    if value.__class__ is float:
        return math.nan if value != value else float(value)
    if value.__class__ is bool:
        return float(value)
    return float(value) if value.__class__ is int and abs(value) <= EXACT else None


def _of_values(function: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda vector: function(vector.values)


def terms_of(vector: Vector, weights: VectorValue) -> Iterator[tuple[Scalar | OneHot, tuple[float, ...]]]:
    """Yield the segments that a sparse dot product reads, each with its weight or its products.

    The products of a one-hot segment are those of its values and weights; -0.0 changes no sum.
    """
    by_index = _by_index(weights)
    start = 0
    for segment in vector.segments:
        if isinstance(segment, Scalar):
            if start in by_index:
                yield segment, (by_index[start],)
            start += 1
        elif isinstance(segment, OneHot):
            ones = segment.values or (1.0,) * segment.size
            yield (
                segment,
                tuple(
                    [
                        one * by_index[start + index] if start + index in by_index else -0.0
                        for index, one in enumerate(ones)
                    ]
                ),
            )
            start += segment.size


def matrix_words(
    node: MatrixProduct, table: Callable[[Iterable[float]], int], data: list[int]
) -> tuple[int, ...]:
    """Return the words of a matrix; add its values to the tables and a sparse matrix's lines to `data`."""
    matrix, order = node.matrix, ORDERS[node.order]
    lines = 0
    if isinstance(matrix, DenseMatrix):
        kind = 0 if matrix.isTransposed else 1
        values = table([value for row in matrix.rows() for value in row])
    else:
        kind = 2 if matrix.isTransposed else 3
        stored: list[float] = []
        bounds: list[int] = [0]
        indices: list[int] = []
        for line_indices, line_values in matrix.lines():
            stored += line_values
            indices += line_indices
            bounds.append(len(stored))
        values, lines = table(stored), len(data)
        data += [*bounds, *indices]
    rows, columns = matrix.numRows, matrix.numCols
    return kind, rows, columns, order.lanes, order.fused, order.vector, values, table(node.start), lines


def _by_index(weights: VectorValue) -> dict[int, float]:
    if isinstance(weights, DenseVector):
        return dict(enumerate(weights.values))
    assert isinstance(weights, SparseVector)  # noqa: S101
    return dict(zip(weights.indices, weights.values, strict=True))
