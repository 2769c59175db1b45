"""The columns that a stage can read: names are case-insensitive, types are declared or inferred."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from sparklet.columns.attributes import attributed
from sparklet.columns.column import Attribute, Column
from sparklet.columns.declared import Schema
from sparklet.columns.labels import TEXT, WHOLE
from sparklet.columns.names import parse_name, quoted
from sparklet.columns.wants import Want
from sparklet.errors import AmbiguousColumnError, ColumnExistsError, SchemaError
from sparklet.linalg import Release
from sparklet.profile import Profile
from sparklet.records import replace
from sparklet.types import DOUBLE, LONG, STRING, VECTOR, DataType, MapType, StructField, StructType

__all__ = ["Columns", "Inputs"]


def fold(name: str) -> str:
    """Return the name in lower case, as Spark's default resolver compares names."""
    return name.lower()


class Inputs:
    """The input columns of rows, typed by the declared schema or inferred from the stages that read them.

    A column that several stages read gets the first inferred type that all of them accept. `retyped` is set
    when an earlier stage was bound to another type, so that all stages must be bound again. The types of
    `schema` take precedence over those of the `table` that is scored, and these over the types of the
    `example` that was saved with the model.
    """

    def __init__(
        self,
        schema: Mapping[str, DataType],
        example: Mapping[str, DataType] | None = None,
        table: Mapping[str, DataType] | None = None,
    ) -> None:
        self._columns: dict[str, Column] = {}
        self._wants: dict[str, dict[Want, str]] = {}
        self._used: dict[str, None] = {}
        self._example = {fold(name): type for name, type in (example or {}).items()}
        # The inferred fields of undeclared structs.
        self._structs: dict[str, Inputs] = {}
        self.retyped = False
        for name, type in schema.items():
            if (other := self._columns.get(fold(name))) is not None:
                raise AmbiguousColumnError(name, (other.name, name))
            self._columns[fold(name)] = _declared(name, type, "schema", schema)
        for name, type in (table or {}).items():
            self._columns.setdefault(fold(name), _declared(name, type, "table", table))
        for name, type in (example or {}).items():
            self._columns.setdefault(fold(name), _declared(name, type, "example", example))

    def take(self, name: str, want: Want, stage: str, size: int | None) -> Column:
        """Return the input column of that name; create it on first use."""
        key = fold(name)
        self._used[key] = None
        column = self._columns.get(key)
        readers = self._wants.setdefault(key, {})
        if column is None:
            readers[want] = stage
            column = self._columns[key] = _inferred(name, want.inferred, readers)
        elif column.origin == "inferred":
            if want not in readers:
                readers[want] = stage
                settled = self._settle(column.name, readers)
                if (settled.type, *_conversions(settled)) != (column.type, *_conversions(column)):
                    self._columns[key] = column = replace(settled, size=column.size)
                    self.retyped = True
        elif column.origin == "table" and not want.accepts(column.type):
            # The table's type is not the one that the model was fitted on: convert its values, if possible.
            self._columns[key] = column = self._without_table(column, want, readers, stage)
            self.retyped = True
        else:
            readers.setdefault(want, stage)
        if column.type == VECTOR and column.size is None and size is not None and column.origin == "inferred":
            column = self._columns[key] = replace(column, size=size)
            self.retyped = True
        return column

    def _without_table(self, column: Column, want: Want, readers: dict[Want, str], stage: str) -> Column:
        readers[want] = stage
        type = self._example.get(fold(column.name))
        if type is not None:
            return Column.of(column.name, type, "example")
        return self._settle(column.name, readers)

    def take_field(
        self, name: str, path: Sequence[str], want: Want, stage: str, size: int | None
    ) -> tuple[Column, Column, tuple[str, ...]]:
        """Return the struct column of that name, the field of it that a stage reads, and the field's path.

        An undeclared struct has the fields that stages read. Raises `SchemaError` for a field that a declared
        column does not have.
        """
        key = fold(name)
        self._used[key] = None
        column = self._columns.get(key)
        if column is not None and column.origin != "inferred":
            return column, *field_of(column, path, stage)
        inner = self._structs.setdefault(key, Inputs({}))
        if len(path) == 1:
            field = inner.take(path[0], want, stage, size)
            keys: tuple[str, ...] = (field.name,)
        else:
            struct, field, rest = inner.take_field(path[0], path[1:], want, stage, size)
            keys = (struct.name, *rest)
        fields = tuple(inner)
        type = StructType(tuple([StructField(each.name, each.type) for each in fields]))
        if column is None or column.fields != fields:
            for reader, other in self._wants.get(key, {}).items():
                if not reader.accepts(type):
                    problem = f"is {reader.words} to {other}, and has the field {path[0]}"
                    raise SchemaError(name, problem, stage)
            name = name if column is None else column.name
            asked = frozenset({name}) if any(each.undeclared for each in fields) else frozenset()
            column = self._columns[key] = Column(name, type, fields=fields, undeclared=asked)
            self.retyped = True
        # The struct is declared as a whole.
        asked = column.undeclared if field.undeclared else field.undeclared
        return column, replace(field, name=f"{column.name}.{field.name}", undeclared=asked), keys

    def _settle(self, name: str, readers: Mapping[Want, str]) -> Column:
        by_preference = sorted(readers, key=lambda want: want.any)
        candidates = [want.inferred for want in by_preference]
        if any(want.labels == WHOLE for want in readers):
            # Only integers and text have such labels.
            candidates = [LONG if type == DOUBLE else type for type in candidates] + candidates
        for candidate in dict.fromkeys(candidates):
            if all(want.accepts(candidate) for want in readers):
                return _inferred(name, candidate, readers)
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

    def takes(self, key: str) -> bool:
        """Return whether a stage reads the column of a folded name."""
        return key in self._used

    @property
    def unread(self) -> list[str]:
        """Return the declared columns that no stage reads."""
        return [column.name for key, column in self._columns.items() if key not in self._used]

    @property
    def declared(self) -> Iterator[Column]:
        """Return the columns that the schema or the example declares, whether they are read or not."""
        return (column for column in self._columns.values() if column.origin != "inferred")


def field_of(column: Column, path: Sequence[str], stage: str) -> tuple[Column, tuple[str, ...]]:
    """Return a field of a struct as a column, and its path; names are case-insensitive.

    Raises `SchemaError` for a column that is no struct, and a field that is absent or ambiguous.
    """
    name, type, keys = column.name, column.type, []
    for part in path:
        if not isinstance(type, StructType):
            hint = f"; a column with the name {name}.{part} is written {quoted(f'{name}.{part}')}"
            raise SchemaError(name, f"is {type} and has no field {part!r}{hint}", stage)
        matches = [field for field in type if fold(field.name) == fold(part)]
        if len(matches) != 1:
            problem = "has no field" if not matches else "has more than one field"
            raise SchemaError(name, f"{problem} {part!r}", stage)
        keys.append(matches[0].name)
        name, type = f"{name}.{matches[0].name}", matches[0].dataType
    return Column.of(name, type, column.origin), tuple(keys)


def _declared(name: str, type: DataType, origin: str, schema: Mapping[str, DataType] | None) -> Column:
    column = Column.of(name, type, origin)
    metadata = schema.metadata.get(name) if isinstance(schema, Schema) else None
    return column if metadata is None else attributed(column, metadata)


def _inferred(name: str, type: DataType, readers: Mapping[Want, str]) -> Column:
    """Return an undeclared input column, which takes the values that all readers convert alike."""
    wants = tuple(readers)
    typed = [want for want in wants if not want.any]
    casts = type == STRING and typed != [] and all(want.casts for want in typed)
    near = [want.near for want in typed] if type == DOUBLE else []
    guessed = type in (DOUBLE, LONG) or isinstance(type, (MapType, StructType))
    certain = not guessed and not casts and typed != []
    convert = wants[0].convert if len(wants) == 1 else None
    return Column(
        name,
        type,
        casts=casts,
        labels=next((want.labels for want in wants if want.labels), TEXT),
        near=frozenset.intersection(*near) if near else frozenset(),
        convert=convert,
        undeclared=frozenset() if certain or convert is not None else frozenset({name}),
    )


def _conversions(column: Column) -> tuple[object, ...]:
    return column.casts, column.near, column.convert, column.undeclared


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
        # The field that a stage reads of a struct, by the struct and the path.
        self._fields: dict[tuple[Column, tuple[str, ...]], Column] = {}
        self._new_fields: list[tuple[Column, Column, tuple[str, ...]]] = []

    def take(
        self, name: str, want: Want, size: int | None = None, *, parsed_since: Release = "4.0"
    ) -> Column:
        """Return the column that a param refers to, for a stage that requires the type `want`.

        In `a.b` b is a field of the struct a, and a name with dots stands in backticks; before the release
        `parsed_since` the param is the name. `size` and errors are those of `read`.
        """
        if not self.profile.at_least(parsed_since):
            return self.read(name, want, size)
        try:
            column, *path = parse_name(name)
        except SchemaError as error:
            raise SchemaError(name, error.problem, self.stage) from None
        return self._field(column, path, want, size) if path else self.read(column, want, size)

    def _field(self, name: str, path: Sequence[str], want: Want, size: int | None) -> Column:
        key = fold(name)
        if self._removed(key):
            raise SchemaError(name, "was removed by an earlier stage", self.stage)
        produced = self._produced.get(key)
        if produced is None or key in self._renamed:
            source = self._renamed.get(key, name)
            column, field, keys = self._inputs.take_field(source, path, want, self.stage, size)
            column = column if produced is None else produced
        else:
            column, (field, keys) = produced, field_of(produced, path, self.stage)
        if not want.accepts(field.type):
            raise SchemaError(field.name, f"must be {want.words}, it is {field.type}", self.stage)
        known = self._fields.get((column, keys))
        if known is None or (known.type, known.size) != (field.type, field.size):
            self._fields[column, keys] = known = field
            self._new_fields.append((column, field, keys))
        return known

    def new_fields(self) -> list[tuple[Column, Column, tuple[str, ...]]]:
        """Return each field that was taken for the first time since the last call: struct, field and path."""
        fields, self._new_fields = self._new_fields, []
        return fields

    def read(self, name: str, want: Want, size: int | None = None) -> Column:
        """Return the column of exactly that name for a stage that requires the type `want`.

        `size` is the vector size that the stage expects, which becomes the size of an undeclared input.
        Raises `SchemaError` for a column of another type, or one that an earlier stage removed.
        """
        key = fold(name)
        if self._removed(key):
            raise SchemaError(name, "was removed by an earlier stage", self.stage)
        produced = self._produced.get(key)
        if produced is not None:
            column = produced if key not in self._renamed else self._retyped(produced, want, size)
        else:
            column = self._inputs.take(name, want, self.stage, size)
        if not want.accepts(column.type):
            raise SchemaError(column.name, f"must be {want.words}, it is {column.type}", self.stage)
        return column

    def _removed(self, key: str) -> bool:
        """Return whether an earlier stage removed the column of a folded name."""
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
        undeclared: frozenset[str] = frozenset(),
    ) -> Column:
        """Return a new column for an output of the stage; the plan adds it when the stage yields it.

        `attributes` is a function without arguments; `undeclared` are the undeclared inputs that determine
        the type. Raises `ColumnExistsError`, as Spark does, when the name
        exists already, unless `replaces`.
        """
        if not replaces and name in self:
            raise ColumnExistsError(name, stage=self.stage)
        make = attributes if callable(attributes) else None
        return Column(name, type, size, attribute, make, nonzeros, origin=self.stage, undeclared=undeclared)

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
        return self._holds(fold(name))

    def _holds(self, key: str) -> bool:
        """Return whether the column of a folded name is visible: produced, or read by a stage."""
        if key in self._produced:
            return self._produced[key] is not None
        return not self._removed(key) and self._inputs.takes(key)

    def add(self, column: Column) -> None:
        """Add a column for the following stages, replacing a column of the same name."""
        key = fold(column.name)
        if key not in self._produced and self._holds(key):
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
        key = fold(name)
        if self._removed(key):
            return None
        return self._renamed.get(key) if key in self._produced else name

    def known(self, name: str) -> Column | None:
        """Return the visible column of that name that is produced, declared or read by a stage, else None."""
        key = fold(name)
        if key in self._produced or self._removed(key):
            return self._produced.get(key)
        return self._inputs.find(name)

    def find(self, name: str) -> Column | None:
        """Return the visible column of that name when it is produced or read by a stage, else None."""
        key = fold(name)
        if key in self._produced or self._removed(key):
            return self._produced.get(key)
        return self._inputs.taken(name)
