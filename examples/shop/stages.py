"""Three stages of one team: stateless, fitted, and one that works on whole columns."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
from pyspark.ml.param.shared import HasInputCol, HasInputCols, HasLabelCol, HasOutputCol
from pyspark.sql import DataFrame

from sparklet.spark import OnlineEstimator, OnlineModel, OnlineTransformer


class Ratio(OnlineTransformer, HasInputCols, HasOutputCol):
    """Divide the first column by the second; null where that cannot be done."""

    inputType = outputType = "double"

    def scoreInstance(self, row: Mapping[str, Any]) -> dict[str, Any]:
        over, under = (row[name] for name in self.getInputCols())
        return {self.getOutputCol(): over / under if over is not None and under else None}


class GroupMean(OnlineEstimator, HasInputCol, HasOutputCol, HasLabelCol):
    """Learn the mean label of each group."""

    def _fit(self, dataset: DataFrame) -> GroupMeanModel:
        means = dataset.groupBy(self.getInputCol()).avg(self.getLabelCol()).na.drop().sort(self.getInputCol())
        groups, values = zip(*means.collect(), strict=True)
        return self.fitted(GroupMeanModel, groups=groups, means=values)


class GroupMeanModel(OnlineModel, HasInputCol, HasOutputCol, HasLabelCol):
    """Give the mean label of the row's group, and the mean of the means for a new one."""

    inputType, outputType = "string", "double"

    @cached_property
    def means(self) -> dict[str, float]:
        return dict(zip(self.state["groups"].tolist(), self.state["means"].tolist(), strict=True))

    def scoreInstance(self, row: Mapping[str, Any]) -> dict[str, Any]:
        mean = self.means.get(row[self.getInputCol()], float(self.state["means"].mean()))
        return {self.getOutputCol(): mean}


class Wave(OnlineTransformer, HasInputCols, HasOutputCol):
    """Combine two columns, a batch at a time: numpy does the work."""

    inputType = outputType = "double"

    def scoreBatch(self, batch: pa.RecordBatch) -> dict[str, Any]:
        x, y = (batch[name].to_numpy(zero_copy_only=False) for name in self.getInputCols())
        return {self.getOutputCol(): np.sqrt(x * x + y * y) * 0.5 + np.abs(x - y) / (1.0 + np.abs(y))}
