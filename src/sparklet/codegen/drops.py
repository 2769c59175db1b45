"""Order the steps of a plan as Spark's optimizer does: it drops a row before a later value fails.

Spark moves a filter (`handleInvalid="skip"`, `WHERE`) below every projection whose expressions are
deterministic, so a row is dropped although an earlier stage would refuse it, unless the filter reads what
that stage computes. Follows `PushPredicateThroughNonJoin` and `CombineFilters` of Spark's
`sql/catalyst/optimizer/Optimizer.scala` (3.5 and 4.3) and `ProjectExec`, which computes deterministic
expressions when an operator above it needs them.
"""

from __future__ import annotations

from collections.abc import Sequence

from sparklet.columns import Column
from sparklet.stages.stage import Bound

__all__ = ["drops_first"]


def drops_first(steps: Sequence[Bound], *, costly: bool) -> list[int]:
    """Return the indices of the steps with each drop as early as Spark evaluates it, after what it reads.

    `costly` declares that a filter does not move below a UDF that it reads, so that the filters which read
    none come first; Spark 4.2 introduced that. Steps after the last drop keep their places.
    """
    drops = [index for index, step in enumerate(steps) if step.drops]
    if not drops:
        return list(range(len(steps)))
    makers = {column: index for index, step in enumerate(steps) for column in step.outputs}
    floors = _Floors(steps, makers, costly=costly)
    # The floor of a filter is the last step that it stays above. A kept step comes before such filters.
    events = [(floors.of_drop(index), 1, index) for index in drops]
    events += [(index, 0, index) for index in range(drops[-1]) if steps[index].kept]
    order: dict[int, None] = {}
    for _, _, index in sorted(events):
        if steps[index].barrier:
            order |= dict.fromkeys(range(index))
        _place(index, steps, makers, order)
    order |= dict.fromkeys(range(len(steps)))
    return list(order)


class _Floors:
    """The floors of filters and columns; -1 is the table that is scored."""

    def __init__(self, steps: Sequence[Bound], makers: dict[Column, int], *, costly: bool) -> None:
        self._kept, kept = [], -1
        columns: dict[Column, int] = {}
        own: list[int] = []
        for index, step in enumerate(steps):
            self._kept.append(kept)
            below = max((columns.get(column, -1) for column in step.inputs), default=-1)
            stays = step.barrier or (costly and not step.inlined)
            own.append(index if stays and step.drops == "output" else below)
            for column in step.outputs:
                columns[column] = index if stays else below
            if step.kept:
                kept = index
        self._own = own

    def of_drop(self, index: int) -> int:
        """Return the floor of the filter of a step."""
        return max(self._own[index], self._kept[index])


def _place(index: int, steps: Sequence[Bound], makers: dict[Column, int], order: dict[int, None]) -> None:
    """Append a step to the order, after the steps that it reads."""
    pending = [index]
    while pending:
        last = pending[-1]
        missing = [
            makers[column]
            for column in steps[last].inputs
            if column in makers and makers[column] not in order and makers[column] != last
        ]
        if missing:
            pending += reversed(missing)
        else:
            order[pending.pop()] = None
