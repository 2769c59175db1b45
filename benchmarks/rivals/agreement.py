"""How a rival's answers agree with Spark's."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from benchmarks.rivals.adapter import OUTPUTS

__all__ = ["Agreement", "agreement"]

CLOSE = 1e-6


@dataclass(frozen=True)
class Agreement:
    """Rows of which every output given is equal in every bit, all are within 1e-6, or one is further off.

    `gives` names the outputs that the rival has at all; `example` is the first row that is wrong.
    """

    equal: int
    close: int
    wrong: int
    gives: str
    example: str

    @property
    def facts(self) -> dict[str, Any]:
        """Return the fields as JSON has them."""
        return asdict(self)


def _flat(answer: Sequence[Any], given: Sequence[Any]) -> list[float]:
    found: list[float] = []
    for value, wanted in zip(answer, given, strict=True):
        if wanted is not None:
            found += value if isinstance(value, list) else [value]
    return found


def _class(ours: Sequence[float], theirs: Sequence[float], last: str) -> int:
    if len(ours) != len(theirs):
        return 2
    if array("d", ours).tobytes() == array("d", theirs).tobytes():
        return 0
    near = all(abs(a - b) <= CLOSE * max(1.0, abs(b)) for a, b in zip(ours, theirs, strict=True))
    return 1 if near and (last != "prediction" or ours[-1] == theirs[-1]) else 2


def _shown(ours: Sequence[float], theirs: Sequence[float]) -> str:
    return f"{ours} where Spark has {theirs}"[:240]


def agreement(answers: Sequence[Any], expected: Sequence[Any], names: Sequence[str] = OUTPUTS) -> Agreement:
    """Compare answers, each the values of `names` or the text of an error, with Spark's.

    >>> found = agreement(
    ...     [[None, [0.25, 0.75], 1.0], "ValueError: no"], [[[0.0, 1.0], [0.25, 0.75], 1.0]] * 2
    ... )
    >>> found.equal, found.close, found.wrong, found.gives, found.example
    (1, 0, 1, 'probability, prediction', 'row 1: ValueError: no')
    """
    counts, example, gives = [0, 0, 0], "", ""
    for place, (answer, wanted) in enumerate(zip(answers, expected, strict=True)):
        if isinstance(answer, str):
            kind, shown = 2, answer
        else:
            gives = gives or ", ".join(
                name for name, value in zip(names, answer, strict=True) if value is not None
            )
            ours, theirs = _flat(answer, answer), _flat(wanted, answer)
            kind, shown = _class(ours, theirs, names[-1]), _shown(ours, theirs)
        counts[kind] += 1
        if kind == 2 and not example:
            example = f"row {place}: {shown}"
    return Agreement(*counts, gives, example)
