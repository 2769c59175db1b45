"""The columns that a stage sees: by name without regard to case, typed by declaration or by use."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from sparklet.columns.column import Attribute, Column
from sparklet.columns.wants import Want
from sparklet.errors import AmbiguousColumnError, ColumnExistsError, SchemaError
from sparklet.profile import Profile
from sparklet.types import STRING, VECTOR, DataType

__all__ = ["Columns", "Inputs"]


def fold(name: str) -> str:
    """Return the form under which Spark's default resolver compares names."""
    return name.lower()


class Inputs:
    """The columns that rows must bring, typed by the declared schema or by what stages take them for.

    A column that several stages take differently gets the first type that all accept; `retyped` tells
    that an earlier stage saw another type, so that all must be bound again. What `schema` declares comes
    before the types of the `example` that the model was saved with.
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
            if (twin := self._columns.get(fold(name))) is not None:
                raise AmbiguousColumnError(name, (twin.name, name))
            self._columns[fold(name)] = Column.of(name, type, "schema")
        for name, type in (example or {}).items():
            self._columns.setdefault(fold(name), Column.of(name, type, "example"))

    def take(self, name: str, want: Want, stage: str, size: int | None) -> Column:
        """Return the input column, made on first use."""
        key = fold(name)
        self._used[key] = None
        column = self._columns.get(key)
        takers = self._wants.setdefault(key, {})
        takers.setdefault(want, stage)
        if column is None:
            column = self._columns[key] = Column(name, want.inferred, casts=want.casts)
        elif column.origin == "inferred":
            if not want.accepts(column.type) or _teaches(want, column, takers):
                column = self._columns[key] = self._settle(name, takers)
                self.retyped = True
            elif column.casts and not want.casts and column.type == STRING:
                # A tokenizer takes text only; what an indexer would cast must not reach it.
                column = self._columns[key] = Column(column.name, STRING)
                self.retyped = True
        if column.type == VECTOR and column.size is None and size is not None and column.origin == "inferred":
            column = self._columns[key] = replace(column, size=size)
            self.retyped = True
        return column

    def _settle(self, name: str, takers: Mapping[Want, str]) -> Column:
        informed = sorted(takers, key=lambda want: want.any)
        for candidate in dict.fromkeys(want.inferred for want in informed):
            if all(want.accepts(candidate) for want in takers):
                return Column(name, candidate)
        uses = ", ".join(f"{want.words} by {stage}" for want, stage in takers.items())
        raise SchemaError(name, f"is taken for {uses}")

    def __iter__(self) -> Iterator[Column]:
        return (self._columns[key] for key in self._used)

    def find(self, name: str) -> Column | None:
        """Return the column of that name that is declared or that a stage took, else None."""
        return self._columns.get(fold(name))

    def taken(self, name: str) -> Column | None:
        """Return the column of that name if a stage took it, else None."""
        key = fold(name)
        return self._columns[key] if key in self._used else None

    @property
    def declared(self) -> Iterator[Column]:
        """Return the columns that the schema or the example names, used or not."""
        return (column for column in self._columns.values() if column.origin != "inferred")


def _teaches(want: Want, column: Column, takers: Mapping[Want, str]) -> bool:
    """Tell whether a column that so far could be anything is now known to be of another type."""
    return (
        not want.any and column.type != want.inferred and all(taker.any for taker in takers if taker != want)
    )


class Columns:
    """The typed columns at one point of the pipeline, and the profile under which they are scored."""

    def __init__(self, inputs: Inputs, profile: Profile) -> None:
        self.profile = profile
        self.stage = ""
        self._inputs = inputs
        # None marks a name that a stage removed.
        self._made: dict[str, Column | None] = {}
        # Inputs that a stage replaced keep their place, in front of what stages add.
        self._replaced: dict[str, None] = {}
        # Once a stage chose the columns that stay: the inputs among them. None: all inputs are there.
        self._passed: frozenset[str] | None = None
        # What an input column is called now, by the name it was given.
        self._renamed: dict[str, str] = {}

    def take(self, name: str, want: Want, size: int | None = None) -> Column:
        """Return the column of that name, which the stage takes for `want`.

        `size` tells of how many elements the stage expects a vector to be: an undeclared input is shown so.
        Raises `SchemaError` for a column of another type, or one that an earlier stage removed.
        """
        if self._removed(name):
            raise SchemaError(name, "was removed by an earlier stage", self.stage)
        made = self._made.get(fold(name))
        if made is not None:
            column = made if fold(name) not in self._renamed else self._retaken(made, want, size)
        else:
            column = self._inputs.take(name, want, self.stage, size)
        if not want.accepts(column.type):
            raise SchemaError(column.name, f"must be {want.words}, it is {column.type}", self.stage)
        return column

    def _removed(self, name: str) -> bool:
        key = fold(name)
        if key in self._made:
            return self._made[key] is None
        return self._passed is not None and key not in self._passed

    def _retaken(self, column: Column, want: Want, size: int | None) -> Column:
        """Return a renamed input column, of which the stage tells the type under its new name."""
        source = self._inputs.take(self._renamed[fold(column.name)], want, self.stage, size)
        if (source.type, source.size) == (column.type, column.size):
            return column
        # All stages are bound again, with the type that is known now.
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
        """Return a column that the stage makes; the plan adds it when the stage yields it.

        `attributes` is a function without arguments. Raises `ColumnExistsError` as Spark does where the name
        is taken, unless `replaces`.
        """
        if not replaces and name in self:
            raise ColumnExistsError(name, stage=self.stage)
        make = attributes if callable(attributes) else None
        return Column(name, type, size, attribute, make, nonzeros, origin=self.stage)

    def select(self, items: Sequence[Column | str | None], renamed: Mapping[str, str] | None = None) -> None:
        """Leave only these columns to the stages that follow, in this order.

        An item is a column that the stage makes, the name of one that stays, or None for all there are.
        `renamed` tells which of the new columns are input columns under another name.
        """
        kept: dict[str, Column | None] = {}
        passed: set[str] = set()
        for item in items:
            if item is None:
                kept |= self._made
            elif isinstance(item, Column):
                kept[fold(item.name)] = item
            elif (made := self._made.get(fold(item))) is not None:
                kept[fold(item)] = made
            else:
                passed.add(fold(item))
        if None not in items:
            self._replaced = {}
            known = self._passed
            self._passed = frozenset(passed if known is None else passed & known)
        origins = {key: name for key, name in self._renamed.items() if kept.get(key) is self._made.get(key)}
        self._renamed = origins | {fold(new): old for new, old in (renamed or {}).items()}
        self._made = kept

    def __contains__(self, name: str) -> bool:
        key = fold(name)
        if self._removed(name):
            return False
        if key in self._made:
            return self._made[key] is not None
        return self._inputs.taken(name) is not None

    def add(self, column: Column) -> None:
        """Make a column visible to the stages that follow, in place of one of the same name."""
        key = fold(column.name)
        if key not in self._made and column.name in self:
            self._replaced[key] = None
        self._made[key] = column

    def drop(self, name: str) -> None:
        """Take a column away from the stages that follow and from the outputs."""
        self._made[fold(name)] = None

    def made(self) -> Iterator[Column]:
        """Return the columns that stages made and none removed, in Spark's order."""
        places = (*self._replaced, *(key for key in self._made if key not in self._replaced))
        return (column for key in places if (column := self._made[key]) is not None)

    def source(self, name: str) -> str | None:
        """Return what rows call the column, where it is an input or an input renamed; None for others."""
        if self._removed(name):
            return None
        return self._renamed.get(fold(name)) if fold(name) in self._made else name

    def known(self, name: str) -> Column | None:
        """Return the visible column of that name if it is made, declared or read by a stage, else None."""
        if fold(name) in self._made or self._removed(name):
            return self._made.get(fold(name))
        return self._inputs.find(name)

    def find(self, name: str) -> Column | None:
        """Return the visible column of that name without taking it, or None."""
        key = fold(name)
        if key in self._made or self._removed(name):
            return self._made.get(key)
        return self._inputs.taken(name)
