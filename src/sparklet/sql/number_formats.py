"""`to_number`, `to_char` and their kin: numbers by formats such as `$99,999.00`.

Follows Spark's `catalyst/util/ToNumberParser.scala` and `catalyst/expressions/numberFormatExpressions.scala`
(3.5 and 4.2).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache
from itertools import pairwise

from sparklet.errors import InvalidValueError
from sparklet.profile import Profile
from sparklet.sql.casts import cast
from sparklet.sql.functions import function, functions, map1, refuse_types
from sparklet.sql.nodes import Refused
from sparklet.sql.strings import string
from sparklet.sql.typed import Typed, always
from sparklet.types import DATE, INTEGER, NULL, STRING, TIMESTAMP, DecimalType, is_numeric
from sparklet.types.coercion import decimal_of

__all__ = ["NumberFormat", "number_format"]

# Digits are (exact, count), of which an exact group must be filled; everything else is a character.
_MARK = re.compile(r"[09]+|MI|PR|[.D]|[,G]|\$|S")
_ORDER = ("<", "-S", "$", "#", ".", "#", "$", "-S>")


@dataclass(frozen=True)
class NumberFormat:
    """A format: its marks in order, and the digit groups of those that are digits.

    A mark is one of `< > $ . - S`, or `#` for digits; `groups` has for each of these the counts between
    commas, and whether each is to be filled.
    """

    text: str
    marks: tuple[str, ...]
    groups: tuple[tuple[tuple[int, bool] | None, ...], ...]
    whole: int = field(default=0)
    places: int = field(default=0)

    @property
    def type(self) -> DecimalType:
        """Return the type that holds every number of the format."""
        return DecimalType(self.whole + self.places, self.places)


@lru_cache(maxsize=256)
def number_format(text: str) -> NumberFormat:
    """Return the parsed format; `Refused` where Spark refuses it.

    >>> str(number_format("$99,999.00").type)
    'decimal(7,2)'
    """
    marks: list[str] = []
    digits: list[tuple[int, bool] | None] = []
    groups: list[tuple[tuple[int, bool] | None, ...]] = []
    behind = False

    def close() -> None:
        if digits:
            marks.append("#")
            groups.append(tuple(digits))
            digits.clear()

    place = 0
    while place < len(text):
        match = _MARK.match(text, place)
        if match is None:
            raise _wrong(text)
        place, mark = match.end(), match[0]
        if mark[0] in "09":
            digits.append((len(mark), mark[0] == "0" and not behind))
            continue
        if mark in ",G":
            digits.append(None)
            continue
        if mark != "PR":
            close()
        if mark == "PR":
            close()
            marks.insert(0, "<")
            marks.append(">")
        else:
            behind |= mark in ".D"
            marks.append("." if mark == "D" else "-" if mark == "MI" else mark)
    close()
    return _checked(NumberFormat(text, tuple(marks), tuple(groups), *_digits(marks, groups)))


def _digits(marks: list[str], groups: list[tuple[tuple[int, bool] | None, ...]]) -> tuple[int, int]:
    counts = [0, 0]
    behind, at = 0, 0
    for mark in marks:
        if mark == ".":
            behind = 1
        elif mark == "#":
            counts[behind] += sum_of(groups[at])
            at += 1
    return counts[0], counts[1]


def sum_of(group: tuple[tuple[int, bool] | None, ...]) -> int:
    """Return how many digits the counts between commas are.

    >>> sum_of(((2, False), None, (3, False)))
    5
    """
    total = 0
    for count in group:
        total += 0 if count is None else count[0]
    return total


def _wrong(text: str) -> Refused:
    return Refused(f"the number format {text!r}")


def _checked(made: NumberFormat) -> NumberFormat:
    marks, text = made.marks, made.text
    if "#" not in marks or any(marks.count(mark) > 1 for mark in ".S-$>"):
        raise _wrong(text)
    point = marks.index(".") if "." in marks else len(marks)
    if "$" in marks and marks.index("$") > min(marks.index("#"), point):
        raise _wrong(text)
    at = 0
    for place, mark in enumerate(marks):
        if mark != "#":
            continue
        group, at = made.groups[at], at + 1
        commas = [each is None for each in group]
        if place < point:
            if commas[0] or commas[-1] or any(map(all, pairwise(commas))):
                raise _wrong(text)
        elif any(commas):
            raise _wrong(text)
    place = 0
    for allowed in _ORDER:
        if place < len(marks) and marks[place] in allowed:
            place += 1
    if place < len(marks) or not 1 <= made.whole + made.places <= 38:
        raise _wrong(text)
    return made


# --- reading ---------------------------------------------------------------------------------------


def read_number(format: NumberFormat, text: str, *, empty: bool) -> Decimal | None:
    """Return the number that a text holds, None where it has not the format.

    `empty` tells that a text without digits is 0, as it was before Spark 4.1, which failed without places.

    >>> str(read_number(number_format("$99,999.00"), "$1,234.5", empty=False))
    '1234.50'
    """
    place = 0
    whole, places = "", ""
    behind = negative = opened = closed = False
    groups = iter(format.groups)
    for mark in format.marks:
        char = text[place : place + 1]
        if mark == "#":
            end = place
            while end < len(text) and (_is_space(text[end]) or text[end].isdecimal() or text[end] == ","):
                end += 1
            run = text[place:end]
            if not _fits(run, next(groups)):
                return None
            found = "".join(each for each in run if each.isdecimal())
            if behind:
                places += found
            else:
                whole += found
            place = end
        elif mark == ".":
            if char == ".":
                behind, place = True, place + 1
        elif mark == "$":
            if char and char != "$":
                return None
            place += len(char)
        elif mark in "S-":
            if char == "-" or (char == "+" and mark == "S"):
                negative ^= char == "-"
                place += 1
        elif mark == "<" and char == "<":
            opened, place = True, place + 1
        elif mark == ">" and char == ">":
            if not opened:
                return None
            closed, negative, place = True, not negative, place + 1
    if place < len(text) or opened != closed:
        return None
    if not whole and not places:
        if not empty:
            return None
        if not format.places:
            raise InvalidValueError("has no digits", text)
    number = Decimal(f"{whole or '0'}.{places.ljust(format.places, '0')}")
    if number and number.adjusted() >= format.whole:
        # Digits before the point where the format has none: Spark fails on them, whatever it is asked.
        raise InvalidValueError(f"has more digits than the format {format.text!r}", text)
    return number.copy_negate() if negative and number else number


def _is_space(char: str) -> bool:
    return char in "\t\n\x0b\f\r \x1c\x1d\x1e\x1f" or (
        char > "\x7f" and char.isspace() and char not in "\x85\xa0\u2007\u202f"
    )


def _fits(run: str, group: tuple[tuple[int, bool] | None, ...]) -> bool:
    expected = [each for each in reversed(group) if each is not None]
    actual = [len([char for char in part if char.isdecimal()]) for part in reversed(run.split(","))]
    if len(actual) > len(expected):
        return False
    actual += [0] * (len(expected) - len(actual))
    return all(
        count == most if exact else count <= most
        for count, (most, exact) in zip(actual, expected, strict=True)
    )


def _constant_format(name: str, format: Typed) -> NumberFormat | None:
    if not format.constant or format.type not in (STRING, NULL):
        raise Refused(f"{name} with a format that is no constant")
    return None if format.value is None else number_format(format.value)


def _to_number(name: str, *, strict: bool) -> Callable[[Profile, Typed, Typed], Typed]:
    def build(profile: Profile, operand: Typed, written: Typed) -> Typed:
        format = _constant_format(name, written)
        if format is None:
            return map1(lambda _: None, string(name, operand, profile), decimal_of(INTEGER))
        empty = not profile.at_least("4.1+")

        def applied(text: str) -> Decimal | None:
            number = read_number(format, text, empty=empty)
            if number is None and strict:
                raise InvalidValueError(f"has not the format {format.text!r}", text)
            return number

        return map1(applied, string(name, operand, profile), format.type)

    return build


function("to_number", takes="ss", gives="n")(_to_number("to_number", strict=True))
function("try_to_number", takes="ss", gives="n")(_to_number("try_to_number", strict=False))


# --- writing ---------------------------------------------------------------------------------------


def write_number(format: NumberFormat, value: Decimal) -> str:
    """Return the number in the format; `#` for each digit where it has more than the format.

    >>> write_number(number_format("$99,999.00S"), Decimal("-1234.5"))
    '$ 1,234.50-'
    """
    whole, places = _split(format, value)
    out: list[str] = []
    behind = False
    groups = iter(format.groups)
    for mark in format.marks:
        if mark == "#":
            for count in next(groups):
                if count is None:
                    _append_comma(out)
                elif behind:
                    out += places[: count[0]]
                    places = places[count[0] :]
                else:
                    for char in whole[: count[0]]:
                        _append_digit(out, char, exact=count[1])
                    whole = whole[count[0] :]
        elif mark == ".":
            if out and out[-1] == " ":
                out[-1] = "0"
            out.append(".")
            behind = True
        elif mark == "$":
            out.append("$")
        else:
            _append_sign(out, mark, negative=value < 0)
    _strip_point(out)
    text = "".join(out)
    return "0" if text in ("", "+", "-") else text


def _split(format: NumberFormat, value: Decimal) -> tuple[str, str]:
    whole, _, places = f"{value.copy_abs():f}".partition(".")
    whole, places = whole.lstrip("0"), places.rstrip("0")
    if len(whole) > format.whole or len(places) > format.places:
        return "#" * format.whole, "#" * format.places
    return whole.rjust(format.whole), places.ljust(format.places, "0")


def _append_digit(out: list[str], char: str, *, exact: bool) -> None:
    if char != " ":
        out.append(char)
    elif exact:
        out.append("0")
    else:
        _append_space(out)


def _append_comma(out: list[str]) -> None:
    if out and out[-1].isdecimal():
        out.append(",")
    else:
        _append_space(out)


def _append_space(out: list[str]) -> None:
    """Append a space, before the signs that stand at the end."""
    place = len(out)
    while place and out[place - 1] in "+-<":
        place -= 1
    out.insert(place, " ")


def _append_sign(out: list[str], mark: str, *, negative: bool) -> None:
    if mark == "<":
        out += "<" if negative else ""
        return
    if mark == "-" and not negative:
        out.append(" ")
        return
    _strip_point(out)
    if mark == ">" and not negative:
        out += "  "
        return
    char = ">" if mark == ">" else "-" if negative else "+"
    place = len(out)
    while place and out[place - 1] == " ":
        place -= 1
    out.insert(place, char)


def _strip_point(out: list[str]) -> None:
    if "." in out:
        place = out.index(".")
        if place == len(out) - 1 or out[place + 1] == " ":
            out[place] = " "


@function("to_char", "to_varchar", takes="ns", gives="s")
def to_char(profile: Profile, operand: Typed, written: Typed) -> Typed:
    """Return a number, or since Spark 4.0 a date or a time, as text of a format."""
    if operand.type in (DATE, TIMESTAMP) and profile.at_least("4.0"):
        return functions["date_format"].build(profile, operand, written)
    if not is_numeric(operand.type) and operand.type not in (STRING, NULL):
        raise refuse_types("to_char", operand, written)
    format = _constant_format("to_char", written)
    if operand.type == NULL:
        return always(None, STRING)
    if format is None:
        raise refuse_types("to_char", operand, written)
    to = DecimalType(38, 18) if operand.type == STRING else decimal_of(operand.type)
    return map1(lambda value: write_number(format, value), cast(operand, to, profile), STRING)
