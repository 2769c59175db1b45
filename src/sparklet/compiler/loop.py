"""The same generated body inside a loop: columns of values in, columns of values out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sparklet.columns import ABSENT
from sparklet.compiler.fuse import write
from sparklet.compiler.interpret import interpret
from sparklet.compiler.plan import Plan
from sparklet.emit import Segments, compiled
from sparklet.errors import RowError
from sparklet.linalg import to_dense
from sparklet.native import lazily
from sparklet.stages.stage import Dropped

__all__ = ["Loop", "Scored", "loop"]

Loop = Callable[[Sequence[Sequence[Any]], int], "Scored"]


@dataclass(frozen=True)
class Scored:
    """What became of some rows: a list of values for each output, and the places of rows that were dropped.

    Where `widths` has a number, the output's vectors are dense and of that size, and their elements stand one
    after the other.
    """

    columns: tuple[list[Any], ...]
    widths: tuple[int | None, ...]
    dropped: list[int]

    def only(self, places: Sequence[int]) -> Scored:
        """Return the outputs at these places."""
        return Scored(
            tuple([self.columns[place] for place in places]),
            tuple([self.widths[place] for place in places]),
            self.dropped,
        )


def loop(plan: Plan) -> Loop:
    """Return the function that scores columns: lists of values that are already what their columns say.

    It takes a list for each input of the plan, and the number of rows. Raises the `RowError` of the first row
    that fails, with its place among the rows as `row`.
    """
    body = write(plan, coerced=True)
    builder = body.builder
    widths: list[int | None] = []
    appends = []
    for number, (_, symbol) in enumerate(body.outputs):
        numbers = symbol.numbers if isinstance(symbol, Segments) and symbol.kind == "dense" else None
        if numbers:
            values = ", ".join([number_.value for number_ in numbers])
            appends.append(f"out{number} += ({values},)")
        else:
            appends.append(f"add{number}({builder.value(symbol)})")
        widths.append(len(numbers) if numbers else None)
    outputs = [f"out{number}" for number in range(len(widths))]
    head = f"for {', '.join(['at', *body.inputs])}, in zip(range(count), *columns):"
    text = "\n".join(
        [
            "def score(columns, count):",
            "    dropped = []",
            *[f"    {out} = []" for out in outputs],
            *[f"    add{n} = out{n}.append" for n, width in enumerate(widths) if width is None],
            f"    {head}",
            "        try:",
            *[f"            {line}" for line in [*builder.lines, *appends] or ["pass"]],
            f"        except {builder.bind(Dropped)}:",
            "            dropped.append(at)",
            "        except Exception:",
            f"            if {builder.bind(_again(plan, widths))}(columns, at, [{', '.join(outputs)}]):",
            "                dropped.append(at)",
            f"    return [{', '.join(outputs)}], dropped",
            "",
        ]
    )
    score = compiled(text).run(builder.names, "score")

    def run(values: Sequence[Sequence[Any]], count: int) -> Scored:
        made, dropped = score(values, count)
        return Scored(tuple(made), tuple(widths), dropped)

    return run


def _again(plan: Plan, widths: list[int | None]) -> Callable[..., bool]:
    """Return the function that scores the row at a place once more, with all checks and errors.

    It appends the outputs and tells whether the row is dropped.
    """
    names = [column.name for column in plan.inputs]
    score = lazily(lambda: interpret(plan, "null"))

    def again(columns: Sequence[Sequence[Any]], at: int, outputs: Sequence[list[Any]]) -> bool:
        row = {
            name: values[at] for name, values in zip(names, columns, strict=True) if values[at] is not ABSENT
        }
        try:
            scored = score(row)
        except RowError as error:
            error.row = at
            raise
        if scored is None:
            return True
        for column, output, width in zip(plan.outputs, outputs, widths, strict=True):
            value = scored.get(column.name, ABSENT)
            if width is None:
                output.append(value)
            else:
                output.extend(to_dense(value).values)
        return False

    return again
