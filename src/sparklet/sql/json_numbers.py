"""The numbers of a JSON text.

Follows the functions for numbers of Jackson's `core/json/ReaderBasedJsonParser.java` (2.15 to 2.21).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

__all__ = ["NumberText", "number_at"]

_NUMBER = re.compile(r"(-?)([0-9]+)(\.[0-9]*)?([eE][+-]?[0-9]*)?")


@dataclass(frozen=True)
class NumberText:
    """A number as it is written, None where it is none; `end` is where Jackson reads on.

    `digits` counts all digits, those of the exponent too.
    """

    text: str | None
    end: int
    whole: bool = False
    digits: int = 0


def number_at(source: str, start: int, *, leading_zeros: bool) -> NumberText:
    """Return the number at a place, which starts with a digit, or with a minus and a digit.

    >>> number_at("-1.5e3,", 0, leading_zeros=False)
    NumberText(text='-1.5e3', end=6, whole=False, digits=3)
    >>> number_at("007", 0, leading_zeros=True).text
    '7'
    """
    match = _NUMBER.match(source, start)
    if match is None:
        return NumberText(None, start + 1)
    sign, digits, fraction, exponent = match[1], match[2], match[3] or "", match[4] or ""
    if len(digits) > 1 and digits[0] == "0":
        if not leading_zeros:
            return NumberText(None, match.start(2) + 1)
        digits = digits.lstrip("0") or "0"
    if fraction == ".":
        return NumberText(None, _behind_error(match.end(3), match, source))
    if exponent and not exponent[-1].isdigit():
        return NumberText(None, _behind_error(match.start(4) + 1, match, source))
    count = len(digits) + max(len(fraction) - 1, 0) + len(exponent.lstrip("eE+-"))
    return NumberText(sign + digits + fraction + exponent, match.end(), not fraction and not exponent, count)


def _behind_error(place: int, match: re.Match[str], source: str) -> int:
    """Return where Jackson reads on behind a number without digits where some must be.

    It has a fast way, which stays behind the first point or `e`, and one for numbers that start with 0.
    """
    if match[2][0] != "0":
        return match.start(3) + 1 if match[3] is not None else match.start(4) + 1
    if place == match.start(4) + 1:
        place = match.end(4)
    return min(place + 1, len(source))
