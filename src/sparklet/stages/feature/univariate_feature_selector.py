"""Features that a univariate test selected."""

from __future__ import annotations

from sparklet.stages.feature.selector import SelectorModel
from sparklet.stages.stage import stage

__all__ = ["UnivariateFeatureSelectorModel"]


@stage("org.apache.spark.ml.feature.UnivariateFeatureSelectorModel")
class UnivariateFeatureSelectorModel(SelectorModel):
    """Select features, which may be stored in any order.

    Follows Spark's `ml/feature/UnivariateFeatureSelector.scala` (4.2).
    """

    since = "3.1"

    labelCol: str = "label"
