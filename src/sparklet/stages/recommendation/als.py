"""Alternating least squares: the rating a user would give an item."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from sparklet._native import kernels
from sparklet.columns import Column, Columns, wants
from sparklet.errors import CorruptModelError, InvalidValueError, NullValueError
from sparklet.java import float_dot
from sparklet.records import record
from sparklet.saved import SavedStage
from sparklet.stages.stage import Bound, Dropped, Stage, stage
from sparklet.types import FLOAT, INTEGER

if TYPE_CHECKING:
    import numpy

__all__ = ["ALSModel", "Factors"]

_LARGEST_INT = (1 << 31) - 1


@record(eq=False)
class Factors:
    """The vectors of users or items: sorted ids, and for each id `rank` float32 in one array."""

    ids: numpy.ndarray
    values: numpy.ndarray
    rank: int

    @classmethod
    def read(cls, saved: SavedStage, name: str, rank: int) -> Factors:
        """Read one of the two tables; raise `CorruptModelError` for another rank or duplicate ids."""
        import numpy

        table = saved.table(name, ["id", "features"])
        ids = table.numpy("id", "int")
        values, offsets = table.flat("features", "array<float>")
        if ((offsets[1:] - offsets[:-1]) != rank).any():
            raise CorruptModelError(
                table.path, f"holds features that are not {rank} numbers, the model's rank"
            )
        if not (ids[1:] > ids[:-1]).all():
            order = numpy.argsort(ids, kind="stable")
            ids, values = ids[order], values.reshape(len(ids), rank)[order].ravel()
        if (ids[1:] == ids[:-1]).any():
            raise CorruptModelError(table.path, "holds an id twice")
        return cls(ids, values, rank)

    def find(self) -> Callable[[int], Any]:
        """Return the function from an id to its vector, None for an unknown id."""
        # A memoryview returns Python ints without a dict of millions of entries.
        ids, values, rank, count = self.ids.data, self.values, self.rank, len(self.ids)

        def vector(id_: int) -> Any:
            row = bisect_left(ids, id_)
            if row < count and ids[row] == id_:
                return values[row * rank : row * rank + rank]
            return None

        return vector


@stage("org.apache.spark.ml.recommendation.ALSModel")
class ALSModel(Stage):
    """Predict the rating (float) of a user and an item: a float32 dot product, NaN if either is unknown.

    With `coldStartStrategy="drop"` such a row is dropped. Since Spark 4.0 the two id columns are returned as
    int. Follows Spark's `ml/recommendation/ALS.scala` (3.5 and 4.2).
    """

    predictor: ClassVar[bool] = True

    userCol: str = "user"
    itemCol: str = "item"
    predictionCol: str = "prediction"
    coldStartStrategy: str = "nan"
    userFactors: Factors
    itemFactors: Factors

    @classmethod
    def data(cls, saved: SavedStage) -> Mapping[str, Any]:
        rank = saved.number("rank", 1)
        return {name: Factors.read(saved, name, rank) for name in ("userFactors", "itemFactors")}

    def check(self) -> str | None:
        if self.coldStartStrategy.lower() not in ("nan", "drop"):
            return f"coldStartStrategy is {self.coldStartStrategy!r}, expected 'nan' or 'drop'"
        return None

    def bind(self, columns: Columns) -> Iterator[Bound]:
        sources = [columns.take(name, wants.NUMBER) for name in (self.userCol, self.itemCol)]
        prediction = columns.new(self.predictionCol, FLOAT)
        if columns.profile.at_least("4.0"):
            for source in sources:
                target = columns.new(source.name, INTEGER, replaces=True)
                yield Bound((source,), (target,), _checked(source), nulls=True, inlined=True)
        drop = self.coldStartStrategy.lower() == "drop"
        yield Bound(
            tuple(sources),
            (prediction,),
            self._predictor(sources, drop=drop),
            drops="output" if drop else None,
            barrier=True,
            nulls=True,
        )

    def _predictor(self, sources: list[Column], *, drop: bool) -> Callable[[Any, Any], float]:
        user_id, item_id = map(_checked, sources)
        rate = self._rating()

        def predict(user: Any, item: Any) -> float:
            rating = rate(user_id(user), item_id(item))
            if drop and rating != rating:
                raise Dropped
            return rating

        return predict

    def _rating(self) -> Callable[[int, int], float]:
        """Return the function from the two ids to the rating."""
        users, items = self.userFactors, self.itemFactors
        module = kernels()
        if module is not None:
            compiled: Callable[[int, int], float] = module.factors(
                users.ids, users.values, items.ids, items.values, users.rank
            )
            return compiled
        find_user, find_item = users.find(), items.find()

        def rating(user: int, item: int) -> float:
            x, y = find_user(user), find_item(item)
            return math.nan if x is None or y is None else float_dot(x, y)

        return rating


def _checked(column: Column) -> Callable[[Any], int]:
    """Return the function that converts a number to an id, like `ALSModelParams.checkIntegers`."""

    def integer(value: Any) -> int:
        if value is None:
            raise NullValueError(column=column.name)
        if value != value or abs(value) > _LARGEST_INT + 1 or int(value) != value:
            raise InvalidValueError(
                f"is no id, a whole number in the range of int: {value}", value, column=column.name
            )
        id_ = int(value)
        if id_ > _LARGEST_INT:
            raise InvalidValueError(f"is beyond the range of int: {value}", value, column=column.name)
        return id_

    return integer
