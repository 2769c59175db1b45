"""Columns of nested values in the form of Parquet and Arrow: buffers, masks and offsets."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from sparklet.saved.values import MATRIX, VECTOR, matrices, vectors

if TYPE_CHECKING:
    import numpy as np

__all__ = ["FORMATS", "Array", "Lists", "Maps", "Numbers", "Objects", "Structs", "array_of"]

FORMATS: Mapping[str, Any] = {
    "boolean": "?",
    "tinyint": "b",
    "smallint": "h",
    "int": "i",
    "bigint": "q",
    "float": "f",
    "double": "d",
}
"""The format character of the `struct` module for each numeric Spark type."""


class Array(ABC):
    """The values of a column; `mask` has a byte for each value, zero for null, or is None without nulls.

    `type` is the name of the Spark type, or `vector` or `matrix` for the structs that Spark stores for them.
    """

    __slots__ = ("mask", "type")

    def __init__(self, type: str, mask: bytes | None) -> None:
        self.type, self.mask = type, mask

    def decode(self) -> list[Any]:
        """Return Python values: None for null, dict for map and struct, linalg's vectors and matrices.

        Raises `ValueError` for a null vector or matrix, and for one with inconsistent fields.
        """
        if self.mask is not None and self.type in ("vector", "matrix"):
            raise ValueError(f"a {self.type} is null")
        return self._values()

    def decode_nullable(self) -> list[Any]:
        """Return Python values as `decode` does, but allow null vectors and matrices."""
        return self._values()

    def has_nulls(self) -> bool:
        """Return whether any value, or any value inside a list, map or struct, is null."""
        return self.mask is not None or any(map(Array.has_nulls, self._parts()))

    @abstractmethod
    def _values(self) -> list[Any]:
        """Return Python values, None for null."""

    def _parts(self) -> Iterable[Array]:
        """Return the nested arrays, whose nulls count as nulls of this array."""
        return ()

    def _masked(self, values: list[Any]) -> list[Any]:
        if self.mask is None:
            return values
        return [value if valid else None for value, valid in zip(values, self.mask, strict=True)]


class Numbers(Array):
    """Numbers or booleans in a buffer; the buffer's content for a null is arbitrary."""

    __slots__ = ("data",)

    def __init__(self, type: str, mask: bytes | None, data: memoryview) -> None:
        self.type, self.mask = type, mask
        self.data: memoryview[Any] = data.cast(FORMATS[type])

    def _values(self) -> list[Any]:
        return self._masked(self.data.tolist())

    def numpy(self) -> np.ndarray:
        """Return the numbers as a read-only array."""
        import numpy

        return numpy.asarray(self.data)


class Objects(Array):
    """Strings and other values that are Python objects; None is null."""

    __slots__ = ("objects",)

    def __init__(self, type: str, mask: bytes | None, objects: list[Any]) -> None:
        super().__init__(type, mask)
        self.objects = objects

    def _values(self) -> list[Any]:
        return self.objects


class Lists(Array):
    """Lists: list i has the elements from `offsets[i]` to `offsets[i + 1]`; `offsets` are passed as bytes."""

    __slots__ = ("elements", "offsets")

    def __init__(self, mask: bytes | None, offsets: memoryview, elements: Array) -> None:
        super().__init__(f"array<{elements.type}>", mask)
        self.offsets, self.elements = offsets.cast("q"), elements

    def _values(self) -> list[Any]:
        inner = self.elements.decode()
        return self._masked([inner[start:end] for start, end in pairwise(self.offsets)])

    def _parts(self) -> Iterable[Array]:
        return (self.elements,)


class Maps(Array):
    """Maps: map i has the entries from `offsets[i]` to `offsets[i + 1]`; `offsets` are passed as bytes."""

    __slots__ = ("items", "keys", "offsets")

    def __init__(self, mask: bytes | None, offsets: memoryview, keys: Array, items: Array) -> None:
        super().__init__(f"map<{keys.type},{items.type}>", mask)
        self.offsets, self.keys, self.items = offsets.cast("q"), keys, items

    def _values(self) -> list[Any]:
        keys, items = self.keys.decode(), self.items.decode()
        return self._masked(
            [
                dict(zip(keys[start:end], items[start:end], strict=True))
                for start, end in pairwise(self.offsets)
            ]
        )

    def _parts(self) -> Iterable[Array]:
        return (self.keys, self.items)


class Structs(Array):
    """Structs, including those that Spark stores for vectors and matrices."""

    __slots__ = ("fields",)

    def __init__(self, mask: bytes | None, fields: Mapping[str, Array]) -> None:
        text = "struct<" + ",".join([f"{name}:{field.type}" for name, field in fields.items()]) + ">"
        super().__init__({VECTOR: "vector", MATRIX: "matrix"}.get(text, text), mask)
        self.fields = fields

    def _values(self) -> list[Any]:
        columns = [field.decode() for field in self.fields.values()]
        if self.type == "vector":
            return vectors(self.mask, *columns)
        if self.type == "matrix":
            return matrices(self.mask, *columns)
        return self._masked([dict(zip(self.fields, row, strict=True)) for row in zip(*columns, strict=True)])

    def _parts(self) -> Iterable[Array]:
        # Vectors and matrices have null fields by design; `decode` checks them.
        return () if self.type in ("vector", "matrix") else self.fields.values()


def array_of(column: Sequence[Any]) -> tuple[str, Array]:
    """Return the name and the values of a column from the result of the C module's `parquet`."""
    name, type, mask, values, *inner = column
    if type in FORMATS:
        return name, Numbers(type, mask, memoryview(values))
    if type == "array":
        return name, Lists(mask, memoryview(values), array_of(inner[0][0])[1])
    if type == "struct":
        return name, Structs(mask, dict(map(array_of, values)))
    if type == "map":
        (_, keys), (_, items) = map(array_of, inner[0])
        return name, Maps(mask, memoryview(values), keys, items)
    return name, Objects(type, mask, values)
