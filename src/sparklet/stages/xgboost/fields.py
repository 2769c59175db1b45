"""Typed access to the objects of a booster's document, whose numbers are often texts."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sparklet.errors import CorruptModelError, shown
from sparklet.records import record

if TYPE_CHECKING:
    import numpy

__all__ = ["Fields"]


@record(eq=False)
class Fields:
    """An object inside the file `path`, under the name `where`; each method raises `CorruptModelError`."""

    path: str
    where: str
    values: Mapping[str, Any]

    def corrupt(self, problem: str) -> CorruptModelError:
        """Return the error for an object with a problem."""
        return CorruptModelError(self.path, f"{self.where}{problem}")

    def refuse(self, key: str, expected: str) -> CorruptModelError:
        """Return the error for a value that is not what is expected."""
        state = f"is {shown(self.values[key])}" if key in self.values else "is absent"
        return self.corrupt(f"{key} {state}, expected {expected}")

    def object(self, key: str) -> Fields:
        """Return an object."""
        value = self.values.get(key)
        if not isinstance(value, Mapping):
            raise self.refuse(key, "an object")
        return Fields(self.path, f"{self.where}{key}.", value)

    def objects(self, key: str, count: int) -> list[Fields]:
        """Return a list of `count` objects."""
        values = self.values.get(key)
        if not isinstance(values, list) or len(values) != count:
            raise self.refuse(key, f"a list of {count} objects")
        if not all(isinstance(value, Mapping) for value in values):
            raise self.refuse(key, "objects")
        return [Fields(self.path, f"{self.where}{key}[{i}].", value) for i, value in enumerate(values)]

    def text(self, key: str) -> str:
        """Return a text."""
        value = self.values.get(key)
        if not isinstance(value, str):
            raise self.refuse(key, "a text")
        return value

    def whole(self, key: str, least: int, below: int, default: int | None = None) -> int:
        """Return an integer from `least` to before `below`, which may be a text."""
        value = self.values.get(key, default)
        if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 20:
            value = int(value)
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value < below:
            raise self.refuse(key, f"a whole number of at least {least}")
        return value

    def array(self, key: str, dtype: str) -> numpy.ndarray:
        """Return a list of numbers as an array of `dtype`: int64, or float64 for numbers of float32."""
        import numpy

        values = self.values.get(key)
        if isinstance(values, (list, numpy.ndarray)):
            kinds = (bool, int) if dtype == "int64" else (int, float)
            if isinstance(values, numpy.ndarray) or all(type(value) in kinds for value in values):
                try:
                    with numpy.errstate(all="ignore"):
                        if dtype == "int64":
                            return numpy.asarray(values, numpy.int64)
                        return numpy.asarray(values, numpy.float32).astype(numpy.float64)
                except (OverflowError, ValueError):
                    pass
        raise self.refuse(key, "a list of integers" if dtype == "int64" else "a list of numbers")

    def integers(self, key: str) -> tuple[int, ...]:
        """Return a list of integers."""
        return tuple(self.array(key, "int64").tolist())

    def floats(self, key: str) -> tuple[float, ...]:
        """Return a list of numbers of float32, none of them NaN."""
        values = tuple(self.array(key, "float64").tolist())
        if any(math.isnan(value) for value in values):
            raise self.refuse(key, "numbers")
        return values
