"""The C backend: compile a graph to one program of the C module, which maps a row to its outputs.

A program works on registers of doubles and of objects; see `_native/program.h`. Nodes of one kind that do not
depend on each other become one wide instruction, so that scaling a thousand columns takes a few loops. A
vector of segments stays in registers unless Python code or an output needs the vector object. A node without
its own instruction becomes a call of its Python function.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

from sparklet._native import kernels
from sparklet.codegen.encode import Encoder
from sparklet.codegen.forms import DOUBLE, Forms
from sparklet.codegen.lower import Lowered, dropping
from sparklet.codegen.schedule import Schedule
from sparklet.columns import ABSENT, RowReader
from sparklet.ir import Input, Node
from sparklet.stages.stage import Dropped
from sparklet.types import BOOLEAN, FLOAT, STRING, VECTOR, IntegralType, is_floating

__all__ = ["assemble", "program"]

Score: TypeAlias = Callable[[Mapping[str, Any]], "dict[str, Any] | None"]


def program(lowered: Lowered, reader: RowReader, fallback: Score) -> Score | None:
    """Return the program of a lowered plan, None when the C module is not available.

    `reader` arranges rows that are not a dict of exactly the inputs. When the program cannot score a row, it
    calls `fallback`, which scores the row or raises its error.
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
        reader.coercers,
        reader.arrange,
        fallback,
        sizes=sizes,
        optional=bool(lowered.plan.optional),
        dropping=dropping(lowered),
    )


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
    dropping: frozenset[Node] = frozenset(),
) -> Score:
    """Return the program of a graph's live nodes; `program` takes the other arguments from a plan."""
    forms = Forms(module, nodes, [node for _, node in outputs])
    encoder = Encoder(module, forms, inputs)
    code = encoder.encode(Schedule(forms, dropping).instructions())
    facts = array("i")
    for index, node in enumerate(inputs):
        size = sizes[index] if sizes else None
        facts.extend(_reading(node, size))
        facts.extend((encoder.registers.get((node, DOUBLE), -1), encoder.objects.get(node, -1)))
    arguments = array("i", [encoder.argument(node) for _, node in outputs])
    score: Score = module.program(
        names,
        facts,
        coercers,
        arrange,
        fallback,
        Dropped,
        ABSENT if optional else None,
        tuple(encoder.constants),
        array("d", encoder.tables or [0.0]),
        array("i", encoder.data + code),
        tuple([name for name, _ in outputs]),
        arguments,
        (
            encoder.register_count,
            encoder.most_lanes,
            encoder.most_features,
            encoder.object_count,
            len(encoder.data),
        ),
    )
    return score


_READ_DOUBLE, _READ_FLOAT, _READ_INTEGER, _READ_BOOLEAN, _READ_STRING, _READ_VECTOR, _READ_OTHER = range(7)


def _reading(node: Input, size: int | None) -> tuple[int, int]:
    """Return how the C module reads an input, and the bits of an integer or the size of a vector."""
    type_ = node.type
    if isinstance(type_, IntegralType):
        return _READ_INTEGER, type_.bits
    if type_ is VECTOR:
        return _READ_VECTOR, -1 if size is None else size
    if is_floating(type_):
        return _READ_FLOAT if type_ is FLOAT else _READ_DOUBLE, 0
    return _READ_BOOLEAN if type_ is BOOLEAN else _READ_STRING if type_ is STRING else _READ_OTHER, 0
