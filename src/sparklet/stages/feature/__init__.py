"""Stages of `org.apache.spark.ml.feature`."""

from sparklet.stages.feature import (
    imputer,
    one_hot_encoder,
    standard_scaler,
    string_indexer,
    vector_assembler,
)

__all__ = [
    "imputer",
    "one_hot_encoder",
    "standard_scaler",
    "string_indexer",
    "vector_assembler",
]
