"""INTERVAL literals, and dates and times that are moved by them.

Follows Spark's `catalyst/util/IntervalUtils.scala` and `BinaryArithmetic` resolution in
`catalyst/analysis/BinaryArithmeticWithDatetimeResolver.scala` (4.2).
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any, NamedTuple

from sparklet.java.zones import Zone
from sparklet.profile import Profile
from sparklet.sql.casts import cast
from sparklet.sql.functions import function, map1, zone_for
from sparklet.sql.instants import added
from sparklet.sql.nodes import Refused
from sparklet.sql.typed import Typed, always
from sparklet.types import DATE, TIMESTAMP, TIMESTAMP_NTZ, DayTimeIntervalType, YearMonthIntervalType

__all__ = ["moved"]

_MICROS = 1_000_000
_DAY = 86400 * _MICROS
_OF_MONTHS = {"month": 1, "year": 12}
_OF_MICROS = {
    "microsecond": 1, "millisecond": 1000, "second": _MICROS, "minute": 60 * _MICROS, "hour": 3600 * _MICROS,
    "day": _DAY, "week": 7 * _DAY,
}  # fmt: skip
_WHOLE = re.compile(r"\s*([+-]?[0-9]{1,9})\s*")
_SECONDS = re.compile(r"\s*([+-]?[0-9]{1,9}(?:\.[0-9]{1,6})?)\s*")


class _Span(NamedTuple):
    """The value of an interval: months, or microseconds."""

    months: int
    micros: int


def _amount(text: str, unit: str) -> int:
    match = (_SECONDS if unit == "second" else _WHOLE).fullmatch(text)
    if match is None or (unit not in _OF_MONTHS and unit not in _OF_MICROS):
        raise Refused(f"INTERVAL '{text[:40]}' {unit.upper()}")
    if unit in _OF_MONTHS:
        return int(match[1]) * _OF_MONTHS[unit]
    return int(Decimal(match[1]) * _OF_MICROS[unit])


@function("interval", takes=".*", gives=".")
def interval(_profile: Profile, *parts: Typed) -> Typed:
    """Return the sum of amounts of units: INTERVAL 1 DAY 12 HOURS."""
    written = [
        (str(amount.value), str(unit.value)) for amount, unit in zip(parts[::2], parts[1::2], strict=True)
    ]
    units = [unit for _, unit in written]
    total = sum(_amount(*part) for part in written)
    if all(unit in _OF_MONTHS for unit in units):
        return always(_Span(total, 0), YearMonthIntervalType("year", "month"))
    if any(unit in _OF_MONTHS for unit in units):
        raise Refused("an INTERVAL of months and days")
    days_only = set(units) <= {"day", "week"}
    return always(_Span(0, total), DayTimeIntervalType("day", "day" if days_only else "second"))


_INTERVALS = (DayTimeIntervalType, YearMonthIntervalType)


def moved(start: Typed, span: Typed, sign: int, profile: Profile) -> Typed | None:
    """Return what + and - make of a date or time and an INTERVAL, None for other operands."""
    if not isinstance(span.type, _INTERVALS):
        return None
    if not span.constant:
        raise Refused("an INTERVAL that is no constant")
    if start.type not in (DATE, TIMESTAMP, TIMESTAMP_NTZ):
        raise Refused(f"{start.type} and an INTERVAL as operands")
    months, micros = (sign * part for part in span.value)
    of_days = isinstance(span.type, DayTimeIntervalType) and span.type.end == "day"
    if start.type == DATE and (months or of_days):
        clock = cast(start, TIMESTAMP_NTZ, profile)
        return cast(_added(clock, Zone("UTC"), months, micros), DATE, profile)
    if start.type == TIMESTAMP_NTZ:
        return _added(start, Zone("UTC"), months, micros)
    return _added(cast(start, TIMESTAMP, profile), zone_for(profile), months, micros)


def _added(start: Typed, zone: Zone, months: int, micros: int) -> Typed:
    # Whole days are days of the calendar, also where hours amount to them.
    days = micros // _DAY if micros >= 0 else -(-micros // _DAY)
    rest = micros - days * _DAY

    def later(time: Any) -> Any:
        return added(zone, time, months, days, rest)

    return map1(later, start, start.type)
