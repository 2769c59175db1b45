"""The columns that a stage can read: names are case-insensitive, types are declared or inferred."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from sparklet.columns.column import Attribute, Column
from sparklet.columns.wants import Want
from sparklet.errors import AmbiguousColumnError, ColumnExistsError, SchemaError
from sparklet.profile import Profile
from sparklet.records import replace
from sparklet.types import STRING, VECTOR, DataType

__all__ = ["Columns", "Inputs"]


def fold(name: str) -> str:
    """Return the name in lower case, as Spark's default resolver compares names."""
    return name.lower()


class Inputs:
    """The input columns of rows, typed by the declared schema or inferred from the stages that read them.

    A column that several stages read gets the first inferred type that all of them accept. `retyped` is set
    when an earlier stage was bound to another type, so that all stages must be bound again. The types of
    `schema` take precedence over the types of the `example` that was saved with the model.
    """

    def __init__(
        self,
        schema: Mapping[str, DataType],
        example: Mapping[str, DataType] | None = None,
    ) -> None:
        self._columns: dict[str, Column] = {}
        self._wants: dict[str, dict[Want, str]] = {}
        self._used: dict[str, None] = {}
        self.retyped = False
        for name, type in schema.items():
            if (other := self._columns.get(fold(name))) is not None:
                raise AmbiguousColumnError(name, (other.name, name))
            self._columns[fold(name)] = Column.of(name, type, "schema")
        for name, type in (example or {}).items():
            self._columns.setdefault(fold(name), Column.of(name, type, "example"))

    def take(self, name: str, want: Want, stage: str, size: int | None) -> Column:
        """Return the input column of that name; create it on first use."""
        key = fold(name)
        self._used[key] = None
        column = self._columns.get(key)
        readers = self._wants.setdefault(key, {})
        readers.setdefault(want, stage)
        if column is None:
            column = self._columns[key] = Column(name, want.inferred, casts=want.casts)
        elif column.origin == "inferred":
            if not want.accepts(column.type) or _determines_type(want, column, readers):
                column = self._columns[key] = self._settle(name, readers)
                self.retyped = True
            elif column.casts and not want.casts and column.type == STRING:
                # A tokenizer accepts only strings, so values must not be cast to string as for an indexer.
                column = self._columns[key] = Column(column.name, STRING)
                self.retyped = True
        if column.type == VECTOR and column.size is None and size is not None and column.origin == "inferred":
            column = self._columns[key] = replace(column, size=size)
            self.retyped = True
        return column

    def _settle(self, name: str, readers: Mapping[Want, str]) -> Column:
        by_preference = sorted(readers, key=lambda want: want.any)
        for candidate in dict.fromkeys(want.inferred for want in by_preference):
            if all(want.accepts(candidate) for want in readers):
                return Column(name, candidate)
        uses = ", ".join(f"{want.words} by {stage}" for want, stage in readers.items())
        raise SchemaError(name, f"is taken for {uses}")

    def __iter__(self) -> Iterator[Column]:
        return (self._columns[key] for key in self._used)

    def find(self, name: str) -> Column | None:
        """Return the column of that name that is declared or read by a stage, else None."""
        return self._columns.get(fold(name))

    def taken(self, name: str) -> Column | None:
        """Return the column of that name when a stage reads it, else None."""
        key = fold(name)
        return self._columns[key] if key in self._used else None

    @property
    def declared(self) -> Iterator[Column]:
        """Return the columns that the schema or the example declares, whether they are read or not."""
        return (column for column in self._columns.values() if column.origin != "inferred")


def _determines_type(want: Want, column: Column, readers: Mapping[Want, str]) -> bool:
    """Return whether a want determines the type of a column whose earlier readers accept any type."""
    return (
        not want.any
        and column.type != want.inferred
        and all(reader.any for reader in readers if reader != want)
    )


class Columns:
    """The typed columns at one point of the pipeline, and the profile of the model."""

    def __init__(self, inputs: Inputs, profile: Profile) -> None:
        self.profile = profile
        self.stage = ""
        self._inputs = inputs
        # The columns that stages produced; None marks a name that a stage removed.
        self._produced: dict[str, Column | None] = {}
        # Replaced inputs keep their position, in front of the columns that stages add.
        self._replaced: dict[str, None] = {}
        # The inputs that remain after a stage selected columns; None when all inputs remain.
        self._passed: frozenset[str] | None = None
        # The original name of each renamed input column, by its new folded name.
        self._renamed: dict[str, str] = {}

    def take(self, name: str, want: Want, size: int | None = None) -> Column:
        """Return the column of that name for a stage that requires the type `want`.

        `size` is the vector size that the stage expects, which becomes the size of an undeclared input.
        Raises `SchemaError` for a column of another type, or one that an earlier stage removed.
        """
        if self._removed(name):
            raise SchemaError(name, "was removed by an earlier stage", self.stage)
        produced = self._produced.get(fold(name))
        if produced is not None:
            column = produced if fold(name) not in self._renamed else self._retyped(produced, want, size)
        else:
            column = self._inputs.take(name, want, self.stage, size)
        if not want.accepts(column.type):
            raise SchemaError(column.name, f"must be {want.words}, it is {column.type}", self.stage)
        return column

    def _removed(self, name: str) -> bool:
        key = fold(name)
        if key in self._produced:
            return self._produced[key] is None
        return self._passed is not None and key not in self._passed

    def _retyped(self, column: Column, want: Want, size: int | None) -> Column:
        """Return a renamed input column with the type that its readers determine, under its new name."""
        source = self._inputs.take(self._renamed[fold(column.name)], want, self.stage, size)
        if (source.type, source.size) == (column.type, column.size):
            return column
        # The plan binds all stages again with the new type.
        return source.renamed(column.name)

    def new(
        self,
        name: str,
        type: DataType,
        *,
        size: int | None = None,
        attribute: Attribute | None = None,
        attributes: object = None,
        nonzeros: tuple[int, int] | None = None,
        replaces: bool = False,
    ) -> Column:
        """Return a new column for an output of the stage; the plan adds it when the stage yields it.

        `attributes` is a function without arguments. Raises `ColumnExistsError`, as Spark does, when the name
        exists already, unless `replaces`.
        """
        if not replaces and name in self:
            raise ColumnExistsError(name, stage=self.stage)
        make = attributes if callable(attributes) else None
        return Column(name, type, size, attribute, make, nonzeros, origin=self.stage)

    def select(self, items: Sequence[Column | str | None], renamed: Mapping[str, str] | None = None) -> None:
        """Keep only these columns for the following stages, in this order.

        An item is a new column of the stage, the name of a column to keep, or None for all columns. `renamed`
        maps new names to the names of the input columns that they rename.
        """
        kept: dict[str, Column | None] = {}
        passed: set[str] = set()
        for item in items:
            if item is None:
                kept |= self._produced
            elif isinstance(item, Column):
                kept[fold(item.name)] = item
            elif (produced := self._produced.get(fold(item))) is not None:
                kept[fold(item)] = produced
            else:
                passed.add(fold(item))
        if None not in items:
            self._replaced = {}
            known = self._passed
            self._passed = frozenset(passed if known is None else passed & known)
        origins = {
            key: name for key, name in self._renamed.items() if kept.get(key) is self._produced.get(key)
        }
        self._renamed = origins | {fold(new): old for new, old in (renamed or {}).items()}
        self._produced = kept

    def __contains__(self, name: str) -> bool:
        key = fold(name)
        if self._removed(name):
            return False
        if key in self._produced:
            return self._produced[key] is not None
        return self._inputs.taken(name) is not None

    def add(self, column: Column) -> None:
        """Add a column for the following stages, replacing a column of the same name."""
        key = fold(column.name)
        if key not in self._produced and column.name in self:
            self._replaced[key] = None
        self._produced[key] = column

    def drop(self, name: str) -> None:
        """Remove a column from the following stages and from the outputs."""
        self._produced[fold(name)] = None

    def produced(self) -> Iterator[Column]:
        """Return the columns that stages added and none removed, in Spark's order."""
        keys = (*self._replaced, *(key for key in self._produced if key not in self._replaced))
        return (column for key in keys if (column := self._produced[key]) is not None)

    def source(self, name: str) -> str | None:
        """Return the column's name in rows when it is an input or a renamed input, else None."""
        if self._removed(name):
            return None
        return self._renamed.get(fold(name)) if fold(name) in self._produced else name

    def known(self, name: str) -> Column | None:
        """Return the visible column of that name that is produced, declared or read by a stage, else None."""
        if fold(name) in self._produced or self._removed(name):
            return self._produced.get(fold(name))
        return self._inputs.find(name)

    def find(self, name: str) -> Column | None:
        """Return the visible column of that name when it is produced or read by a stage, else None."""
        key = fold(name)
        if key in self._produced or self._removed(name):
            return self._produced.get(key)
        return self._inputs.taken(name)
