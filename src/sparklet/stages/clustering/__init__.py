"""Stages of `org.apache.spark.ml.clustering`."""

__all__: list[str] = []
