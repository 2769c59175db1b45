"""`format_string`: Java's `Formatter` in English, as far as the values of rows need it.

Follows Spark's `catalyst/expressions/stringExpressions.scala` (`FormatString`, 4.2) and the JDK's
`java/util/Formatter.java` (17). Java is given Spark's own values: a date is its day, a time its microsecond,
and a decimal is no number.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from typing import Any, TypeAlias

from sparklet.errors import InvalidValueError
from sparklet.java import double_to_string, to_string, utf16_length
from sparklet.profile import Profile
from sparklet.sql.casts import WIDE
from sparklet.sql.functions import function, refuse_types
from sparklet.sql.nodes import Refused
from sparklet.sql.strings import LONGEST_TEXT, string
from sparklet.sql.times import EPOCH
from sparklet.sql.typed import Typed
from sparklet.types import (
    BOOLEAN,
    DATE,
    INTEGER,
    LONG,
    NULL,
    STRING,
    TIMESTAMP,
    ArrayType,
    DataType,
    DecimalType,
    IntegralType,
    is_floating,
)

__all__ = ["formatted"]

_SPECIFIER = re.compile(
    r"%(?:(?P<index>[1-9][0-9]*)\$)?(?P<flags>[-#+ 0,(<]*)(?P<width>[1-9][0-9]*)?(?:\.(?P<precision>[0-9]+))?"
    r"(?P<time>[tT])?(?P<conversion>[a-zA-Z%])"
)
_GENERAL, _INTEGRAL, _FLOATING, _CHARACTER = frozenset("bBsS"), frozenset("doxX"), frozenset("eEfgG"), "cC"
_FLAGS = {
    **dict.fromkeys("bBsScC%", "-<"), **dict.fromkeys("oxX", "-#0<"), "d": "-+ 0,(<", "f": "-#+ 0,(<",
    **dict.fromkeys("eE", "-#+ 0(<"), **dict.fromkeys("gG", "-+ 0,(<"), "n": "",
}  # fmt: skip


@dataclass(frozen=True)
class _Specifier:
    """One `%...` of a format."""

    text: str
    index: int
    flags: str
    width: int
    precision: int | None
    conversion: str


Part: TypeAlias = str | _Specifier


def _wrong(problem: str, format: str) -> InvalidValueError:
    return InvalidValueError(f"the format {format!r}: {problem}", format)


@lru_cache(maxsize=256)
def _parts(format: str) -> tuple[Part, ...]:
    """Return the texts and the specifiers of a format; `InvalidValueError` where Java raises."""
    parts: list[Part] = []
    place = 0
    while (at := format.find("%", place)) >= 0:
        if at > place:
            parts.append(format[place:at])
        match = _SPECIFIER.match(format, at)
        if match is None:
            raise _wrong("a % without a conversion", format)
        parts.append(_checked(match, format))
        place = match.end()
    parts.append(format[place:])
    return tuple(parts)


def _checked(match: re.Match[str], format: str) -> _Specifier:
    flags, conversion = match["flags"], match["conversion"]
    if match["time"]:
        raise _wrong("times are not formatted", format)
    if conversion in "aAhH":
        raise _wrong(f"the conversion %{conversion} is not computed", format)
    allowed = _FLAGS.get(conversion)
    if allowed is None:
        raise _wrong(f"no conversion %{conversion}", format)
    width = int(match["width"] or 0)
    precision = None if match["precision"] is None else int(match["precision"])
    if len(set(flags)) < len(flags) or not set(flags) <= set(allowed):
        raise _wrong(f"the flags {flags} of %{conversion}", format)
    if max(width, precision or 0) > LONGEST_TEXT:
        raise _wrong("a width or precision beyond 10,000,000", format)
    if not width and ("-" in flags or "0" in flags):
        raise _wrong("a flag without a width", format)
    if {"-", "0"} <= set(flags) or {"+", " "} <= set(flags):
        raise _wrong(f"the flags {flags} together", format)
    if precision is not None and conversion not in _GENERAL | _FLOATING:
        raise _wrong(f"a precision of %{conversion}", format)
    if conversion == "n" and width:
        raise _wrong("a width of %n", format)
    return _Specifier(match[0], int(match["index"] or 0), flags, width, precision, conversion)


def formatted(format: str, values: tuple[Any, ...], types: tuple[DataType, ...]) -> str:
    """Return the format with its arguments; `InvalidValueError` where Java raises.

    >>> from sparklet.types import DOUBLE, INTEGER
    >>> formatted("%05d|%,.2f|%2$s", (42, 1234.565), (INTEGER, DOUBLE))
    '00042|1,234.57|1234.565'
    """
    texts: list[str] = []
    following, last = 0, -1
    for part in _parts(format):
        if isinstance(part, str):
            texts.append(part)
            continue
        if part.conversion in "%n":
            texts.append("\n" if part.conversion == "n" else _justified("%", part))
            continue
        if "<" in part.flags:
            at = last
        elif part.index:
            at = part.index - 1
        else:
            at = following
            following += 1
        if not 0 <= at < len(values):
            raise _wrong(f"no argument for {part.text}", format)
        last = at
        texts.append(_written(part, values[at], types[at], format))
    return "".join(texts)


def _justified(text: str, part: _Specifier) -> str:
    missing = part.width - utf16_length(text)
    if missing <= 0:
        return text
    return text + " " * missing if "-" in part.flags else " " * missing + text


def _written(part: _Specifier, value: Any, type: DataType, format: str) -> str:
    conversion = part.conversion
    if value is None:
        # Java cuts the word null where a precision stands, also that of a number.
        text = _cut("false" if conversion in "bB" else "null", part.precision)
    elif conversion in "bB":
        text = _cut("false" if value is False else "true", part.precision)
    elif conversion in "sS":
        text = _cut(_text(value, type), part.precision)
    elif conversion in _CHARACTER:
        text = _character(value, type, format)
    elif conversion in _INTEGRAL:
        if not isinstance(type, IntegralType):
            raise _wrong(f"{part.text} of {type}", format)
        text = _decimal_digits(value, part) if conversion == "d" else _other_digits(value, type, part)
    else:
        if not is_floating(type):
            raise _wrong(f"{part.text} of {type}", format)
        text = _floating(value, part)
    return _justified(text.upper() if conversion.isupper() else text, part)


def _cut(text: str, precision: int | None) -> str:
    if precision is None or precision >= utf16_length(text):
        return text
    return text.encode("utf-16-le", "surrogatepass")[: 2 * precision].decode("utf-16-le", "replace")


def _text(value: Any, type: DataType) -> str:
    if isinstance(type, DecimalType):
        return str(WIDE.quantize(value, Decimal(1).scaleb(-type.scale)))
    return str(to_string(value, type, "4.1+"))


def _character(value: Any, type: DataType, format: str) -> str:
    if not isinstance(type, IntegralType) or type == LONG:
        raise _wrong(f"%c of {type}", format)
    if not 0 <= value <= 0x10FFFF:
        raise _wrong(f"no character {value}", format)
    return "?" if 0xD800 <= value <= 0xDFFF else chr(value)


def _framed(digits: str, part: _Specifier, *, negative: bool, pads: bool = True) -> str:
    """Return the digits with their sign, and the zeros that fill the width."""
    head, tail = "", ""
    if negative:
        head, tail = ("(", ")") if "(" in part.flags else ("-", "")
    elif "+" in part.flags:
        head = "+"
    elif " " in part.flags:
        head = " "
    if pads and "0" in part.flags:
        digits = digits.rjust(part.width - len(head) - len(tail), "0")
    return head + digits + tail


def _grouped(whole: str, part: _Specifier) -> str:
    return f"{int(whole):,}" if "," in part.flags else whole


def _decimal_digits(value: int, part: _Specifier) -> str:
    return _framed(_grouped(str(abs(value)), part), part, negative=value < 0)


def _other_digits(value: int, type: IntegralType, part: _Specifier) -> str:
    octal = part.conversion == "o"
    digits = f"{value & ((1 << type.bits) - 1):{'o' if octal else 'x'}}"
    head = ("0" if octal else "0x") if "#" in part.flags else ""
    if "0" in part.flags:
        digits = digits.rjust(part.width - len(head), "0")
    return head + digits


def _floating(value: float, part: _Specifier) -> str:
    negative = str(value).startswith("-")
    if value != value:
        return "NaN"
    if value in (float("inf"), float("-inf")):
        return _framed("Infinity", part, negative=negative, pads=False)
    exact = abs(Decimal(double_to_string(value)))
    precision = 6 if part.precision is None else part.precision
    conversion = part.conversion.lower()
    if conversion == "e":
        digits = _scientific(exact, precision, point="#" in part.flags)
    elif conversion == "f":
        digits = _plain(exact, precision, part, point="#" in part.flags)
    else:
        digits = _general(exact, precision or 1, part)
    return _framed(digits, part, negative=negative)


def _plain(value: Decimal, places: int, part: _Specifier, *, point: bool = False) -> str:
    text = f"{value.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP, WIDE):f}"
    whole, _, fraction = text.partition(".")
    return _grouped(whole, part) + (f".{fraction}" if fraction or point else "")


def _scientific(value: Decimal, places: int, *, point: bool = False) -> str:
    if not value:
        digits, exponent = "0" * (places + 1), 0
    else:
        exponent = value.adjusted()
        scaled = value.scaleb(-exponent, WIDE).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP, WIDE)
        if scaled >= 10:
            exponent += 1
            scaled = scaled.scaleb(-1, WIDE).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP, WIDE)
        digits = f"{scaled:f}".replace(".", "")
    fraction = f".{digits[1:]}" if places or point else ""
    return f"{digits[0]}{fraction}e{'-' if exponent < 0 else '+'}{abs(exponent):02d}"


def _general(value: Decimal, precision: int, part: _Specifier) -> str:
    if not value:
        return _plain(value, precision - 1, part)
    rounded = WIDE.create_decimal(_scientific(value, precision - 1))
    if Decimal("0.0001") <= rounded < Decimal(10) ** precision:
        return _plain(value, precision - 1 - rounded.adjusted(), part)
    return _scientific(value, precision - 1)


_PLAIN_TYPES = (BOOLEAN, STRING, NULL)


@function("format_string", "printf", takes="s[.*]", gives="s")
def format_string(profile: Profile, format: Typed, *operands: Typed) -> Typed:
    """Return the format with its arguments written into it."""
    if isinstance(format.type, ArrayType):
        raise refuse_types("format_string", format)
    text = string("format_string", format, profile)
    if text.constant and text.value is not None and re.search(r"%[^%a-zA-Z]*[tTaAhH]", text.value):
        raise Refused(f"format_string with the format {text.value!r}: its %t, %a or %h")
    converted = [_internal(operand) for operand in operands]
    types = tuple(type for _, type in converted)
    runs = tuple(run for run, _ in converted)

    def applied(row: tuple[Any, ...]) -> str | None:
        pattern = text.run(row)
        if pattern is None:
            return None
        return formatted(pattern, tuple([run(row) for run in runs]), types)

    return Typed(STRING, applied, text.constant and all(operand.constant for operand in operands))


def _internal(operand: Typed) -> tuple[Callable[[tuple[Any, ...]], Any], DataType]:
    """Return the value that Java is given for an operand, and its type."""
    run, type = operand.run, operand.type
    if type == DATE:
        return _with_nulls(run, lambda value: (value - dt.date(1970, 1, 1)).days), INTEGER
    if type == TIMESTAMP:
        return _with_nulls(run, lambda value: (value - EPOCH) // dt.timedelta(microseconds=1)), LONG
    if isinstance(type, IntegralType | DecimalType) or is_floating(type) or type in _PLAIN_TYPES:
        return run, type
    raise refuse_types("format_string", operand)


def _with_nulls(
    run: Callable[[tuple[Any, ...]], Any], of: Callable[[Any], Any]
) -> Callable[[tuple[Any, ...]], Any]:
    def applied(row: tuple[Any, ...]) -> Any:
        value = run(row)
        return None if value is None else of(value)

    return applied
