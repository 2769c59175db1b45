"""Casts of arrays, by those of their elements, and of bytes.

Follows Spark's `catalyst/expressions/{Cast,ToStringBase}.scala` (3.5 and 4.3).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from sparklet.types import BINARY, NULL, STRING, ArrayType, DataType

__all__ = ["nested_converter"]

Convert: TypeAlias = Callable[[Any], Any]
Converter: TypeAlias = Callable[[DataType, DataType], Convert | None]


def nested_converter(source: DataType, to: DataType, converter: Converter) -> Convert | None:
    """Return the cast of an array or of bytes, None for one that Spark has not or that is not computed here.

    `converter` returns the cast of elements.
    """
    if BINARY in (source, to):
        return _of_bytes(source, to)
    if not isinstance(source, ArrayType):
        return None
    if to == STRING:
        return _to_text(source.elementType, converter)
    if not isinstance(to, ArrayType):
        return None
    one = _element(source.elementType, to.elementType, converter)
    return None if one is None else lambda values: [None if value is None else one(value) for value in values]


def _of_bytes(source: DataType, to: DataType) -> Convert | None:
    if source == STRING:
        return lambda text: text.encode("utf-8", "replace")
    return (lambda data: data.decode("utf-8", "replace")) if to == STRING else None


def _element(source: DataType, to: DataType, converter: Converter) -> Convert | None:
    if source in (to, NULL):
        return lambda value: value
    return converter(source, to)


def _to_text(element: DataType, converter: Converter) -> Convert | None:
    one = _element(element, STRING, converter)
    if one is None:
        return None
    return lambda values: f"[{', '.join(['null' if value is None else one(value) for value in values])}]"
