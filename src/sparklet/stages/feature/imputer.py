"""Missing numbers filled in."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from sparklet.columns import Column, Columns, wants
from sparklet.emit import Builder, Emit, Value
from sparklet.java.casts import from_double
from sparklet.saved import SavedStage
from sparklet.stages.shared import HasInputCols
from sparklet.stages.stage import Bound, stage

__all__ = ["ImputerModel"]


@stage("org.apache.spark.ml.feature.ImputerModel")
class ImputerModel(HasInputCols):
    """Replace null and `missingValue` by what training found, in the input column's own type.

    Follows Spark's `ml/feature/Imputer.scala` (4.2).
    """

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
            made = columns.new(output, source.type, replaces=True)
            yield Bound(
                (source,),
                (made,),
                emit=self._imputer(self.surrogates[name], source, columns.profile.ansi),
                nulls=True,
            )

    def _imputer(self, surrogate: float, source: Column, ansi: bool) -> Emit:
        missing = self.missingValue
        # SQL's equality: NaN equals NaN, and -0.0 equals 0.0.
        nan_is_missing = missing != missing

        def filler(coerce: Callable[[Any], Any]) -> Callable[[Any], float]:
            def fill(value: Any) -> float:
                number = coerce(value)
                absent = number is None or number == missing or (nan_is_missing and number != number)
                return surrogate if absent else number

            return fill

        def emit(b: Builder, x: Value) -> Value:
            known = {"null": False, "nan": surrogate != surrogate or not nan_is_missing}
            coerce, var = b.uncoerced(x), x.var
            if source.type != "double":
                coerce, var = None, b.let(f"{b.value(x)} if {x.var} is None else float({x.var})")

            present = f"{var} == {var}" if nan_is_missing else f"{var} != {b.bind(missing)}"
            is_number = f"{var} is not None" if coerce is None else f"{var}.__class__ is float"
            tests = [present] if not x.null and coerce is None else [is_number, present]
            # What is of the column's type already, and not present, is missing.
            otherwise = b.bind(surrogate) if coerce is None else f"{b.bind(filler(coerce), 'fill')}({var})"
            made = Value(b.let(f"{var} if {' and '.join(tests)} else {otherwise}"), **known)
            return made if source.type == "double" else b.call(from_double(source.type, ansi), made, **known)

        return emit
