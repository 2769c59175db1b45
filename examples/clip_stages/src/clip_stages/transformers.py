"""A transformer that is written in Python and runs on Spark."""

from __future__ import annotations

from pyspark.ml import Transformer
from pyspark.ml.param.shared import HasInputCol, HasOutputCol
from pyspark.ml.util import DefaultParamsReadable, DefaultParamsWritable
from pyspark.sql import DataFrame, functions


class Sign(Transformer, HasInputCol, HasOutputCol, DefaultParamsReadable, DefaultParamsWritable):
    """Give -1 for negative numbers, 1 for positive ones and 0 for all others."""

    def __init__(self, inputCol: str | None = None, outputCol: str | None = None) -> None:
        super().__init__()
        self._set(**{k: v for k, v in (("inputCol", inputCol), ("outputCol", outputCol)) if v})

    def _transform(self, dataset: DataFrame) -> DataFrame:
        x = dataset[self.getInputCol()]
        sign = functions.when(x < 0.0, -1.0).when(x > 0.0, 1.0).otherwise(0.0)
        return dataset.withColumn(self.getOutputCol(), sign)
