"""Stages of `org.apache.spark.ml.fpm`."""

from sparklet.stages.fpm import fp_growth

__all__ = ["fp_growth"]
