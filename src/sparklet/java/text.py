"""The JVM's text functions: conversion of numbers to strings, splitting and lengths."""

from __future__ import annotations

import datetime as dt
import math
import re
import struct
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Literal, TypeAlias

from sparklet.errors import OptionError
from sparklet.types import (
    BooleanType,
    DataType,
    DateType,
    DecimalType,
    DoubleType,
    FloatType,
    IntegralType,
    StringType,
    TimestampNTZType,
    TimestampType,
)

__all__ = [
    "double_to_string",
    "float_to_string",
    "java_split_whitespace",
    "local_to_string",
    "to_string",
    "utf16_length",
]

Jdk: TypeAlias = Literal[17, 19]

# --- digits ---------------------------------------------------------------------------------------

SIGNIFICAND_BITS = 53
# How many bits JDK 17 reserves for 5**k: exact for the powers of its table, three a digit beyond it.
BITS_OF_FIVES = (0, *((5**k).bit_length() for k in range(1, 27)))
LONG_BITS = 64
PLAIN_TO = 1e7
# Decimal exponents at which JDK 17 lets the digits stop after the first.
SHORTEST_FROM, SHORTEST_TO = -3, 8


def _bits_of_five(power: int) -> int:
    return BITS_OF_FIVES[power] if power < len(BITS_OF_FIVES) else 3 * power


def _wrap_int(value: int) -> int:
    return ((value + (1 << 31)) & ((1 << 32) - 1)) - (1 << 31)


def _wrap_long(value: int) -> int:
    return ((value + (1 << 63)) & ((1 << 64) - 1)) - (1 << 63)


def _integer_digits(significand: int, exponent: int, precision: int) -> tuple[str, int]:
    # JDK 17 prints integers exactly, without the digits below the precision of the type.
    value = (significand << exponent) >> (SIGNIFICAND_BITS - 1)
    dropped = 0
    if exponent > precision:
        dropped = len(str(2 ** (exponent - precision - 1))) - 1
        value, rest = divmod(value, 10**dropped)
        value += dropped > 0 and rest >= 10**dropped >> 1
    text = str(value)
    return text.rstrip("0") or "0", len(text) + dropped


def _digits_17(significand: int, exponent: int, precision: int) -> tuple[str, int]:
    """Return the digits that JDK 8 to 18 print, and the number of digits before the decimal point.

    The value is significand * 2**(exponent - 52), its significand normalised to 53 bits, of which `precision`
    were given. The digits are Steele and White's free-format ones with the departures that make the JDK's
    text differ from the shortest: at least two digits wherever it prints an exponent, boundaries that count
    as inside only where the numbers do not fit into 64 bits, a sum that overflows just before they do not.
    """
    zeros = (significand & -significand).bit_length() - 1
    bits = SIGNIFICAND_BITS - zeros
    fraction_bits = max(0, bits - exponent - 1)
    if fraction_bits == 0 and exponent < LONG_BITS - 1:
        return _integer_digits(significand, exponent, precision)
    mantissa = significand / 2.0 ** (SIGNIFICAND_BITS - 1)
    power = math.floor((mantissa - 1.5) * 0.289529654 + 0.176091259 + exponent * 0.301029995663981)
    fives, scale_fives = max(0, -power), max(0, power)
    twos, scale_twos = fives + fraction_bits + exponent, scale_fives + fraction_bits
    half_gap_twos = twos - precision
    twos -= bits - 1
    common = min(twos, scale_twos)
    twos, scale_twos, half_gap_twos = twos - common, scale_twos - common, half_gap_twos - common
    half_gap_twos -= bits == 1  # the gap below a power of two is half as wide
    if half_gap_twos < 0:
        twos, scale_twos, half_gap_twos = twos - half_gap_twos, scale_twos - half_gap_twos, 0
    needed = max(bits + twos + _bits_of_five(fives), scale_twos + 1 + _bits_of_five(scale_fives + 1))
    wrap = _wrap_int if needed < 32 else _wrap_long if needed < LONG_BITS else int

    rest = (significand >> zeros) * 5**fives << twos
    scale = 5**scale_fives << scale_twos
    gap = 5**fives << half_gap_twos
    tens = 10 * scale

    def step(rest: int, gap: int) -> tuple[int, int, int, bool, bool]:
        digit, rest = divmod(rest, scale)
        rest, gap = 10 * rest, wrap(10 * gap)
        if gap <= 0:
            return digit, rest, gap, True, True  # the JDK has this guard
        above = wrap(rest + gap) - tens
        return digit, rest, gap, rest < gap, above > 0 or (above == 0 and wrap is int)

    digit, rest, gap, low, high = step(rest, gap)
    digits = [digit]
    if digit == 0 and not high:  # the estimated power was one too large
        digits, power = [], power - 1
    if not SHORTEST_FROM <= power < SHORTEST_TO:
        low = high = False  # at least one digit after the point of 1.0E10
    while not (low or high):
        digit, rest, gap, low, high = step(rest, gap)
        digits.append(digit)
    text = "".join(map(str, digits))
    half = 2 * rest - tens
    if high and (not low or half > 0 or (half == 0 and digits[-1] % 2)):
        rounded = str(int(text) + 1).zfill(len(text))
        if len(rounded) > len(text):  # 99 became 100
            rounded, power = rounded[:-1], power + 1
        text = rounded
    return text, power + 1


def _digits_19(value: float, shortest: str) -> tuple[str, int]:
    """Return the digits that JDK 19 and later print: the shortest, but at least the two nearest digits.

    `shortest` is the shortest text in Python's notation that reads back as the value.
    """
    digits, _, exponent = _scientific(shortest)
    if len(digits) == 1:
        digits, _, exponent = _scientific(f"{value:.1e}")
    return digits.rstrip("0") or "0", exponent + 1


def _scientific(text: str) -> tuple[str, str, int]:
    sign, digits, exponent = Decimal(text).as_tuple()
    joined = "".join(map(str, digits))
    return joined.rstrip("0") or "0", "-" * sign, int(exponent) + len(joined) - 1


def _layout(digits: str, point: int) -> str:
    """Return digits with `point` of them before the decimal point, in Java's notation."""
    if 0 < point < 8:
        return f"{digits[:point].ljust(point, '0')}.{digits[point:] or '0'}"
    if -3 < point <= 0:
        return f"0.{'0' * -point}{digits}"
    return f"{digits[0]}.{digits[1:] or '0'}E{point - 1}"


def _special(value: float) -> str | None:
    if value != value:
        return "NaN"
    if value in (math.inf, -math.inf):
        return "Infinity" if value > 0 else "-Infinity"
    if value == 0.0:
        return "-0.0" if math.copysign(1.0, value) < 0 else "0.0"
    return None


def double_to_string(value: float, jdk: Jdk = 17) -> str:
    """Return Java's `Double.toString`.

    `jdk=17` stands for JDK 8 to 18, which print more digits than needed for some values; `jdk=19` for JDK 19
    and later, which print the shortest that reads back.

    >>> double_to_string(1e7), double_to_string(0.001), double_to_string(float("-inf"))
    ('1.0E7', '0.001', '-Infinity')
    >>> double_to_string(2e23), double_to_string(2e23, jdk=19)
    ('1.9999999999999998E23', '2.0E23')
    """
    if -PLAIN_TO < value < PLAIN_TO and value == (whole := int(value)) and whole:
        return f"{whole}.0"
    special = _special(value)
    if special is not None:
        return special
    sign = "-" if value < 0 else ""
    size = abs(value)
    if jdk >= 19:
        return sign + _layout(*_digits_19(size, repr(size)))
    (bits,) = struct.unpack("<Q", struct.pack("<d", size))
    exponent, significand = bits >> 52, bits & ((1 << 52) - 1)
    return sign + _layout(*_digits_17(*_normal(significand, exponent, 52, 1023)))


def _normal(significand: int, exponent: int, width: int, bias: int) -> tuple[int, int, int]:
    """Return the significand of 53 bits, the exponent and the number of bits that were given."""
    if exponent == 0:
        precision = significand.bit_length()
        exponent = precision - width
    else:
        significand |= 1 << width
        precision = width + 1
    return significand << (SIGNIFICAND_BITS - precision), exponent - bias, precision


def float_to_string(value: float, jdk: Jdk = 17) -> str:
    """Return Java's `Float.toString` of the float32 nearest to `value`.

    >>> float_to_string(0.1), float_to_string(3.4e38), float_to_string(16777216.0)
    ('0.1', '3.4E38', '1.6777216E7')
    """
    single = _to_single(value)
    special = _special(single)
    if special is not None:
        return special
    sign = "-" if single < 0 else ""
    size = abs(single)
    if jdk >= 19:
        return sign + _layout(*_digits_19(size, _shortest_single(size)))
    (bits,) = struct.unpack("<I", struct.pack("<f", size))
    return sign + _layout(*_digits_17(*_normal(bits & ((1 << 23) - 1), bits >> 23, 23, 127)))


def _to_single(value: float) -> float:
    try:
        single: float = struct.unpack("<f", struct.pack("<f", value))[0]
    except OverflowError:
        return math.copysign(math.inf, value)
    return single


def _shortest_single(value: float) -> str:
    for places in range(9):
        text = f"{value:.{places}e}"
        if _to_single(float(text)) == value:
            return text
        # The gap above a power of two is wider than the gap below, so the farther neighbour may read back.
        above = str(Decimal(text).next_plus(Context(prec=places + 1)))
        if _to_single(float(above)) == value:
            return above
    return repr(value)


# --- Spark's cast to string -----------------------------------------------------------------------

DECIMAL_CONTEXT = Context(prec=77, rounding=ROUND_HALF_UP)  # twice 38 digits, and one for rounding


def to_string(
    value: object,
    type: DataType,
    release: Literal["3.5", "4.0", "4.1+"],
    *,
    ansi: bool | None = None,
    jdk: Jdk = 17,
) -> str | None:
    """Return Spark's `cast(value as string)` of a value of the Spark type `type`; null for null.

    Types: boolean, tinyint, smallint, int, bigint, float, double, decimal(p,s), date, timestamp,
    timestamp_ntz, string; OptionError for others. A decimal is written plainly where `ansi` is on, else with
    an exponent where it is small; ANSI is the default from Spark 4.0 on. A timestamp is written as it is,
    without regard to a timezone. Follows Spark's `catalyst/expressions/ToStringBase.scala` (4.2).

    >>> from sparklet.types import BOOLEAN, DOUBLE, INTEGER
    >>> to_string(True, BOOLEAN, "3.5"), to_string(3, DOUBLE, "3.5"), to_string(None, INTEGER, "3.5")
    ('true', '3.0', None)
    >>> [to_string(Decimal("1e-8"), DecimalType(10, 8), release) for release in ("3.5", "4.0")]
    ['1E-8', '0.00000001']
    """
    if value is None:
        return None
    match type:
        case DoubleType():
            return double_to_string(float(value), jdk)  # type: ignore[arg-type]
        case IntegralType():
            return str(int(value))  # type: ignore[call-overload]
        case StringType():
            return str(value)
        case BooleanType():
            return "true" if value else "false"
        case FloatType():
            return float_to_string(float(value), jdk)  # type: ignore[arg-type]
        case DecimalType(scale=scale):
            plain = ansi if ansi is not None else release != "3.5"
            return _decimal_to_string(Decimal(value), scale, plain)  # type: ignore[arg-type]
        case DateType() if isinstance(value, dt.date):
            return value.isoformat()[:10]
        case TimestampType() | TimestampNTZType() if isinstance(value, dt.datetime):
            return local_to_string(value)
    raise OptionError("type", str(type), f"has no cast to string for a {value.__class__.__name__}")


def _decimal_to_string(value: Decimal, scale: int, plain: bool) -> str:
    fitted = value.quantize(Decimal(1).scaleb(-scale), context=DECIMAL_CONTEXT)
    if not fitted:
        fitted = fitted.copy_abs()  # java.math.BigDecimal has no -0
    # str of a Python decimal and BigDecimal.toString implement the same "scientific string"
    return f"{fitted:f}" if plain else str(fitted)


def local_to_string(value: dt.datetime) -> str:
    """Return Spark's text of a time on a zone's clock.

    >>> local_to_string(dt.datetime(2024, 1, 31, 10, 0, 0, 250000))
    '2024-01-31 10:00:00.25'
    """
    text = value.replace(tzinfo=None).isoformat(sep=" ")
    return text.rstrip("0") if value.microsecond else text


# --- strings --------------------------------------------------------------------------------------

JAVA_WHITESPACE = re.compile("[ \t\n\x0b\f\r]")  # Java's \s; Python's also matches Unicode spaces


def java_split_whitespace(text: str) -> list[str]:
    r"""Return Java's `text.split("\\s")`, which removes empty strings only at the end.

    Follows Spark's `ml/feature/Tokenizer.scala` (4.2).

    >>> java_split_whitespace(" a  b "), java_split_whitespace(""), java_split_whitespace(" ")
    (['', 'a', '', 'b'], [''], [])
    """
    parts = JAVA_WHITESPACE.split(text)
    if len(parts) > 1:
        while parts and not parts[-1]:
            parts.pop()
    return parts


def utf16_length(text: str) -> int:
    """Return Java's `text.length()`, which counts characters beyond U+FFFF twice.

    >>> utf16_length("aé😀")
    4
    """
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2
