"""The row backend: generate one Python function that scores a row with a plan.

The function handles only rows without errors. When it fails, the fallback scores the row again and raises the
error with stage, column and value.
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
"""The expected class of a column's values; values of other classes go through the column's coercion."""


def rows(lowered: Lowered, reader: RowReader, fallback: Score) -> tuple[Score, Source]:
    """Return the function that scores one row, and its source.

    `reader` arranges rows that are not a dict of exactly the inputs. When the function fails on a row, it
    calls `fallback`, which scores the row or raises its error.
    """
    plan = lowered.plan
    writer = Writer(lowered.nodes, [node for _, node in lowered.outputs])
    variables = [writer.input(node) for node in lowered.inputs]
    absent = writer.bind(ABSENT) if plan.optional else ""
    for column, name in zip(plan.inputs, variables, strict=True):
        expected = _CLASSES.get(column.type)
        convert = f"{writer.bind(coercer(column), 'coerce_')}({name})"
        if expected is float:
            convert = f"float({name}) if {name}.__class__ is int else {convert}"
        tests = [f"{name} is not {absent}"] if column in plan.optional else []
        if expected is not None:
            tests.append(f"{name}.__class__ is not {writer.bind(expected)}")
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
    exact = f"row.__class__ is dict and len(row) == {len(names)}"
    reading = [f"values = row if {exact} else {arrange}(row)"]
    if names:
        # itemgetter returns a single item as it is, several items as a tuple.
        take = f"{', '.join(variables)} = {writer.bind(itemgetter(*names), 'take')}"
        reading += ["try:", f"    {take}(values)", "except KeyError:", f"    {take}({arrange}(row))"]
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
