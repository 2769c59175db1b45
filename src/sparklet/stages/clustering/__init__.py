"""Stages of `org.apache.spark.ml.clustering`."""

from sparklet.stages.clustering import (
    bisecting_k_means,
    gaussian_mixture,
    k_means,
    lda,
)

__all__ = [
    "bisecting_k_means",
    "gaussian_mixture",
    "k_means",
    "lda",
]
