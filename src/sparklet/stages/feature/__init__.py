"""Stages of `org.apache.spark.ml.feature`."""

from sparklet.stages.feature import (
    binarizer,
    bucketizer,
    count_vectorizer,
    idf,
    imputer,
    min_max_scaler,
    one_hot_encoder,
    standard_scaler,
    string_indexer,
    vector_assembler,
)

__all__ = [
    "binarizer",
    "bucketizer",
    "count_vectorizer",
    "idf",
    "imputer",
    "min_max_scaler",
    "one_hot_encoder",
    "standard_scaler",
    "string_indexer",
    "vector_assembler",
]
