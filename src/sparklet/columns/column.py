"""A typed column: what is known at load of the values that will pass there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

from sparklet.errors import SchemaError
from sparklet.types import DataType, VectorUDT

__all__ = ["Attribute", "Column", "split_size"]

_MOST_ATTRIBUTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Attribute:
    """Describe one number for ML, as Spark's column metadata `ml_attr` does.

    `values` are the labels of a nominal attribute where known, `numValues` their count.
    """

    kind: Literal["numeric", "nominal", "binary"] = "numeric"
    name: str | None = None
    values: tuple[str | None, ...] | None = None
    numValues: int | None = None

    @property
    def cardinality(self) -> int | None:
        """Return how many values a nominal attribute has, as `NominalAttribute.getNumValues` does."""
        return (
            self.numValues
            if self.numValues is not None
            else None
            if self.values is None
            else len(self.values)
        )


def split_size(type: DataType) -> tuple[DataType, int | None]:
    """Return a declared type as the type of a column and, for `vector(n)`, its size.

    >>> split_size(VectorUDT(3))
    (VectorUDT(size=None), 3)
    """
    return (VectorUDT(), type.size) if isinstance(type, VectorUDT) else (type, None)


@dataclass(frozen=True, eq=False)
class Column:
    """Describe a column: name, Spark type, vector size, ML attributes, non-zero bounds, origin.

    Two columns are the same only if they are one object: a stage that replaces a column makes a new one.
    `attribute` belongs to a scalar column. `attributes()` of a vector column is computed on demand, as a
    hashed vector has a quarter of a million. `nonzeros` bounds how many elements of a vector can differ from
    zero.
    """

    name: str
    type: DataType
    size: int | None = None
    attribute: Attribute | None = None
    make_attributes: Callable[[], tuple[Attribute, ...]] | None = None
    nonzeros: tuple[int, int] | None = None
    origin: str = "inferred"
    casts: bool = False

    @classmethod
    def of(cls, name: str, type: DataType, origin: str) -> Column:
        """Return a column of a declared type; the size of a vector stands in `size`, not in the type."""
        return cls(name, *split_size(type), origin=origin)

    @property
    def declaration(self) -> DataType:
        """Return the type as `load(schema=...)` takes it: that of a vector has its size."""
        return VectorUDT(self.size) if isinstance(self.type, VectorUDT) else self.type

    def attributes(self) -> tuple[Attribute, ...] | None:
        """Return the attributes of a vector's elements, or None where unknown.

        Raises `SchemaError` for more than a million elements: a few bytes of a model can claim more.
        """
        if self.make_attributes is None:
            return None
        if self.size is not None and self.size > _MOST_ATTRIBUTES:
            raise SchemaError(
                self.name, f"has {self.size} elements; the attributes of {_MOST_ATTRIBUTES} at most are read"
            )
        return self.make_attributes()

    def renamed(self, name: str) -> Column:
        """Return a new column that differs in its name."""
        return replace(self, name=name)

    def __repr__(self) -> str:
        return f"Column({self.name}: {self.declaration}, {self.origin})"
