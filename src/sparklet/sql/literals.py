"""Literals of a statement: strings with their escapes, and numbers with their suffixes.

Follows Spark's `catalyst/util/SparkParserUtils.scala` and `catalyst/parser/AstBuilder.scala` (4.2).
"""

from __future__ import annotations

import re
from dataclasses import replace
from decimal import Decimal

from sparklet.sql.nodes import Literal, Refused
from sparklet.types import BYTE, DOUBLE, FLOAT, INTEGER, LONG, SHORT, DecimalType, IntegralType

__all__ = ["number_literal", "signed", "unescape"]

_ESCAPE = re.compile(
    r"\\(?:u(?P<four>[0-9a-fA-F]{4})|U(?P<eight>[0-9a-fA-F]{8})|(?P<octal>[01][0-7]{2})|(?P<one>.))",
    re.DOTALL,
)
_ESCAPED = {"0": "\0", "b": "\b", "n": "\n", "r": "\r", "t": "\t", "Z": "\x1a"}


def unescape(text: str) -> str:
    r"""Return the text of a string literal with its escapes replaced.

    >>> unescape(r"tab\t \u00e9 \% \q")
    'tab\t é \\% q'
    """

    def replaced(match: re.Match[str]) -> str:
        if match["four"] or match["eight"]:
            code = int(match["four"] or match["eight"], 16)
            if code > 0x10FFFF or 0xD800 <= code <= 0xDFFF:
                raise Refused(f"the character {match[0]}")
            return chr(code)
        if match["octal"]:
            return chr(int(match["octal"], 8))
        one = match["one"]
        # A backslash before % and _ stays, for LIKE.
        return _ESCAPED.get(one, f"\\{one}" if one in "%_" else one)

    return _ESCAPE.sub(replaced, text) if "\\" in text else text


_PARTS = re.compile(r"(?P<digits>[0-9.]+(?P<exponent>[eE][+-]?[0-9]+)?)(?P<suffix>[a-zA-Z]*)")
_INTEGRAL_SUFFIXES = {"": INTEGER, "l": LONG, "s": SHORT, "y": BYTE}
_MOST_DIGITS = 38


def number_literal(text: str) -> Literal:
    """Return the literal of a number; one too large for its type is kept for `signed`, which knows its sign.

    >>> number_literal("1.50")
    Literal(value=Decimal('1.50'), type=DecimalType(precision=3, scale=2))
    """
    match = _PARTS.fullmatch(text)
    if match is None:
        raise Refused(f"the number {text}")
    digits, suffix = match["digits"], match["suffix"].lower()
    if suffix == "d" or (match["exponent"] and not suffix):
        return Literal(float(digits), DOUBLE)
    if suffix == "f":
        # Kept as digits: rounding to float32 is one step from them.
        return Literal(digits, FLOAT)
    if suffix in _INTEGRAL_SUFFIXES and digits.isdecimal():
        return Literal(_whole(digits), _INTEGRAL_SUFFIXES[suffix])
    if suffix in ("", "bd"):
        return _decimal(Decimal(digits))
    raise Refused(f"the number {text}")


def _whole(digits: str) -> int:
    if len(digits.lstrip("0")) > _MOST_DIGITS:
        raise Refused(f"a number of more than {_MOST_DIGITS} digits")
    return int(digits)


def _decimal(value: Decimal) -> Literal:
    exponent = value.as_tuple().exponent
    if not isinstance(exponent, int) or abs(exponent) > _MOST_DIGITS:
        raise Refused(f"the number {value}")
    value = value.quantize(Decimal(1)) if exponent > 0 else value
    scale = max(0, -exponent)
    precision = max(len(value.as_tuple().digits), scale, 1)
    if precision > _MOST_DIGITS:
        raise Refused(f"a number of more than {_MOST_DIGITS} digits")
    return Literal(value, DecimalType(precision, scale))


def signed(literal: Literal, sign: int) -> Literal:
    """Return a number with its sign, in the type in which Spark reads it: int, else bigint, else decimal.

    >>> signed(Literal(2147483648, INTEGER), -1)
    Literal(value=-2147483648, type=IntegerType())
    """
    if literal.type == FLOAT:
        return replace(literal, value=("-" if sign < 0 else "") + literal.value)
    if not isinstance(literal.type, IntegralType):
        return literal if sign > 0 else replace(literal, value=-literal.value)
    value, bound = sign * literal.value, 1 << (literal.type.bits - 1)
    if -bound <= value < bound:
        return Literal(value, literal.type)
    if literal.type != INTEGER:
        raise Refused(f"the number {value}: it is no {literal.type}")
    return Literal(value, LONG) if -(1 << 63) <= value < 1 << 63 else _decimal(Decimal(value))
