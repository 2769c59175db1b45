"""Features that vary."""

from __future__ import annotations

from sparklet.stages.feature.selector import SelectorModel
from sparklet.stages.stage import stage

__all__ = ["VarianceThresholdSelectorModel"]


@stage("org.apache.spark.ml.feature.VarianceThresholdSelectorModel")
class VarianceThresholdSelectorModel(SelectorModel):
    """Select features, which must be stored in ascending order.

    Follows Spark's `ml/feature/VarianceThresholdSelector.scala` (4.2).
    """

    since = "3.1"

    def check(self) -> str | None:
        if list(self.selectedFeatures) != sorted(self.selectedFeatures):
            return "selectedFeatures is not in ascending order"
        return super().check()
