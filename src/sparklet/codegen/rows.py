"""The row backend: a plan as one generated Python function, from a row to a row.

The function only has to be right where all goes well. Whatever fails in it is scored once more by the
interpreter, which names stage, column and value.
"""

from __future__ import annotations

from operator import itemgetter

from sparklet.codegen.interpreter import Score
from sparklet.codegen.lower import Lowered
from sparklet.codegen.source import Source, compiled
from sparklet.codegen.writer import Writer
from sparklet.columns import ABSENT, RowReader, coercer
from sparklet.ir import effects_first
from sparklet.stages.stage import Dropped
from sparklet.types import BOOLEAN, DOUBLE, STRING, DataType

__all__ = ["rows"]

_CLASSES: dict[DataType, type] = {DOUBLE: float, STRING: str, BOOLEAN: bool}
"""The classes that a row's value most likely has already; any other goes through the column's coercion."""


def rows(lowered: Lowered, reader: RowReader, fallback: Score) -> tuple[Score, Source]:
    """Return the function that scores one row, and its source.

    `reader` arranges rows that are no dict of exactly the inputs. A row on which the function fails goes to
    `fallback`, which raises what there is to say, or scores it.
    """
    plan = lowered.plan
    writer = Writer(lowered.nodes, [node for _, node in lowered.outputs])
    variables = [writer.input(node) for node in lowered.inputs]
    absent = writer.bind(ABSENT) if plan.optional else ""
    for column, name in zip(plan.inputs, variables, strict=True):
        kind = _CLASSES.get(column.type)
        convert = f"{writer.bind(coercer(column), 'coerce_')}({name})"
        if kind is float:
            convert = f"float({name}) if {name}.__class__ is int else {convert}"
        tests = [f"{name} is not {absent}"] if column in plan.optional else []
        if kind is not None:
            tests.append(f"{name}.__class__ is not {writer.bind(kind)}")
        when = f"if {' and '.join(tests)}: " if tests else ""
        writer.lines.append(f"{when}{name} = {convert}")
    for node in effects_first(lowered.nodes):
        writer.write(node)
    results = [(writer.bind(name, "k"), writer.text(node)) for name, node in lowered.outputs]
    display = "{" + ", ".join([f"{name}: {text}" for name, text in results]) + "}"
    if plan.optional:
        display = f"{{k: v for k, v in {display}.items() if v is not {absent}}}"
    names = tuple([column.name for column in plan.inputs])
    arrange = writer.bind(reader.arrange, "arrange")
    reading = [f"if row.__class__ is not dict or len(row) != {len(names)}: row = {arrange}(row)"]
    if names:
        # One input comes as itself, several as a tuple.
        reading.append(f"{', '.join(variables)} = {writer.bind(itemgetter(*names), 'take')}(row)")
    text = "\n".join(
        [
            "def score(row):",
            "    try:",
            *[f"        {line}" for line in [*reading, *writer.lines]],
            f"        return {display}",
            f"    except {writer.bind(Dropped)}:",
            "        return None",
            f"    except {writer.bind(Exception)}:",
            "        pass",
            f"    return {writer.bind(fallback)}(row)",
            "",
        ]
    )
    source = compiled(text)
    return source.run(writer.names, "score"), source
