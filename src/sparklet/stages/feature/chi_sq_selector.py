"""Features that a chi-squared test selected."""

from __future__ import annotations

from typing import ClassVar

from sparklet.columns import Attribute
from sparklet.stages.feature.selector import SelectorModel
from sparklet.stages.stage import stage

__all__ = ["ChiSqSelectorModel"]


@stage("org.apache.spark.ml.feature.ChiSqSelectorModel")
class ChiSqSelectorModel(SelectorModel):
    """Select features, which Spark marks as nominal if their attributes are unknown.

    Follows Spark's `ml/feature/ChiSqSelector.scala` (4.2).
    """

    unknown: ClassVar[Attribute] = Attribute("nominal")

    labelCol: str = "label"
