"""Stages of `org.apache.spark.ml.clustering`."""

__all__ = ["STAGES"]

STAGES = {
    "org.apache.spark.ml.clustering.BisectingKMeansModel": "bisecting_k_means",
    "org.apache.spark.ml.clustering.DistributedLDAModel": "lda",
    "org.apache.spark.ml.clustering.GaussianMixtureModel": "gaussian_mixture",
    "org.apache.spark.ml.clustering.KMeansModel": "k_means",
    "org.apache.spark.ml.clustering.LocalLDAModel": "lda",
}
"""The module that defines each stage, by its Spark class name."""
