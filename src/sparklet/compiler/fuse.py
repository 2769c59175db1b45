"""The compiler: a plan as one generated function, from a row to a row.

The generated code only has to be right where all goes well. Whatever fails in it is scored once more by the
interpreter, which knows stage, column and value.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from operator import itemgetter
from typing import Any, NoReturn

from sparklet._native import kernels, lazily
from sparklet.columns import ABSENT, Column, RowReader, coercer
from sparklet.compiler.interpret import Score, interpret
from sparklet.compiler.plan import Plan, Step, readers_of
from sparklet.emit import Builder, Source, Symbol, Value, compiled
from sparklet.errors import NullValueError
from sparklet.stages.stage import Dropped

__all__ = ["Body", "fuse", "write"]

# The classes that a row's value most likely has already; any other goes through the column's coercion.
_CLASSES: dict[str, type] = {"double": float, "string": str, "boolean": bool}


@dataclass(frozen=True)
class Body:
    """The generated lines of a plan: the inputs' variables, what each step writes, the outputs' symbols."""

    builder: Builder
    inputs: tuple[str, ...]
    steps: tuple[tuple[Step, int], ...]
    outputs: tuple[tuple[str, Symbol], ...]


def write(plan: Plan, *, coerced: bool = False) -> Body:
    """Write the steps of a plan into a builder.

    Each step of the result stands beside the number of lines written once it was done. With `coerced` the
    inputs are already what their columns say.
    """
    builder = Builder()
    symbols: dict[Column, Symbol] = {}
    inputs = []
    for column in plan.inputs:
        value = Value(builder.variable(), nan=column.type in ("double", "float"))
        inputs.append(value.var)
        symbols[column] = value
        if coerced:
            continue
        if column in plan.optional:
            absent, coerce = builder.bind(ABSENT), builder.bind(coercer(column), "coerce_")
            builder.line(f"if {value.var} is not {absent}: {value.var} = {coerce}({value.var})")
        else:
            builder.wait(value, _CLASSES.get(column.type, type(None)), coercer(column))
    if any(step.bound.drops for step in plan.steps):
        # A row of wrong types is refused, even where a stage would drop it.
        for symbol in symbols.values():
            builder.value(symbol)
    done = []
    for step in plan.steps:
        _write_step(builder, step, symbols, plan.optional)
        done.append((step, len(builder.lines)))
    outputs = tuple((column.name, symbols[column]) for column in plan.outputs)
    return Body(builder, tuple(inputs), tuple(done), outputs)


def _write_step(
    builder: Builder, step: Step, symbols: dict[Column, Symbol], optional: frozenset[Column]
) -> None:
    bound = step.bound
    if not bound.nulls:
        for column in bound.inputs:
            symbols[column] = _require(builder, column, symbols[column])
    given = [symbols[column] for column in bound.inputs]
    made: Symbol | tuple[Symbol, ...]
    if any(column in optional for column in bound.inputs):
        function, absent = builder.bind(bound.function, "f"), builder.bind(ABSENT)
        value = builder.value(given[0])
        made = Value(builder.let(f"{absent} if {value} is {absent} else {function}({value})"))
    elif bound.emit is not None:
        made = bound.emit(builder, *given)
    else:
        made = _call(builder, bound.function, given, len(bound.outputs))
    results = made if isinstance(made, tuple) else (made,)
    symbols.update(zip(bound.outputs, results, strict=True))


def _call(
    builder: Builder, function: Callable[..., Any], given: list[Symbol], count: int
) -> tuple[Symbol, ...]:
    call = f"{builder.bind(function, 'f')}({', '.join(map(builder.value, given))})"
    if not count:
        builder.line(call)
        return ()
    names = [builder.variable() for _ in range(count)]
    builder.line(f"{', '.join(names)} = {call}")
    return tuple(map(Value, names))


def _require(builder: Builder, column: Column, symbol: Symbol) -> Symbol:
    if not isinstance(symbol, Value) or not symbol.null:
        return symbol
    var = builder.value(symbol)
    builder.line(f"if {var} is None: {builder.bind(_refuse_null)}({builder.bind(column.name)})")
    return Value(var, null=False, nan=symbol.nan, whole=symbol.whole)


def _refuse_null(name: str) -> NoReturn:
    raise NullValueError(column=name)


def fuse(plan: Plan, missing: str) -> tuple[Score, Source]:
    """Return the function that scores one row, and its source.

    It gives None for a row that a stage drops, and raises a `RowError` that names stage, column and value.
    """
    native = None if plan.optional else kernels()
    body = write(plan, coerced=native is not None)
    builder, reader = body.builder, RowReader(plan.inputs, plan.optional, missing, readers_of(plan))
    interpreted: Score = lazily(lambda: interpret(plan, missing))
    score: Score

    def again(row: Mapping[str, Any]) -> dict[str, Any] | None:
        arranged = reader.arrange(row)
        if arranged is not row:
            return score(arranged)
        return interpreted({name: value for name, value in row.items() if value is not ABSENT})

    results = [(builder.bind(name, "k"), builder.value(symbol)) for name, symbol in body.outputs]
    display = "{" + ", ".join([f"{name}: {var}" for name, var in results]) + "}"
    if plan.optional:
        display = f"{{k: v for k, v in {display}.items() if v is not {builder.bind(ABSENT)}}}"
    names = tuple([column.name for column in plan.inputs])
    if native is not None:
        classes = tuple([_CLASSES.get(column.type) for column in plan.inputs])
        read = native.reader(names, classes, tuple(map(coercer, plan.inputs)), reader.arrange)
        reading = [
            f"{''.join([f'{var}, ' for var in body.inputs]) or '_'} = {builder.bind(read, 'read')}(row)"
        ]
    else:
        arrange = builder.bind(reader.arrange, "arrange")
        reading = [f"if row.__class__ is not dict or len(row) != {len(names)}: row = {arrange}(row)"]
        if names:
            # One input comes as itself, several as a tuple.
            reading.append(f"{', '.join(body.inputs)} = {builder.bind(itemgetter(*names), 'take')}(row)")
    text = "\n".join(
        [
            "def score(row):",
            "    try:",
            *[f"        {line}" for line in [*reading, *builder.lines]],
            f"        return {display}",
            f"    except {builder.bind(Dropped)}:",
            "        return None",
            f"    except {builder.bind(Exception)}:",
            "        pass",
            f"    return {builder.bind(again)}(row)",
            "",
        ]
    )
    source = compiled(text)
    score = source.run(builder.names, "score")
    return score, source
