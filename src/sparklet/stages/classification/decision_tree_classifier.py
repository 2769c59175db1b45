"""Decision tree for classification."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sparklet.ir import Emit
from sparklet.java import Layout
from sparklet.profile import Profile
from sparklet.saved import SavedStage
from sparklet.stages.classification.classifier import normalize, to_elements
from sparklet.stages.classification.tree_classifier import TreeClassificationModel
from sparklet.stages.stage import stage
from sparklet.stages.tree.tree_models import DecisionTreeModel, TreeModel

__all__ = ["DecisionTreeClassificationModel"]


@stage("org.apache.spark.ml.classification.DecisionTreeClassificationModel")
class DecisionTreeClassificationModel(DecisionTreeModel, TreeClassificationModel):
    """Classify by the class counts of the training rows in the same leaf.

    As in Spark, `thresholds` have no effect if neither rawPrediction nor probability is an output.
    Follows Spark's `ml/classification/DecisionTreeClassifier.scala` (4.2).
    """

    numClasses: int

    @classmethod
    def data(cls, saved: SavedStage) -> Mapping[str, Any]:
        numClasses = saved.number("numClasses", 1)
        return {"numClasses": numClasses, **cls.tree(saved, numClasses)}

    @property
    def classes(self) -> int:
        return self.numClasses

    def rawLayout(self, profile: Profile, layout: Layout) -> Callable[..., tuple[float, ...]]:
        return self.forest.row_of(layout, self.width, self.forest.stats)

    def predict(self, profile: Profile) -> Emit:
        return TreeModel.predict(self, profile)

    def raw2probability(self, profile: Profile) -> Emit:
        return to_elements(normalize, self.classes, "normalize")
