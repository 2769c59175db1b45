"""Programs for batches: compile the numeric nodes of a graph so that the C module computes blocks of rows.

A program takes columns of numbers and returns columns of numbers; see `_native/block.h`. Effects keep the
order of the graph; every other node becomes an instruction just before its first use. Registers that no later
instruction reads are used again, so that the values of a block stay in the processor's cache. `natives.py`
determines the nodes that a program computes.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from sparklet.codegen.encode import constant_double, matrix_words, terms_of
from sparklet.codegen.natives import ELEMENTS, TEST, Natives, root
from sparklet.ir import (
    Affine,
    Apply,
    Arithmetic,
    Bucket,
    Compare,
    Constant,
    Dot,
    Element,
    Exp,
    Guard,
    IsMissing,
    IsNull,
    IsSparse,
    Kernel,
    Logic,
    MatrixProduct,
    Negate,
    Node,
    Not,
    OneHot,
    Otherwise,
    Select,
    ToDouble,
    Vector,
)
from sparklet.java import ORDERS
from sparklet.linalg import DenseVector
from sparklet.stages.stage import Dropped

__all__ = ["Source", "compile_blocks"]

Source: TypeAlias = tuple[Node, int | None]
"""The node of an input column, and the index of an element when the node is a vector."""

_GROUP = 8
_MOST_DOUBLES = 1 << 15
_FEWEST_ROWS, _MOST_ROWS = 32, 512
_MOST_SLOTS, _MOST_PART = 1 << 15, 64
_BOXED_DOUBLE, _BOXED_TEST = 1 << 28, 1 << 29
_DENSE, _SPARSE = -1, -2
_ARITHMETIC = {"+": "ADD", "-": "SUB", "*": "MUL", "/": "DIV"}
_COMPARISONS = {"<": "LT", "<=": "LE", ">": "GT", ">=": "GE", "==": "EQ", "!=": "NE"}


@dataclass(frozen=True)
class Blocks:
    """A compiled program: its input columns, and the nodes of its output columns.

    `program` is the object of the C module. `formats` has the kind of each output: "number", "null" for a
    number that may be null, "test" or "matrix".
    """

    program: Any
    sources: tuple[Source, ...]
    outputs: tuple[Node, ...]
    formats: tuple[str, ...]
    widths: tuple[int, ...]


def compile_blocks(
    natives: Natives, nodes: Sequence[Node], outputs: Sequence[Node], certain: Callable[[Node], bool]
) -> Blocks:
    """Return the program that computes nodes in their order, with the columns of `outputs`.

    `certain` tells whether an effect may drop a row, because all earlier effects of the pipeline precede it.
    """
    assembler = _Assembler(natives, nodes, certain)
    for node in nodes:
        if node.effect:
            assembler.require(node)
    formats, widths = [], []
    for number, node in enumerate(outputs):
        elements = assembler.store(number, node)
        widths.append(elements)
        formats.append(_format(natives, node))
    return assembler.blocks(outputs, formats, widths)


def _format(natives: Natives, node: Node) -> str:
    form = natives.form(node)
    if isinstance(node, Vector) or form == ELEMENTS:
        return "matrix"
    return "test" if form == TEST else "null" if node.null else "number"


@dataclass(frozen=True, slots=True)
class _Write:
    """A register that an instruction writes."""

    value: int


@dataclass(frozen=True, slots=True)
class _Read:
    """A register that an instruction reads, or the complement of the index of a constant."""

    value: int
    base: int = 0
    update: bool = False


@dataclass(slots=True)
class _Instruction:
    """An instruction whose words at `reads` and `writes` are registers; those read are above a base.

    The registers at `updates` are read and written.
    """

    opcode: str
    words: list[int]
    reads: list[tuple[int, int]]
    writes: list[int]
    updates: list[int]
    effect: bool


class _Assembler:
    """Collect the instructions of a program, with a register for each value, and encode them."""

    def __init__(self, natives: Natives, nodes: Iterable[Node], certain: Callable[[Node], bool]) -> None:
        self.natives = natives
        self.certain = certain
        self.own = {id(node) for node in nodes}
        self.sources: dict[tuple[int, int | None], Source] = {}
        self.tables: list[float] = []
        self.constants: list[Any] = []
        self.data: list[int] = []
        self.scratch = 2
        self.per_row = 8
        self._instructions: list[_Instruction] = []
        self._registers = 0
        self._number_of: dict[int, int] = {}
        self._elements_of: dict[int, list[int]] = {}
        self._loaded: dict[tuple[int, int | None], int] = {}
        self._truths: dict[int, int] = {}
        self._kinds: dict[int, int] = {}
        self._added: set[int] = set()

    # --- instructions ---

    def _new(self, count: int = 1) -> list[int]:
        first = self._registers
        self._registers += count
        return list(range(first, first + count))

    def _emit(self, opcode: str, *parts: Any, effect: bool = False) -> None:
        """Add an instruction of integers, `_Read` and `_Write` operands."""
        instruction = _Instruction(opcode, [], [], [], [], effect)
        for part in parts:
            if isinstance(part, _Write):
                instruction.writes.append(len(instruction.words))
            elif isinstance(part, _Read) and part.value >= 0:
                instruction.reads.append((len(instruction.words), part.base))
                if part.update:
                    instruction.updates.append(len(instruction.words))
            instruction.words.append(part if isinstance(part, int) else part.value)
        self._instructions.append(instruction)

    def table(self, values: Iterable[float]) -> int:
        """Add values to the tables and return the index of the first one."""
        first = len(self.tables)
        self.tables += values
        return first

    def constant(self, value: Any) -> int:
        """Add a constant object and return its index."""
        self.constants.append(value)
        return len(self.constants) - 1

    # --- operands ---

    def number(self, node: Node) -> int:
        """Return the register of a double, or the complement of the index of a constant in the tables."""
        node = root(node)
        if isinstance(node, Constant):
            value = constant_double(node)
            assert value is not None  # noqa: S101 - only numbers and null are operands
            return ~self.table((value,))
        self.require(node)
        known = self._number_of.get(id(node))
        if known is not None:
            return known
        if isinstance(node, ToDouble) and self.natives.form(node) is not None:
            return self.number(node.operand)
        if isinstance(node, Element) and self.natives.form(node) is not None:
            return self.element(root(node.vector), node.index)
        return self._load(node, None)

    def element(self, vector: Node, index: int) -> int:
        """Return the register of an element of a vector."""
        self.require(vector)
        known = self._elements_of.get(id(vector))
        return self._load(vector, index) if known is None else known[index]

    def _load(self, node: Node, index: int | None) -> int:
        key = id(node), index
        register = self._loaded.get(key)
        if register is None:
            (register,) = self._new()
            self._loaded[key] = register
            self.sources[key] = node, index
            self._emit("LOAD", _Write(register), len(self.sources) - 1)
        return register

    def test(self, node: Node) -> int:
        """Return the register of the truth of a value, or the complement of the index of a constant."""
        node = root(node)
        if isinstance(node, Constant):
            return ~self.table((float(bool(node.value)),))
        if self.natives.is_test(node):
            return self.number(node)
        register = self._truths.get(id(node))
        if register is None:
            (register,) = self._new()
            self._truths[id(node)] = register
            self._emit("TRUTH", _Write(register), _Read(self.number(node)), 0, 0)
        return register

    def in_register(self, node: Node) -> int:
        """Return the register of a double; a constant is copied to a register."""
        operand = self.number(node)
        if operand >= 0:
            return operand
        (register,) = self._new()
        self._emit("COPY", _Write(register), operand, 0, 0)
        return register

    def elements(self, vector: Node) -> list[int] | None:
        """Return the registers of the elements of a dense vector of numbers, None for other vectors."""
        if self.natives.form(vector) == ELEMENTS:
            size: int = vector.size  # type: ignore[attr-defined]
            return [self.element(vector, index) for index in range(size)]
        assert isinstance(vector, Vector)  # noqa: S101
        scalars = vector.scalars
        if vector.kind != "dense" or scalars is None:
            return None
        return [self.in_register(scalar.value) for scalar in scalars]

    def kind(self, vector: Node) -> Any:
        """Return the operand that tells whether a vector is sparse."""
        if not isinstance(vector, Vector) or vector.kind == "dense":
            return _DENSE
        if vector.kind == "sparse":
            return _SPARSE
        register = self._kinds.get(id(vector))
        if register is None:
            (register,) = self._new()
            self._kinds[id(vector)] = register
            limit = 0 if vector.limit is None else vector.limit
            self._emit("IS_SPARSE", _Write(register), limit, *self.shape(vector))
        return _Read(register)

    def shape(self, vector: Node | IsSparse) -> list[Any]:
        """Return the words of the segments of a vector."""
        if not isinstance(vector, Vector | IsSparse):
            registers = [self.element(vector, index) for index in range(vector.size)]  # type: ignore[attr-defined]
            segments = [(0, _Read(register), _Read(register), 1, -1) for register in registers]
            return [len(segments), len(segments), *[word for segment in segments for word in segment]]
        words: list[Any] = []
        size = 0
        dense = isinstance(vector, Vector) and vector.kind == "dense"
        for segment in vector.segments:
            if isinstance(segment, OneHot):
                table = -1 if segment.values is None else self.table(segment.values)
                words += (1, _Read(self.in_register(segment.index)), 0, segment.size, table)
                size += segment.size
            else:
                value = self.in_register(segment.value)  # type: ignore[union-attr]
                active = value if dense else self.in_register(segment.active)  # type: ignore[union-attr]
                words += (0, _Read(value), _Read(active), 1, -1)
                size += 1
        return [len(vector.segments), size, *words]

    # --- nodes ---

    def require(self, node: Node) -> None:
        """Add the instructions of a node and of all nodes that it reads, if they are not there yet."""
        waiting = [node] if id(node) in self.own else []
        while waiting:
            last = waiting[-1]
            missing = [x for x in self._first_read(last) if id(x) in self.own and id(x) not in self._added]
            if missing and id(last) not in self._added:
                waiting += missing[::-1]
                continue
            waiting.pop()
            emit = _EMITS.get(type(last))
            if id(last) not in self._added:
                self._added.add(id(last))
                if emit is not None:
                    emit(self, last)

    def _first_read(self, node: Node) -> list[Node]:
        """Return the nodes that are read before a node's instructions, which read their other operands."""
        if isinstance(node, Vector) or (isinstance(node, Dot) and self._is_dense(node)):
            return []
        reads: list[Node] = []
        for operand in map(root, node.operands):
            if not isinstance(operand, Vector):
                reads.append(operand)
            elif operand.kind == "dense" and operand.scalars is not None:
                reads += [root(scalar.value) for scalar in operand.scalars]
            else:
                reads += map(root, operand.operands)
        return reads

    def _is_dense(self, node: Dot) -> bool:
        """Return whether a dot product reads all elements of a dense vector of numbers."""
        vector = root(node.vector)
        if isinstance(vector, Vector) and (vector.kind != "dense" or vector.scalars is None):
            return False
        return isinstance(node.weights, DenseVector)

    def lane(self, opcode: str, node: Node, *operands: int) -> None:
        """Add an instruction for one to three operands."""
        words = [*map(_Read, operands), *[0] * (3 - len(operands))]
        self._emit(opcode, _Write(self.target(node)), *words)

    def target(self, node: Node) -> int:
        """Return a new register for the double of a node."""
        (register,) = self._new()
        self._number_of[id(node)] = register
        return register

    def targets(self, node: Node, size: int | None) -> list[Any]:
        """Return new registers for the elements of a node, or for its double when `size` is None."""
        if size is None:
            return [_Write(self.target(node))]
        self._elements_of[id(node)] = self._new(size)
        return list(map(_Write, self._elements_of[id(node)]))

    def bucket(self, node: Bucket) -> None:
        """Add the look-up of a double among splits."""
        operand, splits = _Read(self.number(node.operand)), self.table(node.splits)
        self._emit("BUCKET", _Write(self.target(node)), operand, splits, len(node.splits))

    def is_sparse(self, node: IsSparse) -> None:
        """Add the test whether a vector is sparse."""
        shape = self.shape(node)
        self._emit("IS_SPARSE", _Write(self.target(node)), node.limit, *shape)

    def dot(self, node: Dot) -> None:
        """Add a dot product, in the way that suits the vector's kind."""
        vector = root(node.vector)
        if isinstance(vector, Vector) and vector.kind == "sparse":
            terms: list[Any] = []
            count = 0
            for segment, weights in terms_of(vector, node.weights):
                table = self.table(weights)
                if isinstance(segment, OneHot):
                    terms += (1, _Read(self.in_register(segment.index)), 0, segment.size, table)
                else:
                    value, active = self.in_register(segment.value), self.in_register(segment.active)
                    terms += (0, _Read(value), _Read(active), 1, table)
                count += 1
            self._emit("DOT_TERMS", _Write(self.target(node)), count, vector.size, *terms)
            return
        linear = self.constant(self.natives.implementations[id(node)])
        if self._is_dense(node):
            self._dense_dot(node, vector, linear)
            return
        kind, shape = self.kind(vector), self.shape(vector)
        self._emit("DOT", _Write(self.target(node)), linear, kind, *shape)

    def _dense_dot(self, node: Dot, vector: Node, linear: int) -> None:
        """Add a dot product in several instructions, so that no element is kept for longer than needed."""
        size, lanes = node.weights.size, ORDERS[node.order].lanes
        whole = size // lanes * lanes
        sums = self._new(lanes)
        self._emit("DOT_BEGIN", lanes, *map(_Write, sums))
        for first in range(0, whole, _GROUP):
            group = [_Read(self._dense(vector, index)) for index in range(first, min(first + _GROUP, whole))]
            updates = [_Read(register, update=True) for register in sums]
            self._emit("DOT_ADD", linear, first, len(group), lanes, *updates, *group)
        tail = [_Read(self._dense(vector, index)) for index in range(whole, size)]
        target = _Write(self.target(node))
        self._emit("DOT_END", target, linear, whole, len(tail), lanes, *map(_Read, sums), *tail)

    def _dense(self, vector: Node, index: int) -> int:
        """Return the register of an element of a dense vector of numbers."""
        if isinstance(vector, Vector):
            scalars = vector.segments
            return self.in_register(scalars[index].value)  # type: ignore[union-attr]
        return self.element(vector, index)

    def product(self, node: MatrixProduct) -> None:
        """Add a matrix product."""
        vector = root(node.vector)
        matrix = matrix_words(node, self.table, self.data)
        kind, shape = self.kind(vector), self.shape(vector)
        self.scratch = max(self.scratch, node.size)
        self._emit("PRODUCT", *matrix, *self.targets(node, node.size), kind, *shape)

    def kernel(self, node: Kernel) -> None:
        """Add a forest."""
        vector = root(node.vector)
        trees = self.natives.implementations[id(node)]
        part = min(_MOST_PART, max(1, _MOST_SLOTS // trees.scratch))
        self.scratch = max(self.scratch, part * trees.scratch + trees.width)
        kind, shape = self.kind(vector), self.shape(vector)
        self._emit("TREES", self.constant(trees), part, *self.targets(node, node.size), kind, *shape)

    def apply(self, node: Apply) -> None:
        """Add a function of the elements of a dense vector."""
        elements = self.elements(root(node.vector))
        assert elements is not None  # noqa: S101
        self.scratch = max(self.scratch, 2 * len(elements) + 1)
        opcode = self.natives.implementations[id(node)]
        self._emit(opcode, len(elements), *self.targets(node, node.size), *map(_Read, elements))

    def guard(self, node: Guard) -> None:
        """Add a guard; its function decides whether a row is dropped."""
        callee = self._callee(node) if node.drops else ()
        self._emit("GUARD", _Read(self.test(node.test)), int(node.drops), *callee, effect=True)

    def otherwise(self, node: Otherwise) -> None:
        """Add a choice with a call for the rows whose test does not hold."""
        test, value = _Read(self.test(node.test)), _Read(self.number(node.value))
        callee = self._callee(node)
        self._emit("OTHERWISE", _Write(self.target(node)), test, value, *callee, effect=True)

    def _callee(self, node: Guard | Otherwise) -> list[Any]:
        arguments = list(map(self._argument, node.arguments))
        return [self.constant(node.target), int(self.certain(node)), len(arguments), *arguments]

    def _argument(self, node: Node) -> Any:
        argument = root(node)
        if isinstance(argument, Constant):
            return ~self.constant(argument.value)
        return _Read(self.number(argument), _BOXED_TEST if self.natives.is_test(argument) else _BOXED_DOUBLE)

    def store(self, number: int, node: Node) -> int:
        """Add the instruction that writes an output column; return its width."""
        if isinstance(node, Vector) and node.scalars is None:
            shape = self.shape(node)
            self._emit("STORE_VECTOR", number, *shape, effect=True)
            return int(shape[1])
        if not isinstance(node, Vector) and self.natives.form(node) != ELEMENTS:
            self._emit("STORE", number, 1, 0, 1, _Read(self.number(node)), effect=True)
            return 1
        size: int = node.size  # type: ignore[attr-defined]
        for first in range(0, size, _GROUP):
            group = [_Read(self._dense(node, index)) for index in range(first, min(first + _GROUP, size))]
            self._emit("STORE", number, size, first, len(group), *group, effect=True)
        return size

    # --- encoding ---

    def blocks(self, outputs: Sequence[Node], formats: Sequence[str], widths: Sequence[int]) -> Blocks:
        """Return the program with registers that are used again after their last read."""
        module = self.natives.module
        opcodes = {name: number for number, name in enumerate(module.OPCODES.split())}
        instructions = self._live()
        registers = _allocate(instructions)
        code = list(self.data)
        for instruction in instructions:
            code += (opcodes[instruction.opcode] | (len(instruction.words) + 1) << 8, *instruction.words)
        code.append(opcodes["END"] | 1 << 8)
        rows = _FEWEST_ROWS
        while rows < _MOST_ROWS and 2 * rows * registers <= _MOST_DOUBLES:
            rows *= 2
        program = module.block_program(
            array("i", code),
            array("d", self.tables or [0.0]),
            tuple(self.constants),
            array("i", widths),
            Dropped,
            (len(self.sources), registers, max(self.scratch, self.per_row * rows), rows, len(self.data)),
        )
        return Blocks(program, tuple(self.sources.values()), tuple(outputs), tuple(formats), tuple(widths))

    def _live(self) -> list[_Instruction]:
        """Return the instructions that have an effect or whose result is read."""
        read: set[int] = set()
        live: list[_Instruction] = []
        for instruction in reversed(self._instructions):
            results = [*instruction.writes, *instruction.updates]
            if instruction.effect or any(instruction.words[place] in read for place in results):
                read.update(instruction.words[place] for place, _ in instruction.reads)
                live.append(instruction)
        return live[::-1]


def _allocate(instructions: Sequence[_Instruction]) -> int:
    """Replace the registers of instructions so that few are in use at a time; return their number."""
    last_read: dict[int, int] = {}
    for index, instruction in enumerate(instructions):
        for place, _ in instruction.reads:
            last_read[instruction.words[place]] = index
    free: list[int] = []
    assigned: dict[int, int] = {}
    count = 0
    for index, instruction in enumerate(instructions):
        words = instruction.words
        written = [words[place] for place in instruction.writes]
        for register, place in zip(written, instruction.writes, strict=True):
            if not free:
                free.append(count)
                count += 1
            assigned[register] = words[place] = free.pop()
        # An instruction never writes a register that it reads.
        read = {words[place] for place, _ in instruction.reads}
        for place, base in instruction.reads:
            words[place] = base + assigned[words[place]]
        ended = [register for register in read if last_read[register] == index]
        free += [assigned[register] for register in ended]
        free += [assigned[register] for register in written if register not in last_read]
    return count


def _binary(opcode: str) -> Callable[[_Assembler, Any], None]:
    return lambda assembler, node: assembler.lane(
        opcode, node, *[assembler.number(operand) for operand in node.operands]
    )


def _arithmetic(assembler: _Assembler, node: Arithmetic) -> None:
    _binary(_ARITHMETIC[node.operator] + "_NULL" * node.null)(assembler, node)


def _compare(assembler: _Assembler, node: Compare) -> None:
    null = node.operator == "!=" and (node.left.null or node.right.null)
    _binary(_COMPARISONS[node.operator] + "_NULL" * null)(assembler, node)


def _is_missing(assembler: _Assembler, node: IsMissing) -> None:
    x = assembler.number(node.operand)
    assembler.lane("NE", node, x, x)  # null is a NaN in a register


def _negate(assembler: _Assembler, node: Negate) -> None:
    _binary("NEG" + "_NULL" * node.null)(assembler, node)


def _tests(assembler: _Assembler, node: Not | Logic) -> None:
    opcode = "NOT" if isinstance(node, Not) else node.operator.upper()
    assembler.lane(opcode, node, *map(assembler.test, node.operands))


def _select(assembler: _Assembler, node: Select) -> None:
    test, then = assembler.test(node.test), assembler.number(node.then)
    assembler.lane("SELECT", node, test, then, assembler.number(node.otherwise))


# The method that adds the instructions of a node, by its class; nodes of other classes need none.
_EMITS: dict[type, Callable[[_Assembler, Any], None]] = {
    Affine: _binary("AFFINE"),
    Arithmetic: _arithmetic,
    Compare: _compare,
    Negate: _negate,
    Exp: _binary("EXP"),
    IsMissing: _is_missing,
    IsNull: _binary("IS_NULL"),
    Not: _tests,
    Logic: _tests,
    Select: _select,
    Bucket: _Assembler.bucket,
    IsSparse: _Assembler.is_sparse,
    Dot: _Assembler.dot,
    MatrixProduct: _Assembler.product,
    Kernel: _Assembler.kernel,
    Apply: _Assembler.apply,
    Guard: _Assembler.guard,
    Otherwise: _Assembler.otherwise,
}
