"""The stage of the Python engine that runs a user-written stage."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sparklet.columns import Columns
from sparklet.records import record
from sparklet.spark.types import seen, want
from sparklet.spark.work import Work
from sparklet.stages import Bound, Rounding, Stage

__all__ = ["OnlineStage"]


@record(kw_only=True, eq=False)
class OnlineStage(Stage):
    """Score with `author`, an `OnlineTransformer` of a trusted package."""

    rounding = Rounding("user-written code may call functions such as exp, log or pow")

    author: Any

    def __post_init__(self) -> None:
        cls = type(self.author)
        vars(self)["className"] = f"{cls.__module__}.{cls.__name__}"
        vars(self)["predictor"] = self.author.hasParam("predictionCol")

    def bind(self, columns: Columns) -> Iterator[Bound]:
        """Take the declared input columns and yield the function that computes the outputs."""
        declared = self.author._declared_inputs()
        taken = [columns.read(name, want(type_), size) for name, (type_, size) in declared.items()]
        outputs = tuple(
            columns.new(name, type_, size=size)
            for name, (type_, size) in self.author._declared_outputs().items()
        )
        inputs = tuple(
            (name, column.type, seen(column, type_, str(self)))
            for column, (name, (type_, _)) in zip(taken, declared.items(), strict=True)
        )
        asks = {
            column: "user code receives its type"
            for column, (type_, _) in zip(taken, declared.values(), strict=True)
            if type_ is None
        }
        # Before 4.1 the stage maps whole rows in Python, and no filter moves below that.
        udf = columns.profile.at_least("4.1+")
        run = Work(self.author, inputs, outputs).on_values()
        one = len(outputs) == 1
        yield Bound(
            tuple(taken),
            outputs,
            (lambda *values: run(*values)[0]) if one else run,
            nulls=True,
            asks=asks,
            inlined=udf,
            kept=not udf,
            barrier=not udf,
        )

    def __str__(self) -> str:
        return f"{type(self.author).__name__} {self.uid}"
