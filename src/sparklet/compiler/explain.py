"""The generated function in a form to read: stage by stage, with the columns that each makes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from sparklet.columns import Column
from sparklet.compiler.fuse import Body, write
from sparklet.compiler.plan import Plan
from sparklet.emit import Segments, Symbol

__all__ = ["explain"]

_LONGEST = 100


def explain(plan: Plan) -> str:
    """Return the work that a plan does for a row, as text.

    What a name stands for is shown in its place where it is short: numbers and texts of the model, which the
    source itself never contains.
    """
    body = write(plan)
    return "\n".join(_lines(plan, body)) + "\n"


def _lines(plan: Plan, body: Body) -> Iterator[str]:
    given, made = _many(len(plan.inputs), "column"), _many(len(plan.outputs), "column")
    length = _many(len(body.builder.lines), "line")
    yield f"{given} in, {made} out, {length}, as Spark {plan.profile.release}"
    yield ""
    yield "read"
    for var, column in zip(body.inputs, plan.inputs, strict=True):
        yield f"    {var} = row[{_text(column.name)}]  # {_typed(column)}, {column.origin}"
    start = 0
    last: Any = None
    for step, end in body.steps:
        if step.stage is not last:
            yield ""
            yield _printable(str(step.stage))
            last = step.stage
        used = ", ".join([_text(column.name) for column in step.bound.inputs])
        named = ", ".join([f"{_text(column.name)}: {_typed(column)}" for column in step.bound.outputs])
        yield f"  {used} -> {named or 'keep the row or drop it'}"
        for line in body.builder.lines[start:end]:
            yield f"    {_readable(line, body.builder.names)}"
        if start == end:
            yield "    # nothing to do: its segments are used as they are"
        start = end
    yield ""
    yield "give"
    for name, symbol in body.outputs:
        yield f"    {_text(name)}: {_symbol(symbol)}"


def _symbol(symbol: Symbol) -> str:
    if isinstance(symbol, Segments):
        names = [part.var for part in symbol.parts]
        shown = ", ".join(names[:8]) + (f", ... {len(names) - 8} more" if len(names) > 8 else "")
        return f"{symbol.kind} vector of {shown}"
    return symbol.var


def _many(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"


def _typed(column: Column) -> str:
    return column.type if column.size is None else f"{column.type}({column.size})"


def _text(value: str) -> str:
    return repr(value if len(value) <= _LONGEST else value[:_LONGEST] + "...")


def _printable(text: str) -> str:
    return "".join([char if char.isprintable() else repr(char)[1:-1] for char in text])


def _readable(line: str, names: dict[str, Any]) -> str:
    def meaning(match: re.Match[str]) -> str:
        name = match[0]
        if name not in names:
            return name
        value = names[name]
        if isinstance(value, float):
            return f"{value:.6g}"
        if isinstance(value, str):
            return _text(value)
        if isinstance(value, type):
            return value.__name__
        return re.sub(r"\d+$", "", name) if not name.startswith("c") else _called(value, name)

    return re.sub(r"\b[a-z_]+\d+\b", meaning, line)


def _called(value: Any, name: str) -> str:
    if isinstance(value, tuple):
        return f"<{len(value)} values>"
    return getattr(value, "__name__", name).strip("_")
