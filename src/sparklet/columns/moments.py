"""Times in rows and times in expressions.

A row carries a timestamp as an aware `datetime`, or without tzinfo on the clock of the session's zone. An
expression computes with instants: `datetime`s without tzinfo, in UTC.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

from sparklet.errors import InvalidValueError
from sparklet.java.zones import Zone
from sparklet.types import TIMESTAMP, ArrayType, DataType, MapType, StructType

__all__ = ["holds_instants", "inward", "outward"]

Convert = Callable[[Any], Any]


def holds_instants(type: DataType) -> bool:
    """Return whether values of the type contain timestamps.

    >>> holds_instants(ArrayType(TIMESTAMP))
    True
    """
    match type:
        case ArrayType(element):
            return holds_instants(element)
        case MapType(key, value):
            return holds_instants(key) or holds_instants(value)
        case StructType(fields):
            return any(holds_instants(field.dataType) for field in fields)
    return type == TIMESTAMP


def inward(type: DataType, zone: Zone | None) -> Convert:
    """Return the function that makes instants of the timestamps in a row's value.

    Without a zone, it raises `InvalidValueError` for a time without tzinfo.

    >>> from sparklet.java.zones import zone_of
    >>> inward(TIMESTAMP, zone_of("+02:00"))(dt.datetime(2024, 1, 1, 12))
    datetime.datetime(2024, 1, 1, 10, 0)
    """
    if type != TIMESTAMP:
        return _nested(type, lambda inner: inward(inner, zone))
    if zone is None:
        return _aware
    if zone.is_utc:
        return _of_utc
    at = zone.instant

    def convert(value: dt.datetime | None) -> dt.datetime | None:
        if value is None:
            return None
        return at(value) if value.tzinfo is None else _of_utc(value)

    return convert


def _of_utc(value: dt.datetime | None) -> dt.datetime | None:
    if value is None or value.tzinfo is None:
        return value
    return value.astimezone(dt.UTC).replace(tzinfo=None)


def _aware(value: dt.datetime | None) -> dt.datetime | None:
    if value is not None and value.tzinfo is None:
        raise InvalidValueError(
            "is a time without a time zone", value, hint="pass the session's: load(timezone=...)"
        )
    return _of_utc(value)


def outward(type: DataType, zone: Zone) -> Convert | None:
    """Return the function that puts the instants in a value on the clock of a zone, None if it has no effect.

    >>> from sparklet.java.zones import zone_of
    >>> outward(TIMESTAMP, zone_of("+02:00"))(dt.datetime(2024, 1, 1, 10))
    datetime.datetime(2024, 1, 1, 12, 0)
    """
    if zone.is_utc:
        return None
    if type != TIMESTAMP:
        return _nested(type, lambda inner: outward(inner, zone) or _same)
    clock = zone.folded
    return lambda value: None if value is None else clock(value)


def _same(value: Any) -> Any:
    return value


def _nested(type: DataType, of: Callable[[DataType], Convert]) -> Convert:
    """Return the function that converts the values in an array, map or struct, each type by `of`."""

    def convert(inner: DataType) -> Convert:
        return of(inner) if holds_instants(inner) else _same

    match type:
        case ArrayType(element):
            one = convert(element)
            return lambda values: None if values is None else [one(value) for value in values]
        case MapType(key, value):
            keys, items = convert(key), convert(value)
            return lambda entries: (
                None if entries is None else {keys(name): items(item) for name, item in entries.items()}
            )
        case StructType(fields):
            parts = {field.name: convert(field.dataType) for field in fields}
            return lambda struct: (
                None if struct is None else {name: parts[name](item) for name, item in struct.items()}
            )
    return _same
