"""Hash columns into one vector."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from sparklet.columns import Column, Columns, wants
from sparklet.java import double_to_string, float_to_string, term_hasher
from sparklet.java.scala import set_order
from sparklet.linalg import SparseVector
from sparklet.profile import Profile
from sparklet.stages.memo import Memo
from sparklet.stages.stage import Bound, Stage, stage
from sparklet.types import BOOLEAN, DOUBLE, FLOAT, STRING, VECTOR, DataType, is_floating, is_numeric

__all__ = ["FeatureHasher"]


@stage("org.apache.spark.ml.feature.FeatureHasher")
class FeatureHasher(Stage):
    """Add numbers to the slot of the column name, and 1 to the slot of `name=value` for text and booleans.

    Numbers in `categoricalCols` are treated as text. Zeros are stored, nulls are skipped. Strings are hashed
    as in 3.0 and later, whichever Spark release saved the stage. Follows Spark's
    `ml/feature/FeatureHasher.scala` (4.2).
    """

    since = "2.3"

    inputCols: tuple[str, ...]
    outputCol: str | None = None
    numFeatures: int = 1 << 18
    categoricalCols: tuple[str, ...] | None = None

    def check(self) -> str | None:
        return None if self.numFeatures > 0 else f"numFeatures is {self.numFeatures}, not positive"

    def bind(self, columns: Columns) -> Iterator[Bound]:
        names = tuple(dict.fromkeys(self.inputCols))
        taken = dict(zip(names, [columns.take(name, wants.HASHED) for name in names], strict=True))
        output = self.outputCol if self.outputCol is not None else f"{self.uid}__output"
        target = columns.new(output, VECTOR, size=self.numFeatures, nonzeros=(0, self.numFeatures))
        asks = dict.fromkeys(taken.values(), "numbers and text hash differently")
        function = self._hasher(taken, columns.profile)
        yield Bound(tuple(taken.values()), (target,), function, nulls=True, asks=asks)

    def _categorical(self, taken: dict[str, Column], profile: Profile) -> list[str]:
        # From 4.0 on a column that is listed twice counts twice, unless categoricalCols is set.
        listed = self.inputCols if profile.at_least("4.0") else tuple(taken)
        texts = [name for name in listed if not is_numeric(taken[name].type)]
        if self.categoricalCols is None:
            return texts
        return list(dict.fromkeys((*texts, *(name for name in self.categoricalCols if name in taken))))

    def _hasher(self, taken: dict[str, Column], profile: Profile) -> Callable[..., SparseVector]:
        size, positions = self.numFeatures, {name: position for position, name in enumerate(taken)}
        hashed = term_hasher(STRING)
        categorical = self._categorical(taken, profile)
        # If three numbers share a slot, the order of Scala's set determines the order of addition.
        numbers = set_order(
            self.inputCols, "2.13" if profile.at_least("4.0") else "2.12", without=categorical
        )
        plan = [(positions[name], hashed(name) % size) for name in numbers]
        finders = [(positions[name], _finder(name, taken[name].type, size)) for name in categorical]

        def collect(*row: Any) -> SparseVector:
            slots: dict[int, float] = {}
            for position, slot in plan:
                value = row[position]
                if value is not None:
                    slots[slot] = slots[slot] + float(value) if slot in slots else float(value)
            for position, find in finders:
                value = row[position]
                if value is not None:
                    slot = find(value)
                    slots[slot] = slots[slot] + 1.0 if slot in slots else 1.0
            indices = sorted(slots)
            return SparseVector(size, tuple(indices), tuple([slots[slot] for slot in indices]))

        return collect


def _finder(name: str, type_: DataType, size: int) -> Callable[[Any], int]:
    """Return the function from a value to the slot of `name=value`, as Java's toString writes it."""
    hashed, text = term_hasher(STRING), _TO_TEXT.get(type_, str)
    if is_floating(type_):
        # -0.0 and 0.0 have different texts but are the same dict key.
        return lambda value: hashed(f"{name}={text(value)}") % size
    return Memo(lambda value: hashed(f"{name}={text(value)}") % size).__getitem__


_TO_TEXT: dict[DataType, Callable[[Any], str]] = {
    DOUBLE: double_to_string,
    FLOAT: float_to_string,
    BOOLEAN: lambda value: "true" if value else "false",
}
