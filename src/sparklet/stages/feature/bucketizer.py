"""Replace numbers by bucket indices."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from math import copysign
from typing import Any, Literal

from sparklet.columns import Attribute, Column, Columns, wants
from sparklet.errors import InvalidValueError
from sparklet.ir import Emit, Graph, Node
from sparklet.java import double_to_string
from sparklet.stages.shared import HasInputCols, drop_if_missing, to_double
from sparklet.stages.stage import Bound, Dropped, stage
from sparklet.types import DOUBLE

__all__ = ["Bucketizer"]


@stage("org.apache.spark.ml.feature.Bucketizer")
class Bucketizer(HasInputCols):
    """Replace a number by the index of its bucket [split, next split), in one column or several.

    A number outside all buckets is always an error; `handleInvalid` applies to NaN only. Null stays null
    except with `skip`. -0.0 lies below a split at 0.0. Follows Spark's `ml/feature/Bucketizer.scala` (4.2).
    """

    handleInvalid: Literal["error", "skip", "keep"] = "error"
    splits: tuple[float, ...] | None = None
    splitsArray: tuple[tuple[float, ...], ...] | None = None

    @property
    def _splits(self) -> tuple[tuple[float, ...], ...]:
        if self.several:
            return self.splitsArray or ()
        return () if self.splits is None else (self.splits,)

    def check(self) -> str | None:
        if (problem := super().check()) is not None:
            return problem
        if len(self._splits) != len(self.pairs):
            return f"{len(self.pairs)} input columns do not match {len(self._splits)} lists of splits"
        for splits in self._splits:
            if len(splits) < 3 or not all(low < high for low, high in pairwise(splits)):
                return f"splits are not three or more numbers in increasing order: {splits}"
        return None

    def bind(self, columns: Columns) -> Iterator[Bound]:
        taken = tuple(columns.take(name, wants.NUMBER) for name, _ in self.pairs)
        if self.handleInvalid == "skip":
            # Spark checks all columns for rows to drop before it looks up a number.
            yield Bound(taken, (), _keep_complete, drops="input", nulls=True)
        for source, (_, output), splits in zip(taken, self.pairs, self._splits, strict=True):
            target = columns.new(output, DOUBLE, attribute=Attribute("nominal", output, _names(splits)))
            search = self._search(splits, source)
            if source.type == DOUBLE:
                yield Bound((source,), (target,), emit=self._among(splits, search), nulls=True)
            else:
                yield Bound((source,), (target,), search, nulls=True)

    def _among(self, splits: tuple[float, ...], search: Callable[[Any], float | None]) -> Emit:
        """Return the emit for doubles: numbers inside the splits use a lookup node, others call `search`."""

        def emit(graph: Graph, x: Node) -> Node:
            inside = graph.both(
                graph.compare("!=", x, 0.0),
                graph.compare("<=", splits[0], x),
                graph.compare("<", x, splits[-1]),
            )
            buckets = len(splits) - 1 + (self.handleInvalid == "keep")
            return graph.otherwise(
                graph.either(graph.is_null(x), inside),
                graph.bucket(splits, x),
                search,
                x,
                null=x.null,
                nan=False,
                categories=buckets,
            )

        return emit

    def _search(self, splits: tuple[float, ...], source: Column) -> Callable[[Any], float | None]:
        last, keep, cast = splits[-1], self.handleInvalid == "keep", to_double(source)
        buckets = len(splits) - 1
        top, invalid = float(buckets - 1), float(buckets)
        zero, negative_zero = _zeros(splits)

        def search(value: Any) -> float | None:
            if value is None:
                return None
            bucket = bisect_right(splits, value) - 1
            if value and 0 <= bucket < buckets:
                return float(bucket)
            if value != value:
                if keep:
                    return invalid
                raise InvalidValueError("is NaN", value, hint="handleInvalid is 'error'")
            if value == last:
                return top
            if value == 0.0:
                bucket = negative_zero if copysign(1.0, value) < 0.0 else zero
                if 0 <= bucket < buckets:
                    return float(bucket)
            raise InvalidValueError(f"is outside the splits [{splits[0]}, {last}]: {value}", value)

        return search if cast is None else lambda value: search(None if value is None else cast(value))


def _keep_complete(*row: Any) -> None:
    if any(map(drop_if_missing, row)):
        raise Dropped


def _zeros(splits: Sequence[float]) -> tuple[int, int]:
    """Return the buckets of 0.0 and -0.0; `java.util.Arrays.binarySearch` orders -0.0 before 0.0."""
    bucket = bisect_right(splits, 0.0) - 1
    above = bucket >= 0 and splits[bucket] == 0.0 and copysign(1.0, splits[bucket]) > 0.0
    return bucket, bucket - above


def _names(splits: Sequence[float]) -> tuple[str, ...]:
    texts = [double_to_string(split) for split in splits]
    return tuple(f"{low}, {high}" for low, high in pairwise(texts))
