"""Numbers as text: other bases, `DecimalFormat`, and the Luhn check.

Follows Spark's `catalyst/expressions/{mathExpressions,stringExpressions}.scala`,
`catalyst/util/NumberConverter.scala` (4.2) and the JDK's `java/text/DecimalFormat.java` (17).
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import ROUND_FLOOR, ROUND_HALF_EVEN, Context, Decimal
from functools import lru_cache
from typing import Any

from sparklet.errors import InvalidValueError
from sparklet.java import double_to_string
from sparklet.profile import Profile
from sparklet.sql.functions import function, map1, map2, maps, refuse_types
from sparklet.sql.nodes import Refused
from sparklet.sql.strings import LONGEST_TEXT, as_number, string
from sparklet.sql.typed import Typed
from sparklet.types import BOOLEAN, INTEGER, NULL, STRING, is_numeric

__all__ = ["converted"]

_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_UNSIGNED = 1 << 64
_EVEN = Context(prec=2000)


# --- bases -----------------------------------------------------------------------------------------


def converted(text: str, base: int, to: int) -> str | None:
    """Return a number in another base; below 0 the number is signed. None where Spark gives null.

    Digits end at the first that the base has not. Raises `OverflowError` beyond 64 bits.

    >>> converted("100", 2, 10), converted("-10", 16, -10), converted("-1", 10, 16), converted("z", 10, 2)
    ('4', '-16', 'FFFFFFFFFFFFFFFF', '0')
    """
    text = text.strip(" ")
    if not 2 <= base <= 36 or not 2 <= abs(to) <= 36 or not text:
        return None
    negative = text.startswith("-")
    value = 0
    for char in text[negative:]:
        digit = _DIGITS.find(char.upper()) if char.isascii() else -1
        if not 0 <= digit < base:
            break
        value = value * base + digit
        if value >= _UNSIGNED:
            raise OverflowError(text)
    if negative and to > 0:
        value = _UNSIGNED - 1 if value >= _UNSIGNED >> 1 else -value % _UNSIGNED
    if to < 0 and value >= _UNSIGNED >> 1:
        value, negative = _UNSIGNED - value, True
    return ("-" if negative and to < 0 else "") + _in_base(value, abs(to))


def _in_base(value: int, base: int) -> str:
    digits = []
    while value:
        value, digit = divmod(value, base)
        digits.append(_DIGITS[digit])
    return "".join(reversed(digits)) or "0"


@function("conv", takes="snn", gives="s")
def conv(profile: Profile, operand: Typed, base: Typed, to: Typed) -> Typed:
    """Return a number in another base; beyond 64 bits the greatest of these, under ANSI an error."""
    ansi = profile.ansi

    def applied(text: str, source: int, target: int) -> str | None:
        try:
            return converted(text, source, target)
        except OverflowError:
            if ansi:
                raise InvalidValueError(f"overflows a number of 64 bits: {text}", text) from None
            # Where a number overflows, Spark goes on with the greatest unsigned one.
            return converted(("-" if text.strip(" ").startswith("-") else "") + "F" * 16, 16, target)

    return maps(
        applied,
        (
            string("conv", operand, profile),
            as_number("conv", base, INTEGER, profile),
            as_number("conv", to, INTEGER, profile),
        ),
        STRING,
    )


# --- DecimalFormat -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Format:
    """What a pattern such as `#,##0.00` says."""

    prefix: str
    suffix: str
    least_whole: int
    least_places: int
    most_places: int
    group: int

    def write(self, value: Any) -> str:
        """Return a number; ties are rounded to the even digit of the exact value."""
        if value != value:
            return "NaN"
        negative = math.copysign(1.0, value) < 0 if isinstance(value, float) else value < 0
        sign = "-" if negative else ""
        if isinstance(value, float) and math.isinf(value):
            return f"{sign}{self.prefix}\u221e{self.suffix}"
        text = f"{_rounded(value, Decimal(1).scaleb(-self.most_places)):f}"
        whole, _, fraction = text.partition(".")
        fraction = fraction[: self.least_places] + fraction[self.least_places :].rstrip("0")
        whole = whole.lstrip("0").rjust(self.least_whole, "0")
        if not whole and not fraction:
            whole = "0"
        if self.group:
            start = len(whole) % self.group
            parts = [whole[:start]] if start else []
            parts += [whole[at : at + self.group] for at in range(start, len(whole), self.group)]
            whole = ",".join(parts)
        return f"{sign}{self.prefix}{whole}{'.' if fraction else ''}{fraction}{self.suffix}"


def _rounded(value: Any, step: Decimal) -> Decimal:
    """Return the size of a number, rounded half to even.

    Java rounds the digits that it prints of a double; its exact value decides only where these are a tie.
    """
    if not isinstance(value, float):
        return Decimal(value).copy_abs().quantize(step, ROUND_HALF_EVEN, _EVEN)
    shown, exact = Decimal(double_to_string(abs(value))), Decimal(abs(value))
    below = shown.quantize(step, ROUND_FLOOR, _EVEN)
    tie = _EVEN.add(below, _EVEN.divide(step, Decimal(2)))
    if shown != tie or exact == tie:
        return shown.quantize(step, ROUND_HALF_EVEN, _EVEN)
    return below if exact < tie else _EVEN.add(below, step)


_PATTERN = re.compile(r"(?P<prefix>[^-#0,.%\u2030;'E\u00a4]*)(?P<whole>[#0,]*)(?:\.(?P<places>[#0]*))?"
                      r"(?P<suffix>[^-#0,.%\u2030;'E\u00a4]*)")  # fmt: skip


@lru_cache(maxsize=256)
def _format_of(pattern: str) -> _Format:
    match = _PATTERN.fullmatch(pattern)
    if match is None or not re.fullmatch("[#,]*[0,]*", match["whole"]):
        raise Refused(f"format_number with the pattern {pattern!r}")
    whole, places = match["whole"], match["places"]
    if places is not None and not re.fullmatch("0*#*", places):
        raise Refused(f"format_number with the pattern {pattern!r}")
    if whole.endswith(",") or not (whole + (places or "")).strip(","):
        raise Refused(f"format_number with the pattern {pattern!r}")
    group = len(whole) - whole.rindex(",") - 1 if "," in whole else 0
    digits, fraction = whole.replace(",", ""), places or ""
    least, least_places = digits.count("0"), fraction.count("0")
    if "0" not in digits + fraction and places is not None:
        # Java gives "#.##" a digit before the point, and ".##" one behind it.
        least, least_places = (1, 0) if digits else (0, 1)
    return _Format(match["prefix"], match["suffix"], least, least_places, len(fraction), group)


@function("format_number", takes="nn", gives="s")
def format_number(_profile: Profile, operand: Typed, places: Typed) -> Typed:
    """Return a number with commas between thousands and so many decimal places, or by a pattern."""
    if NULL in (operand.type, places.type):
        return map1(lambda _: None, places, STRING)
    if not is_numeric(operand.type):
        raise refuse_types("format_number", operand, places)
    if places.type == STRING:
        if not places.constant:
            raise Refused("format_number with a pattern that is no constant")
        if places.value is None:
            return map1(lambda _: None, operand, STRING)
        return map1(_format_of(places.value or "#,##0").write, operand, STRING)

    if places.type != INTEGER:
        raise refuse_types("format_number", operand, places)

    def applied(value: Any, count: int) -> str | None:
        if count < 0:
            return None
        if count > LONGEST_TEXT:
            raise InvalidValueError("has more than 10,000,000 decimal places", count)
        # Java writes no more than 340 places of anything but a BigDecimal.
        shown = count if isinstance(value, Decimal) else min(count, 340)
        return _Format("", "", 1, shown, shown, 3).write(value)

    return map2(applied, operand, places, STRING)


# --- checks ----------------------------------------------------------------------------------------


def passes_luhn(text: str) -> bool:
    """Tell whether the digits of a text pass the check of Luhn's.

    >>> passes_luhn("79927398713"), passes_luhn("79927398714"), passes_luhn("7x")
    (True, False, False)
    """
    total = 0
    for place, char in enumerate(reversed(text)):
        if not char.isdecimal() or char > "\uffff":
            return False
        digit = int(char) * (1 + place % 2)
        total += digit - 9 if digit > 9 else digit
    return bool(text) and total % 10 == 0


def _of_text(name: str, of: Callable[[str], Any]) -> Callable[[Profile, Typed], Typed]:
    return lambda profile, operand: map1(of, string(name, operand, profile), BOOLEAN)


function("luhn_check", takes="s", gives="b")(_of_text("luhn_check", passes_luhn))
