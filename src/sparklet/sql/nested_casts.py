"""Casts of arrays, structs and maps, by those of their parts, and of bytes.

Follows Spark's `catalyst/expressions/{Cast,ToStringBase}.scala` (3.5 and 4.3).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from sparklet.profile import Profile
from sparklet.types import BINARY, NULL, STRING, ArrayType, DataType, IntegralType, MapType, StructType

__all__ = ["nested_converter"]

Convert: TypeAlias = Callable[[Any], Any]
Converter: TypeAlias = Callable[[DataType, DataType], Convert | None]


def nested_converter(
    source: DataType, to: DataType, profile: Profile, converter: Converter
) -> Convert | None:
    """Return the cast of an array, struct, map or of bytes, None for one that Spark has not.

    `converter` returns the cast of parts.
    """
    match source, to:
        case ArrayType(element), ArrayType(other):
            return _of_elements(_part(element, other, converter))
        case StructType(), StructType():
            return _of_fields(source, to, converter)
        case MapType(), MapType():
            return _of_entries(source, to, profile, converter)
    if to == STRING and isinstance(source, (ArrayType, StructType, MapType)):
        return _to_text(source, converter)
    return _of_bytes(source, to) if BINARY in (source, to) else None


def _of_bytes(source: DataType, to: DataType) -> Convert | None:
    if source == STRING:
        return lambda text: text.encode("utf-8", "replace")
    return (lambda data: data.decode("utf-8", "replace")) if to == STRING else None


def _part(source: DataType, to: DataType, converter: Converter) -> Convert | None:
    """Return the cast of a part, which may be null."""
    convert = (lambda value: value) if source in (to, NULL) else converter(source, to)
    return None if convert is None else lambda value: None if value is None else convert(value)


def _of_elements(one: Convert | None) -> Convert | None:
    return None if one is None else lambda values: [one(value) for value in values]


def _of_fields(source: StructType, to: StructType, converter: Converter) -> Convert | None:
    """Return the cast of a struct, whose fields are taken by their places."""
    if len(source.fields) != len(to.fields):
        return None
    parts: list[tuple[str, str, Convert]] = []
    for old, new in zip(source, to, strict=True):
        convert = _part(old.dataType, new.dataType, converter)
        if convert is None:
            return None
        parts.append((old.name, new.name, convert))
    return lambda value: {name: convert(value[field]) for field, name, convert in parts}


def _of_entries(source: MapType, to: MapType, profile: Profile, converter: Converter) -> Convert | None:
    if not profile.ansi and not _keeps_keys(source.keyType, to.keyType):
        return None  # the cast of a key could give null
    key, item = (
        _part(source.keyType, to.keyType, converter),
        _part(source.valueType, to.valueType, converter),
    )
    if key is None or item is None:
        return None
    return lambda value: {key(one): item(other) for one, other in value.items()}


def _keeps_keys(one: DataType, other: DataType) -> bool:
    widens = isinstance(one, IntegralType) and isinstance(other, IntegralType) and one.bits <= other.bits
    return one == other or widens


def _to_text(source: ArrayType | StructType | MapType, converter: Converter) -> Convert | None:
    types = _parts_of(source)
    parts = [_shown(type, converter) for type in types]
    shown = [part for part in parts if part is not None]
    if len(shown) != len(parts):
        return None
    match source:
        case ArrayType():
            (one,) = shown
            return lambda values: f"[{', '.join([one(value) for value in values])}]"
        case StructType():
            return lambda value: (
                f"{{{', '.join([part(item) for part, item in zip(shown, value.values(), strict=True)])}}}"
            )
        case MapType():
            key, item = shown
            return lambda value: (
                f"{{{', '.join([f'{key(one)} -> {item(other)}' for one, other in value.items()])}}}"
            )


def _parts_of(type: ArrayType | StructType | MapType) -> list[DataType]:
    match type:
        case ArrayType(element):
            return [element]
        case MapType(key, value):
            return [key, value]
        case StructType():
            return [field.dataType for field in type]


def _shown(source: DataType, converter: Converter) -> Callable[[Any], str] | None:
    """Return the text of a part, `null` for null."""
    convert = _part(source, STRING, converter)
    return None if convert is None else lambda value: "null" if value is None else convert(value)
