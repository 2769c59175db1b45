"""Random forest for classification."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from sparklet.ir import Emit
from sparklet.java import Layout
from sparklet.profile import Profile
from sparklet.saved import SavedStage
from sparklet.stages.classification.classifier import normalize, to_elements
from sparklet.stages.classification.tree_classifier import TreeClassificationModel
from sparklet.stages.stage import stage
from sparklet.stages.tree.tree_models import TreeEnsembleModel

if TYPE_CHECKING:
    import numpy

__all__ = ["RandomForestClassificationModel"]


@stage("org.apache.spark.ml.classification.RandomForestClassificationModel")
class RandomForestClassificationModel(TreeEnsembleModel, TreeClassificationModel):
    """Classify by votes: each tree divides one vote among the classes by the class counts of its leaf.

    The trees' weights have no effect, as in Spark.
    Follows Spark's `ml/classification/RandomForestClassifier.scala` (4.2).
    """

    numClasses: int

    @classmethod
    def data(cls, saved: SavedStage) -> Mapping[str, Any]:
        numClasses = saved.number("numClasses", 1)
        return {"numClasses": numClasses, **cls.trees(saved, numClasses)}

    @property
    def classes(self) -> int:
        return self.numClasses

    def rawLayout(self, profile: Profile, layout: Layout) -> Callable[..., tuple[float, ...]]:
        return self.forest.votes_of(layout, self.width, _shares(self.forest.stats))

    def raw2probability(self, profile: Profile) -> Emit:
        return to_elements(normalize, self.classes, "normalize")


def _shares(stats: numpy.ndarray) -> numpy.ndarray:
    """Return each node's statistics divided by their sum."""
    import numpy

    totals = numpy.zeros(len(stats))
    for count in stats.T:
        totals = totals + count
    with numpy.errstate(all="ignore"):
        shares = stats / totals[:, None]
    # Spark skips a leaf without training rows.
    shares[totals == 0] = 0.0
    return shares
