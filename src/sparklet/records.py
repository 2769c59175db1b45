"""Frozen classes with named fields, like frozen dataclasses, but defined without compiling generated code.

To define a dataclass takes longer than to import the rest of its module, and a process that scores its first
row defines some fifty such classes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn, TypeVar, dataclass_transform

__all__ = ["as_dict", "field_names", "record", "replace"]

_Class = TypeVar("_Class", bound=type[Any])
_Record = TypeVar("_Record")


@dataclass_transform(frozen_default=True)
def record(*, eq: bool = True, kw_only: bool = False) -> Callable[[_Class], _Class]:
    """Return the decorator that makes the annotations of a class its fields; a value is a field's default.

    With `eq`, instances are equal when their fields are equal; otherwise they compare by identity.

    >>> @record()
    ... class Point:
    ...     x: float
    ...     y: float = 0.0
    >>> Point(1.0) == Point(x=1.0, y=0.0), replace(Point(1.0), y=2.0)
    (True, Point(x=1.0, y=2.0))
    """

    def make(cls: _Class) -> _Class:
        own = [name for name, kind in cls.__annotations__.items() if "ClassVar[" not in str(kind)]
        inherited = [name for base in reversed(cls.__mro__[1:]) for name in getattr(base, "_fields", ())]
        names = tuple(dict.fromkeys((*inherited, *own)))
        cls._fields, cls._names = names, frozenset(names)
        cls._required = frozenset([name for name in names if not hasattr(cls, name)])
        cls._check = getattr(cls, "__post_init__", None)
        methods: dict[str, Any] = {"__init__": _init, "__repr__": _repr}
        methods |= {"__match_args__": () if kw_only else names}
        methods |= {"__setattr__": _refuse_change, "__delattr__": _refuse_change}
        if eq:
            methods |= {"__eq__": _eq, "__hash__": _hash}
        for name, method in methods.items():
            if name not in vars(cls):
                setattr(cls, name, method)
        return cls

    return make


def field_names(cls: type) -> tuple[str, ...]:
    """Return the names of the fields of a record class.

    >>> from sparklet.types import ArrayType
    >>> field_names(ArrayType)
    ('elementType', 'containsNull')
    """
    names: tuple[str, ...] = cls._fields  # type: ignore[attr-defined]
    return names


def as_dict(instance: Any) -> dict[str, Any]:
    """Return the fields of a record and their values."""
    return {name: getattr(instance, name) for name in instance._fields}


def replace(instance: _Record, **changes: object) -> _Record:
    """Return a copy of a record with some fields changed."""
    return type(instance)(**{**as_dict(instance), **changes})


def _init(self: Any, *values: Any, **named: Any) -> None:
    cls, state = self.__class__, self.__dict__
    if values:
        state.update(zip(cls.__match_args__, values, strict=False))
    state.update(named)
    if (
        len(state) != len(values) + len(named)
        or not cls._names.issuperset(named)
        or not cls._required.issubset(state)
    ):
        raise TypeError(f"{cls.__name__} takes the fields {', '.join(cls._fields)}")
    if cls._check is not None:
        cls._check(self)


def _refuse_change(self: object, name: str, _: object = None) -> NoReturn:
    raise AttributeError(f"{type(self).__name__} is frozen: cannot change {name!r}")


def _repr(self: object) -> str:
    fields = ", ".join([f"{name}={value!r}" for name, value in as_dict(self).items()])
    return f"{type(self).__name__}({fields})"


def _eq(self: object, other: object) -> bool:
    if other is self:
        return True
    return as_dict(self) == as_dict(other) if type(other) is type(self) else NotImplemented


def _hash(self: object) -> int:
    return hash(tuple(as_dict(self).values()))
