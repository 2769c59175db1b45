"""Convert saved params and data to the typed fields of a stage, or refuse them with a reason."""

from __future__ import annotations

import math
import types
import typing
from collections.abc import Callable, Mapping
from typing import Any, Literal, Union

from sparklet.linalg import DenseMatrix, DenseVector, Matrix, SparseMatrix, SparseVector, Vector
from sparklet.records import field_names
from sparklet.saved import check_expansion
from sparklet.stages.stage import Stage

__all__ = ["converters", "vector_param"]

Convert = Callable[[Any], Any]

# NaN and the infinities are strings in JSON that the JVM wrote (`ml/param/params.scala`).
_NON_FINITE = {"NaN": math.nan, "Inf": math.inf, "-Inf": -math.inf}


def _float(value: Any) -> float:
    if isinstance(value, float):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if isinstance(value, str) and value in _NON_FINITE:
        return _NON_FINITE[value]
    raise ValueError("a number")


def _int(value: Any) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and -(1 << 63) <= value < 1 << 63:
        return value
    raise ValueError("an integer")


def _bool(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    raise ValueError("true or false")


def _str(value: Any) -> str:
    if isinstance(value, str):
        return value
    raise ValueError("a string")


def vector_param(value: Any) -> Vector:
    """Return the vector of a param, which JSON holds as `{"type": 1, "values": [...]}`."""
    if isinstance(value, (DenseVector, SparseVector)):
        return value
    if isinstance(value, Mapping) and value.get("type") in (0, 1) and isinstance(value.get("values"), list):
        values = tuple(_float(item) for item in value["values"])
        if value["type"] == 1:
            return DenseVector(values)
        indices = value.get("indices")
        if isinstance(indices, list) and len(indices) == len(values):
            stored, size = tuple(_int(index) for index in indices), _int(value.get("size"))
            if all(0 <= index < size for index in stored) and list(stored) == sorted(set(stored)):
                vector = SparseVector(size, stored, values)
                check_expansion([vector])
                return vector
    raise ValueError("a vector")


def _instance(kind: type) -> Convert:
    def convert(value: Any) -> Any:
        if isinstance(value, kind):
            return value
        raise ValueError(f"a {kind.__name__}")

    return convert


def _matrix(value: Any) -> Matrix:
    if isinstance(value, (DenseMatrix, SparseMatrix)):
        return value
    raise ValueError("a matrix")


def _choice(options: tuple[Any, ...]) -> Convert:
    def convert(value: Any) -> Any:
        if isinstance(value, str):
            for option in options:
                if value == option:
                    return option
        raise ValueError("one of " + ", ".join(repr(option) for option in options))

    return convert


def _tuple(item: Convert, words: str, unchanged: frozenset[type] = frozenset()) -> Convert:
    """Return the conversion to a tuple; items of the types `unchanged` need none, as `item` returns them."""

    def convert(value: Any) -> tuple[Any, ...]:
        if isinstance(value, (list, tuple)):
            return tuple(value if unchanged.issuperset(map(type, value)) else map(item, value))
        raise ValueError(words)

    return convert


def _mapping(key: Convert, item: Convert) -> Convert:
    def convert(value: Any) -> dict[Any, Any]:
        if isinstance(value, Mapping):
            return {key(name): item(element) for name, element in value.items()}
        raise ValueError("a mapping")

    return convert


def _optional(inner: Convert) -> Convert:
    return lambda value: None if value is None else inner(value)


_UNCHANGED: Mapping[Any, frozenset[type]] = {
    float: frozenset({float}),
    str: frozenset({str}),
    str | None: frozenset({str, type(None)}),
}
"""The types of values that the conversion to an annotation leaves as they are, where long lists have them."""

_SIMPLE: dict[Any, Convert] = {
    float: _float,
    int: _int,
    bool: _bool,
    str: _str,
    Vector: vector_param,
    Matrix: _matrix,
    Any: lambda value: value,
}


def _converter(annotation: Any) -> Convert:
    if annotation in _SIMPLE:
        return _SIMPLE[annotation]
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is Literal:
        return _choice(arguments)
    if origin in (Union, types.UnionType) and len(arguments) == 2 and type(None) in arguments:
        return _optional(_converter(next(a for a in arguments if a is not type(None))))
    if origin is tuple and len(arguments) == 2 and arguments[1] is Ellipsis:
        return _tuple(_converter(arguments[0]), "a list", _UNCHANGED.get(arguments[0], frozenset()))
    if origin is Mapping:
        return _mapping(_converter(arguments[0]), _converter(arguments[1]))
    if isinstance(annotation, type):
        return _instance(annotation)
    raise TypeError(f"no rule converts a param to {annotation}")


_known: dict[type[Stage], Mapping[str, Convert]] = {}


def converters(cls: type[Stage]) -> Mapping[str, Convert]:
    """Return for each field of a stage class the function that converts a saved value to its annotation.

    The functions raise `ValueError` with the expected form as its text.
    """
    if cls not in _known:
        hints = typing.get_type_hints(cls)
        _known[cls] = {name: _converter(hints[name]) for name in field_names(cls) if name != "uid"}
    return _known[cls]
