"""Describe a plan for readers: its graph as text, and its stages and columns as a diagram."""

from __future__ import annotations

import html
import json
from collections.abc import Iterator, Sequence
from typing import Any

from sparklet.codegen.lower import Lowered
from sparklet.codegen.plan import Plan
from sparklet.columns import Column
from sparklet.errors import OptionError
from sparklet.ir import (
    Affine,
    Apply,
    Arithmetic,
    Bucket,
    Call,
    Compare,
    Constant,
    Dot,
    Element,
    Exp,
    Field,
    Guard,
    IsMissing,
    IsNull,
    IsSparse,
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
    RequireSize,
    Scalar,
    Segment,
    Select,
    ToDouble,
    Vector,
)

__all__ = ["explain"]

_LONGEST = 100
_MOST_SEGMENTS = 8


def explain(lowered: Lowered, format: str = "text") -> str:
    """Return a description of how a row is scored.

    - `"text"`: the operations of each stage;
    - `"dot"`: a Graphviz diagram of stages and columns, with types and sizes on the arrows;
    - `"html"`: the same diagram as an HTML page.

    Raises `OptionError` for any other format.
    """
    if format == "text":
        return "\n".join(_lines(lowered)) + "\n"
    if format == "dot":
        return "\n".join(_dot(lowered.plan)) + "\n"
    if format == "html":
        return _page(lowered.plan)
    raise OptionError("format", format, "'text', 'dot' or 'html'")


# --- text -----------------------------------------------------------------------------------------


class _Names:
    """The names of nodes: v1, v2 … in execution order; constants are shown as values."""

    def __init__(self, nodes: Sequence[Node]) -> None:
        self._names: dict[int, str] = {}
        for node in nodes:
            if isinstance(node, Present):
                self._names[id(node)] = self(node.operand)
            elif not isinstance(node, Guard | RequireSize):
                self._names[id(node)] = f"v{len(self._names) + 1}"

    def __call__(self, node: Node) -> str:
        if isinstance(node, Constant):
            return _constant(node.value)
        return self._names[id(node)]

    def all(self, nodes: Sequence[Node]) -> str:
        """Return the names of nodes, separated by commas."""
        return ", ".join(map(self, nodes))


def _lines(lowered: Lowered) -> Iterator[str]:
    plan = lowered.plan
    names = _Names(lowered.nodes)
    operations = len(lowered.nodes) - len(lowered.inputs)
    columns = f"{_many(len(plan.inputs), 'column')} in, {_many(len(plan.outputs), 'column')} out"
    yield f"{columns}, {_many(operations, 'operation')}, as Spark {plan.profile.release}"
    yield ""
    yield "read"
    for source, column in zip(lowered.inputs, plan.inputs, strict=True):
        yield f"    {names(source)} = row[{_text(column.name)}]  # {_typed(column)}, {column.origin}"
    start = len(lowered.inputs)
    last: Any = None
    for lowered_step in lowered.steps:
        step = lowered_step.step
        if step.stage is not last:
            yield ""
            yield _printable(str(step.stage))
            last = step.stage
        inputs = ", ".join([_text(column.name) for column in step.bound.inputs])
        outputs = ", ".join([f"{_text(column.name)}: {_typed(column)}" for column in step.bound.outputs])
        yield f"  {inputs} -> {outputs or 'keep the row or drop it'}"
        lines = [line for node in lowered.nodes[start : lowered_step.end] if (line := _line(node, names))]
        yield from lines or ["    # nothing to do: its segments are used as they are"]
        start = max(start, lowered_step.end)
    yield ""
    yield "give"
    for name, node in lowered.outputs:
        yield f"    {_text(name)}: {names(node)}"


def _line(node: Node, names: _Names) -> str:
    if isinstance(node, Present):
        return ""
    if isinstance(node, Vector) and node.kind != "dense" and len(node.segments) > 1:
        # No operation builds this vector: later operations read its segments directly.
        return f"    {names(node)} = {_operation(node, names)}"
    if isinstance(node, RequireSize):
        return f"    refuse the row unless {names(node.vector)} has {_many(node.size, 'element')}"
    if isinstance(node, Guard):
        verb = "drop the row" if node.drops else "refuse the row"
        return f"    {verb} if {names(node.test)}"
    return f"    {names(node)} = {_operation(node, names)}"


def _operation(node: Node, names: _Names) -> str:
    match node:
        case Arithmetic(operator=operator, left=left, right=right):
            return f"{names(left)} {operator} {names(right)}"
        case Compare(operator=operator, left=left, right=right):
            return f"{names(left)} {operator} {names(right)}"
        case Logic(operator=operator, left=left, right=right):
            return f"{names(left)} {operator} {names(right)}"
        case Affine(operand=x, shift=shift, factor=factor):
            return f"({names(x)} - {names(shift)}) * {names(factor)}"
        case Negate(operand=x):
            return f"-{names(x)}"
        case Not(operand=x):
            return f"not {names(x)}"
        case IsNull(operand=x):
            return f"{names(x)} is null"
        case IsMissing(operand=x):
            return f"{names(x)} is null or NaN"
        case ToDouble(operand=x):
            return f"double({names(x)})"
        case Exp(operand=x):
            return f"exp({names(x)})"
        case Bucket(splits=splits, operand=x):
            return f"bucket({names(x)}, {len(splits)} splits)"
        case Select(test=test, then=then, otherwise=otherwise):
            return f"{names(then)} if {names(test)} else {names(otherwise)}"
        case Lookup(table=table, operand=x):
            return f"look up {names(x)} in {_many(len(table), 'label')}"
        case Otherwise(test=test, value=value, target=target, arguments=arguments):
            return f"{names(value)} if {names(test)} else {_called(target)}({names.all(arguments)})"
        case Call(target=target, arguments=arguments):
            return f"{_called(target)}({names.all(arguments)})"
        case Field(call=call, index=index):
            return f"{names(call)}[{index}]"
        case Element(vector=vector, index=index):
            return f"{names(vector)}[{index}]"
        case Vector(segments=segments):
            return f"{node.kind} vector of {_segments(segments, names)}"
        case IsSparse(limit=limit):
            return f"at most {limit} elements are not zero"
        case Dot(vector=vector, weights=weights, order=order):
            return f"dot({names(vector)}, {weights.size} weights), summed as {order}"
        case MatrixProduct(vector=vector, matrix=matrix, order=order):
            shape = f"{matrix.numRows} x {matrix.numCols}"
            return f"matrix of {shape} · {names(vector)}, summed as {order}"
        case Map(vector=vector, size=size):
            return f"each element of {names(vector)} with its constants of {size}"
        case Kernel(vector=vector):
            return f"trees({names(vector)})"
        case Apply(target=target, vector=vector):
            return f"{_called(target)}(elements of {names(vector)})"
    return f"{type(node).__name__}({names.all(node.operands)})"


def _segments(segments: Sequence[Segment], names: _Names) -> str:
    shown = []
    for segment in segments[:_MOST_SEGMENTS]:
        if isinstance(segment, Scalar):
            shown.append(names(segment.value))
        elif isinstance(segment, OneHot):
            shown.append(f"one-hot({names(segment.index)}, {segment.size})")
        else:
            shown.append(names(segment.vector))
    more = len(segments) - len(shown)
    return ", ".join(shown) + (f", ... {more} more" if more else "")


def _called(function: Any) -> str:
    function = getattr(function, "func", function)
    name: str = getattr(function, "__name__", type(function).__name__)
    return "function" if name == "<lambda>" else name.strip("_")


def _constant(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, float):
        return f"{value:.6g}"
    return _text(value) if isinstance(value, str) else type(value).__name__


def _many(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


def _typed(column: Column) -> str:
    return str(column.declaration)


def _text(value: str) -> str:
    return repr(value if len(value) <= _LONGEST else value[:_LONGEST] + "...")


def _printable(text: str) -> str:
    return "".join([char if char.isprintable() else repr(char)[1:-1] for char in text])


# --- pictures -------------------------------------------------------------------------------------


def _boxes(plan: Plan) -> tuple[dict[str, tuple[str, str]], list[tuple[str, str, str]]]:
    """Return the boxes by name, as (kind, text), and the arrows, as (from, to, text)."""
    boxes: dict[str, tuple[str, str]] = {}
    names: dict[Column, str] = {}

    def column_box(column: Column, kind: str) -> str:
        name = names.get(column)
        if name is None:
            name = names[column] = f"c{len(names)}"
            boxes[name] = kind, _printable(column.name)
        return name

    arrows: dict[tuple[str, str, str], None] = {}
    stages: dict[int, str] = {}
    for column in plan.inputs:
        column_box(column, "input")
    for step in plan.steps:
        stage = stages.setdefault(id(step.stage), f"s{len(stages)}")
        boxes[stage] = "stage", f"{type(step.stage).__name__}\n{_printable(step.stage.uid)}"
        for column in step.bound.inputs:
            arrows[column_box(column, "column"), stage, _typed(column)] = None
        for column in step.bound.outputs:
            arrows[stage, column_box(column, "column"), _typed(column)] = None
    for column in plan.outputs:
        boxes[column_box(column, "output")] = "output", _printable(column.name)
    return boxes, list(arrows)


_SHAPES = {"input": "cds", "stage": "box", "column": "ellipse", "output": "ellipse, style=bold"}


def _dot(plan: Plan) -> Iterator[str]:
    boxes, arrows = _boxes(plan)
    yield "digraph pipeline {"
    yield "  rankdir=LR;"
    for name, (kind, text) in boxes.items():
        yield f"  {name} [shape={_SHAPES[kind]}, label={json.dumps(text)}];"
    for start, end, text in arrows:
        yield f"  {start} -> {end} [label={json.dumps(text)}];"
    yield "}"


_STYLE = """
body { font: 14px system-ui, sans-serif; margin: 1.5em; color: #222; background: #fff; }
rect { fill: #f4f6fa; stroke: #8894a8; } .stage rect { fill: #e3ecfb; stroke: #3667b5; }
.input rect { fill: #e9f6ec; stroke: #3c8a4f; } .output rect { fill: #fdf1dc; stroke: #b57a1c; }
path { fill: none; stroke: #8894a8; } text { font-size: 12px; } .type { fill: #667; font-size: 10px; }
""".strip()
_WIDTH, _HEIGHT, _GAP, _ROW = 170, 40, 90, 60


def _page(plan: Plan) -> str:
    boxes, arrows = _boxes(plan)
    ranks = _ranks(list(boxes), arrows)
    columns: dict[int, list[str]] = {}
    for name in boxes:
        columns.setdefault(ranks[name], []).append(name)
    positions = {
        name: (rank * (_WIDTH + _GAP) + 10, row * _ROW + 10)
        for rank, names in columns.items()
        for row, name in enumerate(names)
    }
    width = (max(columns, default=0) + 1) * (_WIDTH + _GAP)
    height = max(map(len, columns.values()), default=1) * _ROW + 20
    body = [_arrow(positions[start], positions[end], text) for start, end, text in arrows]
    body += [_box(positions[name], kind, text) for name, (kind, text) in boxes.items()]
    title = f"{_many(len(plan.stages), 'stage')}, as Spark {plan.profile.release}"
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{title}</title>\n'
        f"<style>{_STYLE}</style></head>\n<body><h1>{title}</h1>\n"
        f'<svg width="{width}" height="{height}" role="img" aria-label="{title}">\n'
        + "\n".join(body)
        + "\n</svg></body></html>\n"
    )


def _ranks(names: Sequence[str], arrows: Sequence[tuple[str, str, str]]) -> dict[str, int]:
    """Return the length of the longest path to each box; the steps are in topological order."""
    ranks = dict.fromkeys(names, 0)
    for _round in names:
        changed = False
        for start, end, _ in arrows:
            if start != end and ranks[end] <= ranks[start] < len(names):
                ranks[end], changed = ranks[start] + 1, True
        if not changed:
            break
    return ranks


def _arrow(start: tuple[int, int], end: tuple[int, int], text: str) -> str:
    x1, y1, x2, y2 = start[0] + _WIDTH, start[1] + _HEIGHT // 2, end[0], end[1] + _HEIGHT // 2
    middle = (x1 + x2) // 2
    curve = f'<path d="M{x1},{y1} C{middle},{y1} {middle},{y2} {x2},{y2}"/>'
    label = f'<text class="type" x="{x1 + 4}" y="{y1 - 4}">{html.escape(text)}</text>'
    return f"<g>{curve}{label}</g>"


def _box(position: tuple[int, int], kind: str, text: str) -> str:
    x, y = position
    lines = "".join(
        f'<text x="{x + 8}" y="{y + 17 + 15 * number}">{html.escape(line[:26])}</text>'
        for number, line in enumerate(text.split("\n")[:2])
    )
    return (
        f'<g class="{kind}"><title>{html.escape(text)}</title>'
        f'<rect x="{x}" y="{y}" width="{_WIDTH}" height="{_HEIGHT}" rx="5"/>{lines}</g>'
    )
