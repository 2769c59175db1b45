"""Evaluate a graph on columns: programs of the C module compute runs of numeric nodes, operations all others.

The nodes are divided into stages. Odd stages are programs, even stages are operations; a node belongs to the
first stage of its kind in which all its operands are known. A stage that may drop a row follows all earlier
effects of the pipeline. Without the C module there is one stage.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from sparklet._native import kernels
from sparklet.codegen.arrays import Columnar, Matrix, Numbers
from sparklet.codegen.blocks import Blocks, Source, compile_blocks
from sparklet.codegen.lower import Lowered, dropping
from sparklet.codegen.natives import SEGMENTS, Natives
from sparklet.codegen.operations import operation
from sparklet.codegen.values import Batch, Values
from sparklet.ir import Constant, Guard, Input, Node, Present, Vector

__all__ = ["Evaluation"]

_MOST_FAILING = 0.25
"""When a larger fraction of the rows fails, all rows are scored one by one."""
_DTYPES = frozenset(map(np.dtype, ("f8", "f4", "i8", "i4", "i2", "i1", "?")))


@dataclass(frozen=True)
class _Task:
    """A node with its operation, or a program; and what it reads and is the last to read."""

    run: Callable[[Values], None]
    reads: tuple[Node, ...]
    released: tuple[int, ...] = ()


class Evaluation:
    """The nodes of a plan as tasks on columns."""

    def __init__(self, lowered: Lowered) -> None:
        self._lowered = lowered
        outputs = [node for _, node in lowered.outputs]
        self._tasks = _released(_Division(lowered).tasks(outputs), outputs)

    def run(self, columns: Sequence[Columnar], count: int) -> Batch | None:
        """Return the batch with its outputs, None when too many rows fail."""
        batch = Batch(count, np.zeros(count, bool), np.zeros(count, bool), [])
        values = Values(batch)
        for source, column in zip(self._lowered.inputs, columns, strict=True):
            values.known[id(source)] = column
        with np.errstate(all="ignore"):
            for task in self._tasks:
                task.run(values)
                values.release(task.released)
                if np.count_nonzero(batch.fails) > count * _MOST_FAILING:
                    return None
            batch.outputs = [values.output(node) for _, node in self._lowered.outputs]
        return batch


class _Division:
    """The division of a plan's nodes into stages."""

    def __init__(self, lowered: Lowered) -> None:
        self._nodes = lowered.nodes
        self._natives = Natives(kernels(), lowered.nodes)
        self._stages: dict[int, int] = {}
        drops = dropping(lowered)
        last = 0
        for node in lowered.nodes:
            stage = self._stage(node)
            if node.effect:
                if node in drops or (isinstance(node, Guard) and node.drops):
                    stage = max(stage, last + ((last - stage) & 1))
                last = max(last, stage)
            self._stages[id(node)] = stage
        self._certain = self._certain_effects()

    def _stage(self, node: Node) -> int:
        """Return the first stage in which all operands of a node are known."""
        known = max([self._stages.get(id(operand), 0) for operand in node.operands], default=0)
        # Whoever reads these reads their operands.
        if isinstance(node, Input | Vector | Present):
            return known
        return known + ((known & 1) != self._is_native(node))

    def _is_native(self, node: Node) -> bool:
        return not isinstance(node, Present) and self._natives.form(node) is not None

    def _certain_effects(self) -> frozenset[int]:
        """Return the effects that follow all earlier effects of the pipeline."""
        effects = [node for node in self._nodes if node.effect]
        order = {
            id(node): place for place, node in enumerate(sorted(effects, key=lambda x: self._stages[id(x)]))
        }
        certain: set[int] = set()
        last = -1
        for node in effects:
            if order[id(node)] > last:
                last = order[id(node)]
                certain.add(id(node))
        return frozenset(certain)

    def tasks(self, outputs: Sequence[Node]) -> list[_Task]:
        """Return the tasks in order; the nodes that nothing reads have none."""
        stages: dict[int, list[Node]] = {}
        for node in self._nodes:
            if not isinstance(node, Input):
                stage = self._stages[id(node)]
                # A `Present` node copies a column for operations.
                stages.setdefault(stage + (isinstance(node, Present) and stage & 1), []).append(node)
        wanted: dict[int, Node] = {}
        for node in outputs:
            self._want(node, wanted)
        tasks: list[_Task] = []
        for stage in sorted(stages, reverse=True):
            if stage & 1:
                tasks += self._program(stages[stage], wanted)
            else:
                tasks += self._operations(stages[stage], wanted)
        return tasks[::-1]

    def _want(self, node: Node, wanted: dict[int, Node]) -> None:
        """Record the columns that an operation or an output needs for a node."""
        if isinstance(node, Constant) or id(node) in wanted:
            return
        if isinstance(node, Vector) and not self._is_matrix(node):
            for operand in node.operands:
                self._want(operand, wanted)
        else:
            wanted[id(node)] = node

    def _is_matrix(self, vector: Vector) -> bool:
        """Return whether a program computes the elements of a dense vector."""
        return (
            self._natives.form(vector) == SEGMENTS
            and vector.kind == "dense"
            and self._stages[id(vector)] & 1 == 1
        )

    def _operations(self, nodes: Sequence[Node], wanted: dict[int, Node]) -> list[_Task]:
        """Return the tasks of the nodes of an even stage, the last one first."""
        tasks: list[_Task] = []
        for node in reversed(nodes):
            if not isinstance(node, Vector) and (node.effect or id(node) in wanted):
                for operand in node.operands:
                    self._want(operand, wanted)
                tasks.append(_operation_task(node, certain=id(node) in self._certain))
        return tasks

    def _program(self, nodes: Sequence[Node], wanted: dict[int, Node]) -> list[_Task]:
        """Return the task of the nodes of an odd stage."""
        outputs = [node for node in nodes if id(node) in wanted]
        if not outputs and not any(node.effect for node in nodes):
            return []
        certain = self._certain
        blocks = compile_blocks(self._natives, nodes, outputs, lambda node: id(node) in certain)
        for node, _ in blocks.sources:
            self._want(node, wanted)
        return [_program_task(blocks)]


def _operation_task(node: Node, *, certain: bool) -> _Task:
    compute, key = operation(node), id(node)

    def run(values: Values) -> None:
        values.certain = certain
        values.known[key] = compute(values)

    return _Task(run, (node, *node.operands))


def _program_task(blocks: Blocks) -> _Task:
    def run(values: Values) -> None:
        batch = values.batch
        count = batch.count
        inputs: list[Any] = []
        for source in blocks.sources:
            inputs += _buffers(values, source)
        outputs: list[Any] = []
        for form, width in zip(blocks.formats, blocks.widths, strict=True):
            outputs.append(np.empty(count * width, bool if form == "test" else np.float64))
            outputs.append(np.empty(count, bool) if form == "null" else None)
        blocks.program.run(tuple(inputs), tuple(outputs), batch.fails, batch.dropped)
        for number, node in enumerate(blocks.outputs):
            values.known[id(node)] = _column(
                blocks.formats[number], blocks.widths[number], outputs[2 * number], outputs[2 * number + 1]
            )

    return _Task(run, (*[node for node, _ in blocks.sources], *blocks.outputs))


def _column(form: str, width: int, numbers: np.ndarray, valid: np.ndarray | None) -> Columnar:
    if form == "matrix":
        return Matrix(numbers.reshape(-1, width))
    return Numbers(numbers, True if valid is None or valid.all() else valid)


def _buffers(values: Values, source: Source) -> tuple[np.ndarray, np.ndarray | None]:
    """Return the numbers of an input of a program, and the mask of those that are not null."""
    node, index = source
    valid: Any = True
    if index is None:
        numbers, valid = values.numbers(node)
    else:
        numbers = values.known[id(node)].values[:, index]  # type: ignore[union-attr]
    numbers = np.asarray(numbers)
    if numbers.dtype not in _DTYPES:
        numbers = numbers.astype(np.float64)
    return _whole(numbers, values.batch.count), None if valid is True else _whole(valid, values.batch.count)


def _whole(array: Any, count: int) -> np.ndarray:
    if isinstance(array, np.ndarray) and array.ndim == 1 and array.flags.c_contiguous:
        return array
    return np.ascontiguousarray(np.broadcast_to(array, count))


def _released(tasks: Sequence[_Task], outputs: Iterable[Node]) -> list[_Task]:
    """Return the tasks with the nodes that no later task and no output reads."""
    read: set[int] = set()

    def last_reads(nodes: Iterable[Node]) -> list[int]:
        """Return the nodes that nothing later reads; a vector is read by its operands."""
        waiting, found = list(nodes), []
        while waiting:
            node = waiting.pop()
            if id(node) not in read:
                read.add(id(node))
                found.append(id(node))
                if isinstance(node, Vector):
                    waiting += node.operands
        return found

    last_reads(outputs)
    return [_Task(task.run, task.reads, tuple(last_reads(task.reads))) for task in reversed(tasks)][::-1]
