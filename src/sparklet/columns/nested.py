"""Coerce the values of structs and maps: structs become dicts with all fields, maps become dicts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sparklet.errors import AmbiguousColumnError, ColumnTypeError, MissingColumnError, RowError

__all__ = ["map_coercer", "struct_coercer"]

Coerce = Callable[[Any], Any]


def struct_coercer(name: str, fields: Sequence[tuple[str, Coerce]], missing: str) -> Coerce:
    """Return the coercion of structs, which matches field names without regard to case.

    `fields` are the names of the fields and the coercions of their values, `name` is the text of the type.
    A value is a mapping, a PySpark Row or a named tuple. A field that it lacks is an error, or null when
    `missing` is `"null"`.
    """
    names = tuple([field for field, _ in fields])
    coercers = tuple([coerce for _, coerce in fields])

    def coerce(value: Any) -> dict[str, Any] | None:
        if value is None:
            return None
        given = value if value.__class__ is dict else _mapping(value, name)
        if len(given) == len(names) and all(each in given for each in names):
            items = [given[each] for each in names]
        else:
            items = _matched(given, names, missing)
        result: dict[str, Any] = {}
        try:
            for each, convert, item in zip(names, coercers, items, strict=True):
                result[each] = convert(item)
        except RowError as error:
            field = names[len(result)]
            error.column = field if error.column is None else f"{field}.{error.column}"
            if "{...:" in error.hint:
                error.hint = "declare the type of the struct"
            raise
        return result

    return coerce


def _mapping(value: Any, name: str) -> Mapping[Any, Any]:
    if isinstance(value, Mapping):
        return value
    for method in ("asDict", "_asdict"):
        if isinstance(value, tuple) and hasattr(value, method):
            fields: Mapping[Any, Any] = getattr(value, method)()
            return fields
    raise ColumnTypeError(value, name, hint="a mapping of field names to values, or a pyspark Row")


def _matched(given: Mapping[Any, Any], names: Sequence[str], missing: str) -> list[Any]:
    """Return the values of the fields, whose names may differ in case."""
    by_name: dict[str, list[str]] = {}
    for key in given:
        if isinstance(key, str):
            by_name.setdefault(key.lower(), []).append(key)
    items: list[Any] = []
    for name in names:
        keys = by_name.get(name.lower(), [])
        if len(keys) > 1:
            raise AmbiguousColumnError(name, keys)
        if not keys and missing != "null":
            raise MissingColumnError(name, [key for key in given if isinstance(key, str)])
        items.append(given[keys[0]] if keys else None)
    return items


def map_coercer(name: str, key: Coerce, value: Coerce) -> Coerce:
    """Return the coercion of maps, which takes a mapping or Arrow's list of pairs; keys may not be null.

    Keys and values are coerced by `key` and `value`; `name` is the text of the type.
    """

    def coerce(given: Any) -> dict[Any, Any] | None:
        if given is None:
            return None
        result: dict[Any, Any] = {}
        for one, other in _pairs(given, name):
            converted = key(one)
            if converted is None:
                raise ColumnTypeError(given, name, hint="a key is null")
            if converted in result:
                raise ColumnTypeError(given, name, hint=f"the key {one!r} is there twice")
            result[converted] = value(other)
        return result

    return coerce


def _pairs(given: Any, name: str) -> list[tuple[Any, Any]]:
    if isinstance(given, Mapping):
        return list(given.items())
    if isinstance(given, list) and all(isinstance(pair, tuple) and len(pair) == 2 for pair in given):
        return given
    raise ColumnTypeError(given, name, hint="a mapping of keys to values")
