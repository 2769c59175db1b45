"""Replace categories by statistics of the label."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from operator import itemgetter
from typing import Any, Literal

from sparklet.columns import Attribute, Columns, wants
from sparklet.errors import InvalidValueError, NullValueError
from sparklet.java import div
from sparklet.saved import SavedStage
from sparklet.stages.shared import to_double
from sparklet.stages.stage import Bound, Stage, stage
from sparklet.types import DOUBLE

__all__ = ["TargetEncoderModel"]

# The keys of the statistics of all rows, and of rows without category.
_UNSEEN, _NULL = 2147483647.0, -1.0


@stage("org.apache.spark.ml.feature.TargetEncoderModel")
class TargetEncoderModel(Stage):
    """Replace a category index by the mean of the label in that category, smoothed towards the mean of all.

    Null is a separate category if it occurred in training. Follows Spark's `ml/feature/TargetEncoder.scala`
    (4.2).
    """

    since = "4.0"

    inputCol: str | None = None
    inputCols: tuple[str, ...] | None = None
    outputCol: str | None = None
    outputCols: tuple[str, ...] | None = None
    labelCol: str = "label"
    handleInvalid: Literal["error", "keep"] = "error"
    targetType: Literal["binary", "continuous"] = "binary"
    smoothing: float = 0.0
    statistics: tuple[Mapping[float, tuple[float, ...]], ...]

    @classmethod
    def data(cls, saved: SavedStage) -> Mapping[str, Any]:
        table = saved.table()
        columns = [table.column(name, "array<double>") for name in ("categories", "counts", "stats")]
        rows = sorted(zip(table.column("index", "int"), *columns, strict=True), key=itemgetter(0))
        if any(len({*map(len, lists)}) > 1 for _, *lists in rows):
            raise saved.corrupt("categories, counts and stats differ in length")
        statistics = [
            dict(zip(categories, zip(counts, stats, strict=True), strict=True))
            for _, categories, counts, stats in rows
        ]
        # The default of outputCol is not used: without an output param, the name is `<input>_indexed`.
        given = saved.metadata.get("paramMap")
        default = {} if isinstance(given, Mapping) and "outputCol" in given else {"outputCol": None}
        return {"statistics": statistics, **default}

    @property
    def pairs(self) -> tuple[tuple[str, str], ...]:
        """Return pairs of input and output columns; here the singular params take precedence."""
        inputs = (self.inputCol,) if self.inputCol is not None else self.inputCols or ()
        if self.outputCol is not None:
            outputs: tuple[str, ...] = (self.outputCol,)
        else:
            outputs = (
                self.outputCols
                if self.outputCols is not None
                else tuple(f"{name}_indexed" for name in inputs)
            )
        return tuple(zip(inputs, outputs, strict=False)) if len(inputs) == len(outputs) else ()

    def check(self) -> str | None:
        if len(self.pairs) != len(self.statistics) or not self.pairs:
            return f"the columns do not match the {len(self.statistics)} encodings that are stored"
        if not all(_UNSEEN in statistic for statistic in self.statistics):
            return "an encoding lacks the statistic of all rows"
        return None

    def bind(self, columns: Columns) -> Iterator[Bound]:
        taken = [columns.take(name, wants.NUMBER) for name, _ in self.pairs]
        for source, (_, output), statistic in zip(taken, self.pairs, self.statistics, strict=True):
            codes = self._codes(statistic)
            attribute = Attribute("nominal", output, numValues=len(set(codes.values())))
            target = columns.new(
                output, DOUBLE, attribute=attribute, replaces=True
            )  # like Spark's withColumns
            yield Bound((source,), (target,), self._encoder(codes, to_double(source)), nulls=True)

    def _codes(self, statistic: Mapping[float, tuple[float, ...]]) -> dict[float, float]:
        all_count, all_stat = statistic[_UNSEEN]
        codes = {}
        for category, (count, stat) in statistic.items():
            weight = div(count, count + self.smoothing)
            if self.targetType == "binary":
                codes[category] = weight * div(stat, count) + (1 - weight) * div(all_stat, all_count)
            else:
                codes[category] = weight * stat + (1 - weight) * all_stat
        return codes

    def _encoder(
        self, codes: dict[float, float], cast: Callable[[Any], float] | None
    ) -> Callable[[Any], float]:
        seen = {category: code for category, code in codes.items() if category not in (_UNSEEN, _NULL)}
        keep, of_unseen, of_null = self.handleInvalid == "keep", codes[_UNSEEN], codes.get(_NULL)
        hint = "handleInvalid='keep' would take the mean of all"

        def encode(value: Any) -> float:
            if value is None:
                if of_null is not None:
                    return of_null
                if keep:
                    return of_unseen
                raise NullValueError("is null, which training did not see", hint=hint)
            encoding = seen.get(value if cast is None else cast(value))
            if encoding is not None:
                return encoding
            if keep:
                return of_unseen
            raise InvalidValueError(f"holds a category unseen in training: {value}", value, hint=hint)

        return encode
