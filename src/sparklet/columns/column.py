"""A typed column: the properties of its values that are known at load."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

from sparklet.columns.labels import TEXT, Notation
from sparklet.errors import SchemaError
from sparklet.records import record, replace
from sparklet.types import DataType, VectorUDT

__all__ = ["Attribute", "Column", "split_size"]

_MOST_ATTRIBUTES = 1 << 20


@record()
class Attribute:
    """Describe a numeric feature, as Spark's column metadata `ml_attr` does.

    `values` are the labels of a nominal attribute when they are known; `numValues` is their number.
    """

    kind: Literal["numeric", "nominal", "binary"] = "numeric"
    name: str | None = None
    values: tuple[str | None, ...] | None = None
    numValues: int | None = None

    @property
    def cardinality(self) -> int | None:
        """Return the number of values of a nominal attribute, as `NominalAttribute.getNumValues` does."""
        return (
            self.numValues
            if self.numValues is not None
            else None
            if self.values is None
            else len(self.values)
        )


def split_size(type: DataType) -> tuple[DataType, int | None]:
    """Return the column type of a declared type and, for `vector(n)`, the size.

    >>> split_size(VectorUDT(3))
    (VectorUDT(size=None), 3)
    """
    return (VectorUDT(), type.size) if isinstance(type, VectorUDT) else (type, None)


@record(eq=False)
class Column:
    """Describe a column: its name, Spark type, vector size, ML attributes, bounds of non-zeros and origin.

    Columns compare by identity: a stage that replaces a column creates a new object. `attribute` belongs to a
    scalar column. `attributes()` of a vector column is computed on demand, because a hashed vector has a
    quarter of a million. `nonzeros` is the smallest and largest number of elements of a vector that can
    differ from zero. `fields` are the columns of a struct that is inferred from the stages that read them.

    `undeclared` are the names of the undeclared inputs that determine the type of the column: another type
    would give an equal number, but another text or another overflow. `near` names the kinds of values that an
    undeclared input takes besides those of its type, and `convert` is the cast of all its values. A string
    column that `casts` takes numbers as text in the notation of `labels`.
    """

    name: str
    type: DataType
    size: int | None = None
    attribute: Attribute | None = None
    make_attributes: Callable[[], tuple[Attribute, ...]] | None = None
    nonzeros: tuple[int, int] | None = None
    origin: str = "inferred"
    casts: bool = False
    labels: Notation = TEXT
    undeclared: frozenset[str] = frozenset()
    near: frozenset[str] = frozenset()
    convert: Callable[[Any], Any] | None = None
    fields: tuple[Column, ...] = ()

    @classmethod
    def of(cls, name: str, type: DataType, origin: str) -> Column:
        """Return a column of a declared type; the size of a vector type becomes the `size` of the column."""
        return cls(name, *split_size(type), origin=origin)

    @property
    def declaration(self) -> DataType:
        """Return the type in the notation of `load(schema=...)`, where a vector type includes the size."""
        return VectorUDT(self.size) if isinstance(self.type, VectorUDT) else self.type

    def attributes(self) -> tuple[Attribute, ...] | None:
        """Return the attributes of a vector's elements, None when they are unknown.

        Raises `SchemaError` for more than a million elements, because a tiny hostile model can declare more.
        """
        if self.make_attributes is None:
            return None
        if self.size is not None and self.size > _MOST_ATTRIBUTES:
            raise SchemaError(
                self.name, f"has {self.size} elements; the attributes of {_MOST_ATTRIBUTES} at most are read"
            )
        return self.make_attributes()

    def renamed(self, name: str) -> Column:
        """Return a copy of the column with another name."""
        return replace(self, name=name)

    def __repr__(self) -> str:
        return f"Column({self.name}: {self.declaration}, {self.origin})"
