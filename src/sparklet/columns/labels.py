"""The notation of labels, which tells in which type of column a StringIndexer was fitted.

Spark casts numbers to text before it counts labels: an integer column has the labels `1` and `2`, a double
column `1.0` and `2.0`, a decimal column `1.50` and `2.00`.
"""

from __future__ import annotations

import decimal
import re
from collections.abc import Iterable
from typing import Literal

from sparklet.java.casts import from_double
from sparklet.java.text import double_to_string, float_to_string
from sparklet.records import record
from sparklet.types import FLOAT

__all__ = ["TEXT", "WHOLE", "Notation", "notation_of"]

_WHOLE = re.compile(r"-?(?:0|[1-9]\d*)")
_FIXED = re.compile(r"-?\d+\.(\d+)")
_LONGEST = 40
_MOST = 1e15
_nearest_float = from_double(FLOAT, ansi=True)


@record()
class Notation:
    """Describe how all labels of an indexer are written, and so how it reads numbers.

    - `text`: as no single type of number writes them, so that only text can have such labels.
    - `whole`: as integers; 2.0 is the label `2`.
    - `double`: as doubles; 2 is the label `2.0`.
    - `fixed`: as decimals with `scale` digits; 1.5 is the label `1.50`.

    `certain` declares that floats and doubles of equal value have equal labels.
    """

    kind: Literal["text", "whole", "double", "fixed"]
    scale: int = 0
    certain: bool = True

    def text(self, value: float) -> str:
        """Return the label of a number that is not NaN.

        >>> Notation("whole").text(2.0), Notation("double").text(2), Notation("fixed", 2).text(1.5)
        ('2', '2.0', '1.50')
        """
        if self.kind == "double":
            return double_to_string(float(value))
        if self.kind == "fixed" and abs(value) < _MOST:
            exact = decimal.Decimal(repr(value))
            scaled = round(exact, self.scale)
            if scaled == exact:
                return str(scaled)
        if isinstance(value, int):
            return str(value)
        if self.kind == "whole" and value.is_integer() and abs(value) < _MOST:
            return str(int(value))
        return double_to_string(value)


TEXT, WHOLE = Notation("text"), Notation("whole")


def notation_of(labels: Iterable[str | None]) -> Notation:
    """Return the notation of labels.

    >>> notation_of(["1", "2"]).kind, notation_of(["1.0", "2.5"]).kind, notation_of(["a", "1"]).kind
    ('whole', 'double', 'text')
    >>> notation_of(["1.50", "2.00"]), notation_of(["0.1"])
    (Notation(kind='fixed', scale=2, certain=True), Notation(kind='double', scale=0, certain=False))
    """
    known = [label for label in labels if label is not None]
    if not known or not _numeric(known[0]):
        return TEXT
    if all(map(_is_whole, known)):
        return WHOLE
    if all(map(_is_double, known)):
        return Notation("double", certain=all(map(_is_float, known)))
    scales = {_scale(label) for label in known}
    scale = scales.pop()
    return TEXT if scales or scale is None else Notation("fixed", scale)


def _scale(label: str) -> int | None:
    match = _FIXED.fullmatch(label) if len(label) < _LONGEST else None
    return len(match[1]) if match else None


def _numeric(label: str) -> bool:
    return label[:1] in "-0123456789IN" and label != ""


def _is_whole(label: str) -> bool:
    return len(label) < _LONGEST and _WHOLE.fullmatch(label) is not None


def _is_double(label: str) -> bool:
    try:
        return len(label) < _LONGEST and double_to_string(float(label)) == label
    except ValueError:
        return False


def _is_float(label: str) -> bool:
    value = float(label)
    return label != "NaN" and _nearest_float(value) == value and float_to_string(value) == label
