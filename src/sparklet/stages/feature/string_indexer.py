"""Convert labels to indices, and indices to labels."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Literal

from sparklet.columns import TEXT, WHOLE, Attribute, Column, Columns, Notation, notation_of, wants
from sparklet.errors import InvalidValueError, NullValueError, SchemaError, shown
from sparklet.ir import Emit
from sparklet.java import to_string
from sparklet.saved import SavedStage
from sparklet.stages.shared import HasInputCol, HasInputCols
from sparklet.stages.stage import Bound, Dropped, stage
from sparklet.types import DOUBLE, LONG, STRING

__all__ = ["IndexToString", "StringIndexerModel"]


@stage("org.apache.spark.ml.feature.StringIndexerModel")
class StringIndexerModel(HasInputCols):
    """Replace labels by their indices (double), in one column or several.

    Numbers are looked up as the string to which Spark casts them: 1.0 as "1.0". If a row lacks a column that
    no other stage needs, its output is omitted. Follows Spark's `ml/feature/StringIndexer.scala` (4.2).
    """

    handleInvalid: Literal["error", "skip", "keep"] = "error"
    labelsArray: tuple[tuple[str | None, ...], ...]

    @classmethod
    def data(cls, saved: SavedStage) -> Mapping[str, Any]:
        if saved.version >= (3, 0):
            return saved.table().row()
        return {"labelsArray": [saved.table().row()["labels"]]}

    def check(self) -> str | None:
        if (problem := super().check()) is not None:
            return problem
        if len(self.pairs) != len(self.labelsArray):
            return f"{len(self.pairs)} input columns do not match {len(self.labelsArray)} lists of labels"
        return None

    def bind(self, columns: Columns) -> Iterator[Bound]:
        notations = [
            TEXT if _is_declared(columns.known(name)) else notation_of(labels)
            for (name, _), labels in zip(self.pairs, self.labelsArray, strict=True)
        ]
        taken = [
            columns.take(name, wants.label(notation))
            for (name, _), notation in zip(self.pairs, notations, strict=True)
        ]
        for source, (_, output), labels, notation in zip(
            taken, self.pairs, self.labelsArray, notations, strict=True
        ):
            values = (*labels, "__unknown") if self.handleInvalid == "keep" else labels
            target = columns.new(output, DOUBLE, attribute=Attribute("nominal", output, values))
            yield Bound(
                (source,),
                (target,),
                emit=self._indexer(labels, source, columns),
                drops="input" if self.handleInvalid == "skip" else None,
                kept=True,
                optional=self.handleInvalid != "skip",
                nulls=True,
                asks=_asked(source, notation),
            )

    def _indexer(self, labels: tuple[str | None, ...], source: Column, columns: Columns) -> Emit:
        # The last of several equal labels is used, as in Spark's map. A null label is never looked up.
        index = {label: float(i) for i, label in enumerate(labels) if label is not None}
        unseen, handling, type_ = float(len(labels)), self.handleInvalid, source.type
        profile, find = columns.profile, index.get
        known: dict[str, Any] = {"null": False, "nan": False}
        known["categories"] = len(labels) + (handling == "keep")

        def missing(value: Any) -> float:
            if handling == "keep":
                return unseen
            if handling == "skip":
                raise Dropped
            if value is None:
                raise NullValueError(
                    "is null", hint="handleInvalid='keep' would give nulls an index of their own"
                )
            raise InvalidValueError(
                f"holds a label unseen in training: {shown(value)}", value, hint="handleInvalid is 'error'"
            )

        def indexed(value: Any) -> float:
            # na.drop treats NaN as missing; the cast to string would turn it into the label "NaN".
            if value is None or (handling == "skip" and value != value):
                return missing(value)
            index = find(to_string(value, type_, profile.release, ansi=profile.ansi) or "")
            return missing(value) if index is None else index

        if type_ != STRING:
            return lambda graph, x: graph.call(indexed, x, type=DOUBLE, **known)
        return lambda graph, x: graph.lookup(index, x, missing, **known)


def _is_declared(column: Column | None) -> bool:
    return column is not None and column.origin != "inferred" and not column.undeclared


def _asked(source: Column, notation: Notation) -> dict[Column, str]:
    """Return why the labels do not tell the type of an undeclared column, if they do not."""
    if not source.undeclared or source.convert is not None:
        return {}
    if source.type == STRING:
        known = source.labels == notation and notation.certain
    elif source.type == LONG:
        known = notation == WHOLE
    else:
        known = notation.kind == "double" and notation.certain
    return {} if known else {source: "labels show the number's type"}


@stage("org.apache.spark.ml.feature.IndexToString")
class IndexToString(HasInputCol):
    """Replace indices by labels: those of the param, else those in the attributes of the input column.

    Follows Spark's `ml/feature/StringIndexer.scala` (4.2; null and NaN as in 3.5 before 4.1). Since 4.1
    Spark refuses NaN even in some rows that a later filter drops; sparklet drops these rows.
    """

    labels: tuple[str, ...] | None = None

    def bind(self, columns: Columns) -> Iterator[Bound]:
        source = columns.take(self.inputCol or "", wants.NUMBER)
        labels = self.labels or (source.attribute.values if source.attribute else None)
        if labels is None:
            raise SchemaError(source.name, "carries no labels, and the stage has none", str(self))
        yield Bound((source,), (columns.new(self.output, STRING),), _label_of(labels, columns), nulls=True)


def _label_of(labels: tuple[str | None, ...], columns: Columns) -> Callable[[Any], str | None]:
    # 4.1 replaced the UDF on doubles, which returns null for null and treats NaN as 0, by a cast to int and
    # raise_error.
    strict = columns.profile.at_least("4.1+")
    overflows = strict and columns.profile.ansi

    def label(value: Any) -> str | None:
        if value is None:
            if strict:
                raise NullValueError
            return None
        if value != value:
            if overflows:
                raise InvalidValueError("is NaN, which is no index", value)
            value = 0
        # Both the JVM and Python truncate toward zero.
        if -1 < value < len(labels):
            return labels[int(value)]
        raise InvalidValueError(f"holds an unseen index: {value}", value)

    return label
