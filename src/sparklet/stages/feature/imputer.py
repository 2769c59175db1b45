"""Fill in missing numbers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sparklet.columns import Column, Columns, wants
from sparklet.ir import Emit, Graph, Node
from sparklet.java.casts import from_double
from sparklet.saved import SavedStage
from sparklet.stages.shared import HasInputCols
from sparklet.stages.stage import Bound, stage
from sparklet.types import DOUBLE

__all__ = ["ImputerModel"]


_MOST_EXACT = 1 << 24


def _is_exact(surrogate: float) -> bool:
    """Return whether every numeric type holds the surrogate."""
    return surrogate.is_integer() and abs(surrogate) <= _MOST_EXACT


@stage("org.apache.spark.ml.feature.ImputerModel")
class ImputerModel(HasInputCols):
    """Replace null and `missingValue` by the surrogate of training, in the type of the input column.

    Follows Spark's `ml/feature/Imputer.scala` (4.2).
    """

    since = "2.2"

    missingValue: float = float("nan")
    surrogates: Mapping[str, float]

    @classmethod
    def data(cls, saved: SavedStage) -> Mapping[str, Any]:
        return {"surrogates": saved.table().row()}

    def check(self) -> str | None:
        if (problem := super().check()) is not None:
            return problem
        lacking = [name for name, _ in self.pairs if name not in self.surrogates]
        return f"no surrogate is stored for {', '.join(lacking)}" if lacking else None

    def bind(self, columns: Columns) -> Iterator[Bound]:
        taken = [columns.take(name, wants.NUMBER) for name, _ in self.pairs]
        for source, (name, output) in zip(taken, self.pairs, strict=True):
            target = columns.new(output, source.type, replaces=True, undeclared=source.undeclared)
            surrogate = self.surrogates[name]
            yield Bound(
                (source,),
                (target,),
                emit=self._imputer(surrogate, source, columns.profile.ansi),
                nulls=True,
                inlined=True,
                asks={}
                if _is_exact(surrogate)
                else {source: f"integers truncate the surrogate {surrogate:g}"},
            )

    def _imputer(self, surrogate: float, source: Column, ansi: bool) -> Emit:
        missing = self.missingValue
        # SQL's equality: NaN equals NaN, and -0.0 equals 0.0.
        nan_is_missing = missing != missing

        def emit(graph: Graph, x: Node) -> Node:
            number = graph.to_double(x)
            if nan_is_missing:
                absent = graph.is_missing(x)
            else:
                absent = graph.either(graph.is_null(x), graph.compare("==", number, missing))
            target = graph.select(
                absent,
                surrogate,
                number,
                null=False,
                nan=surrogate != surrogate or not nan_is_missing,
            )
            if source.type == DOUBLE:
                return target
            return graph.call(from_double(source.type, ansi), target, type=source.type, null=False)

        return emit
