"""Fitted R formulas: a pipeline of indexers, encoders and an assembler, and two stages that clean up."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, ClassVar

from sparklet.columns import Attribute, Column, Columns, wants
from sparklet.errors import SchemaError
from sparklet.records import record, replace
from sparklet.saved import SavedStage
from sparklet.stages.stage import Bound, Stage, stage
from sparklet.types import DOUBLE

__all__ = ["ColumnPruner", "RFormulaModel", "VectorAttributeRewriter"]


@stage("org.apache.spark.ml.feature.RFormulaModel")
class RFormulaModel(Stage):
    """Compute the features of a formula, and the label if the row has its column.

    Follows Spark's `ml/feature/RFormula.scala` (4.2).
    """

    labelCol: str = "label"
    formulaLabel: str
    pipelineModel: Stage

    @classmethod
    def data(cls, saved: SavedStage) -> Mapping[str, Any]:
        formulaLabel = saved.table().row(label="string")["label"]
        return {"formulaLabel": formulaLabel, "pipelineModel": saved.child("pipelineModel")}

    def expand(self) -> Sequence[Stage]:
        return self.pipelineModel, _Label(uid=self.uid, source=self.formulaLabel, labelCol=self.labelCol)


@record(kw_only=True, eq=False)
class _Label(Stage):
    """Cast the label to double, like `RFormulaModel.transformLabel` if no column has the label's name."""

    className: ClassVar[str] = "org.apache.spark.ml.feature.RFormulaModel (label)"

    source: str
    labelCol: str

    def bind(self, columns: Columns) -> Iterator[Bound]:
        if self.source and self.source != self.labelCol and self.labelCol not in columns:
            source = columns.take(self.source, wants.NUMBER_OR_BOOLEAN)
            target = columns.new(self.labelCol, DOUBLE)
            yield Bound((source,), (target,), _as_double, optional=True, nulls=True)


def _as_double(value: Any) -> float | None:
    return None if value is None else float(value)


@stage("org.apache.spark.ml.feature.ColumnPruner")
class ColumnPruner(Stage):
    """Remove columns that only the stages of the formula need.

    Follows Spark's `ml/feature/RFormula.scala` (4.2).
    """

    columnsToPrune: tuple[str, ...]

    @classmethod
    def data(cls, saved: SavedStage) -> Mapping[str, Any]:
        return saved.table().row(columnsToPrune="array<string>")

    def bind(self, columns: Columns) -> Iterator[Bound]:
        for name in self.columnsToPrune:
            columns.drop(name)
        yield from ()


@stage("org.apache.spark.ml.feature.VectorAttributeRewriter")
class VectorAttributeRewriter(Stage):
    """Rename the attributes of a vector without changing its values.

    Follows Spark's `ml/feature/RFormula.scala` (4.2).
    """

    vectorCol: str
    prefixesToRewrite: Mapping[str, str]

    @classmethod
    def data(cls, saved: SavedStage) -> Mapping[str, Any]:
        return saved.table().row(vectorCol="string", prefixesToRewrite="map<string,string>")

    def bind(self, columns: Columns) -> Iterator[Bound]:
        source = columns.take(self.vectorCol, wants.VECTOR)
        if source.make_attributes is None:
            raise SchemaError(source.name, "carries no attributes to rename", str(self))
        target = replace(source, make_attributes=self._renamed(source), origin=columns.stage)
        yield Bound((source,), (target,), _unchanged, nulls=True)

    def _renamed(self, source: Column) -> Callable[[], tuple[Attribute, ...]]:
        def rename(name: str | None) -> str | None:
            if name is not None:
                for old, new in self.prefixesToRewrite.items():
                    name = name.replace(old, new)
            return name

        return lambda: tuple(replace(a, name=rename(a.name)) for a in source.attributes() or ())


def _unchanged(value: Any) -> Any:
    return value
